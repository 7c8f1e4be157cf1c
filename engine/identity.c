#include "engine/identity.h"

#include <math.h>
#include <string.h>

#include "engine/filter.h"
#include "engine/naming.h"
#include "engine/series.h"

/* A name is shortened, but what it is made of may be long. */
#define BYTES_MAX ((size_t)1 << 24)

const struct family *identity_family(
	struct str series, const struct family *before, enum family_part *part)
{
	if (before != NULL && family_has_series(before, series, part))
		return before;
	const struct family *family = family_of_series(series, part);

	return family != NULL && family_is_used(family) ? family : NULL;
}

static enum member_kind kind_of_family(enum family_kind kind)
{
	switch (kind) {
	case FAMILY_COUNTER:
		return MEMBER_COUNTER;
	case FAMILY_GAUGE:
		return MEMBER_GAUGE;
	case FAMILY_HISTOGRAM:
		return MEMBER_HISTOGRAM;
	case FAMILY_SUMMARY:
		return MEMBER_SUMMARY;
	}
	return MEMBER_GAUGE;
}

static enum member_kind kind_of_type(enum expo_type type)
{
	switch (type) {
	case EXPO_COUNTER:
		return MEMBER_COUNTER;
	case EXPO_HISTOGRAM:
	case EXPO_GAUGEHISTOGRAM:
		return MEMBER_HISTOGRAM;
	case EXPO_SUMMARY:
		return MEMBER_SUMMARY;
	case EXPO_UNKNOWN:
	case EXPO_GAUGE:
	case EXPO_INFO:
	case EXPO_STATESET:
		return MEMBER_GAUGE;
	}
	return MEMBER_GAUGE;
}

struct identity identity_of(
	const struct expo_entry *e, const struct family *family, enum family_part part)
{
	struct identity id = {.family = family, .part = part};

	if (family != NULL) {
		id.name = str_of(family->name);
		id.kind = kind_of_family(family->kind);
	} else {
		id.name = family_guess(e->name, e->family, e->type, &id.part);
		id.kind = kind_of_type(e->type);
		id.is_never = e->type == EXPO_GAUGEHISTOGRAM;
	}
	/* a histogram's bare name is no line of it */
	id.is_never |= id.part == PART_CREATED ||
		       (id.part == PART_NATIVE && e->kind == EXPO_SAMPLE);
	return id;
}

/* The label that tells the lines of one histogram or summary apart; {NULL, 0}: none. */
static struct str part_label(enum family_part part)
{
	switch (part) {
	case PART_BUCKET:
		return STR("le");
	case PART_QUANTILE:
		return STR("quantile");
	case PART_VALUE:
	case PART_SUM:
	case PART_COUNT:
	case PART_NATIVE:
	case PART_CREATED:
		break;
	}
	return (struct str){NULL, 0};
}

/* Bytes of all names and values. */
static size_t text_len(struct labels l)
{
	size_t len = 0;

	for (size_t i = 0; i < l.count; i++)
		len += l.at[i].name.len + l.at[i].value.len;
	return len;
}

/* Moves s to a copy of it at `at`; returns what is behind that. */
static char *move(struct str *s, char *at)
{
	if (s->len > 0)
		memcpy(at, s->at, s->len);
	s->at = at;
	return at + s->len;
}

bool identity_read_labels(
	struct identity *id, const struct expo_entry *e, struct arena *arena)
{
	struct str left_out = part_label(id->part);
	size_t count = e->labels.count;
	struct label *labels = arena_array(arena, count + 1, sizeof(*labels));
	char *at = arena_alloc(arena, text_len(e->labels) + 1);
	size_t kept = 0;

	if (labels == NULL || at == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (left_out.len > 0 && str_eq(e->labels.at[i].name, left_out))
			continue;
		labels[kept] = e->labels.at[i];
		at = move(&labels[kept].name, at);
		at = move(&labels[kept++].value, at);
	}
	id->labels = (struct labels){labels, kept};
	return true;
}

void identity_read_bound(struct identity *id, const struct expo_entry *e)
{
	struct str label = part_label(id->part);

	id->has_bound = label.len == 0 ||
			(str_to_double(labels_get(e->labels, label), &id->bound) &&
				!isnan(id->bound));
}

