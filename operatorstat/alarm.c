#include "operatorstat/alarm.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/str.h"
#include "operatorstat/figure.h"
#include "operatorstat/findings.h"

#define WORD_SIZE 300

/* One range: bad outside of it, or inside. */
struct condition {
	enum alarm_state severity;
	double low, high;
	bool is_inside;
	char text[48]; /* as it was written */
};

struct rule_asked {
	char operator[WORD_SIZE], name[WORD_SIZE]; /* globs */
	bool has_operator, has_name;
	enum model_field figure; /* MODEL_FIELDS: findings */
	char word[WORD_SIZE];    /* the figure as it was written, or a finding's name */
	struct condition conditions[4];
	size_t count;
};

struct alarm {
	struct rule_asked *rules; /* owned */
	size_t count;
	struct findings *findings; /* owned */
	bool has_findings;
};

const char *alarm_state_name(enum alarm_state state)
{
	switch (state) {
	case ALARM_OK:
		return "OK";
	case ALARM_WARNING:
		return "WARNING";
	case ALARM_CRITICAL:
		return "CRITICAL";
	case ALARM_UNKNOWN:
		return "UNKNOWN";
	}
	return "";
}

/* Critical outdoes warning, and that unknown. */
static enum alarm_state worse(enum alarm_state a, enum alarm_state b)
{
	static const int rank[] = {[ALARM_OK] = 0,
		[ALARM_UNKNOWN] = 1,
		[ALARM_WARNING] = 2,
		[ALARM_CRITICAL] = 3};

	return rank[a] >= rank[b] ? a : b;
}

/* ---- reading the rules ---- */

struct reader {
	const char *text, *at;
	struct err *e;
};

PRINTF_LIKE(3, 4)
static bool wrong(const struct reader *r, const char *at, const char *format, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_at(r->e, ERR_USAGE, 0, (size_t)(at - r->text) + 1, "%s", text);
}

static void skip_blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t\n");
}

static bool takes(struct reader *r, const char *token)
{
	if (strncmp(r->at, token, strlen(token)) != 0)
		return false;
	r->at += strlen(token);
	return true;
}

/* Seconds, bytes: their units; and what all numbers may have. */
static double unit_of(struct reader *r, enum model_unit unit)
{
	static const struct {
		const char *name;
		enum model_unit unit;
		double factor;
	} units[] = {
		{"ms", MODEL_UNIT_SECONDS, 1e-3},
		{"us", MODEL_UNIT_SECONDS, 1e-6},
		{"s", MODEL_UNIT_SECONDS, 1},
		{"m", MODEL_UNIT_SECONDS, 60},
		{"h", MODEL_UNIT_SECONDS, 3600},
		{"d", MODEL_UNIT_SECONDS, 86400},
		{"d", MODEL_UNIT_DAYS, 1},
		{"k", MODEL_UNIT_BYTES, 1024},
		{"M", MODEL_UNIT_BYTES, 1048576},
		{"G", MODEL_UNIT_BYTES, 1073741824},
		{"%", MODEL_UNIT_PERCENT, 1},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == unit && takes(r, units[i].name))
			return units[i].factor;
	return 1;
}

static bool read_number(struct reader *r, enum model_unit unit, double *value)
{
	size_t len = str_read_double(str_of(r->at), value);

	if (len == 0 || isnan(*value))
		return wrong(r, r->at, "no number: `%.20s`", r->at);
	r->at += len;
	*value *= unit_of(r, unit);
	return true;
}

static bool read_range(struct reader *r, enum model_unit unit, struct condition *c)
{
	bool has_low = false;

	c->is_inside = takes(r, "@");
	c->low = 0;
	c->high = (double)INFINITY;
	if (takes(r, "~")) {
		c->low = -(double)INFINITY;
		has_low = true;
	} else if (*r->at != ':') {
		if (!read_number(r, unit, &c->low))
			return false;
		has_low = true;
	}
	if (*r->at != ':') {
		if (isinf(c->low))
			return wrong(r, r->at, "a colon is missing behind `~`");
		/* a number alone is the upper end */
		c->high = c->low;
		c->low = 0;
		return true;
	}
	r->at++;
	bool has_high = *r->at != '\0' && strchr(" \t\n,;", *r->at) == NULL;

	if (!has_low && !has_high)
		return wrong(r, r->at, "a range without ends");
	return !has_high || read_number(r, unit, &c->high);
}

