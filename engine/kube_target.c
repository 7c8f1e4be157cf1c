#include "engine/kube_target.h"

#include <stdio.h>
#include <string.h>

#include "engine/kube.h"

#define OWN        "operator.collectd.org/"
#define PROMETHEUS "prometheus.io/"

const char *kube_kind_name(enum kube_kind kind)
{
	switch (kind) {
	case KUBE_POD:
		return "pod";
	case KUBE_SERVICE:
		return "service";
	case KUBE_MANIFEST:
		return "static pod";
	}
	return "";
}

/* ---- annotations ---- */

/* One annotation, under whichever of both keys: key is the one for messages. */
struct annotation {
	char key[64];
	struct str value;
	bool is_there;
};

static struct annotation annotation_of(const json_t *object, const char *word)
{
	static const char *const prefixes[] = {OWN, PROMETHEUS};
	const json_t *all =
		json_object_get(json_object_get(object, "metadata"), "annotations");
	struct annotation a = {.is_there = false};

	for (size_t i = 0; !a.is_there && i < 2; i++) {
		const json_t *value;

		snprintf(a.key, sizeof(a.key), "%s%s", prefixes[i], word);
		value = json_object_get(all, a.key);
		a.is_there = json_is_string(value);
		if (a.is_there)
			a.value = (struct str){
				json_string_value(value), json_string_length(value)};
	}
	return a;
}

static bool is_wrong(struct err *e, const struct annotation *a, const char *remedy)
{
	return err_set(e, ERR_USAGE, "annotation %s: \"%.*s\": %s", a->key,
		a->value.len > 80 ? 80 : (int)a->value.len, a->value.at, remedy);
}

static bool read_scrape(const json_t *object, bool *is_asked_for, struct err *e)
{
	struct annotation a = annotation_of(object, "scrape");

	*is_asked_for = a.is_there && str_eq(a.value, STR("true"));
	if (!a.is_there || *is_asked_for || str_eq(a.value, STR("false")))
		return true;
	return is_wrong(e, &a, "write \"true\" or \"false\"");
}

static bool read_scheme(const json_t *object, struct str *scheme, struct err *e)
{
	struct annotation a = annotation_of(object, "scheme");

	*scheme = a.is_there ? a.value : STR("http");
	if (str_eq(*scheme, STR("http")) || str_eq(*scheme, STR("https")))
		return true;
	return is_wrong(e, &a, "write \"http\" or \"https\"");
}

static bool read_path(const json_t *object, struct str *path, struct err *e)
{
	struct annotation a = annotation_of(object, "path");

	*path = a.is_there ? a.value : STR("/metrics");
	if (path->len == 0 || path->at[0] != '/')
		return is_wrong(e, &a, "write a path that begins with /");
	for (size_t i = 0; i < path->len; i++)
		if ((unsigned char)path->at[i] <= ' ' || path->at[i] == 0x7f)
			return is_wrong(
				e, &a, "a path has no blanks and no control bytes");
	return true;
}

/* ---- ports ---- */

/* Of all ports of a list, the one named metrics, else the only one. */
struct ports {
	size_t count;
	json_int_t only, metrics; /* 0: none */
};

static void add_ports(struct ports *p, const json_t *list, const char *key)
{
	size_t i;
	const json_t *port;

	json_array_foreach(list, i, port)
	{
		json_int_t number = json_integer_value(json_object_get(port, key));
		struct str protocol = kube_text(port, "protocol", NULL);

		if (number == 0 || (protocol.len > 0 && !str_eq(protocol, STR("TCP"))))
			continue;
		p->count++;
		p->only = number;
		if (str_eq(kube_text(port, "name", NULL), STR("metrics")))
			p->metrics = number;
	}
}

static struct ports ports_of(enum kube_kind kind, const json_t *object)
{
	const json_t *spec = json_object_get(object, "spec");
	struct ports p = {0};
	size_t i;
	const json_t *container;

	if (kind == KUBE_SERVICE)
		add_ports(&p, json_object_get(spec, "ports"), "port");
	json_array_foreach(json_object_get(spec, "containers"), i, container)
	{
		add_ports(&p, json_object_get(container, "ports"), "containerPort");
	}
	return p;
}

static bool read_port(
	enum kube_kind kind, const json_t *object, int64_t *port, struct err *e)
{
	struct annotation a = annotation_of(object, "port");
	struct ports ports;

	if (a.is_there) {
		if (str_to_i64(a.value, port) && *port >= 1 && *port <= 65535)
			return true;
		return is_wrong(e, &a, "write a port, a number from 1 to 65535");
	}
	ports = ports_of(kind, object);
	*port = ports.metrics != 0 ? ports.metrics : ports.only;
	if (ports.metrics != 0 || ports.count == 1)
		return true;
	return err_set(e, ERR_USAGE,
		"annotation " PROMETHEUS "port is needed: there are %zu ports, and none "
		"is named metrics",
		ports.count);
}

/* ---- addresses ---- */

static bool is_running(const json_t *pod)
{
	return str_eq(kube_text(pod, "status", "phase", NULL), STR("Running"));
}

/* Empty: none now. False: none ever, e says why. */
static bool read_address(
	enum kube_kind kind, const json_t *object, struct str *address, struct err *e)
{
	const json_t *spec = json_object_get(object, "spec");

	*address = STR("");
	switch (kind) {
	case KUBE_POD:
		if (is_running(object))
			*address = kube_text(object, "status", "podIP", NULL);
		return true;
	case KUBE_SERVICE:
		*address = kube_text(object, "spec", "clusterIP", NULL);
		return !str_eq(*address, STR("None")) ||
		       err_set(e, ERR_USAGE,
			       "annotation " PROMETHEUS
			       "scrape: the service has no address "
			       "of its own (clusterIP: None): annotate its pods");
	case KUBE_MANIFEST:
		*address = STR("127.0.0.1");
		return json_is_true(json_object_get(spec, "hostNetwork")) ||
		       err_set(e, ERR_USAGE,
			       "annotation " PROMETHEUS
			       "scrape: without hostNetwork: true "
			       "a manifest does not tell the address of the pod");
	}
	return true;
}

static bool is_ipv6(struct str address)
{
	return memchr(address.at, ':', address.len) != NULL;
}

enum kube_verdict kube_target_read(
	enum kube_kind kind, const json_t *object, struct buf *url, struct err *e)
{
	struct str scheme, path, address;
	int64_t port;
	bool is_asked_for;

	if (!read_scrape(object, &is_asked_for, e))
		return KUBE_TARGET_BAD;
	if (!is_asked_for)
		return KUBE_TARGET_NONE;
	if (!read_address(kind, object, &address, e) ||
		!read_scheme(object, &scheme, e) || !read_path(object, &path, e) ||
		!read_port(kind, object, &port, e))
		return KUBE_TARGET_BAD;
	if (address.len == 0)
		return KUBE_TARGET_NONE;
	buf_addf(url, is_ipv6(address) ? "%.*s://[%.*s]:%lld" : "%.*s://%.*s:%lld",
		STR_ARG(scheme), STR_ARG(address), (long long)port);
	buf_add(url, path);
	return KUBE_TARGET_GOOD;
}

struct str kube_target_name(const json_t *object)
{
	struct str name = kube_text(object, "metadata", "annotations", OWN "name", NULL);

	return name.len > 0 ? name : kube_text(object, "metadata", "name", NULL);
}
