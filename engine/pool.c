#include "engine/pool.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A chunk is an eighth of what there is already: so much may be left over. */
static const size_t first_chunk = 2000;
static const size_t last_chunk = 64000;

#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif

#ifdef EACH_ALONE
static const size_t small_max = 0;
#else
static const size_t small_max = POOL_SMALL_MAX;
#endif

struct pool_chunk {
	struct pool_chunk *next, **link;
	alignas(POOL_STEP) char at[];
};

static struct pool_chunk *add_chunk(struct pool *p, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct pool_chunk))
		return NULL;
	struct pool_chunk *chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	*chunk = (struct pool_chunk){.next = p->chunks, .link = &p->chunks};
	if (p->chunks != NULL)
		p->chunks->link = &chunk->next;
	p->chunks = chunk;
	return chunk;
}

/* What is large has a chunk for itself. */
static void *alloc_large(struct pool *p, size_t size)
{
	struct pool_chunk *chunk = add_chunk(p, size);

	return chunk == NULL ? NULL : memset(chunk->at, 0, size);
}

static void free_large(void *thing)
{
	struct pool_chunk *chunk = (void *)((char *)thing - sizeof(*chunk));

	if (chunk->next != NULL)
		chunk->next->link = chunk->link;
	*chunk->link = chunk->next;
	free(chunk);
}

static bool begin_chunk(struct pool *p)
{
	size_t size = p->bytes / 8;

	if (size < first_chunk)
		size = first_chunk;
	if (size > last_chunk)
		size = last_chunk;
	struct pool_chunk *chunk = add_chunk(p, size);
	if (chunk == NULL)
		return false;
	p->at = chunk->at;
	p->left = size;
	p->bytes += size;
	return true;
}

/* In steps; what has no size is somewhere as well. */
static size_t steps_of(size_t size)
{
	return size == 0 ? 1 : (size + POOL_STEP - 1) / POOL_STEP;
}

void *pool_alloc(struct pool *p, size_t size)
{
	if (size > small_max)
		return alloc_large(p, size);
	size_t steps = steps_of(size);
	void *thing = p->returned[steps - 1];
	size = steps * POOL_STEP;
	if (thing != NULL) {
		memcpy(&p->returned[steps - 1], thing, sizeof(void *));
		return memset(thing, 0, size);
	}
	if (p->left < size && !begin_chunk(p))
		return NULL;
	thing = p->at;
	p->at += size;
	p->left -= size;
	return memset(thing, 0, size);
}

void pool_free(struct pool *p, void *thing, size_t size)
{
	if (thing == NULL)
		return;
	if (size > small_max) {
		free_large(thing);
		return;
	}
	void **head = &p->returned[steps_of(size) - 1];
	memcpy(thing, head, sizeof(void *));
	*head = thing;
}

void *pool_array(struct pool *p, void *array, size_t count, size_t room, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(room, size, &bytes))
		return NULL;
	void *bigger = pool_alloc(p, bytes);
	if (bigger == NULL || array == NULL)
		return bigger;
	memcpy(bigger, array, (count < room ? count : room) * size);
	pool_free(p, array, count * size);
	return bigger;
}

void pool_release(struct pool *p)
{
	for (struct pool_chunk *chunk = p->chunks; chunk != NULL;) {
		struct pool_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	*p = (struct pool){.chunks = NULL};
}
