#include "engine/kube.h"

#include <string.h>

#include "tests/kube_server.h"
#include "tests/suite.h"

struct scene {
	struct kube_server k;
	const struct options *options;
	struct kube_get *get;
	/* of the last answer */
	size_t answers;
	struct err why;
	char text[256]; /* of the object, as JSON */
};

/* Longer than a machine stalls. */
#define TIMEOUT "60s"

static void set_up(struct scene *s, const char *path, const char *timeout)
{
	struct settings_target *t;
	char url[256];

	memset(s, 0, sizeof(*s));
	kube_server_begin(&s->k, SETTINGS_ARGV);
	t = settings_server(s->k.settings, "server");
	snprintf(url, sizeof(url), "%s%s", s->k.url, path);
	kube_server_set(&s->k, t, "Server", url);
	kube_server_set(&s->k, t, "Timeout", timeout);
	kube_server_set(&s->k, t, "BearerToken", "secret");
	kube_server_open(&s->k);
	s->options = settings_target_options(t);
	s->get = kube_get_new(s->k.fetch, s->options, false);
	ck_assert_ptr_nonnull(s->get);
}

static void tear_down(struct scene *s)
{
	kube_get_free(s->get);
	kube_server_end(&s->k);
}

static void take(void *ctx, const json_t *object, const struct err *why)
{
	struct scene *s = ctx;

	s->answers++;
	s->why = *why;
	s->text[0] = '\0';
	if (object != NULL) {
		size_t n = json_dumpb(object, s->text, sizeof(s->text) - 1, JSON_COMPACT);

		s->text[n < sizeof(s->text) ? n : 0] = '\0';
	}
}

static void get(struct scene *s, const char *collection, const char *name)
{
	size_t before = s->answers;

	kube_get_start(s->get, collection, name, take, s);
	ck_assert(kube_get_is_running(s->get));
	while (fetch_running(s->k.fetch) > 0)
		fetch_run(s->k.fetch, 1000);
	ck_assert_uint_eq(s->answers, before + 1);
}

#define STATUS(message, reason, details, code)                                           \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"         \
	"\"Failure\",\"message\":\"" message "\",\"reason\":\"" reason                   \
	"\",\"details\":" details ",\"code\":" code "}"
#define FORBIDDEN                                                                        \
	"volumeattachments.storage.k8s.io \\\"x\\\" is forbidden: User \\\"monitor\\\" " \
	"cannot get resource \\\"volumeattachments\\\" in API group "                    \
	"\\\"storage.k8s.io\\\" at the cluster scope"
#define NAMED                                                                            \
	"{\"name\":\"nope\",\"group\":\"storage.k8s.io\",\"kind\":"                      \
	"\"volumeattachments\"}"

