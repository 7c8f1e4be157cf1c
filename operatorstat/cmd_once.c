/* operatorstat once and watch: the figures for scripts, once or again and again. */
#include <math.h>
#include <stdio.h>

#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/gather.h"
#include "operatorstat/model.h"
#include "operatorstat/report.h"
#include "operatorstat/source_open.h"

struct once {
	struct arguments *arguments;
	struct model *model;
	enum report_format format;
	double seconds; /* between two scrapes */
	size_t count;   /* of reports; 0: until the source ends */
	bool is_watch;
};

static void report(struct once *o, const struct source *s)
{
	if (report_newest_ms(o->model) == 0)
		return; /* no page came yet */
	const char *host = settings_defaults(arguments_settings(o->arguments))->host;

	report_print(stdout, o->model, s, o->format, host != NULL ? host : "localhost",
		o->is_watch);
}

/* The recording is over, or nobody reads on. */
static bool has_ended(const struct source *s)
{
	struct source_state state;

	s->state(s->ctx, &state);
	return state.condition == SOURCE_ENDED || ferror(stdout);
}

/* A rate needs two scrapes: the first report comes after them. */
static int run(struct once *o)
{
	struct sink sink = model_sink(o->model);
	struct source source;
	struct err e;

	if (!source_open(&source, o->arguments,
		    &(struct source_wish){.interval_seconds = o->seconds}, &e))
		return arguments_fail(o->arguments, &e);
	gather(&source, &sink, o->seconds * 1.5);
	for (size_t i = 1; o->is_watch && i != o->count && !has_ended(&source); i++) {
		report(o, &source);
		gather(&source, &sink, o->seconds);
	}
	report(o, &source);
	return gather_end(&source, o->model);
}

static int once(int argc, char **argv, const struct arguments_use *use, bool is_watch)
{
	struct once o = {.arguments = arguments_new(argc, argv, use),
		.model = model_new(MODEL_BYTES),
		.seconds = 1,
		.is_watch = is_watch};
	int c, code = CMD_NO_ANSWER;

	if (o.arguments == NULL || o.model == NULL)
		goto out;
	while ((c = arguments_next(o.arguments)) != ARGUMENTS_END) {
		if ((c == 'w' || c == 'd') && !arguments_seconds(o.arguments, &o.seconds))
			break;
		if (c == 'n' && !arguments_count(o.arguments, &o.count))
			break;
		if (c == 'o' &&
			!report_format_named(arguments_value(o.arguments), &o.format)) {
			code = arguments_usage(o.arguments,
				"-o %s: there are " REPORT_FORMATS,
				arguments_value(o.arguments));
			goto out;
		}
	}
	if (!arguments_exit(o.arguments, &code))
		code = run(&o);
out:
	model_free(o.model);
	arguments_free(o.arguments);
	return code;
}

int cmd_once(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{'o', NULL, "FORMAT", REPORT_FORMATS "; default text"},
		{'w', "wait", "SECONDS", "between the two scrapes; default 1"},
		{0, NULL, NULL, NULL},
	};
	static const struct arguments_use use = {
		"once [-o FORMAT] [--wait SECONDS] [SOURCE...]",
		"Prints the figures of two scrapes, of stored pages those that there "
		"are.",
		own};

	return once(argc, argv, &use, false);
}

int cmd_watch(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{'o', NULL, "FORMAT", REPORT_FORMATS "; default text"},
		{'n', NULL, "COUNT", "so many times; without it for ever"},
		{'d', NULL, "SECONDS", "between two scrapes; default 1"},
		{0, NULL, NULL, NULL},
	};
	static const struct arguments_use use = {
		"watch [-n COUNT] [-d SECONDS] [-o FORMAT] [SOURCE...]",
		"Prints the figures again and again; values and JSON carry the time "
		"first.",
		own};

	return once(argc, argv, &use, true);
}
