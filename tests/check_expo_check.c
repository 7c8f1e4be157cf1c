#include "engine/expo_check.h"

#include <stdio.h>
#include <string.h>

#include "engine/buf.h"
#include "tests/expo_dump.h"
#include "tests/suite.h"

struct row {
	const char *name;
	const char *page; /* of OpenMetrics without its # EOF line */
	const char *told;
};

static void check_rows(
	enum expo_format format, const char *end, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf page;
		struct buf told;

		buf_init(&page, 1 << 20);
		buf_init(&told, 1 << 20);
		buf_addf(&page, "%s%s", rows[i].page, end);
		expo_dump_check(&told, format, buf_str(&page));
		ck_assert_msg(str_eq(buf_str(&told), str_of(rows[i].told)),
			"%s:\n%.*s--- expected:\n%s", rows[i].name,
			STR_ARG(buf_str(&told)), rows[i].told);
		buf_free(&page);
		buf_free(&told);
	}
}

static const struct row text_rows[] = {
	{"nothing", "", ""},
	{"a good page",
		"# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} "
		"1\na_bucket{le=\"+Inf\"} 2\n"
		"a_sum 3\na_count 2\n# TYPE b_total counter\nb_total{c=\"1\"} 1\n"
		"b_total{c=\"2\"} 1\n# TYPE d summary\nd{quantile=\"0.5\"} -1\nd_sum -3\n"
		"d_count 2\n",
		""},
	{"a bad line is passed on", "a b\n", "1:3: no number\n"},
	{"a lapse is passed on", "a 1\r\n", "1:4: the line ends in CR LF\n"},
	{"a type twice", "# TYPE a gauge\n# TYPE a counter\n",
		"2:1: a second line of this kind for one family\n"},
	{"a help twice", "# HELP a b\n# HELP a b\n",
		"2:1: a second line of this kind for one family\n"},
	{"a type behind samples", "# HELP a b\na 1\n# TYPE a gauge\n",
		"3:1: metadata behind the samples of its family\n"},
	{"a help behind samples", "# TYPE a gauge\na 1\n# HELP a b\n", ""},
	{"a family in two places",
		"# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{c=\"d\"} 2\n",
		"5:1: this name was there before: the lines of a family stand "
		"together\n"},
	{"no declaration, any order", "a 1\nb 1\na{c=\"d\"} 2\n", ""},
	{"a name of a histogram", "# TYPE a_sum gauge\na_sum 1\n# TYPE a histogram\n",
		"3:8: a sample name of this family is also one of another\n"},
	{"a series twice", "a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 1\n",
		"2:1: a series that was there before\n"},
	{"a series twice at two times", "a 1 1\na 1 2\n", ""},
	{"a series twice at one time", "a 1 2\na 1 2\n",
		"2:1: a series that was there before\n"},
	{"le that is no number", "# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
		"2:14: a bucket whose le is no number (the last is +Inf)\n"},
	{"no le", "# TYPE a histogram\na_bucket 1\n",
		"2:1: a bucket whose le is no number (the last is +Inf)\n"},
	{"le in hexadecimal", "# TYPE a histogram\na_bucket{le=\"0x1p3\"} 1\n",
		"2:14: a bucket whose le is no number (the last is +Inf)\n"},
	{"another infinity", "# TYPE a histogram\na_bucket{le=\"inf\"} 1\n",
		"2:14: a bucket whose le is no number (the last is +Inf)\n"},
	{"buckets out of order",
		"# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\n",
		"3:14: buckets that do not ascend\n"},
	{"buckets that fall",
		"# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"2\"} 1\n",
		"3:18: a bucket that holds less than the one before\n"},
	{"buckets of two label sets",
		"# TYPE a histogram\na_bucket{b=\"1\",le=\"2\"} "
		"2\na_bucket{b=\"2\",le=\"1\"} 1\n",
		""},
	{"another count", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_count 3\nb 1\n",
		"3:1: the count of a histogram is not that of its bucket of "
		"le=\"+Inf\"\n"},
	{"no infinity, halves",
		"# TYPE a histogram\na_bucket{le=\"1\"} 0.5\na_count 1.5\n", ""},
	{"a negative counter", "# TYPE a counter\na -1\n",
		"2:3: a counter, bucket, count or sum below 0\n"},
	{"a counter that is NaN", "# TYPE a counter\na NaN\n", ""},
	{"a negative sum", "# TYPE a histogram\na_sum -1\n", ""},
	{"a quantile above 1", "# TYPE a summary\na{quantile=\"2\"} 1\n",
		"2:13: a summary's quantile that is no number from 0 to 1\n"},
	{"a counter with a suffix is another family",
		"# TYPE a counter\na_total 1\na 1\n",
		"3:1: this name was there before: the lines of a family stand "
		"together\n"},
};

