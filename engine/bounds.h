/* Bounds of buckets or quantiles, shared by all who have the same: a page has thousands
 * of histograms, and their bounds are of a handful of sorts. */
#ifndef ENGINE_BOUNDS_H
#define ENGINE_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"

struct bounds {
	size_t users; /* it lives as long as it has some */
	uint32_t count, room;
	double at[]; /* ascending */
};

/* Room for so many, none of them there, and one user. NULL: no memory. */
struct bounds *bounds_new(size_t room) MUST_CHECK;

/* One user more; b may be NULL. Returns b. */
struct bounds *bounds_share(struct bounds *b);

/* Puts a bound in place i of the first count of *b, where it keeps the order. What others
 * share stays as it is: *b is another one then. *b may be NULL. False: no memory, nothing
 * has changed. */
bool bounds_insert(
	struct bounds **b, uint32_t count, uint32_t i, double bound) MUST_CHECK;

/* Makes *b, with its first count bounds, nobody else's, so that it may be written. False:
 * no memory. */
bool bounds_own(struct bounds **b, uint32_t count) MUST_CHECK;

/* One user less; b may be NULL. */
void bounds_release(struct bounds *b);

#endif
