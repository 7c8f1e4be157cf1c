#include "engine/series.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/expo_proto.h"
#include "engine/reading.h"

void series_forget(struct series *s)
{
	free(s->lines);
	free(s->entries);
	free(s->values);
	index_free(&s->index);
	free(s->declarations);
	index_free(&s->declared);
	*s = (struct series){.free_slot = SLOT_MASK, .page_number = 1};
}

struct series *series_new(void)
{
	struct series *s = calloc(1, sizeof(*s));

	if (s != NULL)
		series_forget(s);
	return s;
}

void series_free(struct series *s)
{
	if (s == NULL)
		return;
	series_forget(s);
	free(s);
}

/* ---- the table: hash -> slot ---- */

/* One of the labels, which are summed up. */
static uint64_t label_hash(uint64_t name, struct str value)
{
	uint64_t pair = name * UINT64_C(0x9e3779b97f4a7c15) ^ str_hash(value);

	return value.len == 0 ? 0 : (pair ^ pair >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

static uint64_t name_and_labels(uint64_t name, uint64_t labels)
{
	uint64_t both = name ^ labels;

	return (both ^ both >> 32) * UINT64_C(0x94d049bb133111eb);
}

uint64_t series_hash(struct str name, struct labels labels)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < labels.count; i++)
		sum += label_hash(str_hash(labels.at[i].name), labels.at[i].value);
	return name_and_labels(str_hash(name), sum);
}

static uint64_t slot_hash(const void *owner, uint32_t slot)
{
	const struct series *s = owner;

	return s->entries[slot].hash;
}

/* A free slot, not yet in the index. SLOT_MASK: no memory. */
static uint32_t slot_new(struct series *s)
{
	uint32_t slot = s->free_slot;

	if (slot != SLOT_MASK) {
		s->free_slot = s->entries[slot].line;
		return slot;
	}
	if (s->entry_count == s->entry_room) {
		size_t room = s->entry_room + s->entry_room / 4 + 64;
		struct entry *entries = reallocarray(s->entries, room, sizeof(*entries));
		double *values = reallocarray(s->values, room, sizeof(*values));

		s->entries = entries != NULL ? entries : s->entries;
		s->values = values != NULL ? values : s->values;
		if (entries == NULL || values == NULL || room > SLOTS_MAX)
			return SLOT_MASK;
		s->entry_room = room;
	}
	return (uint32_t)s->entry_count++;
}

static void slot_free(struct series *s, uint32_t slot)
{
	s->entries[slot] = (struct entry){.line = s->free_slot & SLOT_MASK};
	s->free_slot = slot;
}

/* Puts a new series on the table. False: no memory. */
static bool add(struct series *s, uint64_t hash, uint32_t slot,
	const struct expo_entry *e, bool counts)
{
	s->entries[slot] = (struct entry){.hash = hash,
		.page = s->page_number - 1,
		.line = SLOT_MASK,
		.type = (unsigned)e->type & 7u,
		.counts = counts};
	s->live++;
	return index_put(&s->index, slot_hash, s, slot);
}

static void drop(struct series *s, uint32_t slot)
{
	index_drop(&s->index, slot_hash, s, slot);
	slot_free(s, slot);
	s->live--;
}

/* ---- the lines of the new page ---- */

/* A guess. */
enum { LINE_BYTES = 128 };

/* From here on the new page's lines differ from the old ones: they go into an array of
 * their own. */
void reading_leave_old_lines(struct reading *r)
{
	if (r->next != NULL || r->no_memory)
		return;
	r->next_room = r->s->line_count == 0
			       ? r->x.page.len / LINE_BYTES + 64
			       : r->s->line_count + r->s->line_count / 8 + 64;
	r->next = reallocarray(NULL, r->next_room, sizeof(*r->next));
	if (r->next == NULL) {
		r->no_memory = true;
		return;
	}
	r->s->page_number++;
	for (; r->next_count < r->old; r->next_count++) {
		struct line line = r->s->lines[r->next_count];

		if ((line.use & SLOT_MASK) < SLOTS_MAX)
			(void)!reading_see(r, line.use & SLOT_MASK);
		r->next[r->next_count] = line;
	}
}

void reading_add_line(struct reading *r, struct line line)
{
	if (r->next_count == r->next_room) {
		size_t room = r->next_room * 2;
		struct line *next = reallocarray(r->next, room, sizeof(*next));

		if (next == NULL) {
			r->no_memory = true;
			return;
		}
		r->next = next;
		r->next_room = room;
	}
	r->next[r->next_count++] = line;
}

