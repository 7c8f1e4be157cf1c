#include "engine/selector.h"

#include <string.h>

#include "tests/failing_alloc.h"
#include "tests/suite.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Of up{a="x y",b="ü",nl="1\n2",q="\"\\"} */
static bool selects(const char *text)
{
	struct label at[] = {{STR("a"), STR("x y")}, {STR("b"), STR("\xc3\xbc")},
		{STR("nl"), STR("1\n2")}, {STR("q"), STR("\"\\")},
		{STR("odd.name"), STR("odd")}};
	char *copy = strdup(text);
	struct err e;

	struct selector *s = selector_parse(str_of(copy), &e);
	ck_assert_msg(s != NULL, "%s: %s", text, e.text);
	memset(copy, 'x', strlen(copy)); /* the selector has a copy */
	free(copy);
	bool is_match = selector_matches(s, STR("up"), (struct labels){at, 5});
	selector_free(s);
	return is_match;
}

START_TEST(matches_what_it_should)
{
	static const char *const rows[] = {
		"up",
		" up ",
		"up{}",
		"up{a=\"x y\"}",
		"up{a='x y',}",
		"up { a = \"x y\" , b = \"\xc3\xbc\" }",
		"{a=`x y`}",
		"{__name__=\"up\"}",
		"{__name__=~\"u.\",__name__!=\"us\"}",
		"{\"up\"}",
		"{\"up\",a=\"x y\"}",
		"{a=\"x y\",\"up\"}",
		"{__name__=~\"u.\",\"up\"}",
		"{\"odd.name\"=\"odd\"}",
		"{\"odd.name\"=~\"o.*\"}",
		"up{a!=\"x\"}",
		"up{a=~\"x.*\"}",
		"up{a=~\"x y|z\"}",
		"up{a=~\"z|x y\"}",
		"up{a!~\"x\"}",
		"up{a!~\"y|x\"}",
		"up{a!~\"x|x y.\"}",
		"up{none=\"\"}",
		"up{none=~\"\"}",
		"up{none=~\".*\"}",
		"up{none!=\"x\"}",
		"up{none!~\"x\"}",
		"up{nl=\"1\\n2\"}",
		"up{nl=~\"1.2\"}",
		"up{q=\"\\\"\\\\\"}",
		"up{q=`\"\\`}",
		"up{b=\"\\u00fc\"}",
		"up{b=\"\\xc3\\xbc\"}",
		"up{b=\"\\303\\274\"}",
		"up{b=\"\\U000000fc\"}",
		"up{a=~\"x[[:space:]]y\"}",
		"up{a=~\"(x|y) (x|y)\"}",
	};

	for (size_t i = 0; i < ROWS(rows); i++)

		ck_assert_msg(selects(rows[i]), "%s", rows[i]);
}
END_TEST

START_TEST(leaves_the_others)
{
	static const char *const rows[] = {
		"u",
		"up_",
		"up:x",
		"{\"u\"}",
		"{__name__!=\"up\",a!=\"\"}",
		"up{a=\"x\"}",
		"up{a=\"\"}",
		"up{a=~\"x\"}",
		"up{a=~\"y\"}",
		"up{a=~\"x|y\"}",
		"up{a=~\"\"}",
		"up{a!~\".*\"}",
		"up{a!=\"x y\"}",
		"up{none=\"x\"}",
		"up{none!=\"\"}",
		"up{none=~\".+\"}",
		"up{nl=~\"1\"}",
		"up{nl=~\"2\"}",
		"up{a=\"x y\",b=\"u\"}",
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		ck_assert_msg(!selects(rows[i]), "%s", rows[i]);
}
END_TEST

START_TEST(says_what_it_cannot_read)
{
	static const struct {
		const char *text;
		size_t column;
		const char *reason;
	} rows[] = {
		{"", 1, "name of a series or {"},
		{"1up", 1, "name of a series or {"},
		{"up{", 4, "name of a label"},
		{"up{,}", 4, "name of a label"},
		{"up{a}", 5, "=, !="},
		{"up{a==\"x\"}", 6, "quoted string"},
		{"up{a=x}", 6, "quoted string"},
		{"up{a=\"x}", 6, "no end"},
		{"up{a=\"\\z\"}", 7, "escape"},
		{"up{a=\"\\400\"}", 7, "escape"},
		{"up{a=\"\\ud800\"}", 7, "escape"},
		{"up{a=\"\\'\"}", 7, "escape"},
		{"up{a=\"\\", 7, "escape"},
		{"up{a=\"x\"", 9, ", or }"},
		{"up{a=\"x\"b=\"y\"}", 9, ", or }"},
		{"up{a=\"x\"}[5m]", 10, "end of the selector"},
		{"up[5m]", 3, "{ or the end"},
		{"up offset 5m", 4, "{ or the end"},
		{"up{a=~\"(\"}", 7, "regular expression"},
		{"up{b=\"\", a=~\"x[\"}", 13, "regular expression"},
		{"up{a=~\")(\"}", 7, "regular expression"},
		{"up{a=~\"a\\x00\"}", 7, "NUL"},
		{"up{__name__=\"x\"}", 4, "twice"},
		{"up{\"x\"}", 4, "twice"},
		{"up{a=\"b\",\"up\"}", 10, "twice"},
		{"{a:b=\"x\"}", 3, "=, !="},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct err e;

		err_ok(&e);
		ck_assert_msg(selector_parse(str_of(rows[i].text), &e) == NULL, "%s",
			rows[i].text);
		ck_assert_int_eq(e.code, ERR_SYNTAX);
		ck_assert_msg(e.column == rows[i].column, "%s: column %zu: %s",
			rows[i].text, e.column, e.text);
		ck_assert_msg(strstr(e.text, rows[i].reason) != NULL, "%s: %s",
			rows[i].text, e.text);
	}
	selector_free(NULL);
}
END_TEST

START_TEST(wants_a_matcher_that_excludes_the_empty_string)
{
	static const char *const rows[] = {"{}", "{a=\"\"}", "{a=~\".*\"}", "{a!=\"x\"}",
		"{a!~\"x+\",b=\"\"}", "{__name__=~\".*\"}"};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct err e;

		ck_assert_msg(selector_parse(str_of(rows[i]), &e) == NULL, "%s", rows[i]);
		ck_assert_int_eq(e.code, ERR_USAGE);
	}
}
END_TEST

/* Nothing behind the value may be read; a NUL in it does not end it (though POSIX has `.`
 * not match one). */
START_TEST(matches_bytes_that_are_not_terminated)
{
	struct label at[] = {{STR("a"), {"1\0002tail", 3}}};
	struct selector *s = selector_parse(STR("{a=~\"1[^x]2\"}"), NULL);

	ck_assert(selector_matches(s, (struct str){NULL, 0}, (struct labels){at, 1}));
	at[0].value.len = 2;
	ck_assert(!selector_matches(s, (struct str){NULL, 0}, (struct labels){at, 1}));
	selector_free(s);
}
END_TEST

static bool parse_selector(void *ctx)
{
	struct selector *s = selector_parse(STR("up{a=~\"x.*\",b!=\"y\"}"), ctx);
	bool done = s != NULL;

	selector_free(s);
	return done;
}

START_TEST(bears_lack_of_memory)
{
	struct err e;

	ck_assert_uint_ge(failing_alloc_each(parse_selector, &e), 3);
}
END_TEST

SUITE("selector", matches_what_it_should, leaves_the_others, says_what_it_cannot_read,
	wants_a_matcher_that_excludes_the_empty_string,
	matches_bytes_that_are_not_terminated, bears_lack_of_memory)
