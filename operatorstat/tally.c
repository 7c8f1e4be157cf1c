#include "operatorstat/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/index.h"

const char *const tally_families[] = {
	"go_memstats_mallocs_total", "go_memstats_alloc_bytes_total", NULL};

/* A counter by its identifier, to tell its increase. */
struct series {
	uint64_t hash;
	double total;
	struct tally_counter *feeds[2];
};

struct tally {
	struct tally_operator **operators; /* owned array of owned */
	size_t operator_count;
	struct series *series; /* owned */
	size_t series_count, series_size;
	struct index index; /* of series */
	bool is_short;
};

/* ---- what counts for what ---- */

static const struct use {
	const char *type, *what, *detail; /* detail NULL: any */
	enum tally_counter_id counter;
	bool is_of_controller;
} uses[] = {
	{"total_operations", "reconcile", NULL, TALLY_RECONCILES, true},
	{"total_operations", "reconcile", NULL, TALLY_ALL_RECONCILES, false},
	{"errors", "reconcile", NULL, TALLY_ERRORS, true},
	{"http_response_codes", "api", NULL, TALLY_API_REQUESTS, false},
	{"http_response_codes", "api", "429", TALLY_API_429, false},
	{"total_time_in_ms", "cpu", NULL, TALLY_CPU_MS, false},
	{"derive", "go_memstats_mallocs_total", NULL, TALLY_ALLOCATIONS, false},
	{"derive", "go_memstats_alloc_bytes_total", NULL, TALLY_ALLOCATED_BYTES, false},
};

static const char *const histograms[TALLY_HISTOGRAMS] = {
	[TALLY_RECONCILE] = "reconcile",
	[TALLY_QUEUE] = "queue",
	[TALLY_WORK] = "work",
};

/* ---- rows ---- */

static bool row_name(struct tally_row *row, struct str name)
{
	row->name = strndup(name.at == NULL ? "" : name.at, name.len);
	return row->name != NULL;
}

static struct tally_operator *operator_of(struct tally *t, struct str instance)
{
	for (size_t i = 0; i < t->operator_count; i++)
		if (str_eq(str_of(t->operators[i]->row.name), instance))
			return t->operators[i];
	struct tally_operator **at = reallocarray(
		t->operators, t->operator_count + 1, sizeof(struct tally_operator *));
	struct tally_operator *operator= calloc(1, sizeof(*operator));

	if (at != NULL)
		t->operators = at;
	if (at == NULL || operator== NULL || !row_name(&operator->row, instance)) {
		free(operator);
		t->is_short = true;
		return NULL;
	}
	operator->stretch_pages = 1;
	return t->operators[t->operator_count++] = operator;
}

const struct tally_row *tally_controller(
	const struct tally_operator *operator, const char * name)
{
	for (size_t i = 0; i < operator->controller_count; i++)
		if (strcmp(operator->controllers[i]->name, name) == 0)
			return operator->controllers[i];
	return NULL;
}

static struct tally_row *controller_of(
	struct tally *t, struct tally_operator *operator, struct str name)
{
	size_t count = operator->controller_count;

	for (size_t i = 0; i < count; i++)
		if (str_eq(str_of(operator->controllers[i]->name), name))
			return operator->controllers[i];
	struct tally_row **at = reallocarray(operator->controllers, count + 1,
		sizeof(struct tally_row *));
	struct tally_row *row = calloc(1, sizeof(*row));

	if (at != NULL)
		operator->controllers = at;
	if (at == NULL || row == NULL || !row_name(row, name)) {
		free(row);
		t->is_short = true;
		return NULL;
	}
	operator->controller_count++;
	return at[count] = row;
}

/* ---- counters ---- */

static uint64_t hash_of_series(const void *owner, uint32_t i)
{
	const struct tally *t = owner;

	return t->series[i].hash;
}

static uint64_t identifier_hash(const struct metric *m)
{
	/* odd factors keep the parts apart */
	return (str_hash(m->type_instance) * 31 + str_hash(m->type)) * 31 +
	       str_hash(m->instance);
}

