#include "engine/roster.h"

#include <stdlib.h>
#include <string.h>

/* A name is shortened, but what it is made of may be long. */
#define TEXT_BYTES_MAX ((size_t)1 << 24)

static uint64_t member_hash(const void *owner, uint32_t place)
{
	return ((const struct roster *)owner)->member_hashes[place];
}

static uint64_t origin_hash(const void *owner, uint32_t place)
{
	return ((const struct roster *)owner)->origin_hashes[place];
}

/* Hashes with room for so many. False: no memory. */
static bool take_hashes(uint64_t **hashes, size_t room)
{
	uint64_t *more = reallocarray(*hashes, room, sizeof(*more));

	if (more != NULL)
		*hashes = more;
	return more != NULL;
}

/* Room for one member more. */
static bool take_members(struct roster *r)
{
	size_t room = r->member_room + r->member_room / 4 + 16;

	if (r->member_count < r->member_room)
		return true;
	struct member **members = reallocarray(r->members, room, sizeof(struct member *));
	if (members == NULL)
		return false;
	r->members = members;
	if (!take_hashes(&r->member_hashes, room))
		return false;
	r->member_room = room;
	return true;
}

/* Room for one origin more. */
static bool take_origins(struct roster *r)
{
	size_t room = r->origin_room + r->origin_room / 4 + 16;

	if (r->origin_count < r->origin_room)
		return true;
	struct origin **origins = reallocarray(r->origins, room, sizeof(struct origin *));
	if (origins == NULL)
		return false;
	r->origins = origins;
	if (!take_hashes(&r->origin_hashes, room))
		return false;
	r->origin_room = room;
	return true;
}

static bool add_member(struct roster *r, struct member *m, uint64_t hash)
{
	if (!take_members(r))
		return false;
	r->members[r->member_count] = m;
	r->member_hashes[r->member_count] = hash;
	if (!index_put(&r->member_index, member_hash, r, (uint32_t)r->member_count))
		return false;
	r->member_count++;
	return true;
}

static bool add_origin(struct roster *r, struct origin *o, uint64_t hash)
{
	if (!take_origins(r))
		return false;
	r->origins[r->origin_count] = o;
	r->origin_hashes[r->origin_count] = hash;
	if (!index_put(&r->origin_index, origin_hash, r, (uint32_t)r->origin_count))
		return false;
	r->origin_count++;
	r->origins_of[origin_rank(o)]++;
	return true;
}

/* ---- a new series ---- */

static struct origin *find_origin(const struct roster *r, struct origin_key key)
{
	uint32_t place;

	if (!index_find(&r->origin_index, origin_hash, r, key.hash, &place))
		return NULL;
	return r->origins[place];
}

/* NULL: no memory. */
static struct origin *new_origin(
	struct roster *r, struct origin_key key, const struct origin_name *name)
{
	struct origin *o = origin_new(&r->pool, key.kind, name);

	if (o == NULL || add_origin(r, o, key.hash))
		return o;
	origin_free(o, &r->rules);
	return NULL;
}

static bool join(struct roster *r, struct member *m, struct origin *o)
{
	if (o == NULL)
		return false;
	m->origins[m->origin_count++] = o;
	return origin_add(o, &r->pool, m);
}

/* Names are made only for the first member of an origin. */
static bool join_derived(struct roster *r, struct member *m, const struct identity *id)
{
	struct origin_key key = identity_derived_key(id);
	struct origin *o = find_origin(r, key);
	struct origin_name name;

	if (o == NULL && identity_derived_name(id, &r->text, &name))
		o = new_origin(r, key, &name);
	return join(r, m, o);
}

static bool join_own(struct roster *r, struct member *m, const struct identity *id,
	const struct options *options)
{
	struct origin_key key;
	struct origin_name name;

	if (!identity_own_key(id, r->arena, &key))
		return false;
	struct origin *o = find_origin(r, key);
	if (o == NULL && identity_own_name(id, options, r->arena, &r->text, &name))
		o = new_origin(r, key, &name);
	return join(r, m, o);
}

static bool join_all(struct roster *r, struct member *m, const struct identity *id,
	const struct options *options, bool is_sent)
{
	if (id->family != NULL && id->family->role != ROLE_NONE &&
		!join_derived(r, m, id))
		return false;
	return !is_sent || join_own(r, m, id, options);
}

static struct member *find_member(const struct roster *r, uint64_t hash)
{
	uint32_t place;

	if (!index_find(&r->member_index, member_hash, r, hash, &place))
		return NULL;
	return r->members[place];
}

struct member *roster_find(const struct roster *r, const struct identity *id)
{
	return find_member(r, identity_hash(id));
}

