#include "engine/schedule.h"

#include "tests/suite.h"

#define COUNT 500

/* As far apart as they come, many of them equal. */
static int64_t due_of(size_t i)
{
	return (int64_t)(i * 7919 % 211);
}

static void fill(struct schedule *s, char *who)
{
	ck_assert(schedule_reserve(s, COUNT));
	for (size_t i = 0; i < COUNT; i++)
		schedule_add(s, due_of(i), &who[i]);
}

/* All that are left, in order. */
static size_t drain(struct schedule *s, const char *who)
{
	size_t taken = 0;
	int64_t last_us = INT64_MIN;
	const char *p;

	while ((p = schedule_take(s, INT64_MAX)) != NULL) {
		int64_t due_us = due_of((size_t)(p - who));

		ck_assert_msg(due_us >= last_us, "%zu of them", taken);
		last_us = due_us;
		taken++;
	}
	return taken;
}

START_TEST(who_is_due_first_comes_first)
{
	static char who[COUNT];
	struct schedule s = {0};

	ck_assert_int_eq(schedule_first_us(&s), SCHEDULE_NEVER);
	ck_assert_ptr_null(schedule_take(&s, INT64_MAX));
	fill(&s, who);
	ck_assert_int_eq(schedule_first_us(&s), 0);
	ck_assert_uint_eq(drain(&s, who), COUNT);
	ck_assert_int_eq(schedule_first_us(&s), SCHEDULE_NEVER);
	schedule_free(&s);
}
END_TEST

START_TEST(nobody_comes_early)
{
	static char who[COUNT];
	struct schedule s = {0};
	size_t taken = 0;

	fill(&s, who);
	for (int64_t now_us = -1; now_us <= 211; now_us++) {
		const char *p;

		while ((p = schedule_take(&s, now_us)) != NULL) {
			ck_assert_int_eq(due_of((size_t)(p - who)), now_us);
			taken++;
		}
		ck_assert(schedule_first_us(&s) > now_us);
	}
	ck_assert_uint_eq(taken, COUNT);
	schedule_free(&s);
}
END_TEST

START_TEST(whoever_is_taken_out_does_not_come)
{
	static char who[COUNT];

	for (size_t gone = 0; gone < COUNT; gone++) {
		struct schedule s = {0};

		fill(&s, who);
		schedule_remove(&s, &who[gone]);
		schedule_remove(&s, &who[gone]);
		schedule_remove(&s, &s);
		for (size_t i = 0; i < s.count; i++)
			ck_assert_ptr_ne(s.at[i].who, &who[gone]);
		ck_assert_uint_eq(drain(&s, who), COUNT - 1);
		schedule_free(&s);
	}
}
END_TEST

START_TEST(what_is_emptied_can_be_filled_again)
{
	static char who[COUNT];
	struct schedule s = {0};

	fill(&s, who);
	schedule_clear(&s);
	ck_assert_ptr_null(schedule_take(&s, INT64_MAX));
	fill(&s, who);
	ck_assert_uint_eq(drain(&s, who), COUNT);
	schedule_free(&s);
}
END_TEST

SUITE("schedule", who_is_due_first_comes_first, nobody_comes_early,
	whoever_is_taken_out_does_not_come, what_is_emptied_can_be_filled_again)
