#include "engine/expo_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/labels.h"

/* ---- a set of hashes: two different names of one page meet in 64 bits once in 10^7
 * pages of 10^6 names ---- */

struct hashes {
	uint64_t *at; /* owned; 0: empty */
	size_t count, size;
};

static void place(uint64_t *at, size_t size, uint64_t hash)
{
	size_t i = hash & (size - 1);

	while (at[i] != 0)
		i = (i + 1) & (size - 1);
	at[i] = hash;
}

static bool grow(struct hashes *h)
{
	size_t size = h->size == 0 ? 1024 : 2 * h->size;
	uint64_t *larger = calloc(size, sizeof(larger[0]));

	if (larger == NULL)
		return false;
	for (size_t i = 0; i < h->size; i++)
		if (h->at[i] != 0)
			place(larger, size, h->at[i]);
	free(h->at);
	h->at = larger;
	h->size = size;
	return true;
}

static bool has(const struct hashes *h, uint64_t hash)
{
	size_t i = h->size == 0 ? 0 : hash & (h->size - 1);

	while (h->size > 0 && h->at[i] != 0 && h->at[i] != hash)
		i = (i + 1) & (h->size - 1);
	return h->size > 0 && h->at[i] != 0;
}

/* ---- the state ---- */

/* The lines with one label set and timestamp in a row, `le` and `quantile` aside. */
struct group {
	bool is_open;
	uint64_t hash;
	bool has_timestamp;
	double timestamp_seconds;
	size_t line; /* the last one */
	struct str text;
	bool has_bucket, has_infinity, has_negative_bound, has_sum, has_gsum, has_count;
	double bound, cumulative; /* of the last bucket */
	double count, gsum;
};

struct family {
	bool is_open;
	struct buf name; /* owned */
	enum expo_type type;
	bool has_help, has_type, has_unit, unit_is_empty, has_samples;
	size_t number; /* from 1 */
};

struct expo_check {
	enum expo_format format;
	struct expo_violations to;
	struct arena *scratch; /* owned; for one entry */
	struct hashes names; /* of all families before, and those this one has declared */
	struct hashes series;
	struct hashes groups;
	struct family family;
	struct group group;
	bool is_out_of_memory;
};

/* False: it was there. */
static bool put(struct expo_check *c, struct hashes *h, uint64_t hash)
{
	hash |= hash == 0;
	if (has(h, hash))
		return false;
	if (2 * h->count >= h->size && !grow(h)) {
		c->is_out_of_memory = true;
		return true;
	}
	place(h->at, h->size, hash);
	h->count++;
	return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t both[] = {a, b};

	return str_hash((struct str){(const char *)both, sizeof(both)});
}

/* ---- telling ---- */

static void tell(
	struct expo_check *c, const struct expo_entry *e, size_t column, const char *why)
{
	struct err violation;

	if (c->format == EXPO_PROTOBUF)
		err_at(&violation, ERR_SYNTAX, e->line, e->column, "%s: %.*s", why,
			STR_ARG(e->kind == EXPO_SAMPLE ? e->series : e->name));
	else
		err_at(&violation, ERR_SYNTAX, e->line, column, "%s", why);
	c->to.add(c->to.ctx, &violation, e->text);
}

/* At a place in the line; where it is in none (unescaped), at its beginning. */
static void tell_at(
	struct expo_check *c, const struct expo_entry *e, struct str at, const char *why)
{
	bool is_inside = e->text.len > 0 && at.at >= e->text.at &&
			 at.at < e->text.at + e->text.len;

	tell(c, e, is_inside ? (size_t)(at.at - e->text.at) + 1 : 1, why);
}

static void tell_value(struct expo_check *c, const struct expo_entry *e, const char *why)
{
	struct str value = {e->series.at + e->series.len, 1};

	while (e->text.len > 0 && (*value.at == ' ' || *value.at == '\t'))
		value.at++;
	tell_at(c, e, value, why);
}

