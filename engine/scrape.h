/* The pipeline: endpoints that are due in, calls of a sink out.
 *
 *   settings -> target (due) -> fetch (answer) -> normalize (metrics) -> sink
 *                                     \-> pages (state folder, recording)
 *
 * No failure of an endpoint, a file or a folder stops or delays another endpoint; what
 * fails is said to the log, and said again with growing pauses.
 *
 *   collectd                              operatorstat
 *   scrape_new, scrape_restore            scrape_new, scrape_every
 *   scrape_tick at each interval          -
 *   scrape_round again and again          scrape_round again and again
 *   scrape_wake from other threads
 *
 * All from one thread but scrape_wake(). */
#ifndef ENGINE_SCRAPE_H
#define ENGINE_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/discover.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/pages.h"
#include "engine/settings.h"
#include "engine/target.h"

struct scrape;

/* The endpoints of settings, which were checked, and later those that its <Discover>
 * blocks find (discover.h), which come and go in scrape_round(); nothing is sent yet. All
 * is borrowed and must outlive it; log NULL: silent. fetch_global_init() has been called.
 * NULL: no memory. */
struct scrape *scrape_new(const struct settings *settings, const struct clock *clock,
	const struct log *log, struct err *e) MUST_CHECK;

/* Takes the last pages from StateDir as what was there before, their values going to sink
 * (where a page says when it was), and keeps each page there from now on. What is wrong
 * with the folder is said to the log. */
void scrape_restore(struct scrape *s, const struct sink *sink);

/* Stores every attempt in out, which is borrowed. */
void scrape_record(struct scrape *s, struct pages_out *out);

/* An interval of the endpoints that have this one begins, at tick_us on the monotonic
 * clock. */
void scrape_tick(struct scrape *s, double interval_seconds, int64_t tick_us);

/* All endpoints are due now, and then after each interval, without ticks; and all events
 * go to the sink. With ticks those that Notifications asks for do, as notice.h says. */
void scrape_every(struct scrape *s, double interval_seconds);

/* Sends what is due and hands over what has come, waiting for it wait_ms at most. Returns
 * when something came, when it was woken, and now and then for no reason. True: an
 * attempt has ended. */
bool scrape_round(struct scrape *s, int64_t wait_ms, const struct sink *sink);

/* How long scrape_round() has nothing to do, at most; -1: until a tick. */
int64_t scrape_next_ms(const struct scrape *s);

/* Requests that are running. */
size_t scrape_running(const struct scrape *s);

/* For a loop that waits for more than this: a descriptor of its own that is readable when
 * scrape_round(s, 0) has something to do; *wait_ms: it has in any case after so long, -1:
 * no bound. */
int scrape_fd(const struct scrape *s, int64_t *wait_ms);

/* scrape_round() returns at once, or the next one will. From any thread. */
void scrape_wake(struct scrape *s);

/* The second half of a scrape alone: an answer, wherever it is from, becomes what goes to
 * the sink, the target's status, and a stored page. True: it was a page. */
bool scrape_body(struct scrape *s, size_t target, const struct answer *answer,
	const struct sink *sink);

/* As of the last scrape_round(). */
size_t scrape_targets(const struct scrape *s);

/* Has all that looks for endpoints looked everywhere at least once? */
bool scrape_has_looked(const struct scrape *s);

/* Number i of what was found and cannot be read; NULL: there are no more. Holds until the
 * next scrape_round(). */
const struct discover_closed *scrape_closed_at(const struct scrape *s, size_t i);

/* Holds until the next scrape_round(). */
const struct target_status *scrape_status(const struct scrape *s, size_t target);

/* From now on the last page of each target that was one is kept, for scrape_page(). */
void scrape_keep_pages(struct scrape *s);

/* That page; empty before the first. Holds until the next scrape_round(). */
struct str scrape_page(const struct scrape *s, size_t target, enum expo_format *format);

/* s may be NULL. */
void scrape_free(struct scrape *s);

#endif
