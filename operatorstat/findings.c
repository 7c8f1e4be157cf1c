#include "operatorstat/findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "operatorstat/figure.h"
#include "operatorstat/rules.h"

#define TEXT_BYTES ((size_t)4 << 20)

/* A finding that the model has an event of, until it is over. */
struct running {
	enum findings_rule rule;
	struct model_row *row;
	uint64_t event;
	bool is_there; /* still */
};

struct findings {
	struct {
		double warning, critical;
	} limits[RULES];
	struct arena *arena; /* owned: texts of the last look */
	struct finding *at;  /* owned */
	size_t count, size;
	struct running *running; /* owned */
	size_t running_count, running_size;
};

struct findings *findings_new(void)
{
	struct findings *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->arena = arena_new(TEXT_BYTES);
	if (f->arena == NULL) {
		free(f);
		return NULL;
	}
	for (enum findings_rule i = 0; i < RULES; i++) {
		f->limits[i].warning = rule_at(i)->warning;
		f->limits[i].critical = rule_at(i)->critical;
	}
	return f;
}

const char *findings_rule_name(enum findings_rule rule)
{
	return rule_at(rule)->name;
}

bool findings_is_of_moment(enum findings_rule rule)
{
	return model_field_info(rule_at(rule)->field)->kind == MODEL_GAUGE;
}

const char *findings_severity_name(enum findings_severity severity)
{
	switch (severity) {
	case FINDING_NOTE:
		return "note";
	case FINDING_WARNING:
		return "warning";
	case FINDING_CRITICAL:
		return "critical";
	}
	return "";
}

/* ---- thresholds ---- */

static bool read_limit(struct str text, double never, double *limit)
{
	*limit = never;
	return text.len == 0 || str_to_double(text, limit);
}

bool findings_set(struct findings *f, const char *name, const char *value, struct err *e)
{
	const char *slash = strchr(value, '/');
	struct str warning = str_of(value), critical = STR("");
	double never;

	if (slash != NULL) {
		warning.len = (size_t)(slash - value);
		critical = str_of(slash + 1);
	}
	if (str_eq(warning, STR("off")))
		warning = STR("");
	for (enum findings_rule i = 0; i < RULES; i++) {
		if (strcmp(rule_at(i)->name, name) != 0)
			continue;
		never = rule_at(i)->sense == RULE_ABOVE ? (double)INFINITY
							: -(double)INFINITY;
		if (!read_limit(warning, never, &f->limits[i].warning) ||
			!read_limit(critical, never, &f->limits[i].critical))
			return err_set(e, ERR_USAGE,
				"%s: `%s` is no threshold: write WARNING/CRITICAL, "
				"WARNING or off",
				name, value);
		return true;
	}
	return err_set(e, ERR_USAGE, "no rule `%s`", name);
}

static bool is_same(double a, double b)
{
	return !(a < b) && !(a > b);
}

bool findings_is_set(const struct findings *f, enum findings_rule rule)
{
	return !is_same(f->limits[rule].warning, rule_at(rule)->warning) ||
	       !is_same(f->limits[rule].critical, rule_at(rule)->critical);
}

void findings_add_limits(
	const struct findings *f, enum findings_rule rule, struct buf *out)
{
	double warning = f->limits[rule].warning, critical = f->limits[rule].critical;

	if (isinf(warning) && isinf(critical))
		buf_add(out, STR("off"));
	else if (!isinf(warning))
		buf_addf(out, "%.12g", warning);
	if (!isinf(critical))
		buf_addf(out, "/%.12g", critical);
}

/* ---- words ---- */

static void add_beyond(struct buf *out, const struct question *q, enum model_field f)
{
	if (model_is_beyond(q->row, f))
		buf_add(out, STR("more than "));
}

/* Puts what a {word} of a sentence stands for. */
static void add_word(struct buf *out, const struct question *q, struct str word)
{
	char name[64], text[FMT_SIZE];
	const struct rule *rule = rule_at(q->rule);

	if (str_eq(word, STR("x"))) {
		buf_add(out, buf_str(&q->x));
	} else if (str_eq(word, STR("n"))) {
		add_beyond(out, q, rule->field);
		buf_add(out, str_of(figure_text(text, rule->unit, MODEL_GAUGE, q->n)));
	} else if (str_eq(word, STR("for")) || str_eq(word, STR("in"))) {
		if (q->held_ms > 0)
			buf_addf(out, " %.*s %s", STR_ARG(word),
				fmt_seconds(text, (double)q->held_ms / 1000));
	} else {
		snprintf(name, sizeof(name), "%.*s", STR_ARG(word));
		enum model_field f = model_field_find(name);

		add_beyond(out, q, f);
		buf_add(out, str_of(figure_text(text, model_field_info(f)->unit,
				     model_field_info(f)->kind, q->row->value[f])));
	}
}

