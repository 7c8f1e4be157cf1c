#include <stdlib.h>

#include "engine/index.h"

#include "tests/suite.h"

#define THINGS 1000

/* Hashes that collide in their lower bits, so that runs of probing are long. */
static uint64_t hash_of(const void *owner, uint32_t thing)
{
	const uint64_t *step = owner;

	return (thing + 1) * *step;
}

static void fill_and_empty(uint64_t step)
{
	struct index x = {NULL, 0, 0};
	uint32_t found;

	for (uint32_t i = 0; i < THINGS; i++)
		ck_assert(index_put(&x, hash_of, &step, i));
	ck_assert_uint_eq(x.count, THINGS);
	for (uint32_t i = 0; i < THINGS; i += 2)
		index_drop(&x, hash_of, &step, i);
	for (uint32_t i = 0; i < THINGS; i++) {
		bool is_there = index_find(&x, hash_of, &step, hash_of(&step, i), &found);

		ck_assert_int_eq(is_there, i % 2 == 1);
		if (is_there)
			ck_assert_uint_eq(found, i);
	}
	ck_assert_uint_eq(x.count, THINGS / 2);
	index_free(&x);
	ck_assert(!index_find(&x, hash_of, &step, hash_of(&step, 1), &found));
}

START_TEST(what_is_put_is_found_until_it_is_dropped)
{
	fill_and_empty(UINT64_C(0x9e3779b97f4a7c15));
}
END_TEST

START_TEST(colliding_hashes)
{
	fill_and_empty(UINT64_C(1) << 48);
	fill_and_empty(16);
}
END_TEST

START_TEST(reserved_room_is_enough)
{
	const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
	struct index x = {NULL, 0, 0};
	uint32_t found;

	index_prefetch(&x, step);
	ck_assert(index_reserve(&x, hash_of, &step, THINGS));
	size_t room = x.room;
	for (uint32_t i = 0; i < THINGS; i++)
		ck_assert(index_put(&x, hash_of, &step, i));
	ck_assert_uint_eq(x.room, room);
	index_prefetch(&x, step);
	ck_assert(index_find(&x, hash_of, &step, hash_of(&step, THINGS - 1), &found));
	ck_assert_uint_eq(found, THINGS - 1);
	ck_assert(!index_put(&x, hash_of, &step, INDEX_THINGS_MAX));
	index_free(&x);
}
END_TEST

SUITE("index", reserved_room_is_enough, what_is_put_is_found_until_it_is_dropped,
	colliding_hashes)
