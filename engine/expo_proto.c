#include "engine/expo_proto.h"

#include <math.h>
#include <string.h>

#include "engine/proto.h"

/* ---- where we are ---- */

enum step {
	STEP_MESSAGE,
	STEP_HELP,
	STEP_TYPE,
	STEP_UNIT,
	STEP_METRIC,
	STEP_VALUE, /* counter, gauge, untyped */
	STEP_QUANTILES,
	STEP_BUCKETS,
	STEP_INF, /* the bucket that is not on the page */
	STEP_SUM,
	STEP_COUNT,
	STEP_NATIVE,
};

enum { WRITTEN_BITS = 6 };

/* A bucket's bound as text. */
struct written {
	uint64_t bits; /* of the double */
	size_t len;    /* 0: nothing is here */
	char text[STR_DOUBLE_MAX];
};

struct expo_proto {
	enum step step;
	/* the message */
	size_t number;
	struct str message;
	struct str name;
	bool is_bare_name; /* stands before the braces, without quotes */
	enum expo_type type;
	bool has_help;
	struct str help, unit;
	struct wire metrics; /* what is left of the message */
	/* the metric */
	const char *metric_begin;
	struct labels labels;   /* with room for one more */
	struct str labels_text; /* a="b",c="d" */
	bool has_timestamp;
	double timestamp_seconds;
	struct str value;  /* its Gauge, Counter, Summary, Untyped or Histogram */
	struct wire parts; /* what is left of value */
	struct proto_totals totals;
	bool has_inf; /* there was a bucket le="+Inf" */
	struct proto_room label_room, sorted_labels, text_room, exemplars,
		exemplar_labels;
	char *sample_text; /* in text_room, behind labels_text */
	size_t name_len;   /* of the sample; its name is the first of sample_text */
	char *part_value; /* in sample_text, of the part before; NULL: none was written */
	struct written written[1 << WRITTEN_BITS];
	struct proto_native native;
};

/* Always false, as err_set() is. at: the byte that is to blame. */
static bool fail(const struct expo_proto *p, struct expo_entry *e, enum err_code code,
	const char *at, const char *why)
{
	e->kind = EXPO_BAD;
	e->name = p->name;
	return err_at(&e->error, code, p->number, (size_t)(at - p->message.at) + 1,
		p->name.len > 0 ? "%s: %.*s" : "%s", why, STR_ARG(p->name));
}

static bool bad(
	const struct expo_proto *p, struct expo_entry *e, const char *at, const char *why)
{
	return fail(p, e, ERR_SYNTAX, at, why);
}

static bool no_memory(const struct expo_proto *p, struct expo_entry *e)
{
	return fail(p, e, ERR_MEMORY, p->message.at, "no memory for so large a message");
}

/* ---- names and labels ---- */

static bool is_bare(struct str name, bool colon_too)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				 c == '_' || (c == ':' && colon_too);

		if (!is_letter && !(c >= '0' && c <= '9' && i > 0))
			return false;
	}
	return name.len > 0;
}

/* Appends to the labels in room. */
static bool add_label(struct expo *x, struct proto_room *room, struct labels *labels,
	const struct label *label)
{
	if (!proto_make_room(room, x->arena, labels->count, labels->count + 2,
		    sizeof(*labels->at)))
		return false;
	labels->at = room->at;
	labels->at[labels->count++] = *label;
	return true;
}

/* The name of the label that text adds to a part. */
static struct str added_name(enum expo_type type)
{
	if (type == EXPO_HISTOGRAM || type == EXPO_GAUGEHISTOGRAM)
		return STR("le");
	return type == EXPO_SUMMARY ? STR("quantile") : STR("");
}

/* Above this number of labels duplicates are looked for by sorting. */
enum { FEW_LABELS = 32 };