static void tell_group(struct expo_check *c, const char *why)
{
	struct err violation;

	err_at(&violation, ERR_SYNTAX, c->group.line, 1, "%s", why);
	c->to.add(c->to.ctx, &violation, c->group.text);
}

/* ---- families ---- */

static bool is_strict(const struct expo_check *c)
{
	return c->format == EXPO_OPENMETRICS;
}

static bool is_histogram(enum expo_type type)
{
	return type == EXPO_HISTOGRAM || type == EXPO_GAUGEHISTOGRAM;
}

/* What the names of a type's samples end in, most usual first; the list ends in NULL. */
static const char *const *suffixes_of(enum expo_type type, bool in_openmetrics)
{
	static const char *const none[] = {"", NULL};
	static const char *const counter[] = {"_total", "_created", NULL};
	static const char *const histogram[] = {
		"_bucket", "_count", "_sum", "_created", NULL};
	static const char *const summary[] = {"", "_count", "_sum", "_created", NULL};
	static const char *const info[] = {"_info", NULL};
	static const char *const gaugehistogram[] = {"_bucket", "_gcount", "_gsum", NULL};

	switch (type) {
	case EXPO_COUNTER:
		return in_openmetrics ? counter : none;
	case EXPO_HISTOGRAM:
		return histogram;
	case EXPO_SUMMARY:
		return summary;
	case EXPO_INFO:
		return in_openmetrics ? info : none;
	case EXPO_GAUGEHISTOGRAM:
		return in_openmetrics ? gaugehistogram : histogram;
	case EXPO_UNKNOWN:
	case EXPO_GAUGE:
	case EXPO_STATESET:
		return none;
	}
	return none;
}

static struct str family_name(const struct expo_check *c)
{
	return buf_str(&c->family.name);
}

static bool is_family(const struct expo_check *c, struct str name)
{
	return c->family.is_open && str_eq(family_name(c), name);
}

static uint64_t hash_of_sample_name(struct expo_check *c, const char *suffix)
{
	struct buf *name = &c->family.name;
	size_t len = name->len;

	buf_add(name, str_of(suffix));
	uint64_t hash = str_hash(buf_str(name));
	name->len = len;
	return hash;
}

/* The names that samples of this type have belong to this family from now on; but in text
 * client_python writes `_created` as a family of its own. */
static void claim_names(
	struct expo_check *c, const struct expo_entry *e, enum expo_type type)
{
	bool is_free = true;

	for (const char *const *s = suffixes_of(type, is_strict(c)); *s != NULL; s++)
		if (**s != '\0' && (is_strict(c) || strcmp(*s, "_created") != 0))
			is_free &= put(c, &c->names, hash_of_sample_name(c, *s));
	if (!is_free)
		tell_at(c, e, e->name,
			"a sample name of this family is also one of another");
}

static void end_group(struct expo_check *c)
{
	struct group *g = &c->group;
	bool is_whole = is_strict(c);
	bool has_any_sum = g->has_sum || g->has_gsum;

	if (!g->is_open || !is_histogram(c->family.type))
		return;
	g->is_open = false;
	if (is_whole && !g->has_infinity)
		tell_group(c, "a histogram without a bucket of le=\"+Inf\"");
	if (g->has_infinity && g->has_count && fabs(g->cumulative - g->count) > 0)
		tell_group(c, "the count of a histogram is not that of its bucket of "
			      "le=\"+Inf\"");
	if (is_whole && has_any_sum != g->has_count)
		tell_group(c, "a histogram with only one of sum and count");
	if (is_whole && g->has_negative_bound && g->has_sum)
		tell_group(c, "a sum beside buckets below 0: it could fall");
	if (is_whole && !g->has_negative_bound && g->has_gsum && g->gsum < 0)
		tell_group(c, "a sum below 0 without buckets below 0");
}

static void end_family(struct expo_check *c)
{
	end_group(c);
	c->group.is_open = false;
	c->family.is_open = false;
}

