#include "engine/origin.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/counter.h"
#include "engine/naming.h"

/* ---- making and naming ---- */

static struct member **members_of(struct origin *o)
{
	return o->member_room > 1 ? o->members.many : &o->members.one;
}

static struct output **outputs_of(struct origin *o)
{
	return o->output_room > 1 ? o->outputs.many : &o->outputs.one;
}

static bool is_spread(enum origin_kind kind)
{
	return kind == ORIGIN_HISTOGRAM || kind == ORIGIN_SUMMARY;
}

/* Bytes of an origin with texts of that length. */
static size_t size_of(size_t subject_len, size_t detail_len)
{
	return offsetof(struct origin, text) + subject_len + detail_len + 2;
}

struct origin *origin_new(
	struct pool *pool, enum origin_kind kind, const struct origin_name *name)
{
	struct str subject = name->subject, detail = name->detail;
	struct origin *o = pool_alloc(pool, size_of(subject.len, detail.len));

	if (o == NULL || subject.len > UINT32_MAX || detail.len > UINT32_MAX)
		return NULL;
	o->kind = kind;
	o->type = name->type;
	o->what = name->what;
	o->scale = name->scale > 0 ? name->scale : 1;
	o->sends = (uint8_t)name->sends;
	o->is_seconds = name->is_seconds;
	o->has_buckets = name->has_buckets;
	o->is_wrong_in_v01 = name->is_wrong_in_v01;
	o->subject_len = (uint32_t)subject.len;
	o->detail_len = (uint32_t)detail.len;
	if (subject.len > 0)
		memcpy(o->text, subject.at, subject.len);
	if (detail.len > 0)
		memcpy(o->text + subject.len + 1, detail.at, detail.len);
	o->member_room = o->output_room = 1;
	if (!is_spread(kind))
		return o;
	o->spread = pool_alloc(pool, sizeof(*o->spread));
	if (o->spread == NULL)
		return NULL;
	o->spread->count_what = name->count_what;
	return o;
}

static void drop_outputs(struct origin *o, const struct origin_rules *rules)
{
	for (size_t i = 0; i < o->output_count; i++)
		outputs_drop(rules->outputs, origin_outputs(o)[i]);
	o->output_count = 0;
}

void origin_free(struct origin *o, const struct origin_rules *rules)
{
	struct pool *pool = rules->pool;

	drop_outputs(o, rules);
	if (o->output_room > 1)
		pool_free(pool, o->outputs.many, o->output_room * sizeof(void *));
	if (o->member_room > 1)
		pool_free(pool, o->members.many, o->member_room * sizeof(void *));
	if (o->spread != NULL) {
		pool_free(
			pool, o->spread->bounds, o->spread->bound_room * sizeof(double));
		pool_free(pool, o->spread, sizeof(*o->spread));
	}
	pool_free(pool, o, size_of(o->subject_len, o->detail_len));
}

static bool take_members(struct origin *o, struct pool *pool)
{
	size_t room = (size_t)o->member_room * 2;

	if (o->member_count < o->member_room)
		return true;
	struct member **many =
		pool_array(pool, o->member_room > 1 ? o->members.many : NULL,
			o->member_room, room, sizeof(struct member *));
	if (many == NULL)
		return false;
	if (o->member_room == 1)
		many[0] = o->members.one;
	o->members.many = many;
	o->member_room = (uint32_t)room;
	return true;
}

static bool take_outputs(struct origin *o, struct pool *pool, size_t more)
{
	size_t room = o->output_count + more;

	if (room <= o->output_room)
		return true;
	struct output **many =
		pool_array(pool, o->output_room > 1 ? o->outputs.many : NULL,
			o->output_room, room, sizeof(struct output *));
	if (many == NULL)
		return false;
	if (o->output_room == 1)
		many[0] = o->outputs.one;
	o->outputs.many = many;
	o->output_room = (uint32_t)room;
	return true;
}

bool origin_add(struct origin *o, struct pool *pool, struct member *m)
{
	if (!take_members(o, pool))
		return false;
	members_of(o)[o->member_count++] = m;
	return true;
}

bool origin_remove(struct origin *o, const struct member *m)
{
	struct member **members = members_of(o);
	uint32_t kept = 0;

	for (size_t i = 0; i < o->member_count; i++)
		if (members[i] != m)
			members[kept++] = members[i];
	o->member_count = kept;
	return kept > 0;
}

