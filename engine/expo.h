/* Pull parser for metrics pages: text format 0.0.4 (with the quoted UTF-8 names of 1.0.0)
 * and OpenMetrics 1.0, one entry at a time, in place, tolerant of bad lines.
 *
 * Sources: prometheus.io/docs/instrumenting/exposition_formats, "Text-based format" and
 * "Text format 1.0.0"; OpenMetrics 1.0.0, sections 3 and 4; what Prometheus' textparse
 * accepts where they are silent. Where Prometheus takes a line that the specification
 * forbids, so does the parser, and says so in `lapse`; rules that span lines are
 * expo_check.h's, and so is the table of what was decided where the judges disagree.
 *
 * The parser knows one line at a time and the type last declared. Names, labels and texts
 * of an entry point into the page or, where something was escaped, into memory of the
 * parser, which it takes from the arena and uses again: an entry holds until the next
 * expo_next(). So the arena grows with the longest line, not with the page. */
#ifndef ENGINE_EXPO_H
#define ENGINE_EXPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/err.h"
#include "engine/expo_format.h"
#include "engine/labels.h"
#include "engine/str.h"
#include "engine/str_inline.h"

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
	EXPO_COMMENT, /* any other line that begins with #; text alone */
	EXPO_EOF,     /* OpenMetrics' # EOF */
	EXPO_BAD,     /* error says what, with line and column; the line is passed over */
};

struct expo_proto; /* expo_proto.c */
struct native;     /* native.h */

struct expo_exemplar {
	struct labels labels;
	double value;
	bool has_timestamp;
	double timestamp_seconds;
};

struct expo_entry {
	enum expo_kind kind;
	size_t line;     /* from 1; protobuf: number of the message */
	size_t column;   /* protobuf: the byte of the message where the metric begins */
	struct str text; /* the whole line without its line end; protobuf: empty */
	struct str name; /* of the sample or family, unescaped */
	/* samples */
	struct labels labels; /* as on the page: their order, values unescaped */
	struct str
		series; /* name and labels as they stand in the line, no blank behind */
	struct str family; /* as last declared, if the sample belongs to it; else name */
	double value;
	double bound; /* protobuf: of a bucket or quantile; NaN: it is neither */
	bool has_timestamp;
	double timestamp_seconds; /* since 1970 UTC */
	bool has_exemplar;
	struct expo_exemplar exemplar;
	/* samples: of the family; EXPO_UNKNOWN where it was not the last declared */
	enum expo_type type;
	/* the others */
	struct str help_or_unit;
	const struct native *native;
	const struct expo_exemplar *exemplars; /* EXPO_NATIVE: all it has */
	size_t exemplar_count;
	struct err error;
	/* what the specification forbids in this line and scrapes let through; NULL:
	 * nothing */
	const char *lapse;
	size_t lapse_column;
};

struct expo {
	enum expo_format format;
	struct str page;
	const char *at;      /* what is read next: the beginning of a line */
	size_t line;         /* its number */
	struct arena *arena; /* borrowed */
	bool saw_eof;        /* # EOF was read (OpenMetrics) */
	/* the parser's own from here */
	const char *end;       /* of the page */
	struct str family;     /* last declared */
	enum expo_type type;   /* its type */
	bool family_is_bare;   /* it stands in the page, without quotes */
	struct str last_name;  /* of the sample before, if it has labels and all of it
				* stands bare in the page; else empty */
	size_t alike_labels;   /* of the last such sample, in labels */
	bool last_is_declared; /* that sample belongs to family */
	bool blanks_are_free;  /* in this line, between tokens */
	struct label
		*labels; /* of this line; twice as many as labels_size, for sorting */
	size_t label_count, labels_size;
	struct expo_proto *proto; /* EXPO_PROTOBUF */
	char *scratch;            /* what was unescaped in this line */
	size_t scratch_used, scratch_size;
};

/* page must outlive the parser and the entries. The arena must not be reset while x is in
 * use. */
void expo_init(
	struct expo *x, enum expo_format format, struct str page, struct arena *arena);

/* Goes on at another line of the page, for callers that know some lines without reading
 * them: at points to its beginning or the end of the page. Declarations on lines that
 * were passed over are not known: a sample whose # TYPE was among them is EXPO_UNKNOWN.
 */
void expo_seek(struct expo *x, const char *at, size_t line);

/* The next entry; false at the end of the page. A last line without line end is read in
 * text and is EXPO_BAD (cut short) in OpenMetrics, but for # EOF, behind which nothing is
 * read. Empty lines yield nothing in text and EXPO_BAD in OpenMetrics. Only what the
 * entry's kind has is set. */
bool expo_next(struct expo *x, struct expo_entry *entry);

/* Did the page end as its format asks? OpenMetrics without # EOF, or with something
 * behind it, is ERR_TRUNCATED or ERR_SYNTAX; protobuf that ends inside a message is
 * ERR_TRUNCATED. Only after expo_next() returned false. */
bool expo_whole(const struct expo *x, struct err *e) MUST_CHECK;

/* May the lines of a family of that type have names with this suffix behind the family's?
 * ("" is true of all.) */
bool expo_is_suffix_of(enum expo_type type, struct str suffix);

/* The part of expo_number() that most numbers do without. */
const char *expo_long_number(const char *at, const char *end, double *value);

/* The number at `at`, as both text formats have it; returns what is behind it, NULL:
 * there is none. */
static inline const char *expo_number(const char *at, const char *end, double *value)
{
	const char *behind = str_short_number(at, end, value);

	return behind != NULL ? behind : expo_long_number(at, end, value);
}

/* Does the name of the entry hold as long as the page, since nothing in it was escaped?
 */
bool expo_name_stays(const struct expo_entry *entry);

/* "counter", "untyped", ...; the word in a # TYPE line of that format. */
const char *expo_type_name(enum expo_type type, enum expo_format format);

#endif
