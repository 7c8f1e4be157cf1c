/* What happened, beside the values: edges, each told of once. When to hold one's tongue
 * is the notice's (notice.h).
 *
 * A certificate is told of 14 days and again one day before it ends, a token in the last
 * tenth of its life and again when it has ended; both once more when they are renewed. */
#ifndef ENGINE_EVENTS_H
#define ENGINE_EVENTS_H

#include <stdbool.h>

#include "engine/answer.h"
#include "engine/err.h"
#include "engine/member.h"
#include "engine/metric.h"
#include "engine/roster.h"
#include "engine/str.h"

enum events_end { EVENTS_FINE, EVENTS_SOON, EVENTS_OVER };

/* What was said last; zero at first. */
struct events {
	bool is_down;
	enum events_end certificate, token;
	double token_days;      /* as last seen */
	double token_life_days; /* that this token had when it was first seen */
};

/* One attempt to read a page. */
struct events_attempt {
	struct str host; /* may be empty */
	struct str instance;
	const struct answer *answer;
	const struct page_context *page; /* NULL: it was none */
	const struct err *error;         /* then: why */
	bool is_forgotten;               /* the past was dropped before this page */
};

/* Gives the sink what happened; sink->event may be NULL. Roster: after all was worked
 * out. */
void events_tell(struct events *events, const struct events_attempt *attempt,
	const struct roster *roster, const struct sink *sink);

#endif
