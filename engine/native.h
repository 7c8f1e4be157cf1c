/* Native histograms: sparse exponential buckets, as protobuf pages carry them.
 *
 * Source: prometheus/client_model, io.prometheus.client.Histogram; what the current
 * Prometheus (v0.316 as a Go module) does with them, in model/histogram and
 * promql/quantile.go: the arithmetic here follows its order of operations, so that ties
 * fall on the same side. */
#ifndef ENGINE_NATIVE_H
#define ENGINE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"

#define NATIVE_SCHEMA_MIN (-4)
#define NATIVE_SCHEMA_MAX 8

/* Schema of custom buckets, whose bounds are given one by one. */
#define NATIVE_CUSTOM_SCHEMA (-53)

/* Observations in bucket `index`: upper bound (2^(2^-schema))^index; with custom buckets
 * custom_bound[index], and +Inf for the one behind the last. */
struct native_bucket {
	int32_t index;
	double count; /* in this bucket alone */
};

/* All arrays are borrowed from whoever made it; buckets ascend by index. */
struct native {
	int32_t schema;        /* NATIVE_SCHEMA_MIN..MAX, or NATIVE_CUSTOM_SCHEMA */
	double zero_threshold; /* |v| <= it is in the zero bucket */
	double zero_count;
	double count;
	double sum;
	bool is_gauge; /* a gauge histogram, which is never subtracted */
	const struct native_bucket *positive;
	size_t positive_count;
	const struct native_bucket
		*negative; /* index as for positive, of the absolute value */
	size_t negative_count;
	const double *custom_bound; /* NATIVE_CUSTOM_SCHEMA: upper bounds, ascending */
	size_t custom_bound_count;
	int64_t created_ms; /* 0: not given */
};

/* Makes *kept, NULL or what an earlier call left there, a copy of n in one piece of
 * memory, for free(). False: no memory, *kept is as it was. */
bool native_keep(struct native **kept, const struct native *n) MUST_CHECK;

/* Does n count from 0 rather than on from `before`, the same histogram on an earlier
 * page? So if it was created at another time, if anything fell that cannot fall, and if
 * its resolution rose; not if its resolution fell or its zero bucket grew, which
 * client_golang does to keep the number of buckets down. */
bool native_is_reset(const struct native *n, const struct native *before);

/* out = n - before, in the coarser of their resolutions, without empty buckets; out has
 * n's other fields. False: custom bounds differ, or no memory. Only where nothing was
 * reset. */
bool native_subtract(const struct native *n, const struct native *before,
	struct arena *arena, struct native *out) MUST_CHECK;

/* out = a + b in the same way. */
bool native_add(const struct native *a, const struct native *b, struct arena *arena,
	struct native *out) MUST_CHECK;

/* PromQL's histogram_quantile, 0 <= q <= 1: exponential within a bucket, linear within
 * the zero bucket and custom ones. NaN: nothing observed, or NaNs alone above the rank.
 */
double native_quantile(const struct native *n, double q);

#endif
