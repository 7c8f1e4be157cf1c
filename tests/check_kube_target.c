#include "engine/kube_target.h"

#include <string.h>

#include "tests/suite.h"

#define POD(annotations, ports)                                                          \
	"{\"metadata\":{\"name\":\"p\",\"annotations\":{" annotations "}},"              \
	"\"spec\":{\"containers\":[{\"ports\":[" ports "]}]},"                           \
	"\"status\":{\"phase\":\"Running\",\"podIP\":\"10.1.2.3\"}}"
#define SERVICE(annotations, ports)                                                      \
	"{\"metadata\":{\"name\":\"s\",\"annotations\":{" annotations "}},"              \
	"\"spec\":{\"clusterIP\":\"fd00::1\",\"ports\":[" ports "]}}"
#define SCRAPE "\"prometheus.io/scrape\":\"true\""
#define ONE    "{\"containerPort\":8080}"

static const struct {
	const char *what;
	enum kube_kind kind;
	const char *object;
	enum kube_verdict verdict;
	const char *text; /* the URL, or part of what is said */
} rows[] = {
	{"no annotation", KUBE_POD, "{\"metadata\":{}}", KUBE_TARGET_NONE, ""},
	{"false", KUBE_POD, POD("\"prometheus.io/scrape\":\"false\"", ONE),
		KUBE_TARGET_NONE, ""},
	{"its only port", KUBE_POD, POD(SCRAPE, ONE), KUBE_TARGET_GOOD,
		"http://10.1.2.3:8080/metrics"},
	{"the port named metrics", KUBE_POD,
		POD(SCRAPE,
			"{\"containerPort\":1,\"name\":\"web\"},{\"containerPort\":8443,"
			"\"name\":\"metrics\"}"),
		KUBE_TARGET_GOOD, "http://10.1.2.3:8443/metrics"},
	{"a port of UDP is none", KUBE_POD,
		POD(SCRAPE, ONE ",{\"containerPort\":53,\"protocol\":\"UDP\"}"),
		KUBE_TARGET_GOOD, "http://10.1.2.3:8080/metrics"},
	{"all said", KUBE_POD,
		POD(SCRAPE ",\"prometheus.io/port\":\"8443\",\"prometheus.io/path\":"
			   "\"/m?x=y\",\"prometheus.io/scheme\":\"https\"",
			""),
		KUBE_TARGET_GOOD, "https://10.1.2.3:8443/m?x=y"},
	{"our own keys", KUBE_POD,
		POD("\"operator.collectd.org/scrape\":\"true\","
		    "\"operator.collectd.org/port\":\"1\"",
			ONE),
		KUBE_TARGET_GOOD, "http://10.1.2.3:1/metrics"},
	{"our own go before", KUBE_POD,
		POD("\"operator.collectd.org/scrape\":\"false\"," SCRAPE, ONE),
		KUBE_TARGET_NONE, ""},
	{"a service", KUBE_SERVICE, SERVICE(SCRAPE, "{\"port\":80}"), KUBE_TARGET_GOOD,
		"http://[fd00::1]:80/metrics"},
	{"a service without an address", KUBE_SERVICE,
		"{\"metadata\":{\"annotations\":{" SCRAPE "}},\"spec\":{\"clusterIP\":"
		"\"None\",\"ports\":[{\"port\":80}]}}",
		KUBE_TARGET_BAD, "clusterIP: None"},
	{"a pod that does not run", KUBE_POD,
		"{\"metadata\":{\"annotations\":{" SCRAPE "}},\"spec\":{\"containers\":"
		"[{\"ports\":[" ONE "]}]},\"status\":{\"phase\":\"Pending\"}}",
		KUBE_TARGET_NONE, ""},
	{"a pod that has ended", KUBE_POD,
		"{\"metadata\":{\"annotations\":{" SCRAPE "}},\"spec\":{\"containers\":"
		"[{\"ports\":[" ONE "]}]},\"status\":{\"phase\":\"Failed\",\"podIP\":"
		"\"10.1.2.3\"}}",
		KUBE_TARGET_NONE, ""},
	{"a static pod", KUBE_MANIFEST,
		"{\"metadata\":{\"annotations\":{" SCRAPE "}},\"spec\":{\"hostNetwork\":"
		"true,\"containers\":[{\"ports\":[" ONE "]}]}}",
		KUBE_TARGET_GOOD, "http://127.0.0.1:8080/metrics"},
	{"a static pod of its own network", KUBE_MANIFEST,
		"{\"metadata\":{\"annotations\":{" SCRAPE "}},\"spec\":{\"containers\":[{"
		"\"ports\":[" ONE "]}]}}",
		KUBE_TARGET_BAD, "hostNetwork"},
	{"no port", KUBE_POD, POD(SCRAPE, ""), KUBE_TARGET_BAD,
		"prometheus.io/port is needed: there are 0 ports"},
	{"two ports", KUBE_POD, POD(SCRAPE, ONE "," ONE), KUBE_TARGET_BAD,
		"there are 2 ports"},
	{"neither true nor false", KUBE_POD, POD("\"prometheus.io/scrape\":\"yes\"", ONE),
		KUBE_TARGET_BAD, "annotation prometheus.io/scrape: \"yes\""},
	{"port 0", KUBE_POD, POD(SCRAPE ",\"prometheus.io/port\":\"0\"", ONE),
		KUBE_TARGET_BAD, "annotation prometheus.io/port: \"0\""},
	{"port 65536", KUBE_POD, POD(SCRAPE ",\"prometheus.io/port\":\"65536\"", ONE),
		KUBE_TARGET_BAD, "prometheus.io/port"},
	{"a port by name", KUBE_POD,
		POD(SCRAPE ",\"operator.collectd.org/port\":\"web\"", ONE),
		KUBE_TARGET_BAD, "annotation operator.collectd.org/port: \"web\""},
	{"a port with a host in it", KUBE_POD,
		POD(SCRAPE ",\"prometheus.io/port\":\"80@evil:80\"", ONE),
		KUBE_TARGET_BAD, "prometheus.io/port"},
	{"an unknown scheme", KUBE_POD,
		POD(SCRAPE ",\"prometheus.io/scheme\":\"file\"", ONE), KUBE_TARGET_BAD,
		"annotation prometheus.io/scheme: \"file\""},
	{"a path with a line's end", KUBE_POD,
		POD(SCRAPE ",\"prometheus.io/path\":\"/a\\r\\nX: y\"", ONE),
		KUBE_TARGET_BAD,
		"prometheus.io/path: \"/a\\x0d\\x0aX: y\": a path has no"},
	{"a path with a NUL", KUBE_POD,
		POD(SCRAPE ",\"prometheus.io/path\":\"/a\\u0000b\"", ONE),
		KUBE_TARGET_BAD, "prometheus.io/path"},
	{"a path of another host", KUBE_POD,
		POD(SCRAPE ",\"prometheus.io/path\":\"@evil/\"", ONE), KUBE_TARGET_BAD,
		"begins with /"},
	{"an empty path", KUBE_POD, POD(SCRAPE ",\"prometheus.io/path\":\"\"", ONE),
		KUBE_TARGET_BAD, "begins with /"},
	{"no text", KUBE_POD,
		"{\"metadata\":{\"annotations\":{\"prometheus.io/scrape\":true}}}",
		KUBE_TARGET_NONE, ""},
	{"nothing", KUBE_POD, "{}", KUBE_TARGET_NONE, ""},
	{"a list", KUBE_SERVICE, "[]", KUBE_TARGET_NONE, ""},
};

