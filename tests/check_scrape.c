/* Pages in, values out: each folder of tests/data/scrape/ is a recording, and what the
 * engine makes of it stands beside it in NAME.expected. With UPDATE_GOLDEN in the
 * environment it is written there: read the difference. The pages of v0.8 and later and
 * of v0.1.12 are real operators', less families and controllers that bring nothing new.
 */
#include "engine/scrape.h"

#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/family.h"
#include "engine/fetch.h"
#include "tests/files.h"
#include "tests/said.h"
#include "tests/suite.h"

/* Options of the recordings that need some. */
static const struct {
	const char *folder, *option, *value;
} options[] = {
	{"v0.25.2", "Family", "memcached_*"},
	{"v0.25.2", "Percentiles", "50 99.9"},
	{"v0.25.2", "ScrapeDetails", "true"},
	{"v0.25.2-protobuf", "Family", "memcached_*"},
	{"v0.25.2-protobuf", "Buckets", "workqueue_queue_*"},
	{"rules", "Host", "edge.example"},
	{"rules", "Family", "!my_*{kind=\"dropped\"}"},
	{"rules", "Family", "my_*"},
	{"rules", "Family", "!go_threads"},
	{"rules", "Buckets", "my_*"},
	{"too-many", "Family", "my_*"},
	{"too-many", "Buckets", "true"},
	{"too-many", "MaxValues", "26"},
	{"far-too-many", "Family", "my_*"},
	{"far-too-many", "MaxValues", "4"},
	{"timestamps", "Family", "my_*"},
	{"timestamps", "HonorTimestamps", "true"},
	{"timestamps", "MaxTimestampAge", "60"},
	{"timestamps-protobuf", "Family", "my_*"},
	{"timestamps-protobuf", "HonorTimestamps", "true"},
};

struct scene {
	const char *name; /* of the folder */
	struct said said;
	struct settings *settings;
	int64_t now_ms;
	struct clock clock;
	struct scrape *scrape;
	struct sink sink;
	struct buf out;  /* what came, a line each */
	struct buf *all; /* TYPE-WHAT of all values of all scenes, a line each */
};

static int64_t now_ms(void *ctx)
{
	return ((const struct scene *)ctx)->now_ms;
}

static int64_t monotonic_us(void *ctx)
{
	return now_ms(ctx) * 1000;
}

static void take_metric(void *ctx, const struct metric *m)
{
	struct scene *s = ctx;

	buf_addf(&s->out, "%" PRId64 " %.*s%s%.*s-%.*s", m->stamp_ms, STR_ARG(m->host),
		m->host.len > 0 ? "/" : "", STR_ARG(m->type), STR_ARG(m->type_instance));
	if (m->kind == METRIC_DERIVE)
		buf_addf(&s->out, " %" PRId64 "\n", m->derive);
	else
		buf_addf(&s->out, " %.17g\n", m->gauge);
	buf_addf(s->all, "%.*s-%.*s\n", STR_ARG(m->type), STR_ARG(m->what));
}

static void take_event(void *ctx, const struct event *e)
{
	static const char *const severity[] = {"okay", "warning", "failure"};
	struct scene *s = ctx;

	buf_addf(&s->out, "%" PRId64 " event: %s, %.*s%s%.*s\n", e->time_ms,
		severity[e->severity], STR_ARG(e->subject),
		e->subject.len > 0 ? ": " : "", STR_ARG(e->text));
}

static void take_end(void *ctx, const struct attempt *a)
{
	struct scene *s = ctx;

	buf_addf(&s->out,
		"%" PRId64 " end: %s %d, %" PRIu64 " samples, %" PRIu64 " sent, %" PRIu64
		" bad lines%s%s\n",
		a->time_ms, a->is_page ? "page" : "no page", a->status, a->samples,
		a->sent, a->bad_lines, a->is_page ? "" : ": ", a->error->text);
}

static void set(struct scene *s, const char *option, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	ck_assert_msg(settings_set(s->settings, option, &v, 1), "%s", s->said.text);
}

