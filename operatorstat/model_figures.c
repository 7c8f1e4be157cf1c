#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hist.h"
#include "operatorstat/model_inside.h"

/* How long a restart is worth a word. */
#define RECENTLY_MS (INT64_C(15) * 60000)

static const struct model_field_info infos[MODEL_FIELDS] = {
#define FIELD(id, name, scopes, kind, unit, head, help)                                  \
	[MODEL_##id] = {name, scopes, MODEL_##kind, MODEL_UNIT_##unit, head, help},
#include "operatorstat/fields.def"
};

const struct model_field_info *model_field_info(enum model_field field)
{
	return &infos[field];
}

/* ---- tracks ---- */

static struct history_span span_of(
	const struct entity *e, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	if (e->track[f] == NULL || e->track[f]->history == NULL)
		return (struct history_span){
			.sum = NAN, .min = NAN, .max = NAN, .first = NAN, .last = NAN};
	return history_span(e->track[f]->history, from_ms, to_ms);
}

struct history_span model_span(const struct model_row *row, enum model_field field,
	int64_t from_ms, int64_t to_ms)
{
	return span_of(entity_of(row), field, from_ms, to_ms);
}

static double elapsed_of(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return history_span(e->parent->inside->elapsed, from_ms, to_ms).sum;
}

/* By time: increases a second, or of shares their mean. */
static double rate_of(
	const struct entity *e, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	return span_of(e, f, from_ms, to_ms).sum / elapsed_of(e, from_ms, to_ms);
}

static double mean_of(
	const struct entity *e, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	struct history_span s = span_of(e, f, from_ms, to_ms);

	return s.sum / (double)s.count;
}

/* NaN counts as nothing, but only NaN make NaN. */
static double plus(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : a + b;
}

static double zero_if_none(double a)
{
	return isnan(a) ? 0 : a;
}

/* part of whole in per cent; none without a whole. */
static double percent(double part, double whole)
{
	return whole > 0 ? 100 * zero_if_none(part) / whole : NO_VALUE;
}

/* ---- histograms ---- */

static const struct {
	enum model_hist which;
	double q; /* 0: the mean; below 0: not of a histogram */
} quantiles[MODEL_FIELDS] = {
#define OF(FIELD)                                                                        \
	[MODEL_##FIELD##_MEAN] = {MODEL_HIST_##FIELD, 0},                                \
	[MODEL_##FIELD##_P50] = {MODEL_HIST_##FIELD, 0.5},                               \
	[MODEL_##FIELD##_P90] = {MODEL_HIST_##FIELD, 0.9},                               \
	[MODEL_##FIELD##_P99] = {MODEL_HIST_##FIELD, 0.99}
	OF(RECONCILE),
	OF(QUEUE),
	OF(WORK),
	OF(API),
	OF(THROTTLE),
	OF(WEBHOOK),
	[MODEL_GC_PAUSE_P50] = {MODEL_HIST_GC_PAUSE, 0.5},
	[MODEL_GC_PAUSE_P99] = {MODEL_HIST_GC_PAUSE, 0.99},
	[MODEL_SCHED_P50] = {MODEL_HIST_SCHEDULER, 0.5},
	[MODEL_SCHED_P99] = {MODEL_HIST_SCHEDULER, 0.99},
#undef OF
};

static bool is_of_histogram(enum model_field f)
{
	return quantiles[f].q > 0 || f == MODEL_RECONCILE_MEAN || f == MODEL_QUEUE_MEAN ||
	       f == MODEL_WORK_MEAN || f == MODEL_API_MEAN || f == MODEL_THROTTLE_MEAN ||
	       f == MODEL_WEBHOOK_MEAN;
}

static bool histogram_start(struct model_histogram *h, const struct buckets *b)
{
	size_t count = buckets_count(b);

	if (count > h->size || h->increase == NULL) {
		double *at = reallocarray(h->increase, 2 * (count + 1), sizeof(double));

		if (at == NULL)
			return false;
		h->increase = at;
		h->size = count;
	}
	h->cumulative = h->increase + count + 1;
	h->count = count;
	h->upper_bound = buckets_bounds(b);
	h->sum = 0;
	memset(h->increase, 0, (count + 1) * sizeof(double));
	return true;
}

/* Adds what a row has itself, or its rows have; bounds other than the first one's are
 * passed over. False: no memory. */
static bool histogram_add(const struct entity *e, enum model_hist which, int64_t from_ms,
	int64_t to_ms, struct model_histogram *h)
{
	const struct buckets *b = e->hist[which];

	if (b != NULL) {
		if (h->count == 0 && !histogram_start(h, b))
			return false;
		if (buckets_count(b) == h->count &&
			memcmp(buckets_bounds(b), h->upper_bound,
				h->count * sizeof(double)) == 0)
			buckets_span(b, from_ms, to_ms, h->increase, &h->sum);
	}
	for (size_t i = 0; e->inside != NULL && i < e->inside->count; i++)
		if (!histogram_add(e->inside->children[i], which, from_ms, to_ms, h))
			return false;
	return true;
}

static void histogram_finish(struct model_histogram *h)
{
	double beyond = h->increase[h->count], below = 0;

	for (size_t i = 0; i < h->count; i++)
		h->cumulative[i] = below += h->increase[i];
	h->observed = below + beyond;
}

bool model_histogram(struct model *m, const struct model_row *row, enum model_hist which,
	int64_t from_ms, int64_t to_ms, struct model_histogram *h)
{
	const struct entity *e = entity_of(row);

	h->count = 0;
	if (e != &m->all && !histogram_add(e, which, from_ms, to_ms, h))
		return false;
	for (size_t i = 0; e == &m->all && i < m->operator_count; i++)
		if (!histogram_add(m->operators[i], which, from_ms, to_ms, h))
			return false;
	if (h->count == 0)
		return false;
	histogram_finish(h);
	return true;
}

static struct hist as_hist(const struct model_histogram *h)
{
	/* hist.h reads bounds through a pointer that others write through */
	double *upper = (double *)(uintptr_t)h->upper_bound;

	return (struct hist){.buckets = h->count,
		.upper = upper,
		.cumulative = h->cumulative,
		.count = h->observed,
		.sum = h->sum};
}

double model_quantile(
	const struct model_histogram *h, double q, double *low, double *high)
{
	struct hist hist = as_hist(h);
	double lower = NAN, upper = NAN;

	(void)hist_bracket(&hist, q, &lower, &upper);
	if (low != NULL)
		*low = lower;
	if (high != NULL)
		*high = upper;
	return hist_quantile(&hist, q);
}

double model_mean(const struct model_histogram *h)
{
	struct hist hist = as_hist(h);

	return hist_mean(&hist);
}

bool model_is_beyond(const struct model_row *row, enum model_field field)
{
	const struct buckets *b = entity_of(row)->hist[quantiles[field].which];
	size_t count = b == NULL ? 0 : buckets_count(b);

	return quantiles[field].q > 0 && count >= 2 &&
	       row->value[field] >= buckets_bounds(b)[count - 2];
}

void model_histogram_free(struct model_histogram *h)
{
	free(h->increase);
	*h = (struct model_histogram){0};
}

/* ---- figures that are worked out, over (from_ms, to_ms] ---- */

/* The worst of an operator's rows, for what cannot be added up. */
static double worst_of_rows(
	const struct entity *e, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	double worst = NAN;

	for (size_t i = 0; e->inside != NULL && i < e->inside->count; i++) {
		double value = span_of(e->inside->children[i], f, from_ms, to_ms).last;

		worst = isnan(worst) || value > worst ? value : worst;
	}
	return worst;
}

static double of_histogram(const struct model_histogram *h, enum model_field f)
{
	return quantiles[f].q > 0 ? model_quantile(h, quantiles[f].q, NULL, NULL)
				  : model_mean(h);
}

/* From the row's histogram, or those of its rows; a source without histograms has
 * percentiles of its own, which cannot be merged: the newest one. */
static double of_latency(
	const struct entity *e, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	struct model_histogram h = {0};
	double value = span_of(e, f, from_ms, to_ms).last;

	if (histogram_add(e, quantiles[f].which, from_ms, to_ms, &h) && h.count > 0) {
		histogram_finish(&h);
		value = of_histogram(&h, f);
	} else if (isnan(value)) {
		value = worst_of_rows(e, f, from_ms, to_ms);
	}
	model_histogram_free(&h);
	return value;
}

static double error_percent(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return percent(span_of(e, MODEL_ERRORS, from_ms, to_ms).sum,
		span_of(e, MODEL_RECONCILES, from_ms, to_ms).sum);
}

static double api_error_percent(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return percent(plus(span_of(e, MODEL_API_5XX, from_ms, to_ms).sum,
			       span_of(e, MODEL_API_NONE, from_ms, to_ms).sum),
		span_of(e, MODEL_API_REQUESTS, from_ms, to_ms).sum);
}

static double cpu_percent(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return rate_of(e, MODEL_CPU, from_ms, to_ms) / 10; /* from ms a second */
}

static double gc_cpu_percent(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return rate_of(e, MODEL_GC_CPU, from_ms, to_ms);
}

static double restarts(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	(void)from_ms;
	return zero_if_none(span_of(e, MODEL_RESTARTS, to_ms - RECENTLY_MS, to_ms).sum);
}

static double busy_of_controller(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return rate_of(e, MODEL_BUSY, from_ms, to_ms);
}

/* Little's law: what arrives a second x how long each has a worker. */
static double workers_needed(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	double work = of_latency(e, MODEL_WORK_MEAN, from_ms, to_ms);

	return rate_of(e, MODEL_ADDS, from_ms, to_ms) * work;
}

/* Unfinished work grows by a second a second for each worker that does not come back. */
static double workers_stuck(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	struct history_span s = span_of(e, MODEL_UNFINISHED, from_ms, to_ms);
	double slope = (s.last - s.first) * 1000 / (double)(s.last_ms - s.first_ms);

	if (s.count < 2)
		return NAN;
	return slope > 0 ? round(slope) : 0;
}

static double sum_of_rows(const struct entity *e, int64_t from_ms, int64_t to_ms,
	double (*of)(const struct entity *, int64_t, int64_t))
{
	double sum = NAN;

	if (e->inside == NULL)
		return of(e, from_ms, to_ms);
	for (size_t i = 0; i < e->inside->count; i++)
		if (e->inside->children[i]->row.scope == MODEL_CONTROLLER)
			sum = plus(sum, of(e->inside->children[i], from_ms, to_ms));
	return sum;
}

static double needed(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return sum_of_rows(e, from_ms, to_ms, workers_needed);
}

static double stuck(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	return sum_of_rows(e, from_ms, to_ms, workers_stuck);
}

/* Of an operator: of the time of all its workers. */
static double busy(const struct entity *e, int64_t from_ms, int64_t to_ms)
{
	double used = NAN, workers = 0;

	if (e->inside == NULL)
		return busy_of_controller(e, from_ms, to_ms);
	for (size_t i = 0; i < e->inside->count; i++) {
		const struct entity *row = e->inside->children[i];
		double of_row = busy_of_controller(row, from_ms, to_ms);
		double max = span_of(row, MODEL_WORKERS_MAX, from_ms, to_ms).last;

		if (isnan(of_row * max))
			continue;
		used = plus(used, of_row * max);
		workers += max;
	}
	return used / workers;
}

static double (*const worked_out[MODEL_FIELDS])(
	const struct entity *, int64_t, int64_t) = {
	[MODEL_ERROR_PERCENT] = error_percent,
	[MODEL_API_ERROR_PERCENT] = api_error_percent,
	[MODEL_CPU] = cpu_percent,
	[MODEL_GC_CPU] = gc_cpu_percent,
	[MODEL_RESTARTS] = restarts,
	[MODEL_BUSY] = busy,
	[MODEL_WORKERS_NEEDED] = needed,
	[MODEL_WORKERS_STUCK] = stuck,
};

/* Without a page in the slot: that of the page whose interval covers the slot. */
static void cover(const struct entity *e, int64_t *from_ms, int64_t *to_ms)
{
	const struct operator_inside *inside = e->parent->inside;
	int64_t ahead_ms = (int64_t)(2000 * inside->interval_seconds) + 1000;

	if (history_span(inside->elapsed, *from_ms, *to_ms).count > 0)
		return;
	struct history_span s = history_span(inside->elapsed, *to_ms, *to_ms + ahead_ms);

	if (s.count > 0 && s.first_ms - 1000 - (int64_t)(s.first * 1000) < *to_ms) {
		*from_ms = s.first_ms - 1000;
		*to_ms = s.first_ms;
	}
}

static double figure(
	const struct entity *e, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	if (worked_out[f] != NULL)
		return worked_out[f](e, from_ms, to_ms);
	if (is_of_histogram(f))
		return of_latency(e, f, from_ms, to_ms);
	if (infos[f].kind == MODEL_COUNTER)
		return rate_of(e, f, from_ms, to_ms);
	return mean_of(e, f, from_ms, to_ms);
}

/* ---- of all operators ---- */

static double summed(
	const struct model *m, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	double sum = NAN;

	for (size_t i = 0; i < m->operator_count; i++) {
		int64_t from = from_ms, to = to_ms;

		cover(m->operators[i], &from, &to);
		sum = plus(sum, figure(m->operators[i], f, from, to));
	}
	return sum;
}

static double busy_of_all(const struct model *m, int64_t from_ms, int64_t to_ms)
{
	double used = NAN, workers = 0;

	for (size_t i = 0; i < m->operator_count; i++) {
		double max = figure(m->operators[i], MODEL_WORKERS_MAX, from_ms, to_ms);
		double of_operator = busy(m->operators[i], from_ms, to_ms);

		if (isnan(of_operator * max))
			continue;
		used = plus(used, of_operator * max);
		workers += max;
	}
	return used / workers;
}

static double figure_of_all(
	struct model *m, enum model_field f, int64_t from_ms, int64_t to_ms)
{
	struct model_histogram h = {0};
	double value;

	if (f == MODEL_ERROR_PERCENT)
		return percent(summed(m, MODEL_ERRORS, from_ms, to_ms),
			summed(m, MODEL_RECONCILES, from_ms, to_ms));
	if (f == MODEL_API_ERROR_PERCENT)
		return percent(plus(summed(m, MODEL_API_5XX, from_ms, to_ms),
				       summed(m, MODEL_API_NONE, from_ms, to_ms)),
			summed(m, MODEL_API_REQUESTS, from_ms, to_ms));
	if (f == MODEL_BUSY)
		return busy_of_all(m, from_ms, to_ms);
	if (!is_of_histogram(f))
		return summed(m, f, from_ms, to_ms);
	value = model_histogram(m, &m->all.row, quantiles[f].which, from_ms, to_ms, &h)
			? of_histogram(&h, f)
			: NO_VALUE;
	model_histogram_free(&h);
	return value;
}

void model_history(struct model *m, const struct model_row *row, enum model_field field,
	int64_t end_ms, int64_t slot_ms, double *out, size_t count)
{
	const struct entity *e = entity_of(row);

	for (size_t i = 0; i < count; i++) {
		int64_t to = end_ms - (int64_t)(count - 1 - i) * slot_ms,
			from = to - slot_ms;

		/* of the past nothing is shown that came later */
		if (m->look_ms != 0 && to > m->look_ms)
			to = m->look_ms;
		if (e == &m->all) {
			out[i] = figure_of_all(m, field, from, to);
			continue;
		}
		cover(e, &from, &to);
		out[i] = figure(e, field, from, to);
	}
}

/* ---- the figures of all rows ---- */

/* As of which page, over what. */
struct look {
	int64_t from_ms, at_ms;
	int64_t page_ms; /* the last one up to at_ms */
	bool is_live;
};

int64_t model_page_of(const struct model *m, const struct entity *operator)
{
	int64_t at_ms = model_time_of(m, operator);
	struct history_span s;

	if (m->look_ms == 0)
		return operator->inside->page_ms;
	s = span_of(operator, MODEL_PAGE_BYTES, at_ms - RECENTLY_MS, at_ms);
	return s.count > 0 ? s.last_ms : 0;
}

static struct look look_at(const struct model *m, const struct entity *operator)
{
	int64_t at_ms = model_time_of(m, operator), window_ms = model_window_ms(m);

	return (struct look){
		at_ms - window_ms, at_ms, model_page_of(m, operator), m->look_ms == 0};
}

/* The second that a page lies in. */
static struct history_span span_of_page(
	const struct entity *e, enum model_field f, int64_t page_ms)
{
	return span_of(e, f, page_ms - page_ms % 1000 - 1, page_ms);
}

static double gauge_as_seen(
	const struct entity *e, enum model_field f, const struct look *look)
{
	const struct track *t = e->track[f];

	if (t == NULL)
		return NAN;
	if (!look->is_live)
		return span_of_page(e, f, look->page_ms).last;
	return t->latest_ms >= look->page_ms ? t->latest : NO_VALUE;
}

static void put_counter(struct entity *e, enum model_field f, const struct look *look)
{
	const struct track *t = e->track[f];

	e->row.total[f] = e->row.last[f] = NAN;
	if (t == NULL)
		return;
	e->row.total[f] = t->total;
	if (!look->is_live)
		e->row.total[f] -=
			zero_if_none(span_of(e, f, look->at_ms, INT64_MAX).sum);
	e->row.last[f] = span_of_page(e, f, look->page_ms).sum;
}

static void work_out_row(struct entity *e, const struct look *look)
{
	unsigned int scope = 1U << e->row.scope;

	for (enum model_field f = 0; f < MODEL_FIELDS; f++) {
		const struct model_field_info *info = &infos[f];

		e->row.value[f] = e->row.total[f] = e->row.last[f] = NAN;
		if ((info->scopes & scope) == 0)
			continue;
		if (info->kind == MODEL_COUNTER)
			put_counter(e, f, look);
		if (info->kind == MODEL_GAUGE)
			e->row.value[f] = gauge_as_seen(e, f, look);
		else
			e->row.value[f] = figure(e, f, look->from_ms, look->at_ms);
	}
}

static void work_out_all(struct model *m)
{
	int64_t at_ms = model_at_ms(m), from_ms = at_ms - model_window_ms(m);
	struct model_row *row = &m->all.row;

	for (enum model_field f = 0; f < MODEL_FIELDS; f++) {
		row->value[f] = row->total[f] = row->last[f] = NAN;
		if ((infos[f].scopes & MODEL_IN_ALL) == 0)
			continue;
		for (size_t i = 0; i < m->operator_count; i++) {
			const struct model_row *operator= & m->operators[i]->row;

			row->total[f] = plus(row->total[f], operator->total[f]);
			row->last[f] = plus(row->last[f], operator->last[f]);
			if (infos[f].kind == MODEL_GAUGE)
				row->value[f] = plus(row->value[f], operator->value[f]);
		}
		if (infos[f].kind != MODEL_GAUGE)
			row->value[f] = figure_of_all(m, f, from_ms, at_ms);
	}
}

void model_work_out(struct model *m)
{
	if (m->worked_out == m->version)
		return;
	for (size_t i = 0; i < m->operator_count; i++) {
		struct entity *operator= m->operators[i];
		struct look look = look_at(m, operator);

		work_out_row(operator, & look);
		for (size_t k = 0; k < operator->inside->count; k++)
			work_out_row(operator->inside->children[k], &look);
	}
	work_out_all(m);
	m->worked_out = m->version;
}