static void bind(struct tally *t, struct series *s, const struct metric *m)
{
	struct tally_operator *operator= operator_of(t, m->instance);
	/* of a family that a rule sends, the name is the subject */
	struct str what = m->what.len > 0 ? m->what : m->subject;
	size_t count = 0;

	for (size_t i = 0; operator!= NULL && i<sizeof(uses) / sizeof(uses[0]); i++) {
		const struct use *u = &uses[i];

		if (!str_eq(m->type, str_of(u->type)) || !str_eq(what, str_of(u->what)) ||
			(u->detail != NULL && !str_eq(m->detail, str_of(u->detail))))
			continue;
		struct tally_row *row = u->is_of_controller
						? controller_of(t, operator, m->subject)
						: &operator->row;

		if (row == NULL)
			return;
		row->counters[u->counter].is_there = true;
		s->feeds[count++] = &row->counters[u->counter];
	}
}

/* NULL: no memory. */
static struct series *series_of(struct tally *t, const struct metric *m)
{
	uint64_t hash = identifier_hash(m);
	uint32_t i;

	if (index_find(&t->index, hash_of_series, t, hash, &i))
		return &t->series[i];
	if (t->series_count == t->series_size) {
		size_t size = t->series_size * 2 + 64;
		struct series *at = reallocarray(t->series, size, sizeof(*at));

		if (at == NULL)
			return NULL;
		t->series = at;
		t->series_size = size;
	}
	struct series *s = &t->series[t->series_count];

	*s = (struct series){.hash = hash, .total = (double)NAN};
	if (!index_put(&t->index, hash_of_series, t, (uint32_t)t->series_count))
		return NULL;
	t->series_count++;
	bind(t, s, m);
	return s;
}

static void on_metric(void *ctx, const struct metric *m)
{
	struct tally *t = ctx;
	struct series *s = m->kind == METRIC_DERIVE ? series_of(t, m) : NULL;

	if (m->kind == METRIC_DERIVE && s == NULL)
		t->is_short = true;
	if (s == NULL)
		return;
	/* the running total of the plugin falls only after all was forgotten */
	for (size_t i = 0; i < 2 && s->feeds[i] != NULL; i++)
		if (m->total >= s->total)
			s->feeds[i]->page += m->total - s->total;
	s->total = m->total;
}

/* ---- histograms ---- */

static bool has_bounds(const struct tally_histogram *h, const struct metric_histogram *m)
{
	return h->buckets == m->count &&
	       memcmp(h->upper, m->upper_bound, m->count * sizeof(double)) == 0;
}

static bool histogram_start(struct tally_histogram *h, const struct metric_histogram *m)
{
	size_t buckets = m->count;
	double *at = calloc(buckets * (TALLY_STRETCHES + 2) + 2, sizeof(double));

	if (at == NULL)
		return false;
	h->buckets = buckets;
	h->upper = at;
	h->cumulative = at + buckets;
	h->page = h->cumulative + buckets * TALLY_STRETCHES;
	memcpy(h->upper, m->upper_bound, buckets * sizeof(double));
	return true;
}

static void take_histogram(
	struct tally *t, struct tally_histogram *h, const struct metric_histogram *m)
{
	if (h->buckets == 0 && !histogram_start(h, m)) {
		t->is_short = true;
		return;
	}
	h->page[h->buckets] += m->sum_increase;
	h->page[h->buckets + 1] += m->count_increase;
	if (!has_bounds(h, m)) {
		h->has_other_bounds = true;
		return;
	}
	for (size_t i = 0; i < h->buckets; i++)
		h->page[i] += m->increase[i];
}

static void on_histogram(void *ctx, const struct metric_histogram *m)
{
	struct tally *t = ctx;
	struct tally_operator *operator= operator_of(t, m->instance);
	struct tally_row *controller;

	if (operator== NULL || m->count == 0)
		return;
	if (str_eq(m->what, STR("api_throttle"))) {
		operator->row.counters[TALLY_THROTTLE_SECONDS].is_there = true;
		operator->row.counters[TALLY_THROTTLE_SECONDS].page += m->sum_increase;
	}
	for (enum tally_histogram_id i = 0; i < TALLY_HISTOGRAMS; i++) {
		if (!str_eq(m->what, str_of(histograms[i])))
			continue;
		controller = controller_of(t, operator, m->subject);
		if (controller != NULL)
			take_histogram(t, &controller->histograms[i], m);
	}
}

static void on_event(void *ctx, const struct event *e)
{
	struct tally_operator *operator= operator_of(ctx, e->instance);

	if (operator== NULL)
		return;
	operator->is_forgotten |= e->kind == EVENT_FORGOTTEN;
	operator->restarts += e->kind == EVENT_RESTART;
}

/* ---- stretches ---- */

