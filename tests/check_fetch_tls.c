/* TLS against `openssl s_server`, with certificates made here. Without the openssl
 * command it is skipped (77). */
#include "engine/fetch.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fetch_scene.h"
#include "tests/suite.h"

#define PAGE "up 1\n"

/* ca signs server (for localhost), client and old, which has ended; other signs nothing.
 */
static const char make_certificates[] =
	"set -e; exec 2>/dev/null\n"
	"new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
	"for ca in ca other; do\n"
	"	$new -x509 -subj /CN=$ca -days 30 -keyout $ca.key -out $ca.pem\n"
	"done\n"
	"leaf() {\n"
	"	$new -subj /CN=$1 -keyout $1.key -out $1.csr\n"
	"	echo subjectAltName=DNS:localhost >ext\n"
	"	openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
	"\\\n"
	"		-extfile ext -days $2 -out $1.pem\n"
	"}\n"
	"leaf server 20; leaf client 20; leaf old 0\n"
	"cat server.pem server.key >both.pem\n"
	"openssl x509 -in server.pem -noout -pubkey >server.pub\n";

struct server {
	pid_t pid;
	int port;
};

/* In the current folder, with the page `metrics`. */
static struct server serve(const char *const *more)
{
	const char *args[32] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-HTTP"};
	size_t n = 5;
	int out[2];
	char line[256];
	struct server s = {0};

	while (*more != NULL)
		args[n++] = *more++;
	ck_assert_int_eq(pipe(out), 0);
	s.pid = fork();
	if (s.pid == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(out[0]);
		execvp("openssl", (char *const *)(const void *)args);
		_exit(127);
	}
	close(out[1]);
	FILE *f = fdopen(out[0], "r");
	while (s.port == 0 && fgets(line, sizeof(line), f) != NULL)
		sscanf(line, "ACCEPT 127.0.0.1:%d", &s.port);
	ck_assert_msg(s.port != 0, "openssl s_server did not start");
	return s;
}

static void stop(struct server s)
{
	kill(s.pid, SIGKILL);
	waitpid(s.pid, NULL, 0);
}

static void enter_folder(char *folder)
{
	strcpy(folder, "/tmp/check_tls.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(system(make_certificates), 0);
	scene_write_file("metrics",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
		"5\r\n\r\n" PAGE,
		0600);
}

static void leave_folder(const char *folder)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(command), 0);
}

struct row {
	const char *name;
	const char *server[6]; /* more arguments of s_server */
	const char *url;
	const char *options[4][2]; /* names and values */
	enum err_code code;
	const char *text; /* a part of it */
};

static void check_row(const struct row *r)
{
	struct server server = serve(r->server);
	struct scene s;

	scene_begin(&s);
	s.port = server.port;
	for (size_t i = 0; r->options[i][0] != NULL; i++)
		scene_option(&s, r->options[i][0], r->options[i][1]);
	scene_open(&s, r->url);
	scene_get(&s);
	ck_assert_msg(s.answer.error.code == r->code, "%s: %s: %s", r->name,
		err_name(s.answer.error.code), s.answer.error.text);
	ck_assert_msg(strstr(s.answer.error.text, r->text) != NULL, "%s: %s", r->name,
		s.answer.error.text);
	if (r->code == ERR_NONE)
		ck_assert_msg(strcmp(s.body, PAGE) == 0 && s.answer.tls_seconds > 0, "%s",
			r->name);
	scene_end(&s);
	stop(server);
}

#define GOOD                                                                             \
	{                                                                                \
		"-cert", "server.pem", "-key", "server.key"                              \
	}
#define LOCAL "https://localhost:*/metrics"

