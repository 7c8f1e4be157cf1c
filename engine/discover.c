#include "engine/discover.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/buf.h"
#include "engine/index.h"
#include "engine/naming.h"

/* So many endpoints are found, and remembered, at most. */
#define ENTRY_LIMIT 10000

/* So many lines are said of one look. */
#define TOLD_LIMIT 50

struct origin {
	struct discover_source source;
	size_t block;
};

/* A key and its name, and the endpoint while it is there. */
struct entry {
	size_t origin;
	char *key;   /* owned */
	char *name;  /* owned; as a plugin instance */
	char *given; /* owned; the options it was made with, as one text */
	struct settings_found *found; /* owned; NULL: it is gone */
	void *endpoint;               /* the reader's */
	bool is_listed;               /* and in `places` */
};

struct discover {
	const struct settings *settings; /* borrowed */
	const struct log *log;           /* borrowed */
	struct discover_reader reader;
	struct origin *origins; /* owned */
	size_t origin_count;
	struct entry *entries; /* owned */
	size_t count, room;
	size_t first_gone; /* no entry before it is */
	struct index keys; /* of entries */
	/* of what the user configured, and behind it of entries; of places those listed
	 */
	struct index names, places;
	size_t told;    /* lines of this look */
	bool is_behind; /* the lists are to be compared again */
	bool is_full;   /* was said */
};

/* ---- numbers ---- */

static uint64_t hash_key(size_t origin, const char *key)
{
	return str_hash(str_of(key)) ^ (uint64_t)origin << 32;
}

static uint64_t key_hash(const void *owner, uint32_t entry)
{
	const struct entry *e = &((const struct discover *)owner)->entries[entry];

	return hash_key(e->origin, e->key);
}

static uint64_t name_hash(const void *owner, uint32_t thing)
{
	const struct discover *d = owner;
	size_t targets = settings_targets(d->settings);

	return str_hash(
		str_of(thing < targets ? settings_target_at(d->settings, thing)->instance
				       : d->entries[thing - targets].name));
}

static uint64_t place_hash(const void *owner, uint32_t thing)
{
	const struct discover *d = owner;
	size_t targets = settings_targets(d->settings);
	const struct options *o =
		thing < targets
			? settings_target_at(d->settings, thing)
			: settings_found_options(d->entries[thing - targets].found);

	return url_hash_place(&o->url);
}

static uint32_t number_of(const struct discover *d, const struct entry *e)
{
	return (uint32_t)(settings_targets(d->settings) + (size_t)(e - d->entries));
}

static bool add_targets(struct discover *d)
{
	for (uint32_t i = 0; i < settings_targets(d->settings); i++)
		if (!index_put(&d->names, name_hash, d, i) ||
			!index_put(&d->places, place_hash, d, i))
			return false;
	return true;
}

static void free_indices(struct discover *d)
{
	index_free(&d->keys);
	index_free(&d->names);
	index_free(&d->places);
}

struct discover *discover_new(const struct settings *settings, const struct log *log,
	const struct discover_reader *reader)
{
	struct discover *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->settings = settings;
	d->log = log;
	d->reader = *reader;
	if (add_targets(d))
		return d;
	free_indices(d);
	free(d);
	return NULL;
}

bool discover_add(struct discover *d, const struct discover_source *source, size_t block)
{
	struct origin *grown =
		reallocarray(d->origins, d->origin_count + 1, sizeof(*grown));

	if (grown == NULL) {
		source->free(source->ctx);
		return false;
	}
	d->origins = grown;
	d->origins[d->origin_count++] = (struct origin){*source, block};
	return true;
}

/* ---- names ---- */

static bool has_folder(const struct discover *d, const char *name)
{
	const char *state_dir = settings_defaults(d->settings)->state_dir;
	struct buf path;

	if (state_dir == NULL)
		return false;
	buf_init(&path, 8192);
	buf_addf(&path, "%s/%s", state_dir, name);
	buf_addc(&path, '\0');
	bool is_there = buf_ok(&path) && access(path.at, F_OK) == 0;
	buf_free(&path);
	return is_there;
}

static bool is_free(const struct discover *d, const char *name)
{
	uint32_t other;

	return !index_find(&d->names, name_hash, d, str_hash(str_of(name)), &other);
}

/* As a plugin instance; attempt 0: the name as it is. NULL: no memory. */
static char *name_number(const struct discover_found *f, unsigned int attempt)
{
	struct buf raw, name;

	buf_init(&raw, 65536);
	buf_init(&name, 65536);
	buf_addf(&raw, "%s", f->key);
	if (attempt > 1)
		buf_addf(&raw, "#%u", attempt);
	uint32_t hash = str_fnv1a(buf_str(&raw));

	buf_reset(&raw);
	buf_addf(&raw, "%s", f->name);
	if (attempt > 0)
		buf_addf(&raw, "_%08" PRIx32, hash);
	name_add_instance(&name, buf_str(&raw));
	char *taken = buf_ok(&raw) ? buf_take(&name) : NULL;
	buf_free(&raw);
	buf_free(&name);
	return taken;
}

