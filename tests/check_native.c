/* The expected values are those of the Go module github.com/prometheus/prometheus
 * v0.316.0: promql.HistogramQuantile, FloatHistogram.DetectReset, Sub and Add, each
 * result without empty buckets (Compact(0)). */
#include "engine/native.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "tests/suite.h"

#define NONE ((double)NAN)

/* ---- histograms in writing: SCHEMA THRESHOLD:COUNT COUNT SUM +INDEX:COUNT ~INDEX:COUNT
 * <=BOUND, ~ before buckets of negative values ---- */

enum { BUCKETS_MAX = 16 };

struct parsed {
	struct native n;
	struct native_bucket positive[BUCKETS_MAX], negative[BUCKETS_MAX];
	double bound[BUCKETS_MAX];
};

static const char *parse_bucket(const char *at, struct native_bucket *bucket)
{
	char *end;

	bucket->index = (int32_t)strtol(at, &end, 10);
	ck_assert_int_eq(*end, ':');
	bucket->count = strtod(end + 1, &end);
	return end;
}

static const struct native *parse(const char *text, struct parsed *p)
{
	struct native *n = &p->n;
	char *at;

	memset(p, 0, sizeof(*p));
	n->positive = p->positive;
	n->negative = p->negative;
	n->custom_bound = p->bound;
	n->schema = (int32_t)strtol(text, &at, 10);
	n->zero_threshold = strtod(at, &at);
	ck_assert_int_eq(*at, ':');
	n->zero_count = strtod(at + 1, &at);
	n->count = strtod(at, &at);
	n->sum = strtod(at, &at);
	for (const char *word = at; *word != '\0';) {
		ck_assert_int_eq(*word, ' ');
		word++;
		if (*word == '+') {
			word = parse_bucket(word + 1, &p->positive[n->positive_count++]);
		} else if (*word == '~') {
			word = parse_bucket(word + 1, &p->negative[n->negative_count++]);
		} else {
			p->bound[n->custom_bound_count++] = strtod(word + 2, &at);
			word = at;
		}
	}
	return n;
}

static void write_buckets(
	struct buf *out, char side, const struct native_bucket *bucket, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_addf(out, " %c%" PRId32 ":%.17g", side, bucket[i].index,
			bucket[i].count);
}

static void check_is(const char *name, const struct native *n, const char *text)
{
	struct buf out;

	buf_init(&out, 4096);
	buf_addf(&out, "%" PRId32 " %.17g:%.17g %.17g %.17g", n->schema,
		n->zero_threshold, n->zero_count, n->count, n->sum);
	write_buckets(&out, '+', n->positive, n->positive_count);
	write_buckets(&out, '~', n->negative, n->negative_count);
	for (size_t i = 0; i < n->custom_bound_count; i++)
		buf_addf(&out, " <=%.17g", n->custom_bound[i]);
	ck_assert_msg(str_eq(buf_str(&out), str_of(text)), "%s: %.*s, not %s", name,
		STR_ARG(buf_str(&out)), text);
	buf_free(&out);
}

static struct arena *new_arena(size_t ceiling)
{
	struct arena *arena = arena_new(ceiling);

	ck_assert_ptr_nonnull(arena);
	return arena;
}

/* ---- quantiles ---- */

static const double asked[] = {0, 0.1, 0.5, 0.9, 0.99, 1};

#define ASKED (sizeof(asked) / sizeof(asked[0]))

struct quantile_row {
	const char *name;
	const char *histogram;
	double quantile[ASKED];
};