bool identity_is_of(
	const struct identity *id, const struct expo_entry *e, const struct identity *of)
{
	struct str left_out = part_label(id->part);
	size_t same = 0;

	if (id->family != of->family || id->kind != of->kind ||
		(id->family == NULL && !str_eq(id->name, of->name)))
		return false;
	for (size_t i = 0; i < e->labels.count; i++) {
		const struct label *l = &e->labels.at[i];

		if (left_out.len > 0 && str_eq(l->name, left_out))
			continue;
		if (same == of->labels.count ||
			!str_eq(l->value, of->labels.at[same].value) ||
			!str_eq(l->name, of->labels.at[same].name))
			return false;
		same++;
	}
	return same == of->labels.count;
}

bool identity_is_sent(
	const struct identity *id, const struct options *options, bool *is_dropped)
{
	enum filter_verdict verdict =
		filter_allows(options->filter, id->name, id->labels);

	*is_dropped = verdict == FILTER_DROP;
	if (id->is_never)
		return false;
	if (id->family != NULL)
		return !*is_dropped && id->family->type != NULL;
	return verdict == FILTER_SEND;
}

uint64_t identity_hash(const struct identity *id)
{
	return series_hash(id->name, id->labels) ^
	       ((uint64_t)id->kind + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* ---- names ---- */

static struct str subject_of(const struct family *f, struct labels labels)
{
	struct str subject = labels_get(labels, str_of(f->subject));

	if (subject.len == 0 && f->subject_else != NULL)
		subject = labels_get(labels, str_of(f->subject_else));
	return subject;
}

/* `<error>`: no answer came; v0.1 said whether an admission succeeded (naming.md 2). */
static struct str detail_of(const struct family *f, struct labels labels)
{
	struct str detail = labels_get(labels, str_of(f->detail));

	if (detail.len == 0 && f->detail_else != NULL) {
		detail = labels_get(labels, str_of(f->detail_else));
		if (detail.len > 0)
			detail = str_eq(detail, STR("true")) ? STR("succeeded")
							     : STR("failed");
	}
	return str_eq(detail, STR("<error>")) ? STR("none") : detail;
}

/* Labels that are not summed over: they tell origins apart. */
static struct labels origin_labels(const struct family *f, struct labels labels)
{
	struct str keep[2];

	if (f == NULL || f->summed_over == NULL)
		return labels;
	if (strcmp(f->summed_over, "*") != 0)
		return labels_without(labels, str_of(f->summed_over));
	keep[0] = str_of(f->subject);
	keep[1] = str_of(f->subject_else);
	return labels_keep(labels, keep, 2);
}

static bool wants_buckets(const struct options *options, struct str family)
{
	const struct option_chosen *chosen = &options->buckets;

	for (size_t i = 0; i < chosen->globs.count; i++)
		if (str_glob(str_of(chosen->globs.at[i]), family))
			return true;
	return chosen->all;
}

/* The name of a table family's own values. */
static void name_by_table(const struct identity *id, const struct options *options,
	struct identity_origin *o)
{
	const struct family *f = id->family;
	bool is_duration =
		strcmp(f->type, "latency") == 0 || strcmp(f->type, "duration") == 0;

	o->name = (struct origin_name){.type = f->type,
		.what = str_of(f->what),
		.sends = f->sends,
		.count_what = str_of(f->count_what),
		.scale = f->scale,
		.is_seconds = true,
		.has_buckets = (f->sends & FAMILY_QUANTILES) != 0 &&
			       wants_buckets(options, id->name),
		.is_wrong_in_v01 = is_duration};
	if (f->subject != NULL) {
		name_add_subject(&o->subject, subject_of(f, id->labels));
		o->name.subject = buf_str(&o->subject);
	}
	if (f->detail != NULL) {
		name_add_detail(&o->detail, detail_of(f, id->labels));
		o->name.detail = buf_str(&o->detail);
	}
}

/* FAMILY[-VALUES], the values in the order of their labels' names. */
static void add_values(struct buf *b, struct str family, struct labels labels)
{
	labels_sort(labels);
	name_add_escaped(b, family);
	for (size_t i = 0; i < labels.count; i++) {
		buf_addc(b, '-');
		if (labels.at[i].value.len > 0)
			name_add_escaped(b, labels.at[i].value);
		else
			buf_addc(b, '_');
	}
	name_limit_subject(b, 0);
}

/* The name of values that a Family rule sends. */
static void name_by_rule(const struct identity *id, const struct options *options,
	struct identity_origin *o)
{
	bool is_seconds = id->is_seconds || str_ends(id->name, STR("_seconds"));

	add_values(&o->subject, id->name, id->labels);
	o->name = (struct origin_name){.type = "gauge", .subject = buf_str(&o->subject)};
	switch (id->kind) {
	case MEMBER_GAUGE:
		break;
	case MEMBER_COUNTER:
		o->name.type = "derive";
		if (str_ends(id->name, STR("_seconds_total"))) {
			o->name.type = "total_time_in_ms";
			o->name.scale = 1000;
		}
		break;
	case MEMBER_HISTOGRAM:
	case MEMBER_SUMMARY:
		o->name.type = is_seconds ? "latency" : "gauge";
		o->name.is_seconds = is_seconds;
		o->name.sends = FAMILY_MEAN | FAMILY_QUANTILES | FAMILY_COUNT;
		o->name.has_buckets =
			id->kind == MEMBER_HISTOGRAM && wants_buckets(options, id->name);
		break;
	}
}

static enum origin_kind origin_kind_of(enum member_kind kind)
{
	switch (kind) {
	case MEMBER_GAUGE:
		return ORIGIN_GAUGE;
	case MEMBER_COUNTER:
		return ORIGIN_COUNTER;
	case MEMBER_HISTOGRAM:
		return ORIGIN_HISTOGRAM;
	case MEMBER_SUMMARY:
		return ORIGIN_SUMMARY;
	}
	return ORIGIN_GAUGE;
}

static void origin_begin(struct identity_origin *o)
{
	*o = (struct identity_origin){.hash = 0};
	buf_init(&o->subject, BYTES_MAX);
	buf_init(&o->detail, BYTES_MAX);
}

void identity_origin_free(struct identity_origin *o)
{
	buf_free(&o->subject);
	buf_free(&o->detail);
}

/* Settles the hash; an origin of another kind is another one. */
static bool origin_end(struct identity_origin *o, uint64_t hash, enum origin_kind kind)
{
	o->kind = kind;
	o->hash = hash ^ ((uint64_t)kind + 1);
	if (buf_ok(&o->subject) && buf_ok(&o->detail))
		return true;
	identity_origin_free(o);
	return false;
}

bool identity_own_origin(const struct identity *id, const struct options *options,
	struct identity_origin *o)
{
	struct str family = id->name;

	origin_begin(o);
	if (id->family != NULL)
		name_by_table(id, options, o);
	else
		name_by_rule(id, options, o);
	if (id->family != NULL && id->family->instead_of != NULL)
		family = str_of(id->family->instead_of);
	return origin_end(o, series_hash(family, origin_labels(id->family, id->labels)),
		origin_kind_of(id->kind));
}

bool identity_derived_origin(const struct identity *id, struct identity_origin *o)
{
	const struct family *f = id->family;
	enum origin_kind kind = ORIGIN_UPTIME;
	struct str subject = {NULL, 0};

	origin_begin(o);
	o->name = (struct origin_name){.type = "percent"};
	switch (f->role) {
	case ROLE_RECONCILES:
	case ROLE_RECONCILE_ERRORS:
		kind = ORIGIN_ERROR_RATIO;
		o->name.what = STR("error_ratio");
		break;
	case ROLE_MAX_WORKERS:
	case ROLE_ACTIVE_WORKERS:
	case ROLE_WORK:
	case ROLE_UNFINISHED:
		kind = ORIGIN_BUSY;
		o->name.what = STR("busy");
		o->name.is_wrong_in_v01 = true;
		break;
	case ROLE_GC_CPU:
	case ROLE_TOTAL_CPU:
		kind = ORIGIN_GC_CPU;
		o->name.what = STR("gc_cpu");
		break;
	case ROLE_NONE:
	case ROLE_START_TIME:
		o->name.type = "uptime";
		o->name.what = STR("process");
		break;
	}
	if (f->subject != NULL) {
		subject = subject_of(f, id->labels);
		name_add_subject(&o->subject, subject);
		o->name.subject = buf_str(&o->subject);
	}
	return origin_end(o, str_hash(subject), kind);
}
