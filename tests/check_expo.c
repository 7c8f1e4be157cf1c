#include "engine/expo.h"

#include <stdio.h>
#include <string.h>

#include "engine/buf.h"
#include "tests/expo_dump.h"
#include "tests/suite.h"

static struct arena *new_arena(size_t ceiling)
{
	struct arena *arena = arena_new(ceiling);

	ck_assert_ptr_nonnull(arena);
	return arena;
}

/* ---- what is read ---- */

struct page_row {
	const char *name;
	enum expo_format format;
	const char *page;
	const char *dump; /* expo_dump.h */
};

static const struct page_row pages[] = {
	{"a bare sample", EXPO_TEXT, "a 1\n", "1 sample unknown a a: a {} 1\n"},
	{"no last line end", EXPO_TEXT, "a 1", "1 sample unknown a a: a {} 1\n"},
	{"an empty page", EXPO_TEXT, "", ""},
	{"empty lines count", EXPO_TEXT, "\n \t\na 1\n\n",
		"3 sample unknown a a: a {} 1\n"},
	{"labels in the order of the page", EXPO_TEXT, "a{z=\"1\",b=\"\"} 2 1500\n",
		"1 sample unknown a a{z=\\\"1\\\",b=\\\"\\\"}: a {z=\"1\",b=\"\"} 2 "
		"@1.5\n"},
	{"blanks everywhere", EXPO_TEXT, " a\t{ b = \"c\" , } \t3  -4 \n",
		"1 sample unknown a a\\x09{ b = \\\"c\\\" , }: a {b=\"c\"} 3 "
		"@-0.0040000000000000001\n"},
	{"no blank behind the brace", EXPO_TEXT, "a{}-Inf\n",
		"1 sample unknown a a{}: a {} -inf\n"},
	{"escapes", EXPO_TEXT, "a{b=\"\\\\n\\n\\\"\\t\"} 1\n",
		"1 sample unknown a a{b=\\\"\\\\\\\\n\\\\n\\\\\\\"\\\\t\\\"}: a "
		"{b=\"\\\\n\\n\\\"\\\\t\"} 1\n"},
	{"bytes beyond ASCII", EXPO_TEXT, "a{b=\"größe 温\"} 1\n",
		"1 sample unknown a a{b=\\\"größe 温\\\"}: a {b=\"größe 温\"} 1\n"},
	{"quoted names", EXPO_TEXT, "{\"a.b\",\"c d\"=\"e\"} 1\n",
		"1 sample unknown a.b {\\\"a.b\\\",\\\"c d\\\"=\\\"e\\\"}: a.b {c "
		"d=\"e\"} 1\n"},
	{"the name behind a label", EXPO_TEXT, "{c=\"e\",\"a.b\"} 1\n",
		"1 sample unknown a.b {c=\\\"e\\\",\\\"a.b\\\"}: a.b {c=\"e\"} 1\n"
		"1:8 lapse: the metric name stands behind a label\n"},
	{"no comma", EXPO_TEXT, "a{b=\"c\" d=\"e\"} 1\n",
		"1 sample unknown a a{b=\\\"c\\\" d=\\\"e\\\"}: a {b=\"c\",d=\"e\"} 1\n"
		"1:9 lapse: no comma between two labels\n"},
	{"a sign as separator", EXPO_TEXT, "a+1\n",
		"1 sample unknown a a: a {} 1\n"
		"1:2 lapse: no blank between name and value\n"},
	{"CR LF", EXPO_TEXT, "# HELP a b\r\n# TYPE a gauge\r\n#\r\n\r\na 1\r\n",
		"1 help a b\n1:11 lapse: the line ends in CR LF\n"
		"2 type a gauge\n2:15 lapse: the line ends in CR LF\n"
		"3 comment\n3:2 lapse: the line ends in CR LF\n"
		"5 sample gauge a a: a {} 1\n5:4 lapse: the line ends in CR LF\n"},
	{"help is unescaped", EXPO_TEXT, "# HELP a  b\\nc\\\\n\\\"\n",
		"1 help a b\\nc\\\\n\\\\\\\"\n"},
	{"help of OpenMetrics", EXPO_OPENMETRICS, "# HELP a b\\n\\\"\n# EOF",
		"1 help a b\\n\\\"\n2 eof\n"},
	{"no help text", EXPO_TEXT, "# HELP a\n", "1 help a \n"},
	{"comments", EXPO_TEXT, "#\n# FOO a\n#TYPE a gauge\n# TYPE\n",
		"1 comment\n2 comment\n3 comment\n4 comment\n4:3 lapse: no metric "
		"name\n"},
	{"a quoted family", EXPO_TEXT, "# TYPE \"a.\\\"b\" counter\n{\"a.\\\"b\"} 1\n",
		"1 type a.\\\"b counter\n"
		"2 sample counter a.\\\"b {\\\"a.\\\\\\\"b\\\"}: a.\\\"b {} 1\n"},
	{"OpenMetrics' types in text", EXPO_TEXT, "# TYPE a info\n",
		"1 type a info\n1:10 lapse: a type that text 0.0.4 does not have\n"},
	{"a histogram's lines", EXPO_TEXT,
		"# TYPE a histogram\na_bucket{le=\"1\"} 0\na_sum 0\na_count 0\na_other "
		"0\nab 0\n",
		"1 type a histogram\n"
		"2 sample histogram a a_bucket{le=\\\"1\\\"}: a_bucket {le=\"1\"} 0\n"
		"3 sample histogram a a_sum: a_sum {} 0\n"
		"4 sample histogram a a_count: a_count {} 0\n"
		"5 sample unknown a_other a_other: a_other {} 0\n"
		"6 sample unknown ab ab: ab {} 0\n"},
	{"a counter of OpenMetrics", EXPO_OPENMETRICS,
		"# TYPE a_seconds counter\n# UNIT a_seconds seconds\n"
		"a_seconds_total 1 2.5 # {b=\"c\"} 0.5 1e3\na_seconds_created 9\n# EOF\n",
		"1 type a_seconds counter\n2 unit a_seconds seconds\n"
		"3 sample counter a_seconds a_seconds_total: a_seconds_total {} 1 @2.5 # "
		"{b=\"c\"} 0.5 @1000\n"
		"4 sample counter a_seconds a_seconds_created: a_seconds_created {} 9\n"
		"5 eof\n"},
	{"lines alike, and less so", EXPO_TEXT,
		"a{b=\"1\",c=\"2\"} 1\na{b=\"1\",c=\"\\\"\"} 2\na{b=\"11\",c=\"2\"} 3\n"
		"a{b=\"11\"} 4\naa{b=\"11\",d=\"2\"} 5\naa{b=\"11\",d=\"3\",} 6\n",
		"1 sample unknown a a{b=\\\"1\\\",c=\\\"2\\\"}: a {b=\"1\",c=\"2\"} 1\n"
		"2 sample unknown a a{b=\\\"1\\\",c=\\\"\\\\\\\"\\\"}: a "
		"{b=\"1\",c=\"\\\"\"} 2\n"
		"3 sample unknown a a{b=\\\"11\\\",c=\\\"2\\\"}: a {b=\"11\",c=\"2\"} 3\n"
		"4 sample unknown a a{b=\\\"11\\\"}: a {b=\"11\"} 4\n"
		"5 sample unknown aa aa{b=\\\"11\\\",d=\\\"2\\\"}: aa {b=\"11\",d=\"2\"} "
		"5\n"
		"6 sample unknown aa aa{b=\\\"11\\\",d=\\\"3\\\",}: aa "
		"{b=\"11\",d=\"3\"} 6\n"},
	{"an exemplar's labels are not those of the line before", EXPO_OPENMETRICS,
		"a_total{b=\"1\"} 1\nc_total 2 # {d=\"\\\"\"} 3\na_total{d=\"1\"} 4\n# "
		"EOF\n",
		"1 sample unknown a_total a_total{b=\\\"1\\\"}: a_total {b=\"1\"} 1\n"
		"2 sample unknown c_total c_total: c_total {} 2 # {d=\"\\\"\"} 3\n"
		"3 sample unknown a_total a_total{d=\\\"1\\\"}: a_total {d=\"1\"} 4\n4 "
		"eof\n"},
	{"help of another family ends the type", EXPO_TEXT,
		"# TYPE a histogram\n# HELP a_count x\na_count 1\n",
		"1 type a histogram\n2 help a_count x\n"
		"3 sample unknown a_count a_count: a_count {} 1\n"},
	{"OpenMetrics without end", EXPO_OPENMETRICS, "a 1\n",
		"1 sample unknown a a: a {} 1\ncut: no # EOF: the page was cut short\n"},
	{"something behind the end", EXPO_OPENMETRICS, "# EOF\n\n",
		"1 eof\ncut: something stands behind # EOF\n"},
	{"a bad line among good ones", EXPO_TEXT, "a 1\nb\nc 3\n",
		"1 sample unknown a a: a {} 1\n2:2 bad: no number\n"
		"3 sample unknown c c: c {} 3\n"},
	{"quotes that are not closed cost one line", EXPO_TEXT, "a{b=\"c\n} 1\nd 1\n",
		"1:5 bad: quotes that are not closed\n2:1 bad: no metric name\n"
		"3 sample unknown d d: d {} 1\n"},
};

