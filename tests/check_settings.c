#include "engine/settings.h"

#include <stdio.h>
#include <string.h>

#include "tests/said.h"
#include "tests/suite.h"

/* A value as collectd's configuration gives it. */
#define TEXT(value)                                                                      \
	{                                                                                \
		.kind = SETTING_TEXT, .text = (value)                                    \
	}
#define NUMBER(value)                                                                    \
	{                                                                                \
		.kind = SETTING_NUMBER, .number = (value)                                \
	}
#define FLAG(value)                                                                      \
	{                                                                                \
		.kind = SETTING_FLAG, .flag = (value)                                    \
	}

struct scene {
	struct said said;
	struct settings *settings;
};

static void set_up(struct scene *s, enum settings_dialect dialect)
{
	said_init(&s->said);
	s->settings = settings_new(dialect, &s->said.log);
	ck_assert_ptr_nonnull(s->settings);
}

static void tear_down(struct scene *s)
{
	settings_free(s->settings);
}

static bool set_text(struct scene *s, const char *option, const char *text)
{
	struct setting v = TEXT(text);

	return settings_set(s->settings, option, &v, 1);
}

static bool target_text(struct settings_target *t, const char *option, const char *text)
{
	struct setting v = TEXT(text);

	return settings_target_set(t, option, &v, 1);
}

static struct settings_target *add(struct scene *s, const char *name, const char *url)
{
	struct settings_target *t = settings_target(s->settings, name);

	target_text(t, "URL", url);
	return t;
}

START_TEST(defaults_are_those_of_the_table)
{
	struct scene s;

	set_up(&s, SETTINGS_COLLECTD);
	add(&s, "a b", "http://127.0.0.1:8080");
	ck_assert(settings_check(s.settings, 10));
	ck_assert_uint_eq(settings_targets(s.settings), 1);
	const struct options *o = settings_target_at(s.settings, 0);
	ck_assert_str_eq(o->name, "a b");
	ck_assert_str_eq(o->instance, "a_b");
	ck_assert_str_eq(o->url.address, "http://127.0.0.1:8080/metrics");
	ck_assert(o->interval_seconds >= 10 && o->interval_seconds <= 10);
	ck_assert_int_eq(o->timeout_ms, 9000);
	ck_assert_int_eq(o->connect_timeout_ms, 9000);
	ck_assert(o->verify_peer && o->verify_host && !o->follow_redirects &&
		  !o->compression);
	ck_assert_int_eq(o->min_tls_version, OPTION_TLS_1_2);
	ck_assert_int_eq(o->format, OPTION_FORMAT_AUTO);
	ck_assert_uint_eq(o->percentiles.count, 3);
	ck_assert_str_eq(o->percentiles.at[1], "90");
	ck_assert(!o->buckets.all && o->buckets.globs.count == 0);
	ck_assert_ptr_null(o->proxy);
	ck_assert_ptr_null(o->host);
	ck_assert_uint_eq(o->max_page_bytes, 128U << 20);
	ck_assert_str_eq(
		settings_defaults(s.settings)->state_dir, "/run/collectd-operator");
	ck_assert_uint_eq(s.said.lines, 0);
	tear_down(&s);
}
END_TEST

