/* What happened, beside the values: edges that people want to hear of once. */
#ifndef ENGINE_EVENTS_H
#define ENGINE_EVENTS_H

#include <stdbool.h>

#include "engine/answer.h"
#include "engine/err.h"
#include "engine/member.h"
#include "engine/metric.h"
#include "engine/roster.h"
#include "engine/str.h"

/* What was said last; zero at first. */
struct events {
	bool is_down;
	bool certificate_ends, token_ends;
};

/* One attempt to read a page. */
struct events_attempt {
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
