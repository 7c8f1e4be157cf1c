#include "engine/kube_secrets.h"

#include <stdio.h>
#include <string.h>

#include "tests/kube_server.h"
#include "tests/suite.h"

struct scene {
	struct kube_server k;
	struct kube_secrets *secrets;
};

static void set_up(struct scene *s)
{
	struct setting yes = {.kind = SETTING_FLAG, .flag = true};
	struct settings_target *t;
	size_t block;

	memset(s, 0, sizeof(*s));
	kube_server_begin(&s->k, SETTINGS_COLLECTD);
	t = settings_kubernetes(settings_discovery(s->k.settings), s->k.url);
	ck_assert(settings_target_set(t, "Secrets", &yes, 1));
	kube_server_open(&s->k);
	s->secrets = kube_secrets_new(s->k.fetch,
		settings_kubernetes_at(s->k.settings, 0, &block), &s->k.clock,
		&s->k.said.log);
	ck_assert_ptr_nonnull(s->secrets);
}

static void tear_down(struct scene *s)
{
	kube_secrets_free(s->secrets);
	kube_server_end(&s->k);
}

/* Until all answers are used and have come. */
static void run(struct scene *s)
{
	int64_t end = s->k.clock.monotonic_us(NULL) + 60000000;

	while ((fake_server_left(s->k.http) > 0 || fetch_running(s->k.fetch) > 1) &&
		s->k.clock.monotonic_us(NULL) < end) {
		kube_secrets_send(s->secrets);
		fetch_run(s->k.fetch, 5);
	}
	ck_assert_uint_eq(fake_server_left(s->k.http), 0);
}

#define META(space, name, version, endpoint)                                             \
	"{\"metadata\":{\"namespace\":\"" space "\",\"name\":\"" name                    \
	"\",\"resourceVersion\":\"" version "\",\"annotations\":{"                       \
	"\"operator.collectd.org/name\":\"" endpoint "\"}}"
