#include "engine/target.h"

#include <stdio.h>

#include "tests/suite.h"

#define SECOND INT64_C(1000000)

static struct options options_of(const char *name)
{
	return (struct options){.name = name, .instance = name, .interval_seconds = 10};
}

START_TEST(a_tick_makes_it_due_within_the_interval)
{
	bool apart = false;
	int64_t first_due = 0;

	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "op%d", i);
		struct options o = options_of(name);
		struct target *t = target_new(&o);

		ck_assert_int_eq(target_due_us(t), TARGET_NEVER);
		target_tick(t, 100 * SECOND);
		int64_t due = target_due_us(t);
		ck_assert(due > 100 * SECOND && due <= 109 * SECOND);
		ck_assert_msg(due % (SECOND / 10) == 0, "%s: with some others", name);
		first_due = i == 0 ? due : first_due;
		apart = apart || due != first_due;

		target_sent(t, due);
		ck_assert_int_eq(target_due_us(t), TARGET_NEVER);
		target_tick(t, 110 * SECOND);
		ck_assert_msg(target_due_us(t) == due + 10 * SECOND, "%s: the same delay",
			name);
		target_free(t);
	}
	ck_assert(apart);
}
END_TEST

/* Pages a second apart, give or take some ms, are of one whole second after the other,
 * once the first few have shown how late they are. */
START_TEST(each_second_has_its_page)
{
	for (int i = 0; i < 1000; i++) {
		int64_t tick_us = (INT64_C(1700000000000) + INT64_C(7) * i) * 1000,
			last = 0;
		char name[16];

		snprintf(name, sizeof(name), "op%d", i);
		struct options o = options_of(name);
		o.interval_seconds = 1;
		struct target *t = target_new(&o);

		for (int k = 0; k < 60; k++, tick_us += SECOND) {
			int64_t late_us = (k * 7 + i) % 40 * INT64_C(1000);

			target_keep_apart(t, (tick_us + late_us) / 1000);
			target_tick(t, tick_us + late_us);
			int64_t due_us = target_due_us(t);
			int64_t whole = (due_us + SECOND / 2) / SECOND;
			ck_assert_msg(k < 40 || whole == last + 1,
				"%s, page %d: second %lld after %lld", name, k,
				(long long)whole, (long long)last);
			ck_assert(due_us >= tick_us && due_us < tick_us + SECOND);
			target_sent(t, due_us);
			last = whole;
		}
		target_free(t);
	}
}
END_TEST

START_TEST(one_that_is_due_still_is_not_put_off)
{
	struct options o = options_of("a");
	struct target *t = target_new(&o);

	target_tick(t, 0);
	target_tick(t, 10 * SECOND);
	ck_assert_int_eq(target_due_us(t), 10 * SECOND);
	target_free(t);
}
END_TEST

START_TEST(by_itself_it_keeps_its_beat)
{
	struct options o = options_of("a");
	struct target *t = target_new(&o);
	static const struct {
		int64_t sent, due;
	} rows[] = {
		{5 * SECOND, 7 * SECOND},
		{7 * SECOND + 1, 9 * SECOND},
		{9 * SECOND + SECOND / 2, 11 * SECOND},
		{100 * SECOND, 101 * SECOND},
		{101 * SECOND, 103 * SECOND},
	};

	target_every(t, 5 * SECOND, 2 * SECOND);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		target_sent(t, rows[i].sent);
		ck_assert_msg(target_due_us(t) == rows[i].due, "row %zu: %lld", i,
			(long long)target_due_us(t));
	}
	target_free(t);
}
END_TEST

static void done(struct target *t, int64_t time_ms, bool is_page)
{
	struct err e;
	struct answer answer = {
		.time_ms = time_ms, .status = is_page ? 200 : 0, .body = STR("x")};

	err_ok(&e);
	if (!is_page)
		err_set(&e, ERR_REFUSED, "nothing listens");
	target_done(t, &answer,
		&(struct attempt){.time_ms = time_ms,
			.is_page = is_page,
			.samples = 7,
			.error = &e});
}

START_TEST(it_knows_how_it_is)
{
	struct options o = options_of("a");
	struct target *t = target_new(&o);
	const struct target_status *s = target_status(t);

	ck_assert(s->attempts == 0 && !s->is_up && s->page_ms == 0);
	done(t, 1000, false);
	done(t, 2000, false);
	ck_assert(!s->is_up && s->failures_in_a_row == 2 && s->since_ms == 1000);
	ck_assert_int_eq(s->error.code, ERR_REFUSED);
	done(t, 3000, true);
	ck_assert(s->is_up && s->failures_in_a_row == 0 && s->failures == 2);
	ck_assert(s->since_ms == 3000 && s->page_ms == 3000 && s->samples == 7);
	ck_assert_int_eq(s->error.code, ERR_NONE);
	ck_assert_msg(s->answer.body.len == 0, "the body is not its to keep");
	done(t, 4000, true);
	ck_assert(s->since_ms == 3000 && s->page_ms == 4000);
	done(t, 5000, false);
	ck_assert(s->since_ms == 5000 && s->page_ms == 4000 && s->attempts == 5);
	target_free(t);
}
END_TEST

SUITE("target", a_tick_makes_it_due_within_the_interval, each_second_has_its_page,
	one_that_is_due_still_is_not_put_off, by_itself_it_keeps_its_beat,
	it_knows_how_it_is)
