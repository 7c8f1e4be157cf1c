/* The catalogue of metric families, and what is sent of each (families.def). */
#ifndef ENGINE_FAMILY_H
#define ENGINE_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/expo.h"
#include "engine/str.h"

enum family_kind { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM, FAMILY_SUMMARY };

/* What is sent of a histogram or summary. */
enum family_sends { FAMILY_MEAN = 1, FAMILY_QUANTILES = 2, FAMILY_COUNT = 4 };

/* What a family is to the values that are worked out of several. */
enum family_role {
	ROLE_NONE,
	ROLE_RECONCILES,
	ROLE_RECONCILE_ERRORS,
	ROLE_MAX_WORKERS,
	ROLE_ACTIVE_WORKERS,
	ROLE_WORK,
	ROLE_UNFINISHED,
	ROLE_START_TIME,
	ROLE_GC_CPU,
	ROLE_TOTAL_CPU,
};

struct family {
	const char *name; /* as text 0.0.4 shows it */
	size_t name_len;
	enum family_kind kind;
	const char *unit;   /* "s", "bytes", "unix_s", "percent", "ratio", "us", or "" */
	const char *labels; /* of all releases, joined by commas */
	const char *since;  /* first and last release of controller-runtime; may be "" */
	const char *until;
	const char *type; /* of types.db; NULL: not sent by itself */
	const char *what;
	const char *subject;      /* label that is the SUBJECT; NULL: there is none */
	const char *subject_else; /* where that label is absent or empty; may be NULL */
	const char *detail;       /* label that is the DETAIL; NULL: there is none */
	const char *detail_else;
	const char *summed_over; /* a label, "*" for all but the subject, or NULL */
	const char *instead_of;  /* is used where the page lacks that family */
	double scale;            /* of a counter; 0 counts as 1 */
	unsigned sends;          /* enum family_sends, of histograms and summaries */
	const char *count_what;  /* WHAT of the count that FAMILY_COUNT sends */
	enum family_role role;
	bool sign_of_v01; /* its page comes from controller-runtime v0.1 */
};

/* Which line of a family a sample is. */
enum family_part {
	PART_VALUE, /* a counter's or gauge's only one */
	PART_BUCKET,
	PART_QUANTILE,
	PART_SUM,
	PART_COUNT,
	PART_NATIVE,
	PART_CREATED,
};

/* The family of that name; NULL: not in the catalogue. Names with a `*` in the catalogue
 * match as globs. */
const struct family *family_find(struct str name);

/* The family that a series of that name belongs to, and which part of it it is, by name
 * alone: the catalogue's kind holds whatever the page declares. NULL: not in the
 * catalogue. *near is the caller's, 0 at first: where in the catalogue the search was,
 * which makes the next one short where series come in the order of their names. */
const struct family *family_of_series(
	struct str series, size_t *near, enum family_part *part);

/* Is a series of that name a bucket, sum or count of f? family_of_series() says so too;
 * this is for those who have the family of the series before. */
bool family_has_series(const struct family *f, struct str series, enum family_part *part);

/* As family_of_series() for a family that the catalogue does not know, by what the page
 * declared: family is the name declared (or the series' own), type its type. Returns the
 * family's name as text 0.0.4 shows it. */
struct str family_guess(struct str series, struct str family, enum expo_type type,
	enum family_part *part);

/* Counts from 0 up: NaN, an infinity or a value below 0 in it is a bad line. */
bool family_part_counts(enum family_part part, bool is_counter);

/* Does the catalogue's table use it in any way? Such a family keeps its kind whatever the
 * page declares, and no Family rule sends it a second time. */
bool family_is_used(const struct family *f);

/* All of the catalogue, 0 <= i < family_count(). */
const struct family *family_at(size_t i);
size_t family_count(void);

/* Does an identifier of this TYPE and WHAT end in a DETAIL? For name_parse(). */
bool family_has_detail(struct str type, struct str what);

#endif