START_TEST(text_is_checked)
{
	check_rows(EXPO_TEXT, "", text_rows, sizeof(text_rows) / sizeof(text_rows[0]));
}
END_TEST

static const struct row openmetrics_rows[] = {
	{"nothing", "", ""},
	{"a good page",
		"# TYPE a histogram\n# UNIT a \n# HELP a b\na_bucket{le=\"1.0\"} 1 # "
		"{c=\"d\"} 1\n"
		"a_bucket{le=\"+Inf\"} 2\na_sum 3\na_count 2\na_created 5\n"
		"# TYPE b_seconds counter\n# UNIT b_seconds seconds\nb_seconds_total 1\n"
		"b_seconds_created 4\n# TYPE d summary\nd{quantile=\"0.5\"} 1\nd_count "
		"2\n"
		"# TYPE e info\ne_info{f=\"g\"} 1\n# TYPE h stateset\nh{h=\"on\"} 1\n"
		"h{h=\"off\"} 0\n# TYPE i gaugehistogram\ni_bucket{le=\"-1\"} 1\n"
		"i_bucket{le=\"+Inf\"} 1\ni_gcount 1\ni_gsum -2\n",
		""},
	{"help behind samples", "# TYPE a gauge\na 1\n# HELP a b\n",
		"3:1: metadata behind the samples of its family\n"},
	{"a unit twice", "# UNIT a_b b\n# UNIT a_b b\n",
		"2:1: a second line of this kind for one family\n"},
	{"a unit for an info", "# UNIT a_b b\n# TYPE a_b info\n",
		"2:1: a unit for an info or a stateset\n"},
	{"a unit for a stateset", "# TYPE a_b stateset\n# UNIT a_b b\n",
		"2:1: a unit for an info or a stateset\n"},
	{"clashing names", "# TYPE a_created gauge\n# TYPE a counter\n",
		"2:8: a sample name of this family is also one of another\n"},
	{"clashing names the other way round",
		"# TYPE a counter\n# TYPE a_created gauge\n",
		"2:8: this name was there before: the lines of a family stand "
		"together\n"},
	{"no declaration, two places", "a 1\nb 1\na{c=\"d\"} 2\n",
		"3:1: this name was there before: the lines of a family stand "
		"together\n"},
	{"a counter without _total", "# TYPE a counter\na 1\n",
		"2:1: no sample name of this type\n"},
	{"an info without _info", "# TYPE a info\na 1\n",
		"2:1: no sample name of this type\n"},
	{"NaN", "# TYPE a counter\na_total NaN\n",
		"2:9: a counter, bucket, count or sum that is NaN\n"},
	{"half a bucket", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0.5\n",
		"2:21: a bucket or count that is not whole\n"},
	{"half a summary", "# TYPE a summary\na_count 0.5\n",
		"2:9: a bucket or count that is not whole\n"},
	{"an info of 2", "# TYPE a info\na_info 2\n",
		"2:8: an info of another value than 1\n"},
	{"a state of 2", "# TYPE a stateset\na{a=\"b\"} 2\n",
		"2:10: a state of another value than 0 and 1\n"},
	{"a state without label", "# TYPE a stateset\na 1\n",
		"2:1: a state without a label of the family's name\n"},
	{"a negative quantile", "# TYPE a summary\na{quantile=\"0\"} -1\n",
		"2:17: a quantile's value below 0\n"},
	{"no infinity", "# TYPE a histogram\na_bucket{le=\"1\"} 0\n",
		"2:1: a histogram without a bucket of le=\"+Inf\"\n"},
	{"no sum", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0\na_count 0\n",
		"3:1: a histogram with only one of sum and count\n"},
	{"no count", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0\na_sum 0\n",
		"3:1: a histogram with only one of sum and count\n"},
	{"a sum beside negative buckets",
		"# TYPE a histogram\na_bucket{le=\"-1\"} 0\na_bucket{le=\"+Inf\"} "
		"0\na_sum 0\n"
		"a_count 0\n",
		"5:1: a sum beside buckets below 0: it could fall\n"},
	{"a negative sum",
		"# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 0\na_gsum -1\na_gcount "
		"0\n",
		"4:1: a sum below 0 without buckets below 0\n"},
	{"label sets apart",
		"# TYPE a gauge\na{b=\"1\"} 1 1\na{b=\"2\"} 1 1\na{b=\"1\"} 1 2\n",
		"4:1: this label set was there before: its lines stand together\n"},
	{"time goes back", "# TYPE a gauge\na 1 2\na 1 1\n",
		"3:1: a timestamp before that of the line before\n"},
	{"with and without time", "# TYPE a gauge\na 1 2\na 1\n",
		"3:1: lines of one label set with and without timestamp\n"},
	{"one time again", "# TYPE a gauge\na 1 2\na 2 2\n", ""},
	{"an exemplar on a gauge", "# TYPE a_total gauge\na_total 1 # {b=\"c\"} 1\n",
		"2:1: an exemplar where neither a counter nor a bucket is\n"},
	{"a long exemplar",
		"# TYPE a counter\na_total 1 # "
		"{b=\"ä2345678901234567890123456789012345678901234"
		"567890123456789012345678901234567890123456789012345678901234567890123456"
		"789012"
		"34567\"} 1\n",
		""},
	{"an exemplar that is too long",
		"# TYPE a counter\na_total 1 # "
		"{b=\"ä2345678901234567890123456789012345678901234"
		"567890123456789012345678901234567890123456789012345678901234567890123456"
		"789012"
		"345678\"} 1\n",
		"2:14: an exemplar whose labels have more than 128 characters\n"},
};

