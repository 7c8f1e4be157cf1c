/* What an endpoint sends: finished identifiers, who owns them, and what was sent last.
 *
 * Two sources may come to one identifier. It belongs to the one that had it first until
 * that one gives it back; the other waits (naming.md 1). */
#ifndef ENGINE_OUTPUT_H
#define ENGINE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/index.h"
#include "engine/metric.h"
#include "engine/pool.h"
#include "engine/str.h"

struct output {
	const char *type; /* of types.db, a literal */
	double value;     /* GAUGE; DERIVE: the total, scaled, unrounded */
	int64_t stamp_ms; /* of what was sent last */
	uint32_t place;   /* in struct outputs */
	uint8_t type_len, name_len, what_len, subject_at, subject_len, detail_at,
		detail_len;
	enum metric_kind kind : 8;
	bool is_owner : 1;
	bool has_waited : 1; /* for its owner to be forgotten */
	bool was_sent : 1;   /* a GAUGE that has a value out there */
	bool has_value : 1;  /* on this page; of a DERIVE: from 0 up, below 2^63 */
	bool is_new : 1;     /* a DERIVE that goes out as 0 first */
	bool is_retired : 1; /* has no values any more, but may owe a NaN */
	char name[];         /* the type instance, terminated */
};

struct outputs {
	struct pool *pool;  /* borrowed; of the outputs */
	struct output **at; /* owned; NULL: a free place */
	uint64_t *hashes;   /* owned; of their identifiers */
	size_t count, room;
	size_t holes;
	uint32_t first_hole; /* no NULL before it */
	bool has_new;        /* one of them is_new */
	struct index
		claims; /* one output for each identifier: its owner, or the last one */
};

/* The parts of a type instance; an absent one is {NULL, 0} and escaped by the caller. */
struct output_name {
	const char *type;
	struct str what;
	struct str subject;
	struct str detail;
};

/* None yet. The pool must outlive them. */
void outputs_init(struct outputs *all, struct pool *pool);

/* A new output that owns nothing yet. NULL: no memory, or an identifier over 127 bytes.
 */
struct output *outputs_add(struct outputs *all, const struct output_name *name,
	enum metric_kind kind, struct err *e) MUST_CHECK;

/* Takes the identifier if nobody owns it. *starts_anew: somebody else had it before, so
 * this one starts as a new series. False: it has an owner, or no memory. */
bool outputs_claim(struct outputs *all, struct output *o, bool *starts_anew) MUST_CHECK;

/* Would outputs_claim() have it? */
bool outputs_is_free(const struct outputs *all, const struct output *o);

/* Gives the identifier back; who claims it next goes on with what was sent. */
void outputs_release(struct output *o);

/* Takes o out and frees it. */
void outputs_drop(struct outputs *all, struct output *o);

/* Sends the value o has, or the NaN that ends the one it had. m: host, instance, time and
 * interval filled in. Returns true if a value was sent, not counting NaN. */
bool output_send(struct output *o, struct metric *m, const struct sink *sink);

/* Sends the 0 of a new counter, with the time of the page before. */
void output_send_zero(struct output *o, struct metric *m, const struct sink *sink);

/* Frees everything but the outputs themselves, which end with the pool. */
void outputs_free(struct outputs *all);

#endif
