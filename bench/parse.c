/* parse [SHAPE]: what the parser alone costs on each page (bench/pages.h), in ns of
 * processor time a sample, beside what a machine can do at all with the same bytes: copy
 * them, walk over their lines with memchr(), read their numbers with strtod() and with
 * ours. With SHAPE the parser goes over that page once, and `SAMPLES BYTES` is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/pages.h"
#include "engine/arena.h"
#include "engine/expo.h"

struct subject {
	struct buf page;
	struct arena *arena;
	char *copy;
	const char **values; /* where the number of each sample stands */
	size_t samples;
};

/* ---- what is measured: each goes over the whole page once ---- */

static double copy_bytes(void *subject)
{
	const struct subject *s = subject;
	memcpy(s->copy, s->page.at, s->page.len);
	return s->copy[s->page.len - 1];
}

static double walk_lines(void *subject)
{
	const struct subject *s = subject;
	const char *end = s->page.at + s->page.len;
	double lines = 0;

	for (const char *p = s->page.at; p < end; lines++) {
		const char *next = memchr(p, '\n', (size_t)(end - p));

		p = next == NULL ? end : next + 1;
	}
	return lines;
}

static double read_strtod(void *subject)
{
	const struct subject *s = subject;
	double sum = 0;

	for (size_t i = 0; i < s->samples; i++)
		sum += strtod(s->values[i], NULL);
	return sum;
}

static double read_ours(void *subject)
{
	const struct subject *s = subject;
	double sum = 0;

	for (size_t i = 0; i < s->samples; i++) {
		double value = 0;

		expo_number(s->values[i], s->page.at + s->page.len, &value);
		sum += value;
	}
	return sum;
}

static double parse(void *subject)
{
	const struct subject *s = subject;
	struct expo_entry e;
	struct expo x;
	double sum = 0;

	arena_reset(s->arena);
	expo_init(&x, EXPO_TEXT, buf_str(&s->page), s->arena);
	while (expo_next(&x, &e))
		if (e.kind == EXPO_SAMPLE)
			sum += e.value + (double)e.labels.count;
	return sum;
}

static const struct measure_way ways[] = {
	{"memchr", walk_lines, 0, 0},
	{"strtod", read_strtod, 0, 0},
	{"memcpy", copy_bytes, 0, 0},
	{"numbers", read_ours, 0, 0},
	{"parser", parse, 40, 0},
};

static bool prepare(struct subject *s, enum bench_shape shape, const char *srcdir)
{
	struct expo_entry e;
	struct expo x;

	*s = (struct subject){.arena = arena_new((size_t)1 << 30)};
	buf_init(&s->page, (size_t)1 << 30);
	if (s->arena == NULL || !bench_page(&s->page, shape, srcdir, 1))
		return false;
	s->copy = malloc(s->page.len);
	s->values = calloc(s->page.len / 8, sizeof(s->values[0]));
	if (s->copy == NULL || s->values == NULL)
		return false;
	expo_init(&x, EXPO_TEXT, buf_str(&s->page), s->arena);
	while (expo_next(&x, &e))
		if (e.kind == EXPO_SAMPLE)
			s->values[s->samples++] = e.series.at + e.series.len + 1;
	return s->samples > 0;
}

static void release(struct subject *s)
{
	arena_free(s->arena);
	buf_free(&s->page);
	free(s->copy);
	free(s->values);
}

static bool measure_shape(enum bench_shape shape, const char *srcdir)
{
	const char *name = bench_shape_name(shape);
	struct subject s;
	bool is_ready = prepare(&s, shape, srcdir);

	if (is_ready) {
		measure(name, ways, sizeof(ways) / sizeof(ways[0]), &s, s.samples);
		printf("%-10s %zu samples, %zu bytes; the parser took %zu bytes of "
		       "memory\n",
			name, s.samples, s.page.len, arena_used(s.arena));
	}
	release(&s);
	return is_ready;
}

/* One walk of the parser, for those who count instructions. */
static bool walk_once(enum bench_shape shape, const char *srcdir)
{
	volatile double sink;
	struct subject s;
	bool is_ready = prepare(&s, shape, srcdir);

	if (is_ready) {
		sink = parse(&s);
		(void)sink;
		printf("%zu %zu\n", s.samples, s.page.len);
	}
	release(&s);
	return is_ready;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	bool is_done = true;

	srcdir = srcdir == NULL ? "." : srcdir;
	if (argc == 1)
		measure_print_head("memchr", "strtod");
	for (enum bench_shape shape = 0; is_done && shape < BENCH_SHAPES; shape++) {
		if (argc == 1)
			is_done = measure_shape(shape, srcdir);
		else if (strcmp(argv[1], bench_shape_name(shape)) == 0)
			is_done = walk_once(shape, srcdir);
	}
	if (!is_done)
		fprintf(stderr, "parse: srcdir=FOLDER must name the source tree\n");
	return is_done ? 0 : 1;
}
