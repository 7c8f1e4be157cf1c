/* Where data come from. One interface; whoever made it owns the loop:
 *
 *   while (going) {
 *       poll() on the terminal and source_fds(), for at most source->wait_ms(ctx) ms
 *       source->poll(ctx, &sink);
 *   }
 *
 * poll never blocks for the network. A source that is lost tries again for ever and says
 * so in its state; nothing it gave is taken back. */
#ifndef OPERATORSTAT_SOURCE_H
#define OPERATORSTAT_SOURCE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/clock.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/options.h"
#include "engine/settings.h"

enum source_condition {
	SOURCE_CONNECTING,
	SOURCE_OKAY,
	SOURCE_LOST,  /* error and next_try_ms tell */
	SOURCE_ENDED, /* a recording: all was played */
};

struct source_state {
	enum source_condition condition;
	int64_t data_ms;     /* time of the newest data; 0: none yet */
	int64_t since_ms;    /* LOST: since when */
	int64_t next_try_ms; /* LOST: wall clock */
	unsigned int tries;  /* LOST: since then */
	struct err error;    /* LOST: in words; else what could not be read, if any */
};

/* The newest page of an operator, for raw series. Holds until the next poll. */
struct source_page {
	int64_t time_ms;
	enum expo_format format;
	struct str body;
};

struct source {
	void *ctx;
	/* Milliseconds until poll has something to do; -1: only when a descriptor says
	 * so.
	 */
	int (*wait_ms)(void *ctx);
	/* Does what is due and hands over what has come. True: something came. */
	bool (*poll)(void *ctx, const struct sink *sink);
	/* Appends a name short enough for a title: `unix:/run/collectd-unixsock`. */
	void (*describe)(void *ctx, struct buf *out);
	void (*state)(void *ctx, struct source_state *state);
	/* Wall clock of the data: now, or where a recording is. */
	int64_t (*now_ms)(void *ctx);
	void (*close)(void *ctx);

	/* What not all have is NULL where it is missing; called through the functions
	 * below. */
	size_t (*fds)(void *ctx, struct pollfd *fds, size_t most);
	void (*poll_now)(void *ctx);
	double (*interval)(void *ctx);
	void (*set_interval)(void *ctx, double seconds);
	double (*speed)(void *ctx);
	void (*set_speed)(void *ctx, double speed);
	bool (*page)(void *ctx, struct str instance, struct source_page *page);
	void (*where)(void *ctx, struct str instance, struct buf *out);
	void (*hint)(void *ctx, struct buf *out);
	bool (*part)(void *ctx, size_t i, struct source_state *state);
};

/* Descriptors, SOURCE_FDS at most, that wake it: what to poll() on. */
#define SOURCE_FDS 64
size_t source_fds(const struct source *s, struct pollfd *fds, size_t most);

/* Due at once (^R). */
void source_poll_now(const struct source *s);

/* Seconds between polls; NaN: does not apply. */
double source_interval(const struct source *s);
void source_set_interval(const struct source *s, double seconds);

/* A recording: seconds played per second (1: live); NaN: does not apply. */
double source_speed(const struct source *s);
void source_set_speed(const struct source *s, double speed);

/* False: there is none (yet), or this source has no pages. */
bool source_find_page(
	const struct source *s, struct str instance, struct source_page *page);

/* Appends where an operator's pages come from: a URL, a folder. Nothing: not from here.
 */
void source_where(const struct source *s, struct str instance, struct buf *out);

/* Appends lines for a screen without operators: what was tried, and what to type; where
 * there are some, those to show below them: what is secured. */
void source_hint(const struct source *s, struct buf *out);

/* The state of each of several that are one, i from 0; of any other its own. False: there
 * are no more. */
bool source_part(const struct source *s, size_t i, struct source_state *state);

/* Seconds in one line, for the title: "DESCRIPTION  0.4 s old". */
void source_describe(const struct source *s, struct buf *out);

/* Pauses before another try: 1 2 4 8 15 15 ... seconds. */
int64_t source_pause_ms(unsigned int tries);

/* ---- endpoints ---- */

/* All endpoints of settings, which were checked and are borrowed, and those that its
 * <Discover> blocks find. False: no memory, or no libcurl. */
bool source_scrape_open(
	struct source *s, const struct settings *settings, struct err *e) MUST_CHECK;

/* Of such a source: waits until all that is to be found was looked for, and says to the
 * log what is secured. False: nothing was found. */
bool source_scrape_find(
	const struct source *s, const struct log *log, struct err *e) MUST_CHECK;

/* ---- recordings and state folders ---- */

struct source_pages_options {
	double speed;  /* seconds played per second; 0: all at once, to the end */
	int64_t at_ms; /* play what is before at once; 0: the start */
	const struct options
		*endpoint; /* of every endpoint; its interval is for forgetting */
	struct clock clock;
};

/* A folder of stored pages. One that keeps the last page alone is a state folder: it is
 * followed, whatever the speed. False: no pages there, or no right to read them. options
 * are borrowed. */
bool source_pages_open(struct source *s, const char *folder,
	const struct source_pages_options *options, struct err *e) MUST_CHECK;

/* ---- a made-up operator, the same for the same seed ---- */

bool source_demo_open(struct source *s, uint64_t seed, const struct options *endpoint,
	struct clock clock, struct err *e) MUST_CHECK;

/* ---- collectd's unixsock ---- */

bool source_unixsock_open(struct source *s, const char *path, double interval_seconds,
	struct clock clock, struct err *e) MUST_CHECK;

/* ---- several as one ---- */

/* Takes over the sources, even on failure. */
bool source_many_open(struct source *s, const struct source *sources, size_t count,
	struct err *e) MUST_CHECK;

#endif