START_TEST(openmetrics_is_checked)
{
	check_rows(EXPO_OPENMETRICS, "# EOF\n", openmetrics_rows,
		sizeof(openmetrics_rows) / sizeof(openmetrics_rows[0]));
}
END_TEST

START_TEST(the_end_is_checked)
{
	static const struct row rows[] = {
		{"cut", "a 1\n", "2:1: no # EOF: the page was cut short\n"},
		{"more", "# EOF\na 1\n", "2:1: something stands behind # EOF\n"},
	};

	check_rows(EXPO_OPENMETRICS, "", rows, sizeof(rows) / sizeof(rows[0]));
}
END_TEST

/* Many families and series: the sets of hashes grow and find what was there. */
START_TEST(large_pages_are_checked)
{
	struct buf page;
	struct buf told;

	buf_init(&page, 64 << 20);
	buf_init(&told, 1 << 20);
	for (int i = 0; i < 20000; i++)
		buf_addf(&page, "# TYPE a%d gauge\na%d{b=\"c\"} 1\na%d 1\n", i, i, i);
	buf_add(&page, STR("a7{b=\"c\"} 1\n"));
	expo_dump_check(&told, EXPO_TEXT, buf_str(&page));
	ck_assert(str_eq(buf_str(&told),
		STR("60001:1: this name was there before: the lines of a family stand "
		    "together\n60001:1: a series that was there before\n")));
	buf_free(&page);
	buf_free(&told);
}
END_TEST

SUITE("expo_check", text_is_checked, openmetrics_is_checked, the_end_is_checked,
	large_pages_are_checked)
