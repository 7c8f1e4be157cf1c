#include "engine/attachments.h"

#include <stdio.h>
#include <string.h>

#include "engine/scrape.h"
#include "tests/kube_server.h"
#include "tests/suite.h"

#define NAME "csi-6b3295eebd21a40caf7fc6f446fd82d06962e2cc4753a2d91342f8fd7d61f40e"

struct scene {
	struct kube_server k;
	struct scrape *scrape;
	struct sink sink;
	char values[512]; /* since the last step: "host/type_instance value\n" */
	char events[2048];
};

static void add_value(void *ctx, const struct metric *m)
{
	struct scene *s = ctx;
	size_t len = strlen(s->values);

	ck_assert_str_eq(m->type.at, "gauge");
	ck_assert_uint_eq(m->instance.len, 0);
	ck_assert(m->time_ms == m->stamp_ms && m->time_ms > 1600000000000);
	snprintf(s->values + len, sizeof(s->values) - len, "%s/%s %g", m->host.at,
		m->type_instance.at, m->gauge);
}

static void add_event(void *ctx, const struct event *e)
{
	struct scene *s = ctx;
	size_t len = strlen(s->events);

	ck_assert_int_eq(e->kind, EVENT_ATTACHMENT);
	snprintf(s->events + len, sizeof(s->events) - len, "%d %.*s", (int)e->severity,
		STR_ARG(e->text));
}

static void set_up(struct scene *s)
{
	struct settings_target *t;
	struct err e;

	memset(s, 0, sizeof(*s));
	kube_server_begin(&s->k, SETTINGS_COLLECTD);
	t = settings_attachment(s->k.settings, "my data");
	kube_server_set(&s->k, t, "Server", s->k.url);
	kube_server_set(&s->k, t, "Driver", "csi.example.com");
	kube_server_set(&s->k, t, "VolumeHandle", "vol-0001");
	kube_server_set(&s->k, t, "Node", "node-a");
	kube_server_set(&s->k, t, "Host", "storage.example");
	kube_server_set(&s->k, t, "Notifications", "true");
	ck_assert(settings_check(s->k.settings, 10));
	s->scrape = scrape_new(s->k.settings, &s->k.clock, &s->k.said.log, &e);
	ck_assert_msg(s->scrape != NULL, "%s", e.text);
	s->sink = (struct sink){.ctx = s, .metric = add_value, .event = add_event};
}

static void tear_down(struct scene *s)
{
	scrape_free(s->scrape);
	kube_server_end(&s->k);
}

/* One interval, in which the server answers so. */
static void step(struct scene *s, const struct fake_answer *answer)
{
	s->values[0] = s->events[0] = s->k.said.text[0] = '\0';
	fake_server_script(s->k.http, answer, 1);
	scrape_tick(s->scrape, 10, s->k.clock.monotonic_us(NULL) - 20000000);
	ck_assert_int_eq(scrape_next_ms(s->scrape), 0);
	scrape_round(s->scrape, 0, &s->sink);
	while (scrape_running(s->scrape) > 0)
		scrape_round(s->scrape, 1000, &s->sink);
	ck_assert_uint_eq(fake_server_left(s->k.http), 0);
	ck_assert_int_eq(scrape_next_ms(s->scrape), -1);
}

#define OBJECT(more, status)                                                             \
	"{\"metadata\":{\"name\":\"" NAME "\"" more "},\"spec\":{\"attacher\":"          \
	"\"csi.example.com\",\"nodeName\":\"node-a\"},\"status\":{" status "}}"
#define TOLD "volume attachment my data, vol-0001 on node-a: "

START_TEST(what_is_known_is_sent_and_changes_are_told)
{
	static const struct {
		const char *what, *status, *body;
		const char *value;
		const char *event;
		const char *said; /* "": nothing */
	} rows[] = {
		{"nobody knows", "401 Unauthorized", "{\"message\":\"Unauthorized\"}", "",
			"", "unknown: HTTP status 401: Unauthorized"},
		{"first sight", "404 Not Found", "{\"details\":{\"name\":\"" NAME "\"}}",
			"storage.example/attached-my_data 0", "", "known again"},
		{"attached", "200 OK", OBJECT("", "\"attached\":true"),
			"storage.example/attached-my_data 1", "0 " TOLD "attached", ""},
		{"the same", "200 OK", OBJECT("", "\"attached\":true"),
			"storage.example/attached-my_data 1", "", ""},
		{"trouble", "200 OK",
			OBJECT("", "\"attached\":false,\"attachError\":{\"message\":"
				   "\"limit\"}"),
			"storage.example/attached-my_data 1",
			"1 " TOLD "attaching: limit", "attaching: limit"},
		{"collision", "200 OK",
			"{\"metadata\":{\"name\":\"" NAME "\"},\"spec\":{}}", "", "",
			"unknown: collision"},
		{"a 404 of somebody else", "404 Not Found", "404 page not found", "", "",
			""},
		{"detaching", "200 OK",
			OBJECT(",\"deletionTimestamp\":\"2026-11-23T23:00:00Z\"",
				"\"attached\":true"),
			"storage.example/attached-my_data 1", "0 " TOLD "detaching",
			"known again"},
		{"gone", "404 Not Found", "{\"details\":{\"name\":\"" NAME "\"}}",
			"storage.example/attached-my_data 0", "0 " TOLD "not attached",
			""},
	};
	struct scene s;

	set_up(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_answer answer = {
			.target = "/apis/storage.k8s.io/v1/volumeattachments/" NAME,
			.status = rows[i].status,
			.body = rows[i].body};

		step(&s, &answer);
		ck_assert_msg(strcmp(s.values, rows[i].value) == 0, "%s: %s",
			rows[i].what, s.values);
		ck_assert_msg(strcmp(s.events, rows[i].event) == 0, "%s: %s",
			rows[i].what, s.events);
		ck_assert_msg(rows[i].said[0] != '\0'
				      ? strstr(s.k.said.text, rows[i].said) != NULL
				      : s.k.said.text[0] == '\0',
			"%s: %s", rows[i].what, s.k.said.text);
	}
	tear_down(&s);
}
END_TEST

SUITE("attachments", what_is_known_is_sent_and_changes_are_told)