struct member *roster_member(struct roster *r, const struct identity *id,
	const struct options *options, bool is_sent)
{
	uint64_t hash = identity_hash(id);
	struct member *m = find_member(r, hash);

	if (m != NULL)
		return m;
	/* on a page members of one family stand together */
	const struct member *last =
		r->member_count > 0 ? r->members[r->member_count - 1] : NULL;
	m = member_new(&r->pool, id->family, id->kind, last);
	if (m == NULL)
		return NULL;
	if (!add_member(r, m, hash)) {
		member_free(m, &r->pool);
		return NULL;
	}
	return join_all(r, m, id, options, is_sent) ? m : NULL;
}

bool roster_is_full(const struct roster *r, const struct identity *id, size_t max_values)
{
	enum budget_rank rank = id->family != NULL ? BUDGET_TABLE : BUDGET_RULES;
	struct origin_key key;

	return r->origins_of[rank] >= max_values && roster_find(r, id) == NULL &&
	       identity_own_key(id, r->arena, &key) && find_origin(r, key) == NULL;
}

const struct origin *roster_share(struct roster *r, struct budget *budget)
{
	const struct origin *first = NULL;

	for (size_t i = 0; i < r->origin_count; i++) {
		const struct origin *o = r->origins[i];

		budget_want(budget, origin_rank(o), origin_values(o, &r->rules));
		budget_want(budget, BUDGET_BUCKETS, origin_buckets(o));
	}
	budget_share(budget);
	for (size_t i = 0; i < r->origin_count; i++) {
		struct origin *o = r->origins[i];
		bool is_sent =
			budget_ask(budget, origin_rank(o), origin_values(o, &r->rules));
		bool has_buckets = budget_ask(budget, BUDGET_BUCKETS, origin_buckets(o));

		origin_leave_out(o, !is_sent, !has_buckets);
		if (first == NULL && !(is_sent && has_buckets))
			first = o;
	}
	return first;
}

bool roster_own_slot(
	struct roster *r, struct member *m, const struct identity *id, uint32_t slot)
{
	if (slot >= r->slot_room) {
		size_t room = slot + slot / 4 + 64;
		struct member **slots =
			reallocarray(r->slots, room, sizeof(struct member *));

		if (slots == NULL)
			return false;
		r->slots = slots;
		r->slot_room = room;
	}
	r->slots[slot] = m;
	/* it may be back after its identifiers were given back */
	r->claims_are_due = true;
	r->is_settled = false;
	r->standing += !member_stands(m);
	return member_bind(m, &r->pool, id->part, id->bound, slot);
}

void roster_disown_slot(struct roster *r, uint32_t slot)
{
	r->is_settled = false;
	member_unbind(r->slots[slot], slot);
	r->standing -= !member_stands(r->slots[slot]);
}

/* ---- what stands on the page ---- */

static bool page_has(const struct roster *r, const char *family)
{
	for (size_t i = 0; i < r->member_count; i++) {
		const struct member *m = r->members[i];

		if (m->is_present && m->family != NULL &&
			strcmp(m->family->name, family) == 0)
			return true;
	}
	return false;
}

static void look(struct roster *r)
{
	const char *asked = NULL;
	bool is_there = false;

	r->start = NULL;
	r->is_v01 = false;
	for (size_t i = 0; i < r->member_count; i++)
		member_look(r->members[i]);
	for (size_t i = 0; i < r->member_count; i++) {
		struct member *m = r->members[i];
		const struct family *f = m->family;

		if (f == NULL || !m->is_present)
			continue;
		r->is_v01 |= f->sign_of_v01;
		if (f->role == ROLE_START_TIME)
			r->start = m;
		if (f->instead_of == NULL)
			continue;
		if (asked != f->instead_of)
			is_there = page_has(r, f->instead_of);
		asked = f->instead_of;
		m->is_outdone = is_there;
	}
}

bool roster_settle(struct roster *r)
{
	bool done = true;

	if (r->is_settled)
		return true;
	for (size_t i = 0; i < r->member_count; i++)
		done &= member_settle(r->members[i], &r->pool);
	look(r);
	r->is_settled = done;
	return done;
}

/* Each takes two lines of the processor's cache. Measured: 200 endpoints in turn cost a
 * tenth less. */
void roster_prefetch(const struct roster *r, size_t i)
{
	const size_t members_ahead = 3, origins_ahead = 6;

	if (i + origins_ahead >= r->origin_count)
		return;
	const struct origin *soon = r->origins[i + members_ahead];
	const char *things[] = {(const char *)r->origins[i + origins_ahead],
		(const char *)origin_members(soon)[0],
		(const char *)origin_outputs(soon)[0]};
	for (size_t k = 0; k < 3; k++) {
		__builtin_prefetch(things[k]);
		__builtin_prefetch(things[k] + 64);
	}
}

/* ---- who owns which identifier ---- */