/* ---- lines, warm ---- */

/* Lines that begin as the ones remembered at their places, for as long as they do: only
 * their numbers are read. */
static void read_warm(struct reading *r)
{
	/* a page without lines has no array of them to step through */
	if (r->old >= r->warm_count)
		return;
	const struct line *line = r->s->lines + r->old;
	const struct line *behind = r->s->lines + r->warm_count;
	const char *at = r->at;
	uint64_t samples = 0;

	for (; line < behind && reading_begins(at, (size_t)(r->end - at), line); line++) {
		const char *number = at + line->prefix;
		double value;

		if ((line->use & SLOT_MASK) == COMMENT) {
			at = number;
		} else {
			const char *stop = expo_number(number, r->end, &value);

			if (stop == NULL || stop == r->end || *stop != '\n' ||
				!reading_put(r, line->use, value))
				break;
			at = stop + 1;
			samples++;
		}
		reading_keep_line(r, (size_t)(line - r->s->lines));
	}
	r->old = (size_t)(line - r->s->lines);
	r->at = at;
	r->result->samples += samples;
}

/* ---- one line, parsed ---- */

static uint64_t declaration_hash(const void *owner, uint32_t place)
{
	const struct series *s = owner;

	return s->declarations[place].hash;
}

static struct declaration *declaration_of(const struct series *s, uint64_t family)
{
	uint32_t place;

	if (!index_find(&s->declared, declaration_hash, s, family, &place))
		return NULL;
	return &s->declarations[place];
}

/* A new declaration; NULL: no memory. */
static struct declaration *declare(struct series *s, uint64_t family)
{
	if (s->declared.count == s->declared_room) {
		size_t room = s->declared_room * 2 + 32;
		struct declaration *declarations =
			reallocarray(s->declarations, room, sizeof(*declarations));

		if (declarations == NULL)
			return NULL;
		s->declarations = declarations;
		s->declared_room = room;
	}
	struct declaration *d = &s->declarations[s->declared.count];
	*d = (struct declaration){.hash = family, .type = EXPO_UNKNOWN};
	if (!index_put(&s->declared, declaration_hash, s, (uint32_t)s->declared.count))
		return NULL;
	return d;
}

/* A TYPE or UNIT line. */
bool reading_declaration(struct reading *r, const struct expo_entry *e)
{
	if (e->kind != EXPO_TYPE && e->kind != EXPO_UNIT)
		return true;
	uint64_t family = str_hash(e->name);
	struct declaration *d = declaration_of(r->s, family);
	bool is_new = d == NULL;

	if (is_new)
		d = declare(r->s, family);
	if (d == NULL)
		return false;
	r->result->has_new_family |= is_new;
	struct declaration before = *d;
	if (e->kind == EXPO_TYPE)
		d->type = e->type;
	else
		d->is_seconds = str_eq(e->help_or_unit, STR("seconds"));
	if (is_new || d->type != before.type || d->is_seconds != before.is_seconds)
		r->warm_count = 0;
	/* mostly its samples follow */
	r->last_name = expo_name_stays(e) ? e->name : (struct str){NULL, 0};
	r->last_name_hash = family;
	r->last_family = r->last_name;
	r->last_declaration = d;
	return true;
}

/* What the page declared for the family that a sample's name belongs to. */
static const struct declaration *look_up(
	const struct series *s, struct str name, uint64_t hash, struct str *family)
{
	const struct declaration *d = declaration_of(s, hash);
	size_t len = name.len;

	*family = name;
	if (d != NULL)
		return d;
	while (len > 0 && name.at[len - 1] != '_')
		len--;
	if (len < 2)
		return NULL;
	len--;
	d = declaration_of(s, str_hash((struct str){name.at, len}));
	if (d == NULL ||
		!expo_is_suffix_of(d->type, (struct str){name.at + len, name.len - len}))
		return NULL;
	family->len = len;
	return d;
}

/* Fills in family and type of a sample. */
static void declared_for(struct reading *r, struct expo_entry *e)
{
	if (r->last_name.at == NULL || !str_eq(e->name, r->last_name)) {
		r->last_name_hash = str_hash(e->name);
		r->last_declaration =
			look_up(r->s, e->name, r->last_name_hash, &r->last_family);
		r->last_name = expo_name_stays(e) ? e->name : (struct str){NULL, 0};
	}
	e->family = r->last_family;
	e->type = r->last_declaration != NULL ? r->last_declaration->type : EXPO_UNKNOWN;
}

