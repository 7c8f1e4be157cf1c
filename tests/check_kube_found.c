#include "engine/kube_found.h"

#include <stdio.h>
#include <string.h>

#include "engine/settings.h"
#include "tests/said.h"
#include "tests/suite.h"

static json_t *pod(const char *space, const char *name, const char *port, const char *own)
{
	json_t *object = json_pack("{s:{s:s, s:s, s:{s:s, s:s}}, s:{}, s:{s:s, s:s}}",
		"metadata", "namespace", space, "name", name, "annotations",
		"prometheus.io/scrape", "true", "prometheus.io/port", port, "spec",
		"status", "phase", "Running", "podIP", "10.0.0.1");

	ck_assert_ptr_nonnull(object);
	if (own != NULL)
		json_object_set_new(json_object_get(json_object_get(object, "metadata"),
					    "annotations"),
			"operator.collectd.org/name", json_string(own));
	return object;
}

static void put(struct kube_found *k, const char *name, const char *port, const char *own)
{
	json_t *object = pod("ns", name, port, own);

	kube_found_put(k, KUBE_POD, object);
	json_decref(object);
}

static void drop(struct kube_found *k, const char *name)
{
	json_t *object = pod("ns", name, "1", NULL);

	kube_found_drop(k, KUBE_POD, object);
	json_decref(object);
}

/* `NAME URL SECRET (KEY)`, a line each. */
static const char *listed(struct kube_found *k, char *out, size_t size)
{
	size_t count;
	const struct discover_found *f = kube_found_list(k, &count);

	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(out);

		ck_assert_uint_eq(f[i].option_count, 2);
		ck_assert_str_eq(f[i].options[0].option, "URL");
		ck_assert_str_eq(f[i].options[1].option, "Secret");
		snprintf(out + len, size - len, "%s %s %s (%s)\n", f[i].name,
			f[i].options[0].value, f[i].options[1].value, f[i].key);
	}
	return out;
}

START_TEST(objects_come_change_and_go)
{
	char text[1024];
	struct said said;
	struct kube_found *k;

	said_init(&said);
	k = kube_found_new("Kubernetes at x", &said.log);
	ck_assert_ptr_nonnull(k);
	ck_assert(!kube_found_has_changed(k));
	put(k, "a", "8080", NULL);
	put(k, "b", "8081", "own");
	ck_assert(kube_found_has_changed(k));
	ck_assert(!kube_found_has_changed(k));
	ck_assert_str_eq(listed(k, text, sizeof(text)),
		"ns-a http://10.0.0.1:8080/metrics ns/a (pod ns/a)\n"
		"own http://10.0.0.1:8081/metrics ns/own (name ns/own)\n");

	put(k, "a", "8080", NULL);
	ck_assert_msg(!kube_found_has_changed(k), "the same again is no change");
	put(k, "a", "9090", NULL);
	ck_assert(kube_found_has_changed(k));

	/* a pod is replaced: the name goes on once the old one is gone */
	put(k, "c", "8082", "own");
	ck_assert_str_eq(listed(k, text, sizeof(text)),
		"ns-a http://10.0.0.1:9090/metrics ns/a (pod ns/a)\n"
		"own http://10.0.0.1:8081/metrics ns/own (name ns/own)\n"
		"own http://10.0.0.1:8082/metrics ns/own (pod ns/c)\n");
	drop(k, "b");
	drop(k, "a");
	drop(k, "nobody");
	ck_assert_str_eq(listed(k, text, sizeof(text)),
		"own http://10.0.0.1:8082/metrics ns/own (name ns/own)\n");
	ck_assert_str_eq(said.text, "");
	kube_found_free(k);
}
END_TEST

START_TEST(what_a_list_lacks_is_gone)
{
	char text[1024];
	struct said said;
	struct kube_found *k;

	said_init(&said);
	k = kube_found_new("Kubernetes at x", &said.log);
	put(k, "a", "1", NULL);
	put(k, "b", "2", NULL);
	kube_found_begin(k, KUBE_POD);
	put(k, "b", "2", NULL);
	kube_found_begin(k, KUBE_SERVICE);
	kube_found_end(k, KUBE_SERVICE);
	listed(k, text, sizeof(text));
	ck_assert_msg(strstr(text, "ns-a") && strstr(text, "ns-b"), "%s", text);
	kube_found_end(k, KUBE_POD);
	ck_assert_str_eq(listed(k, text, sizeof(text)),
		"ns-b http://10.0.0.1:2/metrics ns/b (pod ns/b)\n");
	kube_found_free(k);
}
END_TEST

START_TEST(what_is_wrong_is_said_once_and_left_out_alone)
{
	char text[1024];
	struct said said;
	struct kube_found *k;

	said_init(&said);
	k = kube_found_new("Kubernetes at x", &said.log);
	put(k, "good", "1", NULL);
	for (int i = 0; i < 3; i++)
		put(k, "bad", "no", NULL);
	ck_assert_uint_eq(said.lines, 1);
	ck_assert_str_eq(said.text,
		"Kubernetes at x: pod ns/bad is left out: annotation prometheus.io/port: "
		"\"no\": write a port, a number from 1 to 65535\n");
	ck_assert_str_eq(listed(k, text, sizeof(text)),
		"ns-good http://10.0.0.1:1/metrics ns/good (pod ns/good)\n");
	put(k, "bad", "0", NULL);
	ck_assert_uint_eq(said.lines, 2);
	put(k, "bad", "2", NULL);
	put(k, "bad", "0", NULL);
	ck_assert_uint_eq(said.lines, 3);
	kube_found_free(k);
}
END_TEST

SUITE("kube_found", objects_come_change_and_go, what_a_list_lacks_is_gone,
	what_is_wrong_is_said_once_and_left_out_alone)