static void add_sentence(struct buf *out, const struct question *q)
{
	const char *at = rule_at(q->rule)->sentence;

	for (const char *open; (open = strchr(at, '{')) != NULL;) {
		const char *close = strchr(open, '}');

		buf_add(out, (struct str){at, (size_t)(open - at)});
		add_word(out, q, (struct str){open + 1, (size_t)(close - open - 1)});
		at = close + 1;
	}
	buf_add(out, str_of(at));
}

/* ---- judging ---- */

static bool is_beyond(const struct rule *rule, double n, double limit)
{
	return rule->sense == RULE_ABOVE ? n >= limit : n <= limit;
}

/* How far beyond, so that findings of one severity can be sorted. */
static double weight_of(const struct rule *rule, double n, double limit)
{
	if (!isfinite(limit) || limit <= 0)
		return 1;
	return rule->sense == RULE_ABOVE ? n / limit : limit / fmax(n, limit / 1000);
}

/* False: within the thresholds. */
static bool judge(
	const struct findings *f, const struct question *q, struct finding *found)
{
	const struct rule *rule = rule_at(q->rule);
	double warning = f->limits[q->rule].warning,
	       critical = f->limits[q->rule].critical;

	found->severity = FINDING_NOTE;
	found->weight = 1;
	if (isinf(rule->warning) && isinf(rule->critical))
		return true;
	if (is_beyond(rule, q->n, critical)) {
		found->severity = FINDING_CRITICAL;
		found->weight = weight_of(rule, q->n, critical);
	} else if (is_beyond(rule, q->n, warning) || (q->is_cut && isfinite(warning))) {
		found->severity = FINDING_WARNING;
		found->weight = weight_of(rule, q->n, warning);
	} else {
		return false;
	}
	return true;
}

static bool add_finding(
	struct findings *f, const struct question *q, struct finding found)
{
	struct buf text;

	if (f->count == f->size) {
		size_t size = f->size == 0 ? 32 : f->size * 2;
		struct finding *at = reallocarray(f->at, size, sizeof(*at));

		if (at == NULL)
			return false;
		f->at = at;
		f->size = size;
	}
	buf_init(&text, 2000);
	add_sentence(&text, q);
	found.text = arena_copy(f->arena, buf_str(&text)).at;
	buf_free(&text);
	if (found.text == NULL)
		return false;
	found.rule = q->rule;
	found.row = q->row;
	found.field = rule_at(q->rule)->field;
	found.remedy = rule_at(q->rule)->remedy;
	found.at_ms = q->at_ms;
	found.since_ms = q->held_ms > 0 ? q->at_ms - q->held_ms : 0;
	f->at[f->count++] = found;
	return true;
}

static bool ask_rule(struct findings *f, struct question *q)
{
	const struct rule *rule = rule_at(q->rule);
	int64_t window_ms = model_window_ms(q->model);
	struct finding found = {0};
	bool done = true;

	q->n = (double)NAN;
	q->held_ms = 0;
	q->is_cut = false;
	/* what is counted over a quarter of an hour is counted over all that is shown */
	q->span_ms = rule->span_ms == 0 || (model_field_info(rule->field)->kind !=
							   MODEL_GAUGE &&
						   window_ms > rule->span_ms)
			     ? window_ms
			     : rule->span_ms;
	q->span_ms = q->span_ms > q->past_ms ? q->past_ms : q->span_ms;
	buf_reset(&q->x);
	if (rule_look(q) && judge(f, q, &found))
		done = add_finding(f, q, found);
	return done;
}

static bool ask_row(struct findings *f, struct model *m, struct model_row *row)
{
	struct model_row *operator= model_parent(m, row);
	struct model_state state = model_state(m, operator);
	struct question q = {.model = m, .row = row, .operator= operator};
	bool done = true;

	q.at_ms = state.seen_ms != 0 ? state.seen_ms : state.attempt_ms;
	q.past_ms = operator->first_ms == 0 ? 0 : q.at_ms - operator->first_ms;
	buf_init(&q.x, 1000);
	for (enum findings_rule i = 0; done && i < RULES; i++) {
		q.rule = i;
		if ((rule_at(i)->scopes & 1U << row->scope) != 0)
			done = ask_rule(f, &q);
	}
	buf_free(&q.x);
	return done;
}

static bool ask_scope(struct findings *f, struct model *m, enum model_scope scope)
{
	struct model_rows rows = {0};
	struct model_view view = {.scope = scope};
	bool done = model_rows(m, &view, &rows);

	for (size_t i = 0; done && i < rows.count; i++)
		done = ask_row(f, m, rows.at[i]);
	model_rows_free(&rows);
	return done;
}

int findings_compare(const struct finding *a, const struct finding *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return (a->weight < b->weight) - (a->weight > b->weight);
}

/* Few, and of equal weight in the order of the rules. */
static void sort(struct findings *f)
{
	for (size_t i = 1; i < f->count; i++) {
		struct finding found = f->at[i];
		size_t k = i;

		for (; k > 0 && findings_compare(&found, &f->at[k - 1]) < 0; k--)
			f->at[k] = f->at[k - 1];
		f->at[k] = found;
	}
}