static bool claim(struct roster *r, struct origin *o, struct err *e)
{
	bool any_starts_anew = false, done = true;

	for (size_t i = 0; i < o->output_count; i++) {
		struct output *output = origin_outputs(o)[i];
		bool starts_anew;

		if (output->is_owner || output->is_retired)
			continue;
		if (outputs_claim(&r->outputs, output, &starts_anew))
			any_starts_anew |= starts_anew;
		else
			done = err_set(e, ERR_USAGE,
				"two series come to %s-%s: only the first is sent",
				output->type, output->name);
	}
	if (any_starts_anew)
		origin_start_anew(o);
	return done;
}

bool roster_claim(struct roster *r, const struct series *series, struct err *e)
{
	bool done = true;
	const struct member *m = NULL;
	uint32_t slot;

	for (size_t i = 0; i < r->origin_count; i++)
		done &= origin_name_outputs(r->origins[i], &r->rules, e);
	for (size_t line = 0; line < series_lines(series); line++) {
		if (!series_at_line(series, line, &slot) || r->slots[slot] == m)
			continue;
		m = r->slots[slot];
		for (size_t i = 0; i < m->origin_count; i++)
			done &= claim(r, m->origins[i], e);
	}
	r->claims_are_due = false;
	return done;
}

void roster_release_absent(struct roster *r)
{
	for (size_t i = 0; i < r->origin_count; i++) {
		struct origin *o = r->origins[i];
		bool is_present = false;

		for (size_t k = 0; k < o->member_count; k++) {
			struct member *m = origin_members(o)[k];

			member_look(m);
			is_present |= m->is_present;
		}
		for (size_t k = 0; !is_present && k < o->output_count; k++)
			outputs_release(origin_outputs(o)[k]);
	}
	r->claims_are_due = true;
}

/* ---- forgetting ---- */

void roster_forget(struct roster *r)
{
	for (size_t i = 0; i < r->origin_count; i++)
		origin_free(r->origins[i], &r->rules);
	for (size_t i = 0; i < r->member_count; i++)
		member_free(r->members[i], &r->pool);
	index_free(&r->origin_index);
	index_free(&r->member_index);
	r->origin_count = r->member_count = r->standing = 0;
	r->is_settled = false;
	memset(r->origins_of, 0, sizeof(r->origins_of));
}

/* Puts what is left of the tables into their indexes again. False: no memory. */
static bool index_again(struct roster *r)
{
	bool done = true;

	index_free(&r->member_index);
	index_free(&r->origin_index);
	for (size_t i = 0; i < r->member_count; i++)
		done &= index_put(&r->member_index, member_hash, r, (uint32_t)i);
	for (size_t i = 0; i < r->origin_count; i++)
		done &= index_put(&r->origin_index, origin_hash, r, (uint32_t)i);
	return done;
}

bool roster_forget_old(struct roster *r, int64_t before_ms)
{
	size_t members = 0, origins = 0;

	if (r->standing == r->member_count)
		return true;
	for (size_t i = 0; i < r->member_count; i++) {
		struct member *m = r->members[i];

		/* an unusable histogram is not seen, yet lines lead to it */
		if (member_stands(m) || m->seen_ms >= before_ms) {
			r->member_hashes[members] = r->member_hashes[i];
			r->members[members++] = m;
			continue;
		}
		for (size_t k = 0; k < m->origin_count; k++)
			origin_remove(m->origins[k], m);
		member_free(m, &r->pool);
	}
	if (members == r->member_count)
		return true;
	r->member_count = members;
	for (size_t i = 0; i < r->origin_count; i++) {
		if (r->origins[i]->member_count > 0) {
			r->origin_hashes[origins] = r->origin_hashes[i];
			r->origins[origins++] = r->origins[i];
			continue;
		}
		r->origins_of[origin_rank(r->origins[i])]--;
		origin_free(r->origins[i], &r->rules);
	}
	r->origin_count = origins;
	r->is_settled = false;
	r->claims_are_due = true;
	return index_again(r);
}

void roster_init(struct roster *r, struct arena *arena)
{
	*r = (struct roster){.arena = arena};
	outputs_init(&r->outputs, &r->pool);
	r->rules = (struct origin_rules){.pool = &r->pool, .outputs = &r->outputs};
	buf_init(&r->text, TEXT_BYTES_MAX);
}

void roster_free(struct roster *r)
{
	for (size_t i = 0; i < r->member_count; i++)
		member_release(r->members[i]);
	index_free(&r->origin_index);
	index_free(&r->member_index);
	outputs_free(&r->outputs);
	pool_release(&r->pool);
	buf_free(&r->text);
	free(r->members);
	free(r->member_hashes);
	free(r->origins);
	free(r->origin_hashes);
	free(r->slots);
	*r = (struct roster){.members = NULL};
}
