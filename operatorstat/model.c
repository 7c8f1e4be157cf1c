#include "operatorstat/model.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/naming.h"
#include "operatorstat/model_inside.h"

struct model *model_new(size_t bytes)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->pages = history_new(HISTORY_SUM);
	if (m->pages == NULL) {
		free(m);
		return NULL;
	}
	m->ceiling = bytes;
	m->window_ms = 60000;
	m->version = 1;
	m->all.row.scope = MODEL_ALL;
	m->all.row.operator= m->all.row.name = "";
	return m;
}

/* ---- time ---- */

void model_look(struct model *m, int64_t at_ms, int64_t window_ms)
{
	if (m->look_ms == at_ms && m->window_ms == window_ms)
		return;
	m->look_ms = at_ms;
	m->window_ms = window_ms;
	m->version++;
}

void model_clock(struct model *m, int64_t now_ms)
{
	m->now_ms = now_ms;
}

void model_baseline(struct model *m, int64_t at_ms)
{
	m->baseline_ms = at_ms;
	m->version++;
}

int64_t model_at_ms(const struct model *m)
{
	return m->look_ms != 0 ? m->look_ms : m->newest_ms;
}

int64_t model_time_of(const struct model *m, const struct entity *e)
{
	int64_t page_ms = e->parent->inside->page_ms;

	return m->look_ms != 0 ? m->look_ms : page_ms != 0 ? page_ms : m->newest_ms;
}

int64_t model_window_ms(const struct model *m)
{
	int64_t since_ms = m->baseline_ms != 0 ? m->baseline_ms : model_first_ms(m);
	int64_t at_ms = model_at_ms(m);

	if (m->window_ms != 0)
		return m->window_ms;
	return at_ms > since_ms ? at_ms - since_ms : 1;
}

int64_t model_first_ms(const struct model *m)
{
	struct history_span s = history_span(m->pages, 0, history_newest_ms(m->pages));

	return s.count == 0 ? 0 : s.first_ms;
}

int64_t model_last_ms(const struct model *m)
{
	return history_newest_ms(m->pages);
}

int64_t model_step(const struct model *m, int64_t at_ms, int steps)
{
	int64_t last_ms = model_last_ms(m);

	for (; steps != 0; steps += steps < 0 ? 1 : -1) {
		struct history_span s =
			steps < 0 ? history_span(m->pages, 0, at_ms - at_ms % 1000 - 1)
				  : history_span(m->pages, at_ms, last_ms);

		if (s.count == 0)
			break;
		at_ms = steps < 0 ? s.last_ms : s.first_ms;
	}
	return at_ms > last_ms ? last_ms : at_ms;
}

uint64_t model_version(const struct model *m)
{
	return m->version;
}

/* ---- fields ---- */

enum model_field model_field_find(const char *name)
{
	static const struct {
		const char *name;
		enum model_field field;
	} shorts[] = {
		{"errors%", MODEL_ERROR_PERCENT},
		{"err%", MODEL_ERROR_PERCENT},
		{"busy%", MODEL_BUSY},
		{"busy", MODEL_BUSY},
		{"p50", MODEL_RECONCILE_P50},
		{"p90", MODEL_RECONCILE_P90},
		{"p99", MODEL_RECONCILE_P99},
		{"mean", MODEL_RECONCILE_MEAN},
		{"queue", MODEL_DEPTH},
		{"workers", MODEL_WORKERS},
		{"longest", MODEL_LONGEST},
		{"unfinished", MODEL_UNFINISHED},
		{"rss", MODEL_RSS},
		{"heap", MODEL_HEAP},
		{"cpu%", MODEL_CPU},
		{"gc_cpu%", MODEL_GC_CPU},
		{"api_errors%", MODEL_API_ERROR_PERCENT},
		{"uptime", MODEL_UPTIME},
		{"terminal", MODEL_TERMINAL},
	};

	for (enum model_field f = 0; f < MODEL_FIELDS; f++)
		if (strcmp(model_field_info(f)->name, name) == 0)
			return f;
	for (size_t i = 0; i < COUNT(shorts); i++)
		if (strcmp(shorts[i].name, name) == 0)
			return shorts[i].field;
	return MODEL_FIELDS;
}

