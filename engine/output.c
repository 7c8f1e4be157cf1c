#include "engine/output.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/counter.h"
#include "engine/naming.h"

static uint64_t output_hash(const void *owner, uint32_t place)
{
	const struct outputs *all = owner;

	return all->hashes[place];
}

/* The owner of an identifier, or who had it last; NULL: nobody yet. */
static struct output *holder(const struct outputs *all, const struct output *o)
{
	uint32_t place;

	if (!index_find(&all->claims, output_hash, all, all->hashes[o->place], &place))
		return NULL;
	return all->at[place];
}

static bool take_hole(struct outputs *all, struct output *o)
{
	if (all->holes == 0)
		return false;
	while (all->at[all->first_hole] != NULL)
		all->first_hole++;
	o->place = all->first_hole;
	all->at[o->place] = o;
	all->holes--;
	return true;
}

static bool take_place(struct outputs *all, struct output *o)
{
	if (take_hole(all, o))
		return true;
	if (all->count == all->room) {
		size_t room = all->room + all->room / 4 + 64;
		struct output **at = reallocarray(all->at, room, sizeof(struct output *));
		uint64_t *hashes = reallocarray(all->hashes, room, sizeof(*hashes));

		all->at = at != NULL ? at : all->at;
		all->hashes = hashes != NULL ? hashes : all->hashes;
		if (at == NULL || hashes == NULL)
			return false;
		all->room = room;
	}
	o->place = (uint32_t)all->count;
	all->at[all->count++] = o;
	return true;
}

/* The parts of the name one after the other; returns how many there are. */
static size_t parts_of(const struct output_name *name, struct str part[3])
{
	const struct str all[] = {name->what, name->subject, name->detail};
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		if (all[i].len > 0)
			part[count++] = all[i];
	return count;
}

/* They are joined by `-`. */
static size_t joined_len(const struct str *part, size_t count)
{
	size_t len = count > 0 ? count - 1 : 0;

	for (size_t i = 0; i < count; i++)
		len += part[i].len;
	return len;
}

static void join(char *at, const struct str *part, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*at++ = '-';
		memcpy(at, part[i].at, part[i].len);
		at += part[i].len;
	}
}

static void set_places(struct output *o, const struct output_name *name)
{
	size_t what = name->what.len, subject = name->subject.len,
	       detail = name->detail.len;

	o->what_len = (uint8_t)what;
	o->subject_len = (uint8_t)subject;
	o->subject_at = (uint8_t)(what > 0 && subject > 0 ? what + 1 : 0);
	o->detail_len = (uint8_t)detail;
	o->detail_at = (uint8_t)(o->name_len - detail);
}

/* Bytes of an output with such a name, its NUL included. */
static size_t size_of(size_t name_len)
{
	return offsetof(struct output, name) + name_len + 1;
}

void outputs_init(struct outputs *all, struct pool *pool)
{
	*all = (struct outputs){.pool = pool};
}

struct output *outputs_add(struct outputs *all, const struct output_name *name,
	enum metric_kind kind, struct err *e)
{
	struct str part[3];
	size_t count = parts_of(name, part), len = joined_len(part, count);

	if (len > NAME_LIMIT) {
		err_set(e, ERR_LIMIT,
			"the identifier %s-%.*s-%.*s-%.*s... is over %d bytes: not sent",
			name->type, STR_ARG(name->what), STR_ARG(name->subject),
			STR_ARG(name->detail), NAME_LIMIT);
		return NULL;
	}
	struct output *o = pool_alloc(all->pool, size_of(len));
	if (o == NULL)
		return NULL;
	join(o->name, part, count);
	struct str type = str_of(name->type);
	o->type = name->type;
	o->type_len = (uint8_t)type.len;
	o->kind = kind;
	o->name_len = (uint8_t)len;
	set_places(o, name);
	if (!take_place(all, o)) {
		pool_free(all->pool, o, size_of(len));
		return NULL;
	}
	all->hashes[o->place] = str_hash((struct str){o->name, len}) ^ str_hash(type) * 3;
	return o;
}

bool outputs_is_free(const struct outputs *all, const struct output *o)
{
	const struct output *other = holder(all, o);

	return other == NULL || !other->is_owner;
}

bool outputs_claim(struct outputs *all, struct output *o, bool *starts_anew)
{
	struct output *other = holder(all, o);
	bool is_other = other != NULL && other != o;

	*starts_anew = is_other || o->has_waited;
	o->has_waited = other != NULL && other->is_owner;
	if (o->has_waited)
		return false;
	if (is_other) {
		o->was_sent = other->was_sent;
		o->stamp_ms = other->stamp_ms;
		other->was_sent = false;
		index_drop(&all->claims, output_hash, all, other->place);
	}
	if (other != o && !index_put(&all->claims, output_hash, all, o->place))
		return false;
	o->is_owner = true;
	return true;
}

void outputs_release(struct output *o)
{
	o->is_owner = false;
}

void outputs_drop(struct outputs *all, struct output *o)
{
	if (holder(all, o) == o)
		index_drop(&all->claims, output_hash, all, o->place);
	all->at[o->place] = NULL;
	all->holes++;
	if (o->place < all->first_hole)
		all->first_hole = o->place;
	pool_free(all->pool, o, size_of(o->name_len));
}

static void fill(const struct output *o, struct metric *m)
{
	m->type = (struct str){o->type, o->type_len};
	m->type_instance = (struct str){o->name, o->name_len};
	m->what = (struct str){o->name, o->what_len};
	m->subject = (struct str){o->name + o->subject_at, o->subject_len};
	m->detail = (struct str){o->name + o->detail_at, o->detail_len};
	m->kind = o->kind;
}

bool output_send(struct output *o, struct metric *m, const struct sink *sink)
{
	bool has_value = o->has_value && o->is_owner;

	m->derive = 0;
	if (o->kind == METRIC_DERIVE)
		has_value = has_value && counter_derive(o->value, &m->derive);
	if (!has_value && !o->was_sent)
		return false;
	fill(o, m);
	m->gauge = has_value && o->kind == METRIC_GAUGE ? o->value : (double)NAN;
	m->total = o->value;
	o->stamp_ms = m->stamp_ms;
	o->was_sent = has_value && o->kind == METRIC_GAUGE;
	sink->metric(sink->ctx, m);
	return has_value;
}

void output_send_zero(struct output *o, struct metric *m, const struct sink *sink)
{
	o->is_new = false;
	fill(o, m);
	m->derive = 0;
	m->total = 0;
	m->gauge = (double)NAN;
	o->stamp_ms = m->stamp_ms;
	sink->metric(sink->ctx, m);
}

void outputs_free(struct outputs *all)
{
	free(all->at);
	free(all->hashes);
	index_free(&all->claims);
	*all = (struct outputs){0};
}
