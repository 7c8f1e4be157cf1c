/* Family rules: `GLOB`, `!GLOB`, `GLOB{LABEL="GLOB",...}`; the first that matches
 * decides. */
#ifndef ENGINE_FILTER_H
#define ENGINE_FILTER_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/labels.h"
#include "engine/str.h"

struct filter;

enum filter_verdict { FILTER_NONE, FILTER_SEND, FILTER_DROP };

/* An empty list of rules; NULL: no memory. */
struct filter *filter_new(void) MUST_CHECK;

/* Adds one rule behind the others. False with the column of what cannot be read. The text
 * is copied. */
bool filter_add(struct filter *f, struct str rule, struct err *e) MUST_CHECK;

/* What the first matching rule says; family as text 0.0.4 shows it (counters with
 * _total). A label that is not there counts as empty. */
enum filter_verdict filter_allows(
	const struct filter *f, struct str family, struct labels labels);

/* May a rule match this family for some labels? For passing over whole families. */
bool filter_knows(const struct filter *f, struct str family);

/* The same for the whole family, whatever its labels: FILTER_SEND: of some of it,
 * FILTER_DROP: all of it is dropped. */
enum filter_verdict filter_of_family(const struct filter *f, struct str family);

/* Calls name for each family that a rule sends, once. False: one of them is a GLOB that
 * stands for many, *glob. */
bool filter_each_sent(const struct filter *f, void (*name)(void *ctx, struct str family),
	void *ctx, struct str *glob) MUST_CHECK;

/* f may be NULL. */
void filter_free(struct filter *f);

#endif
