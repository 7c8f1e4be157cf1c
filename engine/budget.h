/* What of an endpoint is sent when there is more of it than MaxValues: nothing that an
 * endpoint puts on its page may swell collectd, and its charts must not flicker.
 *
 * Ranks that come later are left out first. Within a rank, whoever was there first goes
 * first, so that what was sent goes on to be sent. Asking is in two rounds, each over all
 * that there is in the same order:
 *
 *   budget_want() of each; budget_share(); budget_ask() of each. */
#ifndef ENGINE_BUDGET_H
#define ENGINE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

enum budget_rank {
	BUDGET_TABLE,   /* what the contract's table sends */
	BUDGET_RULES,   /* what Family rules add */
	BUDGET_BUCKETS, /* rates of buckets */
	BUDGET_RANKS,   /* how many there are */
};

struct budget {
	size_t limit;                /* values, set by the caller; all else zero */
	size_t wanted[BUDGET_RANKS]; /* values */
	size_t room[BUDGET_RANKS];
	size_t left_out[BUDGET_RANKS];
};

void budget_want(struct budget *b, enum budget_rank rank, size_t values);

/* After all that is wanted is known. */
void budget_share(struct budget *b);

/* May these values, which belong together, be sent? After the first of a rank that may
 * not, none of the rank may. */
bool budget_ask(struct budget *b, enum budget_rank rank, size_t values);

#endif
