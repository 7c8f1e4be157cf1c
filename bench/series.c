/* series [SHAPE]: what a page costs on its whole way from bytes to values, in ns of
 * processor time a sample, beside a walk over its lines with memchr(). Warm: the series
 * are those of the page before and their numbers have moved on. Cold: nothing is known
 * yet. Shuffled: the series are known and stand in another order each time. Unsent:
 * nobody wants a single family of the page. In turn: each page is of another endpoint, as
 * in an agent with many, so that what is known of it has left the processor's cache. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/pages.h"
#include "engine/arena.h"
#include "engine/normalize.h"
#include "engine/series.h"
#include "engine/settings.h"

enum { GENERATIONS = 4 };

/* Endpoints that are read in turn have so many samples together, unless one has more. */
enum { SAMPLES_IN_TURN = 100000 };

/* A page at several moments, and who has read them so far. */
struct reader {
	enum expo_format format;
	struct buf page[GENERATIONS];
	size_t at;
	struct series *wanted;
	struct series *unwanted;
	struct normalize *normalize;
	int64_t now_ms;
};

struct subject {
	struct arena *arena;
	struct settings *settings;
	struct reader text, shuffled, protobuf;
	struct normalize **endpoints; /* owned, all on the text page */
	size_t endpoint_count, next_endpoint;
	int64_t turn_ms;
	char *copy;
	size_t samples;
};

static struct str next_page(struct reader *r)
{
	r->at = (r->at + 1) % GENERATIONS;
	return buf_str(&r->page[r->at]);
}

/* ---- what a machine can do with the bytes at all ---- */

static double walk_lines(void *subject)
{
	struct subject *s = subject;
	struct str page = next_page(&s->text);
	const char *end = page.at + page.len;
	double lines = 0;

	for (const char *p = page.at; p < end; lines++) {
		const char *next = memchr(p, '\n', (size_t)(end - p));

		p = next == NULL ? end : next + 1;
	}
	return lines;
}

static double copy_bytes(void *subject)
{
	struct subject *s = subject;
	struct str page = next_page(&s->text);

	memcpy(s->copy, page.at, page.len);
	size_t middle = page.len / 2;
	return s->copy[middle];
}

/* ---- the table of series alone ---- */

static struct series_use want(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	(void)ctx;
	(void)e;
	(void)is_seconds;
	(void)slot;
	return (struct series_use){.is_wanted = true};
}

static struct series_use want_not(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	(void)ctx;
	(void)e;
	(void)is_seconds;
	(void)slot;
	return (struct series_use){.is_wanted = false};
}

static void gone(void *ctx, uint32_t slot)
{
	(void)ctx;
	(void)slot;
}

static double read_series(struct subject *s, struct series *series, struct reader *r,
	const struct series_owner *owner)
{
	struct series_page result;
	struct err e;

	arena_reset(s->arena);
	if (!series_read(series, r->format, next_page(r), s->arena, owner, &result, &e))
		abort();
	return (double)result.samples;
}

static double read_wanted(void *subject)
{
	const struct series_owner owner = {.bind = want, .gone = gone};
	struct subject *s = subject;

	return read_series(s, s->text.wanted, &s->text, &owner);
}

static double read_unwanted(void *subject)
{
	const struct series_owner owner = {.bind = want_not, .gone = gone};
	struct subject *s = subject;

	return read_series(s, s->text.unwanted, &s->text, &owner);
}

static double read_shuffled(void *subject)
{
	const struct series_owner owner = {.bind = want, .gone = gone};
	struct subject *s = subject;

	return read_series(s, s->shuffled.wanted, &s->shuffled, &owner);
}

static double read_cold(void *subject)
{
	const struct series_owner owner = {.bind = want, .gone = gone};
	struct subject *s = subject;
	struct series *series = series_new();

	if (series == NULL)
		abort();
	double samples = read_series(s, series, &s->text, &owner);
	series_free(series);
	return samples;
}

static double read_protobuf(void *subject)
{
	const struct series_owner owner = {.bind = want, .gone = gone};
	struct subject *s = subject;

	return read_series(s, s->protobuf.wanted, &s->protobuf, &owner);
}

/* ---- up to values with names ---- */

static void take_metric(void *ctx, const struct metric *m)
{
	double *sum = ctx;

	*sum += m->kind == METRIC_GAUGE ? m->gauge : (double)m->derive;
}

static double normalize_page_at(struct reader *r, struct normalize *n, int64_t time_ms)
{
	double sum = 0;
	const struct sink sink = {.ctx = &sum, .metric = take_metric};
	struct answer answer = answer_at(time_ms);

	answer.status = 200;
	answer.format = r->format;
	answer.body = next_page(r);
	if (!normalize_run(n, &answer, &sink))
		abort();
	return sum;
}

static double normalize_page_of(struct reader *r, struct normalize *n)
{
	return normalize_page_at(r, n, r->now_ms += 10000);
}

static double normalize_warm(void *subject)
{
	struct subject *s = subject;

	return normalize_page_of(&s->text, s->text.normalize);
}

/* One page of the endpoint whose turn it is. */
static double normalize_in_turn(void *subject)
{
	struct subject *s = subject;

	if (s->next_endpoint == 0)
		s->turn_ms += 10000;
	struct normalize *n = s->endpoints[s->next_endpoint];
	s->next_endpoint = (s->next_endpoint + 1) % s->endpoint_count;
	return normalize_page_at(&s->text, n, s->turn_ms);
}

static double normalize_shuffled(void *subject)
{
	struct subject *s = subject;

	return normalize_page_of(&s->shuffled, s->shuffled.normalize);
}

