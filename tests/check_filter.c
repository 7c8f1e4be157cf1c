#include "engine/filter.h"

#include <string.h>

#include "tests/failing_alloc.h"
#include "tests/suite.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct filter *filter_of(const char *const *rules)
{
	struct filter *f = filter_new();
	struct err e;

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; rules[i] != NULL; i++) {
		char *copy = strdup(rules[i]);

		ck_assert_msg(
			filter_add(f, str_of(copy), &e), "%s: %s", rules[i], e.text);
		memset(copy, 'x', strlen(copy)); /* the filter has a copy */
		free(copy);
	}
	return f;
}

START_TEST(first_match_decides)
{
	static const struct {
		const char *name;
		const char *rules[4];
		const char *family, *namespace;
		enum filter_verdict verdict;
		bool knows;
	} rows[] = {
		{"no rule", {NULL}, "a", "", FILTER_NONE, false},
		{"sends", {"a"}, "a", "", FILTER_SEND, true},
		{"other family", {"a"}, "ab", "", FILTER_NONE, false},
		{"drops", {"!a"}, "a", "", FILTER_DROP, true},
		{"glob", {"go_*"}, "go_threads", "", FILTER_SEND, true},
		{"drop before send", {"!go_gc*", "go_*"}, "go_gc_x", "", FILTER_DROP,
			true},
		{"send before drop", {"go_gc*", "!go_*"}, "go_gc_x", "", FILTER_SEND,
			true},
		{"drop all but", {"go_gc*", "!*"}, "x", "", FILTER_DROP, true},
		{"label", {"a{namespace=\"kube-*\"}"}, "a", "kube-system", FILTER_SEND,
			true},
		{"other value", {"a{namespace=\"kube-*\"}"}, "a", "x", FILTER_NONE, true},
		{"drop by label", {"!a{namespace=\"x\"}", "a"}, "a", "x", FILTER_DROP,
			true},
		{"next rule", {"!a{namespace=\"x\"}", "a"}, "a", "y", FILTER_SEND, true},
		{"absent is empty", {"a{pod=\"\"}"}, "a", "x", FILTER_SEND, true},
		{"absent is not ?", {"a{pod=\"?*\"}"}, "a", "x", FILTER_NONE, true},
		{"both", {"a{namespace=\"x\",code=\"2*\"}"}, "a", "x", FILTER_SEND, true},
		{"not both", {"a{namespace=\"x\",code=\"3*\"}"}, "a", "x", FILTER_NONE,
			true},
		{"blanks", {" ! a { namespace = \"x\" , } "}, "a", "x", FILTER_DROP,
			true},
		{"no label", {"a{}"}, "a", "x", FILTER_SEND, true},
		{"quoted label", {"a{\"namespace\"='x'}"}, "a", "x", FILTER_SEND, true},
		{"escape", {"a{namespace=\"\\x78\"}"}, "a", "x", FILTER_SEND, true},
		{"colon", {"job:rate*"}, "job:rate5m", "", FILTER_SEND, true},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct filter *f = filter_of(rows[i].rules);
		struct label at[] = {{STR("code"), STR("200")},
			{STR("namespace"), str_of(rows[i].namespace)}};
		struct str family = str_of(rows[i].family);

		ck_assert_msg(filter_allows(f, family, (struct labels){at, 2}) ==
				      rows[i].verdict,
			"%s", rows[i].name);
		ck_assert_msg(
			filter_knows(f, family) == rows[i].knows, "%s", rows[i].name);
		filter_free(f);
	}
}
END_TEST

START_TEST(says_what_it_cannot_read)
{
	static const struct {
		const char *rule;
		size_t column;
		const char *text;
	} rows[] = {
		{"", 1, "family name"},
		{"  ", 3, "family name"},
		{"!", 2, "family name"},
		{"!!a", 2, "family name"},
		{"{a=\"b\"}", 1, "family name"},
		{"a b", 3, "end of the rule"},
		{"a,b", 2, "end of the rule"},
		{"a}", 2, "end of the rule"},
		{"a{", 3, "name of a label"},
		{"a{b}", 4, "="},
		{"a{1=\"b\"}", 3, "name of a label"},
		{"a{b=c}", 5, "quoted string"},
		{"a{b=\"c}", 5, "no end"},
		{"a{b=\"\\q\"}", 6, "escape"},
		{"a{b=\"c\"", 8, ", or }"},
		{"a{b=\"c\" d=\"e\"}", 9, ", or }"},
		{"a{b!=\"c\"}", 4, "="},
		{"a{b=~\"c\"}", 5, "quoted string"},
		{"a{b=\"c\"}x", 9, "end of the rule"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct filter *f = filter_new();
		struct err e;

		err_ok(&e);
		ck_assert_msg(
			!filter_add(f, str_of(rows[i].rule), &e), "%s", rows[i].rule);
		ck_assert_int_eq(e.code, ERR_SYNTAX);
		ck_assert_msg(e.column == rows[i].column, "%s: column %zu", rows[i].rule,
			e.column);
		ck_assert_msg(strstr(e.text, rows[i].text) != NULL, "%s: %s",
			rows[i].rule, e.text);
		/* a bad rule leaves the others as they were */
		ck_assert(!filter_knows(f, STR("a")));
		ck_assert(filter_add(f, STR("a"), NULL));
		ck_assert(filter_knows(f, STR("a")));
		filter_free(f);
	}
	filter_free(NULL);
}
END_TEST

START_TEST(refuses_nul)
{
	struct filter *f = filter_new();
	struct err e;

	ck_assert(!filter_add(f, STR("a\0"), &e));
	ck_assert_uint_eq(e.column, 2);
	filter_free(f);
}
END_TEST

static bool make_filter(void *ctx)
{
	struct filter *f = filter_new();
	bool done = f != NULL;

	for (int i = 0; i < 1000 && done; i++)
		done = filter_add(f, STR("!a{namespace=\"kube-*\", pod='x'}"), ctx);
	filter_free(f);
	return done;
}

START_TEST(bears_lack_of_memory)
{
	struct err e;

	ck_assert_uint_ge(failing_alloc_each(make_filter, &e), 4);
}
END_TEST

SUITE("filter", first_match_decides, says_what_it_cannot_read, refuses_nul,
	bears_lack_of_memory)
