#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operatorstat/model_inside.h"

/* Values that the model remembers by their identifier; more only if a view asks for all
 * of a huge page, which raw series are for. */
#define NUMBERS_MAX 100000

/* ---- which value is which figure ---- */

enum how { AS_COUNTER, AS_GAUGE, AS_SHARE };

/* A value that matches type, what and detail (a glob; NULL: whatever it is) is a figure.
 * Of those with a detail the first counts, and if its field is MODEL_FIELDS that is none.
 */
struct use {
	const char *type, *what, *detail;
	enum model_scope scope;
	enum model_field field;
	enum how how;
};

#define LATENCY(what, scope, FIELD)                                                      \
	{"latency", what, "average", scope, MODEL_##FIELD##_MEAN, AS_GAUGE},             \
		{"latency", what, "percentile_50", scope, MODEL_##FIELD##_P50,           \
			AS_GAUGE},                                                       \
		{"latency", what, "percentile_90", scope, MODEL_##FIELD##_P90,           \
			AS_GAUGE},                                                       \
	{                                                                                \
		"latency", what, "percentile_99", scope, MODEL_##FIELD##_P99, AS_GAUGE   \
	}

static const struct use uses[] = {
	{"total_operations", "reconcile", NULL, MODEL_CONTROLLER, MODEL_RECONCILES,
		AS_COUNTER},
	{"total_operations", "reconcile", "success", MODEL_CONTROLLER, MODEL_SUCCESS,
		AS_COUNTER},
	{"total_operations", "reconcile", "requeue", MODEL_CONTROLLER, MODEL_REQUEUE,
		AS_COUNTER},
	{"total_operations", "reconcile", "requeue_after", MODEL_CONTROLLER,
		MODEL_REQUEUE_AFTER, AS_COUNTER},
	{"errors", "reconcile", NULL, MODEL_CONTROLLER, MODEL_ERRORS, AS_COUNTER},
	{"errors", "terminal", NULL, MODEL_CONTROLLER, MODEL_TERMINAL, AS_COUNTER},
	{"errors", "panic", NULL, MODEL_CONTROLLER, MODEL_PANICS, AS_COUNTER},
	{"errors", "timeout", NULL, MODEL_CONTROLLER, MODEL_TIMEOUTS, AS_COUNTER},
	{"threads", "active", NULL, MODEL_CONTROLLER, MODEL_WORKERS, AS_GAUGE},
	{"threads", "max", NULL, MODEL_CONTROLLER, MODEL_WORKERS_MAX, AS_GAUGE},
	{"percent", "busy", NULL, MODEL_CONTROLLER, MODEL_BUSY, AS_SHARE},
	LATENCY("reconcile", MODEL_CONTROLLER, RECONCILE),
	LATENCY("queue", MODEL_CONTROLLER, QUEUE),
	LATENCY("work", MODEL_CONTROLLER, WORK),
	{"queue_length", "depth", NULL, MODEL_CONTROLLER, MODEL_DEPTH, AS_GAUGE},
	{"total_operations", "add", NULL, MODEL_CONTROLLER, MODEL_ADDS, AS_COUNTER},
	{"total_operations", "retry", NULL, MODEL_CONTROLLER, MODEL_RETRIES, AS_COUNTER},
	{"duration", "unfinished", NULL, MODEL_CONTROLLER, MODEL_UNFINISHED, AS_GAUGE},
	{"duration", "longest_running", NULL, MODEL_CONTROLLER, MODEL_LONGEST, AS_GAUGE},
	{"http_response_codes", "api", NULL, MODEL_METHOD, MODEL_API_REQUESTS,
		AS_COUNTER},
	{"http_response_codes", "api", "2??", MODEL_METHOD, MODEL_API_2XX, AS_COUNTER},
	{"http_response_codes", "api", "3??", MODEL_METHOD, MODEL_API_3XX, AS_COUNTER},
	{"http_response_codes", "api", "404", MODEL_METHOD, MODEL_API_404, AS_COUNTER},
	{"http_response_codes", "api", "409", MODEL_METHOD, MODEL_API_409, AS_COUNTER},
	{"http_response_codes", "api", "429", MODEL_METHOD, MODEL_API_429, AS_COUNTER},
	{"http_response_codes", "api", "4??", MODEL_METHOD, MODEL_API_4XX, AS_COUNTER},
	{"http_response_codes", "api", "5??", MODEL_METHOD, MODEL_API_5XX, AS_COUNTER},
	{"http_response_codes", "api", "*", MODEL_METHOD, MODEL_API_NONE, AS_COUNTER},
	{"total_operations", "api_retry", NULL, MODEL_METHOD, MODEL_API_RETRIES,
		AS_COUNTER},
	LATENCY("api_request", MODEL_METHOD, API),
	LATENCY("api_throttle", MODEL_METHOD, THROTTLE),
	{"http_response_codes", "webhook", NULL, MODEL_WEBHOOK, MODEL_WEBHOOK_REQUESTS,
		AS_COUNTER},
	{"http_response_codes", "webhook", "2??", MODEL_WEBHOOK, MODEL_FIELDS,
		AS_COUNTER},
	{"http_response_codes", "webhook", "succeeded", MODEL_WEBHOOK, MODEL_FIELDS,
		AS_COUNTER},
	{"http_response_codes", "webhook", "*", MODEL_WEBHOOK, MODEL_WEBHOOK_FAILED,
		AS_COUNTER},
	LATENCY("webhook", MODEL_WEBHOOK, WEBHOOK),
	{"pending_operations", "webhook", NULL, MODEL_WEBHOOK, MODEL_WEBHOOK_IN_FLIGHT,
		AS_GAUGE},
	{"errors", "webhook_panic", NULL, MODEL_OPERATOR, MODEL_WEBHOOK_PANICS,
		AS_COUNTER},
	{"errors", "conversion_webhook_panic", NULL, MODEL_OPERATOR, MODEL_WEBHOOK_PANICS,
		AS_COUNTER},
	{"gauge", "leader", NULL, MODEL_OPERATOR, MODEL_LEADER, AS_GAUGE},
	{"memory", "resident", NULL, MODEL_OPERATOR, MODEL_RSS, AS_GAUGE},
	{"memory", "virtual", NULL, MODEL_OPERATOR, MODEL_VIRTUAL, AS_GAUGE},
	{"memory", "heap_alloc", NULL, MODEL_OPERATOR, MODEL_HEAP, AS_GAUGE},
	{"memory", "heap_inuse", NULL, MODEL_OPERATOR, MODEL_HEAP_INUSE, AS_GAUGE},
	{"memory", "next_gc", NULL, MODEL_OPERATOR, MODEL_NEXT_GC, AS_GAUGE},
	{"memory", "sys", NULL, MODEL_OPERATOR, MODEL_SYS, AS_GAUGE},
	{"threads", "goroutines", NULL, MODEL_OPERATOR, MODEL_GOROUTINES, AS_GAUGE},
	{"threads", "os", NULL, MODEL_OPERATOR, MODEL_THREADS, AS_GAUGE},
	{"file_handles", "open", NULL, MODEL_OPERATOR, MODEL_FDS, AS_GAUGE},
	{"file_handles", "max", NULL, MODEL_OPERATOR, MODEL_FDS_MAX, AS_GAUGE},
	{"total_time_in_ms", "cpu", NULL, MODEL_OPERATOR, MODEL_CPU, AS_COUNTER},
	{"total_operations", "gc", NULL, MODEL_OPERATOR, MODEL_GCS, AS_COUNTER},
	{"latency", "gc_pause", "average", MODEL_OPERATOR, MODEL_GC_PAUSE_MEAN, AS_GAUGE},
	{"latency", "gc_pause", "percentile_50", MODEL_OPERATOR, MODEL_GC_PAUSE_P50,
		AS_GAUGE},
	{"latency", "gc_pause", "percentile_99", MODEL_OPERATOR, MODEL_GC_PAUSE_P99,
		AS_GAUGE},
	{"latency", "scheduler", "percentile_50", MODEL_OPERATOR, MODEL_SCHED_P50,
		AS_GAUGE},
	{"latency", "scheduler", "percentile_99", MODEL_OPERATOR, MODEL_SCHED_P99,
		AS_GAUGE},
	{"percent", "gc_cpu", NULL, MODEL_OPERATOR, MODEL_GC_CPU, AS_SHARE},
	{"uptime", "process", NULL, MODEL_OPERATOR, MODEL_UPTIME, AS_GAUGE},
	{"total_operations", "certificate_read", NULL, MODEL_OPERATOR, MODEL_CERT_READS,
		AS_COUNTER},
	{"errors", "certificate_read", NULL, MODEL_OPERATOR, MODEL_CERT_ERRORS,
		AS_COUNTER},
	{"gauge", "certificate_days", NULL, MODEL_OPERATOR, MODEL_CERT_DAYS, AS_GAUGE},
	{"gauge", "token_days", NULL, MODEL_OPERATOR, MODEL_TOKEN_DAYS, AS_GAUGE},
};

static const struct {
	const char *what;
	enum model_scope scope;
	enum model_hist hist;
} hists[] = {
	{"reconcile", MODEL_CONTROLLER, MODEL_HIST_RECONCILE},
	{"queue", MODEL_CONTROLLER, MODEL_HIST_QUEUE},
	{"work", MODEL_CONTROLLER, MODEL_HIST_WORK},
	{"api_request", MODEL_METHOD, MODEL_HIST_API},
	{"api_throttle", MODEL_METHOD, MODEL_HIST_THROTTLE},
	{"webhook", MODEL_WEBHOOK, MODEL_HIST_WEBHOOK},
	{"gc_pause", MODEL_OPERATOR, MODEL_HIST_GC_PAUSE},
	{"scheduler", MODEL_OPERATOR, MODEL_HIST_SCHEDULER},
};

/* ---- rows and tracks ---- */

static char *copy(struct str s)
{
	char *at = malloc(s.len + 1);

	if (at == NULL)
		return NULL;
	memcpy(at, s.at, s.len);
	at[s.len] = '\0';
	return at;
}

/* Room for one more pointer in an array that doubles. */
static bool make_room(void **array, size_t *size, size_t count, size_t each)
{
	size_t more = *size == 0 ? 8 : *size * 2;

	if (count < *size)
		return true;
	void *at = reallocarray(*array, more, each);

	if (at == NULL)
		return false;
	*array = at;
	*size = more;
	return true;
}

static struct entity *entity_new(
	enum model_scope scope, struct str operator, struct str name)
{
	struct entity *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->operator= copy(operator);
	e->name = copy(name);
	if (e->operator== NULL || e->name == NULL) {
		free(e->operator);
		free(e->name);
		free(e);
		return NULL;
	}
	e->row.scope = scope;
	e->row.operator= e->operator;
	e->row.name = e->name;
	return e;
}

static struct entity *operator_new(struct str instance)
{
	struct entity *e = entity_new(MODEL_OPERATOR, instance, STR(""));

	if (e == NULL)
		return NULL;
	e->parent = e;
	e->inside = calloc(1, sizeof(*e->inside));
	if (e->inside != NULL)
		e->inside->elapsed = history_new(HISTORY_SUM);
	if (e->inside == NULL || e->inside->elapsed == NULL) {
		free(e->inside);
		free(e->operator);
		free(e->name);
		free(e);
		return NULL;
	}
	return e;
}

struct entity *model_operator_of(struct model *m, struct str instance)
{
	if (m->latest_operator != NULL &&
		str_eq(str_of(m->latest_operator->operator), instance))
		return m->latest_operator;
	for (size_t i = 0; i < m->operator_count; i++)
		if (str_eq(str_of(m->operators[i]->operator), instance))
			return m->latest_operator = m->operators[i];
	if (!make_room((void **)&m->operators, &m->operator_size, m->operator_count,
		    sizeof(*m->operators)))
		return NULL;
	struct entity *e = operator_new(instance);

	if (e == NULL)
		return NULL;
	m->operators[m->operator_count++] = e;
	return m->latest_operator = e;
}

/* The row of a scope and name below an operator, made if there is none; the operator
 * itself for its own scope. NULL: no memory. */
static struct entity *entity_within(
	struct entity *operator, enum model_scope scope, struct str name)
{
	struct operator_inside *inside = operator->inside;

	if (scope == MODEL_OPERATOR)
		return operator;
	/* pages have the rows in the same order, family by family */
	for (size_t k = 0, i = inside->next; k < inside->count; k++, i++) {
		struct entity *e = inside->children[i % inside->count];

		if (e->row.scope == scope && str_eq(str_of(e->name), name)) {
			inside->next = i % inside->count + 1;
			return e;
		}
	}
	if (!make_room((void **)&inside->children, &inside->size, inside->count,
		    sizeof(*inside->children)))
		return NULL;
	struct entity *e = entity_new(scope, str_of(operator->operator), name);

	if (e == NULL)
		return NULL;
	e->parent = operator;
	inside->children[inside->count++] = e;
	return e;
}

/* The track of a figure, made if there is none. NULL: no memory. */
static struct track *track_of(
	struct entity *e, enum model_field field, enum history_fold fold)
{
	struct track *t = e->track[field];

	if (t != NULL)
		return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->fold = fold;
	t->latest = NAN;
	return e->track[field] = t;
}

/* Where the ceiling is met, new figures have no past. */
static void track_push(struct model *m, struct track *t, int64_t time_ms, double value)
{
	if (t->history == NULL && m->bytes < m->ceiling) {
		t->history = history_new(t->fold);
		m->bytes += t->history != NULL ? history_bytes(t->history) : 0;
	}
	if (t->history != NULL)
		history_push(t->history, time_ms, value);
}

/* ---- numbers by identifier ---- */

static void add_feed(struct number *n, struct track *track,
	struct buckets *const *instead, bool is_share)
{
	if (track == NULL || n->feed_count == COUNT(n->feeds))
		return;
	n->feeds[n->feed_count].track = track;
	n->feeds[n->feed_count].instead = instead;
	n->feeds[n->feed_count++].is_share = is_share;
}

/* Where the histogram is kept that a percentile or mean comes from. NULL: from none; the
 * mean pause of the collector is not its histogram's. */
static struct buckets *const *hist_of(const struct entity *e, const struct metric *metric)
{
	for (size_t i = 0; i < COUNT(hists); i++)
		if (str_eq(metric->type, STR("latency")) &&
			str_eq(metric->what, str_of(hists[i].what)) &&
			(hists[i].hist != MODEL_HIST_GC_PAUSE ||
				!str_eq(metric->detail, STR("average"))))
			return &e->hist[hists[i].hist];
	return NULL;
}

static void bind_use(struct number *n, const struct use *u, const struct metric *metric)
{
	enum history_fold fold = u->how == AS_GAUGE ? HISTORY_MEAN : HISTORY_SUM;

	n->entity = entity_within(n->operator, u->scope,
		u->scope == MODEL_OPERATOR ? STR("") : metric->subject);
	if (n->entity == NULL || u->field == MODEL_FIELDS)
		return;
	add_feed(n, track_of(n->entity, u->field, fold), hist_of(n->entity, metric),
		u->how == AS_SHARE);
	/* what is counted is counted for the operator too; gauges are added up behind a
	 * page */
	if (u->how == AS_COUNTER && u->scope != MODEL_OPERATOR &&
		(model_field_info(u->field)->scopes & MODEL_IN_OPERATOR) != 0)
		add_feed(n, track_of(n->operator, u->field, fold), NULL, false);
}

static void bind_number(struct number *n, const struct metric *metric)
{
	bool has_detail = false;

	for (size_t i = 0; i < COUNT(uses); i++) {
		const struct use *u = &uses[i];

		if (!str_eq(metric->what, str_of(u->what)) ||
			!str_eq(metric->type, str_of(u->type)))
			continue;
		if (u->detail != NULL) {
			if (has_detail || !str_glob(str_of(u->detail), metric->detail))
				continue;
			has_detail = true;
		}
		bind_use(n, u, metric);
	}
}

static uint64_t identifier_hash(
	const struct entity *operator, const struct metric * metric)
{
	/* an odd factor keeps the parts apart */
	uint64_t hash = str_hash(metric->type_instance) * 31 + str_hash(metric->type);

	return hash * 31 + str_hash(str_of(operator->operator));
}

static uint64_t hash_of_number(const void *owner, uint32_t i)
{
	const struct model *m = owner;

	return m->numbers[i].hash;
}

static struct number *number_new(struct model *m, struct entity *operator, uint64_t hash,
	const struct metric *metric)
{
	char *type = malloc(metric->type.len + metric->type_instance.len + 2);

	if (type == NULL)
		return NULL;
	struct number *n = &m->numbers[m->number_count];
	char *type_instance = type + metric->type.len + 1;

	memcpy(type, metric->type.at, metric->type.len);
	memcpy(type_instance, metric->type_instance.at, metric->type_instance.len);
	type[metric->type.len] = type_instance[metric->type_instance.len] = '\0';
	*n = (struct number){.hash = hash,
		.operator= operator,
		.type = type,
		.type_instance = type_instance,
		.kind = metric->kind,
		.value = NAN,
		.total = NAN};
	bind_number(n, metric);
	m->number_count++;
	return n;
}

/* NULL: no memory, or too many. */
static struct number *number_of(
	struct model *m, struct entity *operator, const struct metric * metric)
{
	uint64_t hash = identifier_hash(operator, metric);
	uint32_t i;

	if (index_find(&m->index, hash_of_number, m, hash, &i))
		return &m->numbers[i];
	if (m->number_count == NUMBERS_MAX ||
		!make_room((void **)&m->numbers, &m->number_size, m->number_count,
			sizeof(*m->numbers)))
		return NULL;
	struct number *n = number_new(m, operator, hash, metric);

	if (n != NULL &&
		!index_put(&m->index, hash_of_number, m, (uint32_t)m->number_count - 1)) {
		m->number_count--;
		free(n->type);
		return NULL;
	}
	return n;
}

/* ---- the sink ---- */

static void take_total(struct model *m, struct number *n, const struct metric *metric)
{
	const struct operator_inside *inside = n->operator->inside;
	double before = isnan(n->total) ? 0 : n->total;
	double increase = metric->total - n->total;
	bool has_increase = increase >= 0 && !inside->is_forgotten;

	for (size_t i = 0; i < n->feed_count; i++) {
		n->feeds[i].track->total += metric->total - before;
		if (has_increase)
			track_push(m, n->feeds[i].track, metric->time_ms, increase);
	}
	n->value =
		!has_increase || inside->page_ms == 0
			? NO_VALUE
			: increase * 1000 / (double)(metric->time_ms - inside->page_ms);
	n->total = metric->total;
}

static void take_gauge(struct model *m, struct number *n, const struct metric *metric)
{
	double seconds = (double)(metric->time_ms - n->operator->inside->page_ms) / 1000;

	n->value = metric->gauge;
	for (size_t i = 0; i < n->feed_count; i++) {
		struct track *t = n->feeds[i].track;

		if (n->feeds[i].instead != NULL && *n->feeds[i].instead != NULL)
			continue;
		track_push(m, t, metric->time_ms,
			n->feeds[i].is_share ? metric->gauge * seconds : metric->gauge);
		t->latest = metric->gauge;
		t->latest_ms = metric->time_ms;
	}
}

static void seen(struct entity *e, int64_t time_ms)
{
	if (e->row.first_ms == 0)
		e->row.first_ms = time_ms;
	e->row.last_ms = time_ms;
}

static void on_metric(void *ctx, const struct metric *metric)
{
	struct model *m = ctx;
	struct entity *operator= model_operator_of(m, metric->instance);
	struct number *n = operator== NULL ? NULL : number_of(m, operator, metric);

	if (n == NULL)
		return;
	if (operator->inside->host == NULL && metric->host.len> 0)
		operator->inside->host = copy(metric->host);
	operator->inside->interval_seconds = metric->interval_seconds;
	n->kind = metric->kind;
	/* the NaN that ends a gauge needs no word: it is not of the newest page any more,
	 * and what a failed scrape ends stays on the screen, with its age */
	if (metric->kind == METRIC_GAUGE && isnan(metric->gauge))
		return;
	if (metric->kind == METRIC_DERIVE)
		take_total(m, n, metric);
	else
		take_gauge(m, n, metric);
	n->time_ms = metric->time_ms;
	if (n->entity != NULL)
		seen(n->entity, metric->time_ms);
}

static void tell_of_bounds(
	struct model *m, const struct entity *e, const struct metric_histogram *h)
{
	char text[128];

	snprintf(text, sizeof(text),
		"the buckets of the times of %.*s have other bounds: they begin anew",
		STR_ARG(h->what));
	model_event_add(m, &(struct model_event){.time_ms = h->time_ms,
				   .severity = EVENT_OKAY,
				   .operator= e->operator,
				   .subject = e->name,
				   .text = text});
}

/* Histogram of a row, made anew where bounds changed. NULL: no memory, or the ceiling. */
static struct buckets *buckets_of(struct model *m, struct entity *e,
	enum model_hist which, const struct metric_histogram *h)
{
	struct buckets *b = e->hist[which];

	if (b != NULL && buckets_count(b) == h->count &&
		memcmp(buckets_bounds(b), h->upper_bound, h->count * sizeof(double)) == 0)
		return b;
	if (b != NULL)
		tell_of_bounds(m, e, h);
	buckets_free(b);
	e->hist[which] = NULL;
	if (m->bytes >= m->ceiling)
		return NULL;
	e->hist[which] = b = buckets_new(h->upper_bound, h->count);
	if (b != NULL)
		m->bytes += buckets_bytes(b);
	return b;
}

static void on_histogram(void *ctx, const struct metric_histogram *h)
{
	struct model *m = ctx;
	struct entity *operator= model_operator_of(m, h->instance);

	for (size_t i = 0; operator!= NULL && i<COUNT(hists); i++) {
		if (!str_eq(h->what, str_of(hists[i].what)) || h->count == 0)
			continue;
		struct entity *e = entity_within(operator, hists[i].scope,
			hists[i].scope == MODEL_OPERATOR ? STR("") : h->subject);
		struct buckets *b = e == NULL ? NULL : buckets_of(m, e, hists[i].hist, h);

		if (b != NULL)
			buckets_push(b, h->time_ms, h->increase, h->sum_increase,
				h->count_increase);
	}
}

static void on_event(void *ctx, const struct event *event)
{
	struct model *m = ctx;
	struct entity *operator= model_operator_of(m, event->instance);

	if (operator== NULL)
		return;
	if (event->kind == EVENT_FORGOTTEN)
		operator->inside->is_forgotten = true;
	if (event->kind == EVENT_RESTART) {
		struct track *t = track_of(operator, MODEL_RESTARTS, HISTORY_SUM);

		if (t != NULL)
			track_push(m, t, event->time_ms, 1);
	}
	model_take_event(m, event);
}

/* The gauges that an operator's rows have on this page, added up. */
static void add_up_gauges(struct model *m, struct entity *operator, int64_t page_ms)
{
	const struct operator_inside *inside = operator->inside;

	for (enum model_field f = 0; f < MODEL_FIELDS; f++) {
		const struct model_field_info *info = model_field_info(f);
		double sum = NAN;

		if (info->kind != MODEL_GAUGE ||
			(info->scopes & MODEL_IN_OPERATOR) == 0 ||
			(info->scopes & (MODEL_IN_CONTROLLER | MODEL_IN_WEBHOOK)) == 0)
			continue;
		for (size_t i = 0; i < inside->count; i++) {
			const struct track *t = inside->children[i]->track[f];

			if (t != NULL && t->latest_ms == page_ms)
				sum = isnan(sum) ? t->latest : sum + t->latest;
		}
		struct track *t = isnan(sum) ? NULL : track_of(operator, f, HISTORY_MEAN);

		if (t == NULL)
			continue;
		track_push(m, t, page_ms, sum);
		t->latest = sum;
		t->latest_ms = page_ms;
	}
}

static void put_gauge(struct model *m, struct entity *e, enum model_field field,
	int64_t time_ms, double value)
{
	struct track *t = track_of(e, field, HISTORY_MEAN);

	if (t == NULL)
		return;
	track_push(m, t, time_ms, value);
	t->latest = value;
	t->latest_ms = time_ms;
}

static void take_page(struct model *m, struct entity *operator, const struct attempt * a)
{
	struct operator_inside *inside = operator->inside;
	struct track *bad = track_of(operator, MODEL_BAD_LINES, HISTORY_SUM);
	int64_t newest_ms = history_newest_ms(m->pages);

	if (inside->page_ms != 0 && !inside->is_forgotten && a->time_ms > inside->page_ms)
		history_push(inside->elapsed, a->time_ms,
			(double)(a->time_ms - inside->page_ms) / 1000);
	add_up_gauges(m, operator, a->time_ms);
	put_gauge(m, operator, MODEL_PAGE_BYTES, a->time_ms, (double)a->page_bytes);
	put_gauge(m, operator, MODEL_SAMPLES, a->time_ms, (double)a->samples);
	if (bad != NULL) {
		bad->total += (double)a->bad_lines;
		track_push(m, bad, a->time_ms, (double)a->bad_lines);
	}
	history_push(m->pages, a->time_ms > newest_ms ? a->time_ms : newest_ms, 1);
	inside->page_ms = a->time_ms;
	inside->is_forgotten = false;
	seen(operator, a->time_ms);
}

/* ---- the ceiling ---- */

static size_t entity_bytes(const struct entity *e)
{
	size_t bytes = sizeof(*e);

	for (size_t f = 0; f < MODEL_FIELDS; f++)
		if (e->track[f] != NULL && e->track[f]->history != NULL)
			bytes += history_bytes(e->track[f]->history);
	for (size_t i = 0; i < MODEL_HISTS; i++)
		if (e->hist[i] != NULL)
			bytes += buckets_bytes(e->hist[i]);
	return bytes;
}

static bool entity_drop_minute(struct entity *e)
{
	bool dropped = false;

	for (size_t f = 0; f < MODEL_FIELDS; f++)
		if (e->track[f] != NULL && e->track[f]->history != NULL)
			dropped |= history_drop_minute(e->track[f]->history);
	for (size_t i = 0; i < MODEL_HISTS; i++)
		if (e->hist[i] != NULL)
			dropped |= buckets_drop_minute(e->hist[i]);
	return dropped;
}

static size_t count_bytes(const struct model *m)
{
	size_t bytes = sizeof(*m) + m->number_size * sizeof(*m->numbers) +
		       m->index.room * sizeof(*m->index.at);

	for (size_t i = 0; i < m->operator_count; i++) {
		const struct operator_inside *inside = m->operators[i]->inside;

		bytes += entity_bytes(m->operators[i]) + history_bytes(inside->elapsed);
		for (size_t k = 0; k < inside->count; k++)
			bytes += entity_bytes(inside->children[k]);
	}
	return bytes;
}

static bool drop_minute(struct model *m)
{
	bool dropped = false;

	for (size_t i = 0; i < m->operator_count; i++) {
		struct operator_inside *inside = m->operators[i]->inside;

		dropped |= entity_drop_minute(m->operators[i]);
		dropped |= history_drop_minute(inside->elapsed);
		for (size_t k = 0; k < inside->count; k++)
			dropped |= entity_drop_minute(inside->children[k]);
	}
	return dropped;
}

/* Once a minute: the oldest seconds go, of all, until the ceiling is kept. */
static void keep_ceiling(struct model *m, int64_t time_ms)
{
	if (time_ms / 60000 == m->counted_minute)
		return;
	m->counted_minute = time_ms / 60000;
	m->bytes = count_bytes(m);
	while (m->bytes > m->ceiling && drop_minute(m))
		m->bytes = count_bytes(m);
}

static void on_end(void *ctx, const struct attempt *a)
{
	struct model *m = ctx;
	struct entity *operator= model_operator_of(m, a->instance);

	m->version++;
	m->newest_ms = a->time_ms > m->newest_ms ? a->time_ms : m->newest_ms;
	if (operator== NULL)
		return;
	struct operator_inside *inside = operator->inside;

	put_gauge(m, operator, MODEL_IS_UP, a->time_ms, a->is_page ? 1 : 0);
	put_gauge(m, operator, MODEL_SCRAPE_SECONDS, a->time_ms, a->duration_seconds);
	if (a->time_ms > inside->attempt_ms && inside->attempt_ms != 0)
		inside->seen_interval_seconds =
			(double)(a->time_ms - inside->attempt_ms) / 1000;
	inside->attempt_ms = a->time_ms;
	inside->status = a->status;
	inside->is_up = a->is_page;
	if (a->is_page) {
		inside->down_since_ms = 0;
		err_ok(&inside->error);
		take_page(m, operator, a);
	} else {
		if (inside->down_since_ms == 0)
			inside->down_since_ms = a->time_ms;
		if (a->error != NULL)
			inside->error = *a->error;
	}
	keep_ceiling(m, a->time_ms);
}

struct sink model_sink(struct model *m)
{
	return (struct sink){.ctx = m,
		.metric = on_metric,
		.histogram = on_histogram,
		.event = on_event,
		.end = on_end};
}
