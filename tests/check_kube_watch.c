/* Lists and watches as kube-apiserver 1.37 sent them (tests/data/kube), and all that goes
 * wrong with them. */
#include "engine/kube_watch.h"

#include <stdio.h>
#include <string.h>

#include "engine/kube.h"
#include "tests/files.h"
#include "tests/kube_server.h"
#include "tests/suite.h"

struct scene {
	struct kube_server k;
	struct kube_collection collection;
	struct kube_watch *watch;
	char news[4096]; /* `[` `]` a list, NAME, `-NAME` */
};

static void take_news(void *ctx, enum kube_news news, const json_t *object)
{
	struct scene *s = ctx;
	struct str name = kube_text(object, "metadata", "name", NULL);
	size_t len = strlen(s->news);

	ck_assert((object == NULL) == (news == KUBE_BEGINS || news == KUBE_COMPLETE));
	switch (news) {
	case KUBE_BEGINS:
	case KUBE_COMPLETE:
		snprintf(s->news + len, sizeof(s->news) - len,
			news == KUBE_BEGINS ? "[ " : "] ");
		break;
	case KUBE_IS:
	case KUBE_GONE:
		snprintf(s->news + len, sizeof(s->news) - len, "%s%.*s ",
			news == KUBE_GONE ? "-" : "", STR_ARG(name));
		break;
	}
}

/* A stream may be silent for so long: where it is not to be, longer than a machine
 * stalls. */
#define SILENCE_MS 60000

static void set_up(struct scene *s, const char *max_page, int64_t silence_ms)
{
	const struct kube_times times = {.pause_ms = 1,
		.pause_most_ms = 4,
		.watch_seconds = 0,
		.silence_ms = silence_ms};
	struct settings_target *t;

	memset(s, 0, sizeof(*s));
	kube_server_begin(&s->k, SETTINGS_ARGV);
	t = settings_server(s->k.settings, "server");
	kube_server_set(&s->k, t, "Server", s->k.url);
	kube_server_set(&s->k, t, "MaxPageSize", max_page);
	kube_server_open(&s->k);
	s->collection = (struct kube_collection){.what = "secrets",
		.path = "/api/v1/namespaces/default/secrets",
		.label_selector = "a=b,c in (d)",
		.metadata_only = true,
		.told = take_news,
		.ctx = s};
	s->watch = kube_watch_new(s->k.fetch, settings_target_options(t), &s->collection,
		&times, &s->k.clock, &s->k.said.log);
	ck_assert_ptr_nonnull(s->watch);
}

static void tear_down(struct scene *s)
{
	kube_watch_free(s->watch);
	kube_server_end(&s->k);
}

/* Until all answers are used and the news are these; then the news. */
static const char *run(struct scene *s, const char *wanted)
{
	int64_t end = s->k.clock.monotonic_us(NULL) + 60000000;

	while ((fake_server_left(s->k.http) > 0 || strcmp(s->news, wanted) != 0) &&
		s->k.clock.monotonic_us(NULL) < end) {
		kube_watch_send(s->watch);
		fetch_run(s->k.fetch, 2);
	}
	return s->news;
}

#define META(name, version)                                                              \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define LIST(version, more, items)                                                       \
	"{\"metadata\":{\"resourceVersion\":\"" version "\"" more "},\"items\":[" items  \
	"]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define EXPIRED                                                                          \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"         \
	"\"Failure\",\"message\":\"too old resource version: 1 (209)\",\"reason\":"      \
	"\"Expired\",\"code\":410}"
#define HELD                                                                             \
	{                                                                                \
		"watch=1", "200 OK", "", 1, FAKE_HOLDS                                   \
	}

struct row {
	const char *what;
	struct fake_answer answers[8];
	const char *news;
	const char *said; /* in the log; NULL: nothing is */
};