#define LISTED(space, name, endpoint) META(space, name, "1", endpoint) "}"
#define LIST(items)                                                                      \
	"{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":["                          \
	"{\"metadata\":{\"namespace\":\"n\",\"name\":\"plain\",\"resourceVersion\":"     \
	"\"1\"}}," items "]}"
#define WITH(name, endpoint, data)                                                       \
	{                                                                                \
		"/api/v1/namespaces/n/secrets/" name, "200 OK",                          \
			META("n", name, "1", endpoint) ",\"data\":{" data "}}", 0,       \
			FAKE_ENDS                                                        \
	}

START_TEST(what_secrets_give)
{
	static const struct {
		const char *what;
		const char *data; /* secret, c2VjcmV0; me, bWU=; one\ntwo, b25lCnR3bw== */
		enum kube_secret verdict;
		const char *token, *user, *password, *ca, *certificate, *key;
		const char *said;
	} rows[] = {
		{"a token", "\"token\":\"c2VjcmV0\"", KUBE_SECRET_USE, "secret", NULL,
			NULL, NULL, NULL, NULL, NULL},
		{"a token and its line's end", "\"token\":\"c2VjcmV0Cg==\"",
			KUBE_SECRET_USE, "secret", NULL, NULL, NULL, NULL, NULL, NULL},
		{"of a service account",
			"\"token\":\"c2VjcmV0\",\"ca.crt\":\"b25lCnR3bw==\","
			"\"namespace\":"
			"\"bWU=\"",
			KUBE_SECRET_USE, "secret", NULL, NULL, "one\ntwo", NULL, NULL,
			NULL},
		{"user and password", "\"username\":\"bWU=\",\"password\":\"c2VjcmV0\"",
			KUBE_SECRET_USE, NULL, "me", "secret", NULL, NULL, NULL, NULL},
		{"of type kubernetes.io/tls",
			"\"tls.crt\":\"b25lCnR3bw==\",\"tls.key\":\"c2VjcmV0\"",
			KUBE_SECRET_USE, NULL, NULL, NULL, NULL, "one\ntwo", "secret",
			NULL},
		{"no password", "\"username\":\"bWU=\"", KUBE_SECRET_KEEP, NULL, NULL,
			NULL, NULL, NULL, NULL, "key password is missing"},
		{"no user", "\"password\":\"bWU=\"", KUBE_SECRET_KEEP, NULL, NULL, NULL,
			NULL, NULL, NULL, "key username is missing"},
		{"no key", "\"tls.crt\":\"bWU=\"", KUBE_SECRET_KEEP, NULL, NULL, NULL,
			NULL, NULL, NULL, "key tls.key is missing"},
		{"nothing we know", "\"Token\":\"bWU=\"", KUBE_SECRET_KEEP, NULL, NULL,
			NULL, NULL, NULL, NULL, "none of the keys"},
		{"an empty token", "\"token\":\"Cg==\"", KUBE_SECRET_KEEP, NULL, NULL,
			NULL, NULL, NULL, NULL, "key token is empty"},
		{"a token of two lines", "\"token\":\"b25lCnR3bw==\"", KUBE_SECRET_KEEP,
			NULL, NULL, NULL, NULL, NULL, NULL,
			"key token has control bytes"},
		{"no base64", "\"token\":\"!!!!\"", KUBE_SECRET_KEEP, NULL, NULL, NULL,
			NULL, NULL, NULL, "key token is not base64"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char body[512];
		const struct fake_answer answers[] = {
			{"secrets?limit", "200 OK", LIST(LISTED("n", "s", "op")), 0,
				FAKE_ENDS},
			{"secrets?watch", "200 OK", "", 1, FAKE_HOLDS},
			{"/api/v1/namespaces/n/secrets/s", "200 OK", body, 0, FAKE_ENDS},
		};
		const struct credentials *c = NULL;
		struct scene s;
		struct err e;

		snprintf(body, sizeof(body), "%s,\"data\":{%s}}",
			META("n", "s", "1", "op"), rows[i].data);
		set_up(&s);
		fake_server_script(s.k.http, answers, 3);
		ck_assert_int_eq(
			kube_secrets_find(s.secrets, "op", &c, &e), KUBE_SECRET_NONE);
		run(&s);
		ck_assert_msg(
			kube_secrets_find(s.secrets, "n/op", &c, &e) == rows[i].verdict,
			"%s: %s", rows[i].what, e.text);
		if (rows[i].said != NULL) {
			ck_assert_msg(strstr(e.text, rows[i].said) != NULL &&
					      strstr(e.text, "Secret n/s: ") != NULL,
				"%s: %s", rows[i].what, e.text);
			ck_assert_ptr_null(strstr(e.text, "secret"));
		} else {
			char text[] = "secret", me[] = "me", lines[] = "one\ntwo";
			char *const known[] = {text, me, lines};
			struct credentials wanted = {0};
			const char *const values[] = {rows[i].token, rows[i].user,
				rows[i].password, rows[i].ca, rows[i].certificate,
				rows[i].key};
			char **const places[] = {&wanted.token, &wanted.user,
				&wanted.password, &wanted.ca, &wanted.certificate,
				&wanted.key};

			for (size_t k = 0; k < 6; k++)
				for (size_t j = 0; values[k] != NULL && j < 3; j++)
					if (strcmp(values[k], known[j]) == 0)
						*places[k] = known[j];
			ck_assert_msg(credentials_eq(c, &wanted), "%s", rows[i].what);
		}
		ck_assert_str_eq(s.k.said.text, "");
		tear_down(&s);
	}
}
END_TEST

START_TEST(who_gets_them)
{
	static const struct fake_answer answers[] = {
		{"secrets?limit", "200 OK",
			LIST(LISTED("n", "a", "one") "," LISTED("n", "b",
				"two") "," LISTED("n", "c", "two") "," LISTED("n", "d",
				"gone") "," LISTED("n", "e", "other")),
			0, FAKE_ENDS},
		{"secrets?watch=1&resourceVersion=9&", "200 OK",
			"{\"type\":\"DELETED\",\"object\":" META("n", "d", "10",
				"gone") "}}\n"
					"{\"type\":\"MODIFIED\",\"object\":{\"metadata\":"
					"{\"namespace\":"
					"\"n\",\"name\":\"e\",\"resourceVersion\":\"11\"}"
					"}}\n",
			1, FAKE_HOLDS},
		WITH("a", "one", "\"token\":\"YQ==\""),
		WITH("b", "two", "\"token\":\"YQ==\""),
		WITH("c", "two", "\"token\":\"YQ==\""),
	};
	const struct credentials *c = NULL;
	struct scene s;
	struct err e;

	set_up(&s);
	fake_server_script(s.k.http, answers, sizeof(answers) / sizeof(answers[0]));
	uint64_t before = kube_secrets_version(s.secrets);

	run(&s);
	ck_assert_uint_ne(kube_secrets_version(s.secrets), before);
	ck_assert_int_eq(kube_secrets_find(s.secrets, "n/one", &c, &e), KUBE_SECRET_USE);
	ck_assert_str_eq(c->token, "a");
	ck_assert_int_eq(kube_secrets_find(s.secrets, "one", &c, &e), KUBE_SECRET_USE);
	ck_assert_int_eq(kube_secrets_find(s.secrets, "m/one", &c, &e), KUBE_SECRET_NONE);
	/* by its annotation, never by its name */
	ck_assert_int_eq(kube_secrets_find(s.secrets, "n/a", &c, &e), KUBE_SECRET_NONE);
	ck_assert_int_eq(kube_secrets_find(s.secrets, "two", &c, &e), KUBE_SECRET_KEEP);
	ck_assert_str_eq(e.text, "two Secrets are annotated with its name: n/b and n/c");
	ck_assert_int_eq(kube_secrets_find(s.secrets, "gone", &c, &e), KUBE_SECRET_NONE);
	ck_assert_int_eq(kube_secrets_find(s.secrets, "other", &c, &e), KUBE_SECRET_NONE);
	tear_down(&s);
}
END_TEST

SUITE("kube_secrets", what_secrets_give, who_gets_them)
