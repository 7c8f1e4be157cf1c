/* Endpoints that are found: what looks for them, and what becomes of what it found.
 *
 * A source knows one way of looking: sockets that listen, files, an API server. It keeps
 * a list of what is there. Whenever a list changes, all lists are compared with the
 * endpoints that came of them so far: what is new is added, what moved is changed, what
 * is gone is removed. What the user configured goes before what is found: neither its
 * address nor its name is taken, and the same for an earlier source before a later one.
 *
 * Names. A found endpoint is called what its source calls it, if that name is free; else
 * `NAME_` and eight digits that follow from its key. A key keeps its name as long as the
 * process lives, also while the endpoint is gone, so no name goes from one to another.
 * Who had the longer name before a restart of ours, as a folder of StateDir tells, keeps
 * it.
 *
 * One thread, that of the scrape. */
#ifndef ENGINE_DISCOVER_H
#define ENGINE_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/err.h"
#include "engine/log.h"
#include "engine/options.h"
#include "engine/settings.h"

/* Nothing to do until an answer comes. */
#define DISCOVER_NEVER INT64_MAX

/* ---- what a source gives ---- */

/* An endpoint that can be read. */
struct discover_found {
	const char *key;   /* of this source's none other; the same over restarts */
	const char *name;  /* as a person would call it */
	const char *about; /* where it comes from, for the log: "process 712 (manager)" */
	const struct settings_text *options; /* URL, and what goes before the block's */
	size_t option_count;
};

/* One that is there and cannot be read. */
struct discover_closed {
	const char *address;
	const char *about;
	const char *remedy; /* "set BearerTokenFile" */
};

/* All functions but `closed` must be there; whoever made it hands ctx over with it.
 * Lists hold until the next look(). */
struct discover_source {
	void *ctx;
	/* Does what is due, and never waits: requests go through the scrape's fetch, with
	 * a callback of the source's own. True: the list is another than before. */
	bool (*look)(void *ctx);
	/* When look() has something to do, on the monotonic clock. */
	int64_t (*next_us)(void *ctx);
	const struct discover_found *(*found)(void *ctx, size_t *count);
	const struct discover_closed *(*closed)(void *ctx, size_t *count); /* or NULL */
	/* Has it looked everywhere at least once? */
	bool (*has_looked)(void *ctx);
	/* Before the fetch is freed. */
	void (*free)(void *ctx);
};

/* ---- what becomes of it ---- */

/* Whoever reads the endpoints. */
struct discover_reader {
	void *ctx;
	/* options hold until remove(), or until change() gave others. NULL: no memory. */
	void *(*add)(void *ctx, const struct options *options);
	/* False: it is asked again, at the next discover_look(). */
	bool (*change)(void *ctx, void *endpoint, const struct options *options);
	void (*remove)(void *ctx, void *endpoint);
};

struct discover;

/* settings, which were checked, and log must outlive it. NULL: no memory. */
struct discover *discover_new(const struct settings *settings, const struct log *log,
	const struct discover_reader *reader) MUST_CHECK;

/* The source belongs to d, even on failure. block: of settings_discovery_at(); what is
 * found takes its options. False: no memory. */
bool discover_add(struct discover *d, const struct discover_source *source,
	size_t block) MUST_CHECK;

/* Lets all sources look, and the reader know. */
void discover_look(struct discover *d);

/* When discover_look() has something to do. */
int64_t discover_next_us(const struct discover *d);

/* Have all sources looked everywhere at least once? */
bool discover_has_looked(const struct discover *d);

/* Number i of what is there and cannot be read; NULL: there are no more. Holds until the
 * next discover_look(). */
const struct discover_closed *discover_closed_at(const struct discover *d, size_t i);

/* Removes all endpoints. d may be NULL. */
void discover_free(struct discover *d);

#endif
