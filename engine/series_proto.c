#include "engine/expo_proto.h"
#include "engine/reading.h"

#include <math.h>
#include <string.h>

/* What is remembered of a message: a line for what stands before its metrics (name, help,
 * type), for each metric one for its labels and one for each of its samples, and one for
 * each field behind them (unit). Where all of them are as before only numbers are read;
 * otherwise the parser reads the whole message. */

/* The prefix of a sample's line: which part of its metric it is. */
enum { PLAIN_PART = 1, NATIVE_PART = 2 };

/* Families that are gone or new are few: the next one stands not far ahead. */
enum { MESSAGES_AHEAD = 16 };

/* Of a bucket or quantile. That two bounds have one of these is a chance of 5 in 10^10.
 */
static uint32_t part_of_bound(double bound)
{
	uint64_t bits;

	memcpy(&bits, &bound, sizeof(bits));
	return (uint32_t)(bits * UINT64_C(0x9e3779b97f4a7c15) >> 32) | 0x80000000u;
}

/* ---- warm: the numbers alone ---- */

static bool is_sample(uint32_t use)
{
	return (use & SLOT_MASK) < SLOTS_MAX || (use & SLOT_MASK) == UNWANTED;
}

static bool is_next(const struct reading *r, uint32_t use)
{
	return r->old < r->warm_count && (r->s->lines[r->old].use & SLOT_MASK) == use;
}

/* The line remembered next is of that use and begins these bytes. */
static bool begins(const struct reading *r, uint32_t use, struct str bytes)
{
	if (!is_next(r, use))
		return false;
	return reading_begins(bytes.at, bytes.len, &r->s->lines[r->old]);
}

static void keep(struct reading *r)
{
	reading_keep_line(r, r->old++);
}

/* The next sample of a metric, which must be this part of it. */
static bool take(struct reading *r, uint32_t part, double value)
{
	if (r->old >= r->warm_count)
		return false;
	const struct line *line = &r->s->lines[r->old];

	if (!is_sample(line->use) || line->prefix != part ||
		!reading_put(r, line->use, value))
		return false;
	r->result->samples += (line->use & NATIVE) == 0;
	keep(r);
	return true;
}

static bool take_native(
	struct reading *r, struct str histogram, const struct proto_totals *totals)
{
	struct err e;

	if (!proto_read_native(&r->native, r->x.arena, histogram, totals, false, &e) ||
		!take(r, NATIVE_PART, totals->count))
		return false;
	/* take() went on; in place or not, the line is the last one */
	uint32_t use = r->next == NULL ? r->s->lines[r->old - 1].use
				       : r->next[r->next_count - 1].use;
	if ((use & SLOT_MASK) != UNWANTED && r->owner->native != NULL)
		r->owner->native(r->owner->ctx, use & SLOT_MASK, &r->native.native);
	return true;
}

static bool take_histogram(struct reading *r, struct str message)
{
	struct proto_totals totals = proto_histogram(message);
	struct wire w = wire_of(message);
	struct str bucket;
	bool has_inf = false;

	while (proto_next(&w, PROTO_HISTOGRAM_BUCKET, &bucket)) {
		struct proto_part part = proto_bucket(bucket);

		if (!take(r, part_of_bound(part.at), part.value))
			return false;
		has_inf |= isinf(part.at) && part.at > 0;
	}
	return (has_inf || take(r, part_of_bound(HUGE_VAL), totals.count)) &&
	       take(r, PLAIN_PART, totals.sum) && take(r, PLAIN_PART, totals.count) &&
	       (!totals.is_native || take_native(r, message, &totals));
}

static bool take_summary(struct reading *r, struct str message)
{
	struct proto_totals totals = proto_summary(message);
	struct wire w = wire_of(message);
	struct str quantile;

	while (proto_next(&w, PROTO_SUMMARY_QUANTILE, &quantile)) {
		struct proto_part part = proto_quantile(quantile);

		if (!take(r, part_of_bound(part.at), part.value))
			return false;
	}
	return take(r, PLAIN_PART, totals.sum) && take(r, PLAIN_PART, totals.count);
}

