#include "engine/kube_found.h"

#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/kube.h"
#include "engine/settings.h"

/* Objects that ask to be read, at most. */
#define OBJECT_LIMIT 10000

/* Bytes that the list of them takes at most. */
#define LIST_CEILING ((size_t)64 << 20)

/* Bytes of one text, a URL the longest of them. */
#define TEXT_LIMIT 16384

/* Texts are owned. */
struct object {
	enum kube_kind kind;
	char *namespace_name;
	char *name;
	char *own_name; /* by annotation, else name */
	char *url;      /* NULL: nothing to read now */
	char *trouble;  /* as it was said; NULL: none */
	bool is_listed; /* by the list that is under way */
};

struct kube_found {
	const char *where;      /* borrowed */
	const struct log *log;  /* borrowed */
	struct object *objects; /* owned */
	size_t count;
	bool has_changed;
	bool is_full;        /* was said */
	struct arena *arena; /* owned; the list as handed out */
};

struct kube_found *kube_found_new(const char *where, const struct log *log)
{
	struct kube_found *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->where = where;
	k->log = log;
	k->arena = arena_new(LIST_CEILING);
	if (k->arena != NULL)
		return k;
	kube_found_free(k);
	return NULL;
}

/* ---- objects ---- */

static void object_free(struct object *o)
{
	free(o->namespace_name);
	free(o->name);
	free(o->own_name);
	free(o->url);
	free(o->trouble);
}

static char *copy(struct str text)
{
	return strndup(text.len == 0 ? "" : text.at, text.len);
}

static struct str namespace_of(const json_t *object)
{
	struct str name = kube_text(object, "metadata", "namespace", NULL);

	return name.len > 0 ? name : STR("default");
}

static struct object *find(
	struct kube_found *k, enum kube_kind kind, const json_t *object)
{
	struct str space = namespace_of(object);
	struct str name = kube_text(object, "metadata", "name", NULL);

	for (size_t i = 0; i < k->count; i++) {
		struct object *o = &k->objects[i];

		if (o->kind == kind && str_eq(str_of(o->name), name) &&
			str_eq(str_of(o->namespace_name), space))
			return o;
	}
	return NULL;
}

static void remove_object(struct kube_found *k, struct object *o)
{
	size_t i = (size_t)(o - k->objects);

	k->has_changed |= o->url != NULL;
	object_free(o);
	memmove(o, o + 1, (--k->count - i) * sizeof(*o));
}

static bool has_room(struct kube_found *k)
{
	if (k->count < OBJECT_LIMIT)
		return true;
	if (!k->is_full)
		log_emit(k->log, LOG_LEVEL_WARNING,
			"%s: more than %d objects ask to be read: the others are left "
			"out",
			k->where, OBJECT_LIMIT);
	k->is_full = true;
	return false;
}

/* NULL: no room or memory. */
static struct object *add(struct kube_found *k, enum kube_kind kind, const json_t *object)
{
	struct object *grown;
	struct object o = {.kind = kind};

	if (!has_room(k))
		return NULL;
	grown = reallocarray(k->objects, k->count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	k->objects = grown;
	o.namespace_name = copy(namespace_of(object));
	o.name = copy(kube_text(object, "metadata", "name", NULL));
	if (o.namespace_name == NULL || o.name == NULL) {
		object_free(&o);
		return NULL;
	}
	k->objects[k->count] = o;
	return &k->objects[k->count++];
}

/* An empty text is none. */
static bool replace(char **place, struct str text)
{
	if (str_eq(*place != NULL ? str_of(*place) : STR(""), text))
		return false;
	free(*place);
	*place = text.len > 0 ? copy(text) : NULL;
	return true;
}

static void say_trouble(
	struct kube_found *k, struct object *o, enum kube_verdict verdict, struct err *e)
{
	bool is_bad = verdict == KUBE_TARGET_BAD;

