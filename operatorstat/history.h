/* A value over time, by wall clock: seconds for the last 40 minutes, minutes for the last
 * day. Several values within one second are one (added, or the last), a second without
 * one is a gap; a minute holds the sum or the mean of its seconds.
 *
 * Memory is taken for what is there: a minute costs 24 bytes and 4 for each second that
 * has a value, and 24 alone while the value stays the same. Values are kept as float. */
#ifndef OPERATORSTAT_HISTORY_H
#define OPERATORSTAT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"

#define HISTORY_FINE_MINUTES 40
#define HISTORY_COARSE_HOURS 24

enum history_fold {
	HISTORY_SUM,  /* increases */
	HISTORY_MEAN, /* gauges; of one second: the last */
};

struct history;

/* What lies in (from_ms, to_ms], to whole seconds, and where it is only kept by the
 * minute, to whole minutes. */
struct history_span {
	size_t count; /* 0: nothing, and all else is NaN */
	double sum;
	double min, max;
	double first, last;
	int64_t first_ms, last_ms; /* ends of the slots of first and last */
};

/* NULL: no memory. */
struct history *history_new(enum history_fold fold) MUST_CHECK;

/* Adds a value. NaN is a gap. One older than the newest: the clock was set back, so the
 * history starts anew. Without memory the value is a gap. */
void history_push(struct history *h, int64_t time_ms, double value);

struct history_span history_span(const struct history *h, int64_t from_ms, int64_t to_ms);

/* Time of the newest value; 0: none. */
int64_t history_newest_ms(const struct history *h);

/* Gives back the seconds of the oldest minute that has them, to stay below a ceiling;
 * false: there are none left. */
bool history_drop_minute(struct history *h);

/* Memory it holds. */
size_t history_bytes(const struct history *h);

/* h may be NULL. */
void history_free(struct history *h);

/* ---- the same for a histogram: the increase of every bucket ---- */

struct buckets;

/* bounds ascend, the last is +Inf; copied. NULL: no memory. */
struct buckets *buckets_new(const double *upper_bound, size_t count) MUST_CHECK;

size_t buckets_count(const struct buckets *b);
const double *buckets_bounds(const struct buckets *b);

/* Adds the increases of one page: cumulative ones, as struct metric_histogram has them.
 */
void buckets_push(struct buckets *b, int64_t time_ms, const double *cumulative,
	double sum_increase, double count_increase);

/* Adds what lies in (from_ms, to_ms] to increase[], one bucket each and not cumulative,
 * and to *sum. increase has one more than buckets_count(): the last is what _count had
 * beyond the +Inf bucket. */
void buckets_span(const struct buckets *b, int64_t from_ms, int64_t to_ms,
	double *increase, double *sum);

bool buckets_drop_minute(struct buckets *b);
size_t buckets_bytes(const struct buckets *b);

/* b may be NULL. */
void buckets_free(struct buckets *b);

#endif
