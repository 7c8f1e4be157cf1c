#include <stdio.h>

#include "operatorstat/app_inside.h"

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

static bool set_window(struct app *a, struct str value, struct err *e)
{
	static const char *const names[UI_WINDOWS] = {"10s", "1m", "5m", "15m", "0"};

	return set_choice(value, names, UI_WINDOWS, &a->ui.window, e);
}

static bool set_counting(struct app *a, struct str value, struct err *e)
{
	static const char *const names[UI_COUNTINGS] = {"rate", "total", "interval"};
	size_t i = 0;

	if (!set_choice(value, names, UI_COUNTINGS, &i, e))
		return false;
	a->ui.counting = (enum ui_counting)i;
	return true;
}

static bool set_percentiles(struct app *a, struct str value, struct err *e)
{
	static const char *const names[] = {"50/90/99", "50/95/99.9"};

	return set_choice(value, names, 2, &a->ui.percentiles, e);
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

static bool set_filter(struct app *a, struct str value, struct err *e)
{
	(void)e;
	line_set(&ui_state(&a->ui)->filter, value);
	return true;
}

static bool set_sort(struct app *a, struct str value, struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(value));
	enum model_field field = model_field_find(name);
	if (field == MODEL_FIELDS || !ui_has_table(&a->ui))
		return err_set(e, ERR_USAGE, "there is no figure `%s` to sort by", name);
	app_sort_by(a, field);
	return true;
}

static bool set_exact(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &a->ui.is_exact, e);
}

static bool set_log(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &a->ui.is_log, e);
}

static bool set_active(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &ui_state(&a->ui)->only_active, e);
}

static bool set_faults(struct app *a, struct str value, struct err *e)
{
	return set_flag(value, &ui_state(&a->ui)->only_marked, e);
}

static const struct {
	struct app_option option;
	bool (*set)(struct app *a, struct str value, struct err *e);
} options[] = {
#define SETTING(setter, name, argument, help) {{name, argument, help}, setter},
#define STARTING(...)
#include "operatorstat/top.def"
#undef SETTING
#undef STARTING
	{{NULL, NULL, NULL}, NULL},
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
