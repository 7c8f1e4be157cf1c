#include "plugin/pace.h"

#include "tests/suite.h"

/* A write queue that gives up some values each millisecond. */
struct queue {
	size_t length, most;
	size_t per_ms;
	bool probes_come; /* false: the writer hangs */
	size_t rests;
};

static struct queue queue;

static void rest(void)
{
	queue.rests++;
	queue.length -= queue.length < queue.per_ms ? queue.length : queue.per_ms;
}

static bool has_come(void *ctx)
{
	(void)ctx;
	return queue.probes_come && queue.length == 0;
}

static struct pace pace_of(size_t portion, size_t per_ms, bool probes_come)
{
	queue = (struct queue){.per_ms = per_ms, .probes_come = probes_come};
	return (struct pace){.portion = portion, .most_ms = 5000, .rest = rest};
}

/* Sends so many values, of which each one in `every` could be a probe (0: none); how
 * often a probe was missed. */
static size_t send(struct pace *p, size_t count, size_t every)
{
	size_t missed = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_probe = pace_is_full(p) && every > 0 && i % every == 0;

		if (++queue.length > queue.most)
			queue.most = queue.length;
		missed += !pace_sent(p, is_probe, has_come, NULL);
	}
	return missed;
}

START_TEST(a_portion_is_waited_for)
{
	static const struct {
		const char *name;
		size_t portion, per_ms, every, most;
	} rows[] = {
		{"each value is a probe", 256, 50, 1, 257},
		{"some are", 256, 50, 3, 512},
		{"a small portion", 5, 1, 1, 6},
		{"a small portion, some", 5, 1, 2, 10},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pace p = pace_of(rows[i].portion, rows[i].per_ms, true);

		pace_page(&p, false);
		ck_assert_msg(send(&p, 3000, rows[i].every) == 0, "%s", rows[i].name);
		ck_assert_msg(
			queue.most <= rows[i].most, "%s: %zu", rows[i].name, queue.most);
		ck_assert_msg(queue.rests > 0, "%s", rows[i].name);
	}
}
END_TEST

START_TEST(without_probes_as_long_as_before)
{
	struct pace p = pace_of(100, 10, true);

	pace_page(&p, false);
	ck_assert_uint_eq(send(&p, 1000, 1), 0);
	ck_assert_uint_eq(send(&p, 1000, 0), 0);
	ck_assert_uint_le(queue.most, 201);
}
END_TEST

START_TEST(the_cache_is_not_asked_for_each_value)
{
	struct pace p = pace_of(256, 1000, true);
	size_t asked = 0;

	pace_page(&p, false);
	for (size_t i = 0; i < 5120; i++) {
		asked += pace_is_full(&p);
		ck_assert(pace_sent(&p, false, has_come, NULL));
	}
	ck_assert_uint_gt(asked, 100);
	ck_assert_uint_lt(asked, 200);
}
END_TEST

START_TEST(pages_that_have_come_are_not_waited_for)
{
	struct pace p = pace_of(256, 10, true);

	for (int page = 0; page < 10; page++) {
		pace_page(&p, false);
		if (pace_is_half(&p))
			pace_has_come(&p);
		ck_assert_uint_eq(send(&p, 120, 1), 0);
	}
	ck_assert_uint_eq(queue.rests, 0);
	pace_page(&p, false);
	ck_assert_uint_eq(send(&p, 120, 1), 0);
	ck_assert_uint_gt(queue.rests, 0);
}
END_TEST

START_TEST(a_writer_that_hangs_is_waited_for_once)
{
	struct pace p = pace_of(100, 0, false);

	pace_page(&p, false);
	ck_assert_uint_eq(send(&p, 1000, 1), 1);
	ck_assert_uint_eq(queue.rests, 5000);
	pace_page(&p, false);
	ck_assert_uint_eq(send(&p, 1000, 1), 0);
	ck_assert_uint_eq(queue.rests, 5000);
	/* it goes on */
	queue = (struct queue){.per_ms = 10, .probes_come = true};
	pace_page(&p, true);
	ck_assert_uint_eq(send(&p, 1000, 1), 0);
	ck_assert_uint_gt(queue.rests, 0);
	ck_assert_uint_le(queue.most, 101);
}
END_TEST

SUITE("pace", a_portion_is_waited_for, without_probes_as_long_as_before,
	the_cache_is_not_asked_for_each_value, pages_that_have_come_are_not_waited_for,
	a_writer_that_hangs_is_waited_for_once)