static struct output *add_output(struct origin *o, const struct origin_rules *rules,
	const struct output_name *name, enum metric_kind kind, struct err *e)
{
	if (!take_outputs(o, rules->pool, 1))
		return NULL;
	struct output *output = outputs_add(rules->outputs, name, kind, e);
	if (output != NULL)
		outputs_of(o)[o->output_count++] = output;
	return output;
}

static bool add_gauge(struct origin *o, const struct origin_rules *rules,
	const char *detail, struct err *e)
{
	struct output_name name = {
		o->type, str_of(o->what), origin_subject(o), str_of(detail)};

	return add_output(o, rules, &name, METRIC_GAUGE, e) != NULL;
}

/* Quantiles worked out of buckets; a summary brings its own. */
static bool sends_quantiles(const struct origin *o)
{
	return o->kind == ORIGIN_HISTOGRAM && (o->sends & FAMILY_QUANTILES) != 0;
}

/* Mean, quantiles and count, in this order; set_distribution() relies on it. */
static bool name_distribution(
	struct origin *o, const struct origin_rules *rules, struct err *e)
{
	bool done = true;

	if ((o->sends & FAMILY_MEAN) != 0)
		done &= add_gauge(o, rules, "average", e);
	if (sends_quantiles(o))
		for (size_t i = 0; i < rules->percentile_count; i++)
			done &= add_gauge(o, rules, rules->percentiles[i].detail, e);
	if ((o->sends & FAMILY_COUNT) != 0) {
		struct output_name name = {"total_operations",
			str_of(o->spread->count_what), origin_subject(o), {NULL, 0}};

		done &= add_output(o, rules, &name, METRIC_DERIVE, e) != NULL;
	}
	return done;
}

/* A histogram that a Family rule sends is a latency only if no bound is below 0. */
static void settle_type(struct origin *o)
{
	if (o->what != NULL)
		return;
	for (size_t i = 0; i < o->member_count; i++) {
		const struct member *m = origin_members(o)[i];

		if (m->kind == MEMBER_HISTOGRAM && m->distribution->part_count > 0 &&
			m->distribution->bounds->at[0] < 0)
			o->type = "gauge";
	}
}

/* Bounds of the one with most. */
static size_t parts(const struct origin *o)
{
	size_t most = 0;

	for (size_t i = 0; i < o->member_count; i++)
		if (origin_members(o)[i]->distribution->part_count > most)
			most = origin_members(o)[i]->distribution->part_count;
	return most;
}

size_t origin_values(const struct origin *o, const struct origin_rules *rules)
{
	bool is_summary = o->kind == ORIGIN_SUMMARY;
	size_t values = 0;

	if (o->kind != ORIGIN_HISTOGRAM && !is_summary)
		return 1;
	if ((o->sends & FAMILY_MEAN) != 0)
		values++;
	if ((o->sends & FAMILY_COUNT) != 0)
		values++;
	if ((o->sends & FAMILY_QUANTILES) != 0)
		values += is_summary ? parts(o) : rules->percentile_count;
	return values;
}

bool origin_name_outputs(
	struct origin *o, const struct origin_rules *rules, struct err *e)
{
	struct output_name name = {
		o->type, str_of(o->what), origin_subject(o), origin_detail(o)};
	bool done = true;

	if (o->output_count > 0 || o->is_left_out)
		return true;
	if (!take_outputs(o, rules->pool, origin_values(o, rules)))
		return err_set(e, ERR_MEMORY, "no memory");
	switch (o->kind) {
	case ORIGIN_COUNTER:
		done = add_output(o, rules, &name, METRIC_DERIVE, e) != NULL;
		break;
	case ORIGIN_GAUGE:
	case ORIGIN_UPTIME:
	case ORIGIN_ERROR_RATIO:
	case ORIGIN_BUSY:
	case ORIGIN_GC_CPU:
		done = add_output(o, rules, &name, METRIC_GAUGE, e) != NULL;
		break;
	case ORIGIN_HISTOGRAM:
	case ORIGIN_SUMMARY:
		settle_type(o);
		done = name_distribution(o, rules, e);
		break;
	}
	/* all or none: they are found by their places */
	if (!done)
		drop_outputs(o, rules);
	if (o->spread != NULL)
		o->spread->bound_from = o->output_count;
	return done;
}

/* ---- what MaxValues leaves out ---- */

enum budget_rank origin_rank(const struct origin *o)
{
	return o->what != NULL ? BUDGET_TABLE : BUDGET_RULES;
}

size_t origin_buckets(const struct origin *o)
{
	return o->has_buckets ? parts(o) : 0;
}

