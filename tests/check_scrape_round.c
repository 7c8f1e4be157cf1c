/* The pipeline from endpoints to a sink; what becomes of the values is check_scrape's.
 */
#include "engine/scrape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/fetch.h"
#include "tests/fake_server.h"
#include "tests/said.h"
#include "tests/suite.h"

/* Its Timeout is longer than a machine stalls. */
#define INTERVAL_SECONDS 100

#define PAGE                                                                             \
	"# TYPE workqueue_adds_total counter\n"                                          \
	"workqueue_adds_total{name=\"q\"} 7\n"

/* A clock that stands still until it is told to go on. */
struct hand {
	int64_t now_ms, monotonic_us;
};

static int64_t hand_ms(void *ctx)
{
	return ((const struct hand *)ctx)->now_ms;
}

static int64_t hand_us(void *ctx)
{
	return ((const struct hand *)ctx)->monotonic_us;
}

struct scene {
	char folder[40];
	struct fake_server *server;
	struct said said;
	struct settings *settings;
	struct hand hand;
	struct clock clock;
	struct scrape *scrape;
	struct sink sink;
	/* what came */
	size_t ends, pages, ups;
	double last_up, adds;
	int64_t last_time_ms;
	struct err error;
};

static void take_metric(void *ctx, const struct metric *m)
{
	struct scene *s = ctx;

	if (str_eq(m->type_instance, STR("up"))) {
		s->ups++;
		s->last_up = m->gauge;
	}
	if (str_eq(m->type_instance, STR("add-q")))
		s->adds = m->total;
}

static void take_end(void *ctx, const struct attempt *a)
{
	struct scene *s = ctx;

	s->ends++;
	s->pages += a->is_page;
	s->last_time_ms = a->time_ms;
	s->error = *a->error;
}

static void set_up(struct scene *s)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	strcpy(s->folder, "/tmp/check_scrape.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	ck_assert(fetch_global_init(&e));
	s->server = fake_server_start(NULL);
	fake_server_set_page(s->server, PAGE, strlen(PAGE));
	said_init(&s->said);
	s->settings = settings_new(SETTINGS_COLLECTD, &s->said.log);
	ck_assert_ptr_nonnull(s->settings);
	s->hand = (struct hand){1000000, 1000000000};
	s->clock = (struct clock){&s->hand, hand_ms, hand_us};
	s->sink = (struct sink){.ctx = s, .metric = take_metric, .end = take_end};
}

static void set(struct scene *s, const char *option, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	ck_assert_msg(settings_set(s->settings, option, &v, 1), "%s", s->said.text);
}

static void add(struct scene *s, const char *name, const char *path)
{
	char text[64];
	struct setting v = {.kind = SETTING_TEXT, .text = text};

	snprintf(text, sizeof(text), "%d%s", fake_server_port(s->server), path);
	ck_assert(settings_target_set(settings_target(s->settings, name), "URL", &v, 1));
}

static void open_scrape(struct scene *s)
{
	struct err e;

	set(s, "Timeout", "60s");
	ck_assert(settings_check(s->settings, INTERVAL_SECONDS));
	s->scrape = scrape_new(s->settings, &s->clock, &s->said.log, &e);
	ck_assert_ptr_nonnull(s->scrape);
}

/* Until so many attempts have ended in all. */
static void run(struct scene *s, size_t ends)
{
	while (s->ends < ends)
		scrape_round(s->scrape, 1000, &s->sink);
}

static void go_on(struct scene *s, int64_t ms)
{
	s->hand.now_ms += ms;
	s->hand.monotonic_us += ms * 1000;
}

