/* Once the series of a page are known, its next one costs a handful of allocations,
 * however long it is: none for a line, none for a value. */
#include <stdlib.h>

#include "bench/pages.h"
#include "engine/normalize.h"
#include "engine/settings.h"

#include "tests/failing_alloc.h"
#include "tests/suite.h"

/* Of a page, whatever its length: an arena's chunk each, and some small ones. */
enum { ALLOCATIONS = 8 };

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static void take_metric(void *ctx, const struct metric *m)
{
	size_t *taken = ctx;

	(void)m;
	++*taken;
}

/* Allocations for that generation of a page. */
static size_t allocations_of(struct normalize *n, enum bench_shape shape,
	enum expo_format format, int generation)
{
	size_t values = 0;
	const struct sink sink = {.ctx = &values, .metric = take_metric};
	struct answer answer = answer_at(1000 + generation * 10000);
	const char *srcdir = getenv("srcdir");
	struct buf text, protobuf;

	buf_init(&text, (size_t)1 << 30);
	buf_init(&protobuf, (size_t)1 << 30);
	ck_assert(bench_page(&text, shape, srcdir == NULL ? "." : srcdir, generation));
	ck_assert(bench_protobuf(&protobuf, buf_str(&text)));
	answer.status = 200;
	answer.format = format;
	answer.body = buf_str(format == EXPO_TEXT ? &text : &protobuf);
	size_t before = failing_alloc_count();
	ck_assert(normalize_run(n, &answer, &sink));
	size_t allocations = failing_alloc_count() - before;
	ck_assert_uint_gt(values, 50);
	buf_free(&text);
	buf_free(&protobuf);
	return allocations;
}

START_TEST(a_known_page_allocates_nothing_for_its_lines)
{
	static const struct {
		enum bench_shape shape;
		enum expo_format format;
	} rows[] = {{BENCH_THREE, EXPO_TEXT}, {BENCH_HUNDRED, EXPO_TEXT},
		{BENCH_THREE, EXPO_PROTOBUF}, {BENCH_HUNDRED, EXPO_PROTOBUF}};
	static const struct log silence = {NULL, say_nothing};
	struct settings *settings = settings_new(SETTINGS_ARGV, &silence);

	ck_assert_ptr_nonnull(settings);
	ck_assert(settings_check(settings, 10));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct normalize *n =
			normalize_new(settings_defaults(settings), NULL, NULL);
		size_t first = allocations_of(n, rows[i].shape, rows[i].format, 0);

		ck_assert_uint_gt(first, 50); /* so they are counted */
		allocations_of(n, rows[i].shape, rows[i].format, 1);
		for (int g = 2; g < 5; g++)
			ck_assert_uint_le(
				allocations_of(n, rows[i].shape, rows[i].format, g),
				ALLOCATIONS);
		normalize_free(n);
	}
	settings_free(settings);
}
END_TEST

SUITE("steady", a_known_page_allocates_nothing_for_its_lines)