START_TEST(pages_are_read)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct buf out;

		buf_init(&out, 1 << 20);
		expo_dump(&out, pages[i].format, str_of(pages[i].page));
		char *dump = buf_take(&out);
		if (dump == NULL)
			dump = strdup("");
		ck_assert_msg(strcmp(dump, pages[i].dump) == 0,
			"%s:\n%s--- expected:\n%s", pages[i].name, dump, pages[i].dump);
		free(dump);
	}
}
END_TEST

/* ---- what is bad ---- */

struct bad_row {
	enum expo_format format;
	const char *line;
	size_t column;
	const char *reason;
};

static const struct bad_row bad_lines[] = {
	{EXPO_TEXT, "a", 2, "no number"},
	{EXPO_TEXT, "9a 1", 1, "no metric name"},
	{EXPO_TEXT, "  {} 1", 3, "no metric name"},
	{EXPO_TEXT, "{\"\"} 1", 2, "an empty metric name"},
	{EXPO_TEXT, "a{\"b\"} 1", 3, "a label without a value"},
	{EXPO_TEXT, "a{\"\"=\"b\"} 1", 3, "no label name"},
	{EXPO_TEXT, "a{=\"b\"} 1", 3, "no label name"},
	{EXPO_TEXT, "a{1b=\"b\"} 1", 3, "no label name"},
	{EXPO_TEXT, "a{b:c=\"b\"} 1", 4, "no = behind the label name"},
	{EXPO_TEXT, "a{,b=\"c\"} 1", 3, "no label name"},
	{EXPO_TEXT, "a{b=\"c\",,} 1", 9, "no label name"},
	{EXPO_TEXT, "a{b=c} 1", 5, "a label value without quotes"},
	{EXPO_TEXT, "a{b=\"c\\\"} 1", 5, "quotes that are not closed"},
	{EXPO_TEXT, "a{b=\"c\"+} 1", 8, "neither , nor } behind a label"},
	{EXPO_TEXT, "a{b=\"c\"", 8, "neither , nor } behind a label"},
	{EXPO_TEXT, "a{b=\"\xff\"} 1", 6, "a byte that is not UTF-8"},
	{EXPO_TEXT, "a{b=\"\xed\xa0\x80\"} 1", 6, "a byte that is not UTF-8"},
	{EXPO_TEXT, "# HELP a \xc0\x80", 10, "a byte that is not UTF-8"},
	{EXPO_TEXT, "a{b=\"1\",c=\"2\",b=\"3\"} 1", 15, "a label name that stands twice"},
	{EXPO_TEXT, "a{__name__=\"b\"} 1", 3, "a label called __name__"},
	{EXPO_TEXT, "a 1_2", 3, "no number"},
	{EXPO_TEXT, "a 0x1p-3", 3, "no number"},
	{EXPO_TEXT, "a -0X1p-3", 3, "no number"},
	{EXPO_TEXT, "a 1e999", 3, "no number"},
	{EXPO_TEXT, "a 1 2.5", 5, "a timestamp that is no whole number of milliseconds"},
	{EXPO_TEXT, "a 1 +2", 5, "a timestamp that is no whole number of milliseconds"},
	{EXPO_TEXT, "a 1 9223372036854775808", 5,
		"a timestamp that is no whole number of milliseconds"},
	{EXPO_TEXT, "a 1 2 3", 7, "something behind the end of the sample"},
	{EXPO_TEXT, "a 1\r2", 4, "something behind the end of the sample"},
	{EXPO_TEXT, "# TYPE ", 8, "no metric name"},
	{EXPO_TEXT, "# TYPE a", 9, "no type that the format has"},
	{EXPO_TEXT, "# TYPE a meh", 10, "no type that the format has"},
	{EXPO_TEXT, "# TYPE a-b gauge", 9, "no blank behind the metric name"},
	{EXPO_OPENMETRICS, "", 1, "no metric name"},
	{EXPO_OPENMETRICS, " a 1", 1, "no metric name"},
	{EXPO_OPENMETRICS, "a {} 1", 3, "no number"},
	{EXPO_OPENMETRICS, "a{}1", 4, "no blank before the value"},
	{EXPO_OPENMETRICS, "a  1", 3, "no number"},
	{EXPO_OPENMETRICS, "a\t1", 2, "no blank before the value"},
	{EXPO_OPENMETRICS, "a 1 ", 5, "no number"},
	{EXPO_OPENMETRICS, "a 1\r", 4, "something behind the end of the sample"},
	{EXPO_OPENMETRICS, "a 1 NaN", 5, "a timestamp that is not finite"},
	{EXPO_OPENMETRICS, "a{b=\"c\",} 1", 9, "no label behind the comma"},
	{EXPO_OPENMETRICS, "a{b=\"c\" ,d=\"e\"} 1", 8, "neither , nor } behind a label"},
	{EXPO_OPENMETRICS, "a{b=\"c\"d=\"e\"} 1", 8, "neither , nor } behind a label"},
	{EXPO_OPENMETRICS, "a 1 # {b=\"c\"} 1", 5,
		"an exemplar where neither a counter nor a bucket is"},
	{EXPO_OPENMETRICS, "a_total 1 # {\"b\"} 1", 14, "a label without a value"},
	{EXPO_OPENMETRICS, "a_total 1 # {b=\"c\"}", 20, "an exemplar without a value"},
	{EXPO_OPENMETRICS, "a_total 1 # {b=\"c\"} 1 ", 23, "no number"},
	{EXPO_OPENMETRICS, "# comment", 1, "none of # HELP, # TYPE, # UNIT, # EOF"},
	{EXPO_OPENMETRICS, "# EOF ", 1, "none of # HELP, # TYPE, # UNIT, # EOF"},
	{EXPO_OPENMETRICS, "# HELP a", 9, "no blank behind the metric name"},
	{EXPO_OPENMETRICS, "# TYPE  a gauge", 7, "not one blank before the metric name"},
	{EXPO_OPENMETRICS, "# TYPE a untyped", 10, "no type that the format has"},
	{EXPO_OPENMETRICS, "# UNIT a_seconds econds", 18,
		"a unit that the name does not end in"},
	{EXPO_OPENMETRICS, "# UNIT seconds seconds", 16,
		"a unit that the name does not end in"},
};