void origin_leave_out(struct origin *o, bool is_left_out, bool has_no_buckets)
{
	/* its R was not kept up to date */
	if (o->kind == ORIGIN_BUSY && o->is_left_out && !is_left_out)
		o->total = (double)NAN;
	o->is_left_out = is_left_out;
	o->has_no_buckets = has_no_buckets;
}

/* ---- outputs that follow the bounds of a page ---- */

/* A number in a name has no point and no sign. */
static void flatten(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->len; i++)
		if (strchr(".+-", b->at[i]) != NULL)
			b->at[i] = '_';
}

/* A bound as it stands in a name (naming.md 2, Buckets). */
static void add_bound(struct buf *b, double bound, bool is_seconds)
{
	static const struct {
		double per_second;
		const char *name;
	} units[] = {{1, "s"}, {1e3, "ms"}, {1e6, "us"}, {1e9, "ns"}};
	size_t from = b->len;

	for (size_t i = 0; is_seconds && i < sizeof(units) / sizeof(units[0]); i++) {
		double x = bound * units[i].per_second, whole = round(x);

		if (fabs(whole) < 1e15 && (fabs(whole) >= 1 || fabs(x) <= 0) &&
			fabs(x - whole) <= 1e-9 * fabs(whole)) {
			buf_addf(b, "%.0f%s", whole, units[i].name);
			break;
		}
	}
	if (b->len == from)
		buf_addf(b, "%g", bound);
	flatten(b, from);
}

/* LOWER_UPPER of bucket i. */
static void add_bucket(struct buf *b, const struct hist *h, size_t i, bool is_seconds)
{
	if (i > 0)
		add_bound(b, h->upper[i - 1], is_seconds);
	else
		buf_add(b, h->upper[0] > 0 ? STR("0") : STR("_inf"));
	buf_addc(b, '_');
	if (i + 1 < h->buckets)
		add_bound(b, h->upper[i], is_seconds);
	else
		buf_add(b, STR("inf"));
}

/* A summary's quantile 0.999 is percentile_99_9. */
static void add_quantile(struct buf *b, double q)
{
	buf_addf(b, "percentile_%.12g", q * 100);
	flatten(b, 0);
}

static bool add_bound_output(struct origin *o, const struct origin_rules *rules,
	const struct hist *h, size_t i, struct err *e)
{
	bool is_bucket = o->kind == ORIGIN_HISTOGRAM, is_other;
	struct buf detail;

	buf_init(&detail, 64);
	if (is_bucket)
		add_bucket(&detail, h, i, o->is_seconds);
	else
		add_quantile(&detail, h->upper[i]);
	struct output_name name = {is_bucket ? "bucket" : o->type, str_of(o->what),
		origin_subject(o), buf_str(&detail)};
	struct output *output = add_output(o, rules, &name, METRIC_GAUGE, e);
	buf_free(&detail);
	/* one whose identifier is taken stays silent */
	if (output != NULL && !outputs_claim(rules->outputs, output, &is_other))
		output->is_owner = false;
	return output != NULL;
}

static bool has_bounds(const struct origin *o, const struct hist *h)
{
	struct hist made = {
		.buckets = o->spread->bound_count, .upper = o->spread->bounds};

	return hist_same_bounds(&made, h);
}

/* Room for the bounds of h. */
static bool take_bounds(
	struct origin_spread *spread, struct pool *pool, const struct hist *h)
{
	if (h->buckets <= spread->bound_room)
		return true;
	double *bounds = pool_array(
		pool, spread->bounds, spread->bound_room, h->buckets, sizeof(*bounds));
	if (bounds == NULL)
		return false;
	spread->bounds = bounds;
	spread->bound_room = (uint32_t)h->buckets;
	return true;
}

/* One output for each bound of h: those of other bounds end. */
static bool follow_bounds(struct origin *o, const struct origin_rules *rules,
	const struct hist *h, struct err *e)
{
	struct origin_spread *spread = o->spread;
	bool done = true;

	if (has_bounds(o, h))
		return true;
	if (!take_bounds(spread, rules->pool, h) ||
		!take_outputs(o, rules->pool, h->buckets))
		return err_set(e, ERR_MEMORY, "no memory");
	for (size_t i = spread->bound_from; i < o->output_count; i++) {
		struct output *output = outputs_of(o)[i];

		o->has_retired = true;
		output->is_retired = true;
		output->has_value = false;
		outputs_release(output);
	}
	spread->bound_from = o->output_count;
	spread->bound_count = (uint32_t)h->buckets;
	if (h->buckets > 0)
		memcpy(spread->bounds, h->upper, h->buckets * sizeof(*h->upper));
	/* after one that cannot be named there are no others */
	for (size_t i = 0; done && i < h->buckets; i++)
		done = add_bound_output(o, rules, h, i, e);
	return done;
}

