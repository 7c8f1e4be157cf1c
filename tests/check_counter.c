#include <math.h>

#include "engine/counter.h"

#include "tests/suite.h"

static const struct increase_row {
	const char *name;
	double now, before;
	bool from_zero;
	double expected;
} increase_rows[] = {
	{"it grew", 7, 5, false, 2},
	{"it stood still", 5, 5, false, 0},
	{"it fell: counted from 0", 3, 5, false, 3},
	{"a restart", 9, 5, true, 9},
};

START_TEST(increases)
{
	for (size_t i = 0; i < sizeof(increase_rows) / sizeof(increase_rows[0]); i++) {
		const struct increase_row *row = &increase_rows[i];

		ck_assert_msg(
			fabs(counter_increase(row->now, row->before, row->from_zero) -
				row->expected) <= 0,
			"%s", row->name);
	}
}
END_TEST

START_TEST(derive_rounds_down_and_knows_its_limits)
{
	int64_t derive = 7;

	ck_assert(counter_derive(1999.6, &derive));
	ck_assert_int_eq(derive, 1999);
	ck_assert(counter_derive(-0.5, &derive));
	ck_assert_int_eq(derive, -1);
	ck_assert(counter_derive(-3, &derive));
	ck_assert_int_eq(derive, -3);
	ck_assert(counter_derive(-0x1p63, &derive));
	ck_assert_int_eq(derive, INT64_MIN);
	ck_assert(counter_derive(9223372036854774784.0, &derive));
	ck_assert_int_eq(derive, INT64_C(9223372036854774784));
	ck_assert(!counter_derive(0x1p63, &derive));
	ck_assert(!counter_derive((double)INFINITY, &derive));
	ck_assert(!counter_derive((double)NAN, &derive));
	ck_assert_int_eq(derive, INT64_C(9223372036854774784));
}
END_TEST

SUITE("counter", increases, derive_rounds_down_and_knows_its_limits)
