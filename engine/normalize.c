#include "engine/normalize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/family.h"
#include "engine/member.h"
#include "engine/naming.h"
#include "engine/origin.h"
#include "engine/output.h"
#include "engine/series.h"

/* A start time may differ by so much and still be the same (naming.md 3.1). */
static const double start_tolerance_seconds = 1.5;

/* What is remembered is forgotten after so long, or ten intervals. */
static const int64_t forget_ms = 300000;

/* The scrape's own values; the first three have one without a page too. */
enum own_output {
	OWN_UP,
	OWN_RESPONSE_TIME,
	OWN_RESPONSE_CODE,
	OWN_BYTES,
	OWN_SAMPLES,
	OWN_SERIES,
	OWN_BAD_LINES,
	OWN_DNS,
	OWN_CONNECT,
	OWN_TLS,
	OWN_FIRST_BYTE,
	OWN_TRANSFER,
	OWN_PARSE,
	OWN_WIRE,
	OWN_CERTIFICATE_DAYS,
	OWN_TOKEN_DAYS,
	OWN_COUNT,
};

static const struct {
	const char *type;
	const char *what;
	enum metric_kind kind;
} own_names[OWN_COUNT] = {
	[OWN_UP] = {"gauge", "up", METRIC_GAUGE},
	[OWN_RESPONSE_TIME] = {"response_time", "scrape", METRIC_GAUGE},
	[OWN_RESPONSE_CODE] = {"response_code", "scrape", METRIC_GAUGE},
	[OWN_BYTES] = {"bytes", "page", METRIC_GAUGE},
	[OWN_SAMPLES] = {"objects", "samples", METRIC_GAUGE},
	[OWN_SERIES] = {"objects", "series", METRIC_GAUGE},
	[OWN_BAD_LINES] = {"errors", "bad_lines", METRIC_DERIVE},
	[OWN_DNS] = {"response_time", "dns", METRIC_GAUGE},
	[OWN_CONNECT] = {"response_time", "connect", METRIC_GAUGE},
	[OWN_TLS] = {"response_time", "tls", METRIC_GAUGE},
	[OWN_FIRST_BYTE] = {"response_time", "first_byte", METRIC_GAUGE},
	[OWN_TRANSFER] = {"response_time", "transfer", METRIC_GAUGE},
	[OWN_PARSE] = {"response_time", "parse", METRIC_GAUGE},
	[OWN_WIRE] = {"bytes", "wire", METRIC_GAUGE},
	[OWN_CERTIFICATE_DAYS] = {"gauge", "certificate_days", METRIC_GAUGE},
	[OWN_TOKEN_DAYS] = {"gauge", "token_days", METRIC_GAUGE},
};

struct normalize {
	const struct options *options;
	const struct clock *clock;
	const struct log *log;
	struct percentile *percentiles; /* owned */
	struct origin_rules rules;
	struct outputs outputs;
	struct output *own[OWN_COUNT]; /* NULL: not asked for */
	struct series *series;
	struct arena *parse_arena; /* the parser's */
	struct arena *bind_arena;  /* one new series */
	struct arena *arena;       /* one page */
	struct member **members;   /* owned */
	size_t member_count, member_room;
	struct index member_index;
	struct origin **origins; /* owned */
	size_t origin_count, origin_room;
	struct index origin_index;
	struct member **slots; /* by slot: whose it is; owned array */
	size_t slot_room;
	/* the past */
	int64_t before_ms;
	bool has_before;
	uint32_t page_number;
	uint32_t restart;     /* number of the last page behind a restart */
	double start_seconds; /* on the page before; NaN: it had none */
	bool is_down;
	double bad_lines;
	struct complaint collisions, bad_line_said, unnamed;
	/* the page at hand */
	struct str last_name; /* family of the line above, found once a run of lines */
	const struct family *last_family;
	enum family_part last_part;
	bool claims_are_due;
	bool no_memory;
	struct err first_bad; /* why the first bad line is one */
};

/* ---- tables ---- */

static uint64_t member_hash(const void *owner, uint32_t place)
{
	return ((const struct normalize *)owner)->members[place]->hash;
}

