/* Numbers found by the 64-bit hash of what they stand for: linear probing over 4 bytes
 * each. The hash itself stays with the things, and whoever owns them says where.
 *
 * Two things of one hash count as one: with hashes of str.h that is a chance of 3 in 10^8
 * for a million things. */
#ifndef ENGINE_INDEX_H
#define ENGINE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"

/* The hash of thing number `thing`, which is in the index. */
typedef uint64_t index_hash_of(const void *owner, uint32_t thing);

struct index {
	uint32_t *at; /* owned; thing + 1, 0: empty */
	size_t room;  /* a power of two, or 0 */
	size_t count;
};

bool index_find(const struct index *x, index_hash_of *hash_of, const void *owner,
	uint64_t hash, uint32_t *thing);

/* thing must not be there yet. False: no memory. */
bool index_put(struct index *x, index_hash_of *hash_of, const void *owner,
	uint32_t thing) MUST_CHECK;

/* thing must be there, and still have its hash. */
void index_drop(
	struct index *x, index_hash_of *hash_of, const void *owner, uint32_t thing);

/* Empty, without memory. */
void index_free(struct index *x);

#endif
