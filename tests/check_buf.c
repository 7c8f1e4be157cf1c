#include "engine/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/failing_alloc.h"
#include "tests/suite.h"

START_TEST(appends)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_uint_eq(buf_str(&b).len, 0);
	buf_add(&b, STR("ab"));
	buf_add(&b, (struct str){NULL, 0});
	buf_addc(&b, '\0');
	buf_addf(&b, "%d-%s", 7, "x");
	ck_assert(str_eq(buf_str(&b), STR("ab\0"
					  "7-x")));
	ck_assert(buf_ok(&b));
	buf_free(&b);
	buf_addc(&b, 'c');
	ck_assert(str_eq(buf_str(&b), STR("c")));
	buf_free(&b);
}
END_TEST

START_TEST(formats_longer_than_the_room)
{
	struct buf b;

	buf_init(&b, 100000);
	for (int width = 0; width < 300; width++) {
		buf_reset(&b);
		buf_addf(&b, "%*d", width, 5);
		ck_assert_uint_eq(buf_str(&b).len, width < 1 ? 1 : (size_t)width);
		ck_assert_int_eq(buf_str(&b).at[buf_str(&b).len - 1], '5');
		buf_free(&b);
	}
}
END_TEST

START_TEST(meets_its_ceiling_and_stays_failed)
{
	struct buf b;

	buf_init(&b, 5);
	buf_add(&b, STR("12345"));
	ck_assert(buf_ok(&b));
	buf_addc(&b, '6');
	ck_assert(!buf_ok(&b));
	ck_assert(str_eq(buf_str(&b), STR("12345")));
	buf_add(&b, STR(""));
	ck_assert(!buf_ok(&b));
	ck_assert_ptr_null(buf_take(&b));
	buf_reset(&b);
	ck_assert(buf_ok(&b));
	buf_addf(&b, "%s", "123456");
	ck_assert(!buf_ok(&b));
	ck_assert_uint_eq(buf_str(&b).len, 0);
	buf_reset(&b);
	buf_addf(&b, "%s", "12345");
	ck_assert(buf_ok(&b));
	ck_assert(str_eq(buf_str(&b), STR("12345")));
	buf_free(&b);
}
END_TEST

START_TEST(takes_any_ceiling)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_addc(&b, 'a');
	ck_assert(buf_ok(&b));
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
	ck_assert(!buf_ok(&b));
	buf_reset(&b);
	buf_addc(&b, 'a');
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX - 1));
	ck_assert(!buf_ok(&b));
	buf_free(&b);
	buf_init(&b, 0);
	buf_add(&b, STR(""));
	ck_assert(buf_ok(&b));
	buf_addc(&b, 'a');
	ck_assert(!buf_ok(&b));
	buf_free(&b);
}
END_TEST

START_TEST(reserves)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_addc(&b, '<');
	for (size_t more = 0; more < 5000; more += 61) {
		char *at = buf_reserve(&b, more);

		ck_assert_ptr_nonnull(at);
		memset(at, 'x', more);
		ck_assert_uint_eq(buf_str(&b).len, 1);
	}
	buf_free(&b);
}
END_TEST

START_TEST(hands_over)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add(&b, STR("abc"));
	char *taken = buf_take(&b);
	ck_assert_str_eq(taken, "abc");
	ck_assert_uint_eq(buf_str(&b).len, 0);
	buf_add(&b, STR("def"));
	ck_assert_str_eq(taken, "abc");
	free(taken);
	buf_free(&b);
	taken = buf_take(&b);
	ck_assert_str_eq(taken, "");
	free(taken);
}
END_TEST

static bool fill_and_take(void *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 100000);
	for (int i = 0; i < 100; i++) {
		buf_add(&b, STR("0123456789"));
		buf_addf(&b, "%100d", i);
	}
	bool is_ok = buf_ok(&b);
	size_t len = b.len;
	char *taken = buf_take(&b);
	bool done = taken != NULL && len == 11000;
	free(taken);
	buf_free(&b);
	return done && is_ok;
}

START_TEST(bears_lack_of_memory)
{
	ck_assert_uint_ge(failing_alloc_each(fill_and_take, NULL), 5);
}
END_TEST

SUITE("buf", appends, formats_longer_than_the_room, meets_its_ceiling_and_stays_failed,
	takes_any_ceiling, reserves, hands_over, bears_lack_of_memory)
