/* Pages of protobuf read one after the other: whatever the warm path does, each must give
 * the values that a table without a past gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/native.h"
#include "engine/series.h"

#include "tests/proto_text.h"
#include "tests/suite.h"

enum { SLOTS = 64 };

/* Wants everything but what begins with `u`; counters begin with `c`. */
struct owner {
	char *names[SLOTS]; /* by slot; NULL: none */
	double medians[SLOTS];
	size_t binds, goes, bads;
	size_t last_line, last_column; /* of what was bad last */
};

static struct series_use owner_bind(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	struct owner *o = ctx;
	bool is_native = e->kind == EXPO_NATIVE;

	(void)is_seconds;
	ck_assert_uint_lt(slot, SLOTS);
	o->binds++;
	if (*e->name.at == 'u')
		return (struct series_use){.is_wanted = false};
	free(o->names[slot]);
	ck_assert_int_gt(asprintf(&o->names[slot], "%s%.*s", is_native ? "native " : "",
				 STR_ARG(e->series)),
		0);
	return (struct series_use){.is_wanted = true, .counts = *e->name.at == 'c'};
}

static void owner_bad(void *ctx, const struct expo_entry *e)
{
	struct owner *o = ctx;

	o->bads++;
	o->last_line = e->error.line;
	o->last_column = e->error.column;
}

static void owner_gone(void *ctx, uint32_t slot)
{
	struct owner *o = ctx;

	ck_assert_ptr_nonnull(o->names[slot]);
	free(o->names[slot]);
	o->names[slot] = NULL;
	o->goes++;
}

static void owner_native(void *ctx, uint32_t slot, const struct native *histogram)
{
	struct owner *o = ctx;

	ck_assert(strncmp(o->names[slot], "native ", 7) == 0);
	o->medians[slot] = native_quantile(histogram, 0.5);
}

struct table {
	struct series *series;
	struct arena *arena;
	struct owner owner;
};

static void table_open(struct table *t)
{
	*t = (struct table){.series = series_new(), .arena = arena_new(1 << 20)};
	ck_assert_ptr_nonnull(t->series);
	ck_assert_ptr_nonnull(t->arena);
}

static void table_close(struct table *t)
{
	for (size_t i = 0; i < SLOTS; i++)
		free(t->owner.names[i]);
	series_free(t->series);
	arena_free(t->arena);
}

/* page: proto_text.h */
static bool table_read(struct table *t, const char *page, struct series_page *result)
{
	const struct series_owner owner = {.ctx = &t->owner,
		.bind = owner_bind,
		.bad = owner_bad,
		.gone = owner_gone,
		.native = owner_native};
	struct buf bytes;
	struct err e;

	buf_init(&bytes, 1 << 20);
	proto_text_add(&bytes, page);
	/* a copy that ends with its last byte, for the sanitizer */
	char *copy = malloc(bytes.len);
	if (bytes.len > 0)
		memcpy(copy, bytes.at, bytes.len);
	arena_reset(t->arena);
	bool done = series_read(t->series, EXPO_PROTOBUF, (struct str){copy, bytes.len},
		t->arena, &owner, result, &e);
	free(copy);
	buf_free(&bytes);
	return done;
}

/* "SERIES VALUE;..." in the order of the page. */
static char *table_text(const struct table *t)
{
	char *text = calloc(1, 8192);
	size_t len = 0;

	for (size_t line = 0; line < series_lines(t->series); line++) {
		uint32_t slot;

		if (!series_at_line(t->series, line, &slot))
			continue;
		const char *name = t->owner.names[slot];
		len += (size_t)snprintf(text + len, 8192 - len, "%s %g;", name,
			strncmp(name, "native ", 7) == 0
				? t->owner.medians[slot]
				: series_values(t->series)[slot]);
	}
	return text;
}

#define GAUGES                                                                           \
	"{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<1>}} 4:{1:{1:'x' 2:'2'} 2:{1:<2>}}}"
#define COUNTER "{1:'c_total' 3:0 4:{3:{1:<3>}} 5:'seconds'}"
#define HISTOGRAM                                                                        \
	"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:3 2:<4> 3:{1:1 2:<0.5>} 3:{1:2 2:<1>} 5:s0 " \
	"6:<1e-09> 12:{1:s1 2:2} 13:s1 13:s1}}}"
#define SUMMARY  "{1:'s' 3:2 4:{4:{1:5 2:<6> 3:{1:<0.5> 2:<1>} 3:{1:<0.9> 2:<2>}}}}"
#define UNWANTED "{1:'u' 3:1 4:{2:{1:<7>}}}"
#define PAGE     GAUGES COUNTER HISTOGRAM SUMMARY UNWANTED

