/* What of the events of an endpoint is worth a notification, and when to hold one's
 * tongue.
 *
 * Down is told of after two failures in a row, up again after the next page; an endpoint
 * that fails now and then is told of neither. Panics and terminal errors are told of at
 * once, and then not again until it has been quiet for five minutes. */
#ifndef ENGINE_NOTICE_H
#define ENGINE_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/metric.h"

/* Of one endpoint; zero it before the first time. */
struct notice {
	unsigned failures; /* in a row */
	bool has_down;     /* one is held back */
	bool is_down;      /* was told of */
	int64_t down_ms;   /* when it went down */
	struct str host;   /* of the endpoint, whose options outlive it */
	char down[ERR_TEXT_SIZE + 32];
	int64_t panic_quiet_ms,
		terminal_quiet_ms; /* until when nothing is told of them */
};

/* An event: goes to the sink as a sentence that names the endpoint, now, later or never.
 */
void notice_event(struct notice *n, const struct event *event, const struct sink *sink);

/* An attempt has ended, behind its events. */
void notice_attempt(
	struct notice *n, const struct attempt *attempt, const struct sink *sink);

#endif