static const struct quantile_row quantile_rows[] = {
	{"positive buckets", "0 0.001:0 10 25 +1:4 +2:3 +3:2 +4:1",
		{1, 1.189207115002721, 2.5198420997897459, 8, 14.928527864588919, 16}},
	{"schema 3, as controller-runtime has it",
		"3 2.938735877055719e-39:0 100 12.5 +-24:10 +-23:20 +-20:40 +-16:29 +8:1",
		{0.1146255054005839, 0.125, 0.16928194336711158, 0.24336724227526049,
			0.25, 2}},
	{"a coarse schema", "-4 0.001:0 6 25 +0:2 +1:3 +2:1",
		{0.001, 0.0079432823472428207, 40.317473596635935, 5534417.3081864016,
			2207857631.026608, 4294967296}},
	{"the finest schema", "8 0.001:0 6 25 +-700:2 +1:3 +301:1",
		{0.14986327088429757, 0.14998505155296862, 1.0009029427989777,
			2.2554847005939038, 2.2587848733318205, 2.2591518571325762}},
	{"zero bucket below positive ones", "0 0.5:5 10 25 +1:3 +2:2",
		{0, 0.10000000000000001, 1, 2.8284271247461898, 3.863745315699382, 4}},
	{"zero bucket above negative ones", "0 0.5:5 10 -25 ~1:3 ~2:2",
		{-4, -2.8284271247461898, -0.5, -0.099999999999999978,
			-0.0099999999999999534, 0}},
	{"zero bucket between both", "0 0.5:4 10 0 +1:2 +2:1 ~1:2 ~2:1",
		{-4, -2, 0, 2.0000000000000004, 3.7321319661472296, 4}},
	{"zero bucket alone", "0 0.5:4 4 0",
		{-0.5, -0.40000000000000002, 0, 0.40000000000000002, 0.48999999999999999,
			0.5}},
	{"zero threshold inside a bucket", "0 1.5:4 10 0 +1:6",
		{0, 0.375, 1.5736725951324724, 1.9063685859938733, 1.9904335500465591,
			2}},
	{"negative buckets alone", "2 0.001:0 10 -25 ~-3:4 ~1:4 ~5:2",
		{-2.3784142300054421, -2.1810154653305154, -1.0442737824274138,
			-0.52213689121370688, -0.50217078364596213, -0.5}},
	{"NaNs observed", "0 0.001:0 10 nan +1:4 +2:3",
		{1, 1.189207115002721, 2.5198420997897459, NONE, NONE, NONE}},
	{"NaN as sum without NaNs", "0 0.001:0 7 nan +1:4 +2:3",
		{1, 1.1289644048061311, 1.8340080864093424, 3.4026686438034224,
			3.935826614032448, 4}},
	{"empty buckets", "0 0.001:0 7 14 +1:4 +2:0 +3:3 +4:0",
		{1, 1.1289644048061311, 1.8340080864093424, 6.8053372876068448,
			7.8716532280648961, 8}},
	{"the last bucket of numbers and that of the infinities",
		"0 0.001:0 4 14 +1023:1 +1024:2 +1025:1",
		{4.4942328371557898e+307, 5.9301757814822802e+307,
			1.2711610061536462e+308, HUGE_VAL, HUGE_VAL, HUGE_VAL}},
	{"nothing observed", "0 0.001:0 0 0", {NONE, NONE, NONE, NONE, NONE, NONE}},
	{"observations in no bucket", "0 0.001:0 3 nan",
		{NONE, NONE, NONE, NONE, NONE, NONE}},
	{"custom buckets", "-53 0:0 10 25 +0:2 +1:3 +2:4 +3:1 <=1 <=2 <=4",
		{0, 0.5, 2, 4, 4, 4}},
	{"custom buckets, the first below 0", "-53 0:0 10 25 +0:2 +1:3 +2:5 <=-1 <=2",
		{-1, -1, 2, 2, 2, 2}},
	{"custom buckets, the last one alone", "-53 0:0 3 25 +1:3 <=1",
		{1, 1, 1, 1, 1, 1}},
};

static bool is_near(double a, double b)
{
	return (isnan(a) && isnan(b)) || (a <= b && a >= b) ||
	       fabs(a - b) <= 1e-14 * fabs(b);
}

START_TEST(quantiles_are_those_of_prometheus)
{
	for (size_t i = 0; i < sizeof(quantile_rows) / sizeof(quantile_rows[0]); i++) {
		const struct quantile_row *row = &quantile_rows[i];
		struct parsed p;

		parse(row->histogram, &p);
		for (size_t q = 0; q < ASKED; q++) {
			double have = native_quantile(&p.n, asked[q]);

			ck_assert_msg(is_near(have, row->quantile[q]),
				"%s: the %g-quantile is %.17g, not %.17g", row->name,
				asked[q], have, row->quantile[q]);
		}
	}
}
END_TEST

/* ---- resets, increases ---- */

struct pair_row {
	const char *name;
	const char *before;
	const char *now;
	const char *increase; /* NULL: it was reset */
};