/* sorted: room for as many. */
static bool has_duplicates(struct labels labels, struct label *sorted)
{
	if (labels.count <= FEW_LABELS) {
		for (size_t i = 1; i < labels.count; i++)
			for (size_t j = 0; j < i; j++)
				if (str_eq(labels.at[i].name, labels.at[j].name))
					return true;
		return false;
	}
	memcpy(sorted, labels.at, labels.count * sizeof(*sorted));
	labels_sort((struct labels){sorted, labels.count});
	for (size_t i = 1; i < labels.count; i++)
		if (str_eq(sorted[i].name, sorted[i - 1].name))
			return true;
	return false;
}

static bool is_utf8(struct str s)
{
	return str_utf8_len(s) == s.len;
}

static const char *label_fault(const struct expo_proto *p, const struct label *label)
{
	if (label->name.len == 0)
		return "an empty label name";
	if (!is_utf8(label->name) || !is_utf8(label->value))
		return "a label that is not UTF-8";
	if (str_eq(label->name, STR("__name__")))
		return "a label called __name__";
	if (str_eq(label->name, added_name(p->type)))
		return "a label of the name that buckets or quantiles have in text";
	return NULL;
}

/* ---- text ---- */

static char *put(char *out, struct str s)
{
	memcpy(out, s.at, s.len);
	return out + s.len;
}

/* As between quotes; at most twice as long. */
static char *put_escaped(char *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c == '\\' || c == '"' || c == '\n')
			*out++ = '\\';
		*out++ = c == '\n' ? 'n' : c;
	}
	return out;
}

static char *put_quoted(char *out, struct str s)
{
	*out++ = '"';
	out = put_escaped(out, s);
	*out++ = '"';
	return out;
}

static char *put_label(char *out, const struct label *label)
{
	out = is_bare(label->name, false) ? put(out, label->name)
					  : put_quoted(out, label->name);
	*out++ = '=';
	return put_quoted(out, label->value);
}

/* What put_label() and a comma need at most. */
static size_t label_text_max(const struct label *label)
{
	return 2 * label->name.len + 2 * label->value.len + 6;
}

/* The longest thing that text adds to the name, and the label that it adds. */
#define SUFFIX_MAX      sizeof("_bucket")
#define ADDED_LABEL_MAX (sizeof(",quantile=\"\"") + STR_DOUBLE_MAX)

/* labels_text, and room for the text of a sample behind it. */
static bool write_labels(struct expo *x, struct expo_proto *p)
{
	size_t need =
		3 * (p->name.len + SUFFIX_MAX) + sizeof("{\"\",}") + ADDED_LABEL_MAX;

	for (size_t i = 0; i < p->labels.count; i++)
		need += 2 * label_text_max(&p->labels.at[i]);
	if (!proto_make_room(&p->text_room, x->arena, 0, need, 1))
		return false;
	char *out = p->text_room.at;

	for (size_t i = 0; i < p->labels.count; i++) {
		if (i > 0)
			*out++ = ',';
		out = put_label(out, &p->labels.at[i]);
	}
	p->labels_text.at = p->text_room.at;
	p->labels_text.len = (size_t)(out - p->labels_text.at);
	p->sample_text = out;
	p->part_value = NULL;
	return true;
}

/* The name with its suffix, then the series as it stands in a line, up to the labels of
 * the metric. Returns what is behind. */
static char *begin_series(struct expo_proto *p, struct str suffix, bool has_labels)
{
	char *out = put(put(p->sample_text, p->name), suffix);
	struct str name = {p->sample_text, (size_t)(out - p->sample_text)};

	p->name_len = name.len;
	if (!p->is_bare_name)
		*out++ = '{';
	out = p->is_bare_name ? put(out, name) : put_quoted(out, name);
	if (has_labels)
		*out++ = p->is_bare_name ? '{' : ',';
	return put(out, p->labels_text);
}

/* The same up to the value of the label that is added. Of the parts of a metric only that
 * one differs. */
static char *begin_part(struct expo_proto *p, struct str suffix, struct str added_name)
{
	if (p->part_value != NULL)
		return p->part_value;
	char *out = begin_series(p, suffix, true);
	if (p->labels.count > 0)
		*out++ = ',';
	out = put(out, added_name);
	*out++ = '=';
	p->part_value = out;
	return out;
}

