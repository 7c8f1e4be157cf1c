/* Classic histograms: build from buckets, subtract, sum over labels, quantile, mean.
 * Pure.
 *
 * Buckets are cumulative and counted as whole numbers, as they stand on the page. The
 * rules are naming.md 3.3's; the arithmetic of a quantile is that of the Prometheus
 * engine, promql/quantile.go (BucketQuantile, coalesceBuckets,
 * ensureMonotonicAndIgnoreSmallDeltas), in its order of operations, so that results are
 * equal to the last bit. */
#ifndef ENGINE_HIST_H
#define ENGINE_HIST_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"

/* One histogram, or the increases of one. The arrays belong to whoever made them. */
struct hist {
	size_t buckets;     /* +Inf included; 0: not a histogram */
	double *upper;      /* bounds: ascending, distinct, the last is +Inf */
	double *cumulative; /* observations <= upper */
	double count;       /* of all observations; makes the mean */
	double sum;         /* NaN or infinite: not known */
};

/* Finishes a histogram whose buckets were filled in, ascending by bound: no +Inf bucket:
 * the count takes its place (upper and cumulative must have room for one more); no count
 * (NaN): +Inf's takes its place. False: neither is there; h->buckets is 0 then. */
bool hist_build(struct hist *h) MUST_CHECK;

/* The same bounds, as numbers? */
bool hist_same_bounds(const struct hist *a, const struct hist *b);

/* Did the count or any bucket fall from before to now? Only for the same bounds. */
bool hist_fell(const struct hist *now, const struct hist *before);

/* A page further: last becomes what now was, and now what it has more than last had; all
 * that it has where it counts from 0. For the same bounds; the counts are written, the
 * bounds are not. */
void hist_advance(struct hist *now, struct hist *last, bool from_zero);

/* Adds b to a, bound by bound; bounds that not both have are left out of a, whose bounds
 * are not written otherwise. */
void hist_merge(struct hist *a, const struct hist *b);

/* The q-quantile, 0 <= q <= 1. NaN: nothing was observed, or only +Inf is there. */
double hist_quantile(const struct hist *h, double q);

/* For several quantiles of one histogram: each goes on where the one before has found its
 * bucket, unless it is a lower one. */
struct hist_walk {
	const struct hist *h;
	double all;          /* observations */
	size_t bucket;       /* the one at hand */
	double count, below; /* of it, and of those before it */
};

struct hist_walk hist_walk(const struct hist *h);
double hist_walk_quantile(struct hist_walk *w, double q);

/* sum / count. NaN: nothing was observed, or the sum is not known. */
double hist_mean(const struct hist *h);

/* The bucket that holds the q-quantile: (*lower, *upper], lower -Inf or 0 for the lowest.
 * False where hist_quantile() would be NaN. For views that name it beside the value. */
bool hist_bracket(const struct hist *h, double q, double *lower, double *upper);

#endif
