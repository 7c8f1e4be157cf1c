/* One label set of one family: a counter, a gauge, or a whole histogram or summary; what
 * it was when last seen, and its increase since. Rules: naming.md 3.2 and 3.3. */
#ifndef ENGINE_MEMBER_H
#define ENGINE_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/bounds.h"
#include "engine/family.h"
#include "engine/hist.h"
#include "engine/native.h"
#include "engine/pool.h"

/* The page that is worked on. */
struct page_context {
	const double *values; /* of its series, by slot */
	struct arena *arena;  /* what lives as long as this page's work */
	int64_t time_ms;
	int64_t before_ms; /* of the page before */
	bool has_before;   /* one is remembered */
	uint32_t number;   /* pages are numbered from 1 */
	uint32_t restart;  /* number of the last page behind a restart; 0: none */
	bool is_v01;       /* comes from controller-runtime v0.1 */
};

enum member_kind { MEMBER_GAUGE, MEMBER_COUNTER, MEMBER_HISTOGRAM, MEMBER_SUMMARY };

#define MEMBER_NO_SLOT UINT32_MAX
#define MEMBER_ORIGINS 2 /* its own, and that of one value worked out of several */

/* What a histogram or summary has more than a counter or gauge. */
struct distribution {
	uint32_t sum_slot, count_slot, native_slot;
	uint32_t part_count, slot_room, count_room;
	uint32_t *slots; /* pool; of its buckets or quantiles; MEMBER_NO_SLOT: gone */
	struct bounds *bounds; /* shared; the first part_count are theirs */
	struct bounds *upper;  /* shared; of `last`: distinct, +Inf behind them */
	struct hist last;      /* when last seen; its counts: pool */
	bool is_settled;       /* nothing was bound or unbound since member_settle() */
	bool is_usable;        /* a histogram has a bucket +Inf or a count */
	bool has_other_bounds; /* than `last` was counted with */
	bool had_native;
	struct native *native;      /* owned; on this page, if native_slot is one */
	struct native *last_native; /* owned; holds where had_native */
	double sum_total;           /* running total of the sum */
	double sum_total_before;    /* the same on the page before */
	/* on this page */
	struct hist delta; /* where has_increase; counts in the page's arena */
	const struct native
		*native_delta; /* the better one; as long as delta's counts; NULL: none */
};

struct member {
	const struct family *family; /* NULL: a Family rule's */
	struct origin *origins[MEMBER_ORIGINS];
	enum member_kind kind : 8;
	uint8_t origin_count;
	/* on this page */
	bool is_present;
	bool is_outdone;     /* the page has the family that this one stands in for */
	bool has_increase;   /* there is a page to compare with, and it can be */
	bool is_first_sight; /* never seen before on a remembered page */
	bool is_odd;         /* buckets of it fall, or there is none for +Inf */
	bool was_reset;      /* fell, or counted from 0 after a restart */

	uint32_t series_count; /* that are bound; several may claim to be one part */
	uint32_t value_slot;   /* of a counter or gauge */
	uint32_t seen_number;  /* the page when last seen; 0: never */
	uint32_t updated;      /* the page of the last member_update() */
	int64_t seen_ms;
	double value;         /* of a counter or gauge, when last seen */
	double increase;      /* on this page; of a histogram its count's, whatever its
				 bounds */
	double stamp_seconds; /* HonorTimestamps: when it was so; NaN: the page does not
				 say */
	struct distribution *distribution; /* NULL: of a counter or gauge */
};

/* All slots empty, never seen. like: one whose bounds it probably has; may be NULL. The
 * pool, the same one for all that follows, must outlive it. NULL: no memory. */
struct member *member_new(struct pool *pool, const struct family *family,
	enum member_kind kind, const struct member *like) MUST_CHECK;

/* Where the value of this part of it is found; bound: of a bucket or quantile. A part
 * that is there already under another spelling keeps both. False: no memory. */
bool member_bind(struct member *m, struct pool *pool, enum family_part part, double bound,
	uint32_t slot) MUST_CHECK;

/* The native histogram of native_slot on this page. False: no memory. */
bool member_set_native(struct member *m, const struct native *histogram) MUST_CHECK;

/* The slot is void. */
void member_unbind(struct member *m, uint32_t slot);

/* Are series bound to it? They lead here until they are unbound. */
bool member_stands(const struct member *m);

/* After the page was read, if anything was bound or unbound. False: no memory. */
bool member_settle(struct member *m, struct pool *pool) MUST_CHECK;

/* After that: sets is_present: does it stand on the page? */
void member_look(struct member *m);

/* After member_settle(): works out "on this page", and remembers it as "when last seen".
 * False: no memory. */
bool member_update(struct member *m, const struct page_context *page) MUST_CHECK;

/* As if never seen. */
void member_forget(struct member *m);

/* Before its pool is released: frees what it has elsewhere. */
void member_release(struct member *m);

/* Frees it alone, and gives its memory back to the pool. */
void member_free(struct member *m, struct pool *pool);

#endif
