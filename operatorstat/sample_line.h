/* One sample as a line of text or JSON: what `samples` and `query` print. */
#ifndef OPERATORSTAT_SAMPLE_LINE_H
#define OPERATORSTAT_SAMPLE_LINE_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/str.h"

/* Appends `SERIES VALUE [TIMESTAMP]` and a line end: labels in the order of the page,
 * VALUE as %.17g or NaN, +Inf, -Inf, TIMESTAMP in seconds. A native histogram has
 * `{count:C,sum:S,schema:N,zero_threshold:T,zero_count:Z,positive:[INDEX:COUNT,...],
 * negative:[...]}` instead of VALUE, and custom_bounds:[...] in front of positive where
 * its schema has them. e is EXPO_SAMPLE or EXPO_NATIVE. Where instance is not empty, a
 * label `instance` comes first, and one that is there is called `exported_instance`. */
void sample_line_text(struct buf *out, const struct expo_entry *e, struct str instance);

/* Its SERIES alone, without a line end. */
void sample_line_series(struct buf *out, const struct expo_entry *e, struct str instance);

/* The same as one JSON object: name, labels, value (a string as above) or histogram (an
 * object), timestamp (a number, or null). False: no memory. */
bool sample_line_json(
	struct buf *out, const struct expo_entry *e, struct str instance) MUST_CHECK;

/* Prints a line or a part of one on standard output: to a terminal with \xNN for control
 * bytes, which a label value may hold and a terminal would obey. */
void sample_line_print(struct str text);

#endif