static uint64_t origin_hash(const void *owner, uint32_t place)
{
	return ((const struct normalize *)owner)->origins[place]->hash;
}

static bool add_member(struct normalize *n, struct member *m)
{
	if (n->member_count == n->member_room) {
		size_t room = n->member_room * 2 + 16;
		struct member **members =
			reallocarray(n->members, room, sizeof(struct member *));

		if (members == NULL)
			return false;
		n->members = members;
		n->member_room = room;
	}
	n->members[n->member_count++] = m;
	return index_put(&n->member_index, member_hash, n, (uint32_t)n->member_count - 1);
}

static bool add_origin(struct normalize *n, struct origin *o)
{
	if (n->origin_count == n->origin_room) {
		size_t room = n->origin_room * 2 + 16;
		struct origin **origins =
			reallocarray(n->origins, room, sizeof(struct origin *));

		if (origins == NULL)
			return false;
		n->origins = origins;
		n->origin_room = room;
	}
	n->origins[n->origin_count++] = o;
	return index_put(&n->origin_index, origin_hash, n, (uint32_t)n->origin_count - 1);
}

static bool own_slot(struct normalize *n, uint32_t slot, struct member *m)
{
	if (slot >= n->slot_room) {
		size_t room = slot + slot / 2 + 64;
		struct member **slots =
			reallocarray(n->slots, room, sizeof(struct member *));

		if (slots == NULL)
			return false;
		n->slots = slots;
		n->slot_room = room;
	}
	n->slots[slot] = m;
	return true;
}

/* ---- a new series: whose is it, and what comes of it ---- */

/* What a series is, by its name and what the page declares. */
struct identity {
	const struct family *family; /* of the table; NULL: a Family rule's or nobody's */
	struct str name;             /* of the family, as text 0.0.4 shows it */
	enum family_part part;
	enum member_kind kind;
	bool is_counter;
	bool is_never; /* of a kind that is not sent */
};

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

/* The part of a family's lines that the catalogue's kind gives this name. */
static struct identity identify(
	const struct expo_entry *e, const struct family *family, enum family_part part)
{
	struct identity id = {.family = family, .part = part};

	if (family != NULL) {
		id.name = str_of(family->name);
		id.kind = kind_of_family(family->kind);
		/* a histogram's bare name is no line of it */
		id.is_never = part == PART_CREATED ||
			      (part == PART_NATIVE && e->kind == EXPO_SAMPLE);
	} else {
		id.name = family_guess(e->name, e->family, e->type, &id.part);
		id.kind = kind_of_type(e->type);
		id.is_never = id.part == PART_CREATED || e->type == EXPO_GAUGEHISTOGRAM ||
			      (id.part == PART_NATIVE && e->kind == EXPO_SAMPLE);
	}
	id.is_counter = id.kind == MEMBER_COUNTER;
	return id;
}