static const struct next_row {
	const char *name;
	const char *page;
	bool is_page;
} next_rows[] = {
	{"the same", PAGE, true},
	{"other numbers, other lengths",
		"{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<10>}} 4:{1:{1:'x' 2:'2'} "
		"2:{}}}"
		"{1:'c_total' 3:0 4:{3:{1:<30>}} 5:'seconds'}"
		"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:1003 2:<4> 3:{1:501 2:<0.5>} "
		"3:{1:1002 "
		"2:<1>} 5:s0 6:<1e-09> 12:{1:s1 2:3} 13:[s400 s100 s1]}}}"
		"{1:'s' 3:2 4:{4:{1:500 2:<6> 3:{1:<0.5> 2:<3>} 3:{1:<0.9> 2:<4>}}}}",
		true},
	{"a metric more in front",
		"{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'0'} 2:{1:<9>}} 4:{1:{1:'x' 2:'1'} "
		"2:{1:<1>}} "
		"4:{1:{1:'x' 2:'2'} 2:{1:<2>}}}" COUNTER HISTOGRAM,
		true},
	{"a metric less", "{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'2'} 2:{1:<4>}}}" COUNTER,
		true},
	{"a family less", GAUGES HISTOGRAM SUMMARY, true},
	{"a family more", GAUGES "{1:'b' 3:1 4:{2:{1:<8>}}}" COUNTER HISTOGRAM SUMMARY,
		true},
	{"all in another order", UNWANTED SUMMARY HISTOGRAM COUNTER GAUGES, true},
	{"a series twice: the first counts",
		"{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<1>}} 4:{1:{1:'x' 2:'1'} "
		"2:{1:<5>}}}",
		true},
	{"another help", "{1:'a' 2:'new' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<4>}}}", true},
	{"another type", "{1:'a' 2:'h' 3:0 4:{1:{1:'x' 2:'1'} 3:{1:<4>}}}", true},
	{"another unit", GAUGES "{1:'c_total' 3:0 4:{3:{1:<3>}} 5:'bytes'}", true},
	{"a label more", "{1:'c_total' 3:0 4:{1:{1:'x' 2:'1'} 3:{1:<3>}} 5:'seconds'}",
		true},
	{"a label behind the value",
		"{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<1>} 1:{1:'y' 2:'1'}}}", true},
	{"a value of another type",
		GAUGES "{1:'c_total' 3:0 4:{2:{1:<3>}} 5:'seconds'}" SUMMARY, true},
	{"time stamps", "{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<1>} 6:1700}}", true},
	{"a bucket more",
		"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:3 2:<4> 3:{1:1 2:<0.5>} 3:{1:2 "
		"2:<1>} "
		"3:{1:2 2:<2>}}}}",
		true},
	{"another bound",
		"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:3 2:<4> 3:{1:1 2:<0.5>} 3:{1:2 "
		"2:<2>}}}}",
		true},
	{"+Inf on the page",
		"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:3 2:<4> 3:{1:1 2:<0.5>} 3:{1:2 "
		"2:<1>} "
		"3:{1:3 2:<inf>}}}}",
		true},
	{"no native buckets",
		"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:3 2:<4> 3:{1:1 2:<0.5>} 3:{1:2 "
		"2:<1>}}}}",
		true},
	{"bad native buckets",
		"{1:'h' 3:4 4:{1:{1:'x' 2:'1'} 7:{1:3 2:<4> 3:{1:1 2:<0.5>} 3:{1:2 "
		"2:<1>} "
		"5:s0 6:<1e-09> 12:{1:s1 2:3} 13:s1 13:s1}}}" SUMMARY,
		true},
	{"another quantile",
		"{1:'s' 3:2 4:{4:{1:5 2:<6> 3:{1:<0.5> 2:<1>} 3:{1:<0.99> 2:<2>}}}}",
		true},
	{"a counter below 0 is no value",
		GAUGES "{1:'c_total' 3:0 4:{3:{1:<-1>}} 5:'seconds'}", true},
	{"a broken message behind a good metric",
		"{1:'a' 2:'h' 3:1 4:{1:{1:'x' 2:'1'} 2:{1:<5>}} 4:7}" COUNTER, true},
	{"a family without a name between two", GAUGES "{2:'h' 3:1}" COUNTER, true},
	{"metrics that are numbers", GAUGES "{1:'c_total' 3:0 x2501020304 4:{}}" COUNTER,
		true},
	{"a broken message between two", GAUGES "{1:5}" COUNTER, true},
	{"cut short", GAUGES "x05", false},
	{"empty", "", true},
};