/* `> 5` is bad above 5: outside of ~:5; `>= 5` is bad inside of 5:. */
static bool read_comparison(struct reader *r, enum model_unit unit, struct condition *c)
{
	bool is_above = *r->at == '>';
	double limit;

	r->at++;
	c->is_inside = takes(r, "=");
	skip_blanks(r);
	if (!read_number(r, unit, &limit))
		return false;
	c->low = is_above == c->is_inside ? limit : -(double)INFINITY;
	c->high = is_above == c->is_inside ? (double)INFINITY : limit;
	return true;
}

static bool read_severity(struct reader *r, enum alarm_state *severity)
{
	size_t len;

	skip_blanks(r);
	len = strspn(r->at, "abcdefghijklmnopqrstuvwxyz");
	struct str word = {r->at, len};

	if (str_eq(word, STR("warn")) || str_eq(word, STR("warning")))
		*severity = ALARM_WARNING;
	else if (str_eq(word, STR("crit")) || str_eq(word, STR("critical")))
		*severity = ALARM_CRITICAL;
	else
		return wrong(r, r->at, "write warn or crit behind the limit");
	r->at += len;
	skip_blanks(r);
	return true;
}

static bool read_condition(struct reader *r, struct rule_asked *rule)
{
	struct condition *c = &rule->conditions[rule->count];
	enum model_unit unit = model_field_info(rule->figure)->unit;

	skip_blanks(r);
	if (rule->count == sizeof(rule->conditions) / sizeof(rule->conditions[0]))
		return wrong(r, r->at, "too many limits of one figure");
	const char *begin = r->at;
	bool done = *r->at == '>' || *r->at == '<' ? read_comparison(r, unit, c)
						   : read_range(r, unit, c);

	if (!done)
		return false;
	if (c->low > c->high)
		return wrong(r, begin, "the lower end is above the upper one");
	snprintf(c->text, sizeof(c->text), "%.*s", (int)(r->at - begin), begin);
	rule->count++;
	return read_severity(r, &c->severity);
}

static bool read_conditions(struct reader *r, struct rule_asked *rule)
{
	do {
		if (!read_condition(r, rule))
			return false;
	} while (takes(r, ","));
	return true;
}

static void copy_word(char out[WORD_SIZE], struct str word)
{
	snprintf(out, WORD_SIZE, "%.*s", STR_ARG(word));
}

/* OPERATOR[/NAME] and the word behind the last colon: a host's port has one too. */
static bool split_subject(struct reader *r, struct str whole, struct rule_asked *rule)
{
	struct str word = whole;

	if (whole.len >= WORD_SIZE)
		return wrong(r, r->at, "too long a name");
	for (size_t i = whole.len; i > 0 && word.len == whole.len; i--)
		if (whole.at[i - 1] == ':')
			word = (struct str){whole.at + i, whole.len - i};
	copy_word(rule->word, word);
	if (word.len == whole.len)
		return true;
	struct str subject = {whole.at, whole.len - word.len - 1};
	const char *slash = memchr(subject.at, '/', subject.len);
	size_t operator_len = slash == NULL ? subject.len : (size_t)(slash - subject.at);

	rule->has_operator = operator_len > 0;
	copy_word(rule->operator,(struct str){subject.at, operator_len});
	rule->has_name = slash != NULL;
	if (slash != NULL)
		copy_word(rule->name,
			(struct str){slash + 1, subject.len - operator_len - 1});
	return true;
}

/* `workers_busy`, `stuck=60/300`, `findings`. False: it is no finding, and nothing said.
 */
static bool is_finding(const char *word)
{
	if (strcmp(word, "findings") == 0)
		return true;
	for (enum findings_rule i = 0; i < RULES; i++)
		if (strcmp(findings_rule_name(i), word) == 0)
			return true;
	return false;
}

static bool read_finding(
	struct alarm *a, struct reader *r, const char *begin, struct rule_asked *rule)
{
	char *equals = strchr(rule->word, '=');
	struct err e;

	rule->figure = MODEL_FIELDS;
	if (equals != NULL)
		*equals++ = '\0';
	if (!is_finding(rule->word) && model_field_find(rule->word) != MODEL_FIELDS)
		return wrong(r, r->at, "a limit is missing: write `> 5 warn`");
	if (!is_finding(rule->word))
		return wrong(r, begin, "no figure and no finding is called `%.40s`",
			rule->word);
	if (equals != NULL && !findings_set(a->findings, rule->word, equals, &e))
		return wrong(r, begin, "%.200s", e.text);
	a->has_findings = true;
	return true;
}

