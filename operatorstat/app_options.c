#include <stdio.h>

#include "operatorstat/app_inside.h"
#include "operatorstat/conf.h"

static bool set_choice(struct str value, const char *const *names, size_t count,
	size_t *out, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(value, str_of(names[i]))) {
			*out = i;
			return true;
		}
	return err_set(e, ERR_USAGE, "`%.*s` is not one of %s, %s, ...", STR_ARG(value),
		names[0], names[1]);
}

static bool set_flag(struct str value, bool *out, struct err *e)
{
	static const char *const names[] = {"false", "true", "no", "yes", "off", "on"};
	size_t i = 0;

	if (!set_choice(value, names, sizeof(names) / sizeof(names[0]), &i, e))
		return false;
	*out = i % 2 == 1;
	return true;
}

static void add_flag(bool flag, struct buf *out)
{
	buf_add(out, flag ? STR("true") : STR("false"));
}

/* ---- each option: how it is set, and what it says now ---- */

static const char *const window_names[UI_WINDOWS] = {"10s", "1m", "5m", "15m", "0"};
static const char *const counting_names[UI_COUNTINGS] = {"rate", "total", "interval"};
static const char *const percentiles_names[] = {"50/90/99", "50/95/99.9"};

static bool set_window(struct app *a, struct str value, struct err *e)
{
	return set_choice(value, window_names, UI_WINDOWS, &a->ui.window, e);
}

static void get_window(struct app *a, struct buf *out)
{
	buf_add(out, str_of(window_names[a->ui.window]));
}

static bool set_counting(struct app *a, struct str value, struct err *e)
{
	size_t i = 0;

	if (!set_choice(value, counting_names, UI_COUNTINGS, &i, e))
		return false;
	a->ui.counting = (enum ui_counting)i;
	return true;
}

static void get_counting(struct app *a, struct buf *out)
{
	buf_add(out, str_of(counting_names[a->ui.counting]));
}

static bool set_percentiles(struct app *a, struct str value, struct err *e)
{
	return set_choice(value, percentiles_names, 2, &a->ui.percentiles, e);
}

static void get_percentiles(struct app *a, struct buf *out)
{
	buf_add(out, str_of(percentiles_names[a->ui.percentiles]));
}

static bool set_view(struct app *a, struct str value, struct err *e)
{
	for (enum view_id id = 0; id < VIEWS; id++)
		if (id != VIEW_DETAIL && str_eq(value, str_of(view_of(id)->word))) {
			a->ui.view = id;
			return true;
		}
	return err_set(e, ERR_USAGE,
		"there is no screen `%.*s`: operators, controllers, api, "
		"runtime, events, raw, help",
		STR_ARG(value));
}

/* What is open within a screen is not kept. */
static void get_view(struct app *a, struct buf *out)
{
	enum view_id id = a->ui.view == VIEW_DETAIL ? VIEW_CONTROLLERS
			  : a->ui.view == VIEW_HELP ? a->ui.before
						    : a->ui.view;

	buf_add(out, str_of(view_of(id)->word));
}

static bool set_filter(struct app *a, struct str value, struct err *e)
{
	(void)e;
	line_set(&ui_state(&a->ui)->filter, value);
	return true;
}

static void get_filter(struct app *a, struct buf *out)
{
	buf_add(out, str_of(ui_state(&a->ui)->filter.text));
}

static bool set_sort(struct app *a, struct str value, struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(value));
	enum model_field field = model_field_find(name);
	if (field == MODEL_FIELDS || !ui_has_table(&a->ui))
		return err_set(e, ERR_USAGE, "there is no figure `%s` to sort by", name);
	app_sort_by(a, field);
	ui_state(&a->ui)->table[ui_state(&a->ui)->pane].descending = true;
	return true;
}

