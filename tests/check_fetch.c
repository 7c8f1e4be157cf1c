#include "engine/fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fake_server.h"
#include "tests/fetch_scene.h"
#include "tests/suite.h"

static const char page[] = "# TYPE up gauge\nup 1\n";

static void set_up(struct scene *s)
{
	scene_begin(s);
	s->server = fake_server_start(NULL);
	s->port = fake_server_port(s->server);
	fake_server_set_page(s->server, page, sizeof(page) - 1);
}

static void tear_down(struct scene *s)
{
	scene_end(s);
	fake_server_stop(s->server);
}

/* One page, limited to a megabyte. */
static void get_within(struct scene *s, const char *timeout, const char *url)
{
	set_up(s);
	scene_option(s, "Timeout", timeout);
	scene_option(s, "MaxPageSize", "1M");
	scene_open(s, url);
	scene_get(s);
}

/* Times out; longer, where the machine was too slow even to get as far as it should. */
static void get_timeout(struct scene *s, const char *url, const char *text)
{
	static const char *const timeouts[] = {"400ms", "4s", "40s"};

	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		if (i > 0)
			tear_down(s);
		get_within(s, timeouts[i], url);
		if (strstr(s->answer.error.text, text) != NULL)
			return;
	}
}

START_TEST(a_page_is_read)
{
	struct scene s;

	set_up(&s);
	scene_open(&s, "http://127.0.0.1:*/ok");
	scene_get(&s);
	ck_assert_int_eq(s.answer.error.code, ERR_NONE);
	ck_assert_int_eq(s.answer.status, 200);
	ck_assert_int_eq(s.answer.format, EXPO_TEXT);
	ck_assert_str_eq(s.body, page);
	ck_assert_uint_eq(s.answer.wire_bytes, sizeof(page) - 1);
	ck_assert(s.answer.duration_seconds > 0 && s.answer.duration_seconds < 60);
	ck_assert(s.answer.connect_seconds >= 0 && s.answer.first_byte_seconds >= 0);
	ck_assert(isnan(s.answer.tls_seconds) && isnan(s.answer.certificate_days));
	ck_assert(llabs(s.answer.time_ms - s.clock.now_ms(NULL)) < 60000);
	tear_down(&s);
}
END_TEST

START_TEST(the_name_filter_stands_in_the_query)
{
	static const struct {
		const char *url, *said;
	} rows[] = {
		{"http://127.0.0.1:*/ok", "GET /ok?name%5B%5D=certwatcher_"},
		{"http://127.0.0.1:*/ok?a=b", "GET /ok?a=b&name%5B%5D=certwatcher_"},
	};
	char head[8192];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		scene_option(&s, "NameFilter", "true");
		scene_open(&s, rows[i].url);
		scene_get(&s);
		fake_server_last_request(s.server, head, sizeof(head));
		ck_assert_msg(strncmp(head, rows[i].said, strlen(rows[i].said)) == 0,
			"%s: %s", rows[i].url, head);
		ck_assert_ptr_nonnull(strstr(head, "name%5B%5D=workqueue_depth&"));
		tear_down(&s);
	}
}
END_TEST

START_TEST(the_connection_is_kept)
{
	struct scene s;

	set_up(&s);
	scene_open(&s, "http://127.0.0.1:*/ok");
	for (int i = 0; i < 5; i++)
		scene_get(&s);
	ck_assert_uint_eq(fake_server_requests(s.server), 5);
	ck_assert_uint_eq(fake_server_connections(s.server), 1);
	ck_assert_msg(isnan(s.answer.connect_seconds), "no connect, no time of it");
	tear_down(&s);
}
END_TEST

/* As many as there were at once, whatever the library thinks is enough. */
START_TEST(all_connections_are_kept)
{
	enum { COUNT = 12 };
	struct fetch_endpoint *endpoint[COUNT];
	struct scene s;

	set_up(&s);
	scene_open(&s, "http://127.0.0.1:*/ok");
	for (size_t i = 0; i < COUNT; i++) {
		endpoint[i] = fetch_add(
			s.fetch, settings_target_at(s.settings, 0), scene_take, &s);
		ck_assert_ptr_nonnull(endpoint[i]);
	}
	for (size_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < COUNT; i++)
			fetch_start(endpoint[i]);
		while (fetch_running(s.fetch) > 0)
			fetch_run(s.fetch, 1000);
		ck_assert_uint_eq(s.answers, round * COUNT);
	}
	ck_assert_uint_le(fake_server_connections(s.server), COUNT);
	tear_down(&s);
}
END_TEST

