/* Is an operator behind this address? One request, and one more where the first answer
 * asks for TLS or credentials (discover_listeners.h says who gets those).
 *
 *   struct probe *p = probe_new(fetch, block, &where);
 *   while (!probe_go_on(p))          between two fetch_run()
 *       fetch_run(fetch, 1000);
 *   ... probe_verdict(p) ...
 *   probe_free(p);
 */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include <stdbool.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/fetch.h"
#include "engine/options.h"

struct probe_where {
	const char *host; /* as in a URL */
	int port;
	const char *path;      /* of a Unix socket; NULL: TCP */
	const char *next_host; /* asked where nobody listens on host; NULL: none */
	bool is_trusted;       /* may have the block's credentials in any case */
};

enum probe_verdict {
	PROBE_OPERATOR,
	PROBE_OTHER, /* something else, or nothing */
	/* secured; what would open it: */
	PROBE_NEEDS_CA,          /* CACert, or VerifyPeer false */
	PROBE_NEEDS_CERTIFICATE, /* ClientCert */
	PROBE_NEEDS_CREDENTIALS, /* BearerTokenFile, or User and Password */
	PROBE_NEEDS_OTHERS,      /* better ones than the block's (probe_why()) */
	PROBE_NEEDS_TRUST,       /* it must not get those of the block */
};

struct probe;

/* Sends the first request. fetch and block must outlive it. NULL: no memory. */
struct probe *probe_new(struct fetch *fetch, const struct options *block,
	const struct probe_where *where) MUST_CHECK;

/* Has an answer come that probe_go_on() waits for? */
bool probe_is_due(const struct probe *p);

/* Sends the next request if one is needed; true: there is a verdict. Not from within
 * fetch_run(). */
bool probe_go_on(struct probe *p);

/* After probe_go_on() returned true. */
enum probe_verdict probe_verdict(const struct probe *p);
const char *probe_url(const struct probe *p);
bool probe_used_credentials(const struct probe *p);
const char *probe_why(const struct probe *p); /* the last error in words */

/* Is it a page of an operator: is there a family of controller-runtime on it? */
bool probe_is_operator(const struct answer *answer);

/* p may be NULL. Not from within fetch_run(). */
void probe_free(struct probe *p);

#endif