static size_t line_number(struct reading *r, const char *at)
{
	if (at < r->counted) {
		r->counted = r->x.page.at;
		r->counted_lines = 1;
	}
	while (r->counted < at) {
		const char *newline = memchr(r->counted, '\n', (size_t)(at - r->counted));

		r->counted = newline != NULL ? newline + 1 : at;
		r->counted_lines += newline != NULL;
	}
	return r->counted_lines;
}

/* Bytes up to the number, where the line is nothing but series, blanks and a number. */
static uint32_t prefix_of(const struct reading *r, const struct expo_entry *e)
{
	const char *p = e->series.at + e->series.len;

	if (e->has_timestamp || e->has_exemplar || r->x.at[-1] != '\n')
		return 0;
	while (p < r->x.at && (*p == ' ' || *p == '\t'))
		p++;
	return (uint32_t)(p - r->at);
}

/* Puts the series of a new sample on the table if the owner wants it. */
static bool bind(struct reading *r, const struct expo_entry *e, uint64_t hash,
	uint32_t *use, bool *is_extra)
{
	const struct declaration *d = r->last_declaration;
	struct series *s = r->s;
	uint32_t slot = slot_new(s);

	if (slot == SLOT_MASK)
		return false;
	struct series_use say =
		r->owner->bind(r->owner->ctx, e, d != NULL && d->is_seconds, slot);
	*is_extra = say.is_extra;
	*use = UNWANTED | (say.counts ? COUNTS : 0);
	if (!say.is_wanted) {
		slot_free(s, slot);
		return true;
	}
	*use = slot | (say.counts ? COUNTS : 0);
	return add(s, hash, slot, e, say.counts);
}

/* The hash of a label's name. The parser lets it stand where it stood on the line before
 * if they are named alike, and does not write over the page. */
static uint64_t label_name_hash(struct reading *r, size_t place, struct str name)
{
	struct known_name *known = &r->label_names[place % LABEL_NAMES];

	if (known->at != name.at) {
		bool is_in_page = name.at >= r->x.page.at && name.at < r->end;

		known->at = is_in_page ? name.at : NULL;
		known->hash = str_hash(name);
	}
	return known->hash;
}

/* series_hash() of a sample that declared_for() has seen. */
static uint64_t hash_of(struct reading *r, const struct expo_entry *e)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < e->labels.count; i++) {
		const struct label *l = &e->labels.at[i];

		sum += label_hash(label_name_hash(r, i, l->name), l->value);
	}
	return name_and_labels(r->last_name_hash, sum);
}

/* What the line of a sample remembers; its series is put on the table if it is new.
 * *was_at is the line where it stood on the page before, if it did. */
static bool use_of(struct reading *r, const struct expo_entry *e, uint32_t *use,
	bool *is_extra, size_t *was_at)
{
	uint64_t hash = hash_of(r, e) ^ (uint64_t)e->kind;
	uint32_t slot;

	*is_extra = false;
	if (index_find(&r->s->index, slot_hash, r->s, hash, &slot)) {
		const struct entry *known = &r->s->entries[slot];

		/* one that stands on this page already has lines that lead to its slot */
		if (known->type == ((unsigned)e->type & 7u) ||
			known->page == r->s->page_number) {
			*use = slot | (known->counts ? COUNTS : 0);
			if (known->page + 1 == r->s->page_number)
				*was_at = known->line;
			return true;
		}
		r->owner->gone(r->owner->ctx, slot);
		drop(r->s, slot);
		r->warm_count = 0; /* lines of the page before lead to its slot */
	}
	return bind(r, e, hash, use, is_extra);
}

void reading_bad(struct reading *r, const struct expo_entry *e)
{
	r->result->bad_lines++;
	if (r->owner->bad != NULL)
		r->owner->bad(r->owner->ctx, e);
}

/* Of the number of a sample; of protobuf, of its metric. */
static size_t column_of(const struct reading *r, const struct expo_entry *e)
{
	return r->x.format == EXPO_PROTOBUF ? e->column : prefix_of(r, e) + 1;
}

/* A sample that was parsed; line is what will be remembered of it. */
bool reading_sample(
	struct reading *r, struct expo_entry *e, struct line *line, size_t *was_at)
{
	uint32_t use;
	bool is_extra;

