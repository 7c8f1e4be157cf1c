/* operatorstat thresholds: a configuration for collectd's threshold plugin. */
#include <math.h>
#include <stdio.h>

#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/gather.h"
#include "operatorstat/model.h"
#include "operatorstat/source_open.h"

/* How long endpoints have for their page. */
#define WATCH_SECONDS 1

static const struct threshold {
	enum model_scope scope;
	enum model_field figure;
	const char *type, *before, *behind;
	const char *side, *warning, *failure, *hysteresis;
	double seconds;
	const char *interesting, *text;
} thresholds[] = {
#define THRESHOLD(name, scope, figure, type, before, behind, side, warning, failure,     \
	hysteresis, seconds, interesting, text)                                          \
	{MODEL_##scope, MODEL_##figure, type, before, behind, side, warning, failure,    \
		hysteresis, seconds, interesting, text},
#include "operatorstat/thresholds.def"
};

static void print_setting(const char *name, const char *side, const char *value)
{
	if (value[0] != '\0')
		printf("      %s%s %s\n", name, side, value);
}

/* collectd says it with value Hits + 2, so what was so for the time between. */
static void print_hits(double seconds, double interval_seconds)
{
	double hits = ceil(seconds / interval_seconds) - 1;

	if (hits > 0)
		printf("      Hits %.0f\n", hits);
}

static void print_type(
	const struct threshold *t, const struct model_row *row, double interval_seconds)
{
	printf("    # %s\n    <Type \"%s\">\n      Instance \"%s%s%s\"\n", t->text,
		t->type, t->before, row->name, t->behind);
	print_setting("Warning", t->side, t->warning);
	print_setting("Failure", t->side, t->failure);
	print_setting("Hysteresis", "", t->hysteresis);
	print_hits(t->seconds, interval_seconds);
	printf("      Interesting %s\n    </Type>\n", t->interesting);
}

static bool has_figure(const struct model_row *row, enum model_field figure)
{
	return !isnan(model_field_info(figure)->kind == MODEL_COUNTER
			      ? row->total[figure]
			      : row->value[figure]);
}

static void print_row(const struct model_row *row, double interval_seconds)
{
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++)
		if (thresholds[i].scope == row->scope &&
			has_figure(row, thresholds[i].figure))
			print_type(&thresholds[i], row, interval_seconds);
}

static void print_operator(struct model *m, const struct model_row *operator)
{
	static const enum model_scope scopes[] = {MODEL_CONTROLLER, MODEL_WEBHOOK};
	double interval_seconds = model_state(m, operator).interval_seconds;
	struct model_rows rows = {0};

	printf("  <Plugin \"operator\">\n    Instance \"%s\"\n", operator->operator);
	print_row(operator, interval_seconds);
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct model_view view = {
			.scope = scopes[i], .operator= operator->operator};

		for (size_t k = 0; model_rows(m, &view, &rows) && k < rows.count; k++)
			print_row(rows.at[k], interval_seconds);
	}
	puts("  </Plugin>");
	model_rows_free(&rows);
}

static void print_all(struct model *m)
{
	puts("# Written by `operatorstat thresholds`; what it sets: operatorstat(1), "
	     "THRESHOLDS.\n"
	     "LoadPlugin threshold\n"
	     "<Plugin threshold>");
	for (size_t i = 0; i < model_operators(m); i++)
		print_operator(m, model_operator(m, i));
	puts("</Plugin>");
}

static int print_thresholds(struct arguments *a, struct model *m)
{
	struct sink sink = model_sink(m);
	struct source source;
	struct err e;

	if (!source_open(&source, a,
		    &(struct source_wish){.interval_seconds = SETTINGS_INTERVAL}, &e))
		return arguments_fail(a, &e);
	gather(&source, &sink, WATCH_SECONDS);
	int code = gather_end(&source, m);

	model_look(m, 0, 0);
	if (code == CMD_DONE)
		print_all(m);
	return code;
}

int cmd_thresholds(int argc, char **argv)
{
	static const struct arguments_use use = {"thresholds SOURCE...",
		"Prints a configuration for collectd's threshold plugin, for the "
		"operators "
		"and\ncontrollers that are found. --interval: collectd's, if it is not "
		"10 "
		"seconds.",
		NULL};
	struct arguments *a = arguments_new(argc, argv, &use);
	struct model *m = model_new(MODEL_BYTES);
	int code = CMD_NO_ANSWER;

	if (a != NULL && m != NULL) {
		while (arguments_next(a) != ARGUMENTS_END)
			;
		if (!arguments_exit(a, &code))
			code = print_thresholds(a, m);
	}
	model_free(m);
	arguments_free(a);
	return code;
}
