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

bool index_find(const struct index *x, index_hash_of *hash_of, const void *owner,
	uint64_t hash, uint32_t *thing)
{
	if (x->room == 0)
		return false;
	for (size_t i = home(x, hash); x->at[i] != 0; i = after(x, i)) {
		if (hash_of(owner, x->at[i] - 1) != hash)
			continue;
		*thing = x->at[i] - 1;
		return true;
	}
	return false;
}

static void place(struct index *x, uint64_t hash, uint32_t thing)
{
	size_t i = home(x, hash);

	while (x->at[i] != 0)
		i = after(x, i);
	x->at[i] = thing + 1;
}

static bool grow(struct index *x, index_hash_of *hash_of, const void *owner)
{
	struct index bigger = {
		.room = x->room == 0 ? 16 : x->room * 2, .count = x->count};

	bigger.at = calloc(bigger.room, sizeof(*bigger.at));
	if (bigger.at == NULL)
		return false;
	for (size_t i = 0; i < x->room; i++)
		if (x->at[i] != 0)
			place(&bigger, hash_of(owner, x->at[i] - 1), x->at[i] - 1);
	free(x->at);
	*x = bigger;
	return true;
}

bool index_put(struct index *x, index_hash_of *hash_of, const void *owner, uint32_t thing)
{
	if ((x->count + 1) * 4 > x->room * 3 && !grow(x, hash_of, owner))
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

	while (x->at[hole] != thing + 1)
		hole = after(x, hole);
	for (size_t i = after(x, hole); x->at[i] != 0; i = after(x, i)) {
		size_t wish = home(x, hash_of(owner, x->at[i] - 1));

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