/* How many there are of the bounds that follow_bounds() followed last. */
static size_t bound_outputs(const struct origin *o)
{
	return o->output_count - o->spread->bound_from;
}

void origin_tidy(struct origin *o, const struct origin_rules *rules)
{
	struct output **outputs = outputs_of(o);
	uint32_t kept = 0, before = 0;

	o->has_retired = false;
	for (size_t i = 0; i < o->output_count; i++) {
		struct output *output = outputs[i];

		if (output->is_retired && !output->was_sent) {
			before += i < o->spread->bound_from;
			outputs_drop(rules->outputs, output);
		} else {
			o->has_retired |= output->is_retired;
			outputs[kept++] = output;
		}
	}
	o->output_count = kept;
	o->spread->bound_from -= before;
}

/* ---- values ---- */

static void set_gauge(struct output *output, double value)
{
	output->value = value;
	output->has_value = !isnan(value);
}

static void set_total(struct origin *o, struct output *output,
	const struct origin_rules *rules, const struct page_context *page)
{
	int64_t derive;

	output->is_new = !o->has_total && page->has_before;
	rules->outputs->has_new |= output->is_new;
	o->has_total = true;
	output->value = o->total * o->scale;
	output->has_value = output->value >= 0 && counter_derive(output->value, &derive);
}

static bool is_usable(const struct member *m)
{
	return m->is_present && !m->is_outdone;
}

static void compute_counter(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page)
{
	for (size_t i = 0; i < o->member_count; i++)
		if (is_usable(origin_members(o)[i]))
			o->total += origin_members(o)[i]->increase;
	set_total(o, outputs_of(o)[0], rules, page);
}

/* 2^63 and 2^64 stand for "no limit" (controller-runtime's families; trap 16). */
static double without_sentinel(double value)
{
	bool is_sentinel = (value >= 0x1p63 && value <= 0x1p63) ||
			   (value >= 0x1p64 && value <= 0x1p64);

	return is_sentinel ? (double)NAN : value;
}

static void compute_gauge(struct origin *o)
{
	double sum = 0;

	for (size_t i = 0; i < o->member_count; i++)
		if (is_usable(origin_members(o)[i]))
			sum += without_sentinel(origin_members(o)[i]->value);
	set_gauge(outputs_of(o)[0], sum);
}

/* Members share their bounds, so those of a sum of unequal ones are its own. */
static bool add_delta(
	struct origin *o, const struct hist *delta, const struct page_context *page)
{
	struct hist *sum = &o->spread->delta;

	if (sum->buckets > 0 && !hist_same_bounds(sum, delta)) {
		double *upper = arena_array(page->arena, sum->buckets, sizeof(*upper));

		if (upper == NULL)
			return false;
		memcpy(upper, sum->upper, sum->buckets * sizeof(*upper));
		sum->upper = upper;
	}
	hist_merge(sum, delta);
	return true;
}

/* Sums the increases over the members; none if one of them has none. False: no memory. */
static bool sum_members(struct origin *o, const struct page_context *page)
{
	struct hist *delta = &o->spread->delta;
	bool is_first = true;

	*delta = (struct hist){.count = (double)NAN};
	for (size_t i = 0; i < o->member_count; i++) {
		struct member *m = origin_members(o)[i];

		if (!is_usable(m))
			continue;
		o->total += m->increase;
		if (!m->has_increase || !page->has_before) {
			*delta = (struct hist){.count = (double)NAN};
			is_first = false;
		} else if (is_first) {
			*delta = m->distribution->delta;
			is_first = false;
		} else if (!add_delta(o, &m->distribution->delta, page)) {
			return false;
		}
	}
	return true;
}

/* The same of their native buckets, if all of them have such. */
static void sum_natives(struct origin *o, const struct page_context *page)
{
	const struct native *sum = NULL;

	o->spread->native = NULL;
	if (isnan(o->spread->delta.count))
		return;
	for (size_t i = 0; i < o->member_count; i++) {
		const struct member *m = origin_members(o)[i];

		if (!is_usable(m))
			continue;
		const struct native *delta = m->distribution->native_delta;
		if (delta == NULL)
			return;
		if (sum == NULL) {
			sum = delta;
			continue;
		}
		struct native *both = arena_alloc(page->arena, sizeof(*both));
		if (both == NULL || !native_add(sum, delta, page->arena, both))
			return;
		sum = both;
	}
	o->spread->native = sum;
}