/* The labels are those remembered, and so is the kind of value. Bytes that are as before
 * fitted then: only the others are looked at. */
static bool take_metric(struct reading *r, struct str message)
{
	struct wire w = wire_of(message);
	struct wire_field value = {0}, field;

	if (!begins(r, METRIC, message))
		return false;
	w.at += r->s->lines[r->old].prefix - 1;
	keep(r);
	if (!proto_fits_metric((struct str){w.at, (size_t)(w.end - w.at)}))
		return false;
	while (wire_next(&w, &field)) {
		if (field.number == PROTO_METRIC_LABEL)
			return false;
		if (field.number <= PROTO_METRIC_HISTOGRAM &&
			field.number != PROTO_METRIC_TIMESTAMP_MS)
			value = field;
	}
	switch (value.number) {
	case PROTO_METRIC_GAUGE_VALUE:
	case PROTO_METRIC_COUNTER_VALUE:
	case PROTO_METRIC_UNTYPED:
		return take(r, PLAIN_PART, proto_number(value.bytes).value);
	case PROTO_METRIC_SUMMARY:
		return take_summary(r, value.bytes);
	case PROTO_METRIC_HISTOGRAM:
		return take_histogram(r, value.bytes);
	default:
		return false;
	}
}

/* A field behind the metrics. */
static bool take_field(struct reading *r, const char *begin, const char *end)
{
	struct str bytes = {begin, (size_t)(end - begin)};

	if (!begins(r, COMMENT, bytes) || r->s->lines[r->old].prefix != bytes.len)
		return false;
	keep(r);
	return true;
}

static bool take_fields(struct reading *r, struct str body)
{
	struct wire w = wire_of(body);
	struct wire_field field = {0};
	const char *begin;

	w.at += r->s->lines[r->old].prefix;
	keep(r);
	for (begin = w.at; wire_next(&w, &field); begin = w.at) {
		bool is_metric =
			field.number == PROTO_FAMILY_METRIC && field.type == WIRE_BYTES;

		if (!(is_metric ? take_metric(r, field.bytes)
				: take_field(r, begin, w.at)))
			return false;
	}
	return begin == w.end && (r->old >= r->warm_count || is_next(r, MESSAGE));
}

/* What was taken since then is as if it had not been. */
static void give_back(struct reading *r, size_t old, size_t next_count)
{
	const struct line *line =
		r->next == NULL ? r->s->lines + old : r->next + next_count;
	size_t count = r->next == NULL ? r->old - old : r->next_count - next_count;

	for (; count > 0; count--, line++) {
		if (!is_sample(line->use))
			continue;
		r->result->samples -= (line->use & NATIVE) == 0;
		if ((line->use & SLOT_MASK) == UNWANTED || r->next == NULL)
			continue;
		r->s->entries[line->use & SLOT_MASK].page = r->s->page_number - 1;
		r->touched--;
	}
	r->old = old;
	if (r->next != NULL)
		r->next_count = next_count;
}

static bool read_warm(struct reading *r, struct str body)
{
	size_t old = r->old, next_count = r->next_count;

	if (take_fields(r, body))
		return true;
	give_back(r, old, next_count);
	return false;
}

/* Goes on at the message of this family on the page before, if it stands here or a little
 * further on. */
static bool find_family(struct reading *r, struct str body)
{
	size_t from = r->old, messages = 0;

	for (; r->old < r->warm_count && messages < MESSAGES_AHEAD; r->old++) {
		messages += is_next(r, MESSAGE);
		if (!begins(r, MESSAGE, body))
			continue;
		size_t found = r->old;
		r->old = from;
		if (found != from)
			reading_leave_old_lines(r);
		r->old = found;
		return true;
	}
	r->old = from;
	return false;
}

/* ---- cold: the parser ---- */

/* Bytes before the first metric. */
static uint32_t head_of(struct str body)
{
	struct wire w = wire_of(body);
	struct wire_field field = {0};
	const char *begin = w.at;

	while (wire_next(&w, &field) && field.number != PROTO_FAMILY_METRIC)
		begin = w.at;
	return (uint32_t)(begin - body.at);
}

