/* All objects of a collection of an API server: listed in pages, then watched.
 *
 * A watch ends after some minutes, by the server or, if that is gone without a word, by
 * our own time; it is resumed from the last resourceVersion. A new list is made when the
 * server no longer knows that version (410, which comes as an ERROR line of a 200), and
 * when a watch ended without one line, not even a bookmark: a server that was restored
 * from a backup waits in silence for a version of the future.
 *
 * One thread. What is told to a callback holds for the call. */
#ifndef ENGINE_KUBE_WATCH_H
#define ENGINE_KUBE_WATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/credentials.h"
#include "engine/err.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/options.h"

/* Due: not before a request has ended. */
#define KUBE_WATCH_NEVER INT64_MAX

enum kube_news {
	KUBE_BEGINS,   /* a list; object is NULL */
	KUBE_IS,       /* this object is there, or has changed */
	KUBE_GONE,     /* this object, as it was in the end */
	KUBE_COMPLETE, /* the list; what was not told of since it began is gone */
};

/* Strings are borrowed. */
struct kube_collection {
	const char *what;           /* in messages: "pods" */
	const char *path;           /* below the server's URL: "/api/v1/pods" */
	const char *label_selector; /* NULL: all */
	const char *field_selector; /* NULL: all */
	bool metadata_only;         /* objects have no more than `metadata` */
	void (*told)(void *ctx, enum kube_news news, const json_t *object);
	void *ctx;
};

/* How long things take. */
struct kube_times {
	int64_t pause_ms;      /* after a failure; doubles each time */
	int64_t pause_most_ms; /* up to this */
	int64_t watch_seconds; /* one watch, which the server ends */
	int64_t silence_ms;    /* it has not, so much later: it is taken for dead */
};

struct kube_times kube_times_standard(void);

struct kube_watch;

/* options as for kube_get_new(). f, options, collection and log must outlive it. NULL: no
 * memory. */
struct kube_watch *kube_watch_new(struct fetch *f, const struct options *options,
	const struct kube_collection *collection, const struct kube_times *times,
	const struct clock *clock, const struct log *log) MUST_CHECK;

/* Sends what is due. What fails is said to the log with growing pauses; what was told
 * before is then neither true nor false. */
void kube_watch_send(struct kube_watch *w);

/* When kube_watch_send() has something to do, on the monotonic clock. */
int64_t kube_watch_due_us(const struct kube_watch *w);

/* Has a whole list been told? */
bool kube_watch_has_listed(const struct kube_watch *w);

/* Before its fetch. w may be NULL. */
void kube_watch_free(struct kube_watch *w);

#endif