static void begin_family(
	struct expo_check *c, const struct expo_entry *e, struct str name)
{
	struct family *f = &c->family;

	end_family(c);
	buf_reset(&f->name);
	buf_add(&f->name, name);
	c->is_out_of_memory |= !buf_ok(&f->name);
	f->is_open = true;
	f->type = EXPO_UNKNOWN;
	f->has_help = f->has_type = f->has_unit = f->has_samples = false;
	f->number++;
	/* text: samples that nothing declares may stand anywhere */
	bool is_declared = is_strict(c) || e->kind != EXPO_SAMPLE;
	bool is_known = is_declared ? !put(c, &c->names, str_hash(name))
				    : has(&c->names, str_hash(name));
	if (is_known)
		tell_at(c, e, e->name,
			"this name was there before: the lines of a family stand "
			"together");
}

/* was_there: of this kind of line, in c->family. */
static void check_metadata(
	struct expo_check *c, const struct expo_entry *e, bool *was_there)
{
	if (!is_family(c, e->name))
		begin_family(c, e, e->name);
	if (*was_there)
		tell(c, e, 1, "a second line of this kind for one family");
	else if (c->family.has_samples && (is_strict(c) || e->kind == EXPO_TYPE))
		tell(c, e, 1, "metadata behind the samples of its family");
	*was_there = true;
}

static void check_type(struct expo_check *c, const struct expo_entry *e)
{
	bool is_first = !is_family(c, e->name) || !c->family.has_type;

	check_metadata(c, e, &c->family.has_type);
	c->family.type = e->type;
	if (is_first)
		claim_names(c, e, e->type);
}

static void check_unit(struct expo_check *c, const struct expo_entry *e)
{
	check_metadata(c, e, &c->family.has_unit);
	c->family.unit_is_empty = e->help_or_unit.len == 0;
}

/* Once both lines were seen, in whichever order. */
static void check_unit_of_type(struct expo_check *c, const struct expo_entry *e)
{
	const struct family *f = &c->family;

	if (f->has_unit && !f->unit_is_empty &&
		(f->type == EXPO_INFO || f->type == EXPO_STATESET))
		tell(c, e, 1, "a unit for an info or a stateset");
}

/* ---- samples ---- */

enum role {
	ROLE_VALUE, /* no suffix, or one that means nothing here */
	ROLE_TOTAL,
	ROLE_BUCKET,
	ROLE_COUNT,
	ROLE_SUM,
	ROLE_GSUM,
	ROLE_CREATED,
};

static enum role role_of(const struct expo_check *c, struct str name)
{
	static const struct {
		const char *suffix;
		enum role role;
	} roles[] = {
		{"_total", ROLE_TOTAL},
		{"_bucket", ROLE_BUCKET},
		{"_count", ROLE_COUNT},
		{"_gcount", ROLE_COUNT},
		{"_sum", ROLE_SUM},
		{"_gsum", ROLE_GSUM},
		{"_created", ROLE_CREATED},
	};
	size_t len = family_name(c).len;
	struct str suffix = {name.at + len, name.len - len};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (str_eq(suffix, str_of(roles[i].suffix)))
			return roles[i].role;
	return ROLE_VALUE;
}

static bool has_allowed_name(const struct expo_check *c, struct str name)
{
	size_t len = family_name(c).len;
	struct str suffix = {name.at + len, name.len - len};

	for (const char *const *s = suffixes_of(c->family.type, is_strict(c)); *s != NULL;
		s++)
		if (str_eq(suffix, str_of(*s)))
			return true;
	return false;
}

