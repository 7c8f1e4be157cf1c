/* Any bytes as two pages of protobuf, one after the other: read behind the first, the
 * second must give what it gives alone. The first two bytes are the length of the first
 * page. */
#include <math.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/native.h"
#include "engine/series.h"

#include "tests/fuzz.h"

/* Names that begin with `c` are counters. */
static struct series_use bind(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	(void)ctx;
	(void)is_seconds;
	(void)slot;
	return (struct series_use){
		.is_wanted = *e->name.at != 'u', .counts = *e->name.at == 'c'};
}

static void gone(void *ctx, uint32_t slot)
{
	(void)ctx;
	(void)slot;
}

/* Adds up what the natives of a page say, in any order. */
static void native(void *ctx, uint32_t slot, const struct native *histogram)
{
	uint64_t *sum = ctx;
	double median = native_quantile(histogram, 0.5);
	uint64_t bits;

	(void)slot;
	memcpy(&bits, &median, sizeof(bits));
	*sum += isnan(median) ? 1 : bits;
}

struct outcome {
	bool is_page;
	struct series_page page;
	uint64_t natives;
};

static struct outcome read_page(
	struct series *series, struct arena *arena, struct str page)
{
	struct outcome o = {.is_page = false};
	const struct series_owner owner = {
		.ctx = &o.natives, .bind = bind, .gone = gone, .native = native};

	arena_reset(arena);
	o.is_page =
		series_read(series, EXPO_PROTOBUF, page, arena, &owner, &o.page, NULL);
	return o;
}

static double next_value(const struct series *series, size_t *line)
{
	uint32_t slot;

	while (*line < series_lines(series))
		if (series_at_line(series, (*line)++, &slot))
			return series_values(series)[slot];
	return -1;
}

static void require_same_values(const struct series *a, const struct series *b)
{
	size_t i = 0, k = 0;

	while (i < series_lines(a) || k < series_lines(b)) {
		double x = next_value(a, &i), y = next_value(b, &k);

		require(memcmp(&x, &y, sizeof(x)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct series *warm = series_new(), *cold = series_new();
	struct arena *arena = arena_new(64 << 20);

	require(warm != NULL && cold != NULL && arena != NULL);
	if (size >= 2) {
		struct str both = {(const char *)data + 2, size - 2};
		size_t first = (size_t)data[0] << 8 | data[1];

		first = first < both.len ? first : both.len;
		struct str now = {both.at + first, both.len - first};

		read_page(warm, arena, (struct str){both.at, first});
		struct outcome a = read_page(warm, arena, now);
		struct outcome b = read_page(cold, arena, now);

		require(a.is_page == b.is_page);
		if (a.is_page) {
			require(a.page.samples == b.page.samples);
			require(a.page.bad_lines == b.page.bad_lines);
			require(a.page.duplicates == b.page.duplicates);
			require_same_values(warm, cold);
		}
	}
	series_free(warm);
	series_free(cold);
	arena_free(arena);
	return 0;
}
