/* Many requests at once, over HTTP and HTTPS, on one thread.
 *
 * An endpoint keeps its connection between requests. Each request ends before its
 * Timeout, in size within MaxPageSize, and gives one struct answer. Credentials go to the
 * endpoint's own host, port and scheme alone; files that hold them, and certificates, are
 * looked at before each request and used anew when they changed.
 *
 *   fetch_global_init();
 *   struct fetch *f = fetch_new(&clock, &log);
 *   struct fetch_endpoint *x = fetch_add(f, options, answered, ctx);
 *   fetch_start(x);
 *   while (fetch_running(f) > 0)
 *       fetch_run(f, 1000);
 *   fetch_free(f);
 *
 * What is no page is asked for by fetch_ask().
 *
 * All from one thread but fetch_wake(). */
#ifndef ENGINE_FETCH_H
#define ENGINE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/credentials.h"
#include "engine/log.h"
#include "engine/options.h"
#include "engine/str.h"

struct fetch;
struct fetch_endpoint;

/* Once a process, while it has one thread still. False: libcurl cannot be used (e). */
bool fetch_global_init(struct err *e) MUST_CHECK;

/* Version of the library behind it, and what it can: "libcurl/7.88.1 OpenSSL/3.0.19 ...".
 */
const char *fetch_library(void);

/* clock and log must outlive it. NULL: no memory. */
struct fetch *fetch_new(const struct clock *clock, const struct log *log) MUST_CHECK;

/* Told what an endpoint answered; it and its body hold for the call, but for a body whose
 * holder was exchanged. May start requests of any endpoint, and remove none. */
typedef void fetch_answered(
	void *ctx, struct fetch_endpoint *x, const struct answer *answer);

/* f owns the endpoint; options must outlive it. Its answers go to answered, with ctx.
 * NULL: no memory. */
struct fetch_endpoint *fetch_add(struct fetch *f, const struct options *options,
	fetch_answered *answered, void *ctx) MUST_CHECK;

/* Frees the endpoint and closes its connection; what it is running is broken off, and
 * nobody told. x may be NULL. */
void fetch_remove(struct fetch_endpoint *x);

/* Sends the request; whatever comes of it, a failure to send too, is handed out by
 * fetch_run(). The endpoint must not be running. */
void fetch_start(struct fetch_endpoint *x);

/* Credentials from elsewhere than the options, which go before those: used, as a copy
 * that is wiped in the end, from the next request on. NULL: none any more. False: no
 * memory, and those that are in use stay. */
bool fetch_use(
	struct fetch_endpoint *x, const struct credentials *credentials) MUST_CHECK;

bool fetch_is_running(const struct fetch_endpoint *x);

/* How many are running. */
size_t fetch_running(const struct fetch *f);

/* Something that is no page of metrics, of the endpoint's own host, port and scheme. Each
 * whole answer is one, whatever its status and type: its error is ERR_NONE. */
struct fetch_request {
	const char *address; /* whole */
	const char *accept;  /* types that are understood */
	int64_t timeout_ms;  /* in place of Timeout */
	bool is_secret;      /* its body is wiped once it was handed out */
	/* Takes the body of a 200 as it comes, cut anywhere, instead of its being kept;
	 * ctx is that of fetch_add(). False: break off, ERR_LIMIT. NULL: it is kept,
	 * within MaxPageSize. */
	bool (*piece)(void *ctx, struct str bytes);
};

/* As fetch_start(). The texts of the request must hold until it is answered. */
void fetch_ask(struct fetch_endpoint *x, const struct fetch_request *request);

/* Works for at most wait_ms, and returns once requests were answered, or fetch_wake() was
 * called. */
void fetch_run(struct fetch *f, int64_t wait_ms);

/* For a loop that waits for more than this: a descriptor of its own that is readable when
 * fetch_run(f, 0) has something to do; *wait_ms: it has in any case after so long, -1: no
 * bound. */
int fetch_fd(const struct fetch *f, int64_t *wait_ms);

/* fetch_run() returns at once, or the next one will. From any thread. */
void fetch_wake(struct fetch *f);

/* What is running is broken off. f may be NULL. */
void fetch_free(struct fetch *f);

#endif