/* Alone, and between two good lines, which must be there. */
START_TEST(bad_lines_have_place_and_reason)
{
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		const struct bad_row *row = &bad_lines[i];
		struct arena *arena = new_arena(1 << 20);
		struct expo_entry e;
		struct expo x;
		char page[200];

		snprintf(page, sizeof(page), "first 1\n%s\nlast 3\n", row->line);
		expo_init(&x, row->format, str_of(page), arena);
		ck_assert(expo_next(&x, &e) && e.kind == EXPO_SAMPLE);
		ck_assert_msg(expo_next(&x, &e), "%s", row->line);
		ck_assert_msg(e.kind == EXPO_BAD && e.error.code == ERR_SYNTAX,
			"%s: kind %u", row->line, e.kind);
		ck_assert_msg(strcmp(e.error.text, row->reason) == 0, "%s: %s", row->line,
			e.error.text);
		ck_assert_msg(e.error.line == 2 && e.error.column == row->column,
			"%s: %zu:%zu", row->line, e.error.line, e.error.column);
		ck_assert_msg(
			row->format == EXPO_TEXT || str_eq(e.text, str_of(row->line)),
			"%s", row->line);
		ck_assert_msg(expo_next(&x, &e) && str_eq(e.name, STR("last")), "%s",
			row->line);
		arena_free(arena);
	}
}
END_TEST