static double normalize_protobuf(void *subject)
{
	struct subject *s = subject;

	return normalize_page_of(&s->protobuf, s->protobuf.normalize);
}

static double normalize_cold_of(struct subject *s, struct reader *r)
{
	struct normalize *n = normalize_new(settings_defaults(s->settings), NULL, NULL);

	if (n == NULL)
		abort();
	double sum = normalize_page_of(r, n);
	normalize_free(n);
	return sum;
}

static double normalize_cold(void *subject)
{
	struct subject *s = subject;

	return normalize_cold_of(s, &s->text);
}

static double normalize_cold_protobuf(void *subject)
{
	struct subject *s = subject;

	return normalize_cold_of(s, &s->protobuf);
}

static const struct measure_way ways[] = {
	{"memchr", walk_lines, 0, 0},
	{"memcpy", copy_bytes, 0, 0},
	{"series", read_wanted, 0, 2},
	{"series unsent", read_unwanted, 0, 2},
	{"series shuffled", read_shuffled, 250, 0},
	{"series cold", read_cold, 0, 0},
	{"series protobuf", read_protobuf, 0, 0},
	{"values", normalize_warm, 0, 2},
	{"values in turn", normalize_in_turn, 0, 0},
	{"values shuffled", normalize_shuffled, 250, 0},
	{"values protobuf", normalize_protobuf, 0, 0},
	{"values cold", normalize_cold, 120, 0},
	{"values cold pb", normalize_cold_protobuf, 0, 0},
};

/* ---- preparing ---- */

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static bool prepare_reader(struct subject *s, struct reader *r, enum expo_format format)
{
	r->format = format;
	r->wanted = series_new();
	r->unwanted = series_new();
	r->normalize = normalize_new(settings_defaults(s->settings), NULL, NULL);
	return r->wanted != NULL && r->unwanted != NULL && r->normalize != NULL;
}

static bool prepare(struct subject *s, enum bench_shape shape, const char *srcdir)
{
	static const struct log silence = {NULL, say_nothing};
	const size_t most = (size_t)1 << 30;
	bool done = true;

	*s = (struct subject){.arena = arena_new(most),
		.settings = settings_new(SETTINGS_ARGV, &silence)};
	if (s->arena == NULL || s->settings == NULL ||
		!settings_check(s->settings, SETTINGS_INTERVAL) ||
		!prepare_reader(s, &s->text, EXPO_TEXT) ||
		!prepare_reader(s, &s->shuffled, EXPO_TEXT) ||
		!prepare_reader(s, &s->protobuf, EXPO_PROTOBUF))
		return false;
	for (int g = 0; done && g < GENERATIONS; g++) {
		buf_init(&s->text.page[g], most);
		buf_init(&s->shuffled.page[g], most);
		buf_init(&s->protobuf.page[g], most);
		done = bench_page(&s->text.page[g], shape, srcdir, g) &&
		       bench_page(&s->shuffled.page[g], shape, srcdir, g) &&
		       bench_shuffle(&s->shuffled.page[g], (uint64_t)g + 1) &&
		       bench_protobuf(&s->protobuf.page[g], buf_str(&s->text.page[g]));
	}
	s->copy = malloc(s->text.page[0].len + s->text.page[GENERATIONS - 1].len);
	return done && s->copy != NULL;
}

/* Endpoints that have read the page before. */
static bool prepare_endpoints(struct subject *s)
{
	size_t count = s->samples < SAMPLES_IN_TURN ? SAMPLES_IN_TURN / s->samples : 1;

	s->endpoints = calloc(count, sizeof(struct normalize *));
	for (; s->endpoints != NULL && s->endpoint_count < count; s->endpoint_count++) {
		struct normalize *n =
			normalize_new(settings_defaults(s->settings), NULL, NULL);

		if (n == NULL)
			return false;
		s->endpoints[s->endpoint_count] = n;
		normalize_page_at(&s->text, n, s->turn_ms);
	}
	return s->endpoints != NULL;
}

static void release_reader(struct reader *r)
{
	for (int g = 0; g < GENERATIONS; g++)
		buf_free(&r->page[g]);
	series_free(r->wanted);
	series_free(r->unwanted);
	normalize_free(r->normalize);
}

static void release(struct subject *s)
{
	release_reader(&s->text);
	release_reader(&s->shuffled);
	release_reader(&s->protobuf);
	for (size_t i = 0; i < s->endpoint_count; i++)
		normalize_free(s->endpoints[i]);
	free(s->endpoints);
	settings_free(s->settings);
	arena_free(s->arena);
	free(s->copy);
}

static bool measure_shape(enum bench_shape shape, const char *srcdir)
{
	struct subject s;
	bool is_ready = prepare(&s, shape, srcdir);

	if (is_ready) {
		s.samples = (size_t)read_wanted(&s);
		is_ready = prepare_endpoints(&s);
	}
	if (is_ready)
		measure(bench_shape_name(shape), ways, sizeof(ways) / sizeof(ways[0]), &s,
			s.samples);
	release(&s);
	return is_ready;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	bool is_done = true;

	srcdir = srcdir == NULL ? "." : srcdir;
	measure_print_head("memchr", "memcpy");
	for (enum bench_shape shape = 0; is_done && shape < BENCH_MILLION; shape++)
		if (argc == 1 || strcmp(argv[1], bench_shape_name(shape)) == 0)
			is_done = measure_shape(shape, srcdir);
	if (!is_done)
		fprintf(stderr, "series: srcdir=FOLDER must name the source tree\n");
	return is_done ? 0 : 1;
}
