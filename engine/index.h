/* Numbers found by the 64-bit hash of what they stand for: linear probing over 4 bytes
 * each. The hash itself stays with the things, and whoever owns them says where. Four
 * bits of it stand beside the number, so that hardly a thing is looked at in vain.
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

/* Numbers of things are below this one. */
#define INDEX_THINGS_MAX 0x0fffffffu

struct index {
	uint32_t *at; /* owned; thing + 1 and the bits of its hash, 0: empty */
	size_t room;  /* a power of two, or 0 */
	size_t count;
};

bool index_find(const struct index *x, index_hash_of *hash_of, const void *owner,
	uint64_t hash, uint32_t *thing);

/* Asks for what index_find() will read, for those who look for many things at once. */
void index_prefetch(const struct index *x, uint64_t hash);

/* Room for that many things, so that the next ones are put without moving any. False: no
 * memory. */
bool index_reserve(struct index *x, index_hash_of *hash_of, const void *owner,
	size_t count) MUST_CHECK;

/* thing must not be there yet. False: no memory, or a number too large. */
bool index_put(struct index *x, index_hash_of *hash_of, const void *owner,
	uint32_t thing) MUST_CHECK;

/* thing must be there, and still have its hash. */
void index_drop(
	struct index *x, index_hash_of *hash_of, const void *owner, uint32_t thing);

/* Empty, without memory. */
void index_free(struct index *x);

#endif