/* ---- rows ---- */

/* What a view leaves out. */
struct sieve {
	const struct model_view *view;
	bool has_filter, is_inverted, is_regex;
	const char *filter;
	regex_t regex;
};

static void sieve_open(struct sieve *s, const struct model_view *view)
{
	const char *filter = view->filter;

	*s = (struct sieve){.view = view};
	if (filter == NULL || filter[0] == '\0')
		return;
	s->has_filter = true;
	s->is_inverted = filter[0] == '!';
	s->filter = filter + s->is_inverted;
	s->is_regex =
		regcomp(&s->regex, s->filter, REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
}

static void sieve_close(struct sieve *s)
{
	if (s->is_regex)
		regfree(&s->regex);
}

static bool matches(const struct sieve *s, const struct model_row *row)
{
	char path[512];
	bool is_match;

	if (!s->has_filter)
		return true;
	snprintf(path, sizeof(path), "%s%s%s", row->operator,
		row->name[0] != '\0' ? "/" : "", row->name);
	is_match = s->is_regex ? regexec(&s->regex, path, 0, NULL, 0) == 0
			       : strcasestr(path, s->filter) != NULL;
	return is_match != s->is_inverted;
}

static bool is_active(const struct model_row *row)
{
	static const enum model_field fields[] = {MODEL_RECONCILES, MODEL_ADDS,
		MODEL_DEPTH, MODEL_WORKERS, MODEL_API_REQUESTS, MODEL_WEBHOOK_REQUESTS,
		MODEL_WEBHOOK_IN_FLIGHT};

	for (size_t i = 0; i < COUNT(fields); i++)
		if (row->value[fields[i]] > 0)
			return true;
	return false;
}

static bool passes(const struct sieve *s, const struct model_row *row)
{
	return matches(s, row) &&
	       (!s->view->only_marked || row->mark != MODEL_MARK_NONE) &&
	       (!s->view->only_active || is_active(row));
}

static bool rows_add(struct model_rows *rows, struct model_row *row)
{
	if (rows->count == rows->size) {
		size_t size = rows->size == 0 ? 32 : rows->size * 2;
		struct model_row **at =
			reallocarray(rows->at, size, sizeof(struct model_row *));

		if (at == NULL)
			return false;
		rows->at = at;
		rows->size = size;
	}
	rows->at[rows->count++] = row;
	return true;
}

/* Adds the rows of an operator that the view has. */
static bool add_rows_of(
	struct entity *operator, const struct sieve * s, struct model_rows *rows)
{
	const struct operator_inside *inside = operator->inside;

	for (size_t i = 0; i < inside->count; i++) {
		struct model_row *row = &inside->children[i]->row;

		if (row->scope != s->view->scope)
			continue;
		if (!passes(s, row))
			rows->hidden++;
		else if (!rows_add(rows, row))
			return false;
	}
	return true;
}

static bool goes_before(const struct model_row *a, const struct model_row *b,
	const struct model_view *view)
{
	double x = a->value[view->sort], y = b->value[view->sort];

	if (isnan(x) || isnan(y))
		return !isnan(x);
	return view->descending ? x > y : x < y;
}

/* Equal ones stay in the order of the page; there are few rows, mostly sorted already. */
static void sort_rows(struct model_row **at, size_t count, const struct model_view *view)
{
	for (size_t i = 1; view->has_sort && i < count; i++) {
		struct model_row *row = at[i];
		size_t k = i;

		for (; k > 0 && goes_before(row, at[k - 1], view); k--)
			at[k] = at[k - 1];
		at[k] = row;
	}
}

/* An operator before its rows; it stands there itself if a row of it does, or it passes.
 */
static bool add_tree(struct model *m, struct model_row *operator, const struct sieve * s,
	struct model_rows *rows)
{
	struct entity *e = model_operator_of(m, str_of(operator->operator));
	size_t at = rows->count;

	if (e == NULL || !rows_add(rows, operator) || !add_rows_of(e, s, rows))
		return false;
	if (rows->count == at + 1 && !passes(s, operator))
		rows->count--;
	else
		sort_rows(rows->at + at + 1, rows->count - at - 1, s->view);
	return true;
}

static bool is_of(const struct model_view *view, const struct entity *operator)
{
	return view->operator== NULL || strcmp(view->operator, operator->operator) == 0;
}

static bool fill_operators(
	struct model *m, const struct sieve *s, struct model_rows *rows)
{
	bool is_tree = s->view->is_tree && s->view->scope != MODEL_OPERATOR;

	for (size_t i = 0; i < m->operator_count; i++) {
		struct model_row *row = &m->operators[i]->row;

		if (!is_of(s->view, m->operators[i]))
			continue;
		if (!is_tree && !passes(s, row))
			rows->hidden++;
		else if (!rows_add(rows, row))
			return false;
	}
	sort_rows(rows->at, rows->count, s->view);
	return true;
}

static bool fill_tree(struct model *m, const struct sieve *s, struct model_rows *rows)
{
	struct model_rows operators = {0};
	bool done = fill_operators(m, s, &operators);

	for (size_t i = 0; done && i < operators.count; i++)
		done = add_tree(m, operators.at[i], s, rows);
	model_rows_free(&operators);
	return done;
}

static bool fill_flat(struct model *m, const struct sieve *s, struct model_rows *rows)
{
	for (size_t i = 0; i < m->operator_count; i++)
		if (is_of(s->view, m->operators[i]) &&
			!add_rows_of(m->operators[i], s, rows))
			return false;
	sort_rows(rows->at, rows->count, s->view);
	return true;
}

bool model_rows(struct model *m, const struct model_view *view, struct model_rows *rows)
{
	struct sieve sieve;
	bool done;

	model_work_out(m);
	rows->count = rows->hidden = 0;
	sieve_open(&sieve, view);
	if (view->scope == MODEL_OPERATOR)
		done = fill_operators(m, &sieve, rows);
	else if (view->is_tree)
		done = fill_tree(m, &sieve, rows);
	else
		done = fill_flat(m, &sieve, rows);
	sieve_close(&sieve);
	return done;
}

void model_rows_free(struct model_rows *rows)
{
	free(rows->at);
	*rows = (struct model_rows){0};
}

struct model_row *model_all(struct model *m)
{
	model_work_out(m);
	return &m->all.row;
}

size_t model_operators(const struct model *m)
{
	return m->operator_count;
}

struct model_row *model_operator(struct model *m, size_t i)
{
	model_work_out(m);
	return &m->operators[i]->row;
}

struct model_row *model_find(
	struct model *m, enum model_scope scope, const char *operator, const char * name)
{
	model_work_out(m);
	for (size_t i = 0; i < m->operator_count; i++) {
		struct entity *e = m->operators[i];

		if (strcmp(e->operator, operator) != 0)
			continue;
		if (scope == MODEL_OPERATOR)
			return &e->row;
		for (size_t k = 0; k < e->inside->count; k++)
			if (e->inside->children[k]->row.scope == scope &&
				strcmp(e->inside->children[k]->name, name) == 0)
				return &e->inside->children[k]->row;
	}
	return NULL;
}

struct model_row *model_parent(struct model *m, const struct model_row *row)
{
	const struct entity *e = entity_of(row);

	return e->parent == NULL ? &m->all.row : &e->parent->row;
}

struct model_state model_state(const struct model *m, const struct model_row *row)
{
	const struct entity *operator= entity_of(row)->parent;
	const struct operator_inside *inside = operator->inside;
	int64_t now_ms = m->now_ms != 0 ? m->now_ms : m->newest_ms;
	int64_t age_ms = now_ms - inside->page_ms;
	/* a recording's pages come at the interval of who recorded them */
	double interval_seconds =
		fmax(inside->interval_seconds, inside->seen_interval_seconds);

	return (struct model_state){
		.host = inside->host != NULL ? inside->host : "",
		.is_up = inside->is_up,
		.is_stale = inside->page_ms == 0 || !inside->is_up ||
			    (double)age_ms > 2000 * interval_seconds,
		.attempt_ms = inside->attempt_ms,
		.page_ms = inside->page_ms,
		.seen_ms = model_page_of(m, operator),
		.age_ms = age_ms,
		.down_since_ms = inside->down_since_ms,
		.interval_seconds = interval_seconds,
		.page_interval_seconds = inside->seen_interval_seconds > 0
						 ? inside->seen_interval_seconds
						 : interval_seconds,
		.status = inside->status,
		.error = inside->error.text,
	};
}

/* ---- numbers ---- */

size_t model_numbers(const struct model *m)
{
	return m->number_count;
}

struct model_number model_number(const struct model *m, size_t i)
{
	const struct number *n = &m->numbers[i];

	return (struct model_number){.host = n->operator->inside->host != NULL
				     ? n->operator->inside->host : "",
		.operator= n->operator->operator,
		.type = n->type,
		.type_instance = n->type_instance,
		.kind = n->kind,
		.value = n->time_ms >= n->operator->inside->page_ms ? n->value : NO_VALUE,
		.total = n->total, };
}

/* ---- events ---- */

/* Three strings in one piece of memory. */
static bool event_copy(struct event_kept *kept, const struct model_event *event)
{
	size_t operator_size = strlen(event->operator) + 1;
	size_t subject_size = strlen(event->subject) + 1,
	       text_size = strlen(event->text) + 1;
	char *at = malloc(operator_size + subject_size + text_size);

	if (at == NULL)
		return false;
	free(kept->text);
	kept->text = at;
	kept->event = *event;
	kept->event.operator= memcpy(at, event->operator, operator_size);
	kept->event.subject = memcpy(at + operator_size, event->subject, subject_size);
	kept->event.text =
		memcpy(at + operator_size + subject_size, event->text, text_size);
	return true;
}

uint64_t model_event_add(struct model *m, const struct model_event *event)
{
	if (!event_copy(&m->events[m->event_count % MODEL_EVENTS], event))
		return UINT64_MAX;
	m->version++;
	return m->event_count++;
}

void model_event_end(struct model *m, uint64_t number, int64_t until_ms)
{
	if (number >= m->event_count || m->event_count - number > MODEL_EVENTS)
		return;
	m->events[number % MODEL_EVENTS].event.until_ms = until_ms;
	m->version++;
}

void model_take_event(struct model *m, const struct event *e)
{
	char operator[NAME_LIMIT + 1], subject[NAME_LIMIT + 1], text[1000];

	snprintf(operator, sizeof(operator), "%.*s", STR_ARG(e->instance));
	snprintf(subject, sizeof(subject), "%.*s", STR_ARG(e->subject));
	snprintf(text, sizeof(text), "%.*s", STR_ARG(e->text));
	model_event_add(m, &(struct model_event){.time_ms = e->time_ms,
				   .severity = e->severity,
				   .operator= operator,
				   .subject = subject,
				   .text = text});
}

size_t model_events(const struct model *m)
{
	return m->event_count < MODEL_EVENTS ? (size_t)m->event_count : MODEL_EVENTS;
}

struct model_event model_event(const struct model *m, size_t i)
{
	return m->events[(m->event_count - model_events(m) + i) % MODEL_EVENTS].event;
}

/* ---- the end ---- */

static void entity_clear(struct entity *e)
{
	for (size_t f = 0; f < MODEL_FIELDS; f++) {
		if (e->track[f] != NULL)
			history_free(e->track[f]->history);
		free(e->track[f]);
	}
	for (size_t i = 0; i < MODEL_HISTS; i++)
		buckets_free(e->hist[i]);
	free(e->operator);
	free(e->name);
}

static void operator_free(struct entity *operator)
{
	struct operator_inside *inside = operator->inside;

	for (size_t i = 0; i < inside->count; i++) {
		entity_clear(inside->children[i]);
		free(inside->children[i]);
	}
	free(inside->children);
	history_free(inside->elapsed);
	free(inside->host);
	free(inside);
	entity_clear(operator);
	free(operator);
}

void model_free(struct model *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->operator_count; i++)
		operator_free(m->operators[i]);
	for (size_t i = 0; i < m->number_count; i++)
		free(m->numbers[i].type);
	for (size_t i = 0; i < MODEL_EVENTS; i++)
		free(m->events[i].text);
	free(m->operators);
	free(m->numbers);
	index_free(&m->index);
	history_free(m->pages);
	free(m);
}