/* added: a label, or NULL. */
static void write_series(struct expo_proto *p, struct str suffix,
	const struct label *added, struct expo_entry *e)
{
	bool has_labels = p->labels.count > 0 || added != NULL;
	char *out = added == NULL ? begin_series(p, suffix, has_labels)
				  : put_quoted(begin_part(p, suffix, added->name),
					    added->value);

	if (has_labels || !p->is_bare_name)
		*out++ = '}';
	e->name = (struct str){p->sample_text, p->name_len};
	char *series = p->sample_text + p->name_len;
	e->series = (struct str){series, (size_t)(out - series)};
}

/* Its labels are appended to all, which lie in room and may move: only their number is
 * set. */
static bool read_exemplar(struct expo *x, struct proto_room *room, struct labels *all,
	struct str message, struct expo_exemplar *exemplar)
{
	size_t before = all->count;
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	*exemplar = (struct expo_exemplar){{NULL, 0}, 0, false, 0};
	while (wire_next(&w, &field)) {
		if (field.number == PROTO_EXEMPLAR_LABEL) {
			struct label label = proto_label(field.bytes);

			if (!add_label(x, room, all, &label))
				return false;
		} else if (field.number == PROTO_EXEMPLAR_VALUE) {
			exemplar->value = wire_double(field.bits);
		} else if (field.number == PROTO_EXEMPLAR_TIMESTAMP) {
			struct proto_timestamp t = proto_timestamp(field.bytes);

			exemplar->has_timestamp = true;
			exemplar->timestamp_seconds =
				(double)t.seconds + (double)t.nanos * 1e-9;
		}
	}
	exemplar->labels.count = all->count - before;
	return true;
}

/* ---- entries ---- */

static void name_series(struct expo_proto *p, struct str suffix,
	const struct label *added, struct expo_entry *e)
{
	write_series(p, suffix, added, e);
	e->column = (size_t)(p->metric_begin - p->message.at) + 1;
	e->labels = p->labels;
	if (added != NULL)
		e->labels.at[e->labels.count++] = *added;
	e->family = p->name;
	e->type = p->type;
	e->has_timestamp = p->has_timestamp;
	e->timestamp_seconds = p->timestamp_seconds;
}

static void sample(struct expo *x, struct expo_proto *p, struct str suffix,
	const struct label *added, const struct proto_part *part, struct expo_entry *e)
{
	struct labels all = {NULL, 0};

	name_series(p, suffix, added, e);
	e->kind = EXPO_SAMPLE;
	e->value = part->value;
	e->bound = added != NULL ? part->at : (double)NAN;
	e->has_exemplar = part->has_exemplar;
	if (!part->has_exemplar)
		return;
	if (!read_exemplar(x, &p->exemplar_labels, &all, part->exemplar, &e->exemplar))
		no_memory(p, e);
	e->exemplar.labels.at = all.at;
}

/* The bounds of one histogram are those of the next, and writing them costs more than all
 * the rest. */
static struct str write_bound(struct expo_proto *p, double bound)
{
	uint64_t bits;

	memcpy(&bits, &bound, sizeof(bits));
	struct written *w =
		&p->written[bits * UINT64_C(0x9e3779b97f4a7c15) >> (64 - WRITTEN_BITS)];

	if (w->len == 0 || w->bits != bits) {
		w->bits = bits;
		w->len = str_write_double(w->text, bound);
	}
	return (struct str){w->text, w->len};
}

/* A bucket or quantile: the sample with the label that text adds. */
static void part_sample(struct expo *x, struct expo_proto *p,
	const struct proto_part *part, struct expo_entry *e)
{
	bool is_bucket = p->type != EXPO_SUMMARY;
	const struct label added = {added_name(p->type), write_bound(p, part->at)};

	if (is_bucket && isinf(part->at) && part->at > 0)
		p->has_inf = true;
	sample(x, p, is_bucket ? STR("_bucket") : STR(""), &added, part, e);
}

