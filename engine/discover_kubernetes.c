#include "engine/discover_kubernetes.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/buf.h"
#include "engine/kube.h"
#include "engine/kube_found.h"
#include "engine/kube_watch.h"

/* Pods and services. */
#define COLLECTIONS 2

struct source;

/* What one watch needs to say whose objects it has. */
struct part {
	struct source *source; /* borrowed */
	enum kube_kind kind;
	struct kube_collection collection;
	struct kube_watch *watch; /* owned */
};

struct source {
	struct kube_found *found; /* owned */
	char *where;              /* owned; in messages */
	char *paths[COLLECTIONS]; /* owned */
	char *on_node;            /* owned; NULL: on any */
	struct part parts[COLLECTIONS];
	size_t count;
};

static void take_news(void *ctx, enum kube_news news, const json_t *object)
{
	struct part *p = ctx;
	struct kube_found *found = p->source->found;

	switch (news) {
	case KUBE_BEGINS:
		kube_found_begin(found, p->kind);
		break;
	case KUBE_IS:
		kube_found_put(found, p->kind, object);
		break;
	case KUBE_GONE:
		kube_found_drop(found, p->kind, object);
		break;
	case KUBE_COMPLETE:
		kube_found_end(found, p->kind);
		break;
	}
}

static bool look(void *ctx)
{
	struct source *s = ctx;

	for (size_t i = 0; i < s->count; i++)
		kube_watch_send(s->parts[i].watch);
	return kube_found_has_changed(s->found);
}

static int64_t next_us(void *ctx)
{
	const struct source *s = ctx;
	int64_t first_us = DISCOVER_NEVER;

	for (size_t i = 0; i < s->count; i++) {
		int64_t due_us = kube_watch_due_us(s->parts[i].watch);

		if (due_us < first_us)
			first_us = due_us;
	}
	return first_us;
}

static const struct discover_found *found(void *ctx, size_t *count)
{
	return kube_found_list(((struct source *)ctx)->found, count);
}

static bool has_looked(void *ctx)
{
	const struct source *s = ctx;

	for (size_t i = 0; i < s->count; i++)
		if (!kube_watch_has_listed(s->parts[i].watch))
			return false;
	return true;
}

static void source_free(void *ctx)
{
	struct source *s = ctx;

	for (size_t i = 0; i < s->count; i++)
		kube_watch_free(s->parts[i].watch);
	for (size_t i = 0; i < COLLECTIONS; i++)
		free(s->paths[i]);
	kube_found_free(s->found);
	free(s->where);
	free(s->on_node);
	free(s);
}

/* ---- opening ---- */

static bool add_part(struct source *s, struct fetch *f, const struct options *server,
	enum kube_kind kind, const struct clock *clock, const struct log *log)
{
	const struct kube_times times = kube_times_standard();
	const char *plural = kind == KUBE_POD ? "pods" : "services";
	struct part *p = &s->parts[s->count];

	s->paths[s->count] = kube_collection_path(server->kube_namespace, plural);
	if (s->paths[s->count] == NULL)
		return false;
	p->source = s;
	p->kind = kind;
	p->collection = (struct kube_collection){.what = plural,
		.path = s->paths[s->count],
		.label_selector = server->label_selector,
		.field_selector = kind == KUBE_POD ? s->on_node : NULL,
		.told = take_news,
		.ctx = p};
	p->watch = kube_watch_new(f, server, &p->collection, &times, clock, log);
	s->count += p->watch != NULL;
	return p->watch != NULL;
}

static bool fill_in(struct source *s, const struct options *server, const struct log *log)
{
	if (asprintf(&s->where, "Kubernetes at %s", server->url.authority) < 0)
		s->where = NULL;
	if (server->node != NULL &&
		asprintf(&s->on_node, "spec.nodeName=%s", server->node) < 0)
		return false;
	if (s->where != NULL)
		s->found = kube_found_new(s->where, log);
	return s->found != NULL;
}

bool discover_kubernetes_open(struct discover_source *source, struct fetch *f,
	const struct options *server, const struct clock *clock, const struct log *log)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return false;
	/* services are on no node */
	if (!fill_in(s, server, log) || !add_part(s, f, server, KUBE_POD, clock, log) ||
		(server->node == NULL &&
			!add_part(s, f, server, KUBE_SERVICE, clock, log))) {
		source_free(s);
		return false;
	}
	*source = (struct discover_source){.ctx = s,
		.look = look,
		.next_us = next_us,
		.found = found,
		.has_looked = has_looked,
		.free = source_free};
	return true;
}