/* Of `le` and `quantile`; NaN: not there, or no number that may stand there. */
static double number_of(const struct expo_entry *e, struct str label)
{
	struct str text = labels_get(e->labels, label);
	double number = (double)NAN;
	bool is_hexadecimal =
		text.len > 0 && (memchr(text.at, 'x', text.len) != NULL ||
					memchr(text.at, 'X', text.len) != NULL);

	if (is_hexadecimal || !str_to_double(text, &number))
		return (double)NAN;
	return isinf(number) && number > 0 && !str_eq(text, STR("+Inf")) ? (double)NAN
									 : number;
}

static void check_bucket(struct expo_check *c, const struct expo_entry *e)
{
	struct group *g = &c->group;
	double bound = number_of(e, STR("le"));

	if (isnan(bound)) {
		tell_at(c, e, labels_get(e->labels, STR("le")),
			"a bucket whose le is no number (the last is +Inf)");
		return;
	}
	if (g->has_bucket && bound <= g->bound)
		tell_at(c, e, labels_get(e->labels, STR("le")),
			"buckets that do not ascend");
	if (g->has_bucket && e->value < g->cumulative)
		tell_value(c, e, "a bucket that holds less than the one before");
	g->has_bucket = true;
	g->has_infinity = isinf(bound) && bound > 0;
	g->has_negative_bound |= bound < 0;
	g->bound = bound;
	g->cumulative = e->value;
}

static void check_histogram(
	struct expo_check *c, const struct expo_entry *e, enum role role)
{
	struct group *g = &c->group;

	switch (role) {
	case ROLE_BUCKET:
		check_bucket(c, e);
		break;
	case ROLE_COUNT:
		g->has_count = true;
		g->count = e->value;
		break;
	case ROLE_SUM:
		g->has_sum = true;
		break;
	case ROLE_GSUM:
		g->has_gsum = true;
		g->gsum = e->value;
		break;
	case ROLE_VALUE:
	case ROLE_TOTAL:
	case ROLE_CREATED:
		break;
	}
}

static bool is_counter_like(const struct expo_check *c, enum role role)
{
	switch (c->family.type) {
	case EXPO_COUNTER:
		return role == ROLE_TOTAL || role == ROLE_VALUE;
	case EXPO_HISTOGRAM:
	case EXPO_GAUGEHISTOGRAM:
	case EXPO_SUMMARY:
		return role == ROLE_BUCKET || role == ROLE_COUNT ||
		       (is_strict(c) && role == ROLE_SUM);
	case EXPO_UNKNOWN:
	case EXPO_GAUGE:
	case EXPO_INFO:
	case EXPO_STATESET:
		return false;
	}
	return false;
}

/* What OpenMetrics says of values and text 0.0.4 does not. */
static void check_strict_value(
	struct expo_check *c, const struct expo_entry *e, enum role role)
{
	enum expo_type type = c->family.type;
	bool is_one = e->value >= 1 && e->value <= 1;
	bool is_zero = e->value >= 0 && e->value <= 0;

	if (isnan(e->value) && (is_counter_like(c, role) || role == ROLE_GSUM))
		tell_value(c, e, "a counter, bucket, count or sum that is NaN");
	if (is_counter_like(c, role) && (role == ROLE_BUCKET || role == ROLE_COUNT) &&
		e->value > floor(e->value))
		tell_value(c, e, "a bucket or count that is not whole");
	if (type == EXPO_INFO && !is_one)
		tell_value(c, e, "an info of another value than 1");
	if (type == EXPO_STATESET && !is_one && !is_zero)
		tell_value(c, e, "a state of another value than 0 and 1");
	if (type == EXPO_SUMMARY && role == ROLE_VALUE && e->value < 0)
		tell_value(c, e, "a quantile's value below 0");
}

static void check_value(struct expo_check *c, const struct expo_entry *e, enum role role)
{
	if (is_counter_like(c, role) && e->value < 0)
		tell_value(c, e, "a counter, bucket, count or sum below 0");
	if (is_strict(c))
		check_strict_value(c, e, role);
}

static bool has_label(const struct expo_entry *e, struct str name)
{
	for (size_t i = 0; i < e->labels.count; i++)
		if (str_eq(e->labels.at[i].name, name))
			return true;
	return false;
}

