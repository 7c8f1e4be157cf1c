#include "operatorstat/history.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "tests/suite.h"

/* A full hour, so that minutes and hours begin with it. */
#define T0 INT64_C(1700006400000)

static const struct {
	const char *name;
	enum history_fold fold;
	struct {
		int64_t at_ms; /* behind T0 */
		double value;
	} pushes[6];
	int64_t from_ms, to_ms;
	size_t count;
	double sum, first, last;
} spans[] = {
	{"nothing", HISTORY_SUM, {{0}}, 0, 60000, 0, NAN, NAN, NAN},
	{"one", HISTORY_SUM, {{500, 3}}, -1, 999, 1, 3, 3, 3},
	{"from is left out, to is in", HISTORY_SUM, {{1000, 1}, {2000, 2}, {3000, 4}},
		1000, 3000, 2, 6, 2, 4},
	{"one second adds up", HISTORY_SUM, {{1000, 1}, {1400, 2}, {1999, 4}}, 0, 1000, 1,
		7, 7, 7},
	{"a gauge's last of a second", HISTORY_MEAN, {{1000, 1}, {1400, 2}}, 0, 1000, 1,
		2, 2, 2},
	{"NaN is a gap", HISTORY_MEAN, {{1000, 1}, {2000, NAN}, {3000, 3}}, 0, 3000, 2, 4,
		1, 3},
	{"the same value", HISTORY_MEAN, {{1000, 5}, {2000, 5}, {4000, 5}}, 0, 4000, 3,
		15, 5, 5},
	{"the same, then another", HISTORY_MEAN, {{1000, 5}, {2000, 5}, {4000, 6}}, 0,
		4000, 3, 16, 5, 6},
	{"another in the same second", HISTORY_MEAN, {{1000, 5}, {2000, 5}, {2001, 6}}, 0,
		4000, 2, 11, 5, 6},
	{"over a minute's edge", HISTORY_SUM, {{59000, 1}, {60000, 2}, {61000, 4}}, 58000,
		60000, 2, 3, 1, 2},
	{"an hour's silence", HISTORY_SUM, {{1000, 1}, {3600000, 2}}, 0, 3600000, 2, 3, 1,
		2},
	{"a week's silence", HISTORY_SUM, {{1000, 1}, {604800000, 2}}, 0, 604800000, 1, 2,
		2, 2},
	{"the clock set back", HISTORY_SUM, {{5000, 1}, {6000, 2}, {3000, 4}}, 0, 9000, 1,
		4, 4, 4},
};

static bool is(double a, double b)
{
	return !(a < b) && !(a > b);
}

START_TEST(spans_hold_what_was_pushed)
{
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct history *h = history_new(spans[i].fold);

		for (size_t k = 0; k < 6 && spans[i].pushes[k].at_ms != 0; k++)
			history_push(h, T0 + spans[i].pushes[k].at_ms,
				spans[i].pushes[k].value);
		struct history_span s =
			history_span(h, T0 + spans[i].from_ms, T0 + spans[i].to_ms);

		ck_assert_msg(s.count == spans[i].count, "%s: count %zu", spans[i].name,
			s.count);
		if (s.count > 0) {
			ck_assert_msg(is(s.sum, spans[i].sum), "%s: sum %g",
				spans[i].name, s.sum);
			ck_assert_msg(is(s.first, spans[i].first), "%s: first %g",
				spans[i].name, s.first);
			ck_assert_msg(is(s.last, spans[i].last), "%s: last %g",
				spans[i].name, s.last);
		} else {
			ck_assert_msg(isnan(s.sum), "%s: sum %g", spans[i].name, s.sum);
		}
		history_free(h);
	}
}
END_TEST

/* A value a second for two days: what is asked for is what was put in, to the second for
 * forty minutes and to the minute for a day. */
START_TEST(two_days_of_seconds)
{
	struct history *sums = history_new(HISTORY_SUM),
		       *means = history_new(HISTORY_MEAN);
	const int64_t end = INT64_C(2) * 86400;

	for (int64_t s = 0; s < end; s++) {
		history_push(sums, T0 + s * 1000, (double)(s % 7));
		history_push(means, T0 + s * 1000, (double)(s % 60));
	}
	for (int64_t ago = 1; ago < 2300; ago += 97) {
		double want = 0;

		for (int64_t s = end - ago; s < end; s++)
			want += (double)(s % 7);
		struct history_span got = history_span(
			sums, T0 + (end - ago - 1) * 1000, T0 + (end - 1) * 1000);

		ck_assert_msg(got.count == (size_t)ago, "%lld s: %zu", (long long)ago,
			got.count);
		ck_assert_msg(is(got.sum, want), "%lld s: %g, not %g", (long long)ago,
			got.sum, want);
	}
	struct history_span hour = history_span(
		means, T0 + (end - 36000) * 1000 - 1, T0 + (end - 32400) * 1000 - 1);

	ck_assert_uint_eq(hour.count, 60);
	ck_assert_double_eq(hour.min, 29.5);
	ck_assert_double_eq(hour.max, 29.5);
	ck_assert_double_le(
		fabs(history_span(sums, 0, INT64_MAX).sum - 86400 * 3.0), 3600 * 3.0);
	history_free(sums);
	history_free(means);
}
END_TEST