/* The same, with the family of the line above kept: lines of a family stand together. */
static struct identity identity_of_next(struct normalize *n, const struct expo_entry *e)
{
	if (n->last_name.at == NULL || !str_eq(n->last_name, e->name)) {
		n->last_family = family_of_series(e->name, &n->last_part);
		if (n->last_family != NULL && !family_is_used(n->last_family))
			n->last_family = NULL;
		n->last_name = expo_name_stays(e) ? e->name : (struct str){NULL, 0};
	}
	return identify(e, n->last_family, n->last_part);
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

/* Labels that name the whole histogram, summary or single value. */
static bool whole_labels(struct arena *arena, const struct expo_entry *e,
	struct str without, struct labels *labels)
{
	labels->count = e->labels.count;
	labels->at = arena_array(arena, e->labels.count + 1, sizeof(*labels->at));
	if (labels->at == NULL)
		return false;
	if (e->labels.count > 0)
		memcpy(labels->at, e->labels.at, e->labels.count * sizeof(*labels->at));
	if (without.len > 0)
		*labels = labels_without(*labels, without);
	return true;
}

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

static bool wants_buckets(const struct normalize *n, struct str family)
{
	const struct option_chosen *chosen = &n->options->buckets;

	for (size_t i = 0; i < chosen->globs.count; i++)
		if (str_glob(str_of(chosen->globs.at[i]), family))
			return true;
	return chosen->all;
}

/* The name of a table family's own values. */
static void name_by_table(const struct normalize *n, const struct family *f,
	struct labels labels, struct buf *subject, struct buf *detail,
	struct origin_name *name)
{
	*name = (struct origin_name){.type = f->type,
		.what = str_of(f->what),
		.sends = f->sends,
		.count_what = str_of(f->count_what),
		.scale = f->scale,
		.is_seconds = true,
		.has_buckets = (f->sends & FAMILY_QUANTILES) != 0 &&
			       wants_buckets(n, str_of(f->name)),
		.is_wrong_in_v01 = strcmp(f->type, "latency") == 0 ||
				   strcmp(f->type, "duration") == 0};
	if (f->subject != NULL) {
		name_add_subject(subject, subject_of(f, labels));
		name->subject = buf_str(subject);
	}
	if (f->detail != NULL) {
		name_add_detail(detail, detail_of(f, labels));
		name->detail = buf_str(detail);
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
static void name_by_rule(const struct normalize *n, const struct identity *id,
	struct labels labels, bool is_seconds, struct buf *subject,
	struct origin_name *name)
{
	is_seconds |= str_ends(id->name, STR("_seconds"));

	add_values(subject, id->name, labels);
	*name = (struct origin_name){.type = "gauge", .subject = buf_str(subject)};
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
			id->kind == MEMBER_HISTOGRAM && wants_buckets(n, id->name);
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

/* Makes m a member of the origin with that hash, which is made if need be. */
static bool join(struct normalize *n, struct member *m, uint64_t hash,
	enum origin_kind kind, const struct origin_name *name)
{
	uint32_t place;
	struct origin *o;

	hash ^= (uint64_t)kind + 1;
	if (index_find(&n->origin_index, origin_hash, n, hash, &place)) {
		o = n->origins[place];
	} else {
		o = origin_new(hash, kind, name);
		if (o == NULL)
			return false;
		if (!add_origin(n, o)) {
			origin_free(o, &n->rules);
			return false;
		}
	}
	n->claims_are_due = true;
	m->origins[m->origin_count++] = o;
	return origin_add(o, m);
}

/* The origin of m's own values. */
static bool join_own(struct normalize *n, struct member *m, const struct identity *id,
	struct labels labels, bool is_seconds)
{
	const struct family *f = id->family;
	struct str family = id->name;
	struct buf subject, detail;
	struct origin_name name;

	buf_init(&subject, n->options->max_page_bytes);
	buf_init(&detail, n->options->max_page_bytes);
	if (f != NULL)
		name_by_table(n, f, labels, &subject, &detail, &name);
	else
		name_by_rule(n, id, labels, is_seconds, &subject, &name);
	if (f != NULL && f->instead_of != NULL)
		family = str_of(f->instead_of);
	bool done = buf_ok(&subject) && buf_ok(&detail) &&
		    join(n, m, series_hash(family, origin_labels(f, labels)),
			    origin_kind_of(id->kind), &name);
	buf_free(&subject);
	buf_free(&detail);
	return done;
}

/* What a role feeds beside its own values: one value for each subject. */
static bool join_derived(struct normalize *n, struct member *m, struct labels labels)
{
	const struct family *f = m->family;
	struct origin_name name = {.type = "percent"};
	enum origin_kind kind = ORIGIN_UPTIME;
	struct buf subject;

	switch (f->role) {
	case ROLE_NONE:
		return true;
	case ROLE_RECONCILES:
	case ROLE_RECONCILE_ERRORS:
		kind = ORIGIN_ERROR_RATIO;
		name.what = STR("error_ratio");
		break;
	case ROLE_MAX_WORKERS:
	case ROLE_ACTIVE_WORKERS:
	case ROLE_WORK:
	case ROLE_UNFINISHED:
		kind = ORIGIN_BUSY;
		name.what = STR("busy");
		name.is_wrong_in_v01 = true;
		break;
	case ROLE_GC_CPU:
	case ROLE_TOTAL_CPU:
		kind = ORIGIN_GC_CPU;
		name.what = STR("gc_cpu");
		break;
	case ROLE_START_TIME:
		name.type = "uptime";
		name.what = STR("process");
		break;
	}
	struct str whose =
		f->subject != NULL ? subject_of(f, labels) : (struct str){NULL, 0};
	buf_init(&subject, n->options->max_page_bytes);
	if (f->subject != NULL) {
		name_add_subject(&subject, whose);
		name.subject = buf_str(&subject);
	}
	bool done = buf_ok(&subject) && join(n, m, str_hash(whose), kind, &name);
	buf_free(&subject);
	return done;
}

/* The member of a label set, made if need be. NULL: no memory. */
static struct member *member_of(struct normalize *n, const struct identity *id,
	struct labels labels, bool is_seconds, bool is_sent)
{
	uint64_t hash =
		series_hash(id->name, labels) ^ ((uint64_t)id->kind + 1) * 0x9e3779b9u;
	uint32_t place;

	if (index_find(&n->member_index, member_hash, n, hash, &place))
		return n->members[place];
	struct member *m = member_new(hash, id->family, id->kind);
	if (m == NULL)
		return NULL;
	if (!add_member(n, m)) {
		member_free(m);
		return NULL;
	}
	if (id->family != NULL && !join_derived(n, m, labels))
		return NULL;
	if (is_sent && !join_own(n, m, id, labels, is_seconds))
		return NULL;
	return m;
}

/* The bound of a bucket or quantile; false: no number. */
static bool read_bound(const struct expo_entry *e, struct str label, double *bound)
{
	*bound = 0;
	return label.len == 0 ||
	       (str_to_double(labels_get(e->labels, label), bound) && !isnan(*bound));
}

static bool is_sent(
	const struct normalize *n, const struct identity *id, struct labels labels)
{
	enum filter_verdict verdict = filter_allows(n->options->filter, id->name, labels);

	if (id->family != NULL)
		return verdict != FILTER_DROP && id->family->type != NULL;
	return verdict == FILTER_SEND;
}

static struct series_use bind(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	struct normalize *n = ctx;
	struct identity id = identity_of_next(n, e);
	struct str label = part_label(id.part);
	struct series_use use = {.counts = family_part_counts(id.part, id.is_counter),
		.is_extra = id.part == PART_CREATED};
	struct labels labels;
	double bound;

	if (id.is_never ||
		(id.family == NULL && !filter_knows(n->options->filter, id.name)))
		return use;
	arena_reset(n->bind_arena);
	if (!whole_labels(n->bind_arena, e, label, &labels)) {
		n->no_memory = true;
		return use;
	}
	bool sent = is_sent(n, &id, labels);
	if (!sent && id.family == NULL)
		return use;
	if (!read_bound(e, label, &bound)) {
		log_complain(n->log, &n->unnamed, n->before_ms, LOG_LEVEL_WARNING,
			"%s: %.*s=\"%.*s\" of %.*s is no number: the line is left out",
			n->options->name, STR_ARG(label),
			STR_ARG(labels_get(e->labels, label)), STR_ARG(e->name));
		return use;
	}
	struct member *m = member_of(n, &id, labels, is_seconds, sent);
	if (m == NULL || !member_bind(m, id.part, bound, slot) || !own_slot(n, slot, m)) {
		n->no_memory = true;
		return use;
	}
	use.is_wanted = n->claims_are_due = true;
	return use;
}

static void bad(void *ctx, const struct expo_entry *e)
{
	struct normalize *n = ctx;

	if (n->first_bad.code == ERR_NONE)
		n->first_bad = e->error;
}

static void gone(void *ctx, uint32_t slot)
{
	struct normalize *n = ctx;

	member_unbind(n->slots[slot], slot);
}

/* ---- who owns which identifier ---- */

static void claim(struct normalize *n, struct origin *o)
{
	bool starts_anew = false;

	for (size_t i = 0; i < o->output_count; i++) {
		struct output *output = o->outputs[i];
		bool is_other;

		if (output->is_owner || output->is_retired)
			continue;
		if (outputs_claim(&n->outputs, output, &is_other))
			starts_anew |= is_other;
		else
			log_complain(n->log, &n->collisions, n->before_ms,
				LOG_LEVEL_WARNING,
				"%s: two series come to %s-%s: only the first is sent",
				n->options->name, output->type, output->name);
	}
	if (starts_anew)
		origin_start_anew(o);
}

/* In the order of the page, for those that stand on it. */
static void claim_all(struct normalize *n)
{
	struct err e;
	uint32_t slot;

	for (size_t i = 0; i < n->origin_count; i++)
		if (!origin_name_outputs(n->origins[i], &n->rules, &e))
			log_complain(n->log, &n->unnamed, n->before_ms, LOG_LEVEL_WARNING,
				"%s: %s", n->options->name, e.text);
	for (size_t line = 0; line < series_lines(n->series); line++) {
		if (!series_at_line(n->series, line, &slot))
			continue;
		const struct member *m = n->slots[slot];
		for (size_t i = 0; i < m->origin_count; i++)
			claim(n, m->origins[i]);
	}
	n->claims_are_due = false;
}

/* A restart's page lacks them: what they had is free. */
static void release_absent(struct normalize *n)
{
	for (size_t i = 0; i < n->origin_count; i++) {
		struct origin *o = n->origins[i];
		bool is_present = false;

		for (size_t k = 0; k < o->member_count; k++)
			is_present |= o->members[k]->is_present;
		for (size_t k = 0; !is_present && k < o->output_count; k++)
			outputs_release(o->outputs[k]);
	}
	n->claims_are_due = true;
}

/* ---- forgetting ---- */

static int64_t memory_ms(const struct normalize *n)
{
	int64_t ten = (int64_t)(n->options->interval_seconds * 10000);

	return ten > forget_ms ? ten : forget_ms;
}

static void forget(struct normalize *n)
{
	for (size_t i = 0; i < n->origin_count; i++)
		origin_free(n->origins[i], &n->rules);
	for (size_t i = 0; i < n->member_count; i++)
		member_free(n->members[i]);
	n->origin_count = n->member_count = 0;
	index_free(&n->origin_index);
	index_free(&n->member_index);
	series_forget(n->series);
	n->has_before = false;
	n->start_seconds = (double)NAN;
}

/* Puts what is left of the tables into their indexes again. */
static void index_again(struct normalize *n)
{
	bool done = true;

	index_free(&n->member_index);
	index_free(&n->origin_index);
	for (size_t i = 0; i < n->member_count; i++)
		done &= index_put(&n->member_index, member_hash, n, (uint32_t)i);
	for (size_t i = 0; i < n->origin_count; i++)
		done &= index_put(&n->origin_index, origin_hash, n, (uint32_t)i);
	if (!done)
		forget(n);
}

/* Series not seen for too long are forgotten, each alone. */
static void forget_old(struct normalize *n, int64_t now_ms)
{
	size_t kept = 0, origins = 0;

	for (size_t i = 0; i < n->member_count; i++) {
		struct member *m = n->members[i];

		if (m->is_present || now_ms - m->seen_ms <= memory_ms(n)) {
			n->members[kept++] = m;
			continue;
		}
		for (size_t k = 0; k < m->origin_count; k++)
			origin_remove(m->origins[k], m);
		member_free(m);
	}
	if (kept == n->member_count)
		return;
	n->member_count = kept;
	for (size_t i = 0; i < n->origin_count; i++) {
		if (n->origins[i]->member_count > 0)
			n->origins[origins++] = n->origins[i];
		else
			origin_free(n->origins[i], &n->rules);
	}
	n->origin_count = origins;
	n->claims_are_due = true;
	index_again(n);
}

/* ---- a page ---- */

/* Members of a family on this page. */
static bool page_has(const struct normalize *n, const char *family)
{
	for (size_t i = 0; i < n->member_count; i++) {
		const struct member *m = n->members[i];

		if (m->is_present && m->family != NULL &&
			strcmp(m->family->name, family) == 0)
			return true;
	}
	return false;
}

/* What stands on the page, before anything is worked out; returns the process' start
 * time, NaN: none. */
static double look_at_members(struct normalize *n, struct page_context *page)
{
	const char *asked = NULL;
	bool is_there = false;
	double start = (double)NAN;

	for (size_t i = 0; i < n->member_count; i++)
		member_look(n->members[i]);
	for (size_t i = 0; i < n->member_count; i++) {
		struct member *m = n->members[i];
		const struct family *f = m->family;

		if (f == NULL || !m->is_present)
			continue;
		page->is_v01 |= f->sign_of_v01;
		if (f->role == ROLE_START_TIME)
			start = series_value(n->series, m->value_slot);
		if (f->instead_of == NULL)
			continue;
		if (asked != f->instead_of)
			is_there = page_has(n, f->instead_of);
		asked = f->instead_of;
		m->is_outdone = is_there;
	}
	return start;
}

static void say_bad_lines(
	struct normalize *n, const struct series_page *read, int64_t now_ms)
{
	if (read->bad_lines == 0) {
		log_recovered(n->log, &n->bad_line_said, now_ms,
			"%s: no bad lines any more", n->options->name);
		return;
	}
	log_complain(n->log, &n->bad_line_said, now_ms, LOG_LEVEL_WARNING,
		"%s: %llu lines of the page could not be used; line %zu, column %zu: %s",
		n->options->name, (unsigned long long)read->bad_lines, n->first_bad.line,
		n->first_bad.column, n->first_bad.text);
}

static bool read_page(struct normalize *n, const struct answer *a,
	struct series_page *read, struct err *e)
{
	const struct series_owner owner = {n, bind, bad, gone};

	n->last_name = (struct str){NULL, 0};
	n->first_bad.code = ERR_NONE;
	n->no_memory = false;
	arena_reset(n->parse_arena);
	bool done = series_read(
		n->series, a->format, a->body, n->parse_arena, &owner, read, e);
	if (!n->no_memory)
		return done;
	forget(n);
	return err_set(e, ERR_MEMORY, "no memory for the series of the page");
}

/* Works out all values of the page that was read. False: no memory. */
static bool compute(struct normalize *n, struct page_context *page, struct err *e)
{
	bool done = true;

	arena_reset(n->arena);
	if (n->claims_are_due)
		claim_all(n);
	for (size_t i = 0; i < n->member_count; i++)
		done &= member_update(n->members[i], page);
	for (size_t i = 0; i < n->origin_count; i++) {
		origin_look(n->origins[i], page);
		done &= origin_compute(n->origins[i], &n->rules, page, e);
	}
	return done;
}

/* Reads the page and works out its values. */
static bool take_page(struct normalize *n, const struct answer *a,
	struct page_context *page, struct series_page *read, struct err *e)
{
	if (n->has_before &&
		(a->time_ms <= n->before_ms || a->time_ms - n->before_ms > memory_ms(n)))
		forget(n);
	forget_old(n, a->time_ms);
	if (!read_page(n, a, read, e))
		return false;
	double start = look_at_members(n, page);
	if (n->start_seconds - start > start_tolerance_seconds) {
		/* another process has the port */
		forget(n);
		if (!read_page(n, a, read, e))
			return false;
		start = look_at_members(n, page);
	}
	page->number = ++n->page_number;
	page->has_before = n->has_before;
	page->before_ms = n->before_ms;
	if (start - n->start_seconds > start_tolerance_seconds &&
		start > (double)n->before_ms / 1000 - start_tolerance_seconds) {
		n->restart = page->number;
		release_absent(n);
	}
	page->restart = n->restart;
	n->start_seconds = start;
	return compute(n, page, e);
}

/* ---- what goes out ---- */

static struct metric metric_at(const struct normalize *n, int64_t time_ms)
{
	return (struct metric){.host = str_of(n->options->host),
		.instance = str_of(n->options->instance),
		.time_ms = time_ms,
		.interval_seconds = n->options->interval_seconds};
}

static void send_zeros(struct normalize *n, const struct sink *sink)
{
	struct metric m = metric_at(n, n->before_ms);

	for (size_t i = 0; i < n->outputs.count; i++) {
		struct output *o = n->outputs.at[i];

		if (o != NULL && o->is_new && o->has_value && o->is_owner)
			output_send_zero(o, &m, sink);
	}
}

/* The values of all origins; returns how many, NaN not counted. */
static size_t send_values(struct normalize *n, const struct sink *sink, int64_t time_ms)
{
	struct metric m = metric_at(n, time_ms);
	size_t sent = 0;

	for (size_t i = 0; i < n->origin_count; i++) {
		struct origin *o = n->origins[i];

		for (size_t k = 0; k < o->output_count; k++)
			sent += output_send(o->outputs[k], &m, sink);
		origin_tidy(o, &n->rules);
	}
	return sent;
}

static void send_histograms(
	const struct normalize *n, const struct sink *sink, int64_t time_ms)
{
	if (sink->histogram == NULL)
		return;
	for (size_t i = 0; i < n->origin_count; i++) {
		const struct origin *o = n->origins[i];

		if (o->kind != ORIGIN_HISTOGRAM || isnan(o->delta.count))
			continue;
		sink->histogram(
			sink->ctx, &(struct metric_histogram){
					   .instance = str_of(n->options->instance),
					   .what = o->name.what,
					   .subject = o->name.subject,
					   .is_seconds = o->name.is_seconds,
					   .count = o->delta.buckets,
					   .upper_bound = o->delta.upper,
					   .increase = o->delta.cumulative,
					   .sum_increase = o->delta.sum,
					   .count_increase = o->delta.count,
					   .time_ms = time_ms,
					   .before_ms = o->since_ms});
	}
}

static void set_own(struct normalize *n, enum own_output which, double value)
{
	struct output *o = n->own[which];

	if (o == NULL)
		return;
	o->value = value;
	o->derive = o->kind == METRIC_DERIVE ? (int64_t)value : 0;
	o->has_value = !isnan(value);
}

static void set_own_of_page(struct normalize *n, const struct answer *a,
	const struct series_page *read, size_t sent, double parse_seconds)
{
	n->bad_lines += (double)read->bad_lines;
	set_own(n, OWN_BYTES, (double)a->body.len);
	set_own(n, OWN_SAMPLES, (double)read->samples);
	set_own(n, OWN_SERIES, (double)sent);
	set_own(n, OWN_BAD_LINES, n->bad_lines);
	set_own(n, OWN_DNS, a->dns_seconds);
	set_own(n, OWN_CONNECT, a->connect_seconds);
	set_own(n, OWN_TLS, a->tls_seconds);
	set_own(n, OWN_FIRST_BYTE, a->first_byte_seconds);
	set_own(n, OWN_TRANSFER, a->transfer_seconds);
	set_own(n, OWN_PARSE, parse_seconds);
	set_own(n, OWN_WIRE, (double)a->wire_bytes);
	set_own(n, OWN_CERTIFICATE_DAYS, a->certificate_days);
	set_own(n, OWN_TOKEN_DAYS, a->token_days);
}

static void send_own(struct normalize *n, const struct answer *a, bool is_page,
	const struct sink *sink)
{
	struct metric m = metric_at(n, a->time_ms);

	set_own(n, OWN_UP, is_page ? 1 : 0);
	set_own(n, OWN_RESPONSE_TIME, a->duration_seconds);
	set_own(n, OWN_RESPONSE_CODE, a->status);
	for (size_t i = 0; i < OWN_COUNT; i++) {
		struct output *o = n->own[i];

		if (o == NULL)
			continue;
		output_send(o, &m, sink);
		o->has_value = false;
	}
}

/* A failed scrape: what had a value has none. */
static void send_ends(struct normalize *n, const struct sink *sink, int64_t time_ms)
{
	for (size_t i = 0; i < n->outputs.count; i++)
		if (n->outputs.at[i] != NULL)
			n->outputs.at[i]->has_value = false;
	send_values(n, sink, time_ms);
}

static double seconds_now(const struct normalize *n)
{
	return n->clock == NULL ? (double)NAN
				: (double)n->clock->monotonic_us(n->clock->ctx) / 1e6;
}

bool normalize_run(struct normalize *n, const struct answer *a, const struct sink *sink)
{
	struct page_context page = {
		.series = n->series, .arena = n->arena, .time_ms = a->time_ms};
	struct series_page read = {0, 0, 0};
	struct err error = a->error;
	double begin = seconds_now(n);
	size_t sent = 0;

	if (error.code == ERR_NONE && a->status != 200)
		err_set(&error, ERR_STATUS, "HTTP status %d", a->status);
	bool is_page = error.code == ERR_NONE && take_page(n, a, &page, &read, &error);
	if (is_page) {
		say_bad_lines(n, &read, a->time_ms);
		send_zeros(n, sink);
		sent = send_values(n, sink, a->time_ms);
		send_histograms(n, sink, a->time_ms);
		set_own_of_page(n, a, &read, sent, seconds_now(n) - begin);
		n->before_ms = a->time_ms;
		n->has_before = true;
	} else {
		send_ends(n, sink, a->time_ms);
	}
	send_own(n, a, is_page, sink);
	if (sink->end != NULL)
		sink->end(sink->ctx,
			&(struct attempt){.instance = str_of(n->options->instance),
				.time_ms = a->time_ms,
				.is_page = is_page,
				.status = a->status,
				.duration_seconds = a->duration_seconds,
				.page_bytes = a->body.len,
				.samples = read.samples,
				.sent = sent,
				.bad_lines = read.bad_lines,
				.error = &error});
	return is_page;
}

/* ---- life ---- */

static bool read_percentiles(struct normalize *n)
{
	const struct option_list *list = &n->options->percentiles;
	struct percentile *percentiles = calloc(list->count + 1, sizeof(*percentiles));

	n->percentiles = percentiles;
	if (percentiles == NULL)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct buf b;

		/* the double nearest to the decimal N/100 */
		buf_init(&b, 64);
		buf_addf(&b, "%se-2", list->at[i]);
		bool done = buf_ok(&b) && str_to_double(buf_str(&b), &percentiles[i].q);
		buf_reset(&b);
		buf_addf(&b, "percentile_%s", list->at[i]);
		for (size_t k = 0; k < b.len; k++)
			if (b.at[k] == '.')
				b.at[k] = '_';
		done &= buf_ok(&b) && b.len < sizeof(percentiles[i].detail);
		if (done)
			memcpy(percentiles[i].detail, b.at, b.len);
		buf_free(&b);
		if (!done)
			return false;
	}
	n->rules = (struct origin_rules){&n->outputs, percentiles, list->count};
	return true;
}

/* The scrape's own identifiers come before all others. */
static bool name_own(struct normalize *n)
{
	struct err e;
	bool is_other;

	for (size_t i = 0; i < OWN_COUNT; i++) {
		struct output_name name = {
			.type = own_names[i].type, .what = str_of(own_names[i].what)};

		if (i >= OWN_DNS && !n->options->scrape_details)
			break;
		n->own[i] = outputs_add(&n->outputs, &name, own_names[i].kind, &e);
		if (n->own[i] == NULL ||
			!outputs_claim(&n->outputs, n->own[i], &is_other))
			return false;
	}
	return true;
}

struct normalize *normalize_new(
	const struct options *options, const struct clock *clock, const struct log *log)
{
	struct normalize *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->options = options;
	n->clock = clock;
	n->log = log;
	n->start_seconds = (double)NAN;
	n->series = series_new();
	n->parse_arena = arena_new(SIZE_MAX);
	n->bind_arena = arena_new(SIZE_MAX);
	n->arena = arena_new(SIZE_MAX);
	if (n->series != NULL && n->parse_arena != NULL && n->bind_arena != NULL &&
		n->arena != NULL && read_percentiles(n) && name_own(n))
		return n;
	normalize_free(n);
	return NULL;
}

struct str normalize_page(const struct normalize *n, enum expo_format *format)
{
	return series_last_page(n->series, format);
}

void normalize_free(struct normalize *n)
{
	if (n == NULL)
		return;
	if (n->series != NULL)
		forget(n);
	outputs_free(&n->outputs);
	series_free(n->series);
	arena_free(n->parse_arena);
	arena_free(n->bind_arena);
	arena_free(n->arena);
	free(n->members);
	free(n->origins);
	free(n->slots);
	free(n->percentiles);
	free(n);
}
