/* The three formats of metrics pages, and by what they are told apart: the Content-Type
 * of an answer, the first and last bytes of a page, the suffix of a file.
 *
 * Sources: prometheus.io/docs/instrumenting/content_negotiation; Prometheus'
 * model/textparse/interface.go for what parameters mean. */
#ifndef ENGINE_EXPO_FORMAT_H
#define ENGINE_EXPO_FORMAT_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/str.h"

enum expo_format { EXPO_TEXT, EXPO_OPENMETRICS, EXPO_PROTOBUF };

/* The format that a Content-Type names; false: none of ours (e says what to do). Unknown
 * parameters are ignored. An empty one and text/plain of any version are text 0.0.4. */
bool expo_format_of(
	struct str content_type, enum expo_format *format, struct err *e) MUST_CHECK;

/* A guess from the page itself, for files without a suffix. */
enum expo_format expo_format_guess(struct str page);

/* "txt", "om", "pb": how the file of a stored page ends (decision 2), and the way back.
 */
const char *expo_format_suffix(enum expo_format format);
bool expo_format_of_suffix(struct str suffix, enum expo_format *format);

#endif