START_TEST(what_stays_the_same_costs_nothing)
{
	struct history *h = history_new(HISTORY_MEAN);
	size_t empty = history_bytes(h);

	for (int64_t s = 0; s < 7200; s++)
		history_push(h, T0 + s * 1000, 4);
	ck_assert_uint_eq(history_bytes(h), empty);
	for (int64_t s = 7200; s < 14400; s++)
		history_push(h, T0 + s * 1000, (double)s);
	ck_assert_uint_le(history_bytes(h), empty + 43UL * 240);
	history_free(h);
}
END_TEST

START_TEST(seconds_are_given_back)
{
	struct history *h = history_new(HISTORY_SUM);
	size_t before, dropped = 0;

	for (int64_t s = 0; s < 600; s++)
		history_push(h, T0 + s * 1000, (double)s);
	before = history_bytes(h);
	while (history_drop_minute(h))
		dropped++;
	ck_assert_uint_eq(dropped, 9);
	ck_assert_uint_lt(history_bytes(h), before);
	/* minutes stay where seconds went */
	ck_assert_double_eq(history_span(h, T0 - 1, T0 + 600000).sum, 600 * 599 / 2.0);
	history_free(h);
}
END_TEST

static const double bounds[] = {0.01, 0.1, 1, INFINITY};

static const struct {
	const char *name;
	struct {
		int64_t at_ms;
		double cumulative[4];
		double sum, count;
	} pushes[4];
	int64_t from_ms, to_ms;
	double increase[5]; /* the last: what _count has beyond +Inf */
	double sum;
} windows[] = {
	{"nothing", {{0}}, 0, 60000, {0, 0, 0, 0, 0}, 0},
	{"one page", {{1000, {1, 3, 3, 4}, 2.5, 4}}, 0, 1000, {1, 2, 0, 1, 0}, 2.5},
	{"two pages", {{1000, {1, 1, 1, 1}, 0.5, 1}, {3000, {0, 0, 300, 300}, 1.5, 300}},
		0, 3000, {1, 0, 300, 0, 0}, 2},
	{"the second of two",
		{{1000, {1, 1, 1, 1}, 0.5, 1}, {3000, {0, 2, 2, 2}, 1.5, 2}}, 1000, 3000,
		{0, 2, 0, 0, 0}, 1.5},
	{"two in one second",
		{{1000, {1, 1, 1, 1}, 0.5, 1}, {1500, {0, 2, 2, 2}, 1.5, 2}}, 0, 1000,
		{1, 2, 0, 0, 0}, 2},
	{"an idle page between",
		{{1000, {1, 1, 1, 1}, 0.5, 1}, {2000, {0, 0, 0, 0}, 0, 0},
			{3000, {0, 0, 0, 5}, 9, 5}},
		0, 3000, {1, 0, 0, 5, 0}, 9.5},
	{"a count beyond +Inf", {{1000, {1, 1, 1, 1}, 0.5, 3}}, 0, 1000, {1, 0, 0, 0, 2},
		0.5},
	{"many observations", {{1000, {5e9, 6e9, 6e9, 6e9}, 1, 6e9}}, 0, 1000,
		{5e9, 1e9, 0, 0, 0}, 1},
};

START_TEST(histograms_hold_what_was_pushed)
{
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct buckets *b = buckets_new(bounds, 4);
		double increase[5] = {0}, sum = 0;

		for (size_t k = 0; k < 4 && windows[i].pushes[k].at_ms != 0; k++)
			buckets_push(b, T0 + windows[i].pushes[k].at_ms,
				windows[i].pushes[k].cumulative, windows[i].pushes[k].sum,
				windows[i].pushes[k].count);
		buckets_span(b, T0 + windows[i].from_ms, T0 + windows[i].to_ms, increase,
			&sum);
		for (size_t k = 0; k < 5; k++)
			ck_assert_msg(is(increase[k], windows[i].increase[k]),
				"%s: bucket %zu: %g", windows[i].name, k, increase[k]);
		ck_assert_msg(
			is(sum, windows[i].sum), "%s: sum %g", windows[i].name, sum);
		buckets_free(b);
	}
}
END_TEST

START_TEST(histograms_of_a_day)
{
	struct buckets *b = buckets_new(bounds, 4);
	double all[5] = {0}, hour[5] = {0}, minute[5] = {0}, sum = 0;
	const int64_t end = INT64_C(30) * 3600;

	for (int64_t s = 0; s < end; s++) {
		double n = (double)(s % 3);

		buckets_push(
			b, T0 + s * 1000, (double[]){n, n, n + 1, n + 1}, 0.5, n + 1);
	}
	buckets_span(b, 0, INT64_MAX / 2, all, &sum);
	ck_assert_double_ge(all[2], 23 * 3600);
	ck_assert_double_le(all[2], 24 * 3600);
	buckets_span(b, T0 + (end - 7200) * 1000 - 1, T0 + (end - 3600) * 1000 - 1, hour,
		&sum);
	ck_assert_double_eq(hour[0], 3600);
	ck_assert_double_eq(hour[2], 3600);
	sum = 0;
	buckets_span(b, T0 + (end - 61) * 1000, T0 + (end - 1) * 1000, minute, &sum);
	ck_assert_double_eq(minute[0], 60);
	ck_assert_double_eq(minute[2], 60);
	ck_assert_double_eq(sum, 30);
	ck_assert_uint_le(buckets_bytes(b), 100000);
	buckets_free(b);
}
END_TEST

SUITE("history", spans_hold_what_was_pushed, two_days_of_seconds,
	what_stays_the_same_costs_nothing, seconds_are_given_back,
	histograms_hold_what_was_pushed, histograms_of_a_day)
