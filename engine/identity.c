#include "engine/identity.h"

#include <math.h>
#include <string.h>

#include "engine/filter.h"
#include "engine/naming.h"
#include "engine/series.h"

const struct family *identity_family(struct str series, const struct family *before,
	size_t *near, enum family_part *part)
{
	if (before != NULL && family_has_series(before, series, part))
		return before;
	const struct family *family = family_of_series(series, near, part);

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
		id.name = (struct str){family->name, family->name_len};
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
	id->hash = series_hash(id->name, id->labels);
	return true;
}

/* The value of a label, which on most pages is the last one. */
static struct str last_or_any(struct labels l, struct str name)
{
	if (l.count > 0 && str_eq(l.at[l.count - 1].name, name))
		return l.at[l.count - 1].value;
	return labels_get(l, name);
}

void identity_read_bound(struct identity *id, const struct expo_entry *e)
{
	struct str label = part_label(id->part);

	id->has_bound = label.len == 0 ||
			(str_to_double(last_or_any(e->labels, label), &id->bound) &&
				!isnan(id->bound));
}

struct str identity_beginning(const struct identity *id, const struct expo_entry *e)
{
	struct str label = part_label(id->part), all = e->series;

	if (label.len == 0 || e->labels.count == 0)
		return STR("");
	const struct label *last = &e->labels.at[e->labels.count - 1];
	/* what was escaped stands elsewhere */
	bool is_in_text = last->value.at >= all.at && last->value.at < all.at + all.len;
	if (!is_in_text || !str_eq(last->name, label))
		return STR("");
	return (struct str){all.at, (size_t)(last->value.at - all.at)};
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
	return id->hash ^ ((uint64_t)id->kind + 1) * UINT64_C(0x9e3779b97f4a7c15);
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

/* The same in another array. False: no memory. */
static bool copy_labels(struct arena *arena, struct labels labels, struct labels *copy)
{
	*copy = (struct labels){
		arena_array(arena, labels.count + 1, sizeof(*labels.at)), labels.count};
	if (copy->at == NULL)
		return false;
	if (labels.count > 0)
		memcpy(copy->at, labels.at, labels.count * sizeof(*labels.at));
	return true;
}

/* Labels that are not summed over: they tell origins apart. False: no memory. */
static bool origin_labels(
	const struct identity *id, struct arena *arena, struct labels *labels)
{
	const struct family *f = id->family;
	struct str keep[2];

	if (!copy_labels(arena, id->labels, labels))
		return false;
	keep[0] = str_of(f->subject);
	keep[1] = str_of(f->subject_else);
	if (strcmp(f->summed_over, "*") != 0)
		*labels = labels_without(*labels, str_of(f->summed_over));
	else
		*labels = labels_keep(*labels, keep, 2);
	return true;
}

static bool wants_buckets(const struct options *options, struct str family)
{
	const struct option_chosen *chosen = &options->buckets;

	for (size_t i = 0; i < chosen->globs.count; i++)
		if (str_glob(str_of(chosen->globs.at[i]), family))
			return true;
	return chosen->all;
}

/* Where the subject ends in the text and the detail begins. */
static void set_texts(struct origin_name *name, const struct buf *text, size_t subject,
	bool has_subject, bool has_detail)
{
	if (has_subject)
		name->subject = (struct str){text->at, subject};
	if (has_detail)
		name->detail = (struct str){text->at + subject, text->len - subject};
}

/* The name of a table family's own values. */
static void name_by_table(const struct identity *id, const struct options *options,
	struct buf *text, struct origin_name *name)
{
	const struct family *f = id->family;
	bool is_duration =
		strcmp(f->type, "latency") == 0 || strcmp(f->type, "duration") == 0;

	*name = (struct origin_name){.type = f->type,
		.what = f->what,
		.sends = f->sends,
		.count_what = f->count_what,
		.scale = f->scale,
		.is_seconds = true,
		.has_buckets = (f->sends & FAMILY_QUANTILES) != 0 &&
			       wants_buckets(options, id->name),
		.is_wrong_in_v01 = is_duration};
	if (f->subject != NULL)
		name_add_subject(text, subject_of(f, id->labels));
	size_t subject = text->len;
	if (f->detail != NULL)
		name_add_detail(text, detail_of(f, id->labels));
	set_texts(name, text, subject, f->subject != NULL, f->detail != NULL);
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

/* The name of values that a Family rule sends. False: no memory. */
static bool name_by_rule(const struct identity *id, const struct options *options,
	struct arena *arena, struct buf *text, struct origin_name *name)
{
	bool is_seconds = id->is_seconds || str_ends(id->name, STR("_seconds"));
	struct labels labels;