START_TEST(an_endpoint_replaces_the_default)
{
	static const struct setting rules[] = {TEXT("a*"), TEXT("!b*")};
	struct scene s;

	set_up(&s, SETTINGS_COLLECTD);
	struct settings_target *own = add(&s, "own", "8080");
	add(&s, "other", "8081");
	ck_assert(settings_set(s.settings, "Family", rules, 2));
	ck_assert(set_text(&s, "Family", "c"));
	ck_assert(set_text(&s, "header", "X-A: 1"));
	ck_assert(set_text(&s, "Timeout", "2s"));
	ck_assert(target_text(own, "Family", "d"));
	ck_assert(target_text(own, "Header", "X-B: 2"));
	ck_assert(target_text(own, "Header", "X-C: 3"));
	ck_assert(target_text(own, "TIMEOUT", "1500"));
	ck_assert(settings_check(s.settings, 10));
	const struct options *o = settings_target_at(s.settings, 0);
	ck_assert_uint_eq(o->family.count, 1);
	ck_assert_str_eq(o->family.at[0], "d");
	ck_assert_uint_eq(o->headers.count, 2);
	ck_assert_str_eq(o->headers.at[1], "X-C: 3");
	ck_assert_int_eq(o->timeout_ms, 1500);
	ck_assert_int_eq(
		filter_allows(o->filter, STR("a"), (struct labels){0}), FILTER_NONE);
	o = settings_target_at(s.settings, 1);
	ck_assert_uint_eq(o->family.count, 3);
	ck_assert_str_eq(o->headers.at[0], "X-A: 1");
	ck_assert_int_eq(o->timeout_ms, 2000);
	ck_assert_int_eq(
		filter_allows(o->filter, STR("b1"), (struct labels){0}), FILTER_DROP);
	ck_assert_uint_eq(s.said.lines, 0);
	tear_down(&s);
}
END_TEST

