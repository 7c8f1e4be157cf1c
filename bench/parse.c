/* parse [SHAPE]: what the parser alone costs on each page (bench/pages.h), in ns of
 * processor time a sample, beside what a machine can do at all with the same bytes: copy
 * them, walk over their lines with memchr(), read their numbers with strtod() and with
 * ours. Each round measures all; shown are medians of the rounds, and ratios within a
 * round. With SHAPE the parser goes over that page once, and `SAMPLES BYTES` is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/pages.h"
#include "engine/arena.h"
#include "engine/expo.h"

enum { ROUNDS = 9 };

struct subject {
	struct buf page;
	struct arena *arena;
	char *copy;
	const char **values; /* where the number of each sample stands */
	size_t samples;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- what is measured: each goes over the whole page once ---- */

static double copy_bytes(const struct subject *s)
{
	memcpy(s->copy, s->page.at, s->page.len);
	return s->copy[s->page.len - 1];
}

static double walk_lines(const struct subject *s)
{
	const char *end = s->page.at + s->page.len;
	double lines = 0;

	for (const char *p = s->page.at; p < end; lines++) {
		const char *next = memchr(p, '\n', (size_t)(end - p));

		p = next == NULL ? end : next + 1;
	}
	return lines;
}

static double read_strtod(const struct subject *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->samples; i++)
		sum += strtod(s->values[i], NULL);
	return sum;
}

static double read_ours(const struct subject *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->samples; i++) {
		double value = 0;

		str_read_double(
			(struct str){s->values[i],
				(size_t)(s->page.at + s->page.len - s->values[i])},
			&value);
		sum += value;
	}
	return sum;
}

static double parse(const struct subject *s)
{
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

static const struct {
	const char *name;
	double (*run)(const struct subject *s);
} contenders[] = {
	{"memcpy", copy_bytes},
	{"memchr", walk_lines},
	{"strtod", read_strtod},
	{"numbers", read_ours},
	{"parser", parse},
};

enum { CONTENDERS = sizeof(contenders) / sizeof(contenders[0]) };

/* ---- measuring ---- */

/* ns a sample, from as many runs as fill 20 ms. */
static double measure(const struct subject *s, size_t contender)
{
	volatile double sink = 0;
	double start = now_ns();
	double spent;
	size_t runs = 0;

	do {
		sink = sink + contenders[contender].run(s);
		runs++;
		spent = now_ns() - start;
	} while (spent < 20e6);
	return spent / (double)runs / (double)s->samples;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

static void print_row(
	const char *name, double rounds[CONTENDERS][ROUNDS], size_t contender)
{
	double ns[ROUNDS];
	double to_memchr[ROUNDS];
	double to_strtod[ROUNDS];

	for (size_t r = 0; r < ROUNDS; r++) {
		ns[r] = rounds[contender][r];
		to_memchr[r] = ns[r] / rounds[1][r];
		to_strtod[r] = ns[r] / rounds[2][r];
	}
	printf("%-10s %-8s %8.1f %9.2f %9.2f\n", name, contenders[contender].name,
		median(ns), median(to_memchr), median(to_strtod));
}

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
	double rounds[CONTENDERS][ROUNDS];
	struct subject s;
	bool is_ready = prepare(&s, shape, srcdir);

	for (size_t r = 0; is_ready && r < ROUNDS; r++)
		for (size_t c = 0; c < CONTENDERS; c++)
			rounds[c][r] = measure(&s, c);
	for (size_t c = 0; is_ready && c < CONTENDERS; c++)
		print_row(bench_shape_name(shape), rounds, c);
	if (is_ready)
		printf("%-10s %zu samples, %zu bytes; the parser took %zu bytes of "
		       "memory\n",
			bench_shape_name(shape), s.samples, s.page.len,
			arena_used(s.arena));
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
		sink = contenders[CONTENDERS - 1].run(&s);
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
		printf("%-10s %-8s %8s %9s %9s\n", "page", "what", "ns", "/memchr",
			"/strtod");
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
