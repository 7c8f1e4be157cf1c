/* Tests of significance against values of SciPy 1.17: binom, fisher_exact, t; the design
 * effect and the variance of a ratio worked out beside them with NumPy. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "operatorstat/significance.h"

#include "tests/suite.h"

#define MOST 5

static const double none = (double)NAN;

static const struct row {
	const char *name;
	double (*test)(
		const struct significance_sample *, const struct significance_sample *);
	double part_a[MOST], whole_a[MOST], part_b[MOST], whole_b[MOST];
	double expected;
} rows[] = {
	{"twice as many", significance_rates, {10, 12, 9, 11}, {10, 10, 10, 10},
		{20, 18, 22, 25}, {10, 10, 10, 10}, 0.000170094478296252},
	{"about as many", significance_rates, {10, 12, 9, 11}, {10, 10, 10, 10},
		{12, 10, 11, 13}, {10, 10, 10, 10}, 0.74932900320228},
	{"twice as many, but all in one burst", significance_rates, {0, 40, 0, 2},
		{10, 10, 10, 10}, {20, 18, 22, 25}, {10, 10, 10, 10}, 0.621443140309402},
	{"stretches of different length", significance_rates, {100, 120, 90, 110, 95},
		{10, 12, 9, 11, 9.5}, {230, 200, 180, 205}, {20, 20, 18, 22},
		0.764134042830996},
	{"none, and four", significance_rates, {0}, {10, 10, 10, 10}, {1, 2, 0, 1},
		{10, 10, 10, 10}, 0.125},
	{"none at all", significance_rates, {0}, {10, 10, 10, 10}, {0}, {10, 10, 10, 10},
		1},
	{"millions", significance_rates, {1e6, 1e6, 1e6, 1e6}, {100, 100, 100, 100},
		{1000900, 1000900, 1000900, 1000900}, {100, 100, 100, 100},
		0.203318955389352},
	{"three stretches are too few", significance_rates, {10, 12, 9}, {10, 10, 10},
		{20, 18, 22, 25}, {10, 10, 10, 10}, none},
	{"eight times the errors", significance_shares, {1, 0, 2, 1}, {100, 90, 110, 100},
		{8, 9, 6, 10}, {100, 95, 105, 99}, 6.10011342955757e-07},
	{"no error, and three", significance_shares, {0}, {100, 90, 110, 100},
		{1, 1, 0, 1}, {100, 95, 105, 99}, 0.248123831074916},
	{"as many, but all in one burst", significance_shares, {0, 0, 40, 0},
		{100, 90, 110, 100}, {8, 9, 6, 10}, {100, 95, 105, 99}, 1},
	{"half, and three in five", significance_shares, {50, 52, 48, 50},
		{100, 100, 100, 100}, {60, 61, 58, 62}, {100, 100, 100, 100},
		0.00443282426676426},
	{"all of them, both", significance_shares, {5, 5, 5, 5}, {5, 5, 5, 5},
		{9, 9, 9, 9}, {9, 9, 9, 9}, 1},
	{"one per cent of millions, and 1.01", significance_shares, {1e4, 1e4, 1e4, 1e4},
		{1e6, 1e6, 1e6, 1e6}, {10100, 10100, 10100, 10100}, {1e6, 1e6, 1e6, 1e6},
		0.157276569023296},
	{"none of many, and forty", significance_shares, {0}, {1e5, 1e5, 1e5, 1e5},
		{10, 10, 10, 10}, {1e5, 1e5, 1e5, 1e5}, 1.81721666576112e-12},
	{"stretches without any do not count", significance_shares, {1, 0, 2, 1, 0},
		{100, 90, 110, 0, 0}, {8, 9, 6, 10}, {100, 95, 105, 99}, none},
	{"half as long", significance_ratios, {1.0, 1.2, 0.9, 1.1}, {10, 11, 9, 10},
		{0.5, 0.6, 0.4, 0.55}, {10, 11, 9, 10}, 7.08803301848637e-06},
	{"about as long", significance_ratios, {1.0, 1.2, 0.9, 1.1, 0},
		{10, 11, 9, 10, 0}, {1.1, 1.0, 1.05, 1.2, 0.9}, {10, 11, 9, 10, 9},
		0.744261990178196},
	{"a mean that one stretch makes", significance_ratios, {1, 1, 1, 30},
		{10, 10, 10, 10}, {1, 1, 1, 1}, {10, 10, 10, 10}, 0.39100221895577},
	{"always two, and always three", significance_ratios, {2, 2, 4, 2}, {1, 1, 2, 1},
		{3, 3, 3, 3}, {1, 1, 1, 1}, 0},
	{"always two, both", significance_ratios, {2, 2, 4, 2}, {1, 1, 2, 1},
		{2, 2, 2, 2}, {1, 1, 1, 1}, 1},
	{"a sum that is not known", significance_ratios, {2, 2, (double)NAN, 2},
		{1, 1, 2, 1}, {2, 2, 2, 2}, {1, 1, 1, 1}, none},
};

static bool is_near(double actual, double expected)
{
	if (isnan(expected))
		return isnan(actual);
	return fabs(actual - expected) <= 1e-7 * fabs(expected);
}

START_TEST(as_scipy_has_it)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct significance_sample a = {r->part_a, r->whole_a, MOST},
					   b = {r->part_b, r->whole_b, MOST};
		double forth = r->test(&a, &b), back = r->test(&b, &a);

		ck_assert_msg(is_near(forth, r->expected), "%s: %.17g, not %.17g",
			r->name, forth, r->expected);
		ck_assert_msg(is_near(back, r->expected), "%s, the other way: %.17g",
			r->name, back);
	}
}
END_TEST

/* statsmodels' multipletests(method='holm') of these. */
START_TEST(holm)
{
	double p[] = {0.01, none, 0.04, 0.03, 0.005, 0.9};
	const double expected[] = {0.04, none, 0.09, 0.09, 0.025, 0.9};
	size_t order[6];

	significance_adjust(p, order, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_msg(is_near(p[i], expected[i]), "%zu: %.17g", i, p[i]);
}
END_TEST

START_TEST(holm_of_nothing)
{
	double p = none;
	size_t order;

	significance_adjust(&p, &order, 1);
	ck_assert(isnan(p));
}
END_TEST

/* ---- equal samples, again and again ---- */

#define RUNS      2000
#define STRETCHES 10

/* Uniform in (0, 1); the same at every run. */
static double uniform(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state)));

	return radius * cos(2 * 3.14159265358979323846 * uniform(state));
}