START_TEST(every_message_says_what_to_write)
{
	static const struct {
		const char *option;
		struct setting value;
		const char *said; /* a part of it; NULL: it is good */
	} rows[] = {
		{"Intervall", NUMBER(5),
			"unknown option Intervall: did you mean Interval?"},
		{"Frobnicate", NUMBER(5), "unknown option Frobnicate"},
		{"Interval", TEXT("abc"), "Interval \"abc\": not a time: write seconds"},
		{"Interval", FLAG(true), "Interval true: not a time"},
		{"Interval", NUMBER(0.05), "Interval 0.05: out of range"},
		{"Interval", NUMBER(-1), "Interval -1: out of range"},
		{"Interval", NUMBER(0.1), NULL},
		{"Interval", TEXT("500ms"), NULL},
		{"Interval", TEXT("2h"), "not a time"},
		{"Interval", TEXT(""), "not a time"},
		{"Timeout", TEXT("5 s"),
			"Timeout \"5 s\": not a time: write milliseconds"},
		{"Timeout", NUMBER(5), "Timeout 5 means 5 ms"},
		{"Timeout", TEXT("99"), "Timeout \"99\" means 99 ms"},
		{"Timeout", TEXT("5ms"), NULL},
		{"Timeout", NUMBER(100), NULL},
		{"Timeout", TEXT("nan"), "not a time"},
		{"Timeout", TEXT("1e400"), "not a time"},
		{"Percentiles", NUMBER(101), "not a percentile"},
		{"Percentiles", TEXT("p99"), "not a percentile"},
		{"Percentiles", TEXT("50,,99"), "not a percentile"},
		{"Percentiles", NUMBER(99.9), NULL},
		{"Percentiles", TEXT("50,99.9"), NULL},
		{"Buckets", TEXT("a*"), NULL},
		{"Buckets", NUMBER(1), "write true, false, or names"},
		{"Family", TEXT("a{b=c}"), "Family \"a{b=c}\""},
		{"Family", NUMBER(1), "put it in quotes"},
		{"Host", FLAG(true), "put it in quotes"},
		{"Password", NUMBER(7), "Password ...: not a text: put it in quotes"},
		{"BearerToken", TEXT("a\nb"), "BearerToken ...: it holds a line end"},
		{"Header", TEXT("no colon secret"), "Header ...: not a header"},
		{"Header", TEXT("X: a\r\nY: b"), "Header ...: it holds a line end"},
		{"VerifyPeer", TEXT("maybe"),
			"VerifyPeer \"maybe\": neither true nor false"},
		{"VerifyPeer", NUMBER(0), "VerifyPeer 0: neither true nor false"},
		{"VerifyPeer", TEXT("off"), NULL},
		{"MinTLSVersion", NUMBER(1.2), NULL},
		{"MinTLSVersion", TEXT("1.3"), NULL},
		{"MinTLSVersion", NUMBER(2), "write one of 1.0, 1.1, 1.2, 1.3"},
		{"Format", TEXT("xml"), "write one of auto, text, openmetrics, protobuf"},
		{"Format", FLAG(true), "write one of auto"},
		{"MaxValues", NUMBER(1.5), "MaxValues 1.5: not a number: write a whole"},
		{"MaxValues", NUMBER(0), "MaxValues 0: out of range"},
		{"MaxPageSize", TEXT("64k"), NULL},
		{"MaxPageSize", TEXT("64K"), "not a number"},
		{"MaxPageSize", TEXT("8"), "out of range"},
		{"URL", TEXT("8080"), "URL belongs into an <Endpoint"},
		{"StateDir", TEXT(""), NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;
		const char *said = rows[i].said;

		set_up(&s, SETTINGS_COLLECTD);
		settings_set(s.settings, rows[i].option, &rows[i].value, 1);
		ck_assert_msg(s.said.lines == (said != NULL), "%s (row %zu): %s",
			rows[i].option, i, s.said.text);
		if (said != NULL)
			ck_assert_msg(strstr(s.said.text, said) != NULL, "%s: %s", said,
				s.said.text);
		ck_assert_uint_eq(settings_complaints(s.settings), s.said.lines);
		ck_assert_msg(strstr(s.said.text, "secret") == NULL, "%s", s.said.text);
		tear_down(&s);
	}
}
END_TEST

/* A value that no option of that kind takes. */
static struct setting wrong_value(enum option_kind kind)
{
	const struct setting number = NUMBER(5), flag = FLAG(true),
			     text = TEXT("perhaps, a{");

	switch (kind) {
	case OPTION_KIND_TEXT:
	case OPTION_KIND_SECRET:
	case OPTION_KIND_SECRETS:
	case OPTION_KIND_CHOSEN:
	case OPTION_KIND_RULES:
	case OPTION_KIND_TEXTS:
		return number;
	case OPTION_KIND_URL:
	case OPTION_KIND_SERVER:
	case OPTION_KIND_SECONDS:
	case OPTION_KIND_MS:
	case OPTION_KIND_BYTES:
	case OPTION_KIND_COUNT:
		return flag;
	case OPTION_KIND_FLAG:
	case OPTION_KIND_PERCENTILES:
	case OPTION_KIND_FORMAT:
	case OPTION_KIND_TLS_VERSION:
		break;
	}
	return text;
}

/* A block that an option of that scope may stand in; NULL: outside of blocks. */
static struct settings_target *block_of(struct scene *s, enum option_scope scope)
{
	switch (scope) {
	case OPTION_SCOPE_PLUGIN:
		break;
	case OPTION_SCOPE_ENDPOINT:
	case OPTION_SCOPE_BOTH:
		return settings_target(s->settings, "a");
	case OPTION_SCOPE_DISCOVER:
		return settings_discovery(s->settings);
	case OPTION_SCOPE_ATTACHMENT:
		return settings_attachment(s->settings, "a");
	case OPTION_SCOPE_KUBERNETES:
		return settings_kubernetes(settings_discovery(s->settings), "http://h");
	}
	return NULL;
}

START_TEST(each_option_says_what_to_write_instead)
{
	for (enum option_id id = 0; id < OPTION_IDS; id++) {
		const struct option_def *def = option_at(id);
		const struct setting wrong = wrong_value(def->kind);
		char name[64];
		struct scene s;

		set_up(&s, SETTINGS_COLLECTD);
		struct settings_target *t = block_of(&s, def->scope);
		snprintf(name, sizeof(name), ": %s ", def->name);
		ck_assert(!(t == NULL ? settings_set(s.settings, def->name, &wrong, 1)
				      : settings_target_set(t, def->name, &wrong, 1)));
		ck_assert_msg(strstr(s.said.text, "<Plugin operator>") == s.said.text &&
				      strstr(s.said.text, name) != NULL,
			"%s: %s", def->name, s.said.text);
		ck_assert_msg(strstr(s.said.text, ": write ") != NULL ||
				      strstr(s.said.text, ": put it in quotes") != NULL,
			"%s", s.said.text);
		ck_assert_msg(strstr(s.said.text, "; the option is ignored\n") != NULL,
			"%s", s.said.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(messages_name_block_and_endpoint)
{
	static const struct setting two[] = {NUMBER(1), NUMBER(2)};
	struct scene s;

	set_up(&s, SETTINGS_COLLECTD);
	struct settings_target *t = add(&s, "my op", "8080");
	ck_assert(!settings_target_set(t, "Interval", two, 2));
	ck_assert_str_eq(s.said.text,
		"<Plugin operator> <Endpoint \"my op\">: Interval 1 2: more "
		"than one value: write Interval SECONDS; the option is ignored\n");
	ck_assert(!settings_target_set(t, "Interval", NULL, 0));
	ck_assert(!target_text(t, "StateDir", "/x"));
	ck_assert_ptr_nonnull(
		strstr(s.said.text, "StateDir belongs outside of <Endpoint> and"));
	tear_down(&s);

	set_up(&s, SETTINGS_ARGV);
	ck_assert(!set_text(&s, "VerifyPeer", "maybe"));
	ck_assert_str_eq(s.said.text,
		"--verify-peer maybe: neither true nor false: write one of "
		"them\n");
	tear_down(&s);
}
END_TEST

START_TEST(bad_endpoints_are_left_out)
{
	static const struct {
		const char *url;
		const char *said; /* NULL: it is good */
	} rows[] = {
		{"http://127.0.0.1:8080/metrics", NULL},
		{"", "the URL is empty"},
		{"http:///metrics",
			"URL without host: write http://127.0.0.1:8080/metrics"},
		{"http://:8080/metrics", "URL without host"},
		{"myhost", "without scheme or port: write http://myhost/metrics"},
		{"ftp://h/", "unknown scheme `ftp`"},
		{"http://h:99999/", "port 99999 is out of range"},
		{"http://h:0/", "port 0 is out of range"},
		{"http://h:x/", "the port is no number"},
		{"http://[::1/", "has no end"},
		{"http://a b/", "no blanks"},
		{"http://me:secret@h/", "must not hold a user or password"},
		{"me:secret@h:80", "must not hold a user or password"},
		{"unix://x.sock", "whole path of the socket"},
		{"unix:///", "whole path of the socket"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s, SETTINGS_COLLECTD);
		add(&s, "bad", rows[i].url);
		add(&s, "good", "8081");
		ck_assert(settings_check(s.settings, 10));
		ck_assert_uint_eq(
			settings_targets(s.settings), rows[i].said == NULL ? 2 : 1);
		if (rows[i].said != NULL) {
			ck_assert_msg(strstr(s.said.text, rows[i].said) != NULL, "%s: %s",
				rows[i].url, s.said.text);
			ck_assert_str_eq(settings_target_at(s.settings, 0)->name, "good");
			ck_assert_ptr_nonnull(
				strstr(s.said.text, "<Endpoint \"bad\">: no URL"));
		}
		ck_assert_msg(strstr(s.said.text, "secret") == NULL, "%s", s.said.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(urls_have_many_forms)
{
	static const struct {
		const char *text, *address, *authority, *socket_path;
	} rows[] = {
		{"http://h", "http://h:80/metrics", "h:80", NULL},
		{"http://h/", "http://h:80/metrics", "h:80", NULL},
		{"HTTPS://h", "https://h:443/metrics", "h:443", NULL},
		{"https://h:8443/x?y=z#f", "https://h:8443/x?y=z", "h:8443", NULL},
		{"http://h?y", "http://h:80/metrics?y", "h:80", NULL},
		{"8080", "http://127.0.0.1:8080/metrics", "127.0.0.1:8080", NULL},
		{":8080", "http://127.0.0.1:8080/metrics", "127.0.0.1:8080", NULL},
		{":8080/m", "http://127.0.0.1:8080/m", "127.0.0.1:8080", NULL},
		{"h.example:8080", "http://h.example:8080/metrics", "h.example:8080",
			NULL},
		{"[::1]:8080/", "http://[::1]:8080/metrics", "[::1]:8080", NULL},
		{"h:80/a://b", "http://h:80/a://b", "h:80", NULL},
		{"unix:///run/x.sock", "http://localhost:80/metrics", "x.sock",
			"/run/x.sock"},
		{"unix:///run/x.sock:/a?b", "http://localhost:80/a?b", "x.sock",
			"/run/x.sock"},
		{"unix:///run/x:y.sock:/", "http://localhost:80/metrics", "x:y.sock",
			"/run/x:y.sock"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_new(1 << 16);
		struct url url;
		struct err e;

		ck_assert_msg(url_read(a, str_of(rows[i].text), &url, &e), "%s: %s",
			rows[i].text, e.text);
		ck_assert_str_eq(url.address, rows[i].address);
		ck_assert_str_eq(url.authority, rows[i].authority);
		ck_assert_pstr_eq(url.socket_path, rows[i].socket_path);
		arena_free(a);
	}
}
END_TEST

START_TEST(the_first_of_a_name_stays)
{
	struct scene s;

	set_up(&s, SETTINGS_COLLECTD);
	add(&s, "a/b", "8080");
	add(&s, "a/b", "8081");
	ck_assert_ptr_nonnull(strstr(s.said.text, "a second block of this name"));
	add(&s, "a_b", "8082");
	ck_assert_ptr_nonnull(strstr(s.said.text, "the same plugin instance a_b"));
	ck_assert_ptr_null(settings_target(s.settings, ""));
	ck_assert(settings_check(s.settings, 10));
	ck_assert_uint_eq(settings_targets(s.settings), 1);
	ck_assert_str_eq(
		settings_target_at(s.settings, 0)->url.authority, "127.0.0.1:8080");
	tear_down(&s);
}
END_TEST

START_TEST(deadlines_lie_below_the_interval)
{
	static const struct {
		const char *interval, *timeout, *connect;
		int64_t timeout_ms, connect_ms;
		size_t lines;
	} rows[] = {
		{"1", "", "", 900, 900, 0},
		{"60", "", "", 10000, 10000, 0},
		{"60", "30s", "", 30000, 30000, 0},
		{"60", "30s", "2s", 30000, 2000, 0},
		{"1", "1s", "", 900, 900, 1},
		{"1", "5s", "9s", 900, 900, 1},
		{"0.1", "", "", 90, 90, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s, SETTINGS_COLLECTD);
		struct settings_target *t = add(&s, "a", "8080");
		ck_assert(target_text(t, "Interval", rows[i].interval));
		if (rows[i].timeout[0] != '\0')
			ck_assert(target_text(t, "Timeout", rows[i].timeout));
		if (rows[i].connect[0] != '\0')
			ck_assert(target_text(t, "ConnectTimeout", rows[i].connect));
		ck_assert(settings_check(s.settings, 10));
		const struct options *o = settings_target_at(s.settings, 0);
		ck_assert_int_eq(o->timeout_ms, rows[i].timeout_ms);
		ck_assert_int_eq(o->connect_timeout_ms, rows[i].connect_ms);
		ck_assert_msg(
			s.said.lines == rows[i].lines, "row %zu: %s", i, s.said.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(options_that_exclude_each_other)
{
	static const struct {
		const char *first, *first_value, *second, *second_value, *said;
	} rows[] = {
		{"BearerToken", "x", "BearerTokenFile", "/x", "BearerTokenFile is used"},
		{"User", "u", "BearerToken", "x", "the bearer token is used"},
		{"Password", "secret", "PasswordFile", "/x", "PasswordFile is used"},
		{"ClientKey", "/k", "Host", "h", "ClientKey without ClientCert"},
		{"Password", "secret", "Host", "h", "a password without User"},
		{"URL", "https://h", "VerifyPeer", "false", "whoever answers at h:443"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s, SETTINGS_COLLECTD);
		struct settings_target *t = add(&s, "a", "8080");
		ck_assert(target_text(t, rows[i].first, rows[i].first_value));
		ck_assert(target_text(t, rows[i].second, rows[i].second_value));
		ck_assert(settings_check(s.settings, 10));
		ck_assert_msg(strstr(s.said.text, rows[i].said) != NULL, "%s: %s",
			rows[i].said, s.said.text);
		ck_assert_ptr_null(strstr(s.said.text, "secret"));
		ck_assert_uint_eq(settings_targets(s.settings), 1);
		tear_down(&s);
	}
}
END_TEST

START_TEST(percentiles_have_one_spelling)
{
	static const struct setting values[] = {TEXT("050.0"), NUMBER(50), TEXT("99.90"),
		TEXT(".5"), TEXT("0"), TEXT("100"), TEXT("00")};
	static const char *const expected[] = {"50", "99.9", "0.5", "0", "100"};
	struct scene s;

	set_up(&s, SETTINGS_COLLECTD);
	ck_assert(settings_set(s.settings, "Percentiles", values, 7));
	ck_assert(settings_check(s.settings, 10));
	const struct option_list *l = &settings_defaults(s.settings)->percentiles;
	ck_assert_uint_eq(l->count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(l->at[i], expected[i]);
	tear_down(&s);
}
END_TEST

START_TEST(names_on_the_command_line)
{
	static const char *const rows[][2] = {{"URL", "url"}, {"CACert", "ca-cert"},
		{"CAPath", "ca-path"}, {"BearerTokenFile", "bearer-token-file"},
		{"MinTLSVersion", "min-tls-version"}, {"VerifyPeer", "verify-peer"},
		{"MaxPageSize", "max-page-size"}, {"NoProxy", "no-proxy"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[32];

		option_long_name(option_find(rows[i][0]), name, sizeof(name));
		ck_assert_str_eq(name, rows[i][1]);
	}
}
END_TEST

/* Every default can be read by the rules of its kind. */
START_TEST(defaults_can_be_written)
{
	struct arena *a = arena_new(1 << 20);

	for (enum option_id id = 0; id < OPTION_IDS; id++) {
		union option_value v;

		ck_assert_msg(
			option_standard(a, option_at(id), &v), "%s", option_at(id)->name);
		ck_assert_msg(
			strlen(option_at(id)->name) < 32, "%s", option_at(id)->name);
	}
	arena_free(a);
}
END_TEST

START_TEST(a_list_has_an_end)
{
	struct scene s;
	size_t used = 0;

	set_up(&s, SETTINGS_COLLECTD);
	while (used < 100000 && set_text(&s, "Family", "x"))
		used++;
	ck_assert_uint_eq(used, 1000);
	tear_down(&s);
}
END_TEST

START_TEST(a_discovery_has_a_block_of_its_own)
{
	struct scene s;
	struct err e;
	static const struct settings_text given[] = {
		{"URL", "8080"}, {"BearerToken", "other"}, {"Family", "own_*"}};

	set_up(&s, SETTINGS_COLLECTD);
	set_text(&s, "Timeout", "3s");
	set_text(&s, "Files", "x");
	struct settings_target *t = settings_discovery(s.settings);
	ck_assert(target_text(t, "Files", "/a/*.json") && target_text(t, "Files", "/b"));
	ck_assert(target_text(t, "BearerToken", "abc"));
	ck_assert(target_text(t, "Family", "all_*"));
	ck_assert(!target_text(t, "URL", "8080"));
	ck_assert(!target_text(t, "Listeners", "maybe"));
	ck_assert_ptr_nonnull(strstr(s.said.text, ": Files belongs into a <Discover>"));
	ck_assert_ptr_nonnull(strstr(s.said.text, "<Discover>: URL belongs into an"));
	ck_assert_ptr_nonnull(strstr(s.said.text, "<Discover>: Listeners \"maybe\":"));
	ck_assert(settings_check(s.settings, 10));
	ck_assert_uint_eq(settings_targets(s.settings), 0);
	ck_assert_uint_eq(settings_discoveries(s.settings), 1);
	const struct options *block = settings_discovery_at(s.settings, 0);
	ck_assert_uint_eq(block->files.count, 2);
	ck_assert_str_eq(block->files.at[1], "/b");
	ck_assert(!block->listeners);

	struct settings_found *f =
		settings_found_new(s.settings, 0, "found", given, 3, &e);
	const struct options *o = settings_found_options(f);
	ck_assert_str_eq(o->instance, "found");
	ck_assert_int_eq(o->url.port, 8080);
	ck_assert_str_eq(o->bearer_token, "other");
	ck_assert_int_eq(o->timeout_ms, 3000);
	ck_assert_uint_eq(o->family.count, 1);
	ck_assert_str_eq(o->family.at[0], "own_*");
	ck_assert_str_eq(block->bearer_token, "abc");
	settings_found_free(f);
	const struct settings_text without[] = {{"URL", "8080"}, {"BearerToken", NULL}};
	f = settings_found_new(s.settings, 0, "found", without, 2, &e);
	ck_assert_ptr_null(settings_found_options(f)->bearer_token);
	settings_found_free(f);

	ck_assert_ptr_null(settings_found_new(s.settings, 0, "f", &given[1], 1, &e));
	ck_assert_str_eq(e.text, "f: no URL");
	const struct settings_text bad = {"StateDir", "/x"};
	ck_assert_ptr_null(settings_found_new(s.settings, 0, "f", &bad, 1, &e));
	tear_down(&s);
}
END_TEST

START_TEST(two_addresses_may_be_one_place)
{
	static const struct {
		const char *a, *b;
		bool are_one;
	} rows[] = {
		{"8080", "http://localhost:8080/metrics", true},
		{"[::1]:8080", "https://127.0.0.1:8080", true},
		{"8080", "8081", false},
		{"8080", "8080/other", false},
		{"8080", "10.0.0.1:8080", false},
		{"HOST:8080", "host:8080", true},
		{"unix:///run/a.sock", "unix:///run/a.sock:/metrics", true},
		{"unix:///run/a.sock", "unix:///run/b.sock", false},
		{"unix:///run/a.sock", "80", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new(4096);
		struct url a, b;

		ck_assert(url_read(arena, str_of(rows[i].a), &a, NULL));
		ck_assert(url_read(arena, str_of(rows[i].b), &b, NULL));
		ck_assert_msg(
			(url_hash_place(&a) == url_hash_place(&b)) == rows[i].are_one,
			"%s %s", rows[i].a, rows[i].b);
		arena_free(arena);
	}
}
END_TEST

SUITE("settings", defaults_are_those_of_the_table, an_endpoint_replaces_the_default,
	every_message_says_what_to_write, each_option_says_what_to_write_instead,
	messages_name_block_and_endpoint, bad_endpoints_are_left_out,
	urls_have_many_forms, the_first_of_a_name_stays, deadlines_lie_below_the_interval,
	options_that_exclude_each_other, percentiles_have_one_spelling,
	names_on_the_command_line, defaults_can_be_written, a_list_has_an_end,
	a_discovery_has_a_block_of_its_own, two_addresses_may_be_one_place)
