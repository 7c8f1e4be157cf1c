#include "engine/discover_listeners.h"

#include <pwd.h>

#include "engine/settings.h"
#include "engine/str.h"
#include "tests/fake_server.h"
#include "tests/made_proc.h"
#include "tests/said.h"
#include "tests/suite.h"

#define PAGE  "go_goroutines 1\ncontroller_runtime_active_workers{controller=\"a\"} 0\n"
#define OTHER "go_goroutines 1\nhttp_requests_total 5\n"

#define SECOND INT64_C(1000000)

/* One who listens here is the user that runs the test, and somebody else has other
 * rights. */
#define STRANGER 54321

struct scene {
	struct made_proc proc;
	struct said said;
	struct settings *settings;
	struct settings_target *block;
	int64_t now_us;
	struct clock clock;
	struct fetch *fetch;
	struct discover_source source;
	struct fake_server *server[4];
	size_t servers;
};

static int64_t hand_us(void *ctx)
{
	return ((const struct scene *)ctx)->now_us;
}

static int64_t hand_ms(void *ctx)
{
	return hand_us(ctx) / 1000;
}

static void set_up(struct scene *s)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	ck_assert(fetch_global_init(&e));
	made_begin(&s->proc);
	said_init(&s->said);
	s->now_us = 1000 * SECOND;
	s->clock = (struct clock){s, hand_ms, hand_us};
	s->settings = settings_new(SETTINGS_COLLECTD, &s->said.log);
	s->block = settings_discovery(s->settings);
	s->fetch = fetch_new(&s->clock, &s->said.log);
	ck_assert(s->block != NULL && s->fetch != NULL);
}

static void set(struct scene *s, const char *option, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	ck_assert_msg(settings_target_set(s->block, option, &v, 1), "%s", s->said.text);
}

static void start(struct scene *s, bool is_command_line)
{
	ck_assert(settings_check(s->settings, 10));
	const struct discover_listeners how = {.root = s->proc.root,
		.block = settings_discovery_at(s->settings, 0),
		.is_command_line = is_command_line,
		.fetch = s->fetch,
		.clock = &s->clock,
		.log = &s->said.log};
	ck_assert(discover_listeners_open(&s->source, &how));
}

/* Another server whose /metrics is that path. */
static struct fake_server *serve(struct scene *s, const char *path, const char *page)
{
	struct fake_server *server = fake_server_start(NULL);

	fake_server_set_metrics(server, path);
	fake_server_set_page(server, page, strlen(page));
	s->server[s->servers++] = server;
	return server;
}

static void listens(
	struct scene *s, const struct fake_server *server, int uid, unsigned int inode)
{
	made_tcp(s->proc.tcp, made_loopback(), fake_server_port(server), 10, uid, inode);
}

/* Looks, and goes on until nothing is to be done before the next look. */
static void look(struct scene *s)
{
	int64_t look_us = s->source.next_us(s->source.ctx);

	made_tables(&s->proc);
	if (look_us > s->now_us)
		s->now_us = look_us;
	for (;;) {
		(void)s->source.look(s->source.ctx);
		int64_t next_us = s->source.next_us(s->source.ctx);

		if (fetch_running(s->fetch) > 0)
			fetch_run(s->fetch, 100);
		else if (next_us > s->now_us + SECOND / 2)
			break;
		if (next_us > s->now_us && next_us < s->now_us + SECOND / 2)
			s->now_us = next_us;
	}
	ck_assert(s->source.has_looked(s->source.ctx));
}

static size_t count(const struct scene *s)
{
	size_t n;

	(void)s->source.found(s->source.ctx, &n);
	return n;
}

static const struct discover_found *found(const struct scene *s, size_t i)
{
	size_t n;
	const struct discover_found *f = s->source.found(s->source.ctx, &n);

	ck_assert_uint_lt(i, n);
	return &f[i];
}

static const struct discover_closed *closed(const struct scene *s, size_t *n)
{
	return s->source.closed(s->source.ctx, n);
}

static bool is_at(const struct discover_found *f, const struct fake_server *server)
{
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/metrics",
		fake_server_port(server));
	return strcmp(f->options[0].value, url) == 0;
}

static void tear_down(struct scene *s)
{
	s->source.free(s->source.ctx);
	fetch_free(s->fetch);
	settings_free(s->settings);
	for (size_t i = 0; i < s->servers; i++)
		fake_server_stop(s->server[i]);
	made_end(&s->proc);
}

