#include "engine/clock.h"

#include "tests/suite.h"

START_TEST(monotonic_never_goes_back)
{
	struct clock c = clock_system();
	int64_t last = c.monotonic_us(c.ctx);

	for (int i = 0; i < 1000; i++) {
		int64_t now = c.monotonic_us(c.ctx);

		ck_assert_int_ge(now, last);
		last = now;
	}
}
END_TEST

START_TEST(now_is_in_milliseconds)
{
	struct clock c = clock_system();
	int64_t now = c.now_ms(c.ctx);

	ck_assert_int_gt(now, INT64_C(1700000000000));
	ck_assert_int_lt(now, INT64_C(9999999999999));
}
END_TEST

SUITE("clock", monotonic_never_goes_back, now_is_in_milliseconds)