static void plain_sample(struct expo *x, struct expo_proto *p, struct str suffix,
	double value, struct expo_entry *e)
{
	const struct proto_part part = {.value = value};

	sample(x, p, suffix, NULL, &part, e);
}

static bool read_exemplars(struct expo *x, struct expo_proto *p, struct expo_entry *e)
{
	struct labels all = {NULL, 0};
	struct wire w = wire_of(p->value);
	struct str message;
	struct expo_exemplar *at = NULL;
	size_t used = 0;

	while (proto_next(&w, PROTO_HISTOGRAM_EXEMPLAR, &message)) {
		if (!proto_make_room(
			    &p->exemplars, x->arena, used, used + 1, sizeof(*at)))
			return false;
		at = p->exemplars.at;
		if (!read_exemplar(x, &p->exemplar_labels, &all, message, &at[used++]))
			return false;
	}
	struct label *label = all.at;

	for (size_t i = 0; i < used; i++) {
		at[i].labels.at = label;
		label += at[i].labels.count;
	}
	e->exemplars = at;
	e->exemplar_count = used;
	return true;
}

static void native_entry(struct expo *x, struct expo_proto *p, struct expo_entry *e)
{
	bool is_gauge = p->type == EXPO_GAUGEHISTOGRAM;
	struct err why;

	if (!proto_read_native(
		    &p->native, x->arena, p->value, &p->totals, is_gauge, &why)) {
		fail(p, e, why.code, p->metric_begin, why.text);
		return;
	}
	name_series(p, STR(""), NULL, e);
	e->kind = EXPO_NATIVE;
	e->native = &p->native.native;
	e->has_exemplar = false;
	if (!read_exemplars(x, p, e))
		no_memory(p, e);
}

/* ---- metrics ---- */

static uint32_t value_field(enum expo_type type)
{
	switch (type) {
	case EXPO_COUNTER:
		return PROTO_METRIC_COUNTER_VALUE;
	case EXPO_GAUGE:
		return PROTO_METRIC_GAUGE_VALUE;
	case EXPO_SUMMARY:
		return PROTO_METRIC_SUMMARY;
	case EXPO_HISTOGRAM:
	case EXPO_GAUGEHISTOGRAM:
		return PROTO_METRIC_HISTOGRAM;
	case EXPO_UNKNOWN:
	case EXPO_INFO:
	case EXPO_STATESET:
		break;
	}
	return PROTO_METRIC_UNTYPED;
}

static bool check_labels(struct expo *x, struct expo_proto *p, struct expo_entry *e)
{
	for (size_t i = 0; i < p->labels.count; i++) {
		const char *fault = label_fault(p, &p->labels.at[i]);

		if (fault != NULL)
			return bad(p, e, p->metric_begin, fault);
	}
	if (p->labels.count > FEW_LABELS &&
		!proto_make_room(&p->sorted_labels, x->arena, 0, p->labels.count,
			sizeof(struct label)))
		return no_memory(p, e);
	if (has_duplicates(p->labels, p->sorted_labels.at))
		return bad(p, e, p->metric_begin, "a label name that stands twice");
	return true;
}

/* False: it cannot be used, and e says why. */
static bool read_metric(
	struct expo *x, struct expo_proto *p, struct str message, struct expo_entry *e)
{
	uint32_t wanted = value_field(p->type);
	struct wire w = wire_of(message);
	struct wire_field field = {0};
	bool has_value = false;