static bool read_rule(struct alarm *a, struct reader *r, struct rule_asked *rule)
{
	const char *begin = r->at;
	struct str whole = {r->at, strcspn(r->at, " \t\n<>;,")};

	if (!split_subject(r, whole, rule))
		return false;
	r->at += whole.len;
	skip_blanks(r);
	rule->figure = model_field_find(rule->word);
	if (*r->at == '\0' || *r->at == ';')
		return read_finding(a, r, begin, rule);
	if (rule->figure == MODEL_FIELDS)
		return wrong(r, begin, "no figure is called `%.40s`", rule->word);
	return read_conditions(r, rule);
}

static bool read_rules(struct alarm *a, const char *text, struct err *e)
{
	struct reader r = {text, text, e};

	for (;;) {
		skip_blanks(&r);
		if (takes(&r, ";"))
			continue;
		if (*r.at == '\0')
			break;
		struct rule_asked *rules =
			reallocarray(a->rules, a->count + 1, sizeof(*rules));

		if (rules == NULL)
			return err_set(e, ERR_MEMORY, "no memory for the rules");
		a->rules = rules;
		rules[a->count] = (struct rule_asked){0};
		if (!read_rule(a, &r, &rules[a->count++]))
			return false;
		if (*r.at != '\0' && *r.at != ';')
			return wrong(
				&r, r.at, "a semicolon is missing before `%.20s`", r.at);
	}
	if (a->count == 0)
		return wrong(&r, text, "no rule");
	return true;
}

struct alarm *alarm_new(const char *rules, struct err *e)
{
	struct alarm *a = calloc(1, sizeof(*a));

	if (a != NULL)
		a->findings = findings_new();
	if (a == NULL || a->findings == NULL)
		err_set(e, ERR_MEMORY, "no memory for the rules");
	else if (read_rules(a, rules, e))
		return a;
	alarm_free(a);
	return NULL;
}

void alarm_free(struct alarm *a)
{
	if (a == NULL)
		return;
	findings_free(a->findings);
	free(a->rules);
	free(a);
}

/* ---- judging ---- */

struct judging {
	struct alarm *alarm;
	struct model *model;
	bool is_held;
	enum alarm_state state;
	struct buf problems[ALARM_UNKNOWN + 1]; /* sentences, by state */
	struct buf data;                        /* performance data */
	size_t rows, values;                    /* asked; that had a value */
};

static void add_problem(struct judging *j, enum alarm_state state, struct str text)
{
	struct buf *out = &j->problems[state];

	if (out->len > 0)
		buf_add(out, STR("; "));
	/* a bar begins the performance data, and a newline other text */
	for (size_t i = 0; i < text.len; i++)
		buf_addc(out, text.at[i] == '|' || text.at[i] == '\n' ? '/' : text.at[i]);
	j->state = worse(j->state, state);
}

PRINTF_LIKE(3, 4)
static void add_problemf(
	struct judging *j, enum alarm_state state, const char *format, ...)
{
	char text[1000];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add_problem(j, state, str_of(text));
}

static bool is_bad(const struct condition *c, double low, double high)
{
	return c->is_inside ? low >= c->low && high <= c->high
			    : low > c->high || high < c->low;
}

/* The least and the greatest that counts; of what is worked out over the window there is
 * one. False: none. */
static bool values_of(const struct judging *j, const struct model_row *row,
	enum model_field f, double *low, double *high)
{
	*low = *high = row->value[f];
	if (j->is_held && model_field_info(f)->kind == MODEL_GAUGE) {
		int64_t at_ms = model_at_ms(j->model);
		struct history_span s =
			model_span(row, f, at_ms - model_window_ms(j->model), at_ms);

		*low = s.min;
		*high = s.max;
	}
	return !isnan(*low);
}

static const char *unit_text(enum model_field f)
{
	switch (model_field_info(f)->unit) {
	case MODEL_UNIT_SECONDS:
		return "s";
	case MODEL_UNIT_PERCENT:
		return "%";
	case MODEL_UNIT_BYTES:
		return "B";
	case MODEL_UNIT_COUNT:
	case MODEL_UNIT_BOOL:
	case MODEL_UNIT_DAYS:
		break;
	}
	return "";
}

static const char *slash_of(const struct model_row *row)
{
	return row->name[0] == '\0' ? "" : "/";
}