/* Sets one output for each percentile; returns the next one. */
static struct output **set_quantiles(
	struct origin *o, const struct origin_rules *rules, struct output **output)
{
	const struct native *native = o->spread->native;
	struct hist_walk walk = hist_walk(&o->spread->delta);

	for (size_t i = 0; i < rules->percentile_count; i++) {
		double q = rules->percentiles[i].q;

		set_gauge(*output++, native != NULL ? native_quantile(native, q)
						    : hist_walk_quantile(&walk, q));
	}
	return output;
}

/* In the order of name_distribution(). */
static void set_distribution(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page)
{
	struct output **output = outputs_of(o);

	if ((o->sends & FAMILY_MEAN) != 0)
		set_gauge(*output++, hist_mean(&o->spread->delta));
	if (sends_quantiles(o))
		output = set_quantiles(o, rules, output);
	if ((o->sends & FAMILY_COUNT) != 0)
		set_total(o, *output, rules, page);
}

static bool set_buckets(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page, struct err *e)
{
	const struct origin_spread *spread = o->spread;
	const struct hist *delta = &spread->delta;
	double seconds = (double)(page->time_ms - spread->since_ms) / 1000, below = 0;

	if (!o->has_buckets || o->has_no_buckets || delta->buckets == 0)
		return true;
	if (!follow_bounds(o, rules, delta, e))
		return false;
	for (size_t i = 0; i < bound_outputs(o); i++) {
		double count = delta->cumulative[i] - below;

		set_gauge(
			outputs_of(o)[spread->bound_from + i], fmax(count, 0) / seconds);
		below = fmax(delta->cumulative[i], below);
	}
	return true;
}

/* The quantiles that a summary brings itself. */
static bool set_own_quantiles(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page, struct err *e)
{
	const struct distribution *d = origin_members(o)[0]->distribution;
	struct hist bounds = {.buckets = d->part_count};

	if ((o->sends & FAMILY_QUANTILES) == 0 || d->bounds == NULL)
		return true;
	bounds.upper = d->bounds->at;
	if (!follow_bounds(o, rules, &bounds, e))
		return false;
	for (size_t i = 0; i < bound_outputs(o); i++)
		set_gauge(outputs_of(o)[o->spread->bound_from + i],
			page->values[d->slots[i]]);
	return true;
}

static const struct member *with_role(const struct origin *o, enum family_role role)
{
	struct member *const *members = origin_members(o);

	for (size_t i = 0; i < o->member_count; i++)
		if (members[i]->family->role == role && members[i]->is_present)
			return members[i];
	return NULL;
}

/* Increases of all members of that role together. */
static double increase_of(const struct origin *o, enum family_role role)
{
	struct member *const *members = origin_members(o);
	double sum = 0;

	for (size_t i = 0; i < o->member_count; i++)
		if (members[i]->family->role == role && members[i]->is_present)
			sum += members[i]->increase;
	return sum;
}

static double share(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : (double)NAN;
}

/* A gauge; 0 where it is absent or has no value. */
static double value_or_zero(const struct member *m)
{
	double value = m != NULL ? without_sentinel(m->value) : 0;

	return isnan(value) ? 0 : value;
}

/* Share of worker time used: naming.md 3.5, with its R and W. */
static double busy(struct origin *o, const struct page_context *page)
{
	const struct member *work = with_role(o, ROLE_WORK);
	const struct member *active = with_role(o, ROLE_ACTIVE_WORKERS);
	double max = value_or_zero(with_role(o, ROLE_MAX_WORKERS));
	double unfinished = value_or_zero(with_role(o, ROLE_UNFINISHED));

	if (work == NULL)
		return (double)NAN;
	if (active != NULL && !(active->value > 0))
		unfinished = 0;
	double all = work->distribution->sum_total + unfinished; /* W */
	if (isnan(o->total)) {
		o->total = all;
		return (double)NAN;
	}
	if (work->is_first_sight)
		o->total = page->has_before ? 0 : all;
	else if (work->was_reset)
		o->total = work->distribution->sum_total_before;
	if (!page->has_before || !(max > 0))
		return (double)NAN;
	double room = (double)(page->time_ms - page->before_ms) / 1000 * max;
	double reported = fmin(fmax(all, o->total), o->total + room);
	double used = reported - o->total;
	o->total = reported;
	return share(used, room);
}

