#include "engine/hist.h"

#include <math.h>
#include <string.h>

/* Differences below this share are rounding, not a bucket that falls
 * (promql/quantile.go, smallDeltaTolerance). */
static const double small_delta = 1e-12;

bool hist_build(struct hist *h)
{
	bool has_inf = h->buckets > 0 && isinf(h->upper[h->buckets - 1]) &&
		       h->upper[h->buckets - 1] > 0;

	if (!has_inf && isnan(h->count)) {
		h->buckets = 0;
		return false;
	}
	if (!has_inf) {
		h->upper[h->buckets] = (double)INFINITY;
		h->cumulative[h->buckets++] = h->count;
	} else if (isnan(h->count)) {
		h->count = h->cumulative[h->buckets - 1];
	}
	return true;
}

/* Bounds are what was printed, so equal ones are equal to the last bit. */
bool hist_same_bounds(const struct hist *a, const struct hist *b)
{
	if (a->buckets != b->buckets || a->upper == b->upper)
		return a->buckets == b->buckets;
	for (size_t i = 0; i < a->buckets; i++)
		if (a->upper[i] < b->upper[i] || a->upper[i] > b->upper[i])
			return false;
	return true;
}

bool hist_fell(const struct hist *now, const struct hist *before)
{
	for (size_t i = 0; i < now->buckets; i++)
		if (now->cumulative[i] < before->cumulative[i])
			return true;
	return now->count < before->count;
}

void hist_advance(struct hist *now, struct hist *last, bool from_zero)
{
	for (size_t i = 0; i < now->buckets; i++) {
		double count = now->cumulative[i];

		now->cumulative[i] -= from_zero ? 0.0 : last->cumulative[i];
		last->cumulative[i] = count;
	}
	struct hist was = *last;
	last->buckets = now->buckets;
	last->count = now->count;
	last->sum = now->sum;
	now->count -= from_zero ? 0.0 : was.count;
	now->sum -= from_zero ? 0.0 : was.sum;
}

void hist_merge(struct hist *a, const struct hist *b)
{
	size_t kept = 0;

	a->count += b->count;
	a->sum += b->sum;
	if (hist_same_bounds(a, b)) {
		for (size_t i = 0; i < a->buckets; i++)
			a->cumulative[i] += b->cumulative[i];
		return;
	}
	for (size_t i = 0, j = 0; i < a->buckets && j < b->buckets;) {
		if (a->upper[i] < b->upper[j]) {
			i++;
		} else if (b->upper[j] < a->upper[i]) {
			j++;
		} else {
			a->upper[kept] = a->upper[i];
			a->cumulative[kept++] = a->cumulative[i++] + b->cumulative[j++];
		}
	}
	a->buckets = kept;
}

/* The cumulative count of bucket i with what fell before it made even: what
 * ensureMonotonicAndIgnoreSmallDeltas leaves there, given what it left in bucket i - 1.
 */
static double even(double before, double count)
{
	if (count > before && (count - before) / (count + before) >= small_delta)
		return count;
	return before;
}

/* The first bucket whose count reaches rank, its count, and that of the one below. */
static size_t find_bucket(const struct hist *h, double rank, double *count, double *below)
{
	size_t i = 0;

	*below = 0;
	*count = h->cumulative[0];
	while (i + 1 < h->buckets && *count < rank) {
		*below = *count;
		*count = even(*count, h->cumulative[++i]);
	}
	return i;
}

/* All observations as the quantile sees them. */
static double observations(const struct hist *h)
{
	double count = h->cumulative[0];

	for (size_t i = 1; i < h->buckets; i++)
		count = even(count, h->cumulative[i]);
	return count;
}

double hist_quantile(const struct hist *h, double q)
{
	double count, below, lower = 0;

	if (h->buckets < 2)
		return (double)NAN;
	double all = observations(h);
	if (!(all > 0))
		return (double)NAN;
	double rank = q * all;
	size_t i = find_bucket(h, rank, &count, &below);
	if (i == h->buckets - 1)
		return h->upper[h->buckets - 2];
	if (i == 0 && h->upper[0] <= 0)
		return h->upper[0];
	if (i > 0) {
		lower = h->upper[i - 1];
		count -= below;
		rank -= below;
	}
	return lower + (h->upper[i] - lower) * (rank / count);
}

double hist_mean(const struct hist *h)
{
	if (!(h->count > 0) || !isfinite(h->sum))
		return (double)NAN;
	return h->sum / h->count;
}

bool hist_bracket(const struct hist *h, double q, double *lower, double *upper)
{
	double count, below;

	if (isnan(hist_quantile(h, q)))
		return false;
	size_t i = find_bucket(h, q * observations(h), &count, &below);
	*upper = h->upper[i];
	if (i > 0)
		*lower = h->upper[i - 1];
	else
		*lower = h->upper[0] > 0 ? 0.0 : -(double)INFINITY;
	return true;
}
