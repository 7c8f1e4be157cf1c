/* What of an endpoint is worth telling a person, and when to hold one's tongue.
 *
 * Down is told after two failures in a row, up again after the next page; an endpoint
 * that fails now and then is told of neither. A certificate is told of 14 days and again
 * one day before it ends, a token in the last tenth of its time and again when it has
 * ended; both are told of once more when they are renewed. What the page itself brings (a
 * panic) is told of at once, and then not again until it has been quiet for five minutes.
 */
#ifndef ENGINE_NOTICE_H
#define ENGINE_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/metric.h"

enum notice_level { NOTICE_FINE, NOTICE_SOON, NOTICE_OVER };

/* Of one endpoint; zero it before the first time. */
struct notice {
	unsigned failures;                    /* in a row */
	bool is_down;                         /* was told */
	enum notice_level certificate, token; /* as told */
	double token_days;                    /* as last seen */
	double token_life_days; /* that this token had when it was first seen */
	int64_t panic_quiet_ms,
		terminal_quiet_ms; /* until when nothing is told of them */
};

/* An attempt has ended: tells sink what there is to tell. */
void notice_attempt(struct notice *n, const struct answer *answer,
	const struct attempt *attempt, const struct sink *sink);

/* An event that the page brought: is it to be told? */
bool notice_wants(struct notice *n, const struct event *event);

#endif