	if (replace(&o->trouble, is_bad ? str_of(e->text) : STR("")) && is_bad)
		log_emit(k->log, LOG_LEVEL_WARNING, "%s: %s %s/%s is left out: %s",
			k->where, kube_kind_name(o->kind), o->namespace_name, o->name,
			e->text);
}

void kube_found_put(struct kube_found *k, enum kube_kind kind, const json_t *object)
{
	struct object *o = find(k, kind, object);
	struct buf url;
	struct err e;

	buf_init(&url, TEXT_LIMIT);
	enum kube_verdict verdict = kube_target_read(kind, object, &url, &e);

	if (o == NULL && verdict != KUBE_TARGET_NONE)
		o = add(k, kind, object);
	if (o != NULL) {
		o->is_listed = true;
		say_trouble(k, o, verdict, &e);
		k->has_changed |= replace(&o->own_name, kube_target_name(object));
		k->has_changed |= replace(
			&o->url, verdict == KUBE_TARGET_GOOD ? buf_str(&url) : STR(""));
	}
	buf_free(&url);
}

void kube_found_drop(struct kube_found *k, enum kube_kind kind, const json_t *object)
{
	struct object *o = find(k, kind, object);

	if (o != NULL)
		remove_object(k, o);
}

void kube_found_begin(struct kube_found *k, enum kube_kind kind)
{
	for (size_t i = 0; i < k->count; i++)
		k->objects[i].is_listed &= k->objects[i].kind != kind;
}

void kube_found_end(struct kube_found *k, enum kube_kind kind)
{
	for (size_t i = k->count; i > 0; i--)
		if (k->objects[i - 1].kind == kind && !k->objects[i - 1].is_listed)
			remove_object(k, &k->objects[i - 1]);
}

bool kube_found_has_changed(struct kube_found *k)
{
	bool has_changed = k->has_changed;

	k->has_changed = false;
	return has_changed;
}

/* ---- the list ---- */

/* Of three parts one text, the arena's. */
static const char *join(
	struct kube_found *k, const char *a, const char *sign, const char *b)
{
	struct buf text;

	buf_init(&text, TEXT_LIMIT);
	buf_addf(&text, "%s%s%s", a, sign, b);
	const char *joined = arena_copy(k->arena, buf_str(&text)).at;
	buf_free(&text);
	return joined == NULL ? "" : joined;
}

static bool has_own_name(const struct object *o)
{
	return strcmp(o->own_name, o->name) != 0;
}

/* Does one before it have the same name by annotation? */
static bool is_second(const struct kube_found *k, const struct object *o)
{
	for (const struct object *other = k->objects; other < o; other++)
		if (other->url != NULL && other->own_name != NULL &&
			strcmp(other->own_name, o->own_name) == 0 &&
			strcmp(other->namespace_name, o->namespace_name) == 0)
			return true;
	return false;
}

static bool fill_in(
	struct kube_found *k, const struct object *o, struct discover_found *f)
{
	struct settings_text *options = arena_array(k->arena, 2, sizeof(*options));
	const char *kind = kube_kind_name(o->kind);
	const char *whole_name = join(k, o->namespace_name, "/", o->name);
	const char *whole_own_name = join(k, o->namespace_name, "/", o->own_name);
	bool goes_on = has_own_name(o) && !is_second(k, o);

	if (options == NULL)
		return false;
	options[0] = (struct settings_text){"URL", o->url};
	options[1] = (struct settings_text){"Secret", whole_own_name};
	*f = (struct discover_found){.key = join(k, goes_on ? "name" : kind, " ",
					     goes_on ? whole_own_name : whole_name),
		.name = has_own_name(o) ? o->own_name
					: join(k, o->namespace_name, "-", o->name),
		.about = join(k, join(k, kind, " ", whole_name), ", ", k->where),
		.options = options,
		.option_count = 2};
	return true;
}

const struct discover_found *kube_found_list(struct kube_found *k, size_t *count)
{
	struct discover_found *list;

	arena_reset(k->arena);
	*count = 0;
	list = arena_array(k->arena, k->count + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < k->count; i++) {
		const struct object *o = &k->objects[i];

		if (o->url != NULL && o->own_name != NULL && fill_in(k, o, &list[*count]))
			++*count;
	}
	return list;
}

void kube_found_free(struct kube_found *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->count; i++)
		object_free(&k->objects[i]);
	free(k->objects);
	arena_free(k->arena);
	free(k);
}