	declared_for(r, e);
	if (!use_of(r, e, &use, &is_extra, was_at))
		return false;
	line->use = UNWANTED;
	if ((use & COUNTS) != 0 && !reading_is_count(e->value)) {
		err_at(&e->error, ERR_SYNTAX, e->line, column_of(r, e),
			"a counter is a number from 0 up: %.*s %g", STR_ARG(e->series),
			e->value);
		reading_bad(r, e);
		return true;
	}
	r->result->samples += !is_extra && e->kind == EXPO_SAMPLE;
	if ((use & SLOT_MASK) != UNWANTED) {
		if (!reading_see(r, use & SLOT_MASK)) {
			r->result->duplicates++;
			return true;
		}
		r->s->values[use & SLOT_MASK] = e->value;
		if (e->kind == EXPO_NATIVE && r->owner->native != NULL)
			r->owner->native(r->owner->ctx, use & SLOT_MASK, e->native);
		if (e->has_timestamp && r->owner->timestamp != NULL)
			r->owner->timestamp(
				r->owner->ctx, use & SLOT_MASK, e->timestamp_seconds);
	}
	line->use = use | (e->kind == EXPO_NATIVE ? NATIVE : 0);
	if (r->x.format == EXPO_PROTOBUF)
		line->prefix = 1;
	else
		line->prefix = is_extra ? 0 : prefix_of(r, e);
	return true;
}

/* Where to go on on the page before: behind the line's old place, or where the next line
 * is found a little further on. False: the line was expected somewhere else. */
static bool resume(struct reading *r, size_t was_at)
{
	size_t expected = r->old;

	if (was_at != SIZE_MAX) {
		r->old = was_at + 1;
		return was_at == expected;
	}
	for (size_t i = expected; i < r->warm_count && i < expected + 8; i++) {
		if (!reading_begins(r->at, (size_t)(r->end - r->at), &r->s->lines[i]))
			continue;
		r->old = i;
		return true;
	}
	/* one that is parsed each time */
	if (expected >= r->warm_count || r->s->lines[expected].prefix > 0)
		return false;
	r->old++;
	return true;
}

/* Of comments that are compared as one. */
enum { COMMENTS_BYTES = 1024 };

/* Comments that follow one another are compared as one: this one ends at x.at. */
static void add_comment(struct reading *r)
{
	struct line *last = r->next_count > 0 ? &r->next[r->next_count - 1] : NULL;
	struct line line = {.prefix = (uint32_t)(r->x.at - r->at), .use = COMMENT};
	bool goes_on =
		last != NULL && last->use == COMMENT && last->prefix < COMMENTS_BYTES;

	if (goes_on)
		line.prefix += last->prefix;
	/* of all of them at once */
	if (r->x.at == r->end || *r->x.at != '#' || line.prefix >= COMMENTS_BYTES)
		line = reading_line(r->x.at - line.prefix, line.prefix, COMMENT);
	if (goes_on)
		*last = line;
	else
		reading_add_line(r, line);
}

/* The line at hand, by the parser. False: no memory. */
bool reading_parsed(struct reading *r)
{
	struct line line = {.use = UNWANTED};
	struct expo_entry e;
	size_t was_at = SIZE_MAX;

	reading_leave_old_lines(r);
	if (r->x.at != r->at)
		expo_seek(&r->x, r->at, line_number(r, r->at));
	if (r->no_memory || !expo_next(&r->x, &e)) {
		r->at = r->end;
		return !r->no_memory;
	}
	switch (e.kind) {
	case EXPO_SAMPLE:
		if (!reading_sample(r, &e, &line, &was_at))
			return false;
		reading_add_line(r, reading_line(r->at, line.prefix, line.use));
		break;
	case EXPO_TYPE:
	case EXPO_UNIT:
	case EXPO_HELP:
	case EXPO_COMMENT:
	case EXPO_EOF:
		if (!reading_declaration(r, &e))
			return false;
		add_comment(r);
		break;
	case EXPO_NATIVE:
	case EXPO_BAD:
		reading_bad(r, &e);
		reading_add_line(r, line);
		break;
	}
	r->at = r->x.at;
	r->moved += !resume(r, was_at) && e.kind == EXPO_SAMPLE;
	return !r->no_memory;
}

static bool read_lines(struct reading *r)
{
	read_warm(r);
	if (r->at == r->end)
		return true;
	return reading_is_shuffled(r) ? reading_shuffled(r) : reading_parsed(r);
}