/* ---- what holds until when ---- */

START_TEST(memory_grows_with_the_line_not_with_the_page)
{
	struct arena *arena = new_arena(1 << 20);
	struct expo_entry e;
	struct expo x;
	struct buf page;
	size_t after_first = 0;

	buf_init(&page, 1 << 20);
	for (int i = 0; i < 1000; i++)
		buf_addf(&page, "# HELP a \\\\\na{b=\"\\n%d\",c=\"\\\"\"} 1\n", i);
	expo_init(&x, EXPO_TEXT, buf_str(&page), arena);
	for (size_t lines = 1; expo_next(&x, &e); lines++) {
		ck_assert_int_ne(e.kind, EXPO_BAD);
		if (lines == 2)
			after_first = arena_used(arena);
	}
	ck_assert_uint_gt(after_first, 0);
	ck_assert_uint_eq(arena_used(arena), after_first);
	buf_free(&page);
	arena_free(arena);
}
END_TEST

/* count labels l0, l1, ...; the last one is called `last`. */
static void add_wide_line(struct buf *page, int count, const char *last)
{
	buf_add(page, STR("a{"));
	for (int i = 0; i < count; i++)
		buf_addf(page, "l%d=\"%d\",", i, i);
	buf_addf(page, "%s=\"\\\\\"} 1\n", last);
}

