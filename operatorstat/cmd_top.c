#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/options.h"
#include "engine/settings.h"
#include "operatorstat/app.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/conf.h"
#include "operatorstat/findings.h"
#include "operatorstat/input.h"
#include "operatorstat/model.h"
#include "operatorstat/source.h"
#include "operatorstat/source_open.h"
#include "operatorstat/terminal.h"

/* Options that are kept until there is an app to set them in. */
#define KEPT_MOST 256

/* What arguments_next() returns for each option; those of SETTING follow each other. */
enum letter {
	LETTER_SETTING = 0x200,
#define SETTING(id, ...) LETTER_##id,
#define STARTING(...)
#include "operatorstat/top.def"
#undef SETTING
#undef STARTING
#define SETTING(...)
#define STARTING(letter, ...) LETTER_##letter,
#include "operatorstat/top.def"
#undef SETTING
#undef STARTING
};

static const struct arguments_own own_options[] = {
#define SETTING(id, ...)      {LETTER_##id, __VA_ARGS__},
#define STARTING(letter, ...) {LETTER_##letter, __VA_ARGS__},
#include "operatorstat/top.def"
#undef SETTING
#undef STARTING
	{0, NULL, NULL, NULL},
};

struct kept {
	const char *name, *value; /* the arena's */
	bool is_ours;             /* of the command line: a wrong one ends with 64 */
};

struct top {
	struct arguments *arguments; /* owned */
	struct kept kept[KEPT_MOST];
	size_t kept_count;
	struct terminal_options terminal;
	char path[4096];            /* of the user's configuration file */
	const char *path_asked_for; /* instead; NULL: none */
	const char *at;
	double speed;
	bool is_demo;
	size_t history_bytes;
	struct model *model;       /* owned */
	struct findings *findings; /* owned */
	struct source source;
	bool has_source;
	struct app *app; /* owned */
};

/* ---- options ---- */

static bool set_word(const char *value, const char *const *words, size_t count,
	size_t *out, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0) {
			*out = i;
			return true;
		}
	return err_set(e, ERR_USAGE, "`%s` is none of %s, %s, %s", value, words[0],
		words[1], words[2]);
}

static bool set_color(struct terminal_options *terminal, const char *value, struct err *e)
{
	static const char *const words[] = {"auto", "always", "never"};
	size_t i = 0;

	if (!set_word(value, words, 3, &i, e))
		return false;
	terminal->color = (enum terminal_color)i;
	return true;
}

static bool set_glyphs(
	struct terminal_options *terminal, const char *value, struct err *e)
{
	static const char *const words[] = {"ascii", "half", "unicode"};
	size_t i = 0;

	if (!set_word(value, words, 3, &i, e))
		return false;
	terminal->has_glyphs = true;
	terminal->glyphs = (enum glyphs)i;
	return true;
}

/* Keeps what only an app can take. */
static bool keep(
	struct top *top, const char *name, const char *value, bool is_ours, struct err *e)
{
	struct arena *arena = arguments_arena(top->arguments);
	struct kept *kept = &top->kept[top->kept_count];

	if (top->kept_count == KEPT_MOST)
		return err_set(e, ERR_LIMIT, "more than %d options", KEPT_MOST);
	*kept = (struct kept){arena_copy(arena, str_of(name)).at,
		arena_copy(arena, str_of(value)).at, is_ours};
	if (kept->name == NULL || kept->value == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the options");
	top->kept_count++;
	return true;
}

static bool is_for_app(const char *name)
{
	for (size_t i = 0; app_option(i)->name != NULL; i++)
		if (strcmp(app_option(i)->name, name) == 0)
			return true;
	for (enum findings_rule rule = 0; rule < RULES; rule++)
		if (strcmp(findings_rule_name(rule), name) == 0)
			return true;
	return false;
}

/* Of the configuration file; endpoints' options have the names that they have in the
 * plugin's. */
static bool take_option(void *ctx, const char *name, const char *value, struct err *e)
{
	struct top *top = ctx;
	struct setting setting = {.kind = SETTING_TEXT, .text = value};

	if (strcmp(name, "color") == 0)
		return set_color(&top->terminal, value, e);
	if (strcmp(name, "glyphs") == 0)
		return set_glyphs(&top->terminal, value, e);
	if (strcmp(name, "mouse") == 0) {
		top->terminal.with_mouse = strcmp(value, "true") == 0;
		return true;
	}
	if (is_for_app(name))
		return keep(top, name, value, false, e);
	if (option_find(name) == NULL)
		return err_set(e, ERR_NOT_FOUND, "there is no option `%s`", name);
	return settings_set(arguments_settings(top->arguments), name, &setting, 1) ||
	       err_set(e, ERR_USAGE, "`%s` is passed over", name);
}

static void user_path(char *out, size_t size)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (folder != NULL && folder[0] == '/')
		snprintf(out, size, "%s/operatorstat/operatorstat.conf", folder);
	else
		snprintf(out, size, "%s/.config/operatorstat/operatorstat.conf",
			home != NULL ? home : "");
}

