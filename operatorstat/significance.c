#include "operatorstat/significance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Where a series has converged. */
#define SMALL    1e-16
#define MOST     100000
#define SMALLEST 1e-300

struct sums {
	double part, whole;
	size_t stretches;
};

static struct sums sums_of(const struct significance_sample *s)
{
	struct sums sums = {0};

	for (size_t i = 0; i < s->count; i++) {
		if (!(s->whole[i] > 0))
			continue;
		sums.part += s->part[i];
		sums.whole += s->whole[i];
		sums.stretches++;
	}
	return sums;
}

size_t significance_stretches(const struct significance_sample *s)
{
	return sums_of(s).stretches;
}

static bool is_enough(const struct sums *a, const struct sums *b)
{
	return a->stretches >= SIGNIFICANCE_STRETCHES &&
	       b->stretches >= SIGNIFICANCE_STRETCHES && isfinite(a->part) &&
	       isfinite(b->part);
}

/* ---- distributions ---- */

static double away_from_zero(double x)
{
	return fabs(x) < SMALLEST ? SMALLEST : x;
}

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8),
 * by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), h = d;

	for (int i = 1; i < MOST; i++) {
		double m = i;
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 / away_from_zero(1 + even * d);
		c = away_from_zero(1 + even / c);
		h *= d * c;
		d = 1 / away_from_zero(1 + odd * d);
		c = away_from_zero(1 + odd / c);
		h *= d * c;
		if (fabs(d * c - 1) < 3 * SMALL)
			break;
	}
	return h;
}

/* The regularized incomplete beta function, a and b above 0. */
static double beta(double a, double b, double x)
{
	if (!(x > 0))
		return 0;
	if (!(x < 1))
		return 1;
	double front =
		exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));

	/* it converges fast on this side of the mean */
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(X >= k) of n throws; n and k need not be whole. */
static double binomial_at_least(double k, double n, double share)
{
	return k > 0 ? beta(k, n - k + 1, share) : 1;
}

static double student_two_sided(double t, double freedom)
{
	return beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* P(X >= k) of n drawn from n + others, of which `marked` in all have the property. */
static double hypergeometric_at_least(double k, double n, double others, double marked)
{
	double most = fmin(n, marked), sum = 0;
	double term = exp(log_choose(n, k) + log_choose(others, marked - k) -
			  log_choose(n + others, marked));

	while (k <= most && term > sum * SMALL) {
		sum += term;
		term *= (n - k) * (marked - k) / ((k + 1) * (others - marked + k + 1));
		k += 1;
	}
	return fmin(1, sum);
}

/* ---- design effects ---- */

/* Pearson's sum over the stretches of one sample: squares of the distance from what the
 * sum lets one expect, each over its variance if the events were independent. */
static double scatter(const struct significance_sample *s, bool is_share)
{
	struct sums sums = sums_of(s);
	double expected = sums.part / sums.whole;
	double variance = is_share ? expected * (1 - expected) : expected, sum = 0;

	if (!(variance > 0))
		return 0;
	for (size_t i = 0; i < s->count; i++) {
		double off = s->part[i] - expected * s->whole[i];

		if (s->whole[i] > 0)
			sum += off * off / (variance * s->whole[i]);
	}
	return sum;
}

static double design_effect(const struct significance_sample *a,
	const struct significance_sample *b, bool is_share)
{
	size_t freedom = significance_stretches(a) + significance_stretches(b) - 2;

	return fmax(1, (scatter(a, is_share) + scatter(b, is_share)) / (double)freedom);
}

/* ---- tests ---- */

static double ratio_variance(const struct significance_sample *s, const struct sums *sums)
{
	double ratio = sums->part / sums->whole, squares = 0;
	double n = (double)sums->stretches;

	for (size_t i = 0; i < s->count; i++) {
		double off = s->part[i] - ratio * s->whole[i];

		if (s->whole[i] > 0)
			squares += off * off;
	}
	return n / (n - 1) * squares / (sums->whole * sums->whole);
}

double significance_ratios(
	const struct significance_sample *a, const struct significance_sample *b)
{
	struct sums x = sums_of(a), y = sums_of(b);

	if (!is_enough(&x, &y))
		return (double)NAN;
	double u = ratio_variance(a, &x), v = ratio_variance(b, &y);
	double off = x.part / x.whole - y.part / y.whole;

	/* always the same, and so is the other */
	if (!(u + v > 0))
		return fabs(off) > 0 ? 0 : 1;
	double freedom =
		(u + v) * (u + v) /
		(u * u / (double)(x.stretches - 1) + v * v / (double)(y.stretches - 1));

	return student_two_sided(off / sqrt(u + v), freedom);
}

/* A design effect is itself a guess, and of few stretches a bad one: where there is any,
 * the t of the same sums must agree. */
static double agreed(double p, double effect, const struct significance_sample *a,
	const struct significance_sample *b)
{
	return effect > 1 ? fmax(p, significance_ratios(a, b)) : p;
}

double significance_rates(
	const struct significance_sample *a, const struct significance_sample *b)
{
	struct sums x = sums_of(a), y = sums_of(b);

	if (!is_enough(&x, &y))
		return (double)NAN;
	double effect = design_effect(a, b, false), n = (x.part + y.part) / effect;
	double share = x.whole / (x.whole + y.whole);
	double tail = x.part / x.whole > y.part / y.whole
			      ? binomial_at_least(x.part / effect, n, share)
			      : binomial_at_least(y.part / effect, n, 1 - share);

	return agreed(fmin(1, 2 * tail), effect, a, b);
}

double significance_shares(
	const struct significance_sample *a, const struct significance_sample *b)
{
	struct sums x = sums_of(a), y = sums_of(b);

	if (!is_enough(&x, &y))
		return (double)NAN;
	double effect = design_effect(a, b, true);
	double n = round(x.whole / effect), others = round(y.whole / effect);
	double mine = fmin(n, round(x.part / effect)),
	       theirs = fmin(others, round(y.part / effect));
	double tail = x.part / x.whole > y.part / y.whole
			      ? hypergeometric_at_least(mine, n, others, mine + theirs)
			      : hypergeometric_at_least(theirs, others, n, mine + theirs);

	return agreed(fmin(1, 2 * tail), effect, a, b);
}

/* ---- many at once ---- */

static int by_p(const void *left, const void *right, void *at)
{
	const double *p = at;
	double a = p[*(const size_t *)left], b = p[*(const size_t *)right];

	return (a > b) - (a < b);
}

void significance_adjust(double *p, size_t *order, size_t count)
{
	size_t tested = 0;
	double highest = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(p[i]))
			order[tested++] = i;
	qsort_r(order, tested, sizeof(*order), by_p, p);
	for (size_t i = 0; i < tested; i++) {
		highest = fmax(highest, fmin(1, p[order[i]] * (double)(tested - i)));
		p[order[i]] = highest;
	}
}