bool findings_look(struct findings *f, struct model *m)
{
	bool done;

	f->count = 0;
	arena_reset(f->arena);
	done = ask_scope(f, m, MODEL_OPERATOR) && ask_scope(f, m, MODEL_CONTROLLER) &&
	       ask_scope(f, m, MODEL_WEBHOOK);
	sort(f);
	return done;
}

size_t findings_count(const struct findings *f)
{
	return f->count;
}

const struct finding *findings_at(const struct findings *f, size_t i)
{
	return &f->at[i];
}

/* ---- marks and events ---- */

static enum model_mark mark_of(const struct finding *found)
{
	if (found->rule == RULE_DOWN || found->rule == RULE_STALE)
		return MODEL_MARK_STALE;
	return found->severity == FINDING_CRITICAL  ? MODEL_MARK_CRITICAL
	       : found->severity == FINDING_WARNING ? MODEL_MARK_WARNING
						    : MODEL_MARK_NONE;
}

static void mark(const struct finding *found)
{
	enum model_mark is = mark_of(found);

	if (found->row->mark < is)
		found->row->mark = is;
	if (found->field != MODEL_FIELDS && found->row->field_mark[found->field] < is)
		found->row->field_mark[found->field] = is;
}

static bool clear_marks(struct model *m)
{
	static const enum model_scope scopes[] = {
		MODEL_OPERATOR, MODEL_CONTROLLER, MODEL_WEBHOOK};
	struct model_rows rows = {0};
	bool done = true;

	for (size_t i = 0; done && i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct model_view view = {.scope = scopes[i]};

		done = model_rows(m, &view, &rows);
		for (size_t k = 0; done && k < rows.count; k++) {
			rows.at[k]->mark = MODEL_MARK_NONE;
			memset(rows.at[k]->field_mark, 0, sizeof(rows.at[k]->field_mark));
		}
	}
	model_rows_free(&rows);
	return done;
}

static struct running *find_running(struct findings *f, const struct finding *found)
{
	for (size_t i = 0; i < f->running_count; i++)
		if (f->running[i].rule == found->rule && f->running[i].row == found->row)
			return &f->running[i];
	return NULL;
}

/* The engine has events of its own for what it sees at once. */
static bool has_event(enum findings_rule rule)
{
	return rule != RULE_DOWN && rule != RULE_RESTARTED && rule != RULE_PANICS &&
	       rule != RULE_TERMINAL && rule != RULE_NOT_EXPORTED;
}

static void begin(struct findings *f, struct model *m, const struct finding *found)
{
	struct running *r;

	if (f->running_count == f->running_size) {
		size_t size = f->running_size == 0 ? 32 : f->running_size * 2;

		r = reallocarray(f->running, size, sizeof(*r));
		if (r == NULL)
			return;
		f->running = r;
		f->running_size = size;
	}
	r = &f->running[f->running_count++];
	*r = (struct running){found->rule, found->row, 0, true};
	r->event = model_event_add(m,
		&(struct model_event){
			.time_ms = found->at_ms,
			.until_ms = MODEL_STILL,
			.severity = found->severity == FINDING_CRITICAL ? EVENT_FAILURE
									: EVENT_WARNING,
			.operator= found->row->operator,
			.subject = found->row->name,
			.text = found->text,
		});
}

static void end_others(struct findings *f, struct model *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->running_count; i++) {
		if (f->running[i].is_there)
			f->running[kept++] = f->running[i];
		else
			model_event_end(m, f->running[i].event, model_at_ms(m));
	}
	f->running_count = kept;
}

void findings_mark(const struct findings *f, struct model *m)
{
	if (!clear_marks(m))
		return;
	for (size_t i = 0; i < f->count; i++)
		mark(&f->at[i]);
}

void findings_tell(struct findings *f, struct model *m)
{
	for (size_t i = 0; i < f->running_count; i++)
		f->running[i].is_there = false;
	for (size_t i = 0; i < f->count; i++) {
		struct running *r = find_running(f, &f->at[i]);

		if (r != NULL)
			r->is_there = true;
		else if (has_event(f->at[i].rule))
			begin(f, m, &f->at[i]);
	}
	end_others(f, m);
}

void findings_looked_at(struct model *m, struct buf *out)
{
	struct model_rows rows = {0};
	struct model_view view = {.scope = MODEL_CONTROLLER};
	size_t operators = model_operators(m);
	char text[FMT_SIZE];

	if (!model_rows(m, &view, &rows))
		return;
	buf_addf(out, "%zu operator%s, %zu controller%s, %s", operators,
		operators == 1 ? "" : "s", rows.count, rows.count == 1 ? "" : "s",
		fmt_seconds(text, (double)(model_last_ms(m) - model_first_ms(m)) / 1000));
	model_rows_free(&rows);
}

void findings_free(struct findings *f)
{
	if (f == NULL)
		return;
	arena_free(f->arena);
	free(f->at);
	free(f->running);
	free(f);
}
