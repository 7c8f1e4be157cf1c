/* Pages read one after the other: whatever the warm path does, each must give the values
 * that a table without a past gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/series.h"

#include "tests/suite.h"

/* Wants everything but what begins with `u`; counters begin with `c`. */
struct owner {
	char *names[64]; /* by slot; NULL: none */
	size_t binds, goes, bads;
};

static struct series_use owner_bind(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	struct owner *o = ctx;

	ck_assert_uint_lt(slot, 64);
	ck_assert_int_eq(is_seconds, str_starts(e->name, STR("s")));
	o->binds++;
	if (*e->name.at == 'u')
		return (struct series_use){.is_wanted = false};
	free(o->names[slot]);
	o->names[slot] = strndup(e->series.at, e->series.len);
	return (struct series_use){.is_wanted = true, .counts = *e->name.at == 'c'};
}

static void owner_bad(void *ctx, const struct expo_entry *e)
{
	struct owner *o = ctx;

	ck_assert_int_ne(e->error.code, ERR_NONE);
	o->bads++;
}

static void owner_gone(void *ctx, uint32_t slot)
{
	struct owner *o = ctx;

	ck_assert_ptr_nonnull(o->names[slot]);
	free(o->names[slot]);
	o->names[slot] = NULL;
	o->goes++;
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
}

static void table_close(struct table *t)
{
	for (size_t i = 0; i < 64; i++)
		free(t->owner.names[i]);
	series_free(t->series);
	arena_free(t->arena);
}

static bool table_read(struct table *t, const char *page, struct series_page *result)
{
	const struct series_owner owner = {.ctx = &t->owner,
		.bind = owner_bind,
		.bad = owner_bad,
		.gone = owner_gone};
	struct err e;
	/* a copy that ends with its last byte, for the sanitizer */
	char *copy = malloc(strlen(page));

	memcpy(copy, page, strlen(page));
	arena_reset(t->arena);
	bool done = series_read(t->series, EXPO_TEXT, (struct str){copy, strlen(page)},
		t->arena, &owner, result, &e);
	free(copy);
	return done;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "SERIES VALUE;..." sorted, of all slots in use. */
static char *table_text(const struct table *t)
{
	char *lines[64], *text = calloc(1, 8192);
	size_t count = 0;

	for (uint32_t slot = 0; slot < 64; slot++)
		if (t->owner.names[slot] != NULL)
			ck_assert_int_gt(
				asprintf(&lines[count++], "%s %g;", t->owner.names[slot],
					series_values(t->series)[slot]),
				0);
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++) {
		strcat(text, lines[i]);
		free(lines[i]);
	}
	return text;
}

#define PAGE                                                                             \
	"# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# HELP c h\n# TYPE c counter\nc "   \
	"3\n"                                                                            \
	"# TYPE u gauge\nu 7\nu{x=\"1\"} 8\n# TYPE z gauge\nz 0.5\n"

static const struct next_row {
	const char *name;
	const char *page;
	bool is_page;
} next_rows[] = {
	{"the same", PAGE, true},
	{"other numbers, other lengths",
		"# TYPE a gauge\na{x=\"1\"} 10\na{x=\"2\"} 2.5e3\n# HELP c h\n# TYPE c "
		"counter\nc 3000000\n# TYPE u gauge\nu 7\nu{x=\"1\"} 81\n# TYPE z "
		"gauge\nz 1\n",
		true},
	{"a line more in front", "# TYPE a gauge\na{x=\"0\"} 9\na{x=\"1\"} 1\n", true},
	{"a line less",
		"# TYPE a gauge\na{x=\"2\"} 4\n# HELP c h\n# TYPE c counter\nc 4\n",
		true},
	{"all in another order",
		"z 1\nc 9\nu{x=\"1\"} 1\na{x=\"2\"} 22\na{x=\"1\"} 11\nu 3\n", true},
	{"a series twice: the first counts",
		"# TYPE a gauge\na{x=\"1\"} 1\na{x=\"1\"} 5\na{x=\"2\"} 2\n", true},
	{"labels in another order are the same series", "b{p=\"1\",q=\"2\"} 1\n", true},
	{"a counter below 0 is no value", "c -1\nz 1\n", true},
	{"a counter of NaN is no value", "c NaN\na 1\n", true},
	{"numbers in other forms",
		"# TYPE a gauge\na{x=\"1\"} +1\na{x=\"2\"} 0x10\n# HELP c h\n# TYPE c "
		"counter\nc 1e3\n",
		true},
	{"a time stamp behind the number", "# TYPE a gauge\na{x=\"1\"} 1 1700\n", true},
	{"CRLF", "# TYPE a gauge\r\na{x=\"1\"} 1\r\na{x=\"2\"} 2\r\n", true},
	{"no line end", "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 17", true},
	{"cut within a number's line", "# TYPE a gauge\na{x=\"1\"} ", false},
	{"empty", "", true},
	{"another type", "# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\n", true},
	{"help changed", "# HELP a new\n# TYPE a gauge\na{x=\"1\"} 4\n", true},
};

