/* Classic histograms against values worked out by hand from promql/quantile.go. */
#include <math.h>

#include "engine/hist.h"

#include "tests/suite.h"

#define INF ((double)INFINITY)

static const struct quantile_row {
	const char *name;
	size_t buckets;
	double upper[5];
	double cumulative[5];
	double q;
	double expected; /* NaN: none */
} quantile_rows[] = {
	{"in the middle of the lowest", 3, {1, 2, INF}, {4, 4, 4}, 0.5, 0.5},
	{"in the second", 3, {1, 2, INF}, {2, 6, 6}, 0.5, 1.25},
	{"in +Inf: the highest bound", 3, {1, 2, INF}, {1, 2, 10}, 0.9, 2},
	{"lowest bound 0: that bound", 3, {0, 1, INF}, {3, 3, 3}, 0.5, 0},
	{"lowest bound below 0", 3, {-2, 1, INF}, {3, 3, 3}, 0.5, -2},
	{"only +Inf", 1, {INF}, {3}, 0.5, (double)NAN},
	{"nothing observed", 3, {1, 2, INF}, {0, 0, 0}, 0.5, (double)NAN},
	{"the 0th with an empty lowest bucket is 0/0", 3, {1, 2, INF}, {0, 4, 4}, 0,
		(double)NAN},
	{"the 100th", 3, {1, 2, INF}, {2, 4, 4}, 1, 2},
	{"a tie falls into the lower bucket", 3, {1, 2, INF}, {2, 4, 4}, 0.5, 1},
	{"a bucket that falls counts as the one below", 4, {1, 2, 3, INF}, {4, 3, 8, 8},
		0.75, 2.5},
};

START_TEST(quantiles)
{
	for (size_t i = 0; i < sizeof(quantile_rows) / sizeof(quantile_rows[0]); i++) {
		struct quantile_row row = quantile_rows[i];
		struct hist h = {.buckets = row.buckets,
			.upper = row.upper,
			.cumulative = row.cumulative};
		double actual = hist_quantile(&h, row.q);

		if (isnan(row.expected))
			ck_assert_msg(isnan(actual), "%s: %g", row.name, actual);
		else
			ck_assert_msg(!(actual < row.expected || actual > row.expected),
				"%s: %.17g, expected %.17g", row.name, actual,
				row.expected);
	}
}
END_TEST

START_TEST(build_takes_the_count_for_inf)
{
	double upper[3] = {1, 2}, cumulative[3] = {1, 3};
	struct hist h = {2, upper, cumulative, 5, 7};

	ck_assert(hist_build(&h));
	ck_assert_uint_eq(h.buckets, 3);
	ck_assert_double_eq(h.cumulative[2], 5);
	ck_assert(isinf(h.upper[2]));
}
END_TEST

START_TEST(build_takes_inf_for_the_count)
{
	double upper[3] = {1, INF}, cumulative[3] = {1, 3};
	struct hist h = {2, upper, cumulative, (double)NAN, 7};

	ck_assert(hist_build(&h));
	ck_assert_uint_eq(h.buckets, 2);
	ck_assert_double_eq(h.count, 3);
	h = (struct hist){1, upper, cumulative, (double)NAN, 7};
	ck_assert(!hist_build(&h));
	ck_assert_uint_eq(h.buckets, 0);
}
END_TEST

START_TEST(count_makes_the_mean_and_inf_the_quantile)
{
	double upper[] = {1, INF}, cumulative[] = {4, 4};
	struct hist h = {2, upper, cumulative, 8, 16};

	ck_assert(hist_build(&h));
	ck_assert_double_eq(hist_mean(&h), 2);
	ck_assert_double_eq(hist_quantile(&h, 0.5), 0.5);
}
END_TEST

START_TEST(advance_and_fall)
{
	double upper[] = {1, INF}, old[] = {4, 6}, counts[] = {3, 9};
	struct hist last = {2, upper, old, 6, 10}, now = {2, upper, counts, 9, 12};

	ck_assert(hist_same_bounds(&last, &now));
	ck_assert(hist_fell(&now, &last));
	ck_assert(!hist_fell(&last, &last));
	hist_advance(&now, &last, true);
	ck_assert_double_eq(now.cumulative[0], 3);
	ck_assert_double_eq(last.cumulative[0], 3);
	ck_assert_double_eq(last.count, 9);
	now = (struct hist){2, upper, (double[]){5, 12}, 12, 20};
	ck_assert(!hist_fell(&now, &last));
	hist_advance(&now, &last, false);
	ck_assert_double_eq(now.cumulative[0], 2);
	ck_assert_double_eq(now.cumulative[1], 3);
	ck_assert_double_eq(now.count, 3);
	ck_assert_double_eq(now.sum, 8);
	ck_assert_double_eq(last.cumulative[1], 12);
	ck_assert_double_eq(last.sum, 20);
}
END_TEST

START_TEST(merge_adds_what_has_the_same_bounds)
{
	double upper[] = {1, INF}, a[] = {1, 2}, b[] = {10, 20};
	struct hist one = {2, upper, a, 2, 5}, two = {2, upper, b, 20, 50};

	hist_merge(&one, &two);
	ck_assert_uint_eq(one.buckets, 2);
	ck_assert_double_eq(one.cumulative[0], 11);
	ck_assert_double_eq(one.cumulative[1], 22);
	ck_assert_double_eq(one.count, 22);
	ck_assert_double_eq(one.sum, 55);
}
END_TEST

START_TEST(merge_leaves_out_bounds_that_not_both_have)
{
	double upper_a[] = {1, 2, INF}, a[] = {1, 2, 4};
	double upper_b[] = {1, 3, INF}, b[] = {10, 20, 30};
	struct hist one = {3, upper_a, a, 4, 5}, two = {3, upper_b, b, 30, 50};

	hist_merge(&one, &two);
	ck_assert_uint_eq(one.buckets, 2);
	ck_assert_double_eq(one.cumulative[0], 11);
	ck_assert_double_eq(one.cumulative[1], 34);
	ck_assert_double_eq(one.count, 34);
	ck_assert_double_eq(one.sum, 55);
}
END_TEST

START_TEST(mean_of_nothing_and_of_an_unknown_sum)
{
	struct hist h = {0, NULL, NULL, 0, 0};

	ck_assert(isnan(hist_mean(&h)));
	h = (struct hist){0, NULL, NULL, 3, INF};
	ck_assert(isnan(hist_mean(&h)));
}
END_TEST

START_TEST(bracket_names_the_bucket)
{
	double upper[] = {1, 2, INF}, cumulative[] = {2, 6, 7};
	struct hist h = {3, upper, cumulative, 7, 7};
	double low, high;

	ck_assert(hist_bracket(&h, 0.5, &low, &high));
	ck_assert_double_eq(low, 1);
	ck_assert_double_eq(high, 2);
	ck_assert(hist_bracket(&h, 1, &low, &high));
	ck_assert_double_eq(low, 2);
	ck_assert(isinf(high));
	h.buckets = 1;
	ck_assert(!hist_bracket(&h, 0.5, &low, &high));
}
END_TEST

SUITE("hist", quantiles, build_takes_the_count_for_inf, build_takes_inf_for_the_count,
	count_makes_the_mean_and_inf_the_quantile, advance_and_fall,
	merge_adds_what_has_the_same_bounds, merge_leaves_out_bounds_that_not_both_have,
	mean_of_nothing_and_of_an_unknown_sum, bracket_names_the_bucket)
