/* Why an endpoint gave no page: a code for decisions, and words that somebody can act on.
 *
 * Knows no library: engine/fetch.c says what happened, here it is said what it means and
 * what helps. */
#ifndef ENGINE_FAILURE_H
#define ENGINE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/options.h"
#include "engine/str.h"

enum failure_kind {
	FAILURE_NONE,
	/* before there was a connection */
	FAILURE_HOST_NAME,
	FAILURE_PROXY_NAME,
	FAILURE_CONNECT,
	/* TLS */
	FAILURE_PEER,
	FAILURE_HANDSHAKE,
	FAILURE_PIN,
	FAILURE_AUTHORITIES, /* CACert, CAPath */
	FAILURE_CERTIFICATE, /* ClientCert, ClientKey */
	/* what came */
	FAILURE_SILENCE,
	FAILURE_LOST, /* in the midst of it, or before */
	FAILURE_NOT_HTTP,
	FAILURE_COMPRESSION,
	FAILURE_STATUS,      /* whole, but not 200 */
	FAILURE_LONG_HEADER, /* or no memory: libcurl does not tell them apart */
	/* what we do not take */
	FAILURE_PAGE,
	FAILURE_PIECE,
	FAILURE_RATIO,
	FAILURE_HEADERS,
	FAILURE_MEMORY,
	FAILURE_TIME,
	FAILURE_OTHER, /* its text says it all */
};

struct failure {
	enum failure_kind kind;
	const struct options *options;
	const char *text;     /* the library's */
	int status;           /* 0: there was none yet */
	struct str body;      /* STATUS */
	bool has_credentials; /* STATUS: some were sent */
	int os_error;         /* CONNECT: errno; 0: not known */
	long verify_result;   /* PEER: OpenSSL's X509_V_ERR_* */
	int limit;            /* RATIO, HEADERS: what was exceeded */
	int64_t waited_ms;    /* TIME: that long */
	const char *phase;    /* TIME: and last for this */
};

/* Returns false, as err_set() does. */
bool failure_say(const struct failure *f, struct err *e);

/* Does the answer say that the credentials are not good? */
bool failure_is_denial(int status, struct str body);

#endif
