/* Memory that lives as long as one scrape: taken piece by piece, given back at once. */
#ifndef ENGINE_ARENA_H
#define ENGINE_ARENA_H

#include <stddef.h>

#include "engine/attr.h"
#include "engine/str.h"

struct arena;

/* ceiling: bytes handed out at most between two resets. NULL: no memory. */
struct arena *arena_new(size_t ceiling) MUST_CHECK;

/* Zeroed, aligned for any type; NULL when there is no memory or the ceiling is met. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* The same for count * size, whose product may overflow (then NULL). */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_CHECK;

/* A copy with a NUL behind it; at is NULL on failure. */
struct str arena_copy(struct arena *a, struct str s) MUST_CHECK;

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/* All that was handed out is void; the memory is kept for the next use. */
void arena_reset(struct arena *a);

/* The same, and the memory is given back until the next use, which takes it in one piece:
 * for arenas that are many and used in turn. */
void arena_rest(struct arena *a);

/* a may be NULL. */
void arena_free(struct arena *a);

#endif
