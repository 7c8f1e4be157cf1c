#include "engine/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "tests/failing_alloc.h"
#include "tests/suite.h"

START_TEST(gives_zeroed_aligned_memory)
{
	struct arena *a = arena_new(1000000);

	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 1000; size++) {
			char *at = arena_alloc(a, size);

			ck_assert_ptr_nonnull(at);
			ck_assert_uint_eq((uintptr_t)at % alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				ck_assert_int_eq(at[i], 0);
			memset(at, 0xff, size);
		}
		ck_assert_uint_eq(arena_used(a), 999 * 1000 / 2);
		arena_reset(a);
		ck_assert_uint_eq(arena_used(a), 0);
	}
	arena_free(a);
}
END_TEST

START_TEST(meets_its_ceiling)
{
	struct arena *a = arena_new(100);

	ck_assert_ptr_nonnull(arena_alloc(a, 60));
	ck_assert_ptr_null(arena_alloc(a, 41));
	ck_assert_ptr_nonnull(arena_alloc(a, 40));
	ck_assert_ptr_null(arena_alloc(a, 1));
	ck_assert_ptr_nonnull(arena_alloc(a, 0));
	arena_reset(a);
	ck_assert_ptr_nonnull(arena_alloc(a, 100));
	arena_free(a);
}
END_TEST

START_TEST(refuses_products_that_overflow)
{
	struct arena *a = arena_new(SIZE_MAX);

	ck_assert_ptr_null(arena_array(a, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(arena_array(a, SIZE_MAX, 1));
	ck_assert_ptr_null(arena_copy(a, (struct str){"", SIZE_MAX}).at);
	ck_assert_ptr_nonnull(arena_array(a, 3, 5));
	ck_assert_uint_eq(arena_used(a), 15);
	arena_free(a);
}
END_TEST

START_TEST(copies)
{
	struct arena *a = arena_new(1000);
	char raw[] = "ab\0c";
	struct str copy = arena_copy(a, (struct str){raw, 4});

	memset(raw, 'x', sizeof(raw));
	ck_assert(str_eq(copy, STR("ab\0c")));
	ck_assert_int_eq(copy.at[4], '\0');
	copy = arena_copy(a, (struct str){NULL, 0});
	ck_assert_str_eq(copy.at, "");
	arena_free(a);
	arena_free(NULL);
}
END_TEST

/* The same work again and again takes no memory from outside after the second time. */
START_TEST(becomes_one_chunk)
{
	struct arena *a = arena_new(SIZE_MAX);
	char *first = NULL;

	for (int round = 0; round < 5; round++) {
		char *at = arena_alloc(a, 1000);

		for (int i = 1; i < 1000; i++)
			ck_assert_ptr_nonnull(arena_alloc(a, 1000));
		if (round > 1)
			ck_assert_ptr_eq(at, first);
		first = at;
		arena_reset(a);
	}
	arena_free(a);
}
END_TEST

static bool use_thrice(void *ctx)
{
	struct arena *a = arena_new(SIZE_MAX);
	bool done = a != NULL;

	(void)ctx;
	for (int round = 0; round < 3 && a != NULL; round++) {
		size_t before = arena_used(a);

		for (size_t i = 0; i < 100; i++) {
			char *at = arena_alloc(a, 1000);

			done = done && at != NULL;
			before += at == NULL ? 0 : 1000;
		}
		done = done && arena_used(a) == before;
		arena_reset(a);
	}
	arena_free(a);
	return done;
}

START_TEST(bears_lack_of_memory)
{
	ck_assert_uint_ge(failing_alloc_each(use_thrice, NULL), 4);
}
END_TEST

SUITE("arena", gives_zeroed_aligned_memory, meets_its_ceiling,
	refuses_products_that_overflow, copies, becomes_one_chunk, bears_lack_of_memory)