/* A name that nobody has, and nobody had; NULL: no memory. */
static char *pick_name(const struct discover *d, const struct discover_found *f)
{
	char *plain = name_number(f, 0), *longer = name_number(f, 1);

	if (plain != NULL && longer != NULL && is_free(d, plain) &&
		!has_folder(d, longer)) {
		free(longer);
		return plain;
	}
	free(plain);
	for (unsigned int attempt = 2; longer != NULL && !is_free(d, longer); attempt++) {
		free(longer);
		longer = name_number(f, attempt);
	}
	return longer;
}

/* ---- entries ---- */

static void entry_free(struct entry *e)
{
	free(e->key);
	free(e->name);
	free(e->given);
	settings_found_free(e->found);
}

static struct entry *find(const struct discover *d, size_t origin, const char *key)
{
	uint32_t i;

	if (!index_find(&d->keys, key_hash, d, hash_key(origin, key), &i))
		return NULL;
	return &d->entries[i];
}

/* The first that is gone makes room for another. */
static bool make_room(struct discover *d, size_t *place)
{
	*place = d->count;
	if (d->count < ENTRY_LIMIT)
		return true;
	while (d->first_gone < d->count && d->entries[d->first_gone].found != NULL)
		d->first_gone++;
	if (d->first_gone == d->count) {
		if (!d->is_full)
			log_emit(d->log, LOG_LEVEL_WARNING,
				"more than %d endpoints were found: the others are left "
				"out",
				ENTRY_LIMIT);
		d->is_full = true;
		return false;
	}
	*place = d->first_gone++;
	return true;
}

/* In the place of one that is gone, or behind the last one; there is room. */
static struct entry *put_entry(struct discover *d, size_t place, const struct entry *new)
{
	struct entry *e = &d->entries[place];

	if (place < d->count) {
		index_drop(&d->keys, key_hash, d, (uint32_t)place);
		index_drop(&d->names, name_hash, d, number_of(d, e));
		entry_free(e);
	} else {
		d->count++;
	}
	*e = *new;
	bool done = index_put(&d->keys, key_hash, d, (uint32_t)place) &&
		    index_put(&d->names, name_hash, d, number_of(d, e));
	assert(done);
	return done ? e : NULL;
}

static bool reserve(struct discover *d)
{
	if (d->count == d->room) {
		size_t room = d->room * 2 + 16;
		struct entry *grown = reallocarray(d->entries, room, sizeof(*grown));

		if (grown == NULL)
			return false;
		d->entries = grown;
		d->room = room;
	}
	return index_reserve(&d->keys, key_hash, d, d->keys.count + 1) &&
	       index_reserve(&d->names, name_hash, d, d->names.count + 1);
}

/* A new one without an endpoint; NULL: no room for it. */
static struct entry *add_entry(
	struct discover *d, size_t origin, const struct discover_found *f)
{
	size_t place;

	if (!make_room(d, &place))
		return NULL;
	struct entry new = {
		.origin = origin, .key = strdup(f->key), .name = pick_name(d, f)};
	if (new.key != NULL &&new.name != NULL && reserve(d))
		return put_entry(d, place, &new);
	entry_free(&new);
	return NULL;
}

/* ---- comparing ---- */

static const struct url *url_of(const struct settings_found *found)
{
	return &settings_found_options(found)->url;
}

/* Does somebody before it read that address? */
static bool is_read(const struct discover *d, const struct settings_found *found)
{
	uint32_t other;

	return index_find(
		&d->places, place_hash, d, url_hash_place(url_of(found)), &other);
}

/* It stays, if there is memory to know that. */
static void list(struct discover *d, struct entry *e)
{
	e->is_listed = index_put(&d->places, place_hash, d, number_of(d, e));
}

/* Nothing that was found is listed. */
static void unlist_all(struct discover *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct entry *e = &d->entries[i];

		if (e->is_listed)
			index_drop(&d->places, place_hash, d, number_of(d, e));
		e->is_listed = false;
	}
}

/* All options as one text, to tell whether they changed. */
static char *text_of(const struct discover_found *f)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < f->option_count; i++)
		buf_addf(&text, "%s\n%s\n", f->options[i].option,
			f->options[i].value == NULL ? "" : f->options[i].value);
	char *taken = buf_take(&text);
	buf_free(&text);
	return taken;
}

static void tell(
	struct discover *d, const char *name, const struct url *url, const char *what)
{
	if (d->told++ < TOLD_LIMIT)
		log_emit(d->log, LOG_LEVEL_INFO, "%s, %s: %s", name, url->address, what);
}

static void tell_how_many_more(const struct discover *d)
{
	if (d->told > TOLD_LIMIT)
		log_emit(d->log, LOG_LEVEL_INFO, "%zu more endpoints have come or gone",
			d->told - TOLD_LIMIT);
}