	p->metric_begin = message.at;
	p->has_timestamp = false;
	if (!proto_make_room(&p->label_room, x->arena, 0, 1, sizeof(struct label)))
		return no_memory(p, e);
	p->labels = (struct labels){p->label_room.at, 0};
	while (wire_next(&w, &field)) {
		if (field.number == PROTO_METRIC_LABEL) {
			struct label label = proto_label(field.bytes);

			if (!add_label(x, &p->label_room, &p->labels, &label))
				return no_memory(p, e);
		} else if (field.number == PROTO_METRIC_TIMESTAMP_MS) {
			p->has_timestamp = true;
			p->timestamp_seconds = (double)(int64_t)field.bits / 1000;
		} else if (field.number == wanted) {
			has_value = true;
			p->value = field.bytes;
		}
	}
	if (!has_value)
		return bad(p, e, message.at,
			"a metric without a value of its family's type");
	if (!write_labels(x, p))
		return no_memory(p, e);
	return check_labels(x, p, e);
}

/* Sets the step of the first sample. */
static void begin_value(struct expo_proto *p)
{
	p->parts = wire_of(p->value);
	p->has_inf = false;
	switch (value_field(p->type)) {
	case PROTO_METRIC_SUMMARY:
		p->totals = proto_summary(p->value);
		p->step = STEP_QUANTILES;
		break;
	case PROTO_METRIC_HISTOGRAM:
		p->totals = proto_histogram(p->value);
		p->step = STEP_BUCKETS;
		break;
	default:
		p->step = STEP_VALUE;
	}
}

/* ---- messages ---- */

/* The page's next message; false at the end, and where no whole message is left. */
static bool next_message(struct expo *x, struct expo_proto *p)
{
	struct wire w = {x->at, x->end};
	uint64_t len;

	if (!wire_varint(&w, &len) || len > (uint64_t)(w.end - w.at))
		return false;
	p->message = (struct str){w.at, (size_t)len};
	p->number = x->line++;
	x->at = w.at + len;
	return true;
}

static bool read_type(uint64_t number, enum expo_type *type)
{
	static const enum expo_type types[] = {EXPO_COUNTER, EXPO_GAUGE, EXPO_SUMMARY,
		EXPO_UNKNOWN, EXPO_HISTOGRAM, EXPO_GAUGEHISTOGRAM};

	if (number >= sizeof(types) / sizeof(types[0]))
		return false;
	*type = types[number];
	return true;
}

/* False: it cannot be used, and e says why. */
static bool read_family(struct expo_proto *p, struct expo_entry *e)
{
	struct wire_field field = {0};
	uint64_t type = 0;

	p->name = p->unit = STR("");
	p->has_help = false;
	const char *misfit = proto_misfit(p->message);

	if (misfit != NULL)
		return bad(p, e, misfit, "bytes that are no metric family");
	p->metrics = wire_of(p->message);
	for (struct wire w = p->metrics; wire_next(&w, &field);) {
		if (field.number == PROTO_FAMILY_NAME)
			p->name = field.bytes;
		if (field.number == PROTO_FAMILY_HELP) {
			p->has_help = true;
			p->help = field.bytes;
		}
		if (field.number == PROTO_FAMILY_TYPE)
			type = field.bits;
		if (field.number == PROTO_FAMILY_UNIT)
			p->unit = field.bytes;
	}
	if (p->name.len == 0)
		return bad(p, e, p->message.at, "a metric family without a name");
	if (!is_utf8(p->name))
		return bad(p, e, p->message.at, "a metric name that is not UTF-8");
	if (!read_type(type, &p->type))
		return bad(p, e, p->message.at, "a metric family of an unknown type");
	p->is_bare_name = is_bare(p->name, true);
	return true;
}

static bool metadata(const struct expo_proto *p, enum expo_kind kind, struct str text,
	struct expo_entry *e)
{
	e->kind = kind;
	e->name = p->name;
	e->type = p->type;
	e->help_or_unit = text;
	return true;
}

/* A bucket or quantile, if one is left. */
static bool next_part(struct expo *x, struct expo_proto *p, uint32_t number,
	struct proto_part (*read)(struct str message), struct expo_entry *e)
{
	struct str message;

	if (!proto_next(&p->parts, number, &message))
		return false;
	const struct proto_part part = read(message);

	part_sample(x, p, &part, e);
	return true;
}

