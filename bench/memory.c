/* memory: what an endpoint's memory holds between two pages, in bytes a scraped series,
 * all in: the table of its series, names and what is remembered of values. And how time
 * and memory grow with the page, up to 10^6 series: in a straight line if the figures a
 * series stay the same. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/pages.h"
#include "engine/normalize.h"
#include "engine/settings.h"

/* So many pages are read: from the second on there is something to compare with. */
enum { PAGES = 3 };

static const double most_bytes = 300;

struct endpoint {
	struct normalize *normalize;
	enum expo_format format;
	uint64_t samples;
	double cold_ns; /* of the first page */
	double warm_ns; /* of the last one */
};

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static void take_metric(void *ctx, const struct metric *m)
{
	(void)ctx;
	(void)m;
}

static void take_end(void *ctx, const struct attempt *a)
{
	struct endpoint *x = ctx;

	x->samples = a->samples;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double allocated_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)(info.uordblks + info.hblkhd);
}

static bool read_page(
	struct endpoint *x, enum bench_shape shape, const char *srcdir, int generation)
{
	const struct sink sink = {.ctx = x, .metric = take_metric, .end = take_end};
	struct answer answer = answer_at(1000 + generation * 10000);
	struct buf text, page;
	bool is_text = x->format == EXPO_TEXT;

	buf_init(&text, (size_t)1 << 30);
	buf_init(&page, (size_t)1 << 30);
	bool done = bench_page(&text, shape, srcdir, generation) &&
		    bench_protobuf(&page, buf_str(&text));
	if (is_text) {
		buf_reset(&page);
		buf_add(&page, buf_str(&text));
	}
	buf_free(&text);
	answer.status = 200;
	answer.format = x->format;
	answer.body = buf_str(&page);
	double begin = now_ns();
	done = done && normalize_run(x->normalize, &answer, &sink);
	x->warm_ns = now_ns() - begin;
	if (generation == 0)
		x->cold_ns = x->warm_ns;
	buf_free(&page);
	return done;
}

static bool measure(const struct settings *settings, enum bench_shape shape,
	enum expo_format format, const char *srcdir)
{
	double before = allocated_bytes();
	struct endpoint x = {
		.normalize = normalize_new(settings_defaults(settings), NULL, NULL),
		.format = format};
	bool done = x.normalize != NULL;

	for (int g = 0; done && g < PAGES; g++)
		done = read_page(&x, shape, srcdir, g);
	if (done) {
		double count = (double)x.samples;
		double bytes = (allocated_bytes() - before) / count;

		printf("%-10s %-9s %8.0f %8.0f bytes  at most %g%s; %6.0f ns cold, %4.0f "
		       "ns "
		       "warm\n",
			bench_shape_name(shape),
			format == EXPO_TEXT ? "text" : "protobuf", count, bytes,
			most_bytes, bytes > most_bytes ? ": MISSED" : "",
			x.cold_ns / count, x.warm_ns / count);
	}
	normalize_free(x.normalize);
	return done;
}

int main(void)
{
	static const struct log silence = {NULL, say_nothing};
	const char *srcdir = getenv("srcdir");
	struct settings *settings = settings_new(SETTINGS_ARGV, &silence);
	bool done = settings != NULL && settings_check(settings, SETTINGS_INTERVAL);

	srcdir = srcdir == NULL ? "." : srcdir;
	printf("%-10s %-9s %8s %14s a series\n", "page", "format", "series", "memory");
	for (enum bench_shape shape = 0; done && shape < BENCH_SHAPES; shape++)
		done = measure(settings, shape, EXPO_TEXT, srcdir) &&
		       measure(settings, shape, EXPO_PROTOBUF, srcdir);
	settings_free(settings);
	if (!done)
		fprintf(stderr, "memory: srcdir=FOLDER must name the source tree\n");
	return done ? 0 : 1;
}
