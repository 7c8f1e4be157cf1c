#include "engine/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A reset that finds several chunks gives them back, and the next chunk is as large as
 * they were together: from the second scrape on an arena is one chunk, without a gap. */
#define FIRST_CHUNK (16 * (size_t)1024)

struct chunk {
	struct chunk *next; /* the one filled before */
	size_t size;
	size_t used; /* size and used: of at */
	alignas(max_align_t) char at[];
};

struct arena {
	struct chunk *chunk; /* owned, with those behind it; the one being filled */
	size_t next_size;
	size_t used;
	size_t ceiling;
};

struct arena *arena_new(size_t ceiling)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->ceiling = ceiling;
	a->next_size = FIRST_CHUNK;
	return a;
}

static bool add_chunk(struct arena *a, size_t size)
{
	if (size < a->next_size)
		size = a->next_size;
	if (size > SIZE_MAX / 4)
		return false;
	struct chunk *chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return false;
	chunk->next = a->chunk;
	chunk->size = size;
	chunk->used = 0;
	a->chunk = chunk;
	a->next_size = 2 * size;
	return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t alignment = alignof(max_align_t);

	if (size > a->ceiling - a->used)
		return NULL;
	size_t rounded = (size + alignment - 1) / alignment * alignment;
	if (rounded < size)
		return NULL;
	if ((a->chunk == NULL || rounded > a->chunk->size - a->chunk->used) &&
		!add_chunk(a, rounded))
		return NULL;
	char *at = a->chunk->at + a->chunk->used;
	a->chunk->used += rounded;
	a->used += size;
	return memset(at, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t product;

	return __builtin_mul_overflow(count, size, &product) ? NULL
							     : arena_alloc(a, product);
}

struct str arena_copy(struct arena *a, struct str s)
{
	char *copy = s.len == SIZE_MAX ? NULL : arena_alloc(a, s.len + 1);

	if (copy == NULL)
		return (struct str){NULL, 0};
	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	return (struct str){copy, s.len};
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

static void free_chunks(struct chunk *chunk)
{
	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void arena_reset(struct arena *a)
{
	size_t sum = 0;

	for (const struct chunk *chunk = a->chunk; chunk != NULL; chunk = chunk->next)
		sum += chunk->size;
	if (a->chunk != NULL && a->chunk->next != NULL) {
		free_chunks(a->chunk);
		a->chunk = NULL;
		a->next_size = sum;
	}
	if (a->chunk != NULL)
		a->chunk->used = 0;
	a->used = 0;
}

void arena_rest(struct arena *a)
{
	arena_reset(a);
	if (a->chunk == NULL)
		return;
	a->next_size = a->chunk->size;
	free_chunks(a->chunk);
	a->chunk = NULL;
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free_chunks(a->chunk);
	free(a);
}
