/* Any bytes as a page. The first byte says the format: t text, o OpenMetrics, p protobuf.
 * What the parser says of a line does not depend on the lines around it (but for the
 * family), all it hands out lies where it may, and memory is bound by the page's length.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/expo.h"
#include "engine/expo_check.h"

#include "tests/fuzz.h"

static bool is_same_number(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void require_same_labels(struct labels a, struct labels b)
{
	require(a.count == b.count);
	for (size_t i = 0; i < a.count; i++)
		require(str_eq(a.at[i].name, b.at[i].name) &&
			str_eq(a.at[i].value, b.at[i].value));
}

static void require_same_sample(const struct expo_entry *a, const struct expo_entry *b)
{
	require(str_eq(a->name, b->name) && str_eq(a->series, b->series));
	require_same_labels(a->labels, b->labels);
	require(is_same_number(a->value, b->value));
	require(a->has_timestamp == b->has_timestamp &&
		a->has_exemplar == b->has_exemplar);
	require(!a->has_timestamp ||
		is_same_number(a->timestamp_seconds, b->timestamp_seconds));
	if (a->has_exemplar)
		require_same_labels(a->exemplar.labels, b->exemplar.labels);
}

/* The line that e was made of, as a page of its own. */
static void require_same_alone(
	enum expo_format format, struct str line, const struct expo_entry *e)
{
	struct arena *arena = arena_new(64 << 20);
	struct expo_entry alone;
	struct expo x;

	require(arena != NULL);
	expo_init(&x, format, line, arena);
	require(expo_next(&x, &alone));
	require(alone.kind == e->kind);
	if (e->kind == EXPO_SAMPLE)
		require_same_sample(&alone, e);
	if (e->kind == EXPO_BAD)
		require(alone.error.column == e->error.column &&
			strcmp(alone.error.text, e->error.text) == 0);
	else
		require(alone.lapse == e->lapse);
	arena_free(arena);
}

static void check_entry(const struct expo *x, const struct expo_entry *e)
{
	const char *end = x->page.at + x->page.len;

	require(e->text.at >= x->page.at && e->text.at + e->text.len <= x->at &&
		x->at <= end);
	require(e->line > 0 && e->line < x->line);
	if (e->kind == EXPO_BAD)
		require(e->error.line == e->line && e->error.column > 0 &&
			e->error.column <= e->text.len + 1);
	if (e->kind == EXPO_SAMPLE)
		require(e->name.len > 0 && e->series.at >= e->text.at &&
			e->series.at + e->series.len <= e->text.at + e->text.len);
}

static void ignore_violation(void *ctx, const struct err *why, struct str text)
{
	size_t *count = ctx;

	(void)why;
	(void)text;
	++*count;
}

/* How many bad lines there are. */
static size_t read_page(enum expo_format format, struct str page)
{
	struct arena *arena = arena_new((size_t)1 << 30);
	struct expo_entry e;
	struct expo x;
	size_t bad = 0;

	require(arena != NULL);
	expo_init(&x, format, page, arena);
	while (expo_next(&x, &e)) {
		bad += e.kind == EXPO_BAD;
		if (format == EXPO_PROTOBUF)
			continue;
		check_entry(&x, &e);
		require_same_alone(
			format, (struct str){e.text.at, (size_t)(x.at - e.text.at)}, &e);
	}
	require(format == EXPO_PROTOBUF || arena_used(arena) < 65536 + 64 * page.len);
	arena_free(arena);
	return bad;
}

static size_t check_page(enum expo_format format, struct str page)
{
	struct arena *arena = arena_new((size_t)1 << 30);
	size_t told = 0;
	struct expo_check *c =
		expo_check_new(format, (struct expo_violations){&told, ignore_violation});
	struct expo_entry e;
	struct expo x;
	struct err why;

	require(arena != NULL && c != NULL);
	expo_init(&x, format, page, arena);
	while (expo_next(&x, &e))
		expo_check_entry(c, &e);
	require(expo_check_end(c, &x, &why));
	expo_check_free(c);
	arena_free(arena);
	return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum expo_format format = EXPO_TEXT;

	if (size == 0)
		return 0;
	if (data[0] == 'o')
		format = EXPO_OPENMETRICS;
	if (data[0] == 'p')
		format = EXPO_PROTOBUF;
	/* of exactly this size, so that a sanitizer sees what lies behind it */
	char *page = malloc(size);
	require(page != NULL);
	memcpy(page, data + 1, size - 1);
	page = realloc(page, size > 1 ? size - 1 : 1);
	struct str text = {page, size - 1};
	require(check_page(format, text) >= read_page(format, text));
	free(page);
	return 0;
}
