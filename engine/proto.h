/* The messages of client_model, read from the wire without a copy.
 *
 * Source: prometheus/client_model, io/prometheus/client/metrics.proto, package
 * io.prometheus.client. proto_misfit() looks at a whole MetricFamily first, or
 * proto_fits_metric() at what of a metric is not as it was; all else relies on them and
 * has nothing to complain about but the sense of native buckets. A field
 * that stands twice where once is meant counts the last time; one that is missing is 0,
 * as encoders of proto3 have it. */
#ifndef ENGINE_PROTO_H
#define ENGINE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/labels.h"
#include "engine/native.h"
#include "engine/str.h"
#include "engine/wire.h"

enum proto_family_field {
	PROTO_FAMILY_NAME = 1,
	PROTO_FAMILY_HELP,
	PROTO_FAMILY_TYPE,
	PROTO_FAMILY_METRIC,
	PROTO_FAMILY_UNIT
};

enum proto_metric_field {
	PROTO_METRIC_LABEL = 1,
	PROTO_METRIC_GAUGE_VALUE,
	PROTO_METRIC_COUNTER_VALUE,
	PROTO_METRIC_SUMMARY,
	PROTO_METRIC_UNTYPED,
	PROTO_METRIC_TIMESTAMP_MS,
	PROTO_METRIC_HISTOGRAM,
};

enum proto_label_field { PROTO_LABEL_NAME = 1, PROTO_LABEL_VALUE };

/* of Gauge, Counter and Untyped, whose value is number 1 */
enum proto_number_field {
	PROTO_NUMBER_VALUE = 1,
	PROTO_NUMBER_EXEMPLAR,
	PROTO_NUMBER_CREATED
};

enum proto_summary_field {
	PROTO_SUMMARY_COUNT = 1,
	PROTO_SUMMARY_SUM,
	PROTO_SUMMARY_QUANTILE,
	PROTO_SUMMARY_CREATED
};

enum proto_quantile_field { PROTO_QUANTILE_Q = 1, PROTO_QUANTILE_VALUE };

enum proto_histogram_field {
	PROTO_HISTOGRAM_COUNT = 1,
	PROTO_HISTOGRAM_SUM,
	PROTO_HISTOGRAM_BUCKET,
	PROTO_HISTOGRAM_COUNT_FLOAT,
	PROTO_HISTOGRAM_SCHEMA,
	PROTO_HISTOGRAM_ZERO_THRESHOLD,
	PROTO_HISTOGRAM_ZERO_COUNT,
	PROTO_HISTOGRAM_ZERO_COUNT_FLOAT,
	PROTO_HISTOGRAM_NEGATIVE_SPAN,
	PROTO_HISTOGRAM_NEGATIVE_DELTA,
	PROTO_HISTOGRAM_NEGATIVE_COUNT,
	PROTO_HISTOGRAM_POSITIVE_SPAN,
	PROTO_HISTOGRAM_POSITIVE_DELTA,
	PROTO_HISTOGRAM_POSITIVE_COUNT,
	PROTO_HISTOGRAM_CREATED,
	PROTO_HISTOGRAM_EXEMPLAR,
};

enum proto_bucket_field {
	PROTO_BUCKET_COUNT = 1,
	PROTO_BUCKET_UPPER,
	PROTO_BUCKET_EXEMPLAR,
	PROTO_BUCKET_COUNT_FLOAT
};

enum proto_span_field { PROTO_SPAN_OFFSET = 1, PROTO_SPAN_LENGTH };

enum proto_exemplar_field {
	PROTO_EXEMPLAR_LABEL = 1,
	PROTO_EXEMPLAR_VALUE,
	PROTO_EXEMPLAR_TIMESTAMP
};

enum proto_timestamp_field { PROTO_TIMESTAMP_SECONDS = 1, PROTO_TIMESTAMP_NANOS };

/* The first byte of a MetricFamily that cannot be read as one; NULL: there is none.
 * Fields that are not known are passed over. */
const char *proto_misfit(struct str family);

/* Can these fields of a Metric be read? */
bool proto_fits_metric(struct str fields);

/* The next field of that number, which holds bytes, in what is left of a message. */
bool proto_next(struct wire *w, uint32_t number, struct str *message) MUST_CHECK;

struct label proto_label(struct str message);

struct proto_timestamp {
	int64_t seconds;
	int64_t nanos;
};

struct proto_timestamp proto_timestamp(struct str message);

/* One number of a metric, with its exemplar. */
struct proto_part {
	double at; /* a bucket's upper bound, the quantile */
	double value;
	bool has_exemplar;
	struct str exemplar; /* a message */
};

struct proto_part proto_bucket(struct str message);
struct proto_part proto_quantile(struct str message);
struct proto_part proto_number(struct str message); /* Gauge, Counter, Untyped */

/* What a Histogram or Summary has once. */
struct proto_totals {
	double count, sum;
	/* Histogram alone */
	bool is_native; /* there are native buckets, maybe empty ones */
	bool is_float;  /* their counts are doubles */
	int64_t schema;
	double zero_threshold, zero_count;
	int64_t created_ms; /* 0: not given */
};

struct proto_totals proto_histogram(struct str message);
struct proto_totals proto_summary(struct str message);

/* Memory from an arena that is used again and grows with the largest need. */
struct proto_room {
	void *at;
	size_t size; /* bytes */
};

/* At least count elements of that size, of which the first `used` stay what they were. */
bool proto_make_room(struct proto_room *room, struct arena *arena, size_t used,
	size_t count, size_t size) MUST_CHECK;

struct proto_native {
	struct native
		native; /* borrows from the rooms: holds until the next one is read */
	struct proto_room positive, negative, bound;
};

/* The native buckets of a Histogram with those totals, empty buckets left out. False: the
 * buckets make no sense (ERR_SYNTAX, without a place) or there is no memory. */
bool proto_read_native(struct proto_native *n, struct arena *arena, struct str histogram,
	const struct proto_totals *totals, bool is_gauge, struct err *e) MUST_CHECK;

#endif
