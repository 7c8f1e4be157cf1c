/* Two recordings beside each other: which figures are said to have changed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "operatorstat/compare.h"

#include "tests/suite.h"

#define PAGES 21

/* One controller, steady but for a little more on every third page. */
struct steady {
	const char *operator, * name;
	double reconciles, errors; /* a page */
	double fast, slow; /* of them: within 10 ms, within 1 s; the rest is longer */
	double seconds;    /* a page, added up */
	double wide_bound; /* instead of 1 s; 0: 1 s */
};

static struct metric metric_of(
	const struct steady *s, const char *what, const char *detail, int64_t time_ms)
{
	return (struct metric){.instance = str_of(s->operator),
		.what = str_of(what),
		.subject = str_of(s->name),
		.detail = str_of(detail),
		.kind = METRIC_DERIVE,
		.time_ms = time_ms};
}

static void count(const struct sink *sink, const struct steady *s, const char *type,
	const char *detail, double total, int64_t time_ms)
{
	struct metric m = metric_of(s, "reconcile", detail, time_ms);
	char type_instance[100];

	snprintf(
		type_instance, sizeof(type_instance), "reconcile-%s-%s", s->name, detail);
	m.type = str_of(type);
	m.type_instance = str_of(type_instance);
	m.total = total;
	sink->metric(sink->ctx, &m);
}

static void put_page(
	const struct sink *sink, const struct steady *s, int page, int64_t time_ms)
{
	double more = page % 3 == 0 ? 1.1 : 0.95;
	double n = round(s->reconciles * more), fast = round(s->fast * more),
	       slow = round(s->slow * more);
	double upper[] = {0.01, s->wide_bound > 0 ? s->wide_bound : 1, (double)INFINITY};
	double cumulative[] = {fast, fast + slow, n};

	count(sink, s, "total_operations", "success", s->reconciles * page + more,
		time_ms);
	count(sink, s, "errors", "", s->errors * page, time_ms);
	if (page == 0 || n <= 0)
		return;
	sink->histogram(
		sink->ctx, &(struct metric_histogram){.instance = str_of(s->operator),
				   .what = STR("reconcile"),
				   .subject = str_of(s->name),
				   .is_seconds = true,
				   .count = 3,
				   .upper_bound = upper,
				   .increase = cumulative,
				   .sum_increase = s->seconds * more,
				   .count_increase = n,
				   .time_ms = time_ms});
}

static struct tally *recording(const struct steady *rows, size_t count_rows, int pages)
{
	struct tally *t = tally_new();
	struct sink sink = tally_sink(t);

	for (int page = 0; page < pages; page++)
		for (size_t i = 0; i < count_rows; i++) {
			int64_t time_ms = 1000000 + page * INT64_C(1000);

			put_page(&sink, &rows[i], page, time_ms);
			if (i + 1 < count_rows &&
				strcmp(rows[i].operator, rows[i + 1].operator) == 0)
				continue;
			sink.end(sink.ctx,
				&(struct attempt){.instance = str_of(rows[i].operator),
					.time_ms = time_ms,
					.is_page = true,
					.status = 200});
		}
	return t;
}

static const struct compare_line *find(
	const struct compare *c, const char *controller, const char *figure)
{
	for (size_t i = 0; i < compare_lines(c); i++) {
		const struct compare_line *line = compare_line(c, i);

		if (strcmp(line->controller, controller) == 0 &&
			(figure == NULL ? line->figure == NULL
					: line->figure != NULL &&
						  strcmp(line->figure->name, figure) ==
							  0))
			return line;
	}
	return NULL;
}

static const struct steady before_rows[] = {
	{"op", "untouched", 100, 2, 60, 30, 20, 0},
	{"op", "tuned", 100, 2, 10, 60, 50, 0},
	{"op", "went", 10, 0, 10, 0, 0.1, 0},
};
static const struct steady after_rows[] = {
	{"op", "untouched", 100, 2, 60, 30, 20, 0},
	{"op", "tuned", 100, 9, 70, 29, 10, 0},
	{"op", "came", 10, 0, 10, 0, 0.1, 0},
};

static const struct expected {
	const char *controller, *figure;
	double before, after;
	bool is_change;
} expectations[] = {
	{"untouched", "reconciles", 100, 100, false},
	{"untouched", "error_percent", 2, 2, false},
	{"untouched", "reconcile_mean", 0.2, 0.2, false},
	{"untouched", "reconcile_p50", 0.00833333333333333, 0.00833333333333333, false},
	{"untouched", "reconcile_p99", 1, 1, false},
	{"tuned", "reconciles", 100, 100, false},
	{"tuned", "error_percent", 2, 9, true},
	{"tuned", "reconcile_mean", 0.5, 0.1, true},
	{"tuned", "reconcile_p50", 0.67, 0.00714285714285714, true},
	{"tuned", "reconcile_p90", 1, 0.68, true},
};