static void remove_endpoint(struct discover *d, struct entry *e)
{
	d->reader.remove(d->reader.ctx, e->endpoint);
	tell(d, e->name, url_of(e->found), "is no longer there");
	settings_found_free(e->found);
	e->found = NULL;
	e->endpoint = NULL;
	free(e->given);
	e->given = NULL;
}

/* The reader gets what was made of f; found and given belong to the entry afterwards. */
static bool hand_over(struct discover *d, struct entry *e, const struct discover_found *f,
	struct settings_found *found, char *given)
{
	const struct options *options = settings_found_options(found);
	bool is_new = e->found == NULL;

	if (is_new)
		e->endpoint = d->reader.add(d->reader.ctx, options);
	if (is_new ? e->endpoint == NULL
		   : !d->reader.change(d->reader.ctx, e->endpoint, options))
		return false;
	char what[1000];
	(void)snprintf(what, sizeof(what), "found: %s", f->about);
	tell(d, e->name, &options->url, what);
	settings_found_free(e->found);
	free(e->given);
	e->found = found;
	e->given = given;
	list(d, e);
	return true;
}

/* An endpoint with new options, or a new one. */
static void renew(
	struct discover *d, struct entry *e, const struct discover_found *f, char *given)
{
	struct err err;
	struct settings_found *found = settings_found_new(d->settings,
		d->origins[e->origin].block, e->name, f->options, f->option_count, &err);

	if (found == NULL)
		log_emit(d->log, LOG_LEVEL_WARNING, "%s is not used: %s (%s)", f->name,
			err.text, f->about);
	else if (is_read(d, found))
		settings_found_free(found);
	else if (hand_over(d, e, f, found, given))
		return;
	else {
		settings_found_free(found);
		/* as it was, until it can be changed */
		if (e->found != NULL)
			list(d, e);
		d->is_behind = true;
	}
	free(given);
}

static void take(struct discover *d, size_t origin, const struct discover_found *f)
{
	struct entry *e = find(d, origin, f->key);
	char *given = text_of(f);

	if (given != NULL && e == NULL)
		e = add_entry(d, origin, f);
	/* a key that a source has twice counts once */
	if (given == NULL || e == NULL || e->is_listed) {
		free(given);
		return;
	}
	if (e->found == NULL || strcmp(e->given, given) != 0) {
		renew(d, e, f, given);
		return;
	}
	if (!is_read(d, e->found))
		list(d, e);
	free(given);
}

static void compare(struct discover *d)
{
	d->is_behind = false;
	d->told = 0;
	d->first_gone = 0;
	unlist_all(d);
	for (size_t origin = 0; origin < d->origin_count; origin++) {
		const struct discover_source *s = &d->origins[origin].source;
		size_t count;
		const struct discover_found *found = s->found(s->ctx, &count);

		for (size_t i = 0; i < count; i++)
			take(d, origin, &found[i]);
	}
	for (size_t i = 0; i < d->count; i++)
		if (!d->entries[i].is_listed && d->entries[i].found != NULL)
			remove_endpoint(d, &d->entries[i]);
	tell_how_many_more(d);
}

void discover_look(struct discover *d)
{
	for (size_t i = 0; i < d->origin_count; i++) {
		const struct discover_source *s = &d->origins[i].source;

		d->is_behind |= s->look(s->ctx);
	}
	if (d->is_behind)
		compare(d);
}

int64_t discover_next_us(const struct discover *d)
{
	int64_t first_us = DISCOVER_NEVER;

	for (size_t i = 0; i < d->origin_count; i++) {
		const struct discover_source *s = &d->origins[i].source;
		int64_t next_us = s->next_us(s->ctx);

		if (next_us < first_us)
			first_us = next_us;
	}
	return first_us;
}

bool discover_has_looked(const struct discover *d)
{
	for (size_t i = 0; i < d->origin_count; i++) {
		const struct discover_source *s = &d->origins[i].source;

		if (!s->has_looked(s->ctx))
			return false;
	}
	return true;
}

const struct discover_closed *discover_closed_at(const struct discover *d, size_t i)
{
	for (size_t k = 0; k < d->origin_count; k++) {
		const struct discover_source *s = &d->origins[k].source;
		size_t count = 0;
		const struct discover_closed *closed =
			s->closed == NULL ? NULL : s->closed(s->ctx, &count);

		if (i < count)
			return &closed[i];
		i -= count;
	}
	return NULL;
}

void discover_free(struct discover *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++) {
		struct entry *e = &d->entries[i];

		if (e->found != NULL)
			d->reader.remove(d->reader.ctx, e->endpoint);
		entry_free(e);
	}
	free(d->entries);
	free_indices(d);
	for (size_t i = 0; i < d->origin_count; i++)
		d->origins[i].source.free(d->origins[i].source.ctx);
	free(d->origins);
	free(d);
}