/* Bodies as kube-apiserver 1.37 sends them. */
START_TEST(what_is_no_object_says_why)
{
	static const struct {
		const char *what;
		const char *status;
		const char *body;
		enum err_code code;
		const char *text;
	} rows[] = {
		{"no such object", "404 Not Found",
			STATUS("volumeattachments.storage.k8s.io \\\"nope\\\" not found",
				"NotFound", NAMED, "404"),
			ERR_NOT_FOUND, "\"nope\" not found"},
		{"another object", "404 Not Found",
			STATUS("no", "NotFound", "{\"name\":\"nop\"}", "404"), ERR_STATUS,
			"404: no; is this an API server"},
		{"no such version", "404 Not Found",
			STATUS("the server could not find the requested resource",
				"NotFound", "{}", "404"),
			ERR_STATUS, "could not find the requested resource"},
		{"path outside of /api", "404 Not Found", "404 page not found\n",
			ERR_STATUS, "404: 404 page not found; is this"},
		{"wrong token", "401 Unauthorized",
			STATUS("Unauthorized", "Unauthorized", "{}", "401"), ERR_AUTH,
			"401: Unauthorized; the credentials"},
		{"no token", "403 Forbidden",
			STATUS("x is forbidden: User \\\"system:anonymous\\\" cannot get",
				"Forbidden", "{\"name\":\"nope\"}", "403"),
			ERR_AUTH, "set BearerTokenFile"},
		{"no right", "403 Forbidden",
			STATUS(FORBIDDEN, "Forbidden", "{\"name\":\"nope\"}", "403"),
			ERR_AUTH, "User \"monitor\" cannot get resource"},
		{"bad selector", "400 Bad Request",
			STATUS("field label not supported", "BadRequest", "{}", "400"),
			ERR_STATUS, "400: field label not supported"},
		{"Accept", "406 Not Acceptable",
			STATUS("only the following media types are accepted",
				"NotAcceptable", "{}", "406"),
			ERR_STATUS, "406: only the following"},
		{"a conflict", "409 Conflict",
			STATUS("exists", "AlreadyExists", "{}", "409"), ERR_STATUS,
			"409: exists"},
		{"invalid", "422 Unprocessable Entity",
			STATUS("is invalid", "Invalid", "{}", "422"), ERR_STATUS,
			"422: is invalid"},
		{"etcd dead", "504 Gateway Timeout",
			"{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Timeout: "
			"request did not complete within the allotted duration\"}",
			ERR_STATUS, "504: Timeout: request did not"},
		{"etcd dead, in plain text", "504 Gateway Timeout",
			"Timeout: request did not complete", ERR_STATUS,
			"504: Timeout: request"},
		{"a proxy whose server is down", "500 Internal Server Error",
			"dial tcp 127.0.0.1:6443: connect: connection refused",
			ERR_STATUS, "500: dial tcp"},
		{"a proxy that refuses", "403 Forbidden", "<h3>Unauthorized</h3>",
			ERR_AUTH, "<h3>"},
		{"a page to log in", "200 OK", "<html>", ERR_SYNTAX, "no JSON"},
		{"nothing", "200 OK", "", ERR_SYNTAX, "no JSON"},
		{"a list", "200 OK", "{\"kind\":\"List\",\"items\":[]}", ERR_SYNTAX,
			"not the object"},
		{"another object", "200 OK", "{\"metadata\":{\"name\":\"other\"}}",
			ERR_SYNTAX, "not the object"},
		{"half an object", "200 OK", "{\"metadata\":{\"name\":\"nope\"",
			ERR_SYNTAX, "no JSON"},
		{"no answer", NULL, NULL, ERR_TIMEOUT, "waited"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_answer answer = {.target = "/nope",
			.status = rows[i].status,
			.body = rows[i].body};
		struct scene s;

		set_up(&s, "", rows[i].code == ERR_TIMEOUT ? "1s" : TIMEOUT);
		fake_server_script(s.k.http, &answer, 1);
		get(&s, "/apis/storage.k8s.io/v1/volumeattachments", "nope");
		ck_assert_msg(
			s.why.code == rows[i].code, "%s: %s", rows[i].what, s.why.text);
		ck_assert_msg(strstr(s.why.text, rows[i].text) != NULL, "%s: %s",
			rows[i].what, s.why.text);
		ck_assert_msg(s.text[0] == '\0', "%s: %s", rows[i].what, s.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(a_closed_connection_is_no_answer)
{
	static const struct fake_answer answer = {.target = "/nope",
		.status = "200 OK",
		.body = "{\"metadata\":",
		.piece = 5,
		.then = FAKE_CUTS};
	struct scene s;

	set_up(&s, "", TIMEOUT);
	fake_server_script(s.k.http, &answer, 1);
	get(&s, "/api/v1/pods", "nope");
	ck_assert_int_eq(s.why.code, ERR_TRUNCATED);
	tear_down(&s);
}
END_TEST

START_TEST(an_object_is_asked_for_by_its_name)
{
	static const struct fake_answer answers[] = {
		{"/base/api/v1/pods/a%2Fb%3F%20%C3%BC", "200 OK",
			"{\"metadata\":{\"name\":\"a/b? \xc3\xbc\"}}", 0, FAKE_ENDS},
		{"/base/api/v1/pods/two", "200 OK", "{\"metadata\":{\"name\":\"two\"}}",
			1, FAKE_ENDS},
	};
	char head[4096];
	struct scene s;

	set_up(&s, "/base/", TIMEOUT);
	fake_server_script(s.k.http, answers, 2);
	get(&s, "/api/v1/pods", "a/b? \xc3\xbc");
	ck_assert_msg(s.why.code == ERR_NONE, "%s", s.why.text);
	ck_assert_str_eq(s.text, "{\"metadata\":{\"name\":\"a/b? \xc3\xbc\"}}");
	fake_server_last_request(s.k.http, head, sizeof(head));
	ck_assert_ptr_nonnull(strstr(head, "\r\nAccept: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nAuthorization: Bearer secret\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nUser-Agent: collectd-operator/"));
	get(&s, "/api/v1/pods", "two");
	ck_assert_str_eq(s.text, "{\"metadata\":{\"name\":\"two\"}}");
	ck_assert_uint_eq(fake_server_connections(s.k.http), 1);
	tear_down(&s);
}
END_TEST

START_TEST(credentials_go_before_options)
{
	static const struct fake_answer answers[] = {
		{"/one", "200 OK", "{\"metadata\":{\"name\":\"one\"}}", 0, FAKE_ENDS},
		{"/one", "200 OK", "{\"metadata\":{\"name\":\"one\"}}", 0, FAKE_ENDS},
		{"/one", "200 OK", "{\"metadata\":{\"name\":\"one\"}}", 0, FAKE_ENDS},
	};
	static char token[] = "other", user[] = "me", password[] = "word";
	static const struct {
		struct credentials credentials;
		const char *header;
	} rows[] = {
		{{.token = token}, "\r\nAuthorization: Bearer other\r\n"},
		{{.user = user, .password = password},
			"\r\nAuthorization: Basic bWU6d29yZA==\r\n"},
		{{.token = NULL}, "\r\nAuthorization: Bearer secret\r\n"},
	};
	char head[4096];
	struct scene s;

	set_up(&s, "", TIMEOUT);
	fake_server_script(s.k.http, answers, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(kube_get_use(s.get, &rows[i].credentials));
		get(&s, "", "one");
		ck_assert_msg(s.why.code == ERR_NONE, "%s", s.why.text);
		fake_server_last_request(s.k.http, head, sizeof(head));
		ck_assert_msg(strstr(head, rows[i].header) != NULL, "%zu: %s", i, head);
	}
	tear_down(&s);
}
END_TEST

SUITE("kube", what_is_no_object_says_why, a_closed_connection_is_no_answer,
	an_object_is_asked_for_by_its_name, credentials_go_before_options)