/* The endpoint that failed is good again at the next request. */
START_TEST(failures_have_a_reason)
{
	static const struct {
		const char *url;
		enum err_code code;
		int status;
		const char *text; /* a part of it */
	} rows[] = {
		{"http://127.0.0.1:*/404", ERR_STATUS, 404, "path of URL"},
		{"http://127.0.0.1:*/500", ERR_AUTH, 500, "set BearerTokenFile"},
		{"http://127.0.0.1:*/503", ERR_STATUS, 503, "HTTP status 503"},
		{"http://127.0.0.1:*/401", ERR_AUTH, 401, "BearerTokenFile"},
		{"http://127.0.0.1:*/403", ERR_AUTH, 403, "BearerTokenFile"},
		{"http://127.0.0.1:*/html", ERR_CONTENT, 200, "text/html"},
		{"http://127.0.0.1:*/strange", ERR_CONTENT, 200, "image/png"},
		{"http://127.0.0.1:*/binary", ERR_CONTENT, 0, "not HTTP"},
		{"http://127.0.0.1:*/cut", ERR_TRUNCATED, 200, "before the page"},
		{"http://127.0.0.1:*/chunkcut", ERR_TRUNCATED, 200, "before the page"},
		{"http://127.0.0.1:*/close", ERR_NETWORK, 0, "without an answer"},
		{"http://127.0.0.1:*/hang", ERR_TIMEOUT, 0, "first byte"},
		{"http://127.0.0.1:*/slow", ERR_TIMEOUT, 200, "the page"},
		{"http://127.0.0.1:*/headers", ERR_LIMIT, 0, "headers"},
		{"http://127.0.0.1:*/large", ERR_LIMIT, 200, "MaxPageSize"},
		{"http://127.0.0.1:*/to/ok", ERR_STATUS, 302, "FollowRedirects"},
		{"http://127.0.0.1:1/ok", ERR_REFUSED, 0, "nothing listens"},
		{"http://no-such-host.invalid:1/ok", ERR_DNS, 0, "no-such-host.invalid"},
		{"https://127.0.0.1:*/ok", ERR_TLS, 0, "http://"},
		{"unix:///nowhere/x.sock:/ok", ERR_REFUSED, 0, "/nowhere/x.sock"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		if (rows[i].code == ERR_TIMEOUT)
			get_timeout(&s, rows[i].url, rows[i].text);
		else
			get_within(&s, "60s", rows[i].url);
		ck_assert_msg(s.answer.error.code == rows[i].code, "%s: %s: %s",
			rows[i].url, err_name(s.answer.error.code), s.answer.error.text);
		ck_assert_msg(strstr(s.answer.error.text, rows[i].text) != NULL, "%s: %s",
			rows[i].url, s.answer.error.text);
		if (rows[i].code != ERR_LIMIT)
			ck_assert_msg(s.answer.status == rows[i].status, "%s: status %d",
				rows[i].url, s.answer.status);
		tear_down(&s);
	}
}
END_TEST

/* What only shows when it is used. */
START_TEST(wrong_settings_say_what_to_do)
{
	static const struct {
		const char *option, *value, *url, *text;
	} rows[] = {
		{"BearerTokenFile", "/nowhere", "http://127.0.0.1:*/ok",
			"BearerTokenFile of a: /nowhere: No such file or directory"},
		{"BearerTokenFile", "/", "http://127.0.0.1:*/ok",
			"BearerTokenFile of a: /: Is a directory"},
		{"BearerTokenFile", "/dev/null", "http://127.0.0.1:*/ok",
			"BearerTokenFile of a: /dev/null is empty"},
		{"PasswordFile", "/nowhere", "http://127.0.0.1:*/ok",
			"PasswordFile of a: /nowhere: No such file or directory"},
		{"BearerToken", "old", "http://127.0.0.1:*/500",
			"HTTP status 500; the credentials are not, or no longer, good "
			"for it"},
		{"BearerToken", "old", "http://127.0.0.1:*/403",
			"HTTP status 403; the account needs the right to get this path"},
		{"Proxy", "http://u:secret@127.0.0.1:1", "http://127.0.0.1:*/ok",
			"the proxy 127.0.0.1:1 cannot be used: Connection refused; is "
			"Proxy right?"},
		{"Proxy", "u:secret@no-such-host.invalid:1", "http://127.0.0.1:*/ok",
			"no address for the proxy no-such-host.invalid:1; is Proxy "
			"right?"},
		{"Proxy", "ftp://u:secret@127.0.0.1:1", "http://127.0.0.1:*/ok",
			"the proxy 127.0.0.1:1 cannot be used: no such kind of proxy; is "
			"Proxy right?"},
		{"CACert", "/nowhere", "https://127.0.0.1:*/ok",
			"CACert /nowhere cannot be used: is it there, readable, and "
			"PEM?"},
		{"ClientCert", "/nowhere", "https://127.0.0.1:*/ok",
			"ClientCert or ClientKey /nowhere cannot be used: is it there, "
			"readable, and PEM?"},
		{"VerifyPeer", "true", "https://127.0.0.1:*/ok",
			"the endpoint does not speak TLS; write http:// in URL"},
		{"MaxPageSize", "1M", "http://127.0.0.1:*/large",
			"the page is larger than 1048576 bytes; MaxPageSize allows more"},
		{"FollowRedirects", "false", "http://127.0.0.1:*/to/ok",
			"HTTP status 302; write the address it names in URL, or set "
			"FollowRedirects true"},
		{"NameFilter", "true", "http://127.0.0.1:*/414",
			"HTTP status 414; that is too long a URL for it: set NameFilter "
			"false"},
		{"Host", "x", "http://127.0.0.1:1/ok",
			"nothing listens at 127.0.0.1:1: is it running, and the address "
			"right?"},
		{"Host", "x", "http://no-such-host.invalid:1/ok",
			"no address for no-such-host.invalid; is URL right?"},
		{"Host", "x", "http://127.0.0.1:*/close",
			"the connection was closed without an answer; is it the metrics "
			"port, and does it want https://?"},
		{"Host", "x", "unix:///nowhere/x.sock",
			"there is no socket /nowhere/x.sock: is it running, and the "
			"address right?"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		scene_option(&s, "User", "me");
		scene_option(&s, rows[i].option, rows[i].value);
		scene_open(&s, rows[i].url);
		scene_get(&s);
		ck_assert_msg(strcmp(s.answer.error.text, rows[i].text) == 0,
			"%s \"%s\", %s: %s", rows[i].option, rows[i].value, rows[i].url,
			s.answer.error.text);
		ck_assert_ptr_null(strstr(s.said.text, "secret"));
		tear_down(&s);
	}
}
END_TEST

START_TEST(odd_answers_are_pages)
{
	static const struct {
		const char *url;
		enum expo_format format;
		const char *body;
	} rows[] = {
		{"http://127.0.0.1:*/none", EXPO_TEXT, page},
		{"http://127.0.0.1:*/om", EXPO_OPENMETRICS, page},
		{"http://127.0.0.1:*/chunk", EXPO_TEXT, page},
		{"http://127.0.0.1:*/empty", EXPO_TEXT, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		scene_open(&s, rows[i].url);
		scene_get(&s);
		ck_assert_msg(s.answer.error.code == ERR_NONE, "%s: %s", rows[i].url,
			s.answer.error.text);
		ck_assert_int_eq(s.answer.format, rows[i].format);
		ck_assert_str_eq(s.body, rows[i].body);
		tear_down(&s);
	}
}
END_TEST

START_TEST(a_unix_socket_is_an_endpoint)
{
	char folder[] = "/tmp/check_fetch.XXXXXX";
	char path[64];
	char url[96];
	struct scene s;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.sock", folder);
	snprintf(url, sizeof(url), "unix://%s:/ok", path);
	set_up(&s);
	fake_server_stop(s.server);
	s.server = fake_server_start(path);
	fake_server_set_page(s.server, page, sizeof(page) - 1);
	scene_open(&s, url);
	scene_get(&s);
	ck_assert_msg(s.answer.error.code == ERR_NONE, "%s", s.answer.error.text);
	ck_assert_str_eq(s.body, page);
	tear_down(&s);
	unlink(path);
	rmdir(folder);
}
END_TEST

/* Nothing waits for an endpoint that hangs. */
START_TEST(one_that_hangs_holds_up_no_other)
{
	struct scene s;
	struct setting url = {.kind = SETTING_TEXT};
	char text[64];

	set_up(&s);
	scene_option(&s, "Timeout", "60s");
	snprintf(text, sizeof(text), "%d/hang", fake_server_port(s.server));
	url.text = text;
	ck_assert(settings_target_set(
		settings_target(s.settings, "hangs"), "URL", &url, 1));
	scene_open(&s, "http://127.0.0.1:*/ok");
	struct fetch_endpoint *hangs = s.endpoint;
	s.endpoint =
		fetch_add(s.fetch, settings_target_at(s.settings, 1), scene_take, &s);
	fetch_start(hangs);
	fetch_start(s.endpoint);
	while (s.answers == 0)
		fetch_run(s.fetch, 1000);
	ck_assert_int_eq(s.answer.error.code, ERR_NONE);
	ck_assert(fetch_is_running(hangs));
	tear_down(&s);
}
END_TEST

START_TEST(one_that_is_removed_tells_nobody)
{
	struct scene s;

	set_up(&s);
	scene_open(&s, "http://127.0.0.1:*/hang");
	fetch_start(s.endpoint);
	fetch_run(s.fetch, 1);
	fetch_remove(s.endpoint);
	ck_assert_uint_eq(fetch_running(s.fetch), 0);
	s.endpoint =
		fetch_add(s.fetch, settings_target_at(s.settings, 0), scene_take, &s);
	fetch_start(s.endpoint);
	fetch_remove(s.endpoint);
	fetch_remove(NULL);
	fetch_run(s.fetch, 1);
	ck_assert_uint_eq(fetch_running(s.fetch), 0);
	ck_assert_uint_eq(s.answers, 0);
	tear_down(&s);
}
END_TEST

START_TEST(a_call_wakes_it)
{
	struct scene s;

	set_up(&s);
	scene_option(&s, "Timeout", "60s");
	scene_open(&s, "http://127.0.0.1:*/hang");
	fetch_start(s.endpoint);
	fetch_wake(s.fetch);
	int64_t before = s.clock.monotonic_us(NULL);
	fetch_run(s.fetch, 60000);
	ck_assert(s.clock.monotonic_us(NULL) - before < 30000000);
	ck_assert_uint_eq(s.answers, 0);
	tear_down(&s);
}
END_TEST

START_TEST(a_bomb_does_not_go_off)
{
	static char bomb[1 << 20];
	FILE *pipe = popen("head -c 64000000 /dev/zero | gzip -9", "r");
	size_t len = fread(bomb, 1, sizeof(bomb), pipe);
	struct scene s;

	ck_assert_int_eq(pclose(pipe), 0);
	set_up(&s);
	fake_server_set_page(s.server, bomb, len);
	scene_option(&s, "Compression", "true");
	scene_open(&s, "http://127.0.0.1:*/gzip");
	scene_get(&s);
	ck_assert_int_eq(s.answer.error.code, ERR_LIMIT);
	ck_assert_msg(strstr(s.answer.error.text, "Compression") != NULL, "%s",
		s.answer.error.text);
	tear_down(&s);
}
END_TEST

static void gzip_page(char *out, size_t size, size_t *len)
{
	FILE *pipe = popen("printf '# TYPE up gauge\\nup 1\\n' | gzip -9", "r");

	*len = fread(out, 1, size, pipe);
	ck_assert_int_eq(pclose(pipe), 0);
}

START_TEST(compression_is_by_option)
{
	char packed[256];
	char head[4096];
	size_t len;
	struct scene s;

	gzip_page(packed, sizeof(packed), &len);
	set_up(&s);
	fake_server_set_page(s.server, packed, len);
	scene_option(&s, "Compression", "true");
	scene_open(&s, "http://127.0.0.1:*/gzip");
	scene_get(&s);
	ck_assert_msg(s.answer.error.code == ERR_NONE, "%s", s.answer.error.text);
	ck_assert_str_eq(s.body, page);
	ck_assert_uint_eq(s.answer.wire_bytes, len);
	fake_server_last_request(s.server, head, sizeof(head));
	ck_assert_ptr_nonnull(strcasestr(head, "\r\nAccept-Encoding: "));
	tear_down(&s);

	set_up(&s);
	scene_open(&s, "http://127.0.0.1:*/ok");
	scene_get(&s);
	fake_server_last_request(s.server, head, sizeof(head));
	ck_assert_ptr_null(strcasestr(head, "\r\nAccept-Encoding: "));
	tear_down(&s);
}
END_TEST

START_TEST(the_request_says_what_was_set)
{
	char head[4096];
	struct scene s;

	set_up(&s);
	scene_option(&s, "Header", "X-One: 1");
	scene_option(&s, "Header", "X-Two: 2");
	scene_option(&s, "User", "me");
	scene_option(&s, "Password", "secret");
	scene_option(&s, "Format", "text");
	scene_open(&s, "http://127.0.0.1:*/ok?a=b");
	scene_get(&s);
	fake_server_last_request(s.server, head, sizeof(head));
	ck_assert_ptr_nonnull(strstr(head, "GET /ok?a=b HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nX-One: 1\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nX-Two: 2\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nUser-Agent: collectd-operator/"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nAccept: text/plain;version=0.0.4\r\n"));
	tear_down(&s);
}
END_TEST

START_TEST(a_token_is_read_again_when_it_changes)
{
	char folder[] = "/tmp/check_fetch.XXXXXX";
	char path[64];
	struct scene s;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/token", folder);
	scene_write_file(path, "first\n", 0600);
	set_up(&s);
	scene_option(&s, "BearerTokenFile", path);
	scene_open(&s, "http://127.0.0.1:*/token");
	fake_server_set_token(s.server, "first");
	scene_get(&s);
	ck_assert_int_eq(s.answer.status, 200);

	scene_write_file(path, " second \n", 0600);
	fake_server_set_token(s.server, "second");
	scene_get(&s);
	ck_assert_int_eq(s.answer.status, 200);
	ck_assert_uint_eq(fake_server_requests(s.server), 2);

	fake_server_set_token(s.server, "third");
	scene_get(&s);
	ck_assert_int_eq(s.answer.error.code, ERR_AUTH);
	ck_assert_msg(fake_server_requests(s.server) == 4, "one retry, not more");

	unlink(path);
	scene_get(&s);
	ck_assert_int_eq(s.answer.error.code, ERR_AUTH);
	ck_assert_msg(
		strstr(s.answer.error.text, path) != NULL, "%s", s.answer.error.text);
	ck_assert_uint_eq(fake_server_requests(s.server), 4);
	ck_assert_msg(strstr(s.said.text, "second") == NULL, "said: %s", s.said.text);
	tear_down(&s);
	rmdir(folder);
}
END_TEST

START_TEST(redirects_are_by_option)
{
	static const struct {
		const char *url;
		const char *option, *value;
		int status;
	} rows[] = {
		{"http://127.0.0.1:*/to/ok", "ScrapeDetails", "false", 200},
		{"http://127.0.0.1:*/to/ok", "BearerToken", "secret", 200},
		{"http://127.0.0.1:*/to/http://localhost:1/", "ScrapeDetails", "false",
			0},
		{"http://127.0.0.1:*/to/http://localhost:1/", "BearerToken", "secret",
			302},
		{"http://127.0.0.1:*/to/http://localhost:1/", "User", "me", 302},
		{"http://127.0.0.1:*/to/http://localhost:1/", "Header", "X-Key: 1", 302},
		{"http://127.0.0.1:*/to/file:///etc/passwd", "ScrapeDetails", "false", 0},
		{"http://127.0.0.1:*/to/to/to/to/to/to/to/ok", "ScrapeDetails", "false",
			302},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		scene_option(&s, "FollowRedirects", "true");
		scene_option(&s, rows[i].option, rows[i].value);
		scene_open(&s, rows[i].url);
		scene_get(&s);
		ck_assert_msg(s.answer.status == rows[i].status, "%zu %s: status %d, %s",
			i, rows[i].url, s.answer.status, s.answer.error.text);
		ck_assert_msg(
			(s.answer.error.code == ERR_NONE) == (rows[i].status == 200),
			"%s", rows[i].url);
		tear_down(&s);
	}
}
END_TEST

SUITE("fetch", a_page_is_read, the_name_filter_stands_in_the_query,
	the_connection_is_kept, all_connections_are_kept, failures_have_a_reason,
	wrong_settings_say_what_to_do, odd_answers_are_pages,
	a_unix_socket_is_an_endpoint, one_that_hangs_holds_up_no_other, a_call_wakes_it,
	one_that_is_removed_tells_nobody, a_bomb_does_not_go_off,
	compression_is_by_option, the_request_says_what_was_set,
	a_token_is_read_again_when_it_changes, redirects_are_by_option)
