/* All that one endpoint has: its members, the origins of their values, and the outputs.
 */
#ifndef ENGINE_ROSTER_H
#define ENGINE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/budget.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "engine/identity.h"
#include "engine/index.h"
#include "engine/member.h"
#include "engine/options.h"
#include "engine/origin.h"
#include "engine/output.h"
#include "engine/pool.h"
#include "engine/series.h"

struct roster {
	struct pool pool; /* of members, origins and outputs, and what they have */
	struct member *
		*members; /* owned array, in the order in which they were first seen */
	uint64_t *member_hashes; /* owned; of family, kind and labels less `le` and
				    `quantile` */
	size_t member_count, member_room;
	size_t standing; /* members that series lead to */
	struct index member_index;
	struct origin **origins; /* owned array, in that order too */
	uint64_t *origin_hashes; /* owned; of their keys */
	size_t origin_count, origin_room;
	size_t origins_of[BUDGET_RANKS]; /* how many there are of a rank */
	struct index origin_index;
	struct member **slots; /* by slot of the series table: whose it is; owned array */
	size_t slot_room;
	struct outputs outputs;
	struct origin_rules rules;
	struct arena *arena; /* borrowed; for one new member */
	struct buf text;     /* of the name of one new origin */
	bool is_settled;     /* no slot was given or taken since roster_settle() */
	/* on the page, since then */
	const struct member *start; /* the start time of the process; NULL: none */
	bool is_v01;                /* it comes from controller-runtime v0.1 */
	bool claims_are_due;        /* somebody may own an identifier who does not yet */
};

/* The member that id belongs to; NULL: there is none. */
struct member *roster_find(const struct roster *r, const struct identity *id);

/* The same, made if need be, with its origins; is_sent: its own values too. NULL: no
 * memory. */
struct member *roster_member(struct roster *r, const struct identity *id,
	const struct options *options, bool is_sent) MUST_CHECK;

/* Would a series that is sent bring an origin more than MaxValues could ever let through?
 * Then nothing is kept of it. */
bool roster_is_full(const struct roster *r, const struct identity *id, size_t max_values);

/* Shares the budget out among all origins; returns the first of which something is left
 * out, NULL: none. Before roster_claim(). */
const struct origin *roster_share(struct roster *r, struct budget *budget);

/* The series of that slot is this part of m. False: no memory. */
bool roster_own_slot(struct roster *r, struct member *m, const struct identity *id,
	uint32_t slot) MUST_CHECK;

/* The slot is void. */
void roster_disown_slot(struct roster *r, uint32_t slot);

/* After a page was read. False: no memory. */
bool roster_settle(struct roster *r) MUST_CHECK;

/* For those who walk through the origins and have come to number i: asks for what they
 * will read soon. When the turn comes to one of many endpoints, the others have driven
 * its memory out of the processor's cache. */
void roster_prefetch(const struct roster *r, size_t i);

/* Gives identifiers to those that stand on the page and whose turn it is, in the order of
 * the page (naming.md 1). False: one went without; e says the first that did. */
bool roster_claim(
	struct roster *r, const struct series *series, struct err *e) MUST_CHECK;

/* After a restart: identifiers of those that are not on the page are free. */
void roster_release_absent(struct roster *r);

/* Members not seen since before_ms are forgotten, each alone. False: no memory, and all
 * must be forgotten. */
bool roster_forget_old(struct roster *r, int64_t before_ms) MUST_CHECK;

/* Forgets all members and origins. Outputs that belong to no origin stay. */
void roster_forget(struct roster *r);

/* Empty. The arena is borrowed, and emptied by its owner from time to time; the caller
 * fills in the percentiles of the rules. r stays where it is. */
void roster_init(struct roster *r, struct arena *arena);

/* Frees everything. */
void roster_free(struct roster *r);

#endif
