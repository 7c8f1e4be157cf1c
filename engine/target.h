/* One endpoint between its scrapes: when it is due, and how it is.
 *
 * Two ways to be due. collectd's: target_tick() says that an interval begins, and the
 * endpoint is due some tenths of a second after it that follow from its name, the same at
 * every interval; so many endpoints are spread over the interval. Or by itself:
 * target_every(). No failure changes when an endpoint is due. */
#ifndef ENGINE_TARGET_H
#define ENGINE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/metric.h"
#include "engine/options.h"

/* Not due at all. */
#define TARGET_NEVER INT64_MAX

/* How an endpoint is, as of its last attempt. */
struct target_status {
	const char *name;
	const char *instance;
	const char *address; /* the URL */
	bool is_up;
	uint64_t attempts, failures; /* so far */
	uint64_t failures_in_a_row;
	int64_t attempt_ms;   /* time of the last attempt; 0: none yet */
	int64_t page_ms;      /* time of the last page; 0: none yet */
	int64_t since_ms;     /* time of the first attempt of which is_up is true */
	struct err error;     /* of the last attempt; code ERR_NONE if it gave a page */
	struct answer answer; /* the last one; without its body and content type */
	uint64_t samples, sent, bad_lines; /* of the last page */
};

struct target;

/* options are borrowed. NULL: no memory. */
struct target *target_new(const struct options *options) MUST_CHECK;

/* It has other options from now on, and is due and known as before. */
void target_move(struct target *t, const struct options *options);

/* The interval that is about to begin does so at tick_ms of the wall clock. With an
 * interval of one second the endpoint is kept from being asked about half past a second:
 * rrdtool and Graphite round to whole ones, and a few ms of jitter would put two pages
 * into one and none into the next. */
void target_keep_apart(struct target *t, int64_t tick_ms);

/* An interval begins, tick_us on the monotonic clock. One that is due still, and was not
 * sent, is due at once. */
void target_tick(struct target *t, int64_t tick_us);

/* Due at first_us, and then after each interval_us. */
void target_every(struct target *t, int64_t first_us, int64_t interval_us);

/* When it is due, on the monotonic clock; TARGET_NEVER: after the next tick. */
int64_t target_due_us(const struct target *t);

/* Its request is sent: due again at the next interval that has not begun at now_us. */
void target_sent(struct target *t, int64_t now_us);

/* An attempt has ended. */
void target_done(
	struct target *t, const struct answer *answer, const struct attempt *attempt);

const struct target_status *target_status(const struct target *t);
const struct options *target_options(const struct target *t);

/* t may be NULL. */
void target_free(struct target *t);

#endif