static void get_sort(struct app *a, struct buf *out)
{
	const struct view_state *state = ui_state(&a->ui);

	/* raw series and help have orders of their own */
	if (!ui_has_table(&a->ui) || a->ui.view == VIEW_RAW || a->ui.view == VIEW_HELP)
		return;
	struct table t = ui_table(&a->ui);
	const struct table_column *column = &t.columns[state->table[state->pane].sort];
	if (column->can_sort && column->field < MODEL_FIELDS)
		buf_add(out,
			str_of(model_field_info((enum model_field)column->field)->name));
}

static bool set_exact(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &a->ui.is_exact, e);
}

static void get_exact(struct app *a, struct buf *out)
{
	add_flag(a->ui.is_exact, out);
}

static bool set_log(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &a->ui.is_log, e);
}

static void get_log(struct app *a, struct buf *out)
{
	add_flag(a->ui.is_log, out);
}

static bool set_plain(struct app *a, struct str value, struct err *e)
{
	bool is_plain = false;

	if (!set_flag(value, &is_plain, e))
		return false;
	canvas_set_plain(a->canvas, is_plain);
	return true;
}

static void get_plain(struct app *a, struct buf *out)
{
	add_flag(canvas_is_plain(a->canvas), out);
}

static bool set_active(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &ui_state(&a->ui)->only_active, e);
}

static void get_active(struct app *a, struct buf *out)
{
	add_flag(ui_state(&a->ui)->only_active, out);
}

static bool set_faults(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &ui_state(&a->ui)->only_marked, e);
}

static void get_faults(struct app *a, struct buf *out)
{
	add_flag(ui_state(&a->ui)->only_marked, out);
}

static const struct {
	struct app_option option;
	bool (*set)(struct app *a, struct str value, struct err *e);
	void (*get)(struct app *a, struct buf *out);
} options[] = {
#define SETTING(id, name, argument, help) {{name, argument, help}, set_##id, get_##id},
#define STARTING(...)
#include "operatorstat/top.def"
#undef SETTING
#undef STARTING
	{{NULL, NULL, NULL}, NULL, NULL},
};

const struct app_option *app_option(size_t i)
{
	return &options[i].option;
}

static bool set_threshold(struct app *a, struct str name, struct str value, struct err *e)
{
	char rule[64], limits[64];

	snprintf(rule, sizeof(rule), "%.*s", STR_ARG(name));
	snprintf(limits, sizeof(limits), "%.*s", STR_ARG(value));
	return findings_set(a->ui.findings, rule, limits, e);
}

static bool is_rule(struct str name)
{
	for (enum findings_rule rule = 0; rule < RULES; rule++)
		if (str_eq(name, str_of(findings_rule_name(rule))))
			return true;
	return false;
}

bool app_set(struct app *a, struct str name, struct str value, struct err *e)
{
	for (size_t i = 0; options[i].set != NULL; i++)
		if (str_eq(name, str_of(options[i].option.name)))
			return options[i].set(a, value, e);
	if (is_rule(name))
		return set_threshold(a, name, value, e);
	return err_set(e, ERR_NOT_FOUND, "there is no option `%.*s`", STR_ARG(name));
}

/* ---- saving them ---- */

static void add_options(struct app *a, struct buf *out)
{
	struct buf value;

	buf_init(&value, LINE_SIZE);
	for (size_t i = 0; options[i].get != NULL; i++) {
		buf_reset(&value);
		options[i].get(a, &value);
		conf_add(out, options[i].option.name, buf_str(&value));
	}
	for (enum findings_rule rule = 0; rule < RULES; rule++) {
		buf_reset(&value);
		findings_add_limits(a->ui.findings, rule, &value);
		if (findings_is_set(a->ui.findings, rule))
			conf_add(out, findings_rule_name(rule), buf_str(&value));
	}
	buf_free(&value);
}

bool app_save_options(struct app *a, const char *path, struct err *e)
{
	struct buf lines;

	buf_init(&lines, APP_TEXT_BYTES);
	add_options(a, &lines);
	bool is_saved = buf_ok(&lines) ? conf_write(path, buf_str(&lines), e)
				       : err_set(e, ERR_MEMORY, "no memory");
	buf_free(&lines);
	return is_saved;
}