static void check_labels(struct expo_check *c, const struct expo_entry *e, enum role role)
{
	if (c->family.type == EXPO_SUMMARY && role == ROLE_VALUE) {
		double quantile = number_of(e, STR("quantile"));

		if (!(quantile >= 0 && quantile <= 1))
			tell_at(c, e, labels_get(e->labels, STR("quantile")),
				"a summary's quantile that is no number from 0 to 1");
	}
	if (is_strict(c) && c->family.type == EXPO_STATESET &&
		!has_label(e, family_name(c)))
		tell(c, e, 1, "a state without a label of the family's name");
}

/* Characters of UTF-8. */
static size_t characters(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return count;
}

static void check_exemplar(
	struct expo_check *c, const struct expo_entry *e, enum role role)
{
	struct labels labels = e->exemplar.labels;
	size_t length = 0;

	if (!e->has_exemplar)
		return;
	/* in protobuf a counter is called as it is, and its family too */
	bool is_counter = c->family.type == EXPO_COUNTER &&
			  (role == ROLE_TOTAL || c->format == EXPO_PROTOBUF);

	if (!is_counter && !(role == ROLE_BUCKET && is_histogram(c->family.type)))
		tell(c, e, 1, "an exemplar where neither a counter nor a bucket is");
	for (size_t i = 0; i < labels.count; i++)
		length += characters(labels.at[i].name) + characters(labels.at[i].value);
	if (length > 128)
		tell_at(c, e, labels.at[0].name,
			"an exemplar whose labels have more than 128 characters");
}

/* ---- label sets ---- */

/* Sorted, in memory of the scratch arena. at is NULL without memory. */
static struct labels sorted_labels(struct expo_check *c, const struct expo_entry *e)
{
	struct labels sorted = {
		arena_array(c->scratch, e->labels.count + 1, sizeof(sorted.at[0])),
		e->labels.count};

	if (sorted.at == NULL)
		return (struct labels){NULL, 0};
	for (size_t i = 0; i < sorted.count; i++)
		sorted.at[i] = e->labels.at[i];
	labels_sort(sorted);
	return sorted;
}

static void check_unique(
	struct expo_check *c, const struct expo_entry *e, struct labels sorted)
{
	uint64_t hash = mix(str_hash(e->name), labels_hash(sorted));
	uint64_t timestamp = 0;

	/* OpenMetrics allows the same one again: clocks may be coarser than samples */
	if (e->has_timestamp && is_strict(c))
		return;
	if (e->has_timestamp)
		memcpy(&timestamp, &e->timestamp_seconds, sizeof(timestamp));
	if (!put(c, &c->series, mix(hash, mix(timestamp, e->has_timestamp))))
		tell_at(c, e, e->series, "a series that was there before");
}

/* The label set that the lines of one metric have in common. Infos are one by one. */
static struct labels common_labels(
	struct expo_check *c, struct labels sorted, enum role role)
{
	switch (c->family.type) {
	case EXPO_INFO:
		return (struct labels){sorted.at, 0};
	case EXPO_STATESET:
		return labels_without(sorted, family_name(c));
	case EXPO_SUMMARY:
		return role == ROLE_VALUE ? labels_without(sorted, STR("quantile"))
					  : sorted;
	case EXPO_HISTOGRAM:
	case EXPO_GAUGEHISTOGRAM:
		return role == ROLE_BUCKET ? labels_without(sorted, STR("le")) : sorted;
	case EXPO_UNKNOWN:
	case EXPO_GAUGE:
	case EXPO_COUNTER:
		return sorted;
	}
	return sorted;
}

static void check_timestamps(struct expo_check *c, const struct expo_entry *e)
{
	const struct group *g = &c->group;

	if (g->has_timestamp != e->has_timestamp)
		tell(c, e, 1, "lines of one label set with and without timestamp");
	else if (g->has_timestamp && e->timestamp_seconds < g->timestamp_seconds &&
		 c->family.type != EXPO_INFO)
		tell(c, e, 1, "a timestamp before that of the line before");
}

