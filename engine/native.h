/* Native histograms: sparse exponential buckets, as protobuf pages carry them.
 *
 * Source: prometheus/client_model, io.prometheus.client.Histogram; the current Prometheus'
 * model/histogram. */
#ifndef ENGINE_NATIVE_H
#define ENGINE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Schema of custom buckets, whose bounds are given one by one. */
#define NATIVE_CUSTOM_SCHEMA (-53)

/* Observations in bucket `index`: upper bound (2^(2^-schema))^index. */
struct native_bucket {
	int32_t index;
	double count; /* in this bucket alone */
};

/* All arrays are borrowed from whoever made it; buckets ascend by index. */
struct native {
	int32_t schema;        /* -4..8, or NATIVE_CUSTOM_SCHEMA */
	double zero_threshold; /* |v| <= it is in the zero bucket */
	double zero_count;
	double count;
	double sum;
	bool is_gauge;         /* a gauge histogram, which is never subtracted */
	const struct native_bucket *positive;
	size_t positive_count;
	const struct native_bucket *negative; /* index as for positive, of the absolute value */
	size_t negative_count;
	const double *custom_bound; /* NATIVE_CUSTOM_SCHEMA: upper bounds, ascending */
	size_t custom_bound_count;
	int64_t created_ms; /* 0: not given */
};

#endif
