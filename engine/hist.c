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
	if (a->buckets != b->buckets)
		return false;
	if (a->upper == b->upper)
		return true;
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

/* All observations as the quantile sees them. */
static double observations(const struct hist *h)
{
	double count = h->cumulative[0];

	for (size_t i = 1; i < h->buckets; i++)
		count = even(count, h->cumulative[i]);
	return count;
}

static void walk_anew(struct hist_walk *w)
{
	w->bucket = 0;
	w->below = 0;
	w->count = w->h->cumulative[0];
}

/* To the first bucket whose count reaches rank. */
static void walk_to(struct hist_walk *w, double rank)
{
	if (w->bucket > 0 && !(w->below < rank))
		walk_anew(w);
	while (w->bucket + 1 < w->h->buckets && w->count < rank) {
		w->below = w->count;
		w->count = even(w->count, w->h->cumulative[++w->bucket]);
	}
}

struct hist_walk hist_walk(const struct hist *h)
{
	struct hist_walk w = {.h = h, .all = (double)NAN};

	if (h->buckets < 2)
		return w;
	w.all = observations(h);
	walk_anew(&w);
	return w;
}

double hist_walk_quantile(struct hist_walk *w, double q)
{
	const double *upper = w->h->upper;
	double rank = q * w->all;
	double count, lower = 0;

	if (!(w->all > 0))
		return (double)NAN;
	walk_to(w, rank);
	count = w->count;
	if (w->bucket == w->h->buckets - 1)
		return upper[w->bucket - 1];
	if (w->bucket == 0 && upper[0] <= 0)
		return upper[0];
	if (w->bucket > 0) {
		lower = upper[w->bucket - 1];
		count -= w->below;
		rank -= w->below;
	}
	return lower + (upper[w->bucket] - lower) * (rank / count);
}

double hist_quantile(const struct hist *h, double q)
{
	struct hist_walk w = hist_walk(h);

	return hist_walk_quantile(&w, q);
}

double hist_mean(const struct hist *h)
{
	if (!(h->count > 0) || !isfinite(h->sum))
		return (double)NAN;
	return h->sum / h->count;
}

bool hist_bracket(const struct hist *h, double q, double *lower, double *upper)
{
	struct hist_walk w = hist_walk(h);

	if (isnan(hist_walk_quantile(&w, q)))
		return false;
	*upper = h->upper[w.bucket];
	if (w.bucket > 0)
		*lower = h->upper[w.bucket - 1];
	else
		*lower = h->upper[0] > 0 ? 0.0 : -(double)INFINITY;
	return true;
}
