/* Bounds that are shared: who writes them has his own. */
#include "engine/bounds.h"

#include "tests/suite.h"

static struct bounds *made_of(const double *at, uint32_t count)
{
	struct bounds *b = NULL;

	for (uint32_t i = 0; i < count; i++)
		ck_assert(bounds_insert(&b, i, i, at[i]));
	return b;
}

START_TEST(the_same_ones_are_not_copied)
{
	struct bounds *first = made_of((double[]){1, 2, 5}, 3);
	struct bounds *second = bounds_share(first);

	for (uint32_t i = 0; i < 3; i++)
		ck_assert(bounds_insert(&second, i, i, first->at[i]));
	ck_assert_ptr_eq(first, second);
	bounds_release(first);
	ck_assert_double_eq(second->at[2], 5);
	bounds_release(second);
}
END_TEST

START_TEST(other_ones_leave_what_is_shared)
{
	struct bounds *first = made_of((double[]){1, 2, 5}, 3);
	struct bounds *second = bounds_share(first);

	ck_assert(bounds_insert(&second, 0, 0, 1));
	ck_assert(bounds_insert(&second, 1, 1, 3));
	ck_assert_ptr_ne(first, second);
	ck_assert_uint_eq(first->count, 3);
	ck_assert_double_eq(first->at[1], 2);
	ck_assert_uint_eq(second->count, 2);
	ck_assert_double_eq(second->at[0], 1);
	ck_assert_double_eq(second->at[1], 3);
	ck_assert(bounds_insert(&second, 2, 1, 2));
	ck_assert_double_eq(second->at[1], 2);
	ck_assert_double_eq(second->at[2], 3);
	bounds_release(first);
	bounds_release(second);
}
END_TEST

START_TEST(an_owner_is_alone)
{
	struct bounds *first = made_of((double[]){1, 2}, 2);
	struct bounds *second = bounds_share(first);

	ck_assert(bounds_own(&second, 2));
	ck_assert_ptr_ne(first, second);
	second->at[0] = 7;
	ck_assert_double_eq(first->at[0], 1);
	ck_assert_double_eq(second->at[1], 2);
	bounds_release(first);
	bounds_release(second);
	bounds_release(NULL);
	ck_assert_ptr_null(bounds_share(NULL));
}
END_TEST

SUITE("bounds", the_same_ones_are_not_copied, other_ones_leave_what_is_shared,
	an_owner_is_alone)
