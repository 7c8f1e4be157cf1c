/* What a recording adds up to: counters and histograms of operators and their
 * controllers, over the whole of it and over stretches of it. A sink; whatever the
 * length, its memory stays the same.
 *
 * A stretch is so many pages that there are TALLY_STRETCHES at most, and half as many at
 * least once there were enough pages. What lies between two pages counts for the second;
 * where the past was forgotten, nothing does. */
#ifndef OPERATORSTAT_TALLY_H
#define OPERATORSTAT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/metric.h"

#define TALLY_STRETCHES 40

enum tally_counter_id {
	/* of controllers */
	TALLY_RECONCILES,
	TALLY_ERRORS,
	/* of operators: their reconciles are those of all controllers */
	TALLY_ALL_RECONCILES,
	TALLY_API_REQUESTS,
	TALLY_API_429,
	TALLY_THROTTLE_SECONDS, /* waited for the client's own rate limiter */
	TALLY_CPU_MS,
	TALLY_ALLOCATIONS, /* if the families of tally_families are sent */
	TALLY_ALLOCATED_BYTES,
	TALLY_COUNTERS
};

enum tally_histogram_id { TALLY_RECONCILE, TALLY_QUEUE, TALLY_WORK, TALLY_HISTOGRAMS };

/* Families that are not sent by default and needed here; NULL ends the list. */
extern const char *const tally_families[];

struct tally_counter {
	bool is_there;
	double at[TALLY_STRETCHES]; /* increases */
	double page;                /* of the page that is being taken */
};

struct tally_histogram {
	size_t buckets;        /* +Inf included; 0: none */
	bool has_other_bounds; /* they changed: it is no histogram any more */
	double *upper;         /* owned; so are the others */
	double *cumulative;    /* TALLY_STRETCHES times the buckets */
	double sum[TALLY_STRETCHES], count[TALLY_STRETCHES];
	double *page; /* of the page that is being taken: cumulative, sum, count */
};

/* An operator, or a controller of one. */
struct tally_row {
	char *name; /* owned */
	struct tally_counter counters[TALLY_COUNTERS];
	struct tally_histogram histograms[TALLY_HISTOGRAMS];
};

struct tally_operator {
	struct tally_row row;
	struct tally_row **controllers; /* owned array of owned, in page order */
	size_t controller_count;
	size_t pages, failures, restarts;
	int64_t first_ms, last_ms;       /* pages; 0: none */
	double seconds[TALLY_STRETCHES]; /* between pages */
	size_t stretches;                /* that have something */
	/* how stretches are made */
	size_t stretch_pages, pages_in_last;
	bool is_forgotten;
};

struct tally;

/* NULL: no memory. */
struct tally *tally_new(void) MUST_CHECK;

struct sink tally_sink(struct tally *t);

/* Did something not fit into memory? Then all is void. */
bool tally_is_short(const struct tally *t);

size_t tally_operators(const struct tally *t);
const struct tally_operator *tally_operator(const struct tally *t, size_t i);

/* The controller of that name; NULL: none. */
const struct tally_row *tally_controller(
	const struct tally_operator *operator, const char * name);

/* Sum over all stretches. */
double tally_sum(const double *at, size_t stretches);

/* t may be NULL. */
void tally_free(struct tally *t);

#endif
