#include "operatorstat/fmt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/suite.h"

typedef const char *fmt_function(char out[FMT_SIZE], double value);

struct row {
	const char *name;
	double value;
	const char *expected;
};

static void check_rows(fmt_function *fmt, const struct row *rows, size_t count)
{
	char out[FMT_SIZE];

	for (size_t i = 0; i < count; i++)
		ck_assert_msg(strcmp(fmt(out, rows[i].value), rows[i].expected) == 0,
			"%s: %s instead of %s", rows[i].name, out, rows[i].expected);
}
#define CHECK_ROWS(fmt, rows) check_rows(fmt, rows, sizeof(rows) / sizeof(rows[0]))

START_TEST(seconds)
{
	static const struct row rows[] = {
		{"nothing", 0, "0s"},
		{"none", NAN, "-"},
		{"less than a nanosecond", 1e-10, "<1ns"},
		{"nanoseconds", 1.5e-8, "15.0ns"},
		{"rounded up into microseconds", 999.6e-9, "1.00us"},
		{"microseconds", 310e-6, "310us"},
		{"milliseconds", 0.0576, "57.6ms"},
		{"rounded up into seconds", 0.9996, "1.00s"},
		{"seconds", 1.84, "1.84s"},
		{"tens of seconds", 41, "41.0s"},
		{"a hundred seconds", 119, "119s"},
		{"minutes", 725, "12m05s"},
		{"hours", 3 * 3600 + 12 * 60, "3h12m"},
		{"days", 3 * 86400 + 4 * 3600, "3d04h"},
		{"many days", 150 * 86400.0, "150d"},
		{"negative", -0.2, "-200ms"},
		{"negative minutes", -725, "-12m05s"},
		{"endless", INFINITY, "+Inf"},
		{"absurd", 1e300, "1e+300s"},
	};

	CHECK_ROWS(fmt_seconds, rows);
}
END_TEST

START_TEST(bounds)
{
	static const struct row rows[] = {
		{"Go's ten microseconds", 9.999999999999999e-06, "10us"},
		{"milliseconds", 0.005, "5ms"},
		{"kept as they are", 1.25, "1.25s"},
		{"never minutes", 1000, "1000s"},
		{"nanoseconds", 1e-8, "10ns"},
		{"the last one", INFINITY, "+Inf"},
		{"below all", -INFINITY, "-Inf"},
		{"zero", 0, "0s"},
		{"negative", -0.5, "-500ms"},
	};

	CHECK_ROWS(fmt_bound, rows);
}
END_TEST

START_TEST(rates)
{
	static const struct row rows[] = {
		{"nothing", 0, "0"},
		{"next to nothing", 0.004, "<.01"},
		{"small", 0.44, "0.44"},
		{"tens", 45.44, "45.4"},
		{"hundreds", 158, "158"},
		{"thousands", 1234, "1.23k"},
		{"rounded up", 999.6, "1.00k"},
		{"falling", -0.001, ">-.01"},
		{"none", NAN, "-"},
	};

	CHECK_ROWS(fmt_rate, rows);
}
END_TEST

START_TEST(counts)
{
	static const struct row rows[] = {
		{"nothing", 0, "0"},
		{"whole", 7, "7"},
		{"four digits", 9999, "9999"},
		{"five", 12345, "12.3k"},
		{"millions", 1620000, "1.62M"},
		{"fractions", 0.25, "0.25"},
		{"beyond all prefixes", 1e30, "1e+30"},
	};

	CHECK_ROWS(fmt_count, rows);
}
END_TEST

START_TEST(bytes)
{
	static const struct row rows[] = {
		{"few", 512, "512B"},
		{"kibibytes", 1024, "1.00K"},
		{"mebibytes", 31.2 * 1048576, "31.2M"},
		{"gibibytes", 1.62 * 1073741824, "1.62G"},
		{"four digits before the next unit", 1020 * 1024.0, "1020K"},
	};

	CHECK_ROWS(fmt_bytes, rows);
}
END_TEST

START_TEST(percents)
{
	static const struct row rows[] = {
		{"nothing", 0, "0"},
		{"next to nothing", 0.01, "<0.1"},
		{"small", 0.42, "0.4"},
		{"two digits", 12.6, "13"},
		{"all", 100, "100"},
	};

	CHECK_ROWS(fmt_percent, rows);
}
END_TEST

START_TEST(exact_reads_back)
{
	static const double values[] = {
		0, 1, -1, 0.1, 1.0 / 3, 1e300, 5e-324, 123456789012345, 1e15, -2.5e-7};
	char out[FMT_SIZE];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		double back = strtod(fmt_exact(out, values[i], 31), NULL);

		ck_assert_msg(!(back < values[i]) && !(back > values[i]), "%s", out);
	}
	ck_assert_str_eq(fmt_exact(out, 0.1, 8), "0.1");
	ck_assert_str_eq(fmt_exact(out, 1.0 / 3, 8), "0.333333");
	ck_assert_str_eq(fmt_exact(out, NAN, 8), "-");
}
END_TEST

/* Columns of tables rely on it. */
START_TEST(widths_hold)
{
	char out[FMT_SIZE];

	for (double v = 1e-12; v < 1e9; v *= 1.0137) {
		ck_assert_msg(strlen(fmt_seconds(out, v)) <= 6, "seconds: %s", out);
		ck_assert_msg(strlen(fmt_rate(out, v)) <= 5, "rate: %s", out);
		ck_assert_msg(strlen(fmt_count(out, floor(v))) <= 5, "count: %s", out);
		ck_assert_msg(strlen(fmt_count(out, v)) <= 5, "count: %s", out);
		ck_assert_msg(strlen(fmt_bytes(out, v * 1000)) <= 5, "bytes: %s", out);
		ck_assert_msg(strlen(fmt_age(out, (int64_t)v)) <= 5, "age: %s", out);
		ck_assert_msg(
			v > 9999 || strlen(fmt_percent(out, v)) <= 4, "percent: %s", out);
		ck_assert_msg(strlen(fmt_exact(out, v, 11)) <= 11, "exact: %s", out);
	}
}
END_TEST

START_TEST(ages_and_clocks)
{
	char out[FMT_SIZE];

	setenv("TZ", "UTC", 1);
	tzset();
	ck_assert_str_eq(fmt_age(out, -5), "0s");
	ck_assert_str_eq(fmt_age(out, 59000), "59s");
	ck_assert_str_eq(fmt_age(out, 720000), "12m");
	ck_assert_str_eq(fmt_age(out, 3 * INT64_C(86400000)), "3d");
	ck_assert_str_eq(fmt_clock(out, INT64_C(1700000000000)), "22:13:20");
	ck_assert_str_eq(fmt_date(out, INT64_C(1700000000000)), "2023-11-14 22:13:20");
}
END_TEST

SUITE("fmt", seconds, bounds, rates, counts, bytes, percents, exact_reads_back,
	widths_hold, ages_and_clocks)