#define ROWS (sizeof(next_rows) / sizeof(next_rows[0]))

static void compare(const struct next_row *before, const struct next_row *now)
{
	struct table warm, cold;
	struct series_page a, b;

	table_open(&warm);
	table_open(&cold);
	ck_assert(table_read(&warm, PAGE, &a));
	ck_assert(table_read(&warm, before->page, &a));
	ck_assert_int_eq(table_read(&warm, now->page, &a), now->is_page);
	ck_assert_int_eq(table_read(&cold, now->page, &b), now->is_page);
	if (now->is_page) {
		char *one = table_text(&warm), *two = table_text(&cold);

		ck_assert_msg(strcmp(one, two) == 0, "%s, then %s: %s, not %s",
			before->name, now->name, one, two);
		ck_assert_uint_eq(a.samples, b.samples);
		ck_assert_uint_eq(a.bad_lines, b.bad_lines);
		ck_assert_msg(a.duplicates == b.duplicates, "%s, then %s", before->name,
			now->name);
		free(one);
		free(two);
	}
	table_close(&warm);
	table_close(&cold);
}

START_TEST(warm_is_as_cold)
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t k = 0; k < ROWS; k++)
			if (next_rows[i].is_page)
				compare(&next_rows[i], &next_rows[k]);
}
END_TEST

START_TEST(a_page_in_words)
{
	struct table t;
	struct series_page p;

	table_open(&t);
	ck_assert(table_read(&t, PAGE, &p));
	char *text = table_text(&t);
	ck_assert_str_eq(text,
		"a{x=\"1\"} 1;a{x=\"2\"} 2;c_total 3;h_bucket{x=\"1\",le=\"0.5\"} 1;"
		"h_bucket{x=\"1\",le=\"1\"} 2;h_bucket{x=\"1\",le=\"+Inf\"} 3;"
		"h_sum{x=\"1\"} 4;h_count{x=\"1\"} 3;native h{x=\"1\"} 2.37841;"
		"s{quantile=\"0.5\"} 1;s{quantile=\"0.9\"} 2;s_sum 6;s_count 5;");
	ck_assert_uint_eq(p.samples, 13);
	free(text);
	table_close(&t);
}
END_TEST

START_TEST(known_series_are_not_bound_again)
{
	struct table t;
	struct series_page p;

	table_open(&t);
	ck_assert(table_read(&t, PAGE, &p));
	ck_assert_uint_eq(t.owner.binds, 14);
	ck_assert(table_read(&t, PAGE, &p));
	ck_assert_uint_eq(p.samples, 13);
	ck_assert_uint_eq(t.owner.binds, 14);
	ck_assert_uint_eq(t.owner.goes, 0);
	ck_assert(table_read(&t, COUNTER, &p));
	ck_assert_uint_eq(t.owner.goes, 12);
	table_close(&t);
}
END_TEST

START_TEST(what_is_bad_has_its_place)
{
	struct table t;
	struct series_page p;

	table_open(&t);
	for (int i = 0; i < 2; i++) {
		ck_assert(table_read(&t,
			GAUGES "{1:'c_total' 3:0 4:{1:{1:'x' 2:'1'} 3:{1:<1>}} "
			       "4:{3:{1:<-1>}}}",
			&p));
		ck_assert_uint_eq(p.bad_lines, 1);
		ck_assert_uint_eq(p.samples, 3);
		ck_assert_uint_eq(t.owner.last_line, 2);
		ck_assert_uint_eq(t.owner.last_column, 35);
	}
	table_close(&t);
}
END_TEST

START_TEST(text_behind_protobuf_is_read_anew)
{
	const struct series_owner owner = {
		.bind = owner_bind, .bad = owner_bad, .gone = owner_gone};
	struct series_owner mine = owner;
	struct table t;
	struct series_page p;
	struct err e;

	table_open(&t);
	mine.ctx = &t.owner;
	ck_assert(table_read(&t, GAUGES, &p));
	ck_assert(series_read(t.series, EXPO_TEXT, STR("# TYPE a gauge\na{x=\"1\"} 7\n"),
		t.arena, &mine, &p, &e));
	char *text = table_text(&t);
	ck_assert_str_eq(text, "a{x=\"1\"} 7;");
	ck_assert_uint_eq(t.owner.binds, 2);
	free(text);
	table_close(&t);
}
END_TEST

SUITE("series_proto", a_page_in_words, warm_is_as_cold, known_series_are_not_bound_again,
	what_is_bad_has_its_place, text_behind_protobuf_is_read_anew)