START_TEST(verification_has_reasons_and_remedies)
{
	static const struct row rows[] = {
		{"unknown authority", GOOD, LOCAL, {{0}}, ERR_TLS,
			"certificate signed by unknown authority; set CACert or "
			"VerifyPeer "
			"false"},
		{"other authority", GOOD, LOCAL, {{"CACert", "other.pem"}}, ERR_TLS,
			"certificate signed by unknown authority, none of CACert "
			"other.pem; put the right one there, or set VerifyPeer false"},
		{"no such folder", GOOD, LOCAL, {{"CAPath", "/nowhere"}}, ERR_TLS,
			"none of CAPath /nowhere"},
		{"no PEM", GOOD, LOCAL, {{"CACert", "metrics"}}, ERR_TLS,
			"CACert metrics cannot be used: is it there, readable, and PEM?"},
		{"a pin that cannot be read", GOOD, LOCAL,
			{{"CACert", "ca.pem"}, {"PinnedPublicKey", "nowhere.pub"}},
			ERR_TLS,
			"PinnedPublicKey nowhere.pub cannot be read: No such file or "
			"directory; write a file, or sha256//HASH"},
		{"own authority", GOOD, LOCAL, {{"CACert", "ca.pem"}}, ERR_NONE, ""},
		{"not verified", GOOD, LOCAL, {{"VerifyPeer", "false"}}, ERR_NONE, ""},
		{"not verified, other name", GOOD, "https://127.0.0.1:*/metrics",
			{{"VerifyPeer", "false"}}, ERR_NONE, ""},
		{"other name", GOOD, "https://127.0.0.1:*/metrics",
			{{"CACert", "ca.pem"}}, ERR_TLS,
			"another host than 127.0.0.1; set ServerName"},
		{"name by option", GOOD, "https://127.0.0.1:*/metrics",
			{{"CACert", "ca.pem"}, {"ServerName", "localhost"}}, ERR_NONE,
			""},
		{"name not looked at", GOOD, "https://127.0.0.1:*/metrics",
			{{"CACert", "ca.pem"}, {"VerifyHost", "false"}}, ERR_NONE, ""},
		{"has ended", {"-cert", "old.pem", "-key", "old.key"}, LOCAL,
			{{"CACert", "ca.pem"}}, ERR_TLS, "has expired"},
		{"no such file", GOOD, LOCAL, {{"CACert", "/nowhere.pem"}}, ERR_TLS,
			"CACert /nowhere.pem cannot be used"},
		{"pinned", GOOD, LOCAL,
			{{"CACert", "ca.pem"}, {"PinnedPublicKey", "server.pub"}},
			ERR_NONE, ""},
		{"pinned to another", GOOD, LOCAL,
			{{"CACert", "ca.pem"},
				{"PinnedPublicKey",
					"sha256//"
					"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
			ERR_TLS, "PinnedPublicKey"},
		{"old version", {"-cert", "server.pem", "-key", "server.key", "-tls1_2"},
			LOCAL, {{"CACert", "ca.pem"}, {"MinTLSVersion", "1.3"}}, ERR_TLS,
			"MinTLSVersion"},
		{"no TLS asked for", GOOD, "http://localhost:*/metrics", {{0}},
			ERR_NETWORK, ""},
	};
	char folder[64];

	enter_folder(folder);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
	leave_folder(folder);
}
END_TEST

START_TEST(a_client_can_show_a_certificate)
{
	static const char *const server[] = {"-cert", "server.pem", "-key", "server.key",
		"-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem", NULL};
	static const struct {
		const char *cert, *key;
		enum err_code code;
		const char *text;
	} rows[] = {
		{NULL, NULL, ERR_TLS, "ClientCert"},
		{"client.pem", "client.key", ERR_NONE, ""},
		{"both.pem", NULL, ERR_NONE, ""},
		{"/nowhere.pem", "client.key", ERR_TLS, "ClientCert or ClientKey"},
		{"client.pem", "other.key", ERR_TLS, "ClientCert or ClientKey"},
	};
	char folder[64];

	enter_folder(folder);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server running = serve(server);
		struct scene s;

		scene_begin(&s);
		s.port = running.port;
		scene_option(&s, "CACert", "ca.pem");
		if (rows[i].cert != NULL)
			scene_option(&s, "ClientCert", rows[i].cert);
		if (rows[i].key != NULL)
			scene_option(&s, "ClientKey", rows[i].key);
		scene_open(&s, LOCAL);
		scene_get(&s);
		ck_assert_msg(s.answer.error.code == rows[i].code, "row %zu: %s: %s", i,
			err_name(s.answer.error.code), s.answer.error.text);
		ck_assert_msg(strstr(s.answer.error.text, rows[i].text) != NULL,
			"row %zu: %s", i, s.answer.error.text);
		scene_end(&s);
		stop(running);
	}
	leave_folder(folder);
}
END_TEST

START_TEST(days_until_the_certificate_ends)
{
	static const char *const server[] = {
		"-cert", "server.pem", "-key", "server.key", NULL};
	char folder[64];
	struct scene s;

	enter_folder(folder);
	struct server running = serve(server);
	scene_begin(&s);
	s.port = running.port;
	scene_option(&s, "CACert", "ca.pem");
	scene_open(&s, LOCAL);
	scene_get(&s);
	ck_assert_msg(s.answer.certificate_days > 19.9 && s.answer.certificate_days <= 20,
		"%g", s.answer.certificate_days);
	ck_assert(isnan(s.answer.token_days));
	scene_end(&s);
	stop(running);
	leave_folder(folder);
}
END_TEST

/* The new file counts from the next request on, to the better and to the worse. */
START_TEST(a_changed_file_is_used_at_once)
{
	static const char *const server[] = {
		"-cert", "server.pem", "-key", "server.key", NULL};
	static const struct {
		const char *authority;
		enum err_code code;
	} rows[] = {{"other", ERR_TLS}, {"ca", ERR_NONE}, {"ca", ERR_NONE},
		{"other", ERR_TLS}};
	char folder[64];
	struct scene s;

	enter_folder(folder);
	struct server running = serve(server);
	scene_begin(&s);
	s.port = running.port;
	scene_option(&s, "CACert", "trusted.pem");
	scene_open(&s, LOCAL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char command[64];

		snprintf(command, sizeof(command),
			"cp %s.pem new.pem && mv new.pem trusted.pem", rows[i].authority);
		ck_assert_int_eq(system(command), 0);
		scene_get(&s);
		ck_assert_msg(s.answer.error.code == rows[i].code, "step %zu: %s", i,
			s.answer.error.text);
	}
	scene_end(&s);
	stop(running);
	leave_folder(folder);
}
END_TEST

static bool has_openssl(void)
{
	return system("openssl version >/dev/null 2>&1") == 0;
}

int main(void)
{
	const TTest *const tests[] = {verification_has_reasons_and_remedies,
		a_client_can_show_a_certificate, days_until_the_certificate_ends,
		a_changed_file_is_used_at_once};

	if (!has_openssl()) {
		puts("skipped: there is no openssl command (Debian package openssl)");
		return 77;
	}
	return suite_run("fetch_tls", tests, sizeof(tests) / sizeof(tests[0]));
}