static void add_range(struct buf *out, const struct condition *c)
{
	if (c->is_inside)
		buf_addc(out, '@');
	if (isinf(c->low))
		buf_add(out, STR("~:"));
	else if (c->low > 0 || c->low < 0 || isinf(c->high))
		buf_addf(out, "%.10g:", c->low);
	if (!isinf(c->high))
		buf_addf(out, "%.10g", c->high);
}

/* The first limit of that severity. */
static void add_limit(
	struct buf *out, const struct rule_asked *rule, enum alarm_state severity)
{
	buf_addc(out, ';');
	for (size_t i = 0; i < rule->count; i++)
		if (rule->conditions[i].severity == severity) {
			add_range(out, &rule->conditions[i]);
			return;
		}
}

/* 'OPERATOR/NAME:FIGURE'=VALUE[UNIT];WARNING;CRITICAL */
static void add_data(struct judging *j, const struct rule_asked *rule,
	const struct model_row *row, double value)
{
	struct buf *out = &j->data;

	buf_addf(out, " '%s%s%s:%s'=", row->operator, slash_of(row), row->name,
		model_field_info(rule->figure)->name);
	if (isnan(value))
		buf_addc(out, 'U');
	else
		buf_addf(out, "%.10g%s", value, unit_text(rule->figure));
	add_limit(out, rule, ALARM_WARNING);
	add_limit(out, rule, ALARM_CRITICAL);
}

static void judge_value(struct judging *j, const struct rule_asked *rule,
	const struct model_row *row, double low, double high)
{
	const struct model_field_info *info = model_field_info(rule->figure);
	const struct condition *worst = NULL;
	char text[FMT_SIZE];

	for (size_t i = 0; i < rule->count; i++) {
		const struct condition *c = &rule->conditions[i];

		if (is_bad(c, low, high) &&
			(worst == NULL || c->severity > worst->severity))
			worst = c;
	}
	if (worst != NULL)
		add_problemf(j, worst->severity, "%s%s%s %s %s (%s)", row->operator,
			slash_of(row), row->name, rule->word,
			figure_text(
				text, info->unit, info->kind, row->value[rule->figure]),
			worst->text);
}

static void judge_row(
	struct judging *j, const struct rule_asked *rule, const struct model_row *row)
{
	double low, high;
	bool has_value = values_of(j, row, rule->figure, &low, &high);

	j->values += has_value;
	add_data(j, rule, row, has_value ? row->value[rule->figure] : (double)NAN);
	if (has_value)
		judge_value(j, rule, row, low, high);
}

static bool is_operator_meant(
	const struct rule_asked *rule, const struct model_row *operator)
{
	return !rule->has_operator ||
	       str_glob(str_of(rule->operator), str_of(operator->operator));
}

static bool matches(const struct rule_asked *rule, const struct model_row *row)
{
	return is_operator_meant(rule, row) &&
	       (!rule->has_name || str_glob(str_of(rule->name), str_of(row->name)));
}

/* Rows that have the figure: of the finest sort there is, unless an operator was named.
 */
static enum model_scope scope_of(const struct rule_asked *rule)
{
	unsigned int scopes = model_field_info(rule->figure)->scopes;

	if ((scopes & MODEL_IN_OPERATOR) != 0 && rule->has_operator && !rule->has_name)
		return MODEL_OPERATOR;
	if ((scopes & MODEL_IN_CONTROLLER) != 0)
		return MODEL_CONTROLLER;
	if ((scopes & MODEL_IN_WEBHOOK) != 0)
		return MODEL_WEBHOOK;
	return rule->has_name && (scopes & MODEL_IN_METHOD) != 0 ? MODEL_METHOD
								 : MODEL_OPERATOR;
}

/* Old figures say nothing of now; that there are no new ones is one. */
static bool is_fresh(
	struct judging *j, const struct rule_asked *rule, const struct model_row *row)
{
	return rule->figure == MODEL_IS_UP ||
	       !model_state(j->model, model_parent(j->model, row)).is_stale;
}

/* What an operator has that never gave a page is not known. */
static bool is_one_silent(const struct judging *j, const struct rule_asked *rule)
{
	for (size_t i = 0; i < model_operators(j->model); i++) {
		const struct model_row *operator= model_operator(j->model, i);

		if (is_operator_meant(rule, operator) &&
			model_state(j->model, operator).page_ms == 0)
			return true;
	}
	return false;
}

static void say_none(struct judging *j, const struct rule_asked *rule)
{
	bool is_any = !rule->has_operator && !rule->has_name;

	add_problemf(j, ALARM_UNKNOWN, "nothing has %s %s%s%s%s", rule->word,
		is_any ? "here" : "of ", rule->operator, rule->has_name ? "/" : "",
		rule->name);
}