static void tear_down(struct scene *s)
{
	char command[64];

	scrape_free(s->scrape);
	settings_free(s->settings);
	fake_server_stop(s->server);
	snprintf(command, sizeof(command), "rm -r %s", s->folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_tick_brings_one_scrape)
{
	struct scene s;

	set_up(&s);
	add(&s, "a", "/ok");
	open_scrape(&s);
	ck_assert_int_eq(scrape_next_ms(s.scrape), -1);
	ck_assert(!scrape_round(s.scrape, 0, &s.sink));
	scrape_tick(s.scrape, 5, s.hand.monotonic_us);
	ck_assert_msg(
		scrape_next_ms(s.scrape) == -1, "the tick was for another interval");
	scrape_tick(s.scrape, INTERVAL_SECONDS, s.hand.monotonic_us);
	int64_t next_ms = scrape_next_ms(s.scrape);
	ck_assert(next_ms >= 0 && next_ms < INT64_C(900) * INTERVAL_SECONDS);
	go_on(&s, next_ms);
	run(&s, 1);
	ck_assert_uint_eq(s.pages, 1);
	ck_assert(s.last_up > 0.5);
	ck_assert_int_eq(s.last_time_ms, s.hand.now_ms);
	ck_assert_int_eq(scrape_next_ms(s.scrape), -1);
	ck_assert_uint_eq(fake_server_requests(s.server), 1);
	const struct target_status *status = scrape_status(s.scrape, 0);
	ck_assert(status->is_up && status->samples == 1 && status->answer.status == 200);
	tear_down(&s);
}
END_TEST

START_TEST(a_failure_stops_nothing)
{
	struct scene s;

	set_up(&s);
	add(&s, "gone", "/404");
	add(&s, "cut", "/cut");
	add(&s, "good", "/ok");
	add(&s, "web", "/html");
	open_scrape(&s);
	for (size_t i = 1; i <= 5; i++) {
		scrape_tick(s.scrape, INTERVAL_SECONDS, s.hand.monotonic_us);
		s.hand.monotonic_us += INT64_C(1000000) * INTERVAL_SECONDS;
		s.hand.now_ms += 10000; /* before the log says it again */
		run(&s, 4 * i);
	}
	ck_assert_uint_eq(s.pages, 5);
	ck_assert_uint_eq(s.ups, 20);
	ck_assert_msg(s.said.lines == 3, "each says once that it fails: %s", s.said.text);
	ck_assert_ptr_nonnull(strstr(s.said.text, "endpoint gone, http://127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(s.said.text, "/404: status: HTTP status 404"));
	ck_assert_uint_eq(scrape_status(s.scrape, 0)->failures_in_a_row, 5);
	ck_assert_int_eq(scrape_status(s.scrape, 1)->error.code, ERR_TRUNCATED);
	tear_down(&s);
}
END_TEST

START_TEST(by_itself_it_keeps_its_beat)
{
	struct scene s;

	set_up(&s);
	add(&s, "a", "/ok");
	open_scrape(&s);
	scrape_every(s.scrape, 2);
	for (size_t i = 1; i <= 3; i++) {
		run(&s, i);
		ck_assert_msg(s.pages == i, "%s", s.error.text);
		ck_assert_int_eq(scrape_next_ms(s.scrape), 2000);
		go_on(&s, 2000);
	}
	ck_assert_uint_eq(fake_server_connections(s.server), 1);
	tear_down(&s);
}
END_TEST

/* The page of before the restart is what the first one after it is compared with. */
START_TEST(a_restart_is_no_gap)
{
	char state[64];
	struct scene s;

	set_up(&s);
	snprintf(state, sizeof(state), "%s/state", s.folder);
	set(&s, "StateDir", state);
	add(&s, "a", "/ok");
	open_scrape(&s);
	scrape_restore(s.scrape, &s.sink);
	ck_assert_uint_eq(s.ends, 0);
	scrape_every(s.scrape, 10);
	run(&s, 1);
	scrape_free(s.scrape);

	go_on(&s, 10000);
	s.adds = 0;
	open_scrape(&s);
	scrape_restore(s.scrape, &s.sink);
	ck_assert_msg(
		s.adds > 6.5 && s.adds < 7.5, "the old page's values come: %g", s.adds);
	static const char next[] = "# TYPE workqueue_adds_total counter\n"
				   "workqueue_adds_total{name=\"q\"} 9\n";
	fake_server_set_page(s.server, next, strlen(next));
	scrape_every(s.scrape, 10);
	run(&s, 2);
	ck_assert_msg(s.adds > 8.5 && s.adds < 9.5, "and the total goes on: %g", s.adds);
	ck_assert_uint_eq(s.said.lines, 0);
	tear_down(&s);
}
END_TEST

START_TEST(a_state_folder_that_cannot_be_written_is_said)
{
	char state[64];
	struct scene s;

	set_up(&s);
	snprintf(state, sizeof(state), "%s/file", s.folder);
	fclose(fopen(state, "w"));
	set(&s, "StateDir", state);
	set(&s, "StateGroup", "no-such-group");
	add(&s, "a", "/ok");
	open_scrape(&s);
	scrape_restore(s.scrape, &s.sink);
	scrape_every(s.scrape, 10);
	for (size_t i = 1; i <= 3; i++) {
		run(&s, i);
		go_on(&s, 10000);
	}
	ck_assert_uint_eq(s.pages, 3);
	ck_assert_msg(s.said.lines == 2, "%s", s.said.text);
	ck_assert_ptr_nonnull(strstr(s.said.text, "StateGroup \"no-such-group\""));
	ck_assert_ptr_nonnull(strstr(s.said.text, "a page is not stored"));
	tear_down(&s);
}
END_TEST

static bool exists(const struct scene *s, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/rec/%s", s->folder, name);
	return access(path, F_OK) == 0;
}

START_TEST(a_recording_has_every_attempt)
{
	char folder[64];
	char line[512] = "";
	struct scene s;

	set_up(&s);
	snprintf(folder, sizeof(folder), "%s/rec", s.folder);
	add(&s, "good", "/ok");
	add(&s, "cut", "/cut");
	open_scrape(&s);
	struct pages_out *out = pages_out_new(folder, false, (unsigned int)-1);
	ck_assert_ptr_nonnull(out);
	scrape_record(s.scrape, out);
	scrape_every(s.scrape, 10);
	run(&s, 2);
	go_on(&s, 10000);
	run(&s, 4);
	ck_assert(exists(&s, "good/1000000.txt") && exists(&s, "good/1010000.txt"));
	ck_assert(!exists(&s, "cut/1000000.txt"));
	ck_assert_msg(s.said.lines == 2, "each failure is said: %s", s.said.text);
	snprintf(folder, sizeof(folder), "%s/rec/cut/status", s.folder);
	FILE *f = fopen(folder, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	fclose(f);
	ck_assert_msg(strncmp(line, "1000000 200 ", 12) == 0, "%s", line);
	ck_assert_ptr_nonnull(strstr(line, "truncated: the connection ended"));
	pages_out_free(out);
	tear_down(&s);
}
END_TEST

START_TEST(bytes_need_no_network)
{
	struct scene s;

	set_up(&s);
	add(&s, "a", "/ok");
	open_scrape(&s);
	ck_assert(scrape_body(s.scrape, 0,
		&(struct answer){.time_ms = 1, .status = 200, .body = STR(PAGE)},
		&s.sink));
	ck_assert(!scrape_body(s.scrape, 0,
		&(struct answer){.time_ms = 2, .status = 200, .body = STR("{}\n")},
		&s.sink));
	ck_assert_uint_eq(s.ends, 2);
	ck_assert_int_eq(s.error.code, ERR_PARSE);
	ck_assert_uint_eq(fake_server_requests(s.server), 0);
	tear_down(&s);
}
END_TEST

SUITE("scrape_round", a_tick_brings_one_scrape, a_failure_stops_nothing,
	by_itself_it_keeps_its_beat, a_restart_is_no_gap,
	a_state_folder_that_cannot_be_written_is_said, a_recording_has_every_attempt,
	bytes_need_no_network)