static void set_up(struct scene *s)
{
	struct setting url = {.kind = SETTING_TEXT, .text = "8080"};
	struct err e;

	said_init(&s->said);
	s->settings = settings_new(SETTINGS_COLLECTD, &s->said.log);
	ck_assert_ptr_nonnull(s->settings);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].folder, s->name) == 0)
			set(s, options[i].option, options[i].value);
	ck_assert(settings_target_set(settings_target(s->settings, "a"), "URL", &url, 1));
	ck_assert(settings_check(s->settings, 10));
	s->clock = (struct clock){s, now_ms, monotonic_us};
	s->scrape = scrape_new(s->settings, &s->clock, &s->said.log, &e);
	ck_assert_msg(s->scrape != NULL, "%s", e.text);
	scrape_every(s->scrape, 10);
	s->sink = (struct sink){
		.ctx = s, .metric = take_metric, .event = take_event, .end = take_end};
	buf_init(&s->out, 1 << 24);
}

static void tear_down(struct scene *s)
{
	scrape_free(s->scrape);
	settings_free(s->settings);
	buf_free(&s->out);
}

/* What the network would tell of it. */
static void add_details(struct answer *a)
{
	a->dns_seconds = 0.001;
	a->connect_seconds = 0.002;
	a->tls_seconds = 0.003;
	a->first_byte_seconds = 0.004;
	a->transfer_seconds = 0.005;
	a->wire_bytes = a->body.len / 10;
	a->certificate_days = 90.25;
	a->token_days = 0.04;
}

static void run(const char *path, struct buf *all)
{
	char *folder = strdup(path), *expected = NULL;
	struct scene s = {.name = basename(folder), .all = all};
	struct stored stored;
	struct err e;

	set_up(&s);
	ck_assert_int_gt(asprintf(&expected, "%s/../%s.expected", path, s.name), 0);
	struct pages *pages = pages_open(path, &e);
	ck_assert_msg(pages != NULL, "%s: %s", path, e.text);
	while (pages_next(pages, &stored, &e)) {
		struct answer answer = pages_answer(&stored);

		s.now_ms = stored.time_ms;
		if (answer.error.code == ERR_NONE)
			add_details(&answer);
		scrape_body(s.scrape, 0, &answer, &s.sink);
	}
	ck_assert_msg(e.code == ERR_NONE, "%s: %s", path, e.text);
	pages_close(pages);
	buf_addf(&s.out, "%s", s.said.text);
	ck_assert(buf_ok(&s.out));
	files_compare(expected, buf_str(&s.out));
	tear_down(&s);
	free(expected);
	free(folder);
}

static bool came(const struct buf *all, const char *type, const char *what)
{
	char line[200];

	snprintf(line, sizeof(line), "\n%s-%s\n", type, what);
	return memmem(all->at, all->len, line, strlen(line)) != NULL;
}

START_TEST(every_row_of_the_table_comes_out_of_a_page)
{
	static const char *const derived[][2] = {
		{"percent", "busy"},
		{"percent", "error_ratio"},
		{"percent", "gc_cpu"},
		{"uptime", "process"},
		{"gauge", "up"},
		{"response_time", "scrape"},
		{"response_code", "scrape"},
		{"bytes", "page"},
		{"objects", "samples"},
		{"objects", "series"},
		{"errors", "bad_lines"},
		{"response_time", "dns"},
		{"response_time", "connect"},
		{"response_time", "tls"},
		{"response_time", "first_byte"},
		{"response_time", "transfer"},
		{"response_time", "parse"},
		{"bytes", "wire"},
		{"gauge", "certificate_days"},
		{"gauge", "token_days"},
		{"bucket", "queue"},
	};
	struct files folders = files_match("tests/data/scrape/*/");
	struct buf all;
	struct err e;

	ck_assert(fetch_global_init(&e));
	buf_init(&all, 1 << 24);
	buf_addc(&all, '\n');
	for (size_t i = 0; i < folders.count; i++)
		run(folders.paths[i], &all);
	for (size_t i = 0; i < family_count(); i++) {
		const struct family *f = family_at(i);

		ck_assert_msg(f->type == NULL || came(&all, f->type, f->what),
			"nothing of %s", f->name);
	}
	for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++)
		ck_assert_msg(came(&all, derived[i][0], derived[i][1]), "no %s-%s",
			derived[i][0], derived[i][1]);
	buf_free(&all);
	files_free(&folders);
}
END_TEST

SUITE("scrape", every_row_of_the_table_comes_out_of_a_page)