static const struct pair_row pair_rows[] = {
	{"the same", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:0 0 0"},
	{"more in every bucket", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:2 8 20 +1:3 +2:3",
		"0 0.5:1 4 11 +1:1 +2:2"},
	{"a new bucket", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:1 6 20 +-3:1 +1:2 +2:1 +9:1",
		"0 0.5:0 2 11 +-3:1 +9:1"},
	{"the count fell", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:1 3 9 +1:2", NULL},
	{"a bucket fell, the count rose", "0 0.5:1 4 9 +1:2 +2:1",
		"0 0.5:1 8 9 +1:1 +2:6", NULL},
	{"a bucket is gone", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:1 8 9 +1:7", NULL},
	{"a bucket that was empty is gone", "0 0.5:1 3 9 +1:2 +2:0", "0 0.5:1 8 9 +1:7",
		"0 0.5:0 5 0 +1:5"},
	{"a negative bucket fell", "0 0.5:1 4 9 ~1:2 ~2:1", "0 0.5:1 8 9 ~1:1 ~2:6",
		NULL},
	{"the zero bucket fell", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:0 8 9 +1:7 +2:1", NULL},
	{"the sum fell", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:1 4 3 +1:2 +2:1",
		"0 0.5:0 0 -6"},
	{"resolution halved", "1 0.5:0 10 9 +1:2 +2:1 +3:4 +5:3",
		"0 0.5:0 14 19 +1:4 +2:5 +3:5", "0 0.5:0 4 10 +1:1 +2:1 +3:2"},
	{"resolution halved and a bucket fell", "1 0.5:0 10 9 +1:2 +2:1 +3:4 +5:3",
		"0 0.5:0 14 19 +1:2 +2:5 +3:7", NULL},
	{"resolution doubled", "0 0.5:0 3 9 +1:2 +2:1", "1 0.5:0 4 19 +1:2 +3:2", NULL},
	{"zero bucket grew over a bucket", "0 0.5:1 10 9 +0:2 +1:3 +2:4",
		"0 1:4 14 19 +1:4 +2:6", "0 1:1 4 10 +1:1 +2:2"},
	{"zero bucket grew, its count fell", "0 0.5:1 10 9 +0:2 +1:3 +2:4",
		"0 1:2 14 19 +1:6 +2:6", NULL},
	{"zero bucket ends within a bucket", "0 0.5:1 10 9 +0:2 +1:3 +2:4",
		"0 0.75:3 14 19 +1:5 +2:6", NULL},
	{"zero bucket ends within an empty bucket", "0 0.5:1 8 9 +0:0 +1:3 +2:4",
		"0 0.75:1 9 19 +1:4 +2:4", "0 0.75:0 1 10 +1:1"},
	{"zero bucket grew over a negative bucket", "0 0.5:1 10 9 ~0:2 ~1:3 ~2:4",
		"0 1:4 14 19 ~1:4 ~2:6", "0 1:1 4 10 ~1:1 ~2:2"},
	{"zero bucket shrank", "0 1:1 4 9 +1:2 +2:1", "0 0.5:1 4 9 +1:2 +2:1", NULL},
	{"custom buckets", "-53 0:0 3 9 +0:1 +1:2 <=1 <=2",
		"-53 0:0 7 9 +0:1 +1:4 +2:2 <=1 <=2", "-53 0:0 4 0 +1:2 +2:2 <=1 <=2"},
	{"a custom bucket fell", "-53 0:0 3 9 +0:1 +1:2 <=1 <=2",
		"-53 0:0 7 9 +0:6 +1:1 <=1 <=2", NULL},
	{"custom after exponential", "0 0.5:0 3 9 +1:3", "-53 0:0 7 9 +0:6 +1:1 <=1 <=2",
		NULL},
	{"exponential after custom", "-53 0:0 3 9 +0:1 +1:2 <=1 <=2", "0 0.5:0 7 9 +1:7",
		NULL},
};

START_TEST(resets_and_increases_are_those_of_prometheus)
{
	struct arena *arena = new_arena(1 << 20);

	for (size_t i = 0; i < sizeof(pair_rows) / sizeof(pair_rows[0]); i++) {
		const struct pair_row *row = &pair_rows[i];
		struct parsed before, now;
		struct native increase;

		parse(row->before, &before);
		parse(row->now, &now);
		bool is_reset = native_is_reset(&now.n, &before.n);
		ck_assert_msg(is_reset == (row->increase == NULL), "%s", row->name);
		if (is_reset)
			continue;
		ck_assert_msg(native_subtract(&now.n, &before.n, arena, &increase), "%s",
			row->name);
		check_is(row->name, &increase, row->increase);
	}
	arena_free(arena);
}
END_TEST

START_TEST(a_created_timestamp_that_moved_is_a_reset)
{
	static const struct {
		const char *name;
		int64_t before_ms, now_ms;
		bool is_reset;
	} rows[] = {
		{"it stands", 5, 5, false},
		{"it moved on", 5, 6, true},
		{"it moved back", 6, 5, true},
		{"there was none", 0, 5, false},
		{"there is none", 5, 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed before, now;

		parse("0 0:0 1 1 +1:1", &before);
		parse("0 0:0 2 1 +1:2", &now);
		before.n.created_ms = rows[i].before_ms;
		now.n.created_ms = rows[i].now_ms;
		ck_assert_msg(native_is_reset(&now.n, &before.n) == rows[i].is_reset,
			"%s", rows[i].name);
	}
}
END_TEST

START_TEST(custom_bounds_that_changed_have_no_increase)
{
	struct arena *arena = new_arena(1 << 20);
	struct parsed before, now, exponential;
	struct native out;

	parse("-53 0:0 1 1 +0:1 <=1 <=2", &before);
	parse("-53 0:0 2 1 +0:2 <=1 <=3", &now);
	parse("0 0:0 2 1 +0:2", &exponential);
	ck_assert(!native_is_reset(&now.n, &before.n));
	ck_assert(!native_subtract(&now.n, &before.n, arena, &out));
	ck_assert(!native_add(&now.n, &before.n, arena, &out));
	ck_assert(!native_add(&now.n, &exponential.n, arena, &out));
	arena_free(arena);
}
END_TEST

/* ---- sums ---- */

struct sum_row {
	const char *name;
	const char *a;
	const char *b;
	const char *sum;
};

static const struct sum_row sum_rows[] = {
	{"the same buckets", "0 0.5:1 4 9 +1:2 +2:1", "0 0.5:2 8 20 +1:3 +2:3",
		"0 0.5:3 12 29 +1:5 +2:4"},
	{"buckets of one and of the other", "0 0.5:1 4 9 +1:2 ~2:1",
		"0 0.5:2 8 20 +-1:3 +2:3", "0 0.5:3 12 29 +1:2 +2:3 ~2:1"},
	{"another resolution", "2 0.5:0 10 9 +1:2 +2:1 +3:4 +5:3",
		"0 0.5:0 9 19 +1:4 +2:5", "0 0.5:0 19 28 +1:11 +2:8"},
	{"another zero bucket", "0 1:4 10 9 +1:4 +2:2", "0 0.25:1 12 20 +-1:3 +0:3 +1:5",
		"0 1:11 22 29 +1:9 +2:2"},
	{"a zero bucket that ends within a bucket of the other",
		"0 0.75:4 10 9 +1:4 +2:2", "0 0.25:1 12 20 +-1:3 +0:3 +1:5",
		"0 1:11 22 29 +1:9 +2:2"},
	{"zero buckets that enlarge each other", "0 0.75:4 10 9 +1:4 +2:2",
		"-1 0.25:1 12 20 +0:3 +1:8", "-1 1:8 22 29 +1:14"},
	{"custom buckets", "-53 0:0 3 9 +0:1 +1:2 <=1 <=2",
		"-53 0:0 7 9 +0:1 +1:4 +2:2 <=1 <=2",
		"-53 0:0 10 18 +0:2 +1:6 +2:2 <=1 <=2"},
};

START_TEST(sums_are_those_of_prometheus)
{
	struct arena *arena = new_arena(1 << 20);

	for (size_t i = 0; i < sizeof(sum_rows) / sizeof(sum_rows[0]); i++) {
		const struct sum_row *row = &sum_rows[i];
		struct parsed a, b;
		struct native sum;

		parse(row->a, &a);
		parse(row->b, &b);
		ck_assert_msg(native_add(&a.n, &b.n, arena, &sum), "%s", row->name);
		check_is(row->name, &sum, row->sum);
	}
	arena_free(arena);
}
END_TEST

START_TEST(no_memory_is_said)
{
	struct arena *arena = new_arena(8);
	struct parsed a;
	struct native out;

	parse("0 0:0 2 1 +0:2 ~1:2", &a);
	ck_assert(!native_add(&a.n, &a.n, arena, &out));
	ck_assert(!native_subtract(&a.n, &a.n, arena, &out));
	arena_free(arena);
}
END_TEST

/* ---- keeping ---- */

START_TEST(what_is_kept_is_a_copy)
{
	static const char *const texts[] = {"0 0.5:1 4 9 +1:2 +2:1 ~3:1",
		"-53 0:0 3 9 +0:1 +1:2 <=1 <=2", "3 0:0 0 0",
		"0 0.5:1 20 9 +1:2 +2:1 +3:1 +4:1 ~3:1 ~4:1 ~5:1 ~6:1"};
	struct native *kept = NULL;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct parsed p;

		parse(texts[i], &p);
		ck_assert(native_keep(&kept, &p.n));
		memset(&p, 0xff, sizeof(p));
		check_is("kept", kept, texts[i]);
	}
	free(kept);
}
END_TEST

SUITE("native", quantiles_are_those_of_prometheus,
	resets_and_increases_are_those_of_prometheus,
	a_created_timestamp_that_moved_is_a_reset,
	custom_bounds_that_changed_have_no_increase, sums_are_those_of_prometheus,
	no_memory_is_said, what_is_kept_is_a_copy)