static void judge_figure(struct judging *j, const struct rule_asked *rule)
{
	struct model_view view = {.scope = scope_of(rule)};
	struct model_rows rows = {0};
	size_t found = 0;

	for (size_t i = 0; model_rows(j->model, &view, &rows) && i < rows.count; i++) {
		if (!matches(rule, rows.at[i]))
			continue;
		found++;
		if (is_fresh(j, rule, rows.at[i]))
			judge_row(j, rule, rows.at[i]);
	}
	model_rows_free(&rows);
	if (found == 0 && !is_one_silent(j, rule))
		say_none(j, rule);
}

static void judge_finding(
	struct judging *j, const struct rule_asked *rule, const struct finding *found)
{
	if (found->severity == FINDING_NOTE || !matches(rule, found->row) ||
		(strcmp(rule->word, "findings") != 0 &&
			strcmp(rule->word, findings_rule_name(found->rule)) != 0))
		return;
	add_problemf(j,
		found->severity == FINDING_CRITICAL ? ALARM_CRITICAL : ALARM_WARNING,
		"%s%s%s: %s", found->row->operator, slash_of(found->row),
		found->row->name, found->text);
}

static void judge_findings(struct judging *j, const struct rule_asked *rule)
{
	for (size_t i = 0; i < findings_count(j->alarm->findings); i++)
		judge_finding(j, rule, findings_at(j->alarm->findings, i));
	j->values += model_operators(j->model);
}

/* Operators that a rule means and that have nothing new to say. */
static bool is_meant(const struct alarm *a, const struct model_row *operator)
{
	for (size_t i = 0; i < a->count; i++)
		if (is_operator_meant(&a->rules[i], operator))
			return true;
	return false;
}

static void judge_freshness(struct judging *j)
{
	for (size_t i = 0; i < model_operators(j->model); i++) {
		struct model_row *row = model_operator(j->model, i);
		struct model_state state = model_state(j->model, row);
		char text[FMT_SIZE];

		if (!state.is_stale || !is_meant(j->alarm, row))
			continue;
		if (state.error[0] != '\0')
			add_problemf(
				j, ALARM_UNKNOWN, "%s: %s", row->operator, state.error);
		else
			add_problemf(j, ALARM_UNKNOWN, "%s: the last page is %s old",
				row->operator, fmt_age(text, state.age_ms));
	}
}

static void join(struct judging *j, struct buf *line)
{
	static const enum alarm_state order[] = {
		ALARM_CRITICAL, ALARM_WARNING, ALARM_UNKNOWN};
	const char *between = ": ";

	buf_addf(line, "OPERATOR %s", alarm_state_name(j->state));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (j->problems[order[i]].len > 0) {
			buf_addf(line, "%s%.*s", between,
				STR_ARG(buf_str(&j->problems[order[i]])));
			between = "; ";
		}
	if (j->state == ALARM_OK)
		buf_addf(line, ": %zu operator%s, %zu figure%s within limits",
			model_operators(j->model),
			model_operators(j->model) == 1 ? "" : "s", j->values,
			j->values == 1 ? "" : "s");
	if (j->data.len > 0)
		buf_addf(line, " |%.*s", STR_ARG(buf_str(&j->data)));
}

enum alarm_state alarm_judge(
	struct alarm *a, struct model *m, bool is_held, struct buf *line)
{
	struct judging j = {.alarm = a, .model = m, .is_held = is_held};

	for (size_t i = 0; i <= ALARM_UNKNOWN; i++)
		buf_init(&j.problems[i], 100000);
	buf_init(&j.data, 1000000);
	if (a->has_findings && !findings_look(a->findings, m))
		add_problemf(&j, ALARM_UNKNOWN, "no memory for findings");
	for (size_t i = 0; i < a->count; i++)
		if (a->rules[i].figure == MODEL_FIELDS)
			judge_findings(&j, &a->rules[i]);
		else
			judge_figure(&j, &a->rules[i]);
	judge_freshness(&j);
	if (j.state == ALARM_OK && j.values == 0)
		add_problemf(&j, ALARM_UNKNOWN, "no figure has a value");
	join(&j, line);
	for (size_t i = 0; i <= ALARM_UNKNOWN; i++)
		buf_free(&j.problems[i]);
	buf_free(&j.data);
	return j.state;
}
