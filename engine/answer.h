/* What came back from an endpoint, or from a file that keeps what came back. Plain data:
 * fetch.h fills it from the network, pages.h's readers from disk. */
#ifndef ENGINE_ANSWER_H
#define ENGINE_ANSWER_H

#include <stdint.h>

#include "engine/buf.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/str.h"

struct answer {
	int64_t time_ms; /* wall clock when the request was sent: the time of the page */
	int status;      /* HTTP; 0: none was received */
	double duration_seconds; /* the whole exchange */
	struct str content_type;
	enum expo_format format; /* of the body */
	struct str body;         /* decoded; readable up to body.len alone */
	/* what body lies in: who wants to keep it exchanges it for a buffer of its own.
	 * NULL: it lies elsewhere */
	struct buf *holder;
	struct err error; /* ERR_NONE: the body is whole and its format one of ours */
	/* each phase alone, seconds; NaN: does not apply */
	double dns_seconds, connect_seconds, tls_seconds, first_byte_seconds,
		transfer_seconds;
	uint64_t wire_bytes;     /* body as received, before decoding; 0: not known */
	double certificate_days; /* until the server's certificate ends; NaN: none */
	double token_days;       /* until the bearer token's `exp`; NaN: none known */
};

/* One of that time about which nothing else is known: all times and days NaN. */
struct answer answer_at(int64_t time_ms);

#endif