/* The labels and the first byte of what stands behind them; 0: nothing does, or more
 * labels, or a timestamp that matters: the parser has to look each time. */
static uint32_t head_of_metric(const struct reading *r, struct str message)
{
	bool times_matter = r->owner->timestamp != NULL;
	struct wire w = wire_of(message);
	struct wire_field field = {0};
	const char *begin = w.at;
	uint32_t head = 0;

	for (; wire_next(&w, &field); begin = w.at) {
		bool is_label = field.number == PROTO_METRIC_LABEL;

		if ((is_label && head > 0) ||
			(field.number == PROTO_METRIC_TIMESTAMP_MS && times_matter))
			return 0;
		if (!is_label && head == 0)
			head = (uint32_t)(begin - message.at) + 1;
	}
	return head;
}

/* The lines of what stands in w up to the labels of that metric; NULL: up to the end. */
static void add_lines(struct reading *r, struct wire *w, const char *metric)
{
	struct wire_field field = {0};
	const char *begin = w->at;

	for (; wire_next(w, &field); begin = w->at) {
		if (field.number == PROTO_FAMILY_METRIC) {
			reading_add_line(
				r, reading_line(field.bytes.at,
					   head_of_metric(r, field.bytes), METRIC));
			if (field.bytes.at == metric)
				return;
		} else {
			reading_add_line(
				r, reading_line(begin, (size_t)(w->at - begin), COMMENT));
		}
	}
}

static bool add_sample(struct reading *r, struct expo_entry *e)
{
	struct line line = {.use = UNWANTED};
	size_t was_at;

	if (e->kind == EXPO_NATIVE)
		e->value = e->native->count;
	if (!reading_sample(r, e, &line, &was_at))
		return false;
	if (line.prefix > 0 && e->kind == EXPO_NATIVE)
		line.prefix = NATIVE_PART;
	else if (line.prefix > 0)
		line.prefix = isnan(e->bound) ? PLAIN_PART : part_of_bound(e->bound);
	reading_add_line(r, line);
	return true;
}

/* message: with its length before it. */
static bool read_cold(struct reading *r, struct str message, struct str body)
{
	struct wire w = wire_of(body);
	const char *metric = NULL;
	bool is_family = false; /* the bytes are one, so it has a TYPE */
	struct expo_entry e;

	reading_leave_old_lines(r);
	size_t first = r->next_count;
	reading_add_line(r, reading_line(body.at, head_of(body), MESSAGE));
	w.at += head_of(body);
	expo_proto_begin(&r->x, message, r->message);
	while (!r->no_memory && expo_next(&r->x, &e)) {
		switch (e.kind) {
		case EXPO_SAMPLE:
		case EXPO_NATIVE:
			if (metric != body.at + e.column - 1) {
				metric = body.at + e.column - 1;
				add_lines(r, &w, metric);
			}
			if (!add_sample(r, &e))
				return false;
			break;
		case EXPO_TYPE:
		case EXPO_UNIT:
			is_family = true;
			if (!reading_declaration(r, &e))
				return false;
			break;
		case EXPO_HELP:
		case EXPO_COMMENT:
		case EXPO_EOF:
			break;
		case EXPO_BAD:
			reading_bad(r, &e);
			break;
		}
	}
	if (r->no_memory)
		return false;
	if (is_family)
		add_lines(r, &w, NULL);
	else
		r->next[first].prefix = 0; /* bad again on the next page */
	return !r->no_memory;
}

bool reading_message(struct reading *r)
{
	struct wire w = {r->at, r->end};
	struct str body;

	/* the page was looked at: it is whole messages */
	if (!wire_bytes(&w, &body))
		return false;
	r->message++;
	bool is_known = find_family(r, body);
	if (!is_known || !read_warm(r, body)) {
		struct str message = {r->at, (size_t)(w.at - r->at)};

		if (!read_cold(r, message, body))
			return false;
		if (is_known)
			r->old++;
		while (is_known && r->old < r->warm_count && !is_next(r, MESSAGE))
			r->old++;
	}
	r->at = w.at;
	return true;
}