static double uptime(const struct origin *o, const struct page_context *page)
{
	double ms = rint((double)page->time_ms - origin_members(o)[0]->value * 1000);

	return fmax(ms, 0) / 1000;
}

/* Is any of its members on this page? */
static void look(struct origin *o, const struct page_context *page)
{
	if (o->seen_number != 0)
		o->starts_anew = false;
	o->is_present = false;
	for (size_t i = 0; i < o->member_count; i++)
		o->is_present |= origin_members(o)[i]->is_present;
	if (!o->is_present)
		return;
	if (o->spread != NULL) {
		o->spread->since_ms =
			o->seen_number != 0 ? o->spread->seen_ms : page->before_ms;
		o->spread->seen_ms = page->time_ms;
	}
	o->seen_number = page->number;
}

void origin_start_anew(struct origin *o)
{
	o->total = 0;
	o->has_total = false;
	o->seen_number = 0;
	o->starts_anew = true;
	for (size_t i = 0; i < o->member_count; i++)
		member_forget(origin_members(o)[i]);
}

static bool has_usable(const struct origin *o)
{
	for (size_t i = 0; i < o->member_count; i++)
		if (is_usable(origin_members(o)[i]))
			return true;
	return false;
}

static bool compute(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page, struct err *e)
{
	switch (o->kind) {
	case ORIGIN_COUNTER:
		compute_counter(o, rules, page);
		break;
	case ORIGIN_GAUGE:
		compute_gauge(o);
		break;
	case ORIGIN_UPTIME:
		set_gauge(outputs_of(o)[0], uptime(o, page));
		break;
	case ORIGIN_ERROR_RATIO:
		if (page->has_before)
			set_gauge(outputs_of(o)[0],
				share(increase_of(o, ROLE_RECONCILE_ERRORS),
					increase_of(o, ROLE_RECONCILES)));
		break;
	case ORIGIN_BUSY:
		set_gauge(outputs_of(o)[0], busy(o, page));
		break;
	case ORIGIN_GC_CPU:
		if (page->has_before && with_role(o, ROLE_GC_CPU) != NULL)
			set_gauge(outputs_of(o)[0],
				share(increase_of(o, ROLE_GC_CPU),
					increase_of(o, ROLE_TOTAL_CPU)));
		break;
	case ORIGIN_HISTOGRAM:
		if (!sum_members(o, page))
			return err_set(e, ERR_MEMORY, "no memory");
		sum_natives(o, page);
		set_distribution(o, rules, page);
		return set_buckets(o, rules, page, e);
	case ORIGIN_SUMMARY:
		if (!sum_members(o, page))
			return err_set(e, ERR_MEMORY, "no memory");
		set_distribution(o, rules, page);
		return set_own_quantiles(o, rules, page, e);
	}
	return true;
}

double origin_stamp(const struct origin *o)
{
	double last = -HUGE_VAL;

	for (size_t i = 0; i < o->member_count; i++) {
		const struct member *m = origin_members(o)[i];

		if (is_usable(m) && isnan(m->stamp_seconds))
			return (double)NAN;
		if (is_usable(m) && m->stamp_seconds > last)
			last = m->stamp_seconds;
	}
	return last;
}

void origin_withhold(struct origin *o)
{
	for (size_t i = 0; i < o->output_count; i++)
		outputs_of(o)[i]->has_value = false;
}

static void forget_delta(struct origin *o)
{
	if (o->spread != NULL)
		o->spread->delta = (struct hist){.count = (double)NAN};
}

/* controller-runtime v0.1 has microseconds under names that say seconds: no durations. */
static void withhold(struct origin *o)
{
	for (size_t i = 0; i < o->output_count; i++)
		if (outputs_of(o)[i]->kind == METRIC_GAUGE)
			outputs_of(o)[i]->has_value = false;
	forget_delta(o);
}

bool origin_compute(struct origin *o, const struct origin_rules *rules,
	const struct page_context *page, struct err *e)
{
	look(o, page);
	for (size_t i = 0; i < o->output_count; i++)
		outputs_of(o)[i]->has_value = false;
	forget_delta(o);
	if (o->output_count == 0 || !has_usable(o))
		return true;
	bool done = compute(o, rules, page, e);
	if (o->is_wrong_in_v01 && page->is_v01)
		withhold(o);
	if (o->is_left_out)
		origin_withhold(o);
	return done;
}