/* The page gives what it gives a table that has read nothing before. */
static void read_as_cold(struct table *warm, const char *page, const char *name)
{
	struct table cold;
	struct series_page a, b;

	table_open(&cold);
	bool is_page = table_read(warm, page, &a);
	ck_assert_int_eq(table_read(&cold, page, &b), is_page);
	if (is_page) {
		char *one = table_text(warm), *two = table_text(&cold);

		ck_assert_msg(strcmp(one, two) == 0, "%s: %s, not %s", name, one, two);
		ck_assert_uint_eq(a.samples, b.samples);
		ck_assert_uint_eq(a.bad_lines, b.bad_lines);
		ck_assert_uint_eq(a.duplicates, b.duplicates);
		free(one);
		free(two);
	}
	table_close(&cold);
}

START_TEST(warm_is_as_cold)
{
	for (size_t i = 0; i < sizeof(next_rows) / sizeof(next_rows[0]); i++)
		for (size_t k = 0; k < sizeof(next_rows) / sizeof(next_rows[0]); k++) {
			struct table warm;
			struct series_page p;
			char name[128];

			if (!next_rows[i].is_page)
				continue;
			snprintf(name, sizeof(name), "%s, then %s", next_rows[i].name,
				next_rows[k].name);
			table_open(&warm);
			ck_assert(table_read(&warm, PAGE, &p));
			ck_assert(table_read(&warm, next_rows[i].page, &p));
			read_as_cold(&warm, next_rows[k].page, name);
			table_close(&warm);
		}
}
END_TEST

/* ---- pages in any order ---- */

static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

enum { LINES = 56 };

/* Line i of a page as it mostly is, or as odd as `oddity` says. */
static int write_line(
	char *out, size_t size, unsigned int i, unsigned int value, unsigned int oddity)
{
	char name = i % 7 == 0 ? 'c' : i % 7 == 1 ? 'u' : 'g';

	switch (oddity) {
	case 0:
		return 0; /* gone */
	case 1:
		return snprintf(out, size, "%c{i=\"%u\"} %u 1700\n", name, i, value);
	case 2:
		return snprintf(out, size, "%c{i=\"%u\"} -%u\n", name, i, value);
	case 3:
		return snprintf(out, size, "%c{i=\"%u\"} 1\n\n%c{i=\"%u\"} 2\n", name, i,
			name, i);
	case 4:
		return snprintf(out, size, "# TYPE %c %s\n\n", name,
			value % 2 == 0 ? "gauge" : "untyped");
	case 5:
		return snprintf(out, size, "%c{i=\"%u\"} %u.5\r\n", name, i, value);
	default:
		return snprintf(out, size, "%c{i=\"%u\"} %u\n", name, i, value);
	}
}