/* What all that is kept by stretches is asked to do. */
typedef void change(double *at, double *page, void *ctx);

static void change_histogram(struct tally_histogram *h, change *do_it, void *ctx)
{
	if (h->buckets == 0)
		return;
	for (size_t i = 0; i < h->buckets; i++)
		do_it(h->cumulative + i * TALLY_STRETCHES, &h->page[i], ctx);
	do_it(h->sum, &h->page[h->buckets], ctx);
	do_it(h->count, &h->page[h->buckets + 1], ctx);
}

static void change_row(struct tally_row *row, change *do_it, void *ctx)
{
	for (enum tally_counter_id i = 0; i < TALLY_COUNTERS; i++)
		do_it(row->counters[i].at, &row->counters[i].page, ctx);
	for (enum tally_histogram_id i = 0; i < TALLY_HISTOGRAMS; i++)
		change_histogram(&row->histograms[i], do_it, ctx);
}

static void change_all(struct tally_operator *operator, change * do_it, void *ctx)
{
	change_row(&operator->row, do_it, ctx);
	for (size_t i = 0; i < operator->controller_count; i++)
		change_row(operator->controllers[i], do_it, ctx);
}

/* Two neighbours become one. */
static void halve(double *at, double *page, void *ctx)
{
	(void)page;
	(void)ctx;
	for (size_t i = 0; i < TALLY_STRETCHES / 2; i++)
		at[i] = at[2 * i] + at[2 * i + 1];
	memset(at + TALLY_STRETCHES / 2, 0, TALLY_STRETCHES / 2 * sizeof(*at));
}

/* ctx: the stretch that the page goes to; NULL: to none. */
static void put_page(double *at, double *page, void *ctx)
{
	const size_t *stretch = ctx;

	if (stretch != NULL)
		at[*stretch] += *page;
	*page = 0;
}

static void add_page(struct tally_operator *operator, double seconds)
{
	size_t full = operator->stretch_pages;

	if (operator->stretches == 0 || operator->pages_in_last == full) {
		if (operator->stretches == TALLY_STRETCHES) {
			halve(operator->seconds, NULL, NULL);
			change_all(operator, halve, NULL);
			operator->stretches /= 2;
			operator->stretch_pages *= 2;
		}
		operator->stretches++;
		operator->pages_in_last = 0;
	}
	size_t last = operator->stretches - 1;

	operator->pages_in_last++;
	operator->seconds[last] += seconds;
	change_all(operator, put_page, &last);
}

static void on_end(void *ctx, const struct attempt *a)
{
	struct tally_operator *operator= operator_of(ctx, a->instance);

	if (operator== NULL)
		return;
	if (!a->is_page) {
		operator->failures++;
		return;
	}
	/* it comes with the last of what a page has */
	if (operator->pages> 0 && !operator->is_forgotten)
		add_page(operator, (double)(a->time_ms - operator->last_ms) / 1000);
	change_all(operator, put_page, NULL);
	if (operator->pages++ == 0)
		operator->first_ms = a->time_ms;
	operator->last_ms = a->time_ms;
	operator->is_forgotten = false;
}

/* ---- the tally ---- */

struct tally *tally_new(void)
{
	return calloc(1, sizeof(struct tally));
}

struct sink tally_sink(struct tally *t)
{
	return (struct sink){t, on_metric, on_histogram, on_event, on_end};
}

bool tally_is_short(const struct tally *t)
{
	return t->is_short;
}

size_t tally_operators(const struct tally *t)
{
	return t->operator_count;
}

const struct tally_operator *tally_operator(const struct tally *t, size_t i)
{
	return t->operators[i];
}

double tally_sum(const double *at, size_t stretches)
{
	double sum = 0;

	for (size_t i = 0; i < stretches; i++)
		sum += at[i];
	return sum;
}

static void free_row(struct tally_row *row)
{
	for (enum tally_histogram_id i = 0; i < TALLY_HISTOGRAMS; i++)
		free(row->histograms[i].upper);
	free(row->name);
}

void tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->operator_count; i++) {
		struct tally_operator *operator= t->operators[i];

		for (size_t k = 0; k < operator->controller_count; k++) {
			free_row(operator->controllers[k]);
			free(operator->controllers[k]);
		}
		free(operator->controllers);
		free_row(&operator->row);
		free(operator);
	}
	free(t->operators);
	free(t->series);
	index_free(&t->index);
	free(t);
}
