/* Whose a series is: its family, the label set it belongs to, and the names of what comes
 * of it. Pure: decided from one sample and the options, whatever else is on the page. */
#ifndef ENGINE_IDENTITY_H
#define ENGINE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/family.h"
#include "engine/labels.h"
#include "engine/member.h"
#include "engine/options.h"
#include "engine/origin.h"
#include "engine/str.h"

struct identity {
	const struct family
		*family; /* of the contract's table; NULL: a rule's or nobody's */
	struct str name; /* of the family, as text 0.0.4 shows it */
	enum family_part part;
	enum member_kind kind;
	bool is_never;        /* of a sort that is not sent: _created, gauge histograms */
	bool is_seconds;      /* a UNIT line says so */
	struct labels labels; /* without `le` or `quantile`: those of the whole member */
	uint64_t hash;        /* of name and labels */
	double bound;         /* of a bucket or quantile */
	bool has_bound;       /* it is a number, or none is needed */
};

/* The family of the contract's table that a series of that name belongs to; NULL: none.
 * before: that of the series before, which is tried first; may be NULL. *near: as of
 * family_of_series(). */
const struct family *identity_family(struct str series, const struct family *before,
	size_t *near, enum family_part *part);

/* family, part: of identity_family(). Labels and bound are not filled in. */
struct identity identity_of(
	const struct expo_entry *e, const struct family *family, enum family_part part);

/* Fills in labels, copied to the arena with all their texts, and hash. False: no memory.
 */
bool identity_read_labels(
	struct identity *id, const struct expo_entry *e, struct arena *arena) MUST_CHECK;

/* Fills in bound and has_bound. */
void identity_read_bound(struct identity *id, const struct expo_entry *e);

/* What the text of e begins with up to the value of the label that tells buckets or
 * quantiles apart, if that one is the last; else an empty string. */
struct str identity_beginning(const struct identity *id, const struct expo_entry *e);

/* Is e, whose family and kind id has, a series of the member that `of` is of? Then its
 * labels are those of `of`, in the same order. */
bool identity_is_of(
	const struct identity *id, const struct expo_entry *e, const struct identity *of);

/* Is it sent, by the table and the Family rules? *is_dropped: a rule drops it. */
bool identity_is_sent(
	const struct identity *id, const struct options *options, bool *is_dropped);

/* What tells members apart: family, kind, labels. */
uint64_t identity_hash(const struct identity *id);

/* The origin of the member's own values. The arena is for labels in another order. False:
 * no memory. */
bool identity_own_key(const struct identity *id, struct arena *arena,
	struct origin_key *key) MUST_CHECK;

/* How that one is called; its subject and detail are written to text, which is emptied,
 * and hold as long. False: no memory. */
bool identity_own_name(const struct identity *id, const struct options *options,
	struct arena *arena, struct buf *text, struct origin_name *name) MUST_CHECK;

/* The same of what is worked out of this family and others; only where it has a role. */
struct origin_key identity_derived_key(const struct identity *id);
bool identity_derived_name(
	const struct identity *id, struct buf *text, struct origin_name *name) MUST_CHECK;

#endif