static double poisson(uint64_t *state, double mean)
{
	double count = 0, at = -log(uniform(state));

	for (; at < mean; count++)
		at -= log(uniform(state));
	return count;
}

/* Reconciles, those that fail, and what they take: each stretch has a mood of its own, if
 * they come in bursts. */
struct drawn {
	double seconds[STRETCHES], count[STRETCHES], failed[STRETCHES], taken[STRETCHES];
};

static void draw(uint64_t *state, bool has_bursts, struct drawn *d)
{
	for (size_t i = 0; i < STRETCHES; i++) {
		double often = has_bursts ? exp(0.5 * normal(state)) : 1;
		double bad = has_bursts ? exp(0.7 * normal(state)) : 1;
		double slow = has_bursts ? exp(0.3 * normal(state)) : 1;

		d->seconds[i] = 1;
		d->count[i] = poisson(state, 20 * often);
		d->failed[i] = d->taken[i] = 0;
		for (size_t k = 0; k < (size_t)d->count[i]; k++) {
			d->failed[i] += uniform(state) < 0.05 * bad;
			d->taken[i] += slow * exp(normal(state));
		}
	}
}

/* As often as the level says, and not more: also where the level is as low as many
 * figures make it. */
static void is_honest(const char *name, bool has_bursts, const size_t *below)
{
	const double often = (double)below[0], seldom = (double)below[1];

	ck_assert_msg(often < RUNS * 0.065, "%s, bursts %d: %zu below 0.05", name,
		has_bursts, below[0]);
	ck_assert_msg(often > RUNS * 0.01, "%s, bursts %d: only %zu below 0.05", name,
		has_bursts, below[0]);
	ck_assert_msg(seldom < RUNS * 0.003, "%s, bursts %d: %zu below 0.0005", name,
		has_bursts, below[1]);
}

static void note(size_t *below, double p)
{
	below[0] += p < 0.05;
	below[1] += p < 0.0005;
}

START_TEST(equal_samples_differ_by_chance_alone)
{
	uint64_t state = 1;

	for (int bursts = 0; bursts < 2; bursts++) {
		size_t rates[2] = {0}, shares[2] = {0}, ratios[2] = {0};

		for (int run = 0; run < RUNS; run++) {
			struct drawn a, b;

			draw(&state, bursts, &a);
			draw(&state, bursts, &b);
			note(rates,
				significance_rates(&(struct significance_sample){a.count,
							   a.seconds, STRETCHES},
					&(struct significance_sample){
						b.count, b.seconds, STRETCHES}));
			note(shares, significance_shares(
					     &(struct significance_sample){
						     a.failed, a.count, STRETCHES},
					     &(struct significance_sample){
						     b.failed, b.count, STRETCHES}));
			note(ratios,
				significance_ratios(&(struct significance_sample){a.taken,
							    a.count, STRETCHES},
					&(struct significance_sample){
						b.taken, b.count, STRETCHES}));
		}
		is_honest("rates", bursts, rates);
		is_honest("shares", bursts, shares);
		is_honest("ratios", bursts, ratios);
	}
}
END_TEST

SUITE("significance", as_scipy_has_it, holm, holm_of_nothing,
	equal_samples_differ_by_chance_alone)
