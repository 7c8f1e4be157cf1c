/* The increase of a counter from page to page, through resets and restarts. Pure. Rules:
 * naming.md 3.2. */
#ifndef ENGINE_COUNTER_H
#define ENGINE_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/attr.h"

/* now - before; now itself where the counter fell, or from_zero says that it has counted
 * from 0 since. */
double counter_increase(double now, double before, bool from_zero);

/* A running total, scaled, as DERIVE carries it: rounded down. False: outside int64. */
bool counter_derive(double total, int64_t *derive) MUST_CHECK;

#endif