/* A process of ours with one socket. */
static void runs(struct scene *s, int pid, const char *folder, const char *program,
	const char *argument, unsigned int inode)
{
	made_process(&s->proc, &(struct made_process){.pid = pid,
				       .start = pid,
				       .uid = (int)geteuid(),
				       .comm = "manager",
				       .folder = folder,
				       .arguments = {program, argument},
				       .inodes = {inode}});
}

START_TEST(an_operator_is_found)
{
	struct scene s;
	char about[200];
	const struct passwd *user = getpwuid(geteuid());

	set_up(&s);
	const struct fake_server *server = serve(&s, "/ok", PAGE);
	listens(&s, server, 0, 5);
	runs(&s, 100, "/", "/opt/memcached-operator", NULL, 5);
	start(&s, false);
	ck_assert(!s.source.has_looked(s.source.ctx));
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	ck_assert_str_eq(found(&s, 0)->name, "memcached-operator");
	snprintf(about, sizeof(about), "process 100 (manager), user %s",
		user == NULL ? "0" : user->pw_name);
	ck_assert_str_eq(found(&s, 0)->about, about);
	ck_assert(is_at(found(&s, 0), server));
	tear_down(&s);
}
END_TEST

START_TEST(each_socket_is_asked_once)
{
	static const struct {
		const char *path, *page;
		bool is_operator;
	} rows[] = {{"/ok", PAGE, true}, {"/ok", OTHER, false}, {"/404", "", false},
		{"/html", PAGE, false}, {"/om", PAGE, true}, {"/close", "", false},
		{"/binary", "", false}, {"/empty", "", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		struct fake_server *server = serve(&s, rows[i].path, rows[i].page);
		listens(&s, server, 0, 5);
		runs(&s, 100, "/", "x", NULL, 5);
		start(&s, false);
		look(&s);
		ck_assert_msg(
			count(&s) == rows[i].is_operator, "%s: found", rows[i].path);
		look(&s);
		look(&s);
		ck_assert_msg(fake_server_connections(server) == 1, "%s: asked once",
			rows[i].path);

		/* another socket of the same port */
		s.proc.tcp[0] = '\0';
		made_process_ends(&s.proc, 100);
		listens(&s, server, 0, 6);
		runs(&s, 101, "/", "x", NULL, 6);
		look(&s);
		ck_assert_msg(fake_server_connections(server) == 2, "%s: asked again",
			rows[i].path);
		tear_down(&s);
	}
}
END_TEST

START_TEST(some_are_not_asked)
{
	static const struct {
		const char *name;
		int pid;
		bool is_command_line, is_known, is_asked;
	} rows[] = {
		{"of a process", 100, false, true, true},
		{"held by systemd", 1, false, true, false},
		{"our own", -1, false, true, false},
		{"of nobody we see", 100, false, false, true},
		{"of nobody a user sees", 100, true, false, false},
		{"of a process a user sees", 100, true, true, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;
		int pid = rows[i].pid < 0 ? (int)getpid() : rows[i].pid;

		set_up(&s);
		struct fake_server *server = serve(&s, "/ok", PAGE);
		listens(&s, server, (int)geteuid(), 5);
		runs(&s, pid, "/", "x", NULL, rows[i].is_known ? 5 : 6);
		start(&s, rows[i].is_command_line);
		look(&s);
		ck_assert_msg((fake_server_connections(server) == 1) == rows[i].is_asked,
			"%s", rows[i].name);
		tear_down(&s);
	}
}
END_TEST

START_TEST(a_restart_on_another_port_is_followed)
{
	struct scene s;
	char key[200];

	set_up(&s);
	const struct fake_server *before = serve(&s, "/ok", PAGE);
	const struct fake_server *after = serve(&s, "/ok", PAGE);
	listens(&s, before, 0, 5);
	runs(&s, 100, "/home/x/foo", "/tmp/go-build1/exe/main", "--port=1", 5);
	start(&s, false);
	look(&s);
	ck_assert_str_eq(found(&s, 0)->name, "foo");
	snprintf(key, sizeof(key), "%s", found(&s, 0)->key);

	/* while it is gone it stays, to be seen as down */
	s.proc.tcp[0] = '\0';
	made_process_ends(&s.proc, 100);
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	ck_assert(is_at(found(&s, 0), before));

	listens(&s, after, 0, 6);
	runs(&s, 101, "/home/x/foo", "/tmp/go-build2/exe/main", "--port=2", 6);
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	ck_assert_str_eq(found(&s, 0)->key, key);
	ck_assert(is_at(found(&s, 0), after));

	s.proc.tcp[0] = '\0';
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	s.now_us += 301 * SECOND;
	look(&s);
	ck_assert_uint_eq(count(&s), 0);

	/* and it is still known who it was */
	listens(&s, before, 0, 7);
	runs(&s, 102, "/home/x/foo", "/tmp/go-build3/exe/main", "--port=2", 7);
	look(&s);
	ck_assert_str_eq(found(&s, 0)->key, key);
	tear_down(&s);
}
END_TEST

/* Two of one program in one folder are told apart by their arguments. */
START_TEST(two_copies_keep_their_keys)
{
	struct scene s;
	char first[300], second[300];

	set_up(&s);
	const struct fake_server *one = serve(&s, "/ok", PAGE);
	const struct fake_server *two = serve(&s, "/ok", PAGE);
	listens(&s, one, 0, 5);
	runs(&s, 100, "/home/x/foo", "main", "--a", 5);
	start(&s, false);
	look(&s);
	listens(&s, two, 0, 6);
	runs(&s, 101, "/home/x/foo", "main", "--b", 6);
	look(&s);
	ck_assert_uint_eq(count(&s), 2);
	snprintf(first, sizeof(first), "%s", found(&s, 0)->key);
	snprintf(second, sizeof(second), "%s", found(&s, 1)->key);
	ck_assert_str_ne(first, second);
	ck_assert_str_eq(found(&s, 0)->name, found(&s, 1)->name);

	/* both start again, and have changed their ports */
	s.proc.tcp[0] = '\0';
	look(&s);
	listens(&s, one, 0, 7);
	runs(&s, 102, "/home/x/foo", "main", "--b", 7);
	look(&s);
	listens(&s, two, 0, 8);
	runs(&s, 103, "/home/x/foo", "main", "--a", 8);
	look(&s);
	ck_assert_uint_eq(count(&s), 2);
	ck_assert_str_eq(found(&s, 0)->key, first);
	ck_assert_str_eq(found(&s, 1)->key, second);
	ck_assert(is_at(found(&s, 0), two) && is_at(found(&s, 1), one));
	tear_down(&s);
}
END_TEST

START_TEST(two_sockets_of_one_process_are_one)
{
	struct scene s;

	set_up(&s);
	struct fake_server *one = serve(&s, "/ok", PAGE);
	struct fake_server *two = serve(&s, "/ok", PAGE);
	listens(&s, one, 0, 5);
	listens(&s, two, 0, 6);
	made_process(&s.proc,
		&(struct made_process){.pid = 100, .comm = "x", .inodes = {5, 6}});
	start(&s, false);
	look(&s);
	ck_assert_uint_eq(count(&s), 1);

	/* where its socket goes and the process stays, the other is the operator's */
	bool was_one = is_at(found(&s, 0), one);
	s.proc.tcp[0] = '\0';
	listens(&s, was_one ? two : one, 0, was_one ? 6 : 5);
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	ck_assert(is_at(found(&s, 0), was_one ? two : one));
	tear_down(&s);
}
END_TEST

START_TEST(what_is_secured_is_told_of)
{
	static const struct {
		const char *path, *option, *value, *remedy;
	} rows[] = {
		{"/401", NULL, NULL, "BearerTokenFile, or User and PasswordFile"},
		{"/403", NULL, NULL, "BearerTokenFile, or User and PasswordFile"},
		{"/500", NULL, NULL, "BearerTokenFile, or User and PasswordFile"},
		{"/403", "BearerToken", "abc", "other credentials (HTTP status 403; "},
		{"/tls", NULL, NULL, "CACert, or VerifyPeer false; and BearerTokenFile"},
		{"/tls", "VerifyPeer", "false", "ClientCert and ClientKey"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;
		size_t n;

		set_up(&s);
		const struct fake_server *server = serve(&s, rows[i].path, "");
		if (rows[i].option != NULL)
			set(&s, rows[i].option, rows[i].value);
		listens(&s, server, 0, 5);
		runs(&s, 100, "/", "x", NULL, 5);
		start(&s, false);
		look(&s);
		look(&s);
		ck_assert_uint_eq(count(&s), 0);
		const struct discover_closed *c = closed(&s, &n);
		ck_assert_msg(n == 1, "%s", rows[i].path);
		ck_assert_msg(
			strncmp(c->remedy, rows[i].remedy, strlen(rows[i].remedy)) == 0,
			"%s: %s", rows[i].path, c->remedy);
		ck_assert_ptr_nonnull(strstr(c->about, "process 100 (manager)"));
		const char *said = strstr(s.said.text, rows[i].remedy);
		ck_assert_ptr_nonnull(said);
		ck_assert_msg(strstr(said + 1, rows[i].remedy) == NULL, "said twice: %s",
			s.said.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(credentials_open_it)
{
	struct scene s;

	set_up(&s);
	struct fake_server *server = serve(&s, "/token", PAGE);
	fake_server_set_token(server, "abc");
	set(&s, "BearerToken", "abc");
	listens(&s, server, 0, 5);
	runs(&s, 100, "/", "x", NULL, 5);
	start(&s, false);
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	ck_assert_uint_eq(found(&s, 0)->option_count, 1);
	ck_assert_uint_eq(fake_server_requests(server), 2);
	tear_down(&s);
}
END_TEST

/* Anybody can listen and answer 401, to see what comes. */
START_TEST(credentials_are_not_for_strangers)
{
	struct scene s;
	char head[2048];
	size_t n;

	set_up(&s);
	struct fake_server *server = serve(&s, "/token", PAGE);
	fake_server_set_token(server, "abc");
	set(&s, "BearerToken", "abc");
	listens(&s, server, STRANGER, 5);
	made_process(&s.proc,
		&(struct made_process){
			.pid = 100, .uid = STRANGER, .comm = "x", .inodes = {5}});
	start(&s, false);
	look(&s);
	ck_assert_uint_eq(count(&s), 0);
	ck_assert_uint_eq(fake_server_requests(server), 1);
	fake_server_last_request(server, head, sizeof(head));
	ck_assert_ptr_null(strstr(head, "Authorization"));
	ck_assert_ptr_nonnull(strstr(closed(&s, &n)->remedy, "an <Endpoint> of its own"));
	tear_down(&s);
}
END_TEST

START_TEST(who_wants_no_credentials_gets_none)
{
	struct scene s;
	char head[2048];

	set_up(&s);
	struct fake_server *server = serve(&s, "/ok", PAGE);
	set(&s, "BearerToken", "abc");
	listens(&s, server, 0, 5);
	runs(&s, 100, "/", "x", NULL, 5);
	start(&s, false);
	look(&s);
	fake_server_last_request(server, head, sizeof(head));
	ck_assert_ptr_null(strstr(head, "Authorization"));
	const struct discover_found *f = found(&s, 0);
	struct err e;
	struct settings_found *made =
		settings_found_new(s.settings, 0, "x", f->options, f->option_count, &e);
	ck_assert_msg(made != NULL, "%s", e.text);
	ck_assert_ptr_null(settings_found_options(made)->bearer_token);
	settings_found_free(made);
	tear_down(&s);
}
END_TEST

START_TEST(a_new_token_is_tried)
{
	struct scene s;
	char path[80];
	size_t n;

	set_up(&s);
	struct fake_server *server = serve(&s, "/token", PAGE);
	fake_server_set_token(server, "new");
	snprintf(path, sizeof(path), "%s/token", s.proc.root);
	made_write(&s.proc, "token", "old", "");
	set(&s, "BearerTokenFile", path);
	listens(&s, server, 0, 5);
	runs(&s, 100, "/", "x", NULL, 5);
	start(&s, false);
	look(&s);
	ck_assert_uint_eq(count(&s), 0);
	(void)closed(&s, &n);
	ck_assert_uint_eq(n, 1);
	made_write(&s.proc, "token", "new\n", "");
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	(void)closed(&s, &n);
	ck_assert_uint_eq(n, 0);
	tear_down(&s);
}
END_TEST

START_TEST(a_stranger_gets_no_address_of_another)
{
	struct scene s;

	set_up(&s);
	struct fake_server *server = serve(&s, "/ok", PAGE);
	listens(&s, server, 0, 5);
	runs(&s, 100, "/", "x", NULL, 5);
	start(&s, false);
	look(&s);
	ck_assert_uint_eq(count(&s), 1);
	fake_server_set_metrics(server, "/401");
	s.proc.tcp[0] = '\0';
	listens(&s, server, STRANGER, 6);
	made_process(&s.proc,
		&(struct made_process){
			.pid = 101, .uid = STRANGER, .comm = "x", .inodes = {6}});
	look(&s);
	ck_assert_uint_eq(count(&s), 0);
	tear_down(&s);
}
END_TEST

START_TEST(unix_sockets_are_found_too)
{
	struct scene s;
	char path[80], url[100];

	set_up(&s);
	snprintf(path, sizeof(path), "%s/sock", s.proc.root);
	struct fake_server *server = fake_server_start(path);
	fake_server_set_metrics(server, "/ok");
	fake_server_set_page(server, PAGE, strlen(PAGE));
	s.server[s.servers++] = server;
	made_unix(&s.proc, path, "00010000", 5);
	runs(&s, 100, "/", "x", NULL, 5);
	start(&s, true);
	look(&s);
	snprintf(url, sizeof(url), "unix://%s", path);
	ck_assert_str_eq(found(&s, 0)->options[0].value, url);
	tear_down(&s);
}
END_TEST

START_TEST(operators_are_called_as_people_call_them)
{
	static const struct {
		const char *program, *folder, *group;
		int parent;
		const char *name, *argument; /* or NULL */
	} rows[] = {
		{"/usr/bin/foo", "/", NULL, 5, "foo", NULL},
		{"/usr/bin/foo", "/home/x", NULL, 5, "foo", NULL},
		{"bin/manager", "/home/x/memcached-operator", NULL, 5,
			"memcached-operator", NULL},
		{"/tmp/go-build1/b001/exe/main", "/home/x/foo/cmd", NULL, 5, "foo", NULL},
		{"/x/__debug_bin123", "/home/x/foo", NULL, 5, "foo", NULL},
		{"/workspace/manager", "/workspace", NULL, 5, "manager", NULL},
		{"/manager", "/", NULL, 5, "manager", NULL},
		{"/manager", NULL, NULL, 5, "manager", NULL},
		{"/manager", "/", "0::/system.slice/foo.service", 1, "foo", NULL},
		{"/manager", "/", "0::/system.slice/foo@bar.service", 1, "foo@bar", NULL},
		{"/manager", "/", "0::/system.slice/cron.service", 5, "manager", NULL},
		{NULL, NULL, NULL, 5, "comm", NULL},
		{"/usr/bin/python3", "/", NULL, 5, "foo_operator", "/x/foo_operator.py"},
		{"python3.11", "/home/x/foo", NULL, 5, "foo", "main.py"},
		{"python3", "/", NULL, 5, "python3", "-m"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		listens(&s, serve(&s, "/ok", PAGE), 0, 5);
		made_process(
			&s.proc, &(struct made_process){.pid = 100,
					 .parent = rows[i].parent,
					 .comm = "comm",
					 .folder = rows[i].folder,
					 .group = rows[i].group,
					 .arguments = {rows[i].program, rows[i].argument},
					 .inodes = {5}});
		start(&s, false);
		look(&s);
		ck_assert_str_eq(found(&s, 0)->name, rows[i].name);
		tear_down(&s);
	}
}
END_TEST

START_TEST(without_proc_it_says_so_and_goes_on)
{
	struct scene s;

	set_up(&s);
	start(&s, false);
	char path[80];
	snprintf(path, sizeof(path), "%s/net/tcp", s.proc.root);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(!s.source.look(s.source.ctx));
	ck_assert(s.source.has_looked(s.source.ctx));
	ck_assert_ptr_nonnull(strstr(s.said.text, "Listeners: no sockets can be seen: "));
	look(&s);
	ck_assert_ptr_nonnull(strstr(s.said.text, "sockets are seen again"));
	tear_down(&s);
}
END_TEST

SUITE("discover_listeners", an_operator_is_found, each_socket_is_asked_once,
	some_are_not_asked, a_restart_on_another_port_is_followed,
	two_copies_keep_their_keys, two_sockets_of_one_process_are_one,
	what_is_secured_is_told_of, credentials_open_it,
	credentials_are_not_for_strangers, who_wants_no_credentials_gets_none,
	a_new_token_is_tried, a_stranger_gets_no_address_of_another,
	unix_sockets_are_found_too, operators_are_called_as_people_call_them,
	without_proc_it_says_so_and_goes_on)
