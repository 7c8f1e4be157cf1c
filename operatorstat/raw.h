/* Every series of the operators' newest pages, with what it did lately: the raw screen's
 * data. Fed with pages; bounded. */
#ifndef OPERATORSTAT_RAW_H
#define OPERATORSTAT_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/str.h"

/* Series that are kept at most, of all operators; what a page has beyond is counted. */
#define RAW_MOST 100000

/* Values of each series that its chart has. */
#define RAW_PAST 60

struct raw_series {
	char *instance;   /* the operator; shared, lives as long as struct raw */
	char *series;     /* owned: name and labels as on the page */
	const char *help; /* of the family; "" where the page has none */
	enum expo_type type;
	double value;
	double previous; /* NaN: seen once */
	int64_t time_ms; /* of the page of value */
	int64_t previous_ms;
	double average_10, average_100; /* moving: rates of counters, values of others */
	double min, max;                /* since the averages were reset */
	float past[RAW_PAST];           /* of what the averages are of; a ring */
	size_t past_count;              /* values pushed so far */
	size_t averaged;                /* values in the averages */
};

struct raw;

/* NULL: no memory. */
struct raw *raw_new(void) MUST_CHECK;

/* Takes a page of an operator; one that was taken before (same time) is passed over.
 * Series that it lacks go. False: no memory; what could be read is there. */
bool raw_take(struct raw *r, struct str instance, int64_t time_ms,
	enum expo_format format, struct str page, struct err *e) MUST_CHECK;

/* Series that are kept. */
size_t raw_count(const struct raw *r);

enum raw_order {
	RAW_AS_ON_PAGE,
	RAW_BY_NAME,
	RAW_BY_VALUE,
	RAW_BY_CHANGE,
	RAW_BY_10,
	RAW_BY_100
};

struct raw_choice {
	const char *instance; /* only this operator's; NULL: all */
	const char *filter;   /* a selector if it has a `{` and is one, else a substring,
			       * any   case; `!` in front of it inverts; "": all */
	bool only_active;     /* what counts and was counted, what is not 0 */
	enum raw_order order;
	bool descending;
};

/* Chooses what raw_at() numbers. Cheap where neither choice nor pages have changed.
 * False: no memory; the choice before stays. */
bool raw_choose(struct raw *r, const struct raw_choice *choice) MUST_CHECK;

/* What was chosen. Valid until the next raw_take() or raw_choose(). */
size_t raw_chosen(const struct raw *r);
const struct raw_series *raw_at(const struct raw *r, size_t i);

/* A counter's, a histogram's and a summary's series count up: shown as rates. */
bool raw_is_counting(const struct raw_series *s);

/* Change since the page before: a second for what counts, else plain; NaN: unknown. */
double raw_change(const struct raw_series *s);

/* Series of the last pages that were beyond the ceiling. */
size_t raw_left_out(const struct raw *r);

/* Averages, least and greatest begin anew. */
void raw_reset(struct raw *r);

/* r may be NULL. */
void raw_free(struct raw *r);

#endif
