/* Where the values of some identifiers come from: one label set, several summed, or
 * several families that a value is worked out of. Rules: naming.md 2 and 3. */
#ifndef ENGINE_ORIGIN_H
#define ENGINE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/budget.h"
#include "engine/err.h"
#include "engine/member.h"
#include "engine/metric.h"
#include "engine/output.h"
#include "engine/pool.h"
#include "engine/str.h"

enum origin_kind {
	ORIGIN_COUNTER,
	ORIGIN_GAUGE,
	ORIGIN_HISTOGRAM,
	ORIGIN_SUMMARY,
	ORIGIN_UPTIME,
	ORIGIN_ERROR_RATIO,
	ORIGIN_BUSY,
	ORIGIN_GC_CPU,
};

/* One entry of Percentiles. */
struct percentile {
	double q;        /* the double nearest to N/100 */
	char detail[24]; /* percentile_N */
};

/* How an origin is found. */
struct origin_key {
	uint64_t hash; /* of kind, family and the labels that are not summed over */
	enum origin_kind kind;
};

/* What of an origin is sent, and how it is called. */
struct origin_name {
	const char *type;       /* of its value, or of mean and quantiles; a literal */
	const char *what;       /* a literal; NULL: a Family rule's */
	struct str subject;     /* escaped; {NULL, 0}: none */
	struct str detail;      /* escaped; {NULL, 0}: none, or a histogram's own words */
	unsigned sends;         /* enum family_sends */
	const char *count_what; /* a literal */
	double scale;           /* of a counter; 0 counts as 1 */
	bool is_seconds;
	bool has_buckets;     /* bucket rates are asked for */
	bool is_wrong_in_v01; /* no figure of a page of controller-runtime v0.1 */
};

/* What one of histograms or summaries has more than others. */
struct origin_spread {
	const char *count_what; /* of its name */
	uint32_t bound_from;    /* outputs from here on are one for each bound: bucket or
				   quantile */
	uint32_t bound_count, bound_room;
	double *bounds;   /* pool: what they were made for */
	int64_t seen_ms;  /* when last on a page */
	int64_t since_ms; /* what the increases of this page count from */
	/* on this page */
	struct hist delta;           /* of a histogram, summed; count NaN: none */
	const struct native *native; /* summed too, has the quantiles; NULL: none */
};

/* There is one for nearly every member, and all are walked through for each page: hence
 * the order. */
struct origin {
	/* one of each in most, else arrays in the pool: origin_members(),
	 * origin_outputs() */
	union {
		struct member *one; /* of the roster */
		struct member **many;
	} members;
	union {
		struct output *one; /* of struct outputs */
		struct output **many;
	} outputs;
	uint32_t member_count, member_room;
	uint32_t output_count, output_room;
	struct origin_spread *spread; /* pool; NULL: neither histograms nor summaries */
	double total; /* running total of a counter, or of a count, unscaled; of
			 ORIGIN_BUSY R of naming.md 3.5, NaN: starts anew */
	double scale; /* of its name, as is what follows */
	const char *type, *what;
	uint32_t subject_len, detail_len; /* they stand in text, each terminated */
	uint8_t sends;
	enum origin_kind kind : 8;
	bool is_seconds : 1;
	bool has_buckets : 1;
	bool is_wrong_in_v01 : 1;
	bool has_total : 1;
	bool has_retired : 1; /* outputs whose bounds are gone */
	bool starts_anew : 1; /* until its page is over: what it counted is no increase */
	bool is_left_out : 1, has_no_buckets : 1; /* by MaxValues */
	bool is_present;                          /* on this page */
	uint32_t seen_number;                     /* of the page; 0: never */
	char text[];
};

/* What the names and figures of all origins of an endpoint are made with. */
struct origin_rules {
	struct pool *pool; /* of the origins; must outlive them */
	struct outputs *outputs;
	const struct percentile *percentiles;
	size_t percentile_count;
};

/* name is copied. NULL: no memory. */
struct origin *origin_new(struct pool *pool, enum origin_kind kind,
	const struct origin_name *name) MUST_CHECK;

static inline struct member *const *origin_members(const struct origin *o)
{
	return o->member_room > 1 ? o->members.many : &o->members.one;
}

static inline struct output *const *origin_outputs(const struct origin *o)
{
	return o->output_room > 1 ? o->outputs.many : &o->outputs.one;
}

/* Empty where there is none; hold as long as the origin. */
static inline struct str origin_subject(const struct origin *o)
{
	return (struct str){o->text, o->subject_len};
}

static inline struct str origin_detail(const struct origin *o)
{
	return (struct str){o->text + o->subject_len + 1, o->detail_len};
}

bool origin_add(struct origin *o, struct pool *pool, struct member *m) MUST_CHECK;

/* Takes m out; false: it was the last. */
bool origin_remove(struct origin *o, const struct member *m);

/* Is it of the contract's table, or by a Family rule? */
enum budget_rank origin_rank(const struct origin *o);

/* How many values it may come to, those of its buckets apart. */
size_t origin_values(const struct origin *o, const struct origin_rules *rules);
size_t origin_buckets(const struct origin *o);

/* What of it is not sent, by MaxValues. */
void origin_leave_out(struct origin *o, bool is_left_out, bool has_no_buckets);

/* Makes the outputs that can be named without bounds, if there are none yet. False: no
 * memory, or a name that is too long (e says so): then it has none. */
bool origin_name_outputs(
	struct origin *o, const struct origin_rules *rules, struct err *e) MUST_CHECK;

/* Its identifiers were somebody else's: it starts as a new series. */
void origin_start_anew(struct origin *o);

/* Works out the values of its outputs, after member_update() of its members. False: no
 * memory, or a name that is too long. */
bool origin_compute(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page, struct err *e) MUST_CHECK;

/* The last of the times that the page gives its members, in seconds; NaN: one has none.
 */
double origin_stamp(const struct origin *o);

/* Its outputs have no value on this page, whatever was worked out. */
void origin_withhold(struct origin *o);

/* After its outputs were sent, where has_retired: those whose bounds are gone go too. */
void origin_tidy(struct origin *o, const struct origin_rules *rules);

/* Frees it alone, with its outputs; their memory goes back to the pool. */
void origin_free(struct origin *o, const struct origin_rules *rules);

#endif