START_TEST(annotations_say_where)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *object = json_loads(rows[i].object, JSON_ALLOW_NUL, NULL);
		struct buf url;
		struct err e;

		ck_assert_msg(object != NULL, "%s", rows[i].what);
		buf_init(&url, 4096);
		err_ok(&e);
		ck_assert_msg(kube_target_read(rows[i].kind, object, &url, &e) ==
				      rows[i].verdict,
			"%s: %s", rows[i].what, e.text);
		if (rows[i].verdict == KUBE_TARGET_BAD)
			ck_assert_msg(strstr(e.text, rows[i].text) != NULL, "%s: %s",
				rows[i].what, e.text);
		else
			ck_assert_msg(str_eq(buf_str(&url), str_of(rows[i].text)),
				"%s: %.*s", rows[i].what, STR_ARG(buf_str(&url)));
		buf_free(&url);
		json_decref(object);
	}
}
END_TEST

START_TEST(a_name_of_its_own)
{
	json_t *plain = json_loads(POD("", ""), 0, NULL);
	json_t *named =
		json_loads(POD("\"operator.collectd.org/name\":\"n\"", ""), 0, NULL);

	ck_assert(str_eq(kube_target_name(plain), STR("p")));
	ck_assert(str_eq(kube_target_name(named), STR("n")));
	json_decref(plain);
	json_decref(named);
}
END_TEST

SUITE("kube_target", annotations_say_where, a_name_of_its_own)