static const struct row rows[] = {
	{"410 in a 200",
		{{"limit=500", "200 OK", LIST("1", "", META("a", "1")), 0, FAKE_ENDS},
			{"resourceVersion=1&", "200 OK", EVENT("ERROR", EXPIRED), 9,
				FAKE_ENDS},
			{"limit=500", "200 OK", LIST("209", "", META("b", "2")), 0,
				FAKE_ENDS},
			{"resourceVersion=209&", "200 OK", "", 1, FAKE_HOLDS}},
		"[ a ] [ b ] ", NULL},
	{"410 by HTTP",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"watch=1", "410 Gone", EXPIRED, 0, FAKE_ENDS},
			{"limit=500", "200 OK", LIST("2", "", ""), 0, FAKE_ENDS}, HELD},
		"[ ] [ ] ", NULL},
	{"another error in a 200",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"watch=1", "200 OK",
				EVENT("ERROR",
					"{\"code\":500,\"message\":\"storage is (re)\"}"),
				9, FAKE_ENDS},
			{"limit=500", "200 OK", LIST("2", "", ""), 0, FAKE_ENDS}, HELD},
		"[ ] [ ] ", "watch: status 500: storage is (re)"},
	{"a token of a page is too old",
		{{"limit=500&label", "200 OK",
			 LIST("1", ",\"continue\":\"x/y=\"", META("a", "1")), 0,
			 FAKE_ENDS},
			{"limit=500&continue=x%2Fy%3D&label", "410 Gone", EXPIRED, 0,
				FAKE_ENDS},
			{"limit=500&label", "200 OK", LIST("2", "", META("b", "1")), 0,
				FAKE_ENDS},
			HELD},
		"[ a [ b ] ", NULL},
	{"a watch cut in the midst of a line",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"resourceVersion=1&", "200 OK",
				EVENT("ADDED", META("a", "5")) "{\"type\":\"ADD", 9,
				FAKE_CUTS},
			{"resourceVersion=5&", "200 OK", EVENT("ADDED", META("b", "6")),
				9, FAKE_CUTS},
			{"resourceVersion=6&", "200 OK", "", 1, FAKE_HOLDS}},
		"[ ] a b ", NULL},
	{"a stream without a line",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"watch=1", "200 OK", "", 9, FAKE_ENDS},
			{"limit=500", "200 OK", LIST("2", "", ""), 0, FAKE_ENDS}, HELD},
		"[ ] [ ] ", NULL},
	{"types that are not known yet",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"watch=1", "200 OK",
				EVENT("FUTURE", META("a", "2"))
					EVENT("MODIFIED", META("b", "3")),
				100, FAKE_HOLDS}},
		"[ ] b ", NULL},
	{"a line that is no JSON",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"watch=1", "200 OK", "<html>\n", 3, FAKE_ENDS},
			{"limit=500", "200 OK", LIST("2", "", ""), 0, FAKE_ENDS}, HELD},
		"[ ] [ ] ", NULL},
	{"no objects",
		{{"limit=500", "200 OK",
			 "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":null}", 0,
			 FAKE_ENDS},
			HELD},
		"[ ] ", NULL},
	{"no right to list",
		{{"limit=500", "403 Forbidden",
			 "{\"message\":\"secrets is forbidden: User \\\"monitor\\\"\"}",
			 0, FAKE_ENDS},
			{"limit=500", "200 OK", LIST("2", "", ""), 0, FAKE_ENDS}, HELD},
		"[ ] ", "secrets: list: HTTP status 403: secrets is forbidden: User"},
	{"no right to watch",
		{{"limit=500", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
			{"watch=1", "403 Forbidden", "{\"message\":\"no\"}", 0,
				FAKE_ENDS},
			{"watch=1", "200 OK", EVENT("ADDED", META("a", "2")), 3,
				FAKE_HOLDS}},
		"[ ] a ", "secrets: watch: HTTP status 403: no"},
	{"not a list",
		{{"limit=500", "200 OK", "{\"kind\":\"Status\"}", 0, FAKE_ENDS},
			{"limit=500", "200 OK", "<html>", 0, FAKE_ENDS},
			{"limit=500", "200 OK", LIST("2", "", ""), 0, FAKE_ENDS}, HELD},
		"[ ] ", "the answer is no list"},
};

static const struct row silent_rows[] = {
	{"a silent watch is not trusted for ever",
		{{"limit=500", "200 OK", LIST("9", "", ""), 0, FAKE_ENDS},
			{"resourceVersion=9&", "200 OK", "", 1, FAKE_HOLDS},
			{"limit=500", "200 OK", LIST("2", "", META("a", "1")), 0,
				FAKE_ENDS}},
		"[ ] [ a ] ", NULL},
	{"one that ends by its time is resumed",
		{{"limit=500", "200 OK", LIST("9", "", ""), 0, FAKE_ENDS},
			{"resourceVersion=9&", "200 OK",
				EVENT("BOOKMARK", META("", "11")), 100, FAKE_HOLDS},
			{"resourceVersion=11&", "200 OK",
				EVENT("DELETED", META("a", "12")), 3, FAKE_HOLDS}},
		"[ ] -a ", NULL},
};

static void check_rows(const struct row *row, size_t rows_count, int64_t silence_ms)
{
	for (const struct row *end = row + rows_count; row < end; row++) {
		size_t count = 0;
		struct scene s;

		while (count < 8 && row->answers[count].target != NULL)
			count++;
		set_up(&s, "1M", silence_ms);
		fake_server_script(s.k.http, row->answers, count);
		ck_assert_msg(strcmp(run(&s, row->news), row->news) == 0,
			"%s: news %s; said %s", row->what, s.news, s.k.said.text);
		ck_assert_msg(fake_server_left(s.k.http) == 0, "%s: %zu answers not used",
			row->what, fake_server_left(s.k.http));
		ck_assert_msg(row->said != NULL ? strstr(s.k.said.text, row->said) != NULL
						: s.k.said.text[0] == '\0',
			"%s: said %s", row->what, s.k.said.text);
		tear_down(&s);
	}
}

