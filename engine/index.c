#include "engine/index.h"

#include <stdlib.h>

static size_t home(const struct index *x, uint64_t hash)
{
	return (size_t)(hash ^ hash >> 32) & (x->room - 1);
}

static size_t after(const struct index *x, size_t i)
{
	return (i + 1) & (x->room - 1);
}

/* What stands in the index for a thing of that hash. */
static uint32_t mark(uint64_t hash, uint32_t thing)
{
	return (thing + 1) | (uint32_t)(hash >> 60) << 28;
}

static uint32_t thing_of(uint32_t mark)
{
	return (mark & INDEX_THINGS_MAX) - 1;
}

/* From place i on, the first that may stand for a thing of that hash; or an empty one. */
static size_t next_like(const struct index *x, uint64_t hash, size_t i)
{
	while (x->at[i] != 0 && x->at[i] >> 28 != hash >> 60)
		i = after(x, i);
	return i;
}

bool index_find(const struct index *x, index_hash_of *hash_of, const void *owner,
	uint64_t hash, uint32_t *thing)
{
	if (x->room == 0)
		return false;
	size_t i = next_like(x, hash, home(x, hash));
	while (x->at[i] != 0 && hash_of(owner, thing_of(x->at[i])) != hash)
		i = next_like(x, hash, after(x, i));
	if (x->at[i] == 0)
		return false;
	*thing = thing_of(x->at[i]);
	return true;
}

void index_prefetch(const struct index *x, uint64_t hash)
{
	if (x->room > 0)
		__builtin_prefetch(&x->at[home(x, hash)]);
}

static void place(struct index *x, uint64_t hash, uint32_t thing)
{
	size_t i = home(x, hash);

	while (x->at[i] != 0)
		i = after(x, i);
	x->at[i] = mark(hash, thing);
}

static bool is_full(size_t room, size_t count)
{
	return count * 4 > room * 3;
}

bool index_reserve(
	struct index *x, index_hash_of *hash_of, const void *owner, size_t count)
{
	if (!is_full(x->room, count))
		return true;
	struct index bigger = {.room = x->room == 0 ? 16 : x->room, .count = x->count};
	while (is_full(bigger.room, count))
		bigger.room *= 2;
	bigger.at = calloc(bigger.room, sizeof(*bigger.at));
	if (bigger.at == NULL)
		return false;
	for (size_t i = 0; i < x->room; i++)
		if (x->at[i] != 0)
			place(&bigger, hash_of(owner, thing_of(x->at[i])),
				thing_of(x->at[i]));
	free(x->at);
	*x = bigger;
	return true;
}

bool index_put(struct index *x, index_hash_of *hash_of, const void *owner, uint32_t thing)
{
	if (thing >= INDEX_THINGS_MAX || !index_reserve(x, hash_of, owner, x->count + 1))
		return false;
	place(x, hash_of(owner, thing), thing);
	x->count++;
	return true;
}

/* Those behind the hole that were pushed along by what stood in it move up. */
void index_drop(
	struct index *x, index_hash_of *hash_of, const void *owner, uint32_t thing)
{
	size_t mask = x->room - 1, hole = home(x, hash_of(owner, thing));

	while (x->at[hole] == 0 || thing_of(x->at[hole]) != thing)
		hole = after(x, hole);
	for (size_t i = after(x, hole); x->at[i] != 0; i = after(x, i)) {
		size_t wish = home(x, hash_of(owner, thing_of(x->at[i])));

		if (((i - wish) & mask) >= ((i - hole) & mask)) {
			x->at[hole] = x->at[i];
			hole = i;
		}
	}
	x->at[hole] = 0;
	x->count--;
}

void index_free(struct index *x)
{
	free(x->at);
	*x = (struct index){NULL, 0, 0};
}
