/* Pull parser for metrics pages: text format 0.0.4 (with the quoted UTF-8 names of 1.0.0)
 * and OpenMetrics 1.0, one entry at a time, in place, tolerant of bad lines.
 *
 * Sources: prometheus.io/docs/instrumenting/exposition_formats, "Text-based format";
 * OpenMetrics 1.0.0, sections 3 and 4; what Prometheus' textparse accepts where both are
 * silent. Rules that span lines are expo_check.h's.
 *
 * The parser knows one line at a time and the type last declared; it allocates nothing but
 * unescaped strings and labels, from the arena it is given, and those hold until the arena
 * is reset. All else points into the page. */
#ifndef ENGINE_EXPO_H
#define ENGINE_EXPO_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/arena.h"
#include "engine/err.h"
#include "engine/labels.h"
#include "engine/str.h"

enum expo_format { EXPO_TEXT, EXPO_OPENMETRICS, EXPO_PROTOBUF };

enum expo_type {
	EXPO_UNKNOWN, /* "untyped" in text 0.0.4, or never declared */
	EXPO_COUNTER,
	EXPO_GAUGE,
	EXPO_HISTOGRAM,
	EXPO_SUMMARY,
	EXPO_INFO,
	EXPO_STATESET,
	EXPO_GAUGEHISTOGRAM,
};

enum expo_kind {
	EXPO_SAMPLE,
	EXPO_NATIVE,  /* a native histogram; protobuf alone */
	EXPO_HELP,    /* text: the help, unescaped */
	EXPO_TYPE,    /* type */
	EXPO_UNIT,    /* text: the unit */
	EXPO_COMMENT, /* any other line that begins with # */
	EXPO_EOF,     /* OpenMetrics' # EOF */
	EXPO_BAD,     /* error says what, with line and column; the line is passed over */
};

struct native; /* native.h */

struct expo_exemplar {
	struct labels labels;
	double value;
	bool has_timestamp;
	double timestamp_seconds;
};

struct expo_entry {
	enum expo_kind kind;
	size_t line;          /* from 1; protobuf: number of the message */
	struct str text;      /* the whole line without its line end; protobuf: empty */
	struct str name;      /* of the sample or family, unescaped */
	/* samples */
	struct labels labels; /* as on the page: their order, values unescaped */
	struct str series;    /* name and labels as they stand in the line, no blank behind */
	double value;
	bool has_timestamp;
	double timestamp_seconds; /* since 1970 UTC */
	bool has_exemplar;
	struct expo_exemplar exemplar;
	/* the others */
	enum expo_type type;
	struct str help_or_unit;
	const struct native *native;
	struct err error;
};

struct expo {
	enum expo_format format;
	struct str page;
	const char *at;      /* what is read next */
	size_t line;         /* its number */
	struct arena *arena; /* borrowed */
	bool saw_eof;        /* # EOF was read (OpenMetrics) */
};

/* page must outlive the parser and the entries. For EXPO_TEXT and EXPO_OPENMETRICS. */
void expo_init(struct expo *x, enum expo_format format, struct str page, struct arena *arena);

/* The next entry; false at the end of the page. A last line without line end is read in
 * text and is EXPO_BAD (cut short) in OpenMetrics. */
bool expo_next(struct expo *x, struct expo_entry *entry);

/* Did the page end as its format asks? OpenMetrics without # EOF, or with something behind
 * it, is ERR_TRUNCATED or ERR_SYNTAX. Only after expo_next() returned false. */
bool expo_whole(const struct expo *x, struct err *e) MUST_CHECK;

/* The format that a Content-Type names; false: none of ours (e says what to do). Unknown
 * parameters are ignored. An empty one and text/plain of any version are text 0.0.4. */
bool expo_format_of(struct str content_type, enum expo_format *format, struct err *e) MUST_CHECK;

/* A guess from a page's first bytes, for files without a suffix. */
enum expo_format expo_format_guess(struct str page);

/* "counter", "untyped", ...; the word in a # TYPE line of that format. */
const char *expo_type_name(enum expo_type type, enum expo_format format);

/* "txt", "om", "pb": how the file of a stored page ends (decision 2), and the way back. */
const char *expo_suffix(enum expo_format format);
bool expo_format_of_suffix(struct str suffix, enum expo_format *format);

#endif
