/* What a recording adds up to. */
#include <math.h>
#include <stdio.h>

#include "operatorstat/tally.h"

#include "tests/suite.h"

#define SECOND INT64_C(1000)
#define START  1000000

struct scene {
	struct tally *tally;
	struct sink sink;
	int64_t now_ms;
};

static struct scene scene_new(void)
{
	struct scene s = {.tally = tally_new(), .now_ms = START};

	ck_assert_ptr_nonnull(s.tally);
	s.sink = tally_sink(s.tally);
	return s;
}

static void count(struct scene *s, const char *type, const char *what,
	const char *subject, const char *detail, double total)
{
	char type_instance[200];

	snprintf(type_instance, sizeof(type_instance), "%s-%s-%s", what, subject, detail);
	s->sink.metric(s->sink.ctx, &(struct metric){.instance = STR("op"),
					    .type = str_of(type),
					    .type_instance = str_of(type_instance),
					    .what = str_of(what),
					    .subject = str_of(subject),
					    .detail = str_of(detail),
					    .kind = METRIC_DERIVE,
					    .total = total,
					    .time_ms = s->now_ms});
}

static void observe(
	struct scene *s, const double *upper, const double *increase, double sum)
{
	s->sink.histogram(s->sink.ctx, &(struct metric_histogram){.instance = STR("op"),
					       .what = STR("reconcile"),
					       .subject = STR("c"),
					       .is_seconds = true,
					       .count = 3,
					       .upper_bound = upper,
					       .increase = increase,
					       .sum_increase = sum,
					       .count_increase = increase[2],
					       .time_ms = s->now_ms});
}

static void happen(struct scene *s, enum event_kind kind)
{
	s->sink.event(s->sink.ctx, &(struct event){.kind = kind,
					   .instance = STR("op"),
					   .time_ms = s->now_ms,
					   .text = STR("it happened")});
}

static void end_page(struct scene *s, int64_t pause_ms)
{
	s->sink.end(s->sink.ctx, &(struct attempt){.instance = STR("op"),
					 .time_ms = s->now_ms,
					 .is_page = true,
					 .status = 200});
	s->now_ms += pause_ms;
}

static const struct tally_operator *only(const struct scene *s)
{
	ck_assert_uint_eq(tally_operators(s->tally), 1);
	ck_assert(!tally_is_short(s->tally));
	return tally_operator(s->tally, 0);
}

static double counted(const struct tally_operator *o, const struct tally_row *row,
	enum tally_counter_id id)
{
	ck_assert(row->counters[id].is_there);
	return tally_sum(row->counters[id].at, o->stretches);
}

START_TEST(what_was_before_the_first_page_does_not_count)
{
	struct scene s = scene_new();

	for (int i = 0; i < 3; i++) {
		count(&s, "total_operations", "reconcile", "c", "success", 1000 + 5 * i);
		count(&s, "total_operations", "reconcile", "c", "error", 100 + i);
		count(&s, "total_operations", "reconcile", "d", "success", 7 + 2 * i);
		count(&s, "errors", "reconcile", "c", "", 100 + i);
		end_page(&s, 2 * SECOND);
	}
	const struct tally_operator *o = only(&s);
	const struct tally_row *c = tally_controller(o, "c");

	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_null(tally_controller(o, "e"));
	ck_assert_double_eq(counted(o, c, TALLY_RECONCILES), 12);
	ck_assert_double_eq(counted(o, c, TALLY_ERRORS), 2);
	ck_assert_double_eq(counted(o, &o->row, TALLY_ALL_RECONCILES), 16);
	ck_assert(!o->row.counters[TALLY_API_REQUESTS].is_there);
	ck_assert_double_eq(tally_sum(o->seconds, o->stretches), 4);
	ck_assert_uint_eq(o->pages, 3);
	tally_free(s.tally);
}
END_TEST

START_TEST(what_an_operator_has)
{
	struct scene s = scene_new();

	for (int i = 0; i < 2; i++) {
		count(&s, "http_response_codes", "api", "GET", "200", 10 + i);
		count(&s, "http_response_codes", "api", "PUT", "429", 3 * i);
		count(&s, "http_response_codes", "webhook", "/x", "429", 50 * i);
		count(&s, "total_time_in_ms", "cpu", "", "", 1000.5 * i);
		count(&s, "derive", "", "go_memstats_mallocs_total", "", 77 * i);
		count(&s, "derive", "", "go_memstats_alloc_bytes_total", "", 4096 * i);
		end_page(&s, SECOND);
	}
	const struct tally_operator *o = only(&s);

	ck_assert_double_eq(counted(o, &o->row, TALLY_API_REQUESTS), 4);
	ck_assert_double_eq(counted(o, &o->row, TALLY_API_429), 3);
	ck_assert_double_eq(counted(o, &o->row, TALLY_CPU_MS), 1000.5);
	ck_assert_double_eq(counted(o, &o->row, TALLY_ALLOCATIONS), 77);
	ck_assert_double_eq(counted(o, &o->row, TALLY_ALLOCATED_BYTES), 4096);
	tally_free(s.tally);
}
END_TEST