	if (!copy_labels(arena, id->labels, &labels))
		return false;
	add_values(text, id->name, labels);
	*name = (struct origin_name){.type = "gauge", .subject = buf_str(text)};
	switch (id->kind) {
	case MEMBER_GAUGE:
		break;
	case MEMBER_COUNTER:
		name->type = "derive";
		if (str_ends(id->name, STR("_seconds_total"))) {
			name->type = "total_time_in_ms";
			name->scale = 1000;
		}
		break;
	case MEMBER_HISTOGRAM:
	case MEMBER_SUMMARY:
		name->type = is_seconds ? "latency" : "gauge";
		name->is_seconds = is_seconds;
		name->sends = FAMILY_MEAN | FAMILY_QUANTILES | FAMILY_COUNT;
		name->has_buckets =
			id->kind == MEMBER_HISTOGRAM && wants_buckets(options, id->name);
		break;
	}
	return true;
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

/* An origin of another kind is another one. */
static struct origin_key key_of(uint64_t hash, enum origin_kind kind)
{
	return (struct origin_key){hash ^ ((uint64_t)kind + 1), kind};
}

bool identity_own_key(
	const struct identity *id, struct arena *arena, struct origin_key *key)
{
	const struct family *f = id->family;
	enum origin_kind kind = origin_kind_of(id->kind);
	struct str family = id->name;
	struct labels labels = id->labels;

	if (f == NULL || (f->instead_of == NULL && f->summed_over == NULL)) {
		*key = key_of(id->hash, kind);
		return true;
	}
	if (f->instead_of != NULL)
		family = str_of(f->instead_of);
	if (f->summed_over != NULL && !origin_labels(id, arena, &labels))
		return false;
	*key = key_of(series_hash(family, labels), kind);
	return true;
}

bool identity_own_name(const struct identity *id, const struct options *options,
	struct arena *arena, struct buf *text, struct origin_name *name)
{
	bool done = true;

	buf_reset(text);
	if (id->family != NULL)
		name_by_table(id, options, text, name);
	else
		done = name_by_rule(id, options, arena, text, name);
	return done && buf_ok(text);
}

static enum origin_kind derived_kind(enum family_role role)
{
	switch (role) {
	case ROLE_RECONCILES:
	case ROLE_RECONCILE_ERRORS:
		return ORIGIN_ERROR_RATIO;
	case ROLE_MAX_WORKERS:
	case ROLE_ACTIVE_WORKERS:
	case ROLE_WORK:
	case ROLE_UNFINISHED:
		return ORIGIN_BUSY;
	case ROLE_GC_CPU:
	case ROLE_TOTAL_CPU:
		return ORIGIN_GC_CPU;
	case ROLE_NONE:
	case ROLE_START_TIME:
		break;
	}
	return ORIGIN_UPTIME;
}

struct origin_key identity_derived_key(const struct identity *id)
{
	const struct family *f = id->family;
	struct str subject = {NULL, 0};

	if (f->subject != NULL)
		subject = subject_of(f, id->labels);
	return key_of(str_hash(subject), derived_kind(f->role));
}

bool identity_derived_name(
	const struct identity *id, struct buf *text, struct origin_name *name)
{
	static const char *const what[] = {
		[ORIGIN_UPTIME] = "process",
		[ORIGIN_ERROR_RATIO] = "error_ratio",
		[ORIGIN_BUSY] = "busy",
		[ORIGIN_GC_CPU] = "gc_cpu",
	};
	const struct family *f = id->family;
	enum origin_kind kind = derived_kind(f->role);

	buf_reset(text);
	*name = (struct origin_name){.type = kind == ORIGIN_UPTIME ? "uptime" : "percent",
		.what = what[kind],
		.is_wrong_in_v01 = kind == ORIGIN_BUSY};
	if (f->subject != NULL) {
		name_add_subject(text, subject_of(f, id->labels));
		name->subject = buf_str(text);
	}
	return buf_ok(text);
}
