#include "operatorstat/bars.h"

#include <math.h>
#include <stdlib.h>

#include "tests/suite.h"

#define BUCKETS 41

/* controller-runtime's bounds of reconcile_time_seconds. */
static const double bounds[BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25,
	0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5,
	4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60, INFINITY};
static const double quantiles[] = {0.5, 0.9, 0.99};

struct counts {
	double increase[BUCKETS], cumulative[BUCKETS];
};

static struct model_histogram make(struct counts *counts, unsigned int seed)
{
	struct model_histogram h = {.count = BUCKETS,
		.upper_bound = bounds,
		.increase = counts->increase,
		.cumulative = counts->cumulative,
		.sum = NAN};

	for (size_t i = 0; i < BUCKETS; i++) {
		counts->increase[i] = rand_r(&seed) % 4 == 0 ? 0 : rand_r(&seed) % 300;
		h.observed += counts->increase[i];
		counts->cumulative[i] = h.observed;
	}
	return h;
}

/* Sums are kept, bounds are real ones, there are no more rows than were asked for. */
START_TEST(merging)
{
	for (unsigned int seed = 0; seed < 50; seed++)
		for (size_t rows = 1; rows <= BUCKETS + 3; rows++) {
			struct counts counts;
			struct model_histogram h = make(&counts, seed);
			struct bars bars = {0};
			double sum = 0, last = -INFINITY;

			bars_cut(&bars, &h, rows, quantiles, 3);
			ck_assert_uint_le(bars.count, rows);
			ck_assert_uint_eq(bars.end[bars.count - 1], BUCKETS);
			ck_assert(rows < BUCKETS || bars.count == BUCKETS);
			for (size_t i = 0; i < bars.count; i++) {
				struct bar bar = bars_at(&bars, &h, i);

				ck_assert(bar.low > last || i == 0);
				ck_assert(bar.high > bar.low);
				last = bar.low;
				sum += bar.count;
			}
			ck_assert(fabs(sum - h.observed) < 0.5);
		}
}
END_TEST

START_TEST(quantiles_keep_their_buckets)
{
	for (unsigned int seed = 0; seed < 50; seed++) {
		struct counts counts;
		struct model_histogram h = make(&counts, seed);
		struct bars bars = {0};

		bars_cut(&bars, &h, 14, quantiles, 3);
		for (size_t i = 0; i < 3; i++) {
			double low, high;
			size_t row = bars_row_of(&bars, &h, quantiles[i]);

			model_quantile(&h, quantiles[i], &low, &high);
			ck_assert_uint_lt(row, bars.count);
			ck_assert(!(bars_at(&bars, &h, row).high > high) &&
				  !(bars_at(&bars, &h, row).high < high));
			ck_assert(!(bars_at(&bars, &h, row).low > low) &&
				  !(bars_at(&bars, &h, row).low < low));
		}
		ck_assert(isinf(bars_at(&bars, &h, bars.count - 1).high));
		ck_assert(!(bars_at(&bars, &h, bars.count - 1).low < 60));
	}
}
END_TEST

START_TEST(cuts_stay_while_the_panel_does)
{
	struct counts counts;
	struct model_histogram h = make(&counts, 1), other = make(&counts, 2);
	struct bars bars = {0};

	bars_cut(&bars, &h, 9, quantiles, 3);
	size_t before[BARS_MOST];
	for (size_t i = 0; i < bars.count; i++)
		before[i] = bars.end[i];
	bars_cut(&bars, &other, 9, quantiles, 3);
	for (size_t i = 0; i < bars.count; i++)
		ck_assert_uint_eq(bars.end[i], before[i]);
	bars_cut(&bars, &other, 10, quantiles, 3);
	ck_assert_uint_eq(bars.count, 10);
}
END_TEST

START_TEST(well_known_bounds_stay_longest)
{
	struct counts counts;
	struct model_histogram h = make(&counts, 1);
	struct bars bars = {0};
	size_t known = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		counts.increase[i] = counts.cumulative[i] = 0;
	h.observed = 0;
	bars_cut(&bars, &h, 12, quantiles, 3);
	for (size_t i = 0; i + 1 < bars.count; i++) {
		double high = bars_at(&bars, &h, i).high;
		double lead = high / pow(10, floor(log10(high) + 1e-9));

		known += fabs(lead - 1) < 1e-6 || fabs(lead - 2.5) < 1e-6 ||
			 fabs(lead - 5) < 1e-6;
	}
	ck_assert_uint_ge(known, 9);
	ck_assert_uint_eq(bars_row_of(&bars, &h, 0.5), bars.count);
}
END_TEST

START_TEST(below_zero_and_alone)
{
	static const double two[] = {-1, INFINITY}, one[] = {INFINITY};
	double increase[] = {3, 4}, cumulative[] = {3, 7};
	struct model_histogram h = {.count = 2,
		.upper_bound = two,
		.increase = increase,
		.cumulative = cumulative,
		.observed = 7};
	struct bars bars = {0};

	bars_cut(&bars, &h, 5, quantiles, 3);
	ck_assert(isinf(bars_at(&bars, &h, 0).low) && bars_at(&bars, &h, 0).low < 0);
	h = (struct model_histogram){.count = 1,
		.upper_bound = one,
		.increase = increase,
		.cumulative = cumulative,
		.observed = 3};
	bars_cut(&bars, &h, 5, quantiles, 3);
	ck_assert_uint_eq(bars.count, 1);
	ck_assert_uint_eq(bars_row_of(&bars, &h, 0.5), 1);
}
END_TEST

SUITE("bars", merging, quantiles_keep_their_buckets, cuts_stay_while_the_panel_does,
	well_known_bounds_stay_longest, below_zero_and_alone)