/* Whatever the length, all of it is there, in 20 to 40 stretches. */
START_TEST(long_recordings_keep_their_sums)
{
	const double upper[] = {1, 2, (double)INFINITY};
	const double increase[] = {1, 3, 4};

	for (size_t pages = 2; pages < 1300; pages = pages * 3 / 2) {
		struct scene s = scene_new();

		for (size_t i = 0; i < pages; i++) {
			count(&s, "total_operations", "reconcile", "c", "success",
				(double)(i * i));
			if (i > 0)
				observe(&s, upper, increase, 2.5);
			end_page(&s, SECOND);
		}
		const struct tally_operator *o = only(&s);
		const struct tally_row *c = tally_controller(o, "c");
		const struct tally_histogram *h = &c->histograms[TALLY_RECONCILE];
		double n = (double)(pages - 1);

		ck_assert_uint_le(o->stretches, TALLY_STRETCHES);
		ck_assert_uint_ge(o->stretches, pages - 1 < TALLY_STRETCHES / 2
							? pages - 1
							: TALLY_STRETCHES / 2);
		ck_assert_double_eq(tally_sum(o->seconds, o->stretches), n);
		ck_assert_double_eq(counted(o, c, TALLY_RECONCILES), n * n);
		ck_assert_double_eq(tally_sum(h->sum, o->stretches), 2.5 * n);
		ck_assert_double_eq(tally_sum(h->count, o->stretches), 4 * n);
		for (size_t i = 0; i < 3; i++)
			ck_assert_double_eq(tally_sum(h->cumulative + i * TALLY_STRETCHES,
						    o->stretches),
				increase[i] * n);
		tally_free(s.tally);
	}
}
END_TEST

START_TEST(what_was_forgotten_does_not_count)
{
	struct scene s = scene_new();
	const double totals[] = {10, 14, 3, 5};

	for (int i = 0; i < 4; i++) {
		count(&s, "total_operations", "reconcile", "c", "success", totals[i]);
		if (i == 2)
			happen(&s, EVENT_FORGOTTEN);
		end_page(&s, i == 1 ? 1000 * SECOND : SECOND);
	}
	const struct tally_operator *o = only(&s);

	ck_assert_double_eq(counted(o, tally_controller(o, "c"), TALLY_RECONCILES), 6);
	ck_assert_double_eq(tally_sum(o->seconds, o->stretches), 2);
	tally_free(s.tally);
}
END_TEST

START_TEST(failures_and_restarts_are_counted)
{
	struct scene s = scene_new();
	struct err e;

	err_set(&e, ERR_STATUS, "HTTP status 500");
	end_page(&s, SECOND);
	s.sink.end(s.sink.ctx, &(struct attempt){.instance = STR("op"),
				       .time_ms = s.now_ms,
				       .status = 500,
				       .error = &e});
	s.now_ms += SECOND;
	happen(&s, EVENT_RESTART);
	end_page(&s, SECOND);
	const struct tally_operator *o = only(&s);

	ck_assert_uint_eq(o->failures, 1);
	ck_assert_uint_eq(o->restarts, 1);
	ck_assert_uint_eq(o->pages, 2);
	ck_assert_double_eq(tally_sum(o->seconds, o->stretches), 2);
	tally_free(s.tally);
}
END_TEST

START_TEST(bounds_that_change_are_seen)
{
	struct scene s = scene_new();
	const double upper[] = {1, 2, (double)INFINITY},
		     other[] = {1, 5, (double)INFINITY};
	const double increase[] = {1, 2, 2};

	end_page(&s, SECOND);
	observe(&s, upper, increase, 3);
	end_page(&s, SECOND);
	const struct tally_histogram *h =
		&tally_controller(only(&s), "c")->histograms[TALLY_RECONCILE];

	ck_assert(!h->has_other_bounds);
	observe(&s, other, increase, 3);
	end_page(&s, SECOND);
	ck_assert(h->has_other_bounds);
	ck_assert_double_eq(tally_sum(h->sum, only(&s)->stretches), 6);
	tally_free(s.tally);
}
END_TEST

SUITE("tally", what_was_before_the_first_page_does_not_count, what_an_operator_has,
	long_recordings_keep_their_sums, what_was_forgotten_does_not_count,
	failures_and_restarts_are_counted, bounds_that_change_are_seen)