/* --config is looked for first: what else the command line says comes after the file. */
static const char *path_asked_for(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--config=", 9) == 0)
			return argv[i] + 9;
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

static bool read_conf(struct top *top, int argc, char **argv, struct err *e)
{
	const char *asked = path_asked_for(argc, argv);
	const struct log *log = arguments_log(top->arguments);

	top->path_asked_for = asked;
	user_path(top->path, sizeof(top->path));

	if (!conf_read("/etc/operatorstat.conf", take_option, top, log, e) &&
		e->code != ERR_NOT_FOUND)
		return false;
	return conf_read(asked != NULL ? asked : top->path, take_option, top, log, e) ||
	       (asked == NULL && e->code == ERR_NOT_FOUND);
}

static bool set_history(struct top *top, const char *value, struct err *e)
{
	char unit = 'B', rest = 0;
	double bytes;
	int found = sscanf(value, "%lf%c%c", &bytes, &unit, &rest);

	if (found < 1 || found > 2 || !(bytes >= 1) || strchr("BkMG", unit) == NULL)
		return err_set(e, ERR_USAGE, "--history-mem %s: write 64M", value);
	for (const char *at = "BkMG"; *at != unit; at++)
		bytes *= 1024;
	if (!(bytes >= 1 << 20 && bytes < 1e12))
		return err_set(e, ERR_USAGE, "--history-mem %s: at least 1M", value);
	top->history_bytes = (size_t)bytes;
	return true;
}

static bool take_letter(struct top *top, int letter, struct err *e)
{
	const char *value = arguments_value(top->arguments);

	switch ((enum letter)letter) {
#define SETTING(id, ...) case LETTER_##id:
#define STARTING(...)
#include "operatorstat/top.def"
#undef SETTING
#undef STARTING
		return keep(top, app_option((size_t)letter - LETTER_SETTING - 1)->name,
			value, true, e);
	case LETTER_COLOR:
		return set_color(&top->terminal, value, e);
	case LETTER_GLYPHS:
		return set_glyphs(&top->terminal, value, e);
	case LETTER_ASCII:
		return set_glyphs(&top->terminal, "ascii", e);
	case LETTER_MOUSE:
		top->terminal.with_mouse = true;
		break;
	case LETTER_SPEED:
		return (str_to_double(str_of(value), &top->speed) && top->speed >= 0) ||
		       err_set(e, ERR_USAGE, "--speed %s is no number from 0 up", value);
	case LETTER_AT:
		top->at = value;
		top->speed = 0;
		break;
	case LETTER_DEMO:
		top->is_demo = true;
		break;
	case LETTER_SET: {
		const char *sign = strchr(value, '=');
		struct arena *arena = arguments_arena(top->arguments);

		if (sign == NULL)
			return err_set(e, ERR_USAGE, "--set %s: write NAME=VALUE", value);
		struct str name =
			arena_copy(arena, (struct str){value, (size_t)(sign - value)});
		return name.at != NULL && keep(top, name.at, sign + 1, true, e);
	}
	case LETTER_HISTORY:
		return set_history(top, value, e);
	case LETTER_CONFIG: /* was read before */
	case LETTER_SETTING:
		break;
	}
	return true;
}

/* ---- the run ---- */

static void give_up(const struct top *top)
{
	app_free(top->app);
	if (top->has_source)
		top->source.close(top->source.ctx);
	findings_free(top->findings);
	model_free(top->model);
	arguments_free(top->arguments);
}

/* What was kept, now that there is somebody to take it. */
static bool set_kept(const struct top *top, struct err *e)
{
	const struct log *log = arguments_log(top->arguments);

	for (size_t i = 0; i < top->kept_count; i++) {
		const struct kept *kept = &top->kept[i];

		if (app_set(top->app, str_of(kept->name), str_of(kept->value), e))
			continue;
		err_wrap(e, "%s", kept->name);
		if (kept->is_ours)
			return false;
		log_emit(log, LOG_LEVEL_WARNING, "%s", e->text);
	}
	return true;
}

/* The seed is always the same: what one person saw another finds again. */
#define DEMO_SEED 1

static bool open_source(struct top *top, struct err *e)
{
	struct settings *settings = arguments_settings(top->arguments);
	const struct source_wish wish = {.speed = top->speed, .may_be_empty = true};

	if (!top->is_demo)
		return source_open(&top->source, top->arguments, &wish, e);
	if (arguments_operands(top->arguments) > 0)
		return err_set(e, ERR_USAGE, "--demo is instead of a source: %s",
			arguments_operand(top->arguments, 0));
	if (!settings_check(settings, 1))
		return err_set(e, ERR_MEMORY, "no memory for the settings");
	return source_demo_open(
		&top->source, DEMO_SEED, settings_defaults(settings), clock_system(), e);
}

static bool start(struct top *top, struct err *e)
{
	int rows, cols;

	top->model = model_new(top->history_bytes);
	top->findings = findings_new();
	if (top->model == NULL || top->findings == NULL)
		return err_set(e, ERR_MEMORY, "no memory");
	top->has_source = open_source(top, e);
	if (!top->has_source || !terminal_open(&top->terminal, e))
		return false;
	terminal_size(&rows, &cols);
	top->app = app_new(
		top->model, &top->source, top->findings, rows, cols, terminal_glyphs());
	if (top->app == NULL)
		return err_set(e, ERR_MEMORY, "no memory");
	app_keep_options_in(
		top->app, top->path_asked_for != NULL ? top->path_asked_for : top->path);
	return true;
}

/* --at: reads the whole recording first. */
static bool go_to(struct top *top, struct err *e)
{
	const struct source *source = &top->source;
	struct source_state state = {.condition = SOURCE_CONNECTING};

	if (top->at == NULL)
		return true;
	if (isnan(source_speed(source)))
		return err_set(e, ERR_USAGE, "--at is for recordings");
	while (state.condition != SOURCE_ENDED && state.condition != SOURCE_LOST) {
		app_step(top->app, (struct terminal_event){INPUT_NONE, 0, 0});
		source->state(source->ctx, &state);
	}
	return app_go_to(top->app, top->at, e);
}

/* Ends as the signal would have ended us, now that the terminal is as it was. */
static void end_by(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static int run(struct top *top)
{
	struct err e;
	bool is_started = start(top, &e) && set_kept(top, &e) && go_to(top, &e);
	int number = is_started ? app_run(top->app) : 0;
	terminal_close();
	if (number != 0)
		end_by(number);
	return is_started ? CMD_DONE : arguments_fail(top->arguments, &e);
}

int cmd_top(int argc, char **argv)
{
	const struct arguments_use use = {"top [OPTION...] [SOURCE...]",
		"Shows operators and their controllers, live: what they do, how long it "
		"takes "
		"and why.\n? shows the keys. Without SOURCE: the plugin's state folder, "
		"else the "
		"operators that\nlisten on this machine.",
		own_options};
	struct top top = {.speed = 1, .history_bytes = MODEL_BYTES};
	struct err e = {.code = ERR_NONE};
	int code = CMD_DONE, letter;

	setlocale(LC_CTYPE, "");
	top.arguments = arguments_new(argc, argv, &use);
	if (top.arguments == NULL)
		return CMD_NO_ANSWER;
	bool is_fine = read_conf(&top, argc, argv, &e);
	while (is_fine && (letter = arguments_next(top.arguments)) != ARGUMENTS_END)
		is_fine = take_letter(&top, letter, &e);
	if (!is_fine)
		code = arguments_fail(top.arguments, &e);
	else if (!arguments_exit(top.arguments, &code))
		code = run(&top);
	give_up(&top);
	return code;
}
