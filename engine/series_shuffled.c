#include "engine/reading.h"

#include <string.h>

/* A page in another order than the one before, as kube-state-metrics writes them: lines
 * have to be found one by one, and each would wait several times for memory that no cache
 * holds: the index, the line remembered, its series, its value. So some lines at once go
 * through these steps, and each step asks for what the next one will read of all of them.
 */

enum { LINES_AT_ONCE = 16 };

/* One of them. */
struct ahead {
	const char *at, *number, *behind;
	uint64_t hash; /* of what stands before the number */
	uint32_t old;  /* the line of the page before that begins so */
	bool is_known;
};

static uint64_t line_hash(const void *owner, uint32_t line)
{
	const struct series *s = owner;

	return s->lines[line].hash;
}

/* A few lines are found faster by the parser than by an index of all. */
bool reading_is_shuffled(const struct reading *r)
{
	return r->warm_count > 0 && r->moved > 16 && r->moved > r->s->line_count / 32;
}

static bool index_lines(struct reading *r)
{
	const struct series *s = r->s;

	if (r->by_text.room > 0)
		return true;
	if (!index_reserve(&r->by_text, line_hash, s, s->line_count))
		return false;
	for (size_t i = 0; i < s->line_count && i < INDEX_THINGS_MAX; i++)
		if (s->lines[i].prefix > 0 && (s->lines[i].use & SLOT_MASK) != COMMENT &&
			!index_put(&r->by_text, line_hash, s, (uint32_t)i))
			return false;
	return true;
}

/* Up to that many lines from here on. */
static size_t look_ahead(const struct reading *r, struct ahead *lines)
{
	const char *at = r->at;
	size_t count = 0;

	while (count < LINES_AT_ONCE && at < r->end) {
		const char *newline = memchr(at, '\n', (size_t)(r->end - at));
		const char *stop = newline != NULL ? newline : r->end;
		const char *blank = memrchr(at, ' ', (size_t)(stop - at));
		const char *number = blank != NULL ? blank + 1 : at;
		uint64_t hash = str_hash_bytes(at, (size_t)(number - at));

		index_prefetch(&r->by_text, hash);
		lines[count++] = (struct ahead){at, number,
			newline != NULL ? newline + 1 : r->end, hash, 0, false};
		at = lines[count - 1].behind;
	}
	return count;
}

static void find(const struct reading *r, struct ahead *a)
{
	const struct series *s = r->s;

	a->is_known = index_find(&r->by_text, line_hash, s, a->hash, &a->old);
	if (!a->is_known)
		return;
	uint32_t slot = s->lines[a->old].use & SLOT_MASK;
	if (slot < SLOTS_MAX) {
		__builtin_prefetch(&s->entries[slot], 1);
		__builtin_prefetch(&s->values[slot], 1);
	}
}

/* Reads the number of a line that is known. False: the parser has to look. */
static bool take(struct reading *r, const struct ahead *a)
{
	double value;

	/* a family that was declared anew makes them useless */
	if (!a->is_known || a->old >= r->warm_count ||
		r->s->lines[a->old].prefix != (size_t)(a->number - a->at))
		return false;
	const char *stop = expo_number(a->number, r->end, &value);
	if (stop == NULL || stop == r->end || *stop != '\n' ||
		!reading_put(r, r->s->lines[a->old].use, value))
		return false;
	reading_keep_line(r, a->old);
	r->result->samples++;
	r->old = a->old + 1;
	r->at = a->behind;
	return true;
}

bool reading_shuffled(struct reading *r)
{
	struct ahead lines[LINES_AT_ONCE];

	if (!index_lines(r))
		return false;
	size_t count = look_ahead(r, lines);
	for (size_t i = 0; i < count; i++)
		find(r, &lines[i]);
	/* the parser passes over empty lines, too */
	for (size_t i = 0; i < count && r->at == lines[i].at; i++)
		if (!take(r, &lines[i]) && !reading_parsed(r))
			return false;
	return true;
}
