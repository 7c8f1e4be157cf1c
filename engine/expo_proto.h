/* Protobuf pages behind expo.h: io.prometheus.client.MetricFamily, one message after the
 * other, each with its length before it, as client_golang writes them.
 *
 * Source: the fields of prometheus/client_model's metrics.proto (proto2; written by
 * encoders of proto3 too, which leave zeros out).
 *
 * A metric yields the entries that its lines in text would: HELP, TYPE and UNIT of the
 * family, then its samples in the order and under the names of text 0.0.4, `le="+Inf"`
 * added where it is missing; behind the samples of a histogram with native buckets an
 * EXPO_NATIVE, its name that of the family. Bytes that are no MetricFamily are one
 * EXPO_BAD for the whole message, of which nothing else is seen then; what is wrong with
 * the sense of one metric (a name that is no UTF-8, no value, buckets that do not fit
 * their spans) is one for this metric. Fields that are not known are passed over. */
#ifndef ENGINE_EXPO_PROTO_H
#define ENGINE_EXPO_PROTO_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/expo.h"

/* What expo_next() and expo_whole() do for EXPO_PROTOBUF. */
bool expo_proto_next(struct expo *x, struct expo_entry *entry);
bool expo_proto_whole(const struct expo *x, struct err *e) MUST_CHECK;

/* Does each message end where the page does, or before? number: of the first one. */
bool expo_proto_framed(struct str rest, size_t number, struct err *e) MUST_CHECK;

/* From here on x reads this one message, with its length before it, and nothing else; for
 * callers that know the others without reading them. The last one must have been read to
 * its end. */
void expo_proto_begin(struct expo *x, struct str message, size_t number);

#endif