/* The next metric: an entry only if it cannot be used. */
static bool next_metric(struct expo *x, struct expo_proto *p, struct expo_entry *e)
{
	struct str message;

	if (!proto_next(&p->metrics, PROTO_FAMILY_METRIC, &message)) {
		p->step = STEP_MESSAGE;
		return false;
	}
	if (!read_metric(x, p, message, e))
		return true;
	begin_value(p);
	return false;
}

/* What stands at p->step, which becomes the next one. False: there is none. */
static bool take_step(struct expo *x, struct expo_proto *p, struct expo_entry *e)
{
	struct proto_part part;

	switch (p->step) {
	case STEP_MESSAGE:
		if (!read_family(p, e))
			return true;
		p->step = STEP_HELP;
		return false;
	case STEP_HELP:
		p->step = STEP_TYPE;
		return p->has_help && metadata(p, EXPO_HELP, p->help, e);
	case STEP_TYPE:
		p->step = STEP_UNIT;
		return metadata(p, EXPO_TYPE, STR(""), e);
	case STEP_UNIT:
		p->step = STEP_METRIC;
		return p->unit.len > 0 && metadata(p, EXPO_UNIT, p->unit, e);
	case STEP_METRIC:
		return next_metric(x, p, e);
	case STEP_VALUE:
		p->step = STEP_METRIC;
		part = proto_number(p->value);
		sample(x, p, STR(""), NULL, &part, e);
		return true;
	case STEP_QUANTILES:
		if (next_part(x, p, PROTO_SUMMARY_QUANTILE, proto_quantile, e))
			return true;
		p->step = STEP_SUM;
		return false;
	case STEP_BUCKETS:
		if (next_part(x, p, PROTO_HISTOGRAM_BUCKET, proto_bucket, e))
			return true;
		p->step = p->has_inf ? STEP_SUM : STEP_INF;
		return false;
	case STEP_INF:
		p->step = STEP_SUM;
		part = (struct proto_part){.at = HUGE_VAL, .value = p->totals.count};
		part_sample(x, p, &part, e);
		return true;
	case STEP_SUM:
		p->step = STEP_COUNT;
		plain_sample(x, p, STR("_sum"), p->totals.sum, e);
		return true;
	case STEP_COUNT:
		p->step = p->totals.is_native ? STEP_NATIVE : STEP_METRIC;
		plain_sample(x, p, STR("_count"), p->totals.count, e);
		return true;
	case STEP_NATIVE:
		p->step = STEP_METRIC;
		native_entry(x, p, e);
		return true;
	}
	return false;
}

bool expo_proto_next(struct expo *x, struct expo_entry *entry)
{
	entry->lapse = NULL;
	entry->text = STR("");
	entry->line = x->line;
	entry->column = 1;
	if (x->proto == NULL)
		x->proto = arena_alloc(x->arena, sizeof(*x->proto));
	if (x->proto == NULL) {
		if (x->at == x->end)
			return false;
		x->at = x->end;
		entry->kind = EXPO_BAD;
		err_at(&entry->error, ERR_MEMORY, x->line, 1, "no memory for the page");
		return true;
	}
	do {
		if (x->proto->step == STEP_MESSAGE && !next_message(x, x->proto))
			return false;
	} while (!take_step(x, x->proto, entry));
	entry->line = x->proto->number;
	return true;
}

bool expo_proto_framed(struct str rest, size_t number, struct err *e)
{
	struct wire w = wire_of(rest);
	struct str message;

	for (; w.at < w.end; number++)
		if (!wire_bytes(&w, &message))
			return err_at(e, ERR_TRUNCATED, number, 1,
				"message %zu does not end on the page: it was cut short",
				number);
	return true;
}

bool expo_proto_whole(const struct expo *x, struct err *e)
{
	return expo_proto_framed(
		(struct str){x->at, (size_t)(x->end - x->at)}, x->line, e);
}

void expo_proto_begin(struct expo *x, struct str message, size_t number)
{
	x->at = message.at;
	x->end = message.at + message.len;
	x->line = number;
}
