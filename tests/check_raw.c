#include "operatorstat/raw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "tests/suite.h"

#define PAGE(depth, adds)                                                                \
	"# HELP workqueue_depth Current depth\n# TYPE workqueue_depth gauge\n"           \
	"workqueue_depth{name=\"order\"} " depth "\n"                                    \
	"# TYPE workqueue_adds_total counter\n"                                          \
	"workqueue_adds_total{name=\"order\"} " adds "\n"

static void take(struct raw *r, const char *instance, int64_t time_ms, const char *page)
{
	struct err e;

	ck_assert_msg(raw_take(r, str_of(instance), time_ms, EXPO_TEXT, str_of(page), &e),
		"%s", e.text);
}

static size_t choose(struct raw *r, const char *filter)
{
	struct raw_choice choice = {.filter = filter};

	ck_assert(raw_choose(r, &choice));
	return raw_chosen(r);
}

static void check_near(double value, double expected)
{
	ck_assert_msg(fabs(value - expected) < 1e-9, "%g instead of %g", value, expected);
}

START_TEST(values_and_changes)
{
	struct raw *r = raw_new();

	take(r, "shop", 1000, PAGE("3", "10"));
	take(r, "shop", 3000, PAGE("5", "30"));
	take(r, "shop", 3000, PAGE("9", "99")); /* the same page */
	ck_assert_uint_eq(choose(r, ""), 2);
	const struct raw_series *depth = raw_at(r, 0), *adds = raw_at(r, 1);
	ck_assert_str_eq(depth->series, "workqueue_depth{name=\"order\"}");
	ck_assert_str_eq(depth->help, "Current depth");
	check_near(raw_change(depth), 2);
	check_near(depth->average_10, 4);
	check_near(raw_change(adds), 10);
	check_near(adds->max, 10);
	ck_assert(raw_is_counting(adds) && !raw_is_counting(depth));
	raw_reset(r);
	ck_assert(isnan(depth->average_10));
	raw_free(r);
}
END_TEST

START_TEST(a_counter_that_begins_anew)
{
	struct raw *r = raw_new();

	take(r, "shop", 1000, PAGE("3", "10"));
	take(r, "shop", 2000, PAGE("3", "4"));
	ck_assert_uint_eq(choose(r, "adds"), 1);
	check_near(raw_change(raw_at(r, 0)), 4);
	raw_free(r);
}
END_TEST

START_TEST(series_come_and_go)
{
	struct raw *r = raw_new();

	take(r, "shop", 1000, "a 1\nb 2\nc 3\n");
	take(r, "shop", 2000, "c 4\nd 5\na 6\n");
	ck_assert_uint_eq(raw_count(r), 3);
	ck_assert_uint_eq(choose(r, ""), 3);
	ck_assert_str_eq(raw_at(r, 0)->series, "c");
	check_near(raw_change(raw_at(r, 0)), 1);
	ck_assert(isnan(raw_at(r, 1)->previous));
	check_near(raw_change(raw_at(r, 2)), 5);
	take(r, "cert", 2000, "x 1\n");
	ck_assert_uint_eq(raw_count(r), 4);
	raw_free(r);
}
END_TEST

START_TEST(what_is_chosen)
{
	struct raw *r = raw_new();
	static const struct {
		const char *filter;
		size_t count;
	} rows[] = {
		{"", 4},
		{"depth", 2},
		{"DEPTH", 2},
		{"!depth", 2},
		{"workqueue_depth{name=\"order\"}", 1},
		{"{name=~\"ord.*\"}", 2},
		{"!{name=~\"ord.*\"}", 2},
		{"{name=\"order\"", 2}, /* no selector: a part of the text */
		{"nothing", 0},
	};

	take(r, "shop", 1000,
		PAGE("3", "10") "workqueue_depth{name=\"payment\"} 0\n"
				"workqueue_adds_total{name=\"payment\"} 7\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(choose(r, rows[i].filter) == rows[i].count, "%s: %zu",
			rows[i].filter, raw_chosen(r));
	raw_free(r);
}
END_TEST

START_TEST(sorted)
{
	struct raw *r = raw_new();
	struct raw_choice choice = {
		.filter = "", .order = RAW_BY_VALUE, .descending = true};

	take(r, "shop", 1000, "a 1\nb NaN\nc 3\n");
	ck_assert(raw_choose(r, &choice));
	ck_assert_str_eq(raw_at(r, 0)->series, "c");
	ck_assert_str_eq(raw_at(r, 2)->series, "b");
	choice.descending = false;
	ck_assert(raw_choose(r, &choice));
	ck_assert_str_eq(raw_at(r, 0)->series, "a");
	ck_assert_str_eq(raw_at(r, 2)->series, "b");
	raw_free(r);
}
END_TEST

START_TEST(more_than_can_be_kept)
{
	struct raw *r = raw_new();
	struct buf page;

	buf_init(&page, (size_t)64 << 20);
	for (int i = 0; i < RAW_MOST + 500; i++)
		buf_addf(&page, "x{n=\"%d\"} 1\n", i);
	buf_addc(&page, '\0');
	take(r, "shop", 1000, page.at);
	take(r, "shop", 2000, page.at);
	ck_assert_uint_eq(raw_count(r), RAW_MOST);
	ck_assert_uint_eq(raw_left_out(r), 500);
	buf_free(&page);
	raw_free(r);
}
END_TEST

SUITE("raw", values_and_changes, a_counter_that_begins_anew, series_come_and_go,
	what_is_chosen, sorted, more_than_can_be_kept)