START_TEST(lines_of_many_labels)
{
	struct arena *arena = new_arena(1 << 20);
	struct expo_entry e;
	struct expo x;
	struct buf page;

	buf_init(&page, 1 << 20);
	add_wide_line(&page, 3000, "z");
	add_wide_line(&page, 3000, "l7");
	expo_init(&x, EXPO_TEXT, buf_str(&page), arena);
	ck_assert(expo_next(&x, &e));
	ck_assert_int_eq(e.kind, EXPO_SAMPLE);
	ck_assert_uint_eq(e.labels.count, 3001);
	ck_assert(str_eq(e.labels.at[2999].value, STR("2999")));
	ck_assert(str_eq(e.labels.at[3000].value, STR("\\")));
	ck_assert(expo_next(&x, &e));
	ck_assert_int_eq(e.kind, EXPO_BAD);
	ck_assert_str_eq(e.error.text, "a label name that stands twice");
	buf_free(&page);
	arena_free(arena);
}
END_TEST

START_TEST(without_memory_a_line_is_bad_and_the_next_is_read)
{
	struct arena *arena = new_arena(4096);
	struct expo_entry e;
	struct expo x;
	struct buf page;

	buf_init(&page, 1 << 20);
	add_wide_line(&page, 3000, "z");
	buf_add(&page, STR("b{c=\"d\"} 1\n"));
	expo_init(&x, EXPO_TEXT, buf_str(&page), arena);
	ck_assert(expo_next(&x, &e));
	ck_assert_int_eq(e.kind, EXPO_BAD);
	ck_assert_int_eq(e.error.code, ERR_MEMORY);
	ck_assert(expo_next(&x, &e));
	ck_assert_int_eq(e.kind, EXPO_SAMPLE);
	ck_assert_uint_eq(e.line, 2);
	buf_free(&page);
	arena_free(arena);
}
END_TEST

START_TEST(seek_goes_on_at_another_line)
{
	struct str page = STR("# TYPE a gauge\na 1\nb 2\na 3\n");
	struct arena *arena = new_arena(1 << 20);
	struct expo_entry e;
	struct expo x;

	expo_init(&x, EXPO_TEXT, page, arena);
	ck_assert(expo_next(&x, &e) && expo_next(&x, &e));
	expo_seek(&x, page.at + 23, 4);
	ck_assert(expo_next(&x, &e));
	ck_assert_uint_eq(e.line, 4);
	ck_assert_int_eq(e.type, EXPO_GAUGE);
	ck_assert(str_eq(e.series, STR("a")) && e.value > 2);
	ck_assert(!expo_next(&x, &e));
	expo_seek(&x, page.at + 15, 2);
	ck_assert(expo_next(&x, &e));
	ck_assert(e.line == 2 && e.value < 2);
	arena_free(arena);
}
END_TEST

/* ---- words ---- */

START_TEST(names_of_types)
{
	ck_assert_str_eq(expo_type_name(EXPO_UNKNOWN, EXPO_TEXT), "untyped");
	ck_assert_str_eq(expo_type_name(EXPO_UNKNOWN, EXPO_OPENMETRICS), "unknown");
	ck_assert_str_eq(expo_type_name(EXPO_STATESET, EXPO_TEXT), "stateset");
	ck_assert_str_eq(expo_type_name(EXPO_COUNTER, EXPO_OPENMETRICS), "counter");
}
END_TEST

SUITE("expo", pages_are_read, bad_lines_have_place_and_reason,
	memory_grows_with_the_line_not_with_the_page, lines_of_many_labels,
	without_memory_a_line_is_bad_and_the_next_is_read, seek_goes_on_at_another_line,
	names_of_types)