/* One line of odds is odd; 0: none is. */
static char *make_shuffled(unsigned int *random, unsigned int odds)
{
	unsigned int order[LINES] = {0};
	size_t len = 0, size = 64UL * LINES;
	char *page = malloc(size);

	for (unsigned int i = 0; i < LINES; i++) {
		unsigned int other = next_random(random) % (i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (size_t i = 0; i < LINES; i++) {
		bool is_odd = odds > 0 && next_random(random) % odds == 0;

		len += (size_t)write_line(page + len, size - len, order[i],
			next_random(random), is_odd ? next_random(random) % 6 : 6);
	}
	page[len] = '\0';
	return page;
}

START_TEST(any_order_is_as_cold)
{
	for (unsigned int odds = 2; odds <= 16; odds *= 2) {
		unsigned int random = odds;
		struct table warm;

		table_open(&warm);
		for (unsigned int i = 0; i < 200; i++) {
			char *page = make_shuffled(&random, odds);

			read_as_cold(&warm, page, page);
			free(page);
		}
		table_close(&warm);
	}
}
END_TEST

START_TEST(shuffled_lines_are_not_bound_again)
{
	unsigned int random = 1;
	struct table t;
	size_t binds = 0;

	table_open(&t);
	for (unsigned int i = 0; i < 4; i++) {
		char *page = make_shuffled(&random, 0);
		struct series_page p;

		ck_assert(table_read(&t, page, &p));
		ck_assert_uint_eq(p.samples, LINES);
		ck_assert(i == 0 || t.owner.binds < binds + LINES / 2);
		binds = t.owner.binds;
		free(page);
	}
	ck_assert_uint_eq(t.owner.goes, 0);
	table_close(&t);
}
END_TEST

START_TEST(known_lines_are_not_bound_again)
{
	struct table t;
	struct series_page p;

	table_open(&t);
	ck_assert(table_read(&t, PAGE, &p));
	ck_assert_uint_eq(p.samples, 6);
	ck_assert_uint_eq(t.owner.binds, 6);
	ck_assert(table_read(&t, PAGE, &p));
	ck_assert_uint_eq(p.samples, 6);
	ck_assert_uint_eq(t.owner.binds, 6);
	ck_assert_uint_eq(t.owner.goes, 0);
	ck_assert(table_read(&t, "z 1\n", &p));
	ck_assert_uint_eq(t.owner.goes, 3);
	table_close(&t);
}
END_TEST

START_TEST(what_is_no_page_changes_nothing)
{
	struct table t;
	struct series_page p;

	table_open(&t);
	ck_assert(table_read(&t, PAGE, &p));
	char *before = table_text(&t);
	ck_assert(!table_read(&t, "<html>\n<body>\n", &p));
	char *after = table_text(&t);
	ck_assert_str_eq(before, after);
	ck_assert(table_read(&t, PAGE, &p));
	ck_assert_uint_eq(t.owner.goes, 0);
	free(before);
	free(after);
	table_close(&t);
}
END_TEST

START_TEST(order_of_the_page)
{
	struct table t;
	struct series_page p;
	uint32_t slot;

	table_open(&t);
	ck_assert(table_read(&t, PAGE, &p));
	ck_assert_uint_eq(series_lines(t.series), 10);
	ck_assert(!series_at_line(t.series, 0, &slot));
	ck_assert(series_at_line(t.series, 2, &slot));
	ck_assert_str_eq(t.owner.names[slot], "a{x=\"2\"}");
	ck_assert(!series_at_line(t.series, 7, &slot));
	table_close(&t);
}
END_TEST

START_TEST(seconds_by_unit)
{
	struct table t;
	struct series_page p;

	table_open(&t);
	ck_assert(table_read(&t, "a 1\n", &p));
	const struct series_owner owner = {.ctx = &t.owner,
		.bind = owner_bind,
		.bad = owner_bad,
		.gone = owner_gone};
	struct err e;
	struct str page = STR(
		"# TYPE s_seconds gauge\n# UNIT s_seconds seconds\ns_seconds 1\n# EOF\n");
	ck_assert(series_read(t.series, EXPO_OPENMETRICS, page, t.arena, &owner, &p, &e));
	page.len -= 6;
	ck_assert(
		!series_read(t.series, EXPO_OPENMETRICS, page, t.arena, &owner, &p, &e));
	ck_assert_int_eq(e.code, ERR_TRUNCATED);
	table_close(&t);
}
END_TEST

SUITE("series", warm_is_as_cold, any_order_is_as_cold, shuffled_lines_are_not_bound_again,
	known_lines_are_not_bound_again, what_is_no_page_changes_nothing,
	order_of_the_page, seconds_by_unit)
