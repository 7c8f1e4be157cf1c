/* What is taken is zeroed, lasts until it is given back, and is taken again. */
#include "engine/pool.h"

#include <stdint.h>
#include <string.h>

#include "tests/failing_alloc.h"
#include "tests/suite.h"

enum { THINGS = 2000 };

static size_t size_of(size_t i)
{
	return i * 7 % 400;
}

static void fill(unsigned char *at, size_t i)
{
	memset(at, (int)(i % 255) + 1, size_of(i));
}

static void is_filled(const unsigned char *at, size_t i)
{
	for (size_t k = 0; k < size_of(i); k++)
		ck_assert_uint_eq(at[k], i % 255 + 1);
}

static unsigned char *take(struct pool *p, size_t i)
{
	unsigned char *at = pool_alloc(p, size_of(i));

	ck_assert_ptr_nonnull(at);
	ck_assert_uint_eq((uintptr_t)at % sizeof(void *), 0);
	for (size_t k = 0; k < size_of(i); k++)
		ck_assert_uint_eq(at[k], 0);
	fill(at, i);
	return at;
}

START_TEST(things_of_all_sizes_come_and_go)
{
	struct pool p = {.chunks = NULL};
	unsigned char *at[THINGS];

	for (size_t i = 0; i < THINGS; i++)
		at[i] = take(&p, i);
	for (size_t round = 2; round < 5; round++) {
		for (size_t i = 0; i < THINGS; i += round)
			pool_free(&p, at[i], size_of(i));
		for (size_t i = 0; i < THINGS; i += round)
			at[i] = take(&p, i);
		for (size_t i = 0; i < THINGS; i++)
			is_filled(at[i], i);
	}
	pool_free(&p, NULL, 8);
	pool_release(&p);
	ck_assert_ptr_null(p.chunks);
}
END_TEST

START_TEST(what_was_given_back_is_taken_first)
{
	struct pool p = {.chunks = NULL};
	size_t before = 0;

	for (size_t round = 0; round < 50; round++) {
		unsigned char *at[10];

		for (size_t i = 0; i < 10; i++)
			at[i] = take(&p, i);
		for (size_t i = 0; i < 10; i++)
			pool_free(&p, at[i], size_of(i));
		if (round == 0)
			before = p.bytes;
		ck_assert_uint_eq(p.bytes, before);
	}
	pool_release(&p);
}
END_TEST

START_TEST(arrays_grow_with_what_they_hold)
{
	struct pool p = {.chunks = NULL};
	uint32_t *array = NULL;

	for (uint32_t i = 0; i < 1000; i++) {
		array = pool_array(&p, array, i, i + 1, sizeof(*array));
		ck_assert_ptr_nonnull(array);
		array[i] = i;
		for (uint32_t k = 0; k <= i; k++)
			ck_assert_uint_eq(array[k], k);
	}
	ck_assert_ptr_null(pool_array(&p, array, 1000, SIZE_MAX / 2, sizeof(*array)));
	ck_assert_uint_eq(array[999], 999);
	pool_release(&p);
}
END_TEST

static bool take_some(void *ctx)
{
	struct pool p = {.chunks = NULL};
	bool done = true;

	(void)ctx;
	for (size_t i = 0; done && i < 100; i++)
		done = pool_alloc(&p, i * 5) != NULL;
	pool_release(&p);
	return done;
}

START_TEST(without_memory_there_is_nothing)
{
	ck_assert_uint_gt(failing_alloc_each(take_some, NULL), 1);
}
END_TEST

SUITE("pool", things_of_all_sizes_come_and_go, what_was_given_back_is_taken_first,
	arrays_grow_with_what_they_hold, without_memory_there_is_nothing)
