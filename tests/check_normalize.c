/* An endpoint that is out of memory for a moment: what it has stays whole, and goes on
 * with the next page. */
#include <math.h>
#include <stdlib.h>

#include "engine/buf.h"
#include "engine/normalize.h"
#include "engine/settings.h"

#include "tests/failing_alloc.h"
#include "tests/suite.h"

struct scene {
	const struct settings *settings;
	size_t values; /* that the last page came to */
};

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static void take_metric(void *ctx, const struct metric *m)
{
	struct scene *s = ctx;

	s->values += m->kind == METRIC_DERIVE || !isnan(m->gauge);
}

static void add_controller(struct buf *b, int number, int moment)
{
	const char *const bounds[] = {"0.1", "1", "+Inf"};
	const char *histogram = "controller_runtime_reconcile_time_seconds";

	for (int i = 0; i < 3; i++)
		buf_addf(b, "%s_bucket{controller=\"c%d\",le=\"%s\"} %d\n", histogram,
			number, bounds[i], moment * (i + 1));
	buf_addf(b, "%s_sum{controller=\"c%d\"} %d\n", histogram, number, moment);
	buf_addf(b, "%s_count{controller=\"c%d\"} %d\n", histogram, number, moment * 3);
}

static const char type[] = "# TYPE controller_runtime_reconcile_time_seconds histogram\n";

/* Takes the page and frees it. False: it was none. */
static bool run(struct scene *s, struct normalize *n, struct buf *page, int seconds)
{
	const struct sink sink = {.ctx = s, .metric = take_metric};
	struct answer answer = answer_at(1000 + seconds * INT64_C(1000));

	s->values = 0;
	answer.status = 200;
	answer.body = buf_str(page);
	bool done = buf_ok(page) && normalize_run(n, &answer, &sink);
	buf_free(page);
	return done;
}

/* The page of so many controllers at that moment. */
static bool read_page(struct scene *s, struct normalize *n, int controllers, int seconds)
{
	struct buf page;

	buf_init(&page, (size_t)1 << 20);
	buf_add(&page, str_of(type));
	for (int i = 0; i < controllers; i++)
		add_controller(&page, i, seconds + 1);
	return run(s, n, &page, seconds);
}

/* Controllers come, go, are forgotten after 300 s, and come back. */
static bool come_and_go(void *ctx)
{
	struct scene *s = ctx;
	struct normalize *n = normalize_new(settings_defaults(s->settings), NULL, NULL);

	if (n == NULL)
		return false;
	bool done = read_page(s, n, 4, 0);
	done &= read_page(s, n, 6, 10);
	done &= read_page(s, n, 2, 150);
	done &= read_page(s, n, 2, 400);
	done &= read_page(s, n, 6, 410);
	done &= read_page(s, n, 6, 420);
	normalize_free(n);
	return done;
}

START_TEST(memory_may_be_short_at_any_time)
{
	static const struct log silence = {NULL, say_nothing};
	struct settings *settings = settings_new(SETTINGS_ARGV, &silence);
	struct scene s = {.settings = settings};

	ck_assert_ptr_nonnull(settings);
	ck_assert(settings_check(settings, 10));
	ck_assert(come_and_go(&s));
	size_t values = s.values;
	ck_assert_uint_gt(values, 18); /* some of each controller */
	ck_assert_uint_gt(failing_alloc_each(come_and_go, &s), 20);
	ck_assert_uint_eq(s.values, values);
	settings_free(settings);
}
END_TEST

/* Buckets whose bounds have 11 digits make identifiers that are too long. */
static bool read_long_names(struct scene *s, struct normalize *n, int seconds)
{
	struct buf page;

	buf_init(&page, (size_t)1 << 20);
	buf_add(&page, str_of(type));
	for (int i = 1; i < 6; i++)
		buf_addf(&page,
			"controller_runtime_reconcile_time_seconds_bucket{controller=\"%"
			"090d\","
			"le=\"12345678.%d\"} %d\n",
			7, i, seconds * (i + 1));
	buf_addf(&page,
		"controller_runtime_reconcile_time_seconds_count{controller=\"%090d\"} "
		"%d\n",
		7, seconds * 6);
	return run(s, n, &page, seconds);
}

START_TEST(names_may_be_too_long)
{
	static const struct log silence = {NULL, say_nothing};
	struct settings *settings = settings_new(SETTINGS_ARGV, &silence);
	struct setting all = {.kind = SETTING_TEXT, .text = "true"};
	struct scene s = {.settings = settings};

	ck_assert_ptr_nonnull(settings);
	ck_assert(settings_set(settings, "Buckets", &all, 1));
	ck_assert(settings_check(settings, 10));
	struct normalize *n = normalize_new(settings_defaults(settings), NULL, NULL);
	ck_assert_ptr_nonnull(n);
	ck_assert(read_long_names(&s, n, 10));
	(void)read_long_names(&s, n, 20);
	ck_assert(read_long_names(&s, n, 30));
	/* up, response_time, ..., of the histogram the quantiles and the first bucket */
	ck_assert_uint_gt(s.values, 7);
	normalize_free(n);
	settings_free(settings);
}
END_TEST

SUITE("normalize", names_may_be_too_long, memory_may_be_short_at_any_time)