START_TEST(the_tuned_one_is_faster_and_the_other_is_not)
{
	struct tally *before = recording(before_rows, 3, PAGES),
		     *after = recording(after_rows, 3, PAGES);
	struct compare *c = compare_new(before, after);

	for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
		const struct expected *e = &expectations[i];
		const struct compare_line *line = find(c, e->controller, e->figure);

		ck_assert_msg(
			line != NULL, "%s %s is not there", e->controller, e->figure);
		ck_assert_msg(fabs(line->before / e->before - 1) < 0.02,
			"%s %s before: %g", e->controller, e->figure, line->before);
		ck_assert_msg(fabs(line->after / e->after - 1) < 0.02, "%s %s after: %g",
			e->controller, e->figure, line->after);
		ck_assert_msg(compare_is_change(line) == e->is_change, "%s %s: p %g",
			e->controller, e->figure, line->p);
	}
	ck_assert_int_eq(find(c, "came", NULL)->presence, COMPARE_CAME);
	ck_assert_int_eq(find(c, "went", NULL)->presence, COMPARE_WENT);
	ck_assert(find(c, "untouched", "reconcile_p99")->before_is_beyond);
	ck_assert(!find(c, "tuned", "reconcile_p50")->before_is_beyond);
	compare_free(c);
	tally_free(before);
	tally_free(after);
}
END_TEST

START_TEST(a_few_pages_are_not_enough)
{
	struct tally *before = recording(before_rows, 3, 4),
		     *after = recording(after_rows, 3, 4);
	struct compare *c = compare_new(before, after);

	for (size_t i = 0; i < compare_lines(c); i++) {
		const struct compare_line *line = compare_line(c, i);

		ck_assert(isnan(line->p));
		ck_assert(line->figure == NULL || line->untested != NULL);
		ck_assert(!compare_is_change(line));
	}
	ck_assert_double_eq_tol(
		find(c, "tuned", "reconcile_mean")->change_percent, -80, 1);
	compare_free(c);
	tally_free(before);
	tally_free(after);
}
END_TEST

/* Releases of controller-runtime have other buckets: those in common tell. */
START_TEST(other_buckets)
{
	const struct steady wide = {"op", "c", 100, 0, 60, 30, 20, 5},
			    narrow = {"op", "c", 100, 0, 10, 60, 50, 1};
	struct tally *before = recording(&wide, 1, PAGES),
		     *after = recording(&narrow, 1, PAGES);
	struct compare *c = compare_new(before, after);

	ck_assert(compare_is_change(find(c, "c", "reconcile_p50")));
	ck_assert_ptr_null(find(c, "c", "reconcile_p50")->untested);
	compare_free(c);
	tally_free(before);
	tally_free(after);
}
END_TEST

START_TEST(all_within_one_bucket)
{
	const struct steady one = {"op", "c", 100, 0, 100, 0, 0.5, 0};
	struct tally *t = recording(&one, 1, PAGES);
	struct compare *c = compare_new(t, t);
	const struct compare_line *line = find(c, "c", "reconcile_p50");

	ck_assert_str_eq(line->untested, "all within one bucket");
	ck_assert(isnan(line->p));
	compare_free(c);
	tally_free(t);
}
END_TEST

START_TEST(operators_are_paired)
{
	const struct steady two[] = {
		{"a", "c", 10, 0, 10, 0, 1, 0}, {"b", "c", 10, 0, 10, 0, 1, 0}};
	const struct steady one = {"b", "c", 10, 0, 10, 0, 1, 0},
			    other = {"z", "c", 10, 0, 10, 0, 1, 0};
	struct tally *both = recording(two, 2, PAGES), *b = recording(&one, 1, PAGES),
		     *z = recording(&other, 1, PAGES);
	struct compare *c = compare_new(both, b);

	ck_assert_int_eq(find(c, "", NULL)->presence, COMPARE_WENT);
	ck_assert_str_eq(find(c, "", NULL)->operator, "a");
	ck_assert_str_eq(find(c, "c", "reconciles")->operator_after, "b");
	compare_free(c);
	c = compare_new(b, both);
	ck_assert_int_eq(find(c, "", NULL)->presence, COMPARE_CAME);
	compare_free(c);
	c = compare_new(b, z);
	ck_assert_str_eq(find(c, "c", "reconciles")->operator, "b");
	ck_assert_str_eq(find(c, "c", "reconciles")->operator_after, "z");
	compare_free(c);
	tally_free(both);
	tally_free(b);
	tally_free(z);
}
END_TEST

SUITE("compare", the_tuned_one_is_faster_and_the_other_is_not, a_few_pages_are_not_enough,
	other_buckets, all_within_one_bucket, operators_are_paired)
