#include <math.h>
#include <string.h>

#include "bench/pages.h"
#include "engine/arena.h"
#include "engine/expo.h"
#include "engine/proto.h"

/* 2026-01-01 */
#define CREATED_SECONDS 1767225600

/* Types on the wire: enum MetricType. */
static const uint64_t wire_types[] = {
	[EXPO_COUNTER] = 0,
	[EXPO_GAUGE] = 1,
	[EXPO_SUMMARY] = 2,
	[EXPO_UNKNOWN] = 3,
	[EXPO_HISTOGRAM] = 4,
};

/* A page in the making: a family, a metric of it, and its histogram or summary. */
struct writer {
	struct buf *out;
	struct buf family, metric, value;
	enum expo_type type;
};

/* ---- fields ---- */

static void add_varint(struct buf *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_addc(b, (char)(0x80 | (value & 0x7f)));
	buf_addc(b, (char)value);
}

static void add_key(struct buf *b, uint32_t number, enum wire_type type)
{
	add_varint(b, (uint64_t)number << 3 | type);
}

static void add_number(struct buf *b, uint32_t number, uint64_t value)
{
	add_key(b, number, WIRE_VARINT);
	add_varint(b, value);
}

static void add_double(struct buf *b, uint32_t number, double value)
{
	uint64_t bits;
	char raw[sizeof(bits)];

	memcpy(&bits, &value, sizeof(bits));
	bits = htole64(bits);
	memcpy(raw, &bits, sizeof(raw));
	add_key(b, number, WIRE_FIXED64);
	buf_add(b, (struct str){raw, sizeof(raw)});
}

static void add_bytes(struct buf *b, uint32_t number, struct str bytes)
{
	add_key(b, number, WIRE_BYTES);
	add_varint(b, bytes.len);
	buf_add(b, bytes);
}

static void add_created(struct buf *b, uint32_t number)
{
	struct buf time;

	buf_init(&time, 64);
	add_number(&time, 1, CREATED_SECONDS);
	add_number(&time, 2, 123456789);
	add_bytes(b, number, buf_str(&time));
	buf_free(&time);
}

/* ---- metrics ---- */

static void add_labels(struct buf *b, struct labels labels, struct str without)
{
	struct buf pair;

	buf_init(&pair, 1 << 20);
	for (size_t i = 0; i < labels.count; i++) {
		if (str_eq(labels.at[i].name, without))
			continue;
		buf_reset(&pair);
		add_bytes(&pair, PROTO_LABEL_NAME, labels.at[i].name);
		add_bytes(&pair, PROTO_LABEL_VALUE, labels.at[i].value);
		add_bytes(b, PROTO_METRIC_LABEL, buf_str(&pair));
	}
	buf_free(&pair);
}

static void end_metric(struct writer *w)
{
	add_bytes(&w->family, PROTO_FAMILY_METRIC, buf_str(&w->metric));
	buf_reset(&w->metric);
	buf_reset(&w->value);
}

/* A counter, gauge or untyped value. */
static void add_plain(struct writer *w, const struct expo_entry *e)
{
	uint32_t field = w->type == EXPO_COUNTER ? PROTO_METRIC_COUNTER_VALUE
			 : w->type == EXPO_GAUGE ? PROTO_METRIC_GAUGE_VALUE
						 : PROTO_METRIC_UNTYPED;

	add_labels(&w->metric, e->labels, (struct str){NULL, 0});
	add_double(&w->value, PROTO_NUMBER_VALUE, e->value);
	if (w->type == EXPO_COUNTER)
		add_created(&w->value, PROTO_NUMBER_CREATED);
	add_bytes(&w->metric, field, buf_str(&w->value));
	end_metric(w);
}

/* A line of a histogram or summary, which have count, sum and parts at the same numbers;
 * the one of the count is the last. */
static void add_part(struct writer *w, const struct expo_entry *e)
{
	bool is_histogram = w->type == EXPO_HISTOGRAM;
	struct str label = is_histogram ? STR("le") : STR("quantile");
	struct str bound = labels_get(e->labels, label);
	struct buf part;
	double at = 0;

	buf_init(&part, 64);
	if (w->value.len == 0)
		add_labels(&w->metric, e->labels, label);
	if (str_ends(e->name, STR("_sum"))) {
		add_double(&w->value, PROTO_HISTOGRAM_SUM, e->value);
	} else if (str_ends(e->name, STR("_count"))) {
		add_number(&w->value, PROTO_HISTOGRAM_COUNT, (uint64_t)e->value);
		add_created(&w->value,
			is_histogram ? PROTO_HISTOGRAM_CREATED : PROTO_SUMMARY_CREATED);
		add_bytes(&w->metric,
			is_histogram ? PROTO_METRIC_HISTOGRAM : PROTO_METRIC_SUMMARY,
			buf_str(&w->value));
		end_metric(w);
	} else if (str_to_double(bound, &at) && !isinf(at)) {
		/* the bucket of +Inf is the count */
		if (is_histogram) {
			add_number(&part, PROTO_BUCKET_COUNT, (uint64_t)e->value);
			add_double(&part, PROTO_BUCKET_UPPER, at);
		} else {
			add_double(&part, PROTO_QUANTILE_Q, at);
			add_double(&part, PROTO_QUANTILE_VALUE, e->value);
		}
		add_bytes(&w->value, PROTO_HISTOGRAM_BUCKET, buf_str(&part));
	}
	buf_free(&part);
}

/* ---- families ---- */

static void end_family(struct writer *w)
{
	if (w->family.len == 0)
		return;
	add_varint(w->out, w->family.len);
	buf_add(w->out, buf_str(&w->family));
	buf_reset(&w->family);
}

static void add_entry(struct writer *w, const struct expo_entry *e)
{
	switch (e->kind) {
	case EXPO_HELP:
		end_family(w);
		add_bytes(&w->family, PROTO_FAMILY_NAME, e->name);
		add_bytes(&w->family, PROTO_FAMILY_HELP, e->help_or_unit);
		break;
	case EXPO_TYPE:
		w->type = e->type;
		add_number(&w->family, PROTO_FAMILY_TYPE, wire_types[e->type]);
		break;
	case EXPO_SAMPLE:
		if (w->type == EXPO_HISTOGRAM || w->type == EXPO_SUMMARY)
			add_part(w, e);
		else
			add_plain(w, e);
		break;
	case EXPO_NATIVE:
	case EXPO_UNIT:
	case EXPO_COMMENT:
	case EXPO_EOF:
	case EXPO_BAD:
		break;
	}
}

bool bench_protobuf(struct buf *out, struct str text)
{
	const size_t most = (size_t)1 << 30;
	struct arena *arena = arena_new(most);
	struct writer w = {.out = out};
	struct expo_entry e;
	struct expo x;

	if (arena == NULL)
		return false;
	buf_init(&w.family, most);
	buf_init(&w.metric, most);
	buf_init(&w.value, most);
	expo_init(&x, EXPO_TEXT, text, arena);
	while (expo_next(&x, &e))
		add_entry(&w, &e);
	end_family(&w);
	bool done =
		buf_ok(out) && buf_ok(&w.family) && buf_ok(&w.metric) && buf_ok(&w.value);
	buf_free(&w.family);
	buf_free(&w.metric);
	buf_free(&w.value);
	arena_free(arena);
	return done;
}