START_TEST(what_goes_wrong_is_made_good)
{
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), SILENCE_MS);
}
END_TEST

START_TEST(silence_ends_a_watch)
{
	check_rows(silent_rows, sizeof(silent_rows) / sizeof(silent_rows[0]), 500);
}
END_TEST

static char *text_of(const char *path)
{
	struct files found = files_match(path);
	size_t len;
	char *text = files_read(found.paths[0], &len);

	files_free(&found);
	return text;
}

/* Whatever the pieces that the stream comes in. */
START_TEST(a_real_list_in_pages_and_a_real_watch)
{
	static const size_t pieces[] = {1, 7, 100, 2048, 1 << 20};
	char *first = text_of("tests/data/kube/list1.json");
	char *second = text_of("tests/data/kube/list2.json");
	char *watch = text_of("tests/data/kube/watch.txt");

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const struct fake_answer answers[] = {
			{"secrets?limit=500&labelSelector=a%3Db%2Cc%20in%20%28d%29",
				"200 OK", first, 0, FAKE_ENDS},
			{"&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjE3LCJzdGFydCI6"
			 "Ii9zMlx1MDAwMCJ9&",
				"200 OK", second, 0, FAKE_ENDS},
			{"watch=1&resourceVersion=217&timeoutSeconds=0&"
			 "allowWatchBookmarks=true&labelSelector=a%3Db",
				"200 OK", watch, pieces[i], FAKE_ENDS},
			{"watch=1&resourceVersion=220&", "200 OK", "", 1, FAKE_HOLDS},
		};
		char head[4096];
		struct scene s;

		set_up(&s, "1M", SILENCE_MS);
		fake_server_script(s.k.http, answers, 4);
		ck_assert_str_eq(
			run(&s, "[ s1 s2 s3 ] s1 -s2 s4 "), "[ s1 s2 s3 ] s1 -s2 s4 ");
		ck_assert(kube_watch_has_listed(s.watch));
		ck_assert_str_eq(s.k.said.text, "");
		fake_server_last_request(s.k.http, head, sizeof(head));
		ck_assert_ptr_nonnull(strstr(head,
			"\r\nAccept: application/json;as=PartialObjectMetadata;v=v1;"
			"g=meta.k8s.io,application/json\r\n"));
		tear_down(&s);
	}
	free(first);
	free(second);
	free(watch);
}
END_TEST

START_TEST(a_page_that_is_too_large_is_asked_for_in_halves)
{
	char *large = calloc(1, 20001);
	const struct fake_answer answers[] = {
		{"limit=500&", "200 OK", large, 0, FAKE_ENDS},
		{"limit=250&", "200 OK", large, 0, FAKE_ENDS},
		{"limit=125&", "200 OK", LIST("1", "", META("a", "1")), 0, FAKE_ENDS},
		HELD,
	};
	struct scene s;

	ck_assert_ptr_nonnull(large);
	memset(large, ' ', 20000);
	set_up(&s, "10k", SILENCE_MS);
	fake_server_script(s.k.http, answers, 4);
	ck_assert_str_eq(run(&s, "[ a ] "), "[ a ] ");
	ck_assert_str_eq(s.k.said.text, "");
	tear_down(&s);
	free(large);
}
END_TEST

START_TEST(a_line_without_end_is_broken_off)
{
	static const size_t size = (size_t)5 << 20;
	char *endless = calloc(1, size + 1);
	const struct fake_answer answers[] = {
		{"limit=500&", "200 OK", LIST("1", "", ""), 0, FAKE_ENDS},
		{"watch=1", "200 OK", endless, 65536, FAKE_HOLDS},
		{"limit=500&", "200 OK", LIST("2", "", META("a", "1")), 0, FAKE_ENDS},
		HELD,
	};
	struct scene s;

	ck_assert_ptr_nonnull(endless);
	memset(endless, ' ', size);
	set_up(&s, "1M", SILENCE_MS);
	fake_server_script(s.k.http, answers, 4);
	ck_assert_str_eq(run(&s, "[ ] [ a ] "), "[ ] [ a ] ");
	tear_down(&s);
	free(endless);
}
END_TEST

SUITE("kube_watch", what_goes_wrong_is_made_good, silence_ends_a_watch,
	a_real_list_in_pages_and_a_real_watch,
	a_page_that_is_too_large_is_asked_for_in_halves, a_line_without_end_is_broken_off)
