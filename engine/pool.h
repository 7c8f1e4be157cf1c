/* Small things that live as long as one endpoint is known: memory from end to end in the
 * order in which they were made, without a header each, so that who walks them in that
 * order reads on. Each may be given back alone, for the next one of its size; at the end
 * all are void at once, and nobody needs to find them.
 *
 * Whoever took a thing says its size again when giving it back. Under the address
 * sanitizer each thing is an allocation of its own, so that it sees what is used
 * afterwards. */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include <stddef.h>

#include "engine/attr.h"

/* Larger things are allocated alone. */
#define POOL_SMALL_MAX ((size_t)320)
#define POOL_STEP      sizeof(double)

struct pool_chunk;

struct pool {
	struct pool_chunk *chunks; /* owned */
	char *at;                  /* of the one being filled, what is free */
	size_t left;               /* so many bytes */
	size_t bytes;              /* of all of them */
	void *returned[POOL_SMALL_MAX / POOL_STEP]; /* by size; each leads to the next */
};

/* Zeroed, aligned for numbers and pointers. NULL: no memory. */
void *pool_alloc(struct pool *p, size_t size) MUST_CHECK;

/* Gives back a thing of that size; it may be NULL. */
void pool_free(struct pool *p, void *thing, size_t size);

/* As reallocarray() for an array of count things of size bytes, which gets room for so
 * many; it may be NULL. NULL: no memory, and the array stays as it was. */
void *pool_array(
	struct pool *p, void *array, size_t count, size_t room, size_t size) MUST_CHECK;

/* All that was taken is void. Empty afterwards, as {.chunks = NULL} is. */
void pool_release(struct pool *p);

#endif