/* Opens another group where label set or timestamp are others than in the line before. */
static void enter_group(
	struct expo_check *c, const struct expo_entry *e, struct labels common)
{
	struct group *g = &c->group;
	uint64_t hash = mix(c->family.number, labels_hash(common));
	bool is_same = g->is_open && g->hash == hash;

	if (is_same && is_strict(c))
		check_timestamps(c, e);
	if (!is_same) {
		bool is_new = put(c, &c->groups, hash);

		if (!is_new && is_strict(c))
			tell(c, e, 1,
				"this label set was there before: its lines stand "
				"together");
	}
	if (!is_same || g->has_timestamp != e->has_timestamp ||
		(g->has_timestamp &&
			fabs(g->timestamp_seconds - e->timestamp_seconds) > 0)) {
		end_group(c);
		*g = (struct group){.is_open = true, .hash = hash};
	}
	g->has_timestamp = e->has_timestamp;
	g->timestamp_seconds = e->has_timestamp ? e->timestamp_seconds : 0;
	g->line = e->line;
	g->text = e->text;
}

static void check_sample(struct expo_check *c, const struct expo_entry *e)
{
	if (!is_family(c, e->family))
		begin_family(c, e, e->family);
	if (!has_allowed_name(c, e->name)) {
		if (is_strict(c))
			tell_at(c, e, e->name, "no sample name of this type");
		else
			begin_family(c, e, e->name);
	}
	enum role role = role_of(c, e->name);
	struct labels sorted = sorted_labels(c, e);

	c->is_out_of_memory |= sorted.at == NULL;
	c->family.has_samples = true;
	check_unique(c, e, sorted);
	enter_group(c, e, common_labels(c, sorted, role));
	check_labels(c, e, role);
	if (is_histogram(c->family.type))
		check_histogram(c, e, role);
	check_value(c, e, role);
	check_exemplar(c, e, role);
}

/* ---- the page ---- */

struct expo_check *expo_check_new(enum expo_format format, struct expo_violations to)
{
	struct expo_check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->format = format;
	c->to = to;
	buf_init(&c->family.name, 1 << 20);
	c->scratch = arena_new(64 << 20);
	if (c->scratch == NULL) {
		free(c);
		return NULL;
	}
	return c;
}

void expo_check_entry(struct expo_check *c, const struct expo_entry *e)
{
	switch (e->kind) {
	case EXPO_BAD:
		c->to.add(c->to.ctx, &e->error, e->text);
		return;
	case EXPO_SAMPLE:
		check_sample(c, e);
		break;
	case EXPO_HELP:
		check_metadata(c, e, &c->family.has_help);
		break;
	case EXPO_TYPE:
		check_type(c, e);
		check_unit_of_type(c, e);
		break;
	case EXPO_UNIT:
		check_unit(c, e);
		check_unit_of_type(c, e);
		break;
	case EXPO_NATIVE:
	case EXPO_COMMENT:
	case EXPO_EOF:
		break;
	}
	if (e->lapse != NULL)
		tell(c, e, e->lapse_column, e->lapse);
	arena_reset(c->scratch);
}

bool expo_check_end(struct expo_check *c, const struct expo *x, struct err *e)
{
	struct err why;

	end_family(c);
	if (!expo_whole(x, &why))
		c->to.add(c->to.ctx, &why, (struct str){NULL, 0});
	if (c->is_out_of_memory)
		return err_set(e, ERR_MEMORY, "no memory to check a page of this size");
	return true;
}

void expo_check_free(struct expo_check *c)
{
	if (c == NULL)
		return;
	free(c->names.at);
	free(c->series.at);
	free(c->groups.at);
	buf_free(&c->family.name);
	arena_free(c->scratch);
	free(c);
}