/* ---- the page ---- */

/* Is it a page at all, as far as can be told before a line of it is used? */
static bool is_whole(enum expo_format format, struct str page, struct err *e)
{
	struct str eof = STR("# EOF");

	if (format == EXPO_PROTOBUF)
		return expo_proto_framed(page, 1, e);
	if (format == EXPO_TEXT)
		return true;
	page = str_trim(page);
	if (!str_ends(page, eof) ||
		(page.len > eof.len && page.at[page.len - eof.len - 1] != '\n'))
		return err_set(
			e, ERR_TRUNCATED, "the page was cut short: no # EOF at its end");
	return true;
}

/* Nothing of the lines and declarations remembered is of use. */
static void start_afresh(struct series *s)
{
	s->line_count = 0;
	index_free(&s->declared);
}

/* Series that the page lacks leave the table. */
static void drop_absent(struct reading *r)
{
	struct series *s = r->s;

	if (r->next == NULL || r->touched == s->live)
		return;
	for (uint32_t slot = 0; slot < s->entry_count; slot++) {
		if (s->entries[slot].page == 0 || s->entries[slot].page == s->page_number)
			continue;
		r->owner->gone(r->owner->ctx, slot);
		drop(s, slot);
	}
}

/* The new page's lines become the ones that are remembered. */
static void keep_lines(struct reading *r)
{
	struct series *s = r->s;

	if (r->next == NULL) {
		s->line_count = r->old;
		return;
	}
	free(s->lines);
	s->lines = reallocarray(r->next, r->next_count + 1, sizeof(*r->next));
	if (s->lines == NULL)
		s->lines = r->next;
	s->line_count = r->next_count;
	r->next = NULL;
}

bool series_read(struct series *s, enum expo_format format, struct str page,
	struct arena *arena, const struct series_owner *owner, struct series_page *result,
	struct err *e)
{
	struct reading r = {.s = s,
		.owner = owner,
		.result = result,
		.at = page.at,
		.end = page.at + page.len,
		.counted = page.at,
		.counted_lines = 1};

	*result = (struct series_page){.samples = 0};
	if (page.len >= UINT32_MAX)
		return err_set(e, ERR_LIMIT, "a page of %zu bytes", page.len);
	if (!is_whole(format, page, e))
		return false;
	if (format != s->format || s->declared.count > 2 * s->line_count + 64)
		start_afresh(s);
	r.warm_count = s->line_count;
	expo_init(&r.x, format, page, arena);
	bool done = true;
	while (done && r.at < r.end)
		done = format == EXPO_PROTOBUF ? reading_message(&r) : read_lines(&r);
	if (r.old < s->line_count)
		reading_leave_old_lines(&r); /* the page is shorter */
	done = done && !r.no_memory;
	if (done && result->samples == 0 && result->bad_lines > 0) {
		s->line_count = 0;
		s->page_number--;
		err_set(e, ERR_PARSE,
			"not one of %" PRIu64
			" lines could be read: is it the page of metrics?",
			result->bad_lines);
		done = false;
	} else if (!done) {
		series_forget(s);
		err_set(e, ERR_MEMORY, "no memory for a page of %zu bytes", page.len);
		done = false;
	} else {
		s->format = format;
		drop_absent(&r);
		keep_lines(&r);
	}
	free(r.next);
	index_free(&r.by_text);
	return done;
}

void series_declared(const struct series *s, struct expo_entry *e, bool *is_seconds)
{
	const struct declaration *d = look_up(s, e->name, str_hash(e->name), &e->family);

	e->type = d != NULL ? d->type : EXPO_UNKNOWN;
	*is_seconds = d != NULL && d->is_seconds;
}

const double *series_values(const struct series *s)
{
	return s->values;
}

size_t series_lines(const struct series *s)
{
	return s->line_count;
}

bool series_at_line(const struct series *s, size_t line, uint32_t *slot)
{
	*slot = s->lines[line].use & SLOT_MASK;
	return *slot < SLOTS_MAX;
}

size_t series_bytes(const struct series *s)
{
	return sizeof(*s) + s->line_count * sizeof(*s->lines) +
	       s->entry_room * (sizeof(*s->entries) + sizeof(*s->values)) +
	       s->index.room * sizeof(*s->index.at) +
	       s->declared_room * sizeof(*s->declarations) +
	       s->declared.room * sizeof(*s->declared.at);
}
