#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "operatorstat/app_inside.h"
#include "operatorstat/report.h"

/* ---- saving ---- */

static bool save_screen(const struct app *a, FILE *file)
{
	struct buf text;

	buf_init(&text, APP_TEXT_BYTES);
	canvas_text(a->canvas, &text);
	bool is_saved = buf_ok(&text) && fwrite(text.at, 1, text.len, file) == text.len;
	buf_free(&text);
	return is_saved;
}

static bool save_figures(const struct app *a, FILE *file)
{
	report_print(file, a->ui.model, a->ui.source, REPORT_JSON, "localhost", false);
	return ferror(file) == 0;
}

/* False: it has been said why. */
static bool save(
	struct app *a, const char *path, bool (*write)(const struct app *a, FILE *file))
{
	FILE *file = fopen(path, "wxe");
	bool is_saved = file != NULL && write(a, file);

	if (file != NULL)
		is_saved &= fclose(file) == 0;
	if (!is_saved)
		app_say(a, "cannot write %s: %s", path, strerror(errno));
	return is_saved;
}

void app_save(struct app *a, const char *path)
{
	if (save(a, path, save_screen))
		app_say(a, "saved as %s", path);
}

void app_save_both(struct app *a, const char *name)
{
	char text[LINE_SIZE], json[LINE_SIZE];

	snprintf(text, sizeof(text), "%s.txt", name);
	snprintf(json, sizeof(json), "%s.json", name);
	if (save(a, text, save_screen) && save(a, json, save_figures))
		app_say(a, "saved as %s and .json", text);
}

/* ---- commands ---- */

static void command_controller(struct app *a, struct str name)
{
	for (size_t i = 0; i < model_operators(a->ui.model); i++) {
		struct model_row *operator= model_operator(a->ui.model, i);
		char text[LINE_SIZE];

		snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
		struct model_row *row = model_find(
			a->ui.model, MODEL_CONTROLLER, operator->operator, text);
		if (row != NULL) {
			a->ui.detail = row;
			app_show(a, VIEW_DETAIL);
			return;
		}
	}
	app_say(a, "there is no controller `%.*s`", STR_ARG(name));
}

static void command_operator(struct app *a, struct str name)
{
	for (size_t i = 0; i < model_operators(a->ui.model); i++)
		if (str_eq(str_of(model_operator(a->ui.model, i)->operator), name)) {
			a->ui.operator= model_operator(a->ui.model, i);
			app_show(a, VIEW_CONTROLLERS);
			return;
		}
	a->ui.operator= NULL;
	if (name.len > 0)
		app_say(a, "there is no operator `%.*s`", STR_ARG(name));
}

static void command_raw(struct app *a, struct str filter)
{
	app_show(a, VIEW_RAW);
	line_set(&a->ui.state[VIEW_RAW].filter, filter);
}

static void command_write(struct app *a, struct str path)
{
	char text[LINE_SIZE];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(path));
	app_save(a, text);
}

static void command_time(struct app *a, struct str time)
{
	char text[LINE_SIZE];
	struct err e;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(time));
	if (!app_go_to(a, text, &e))
		app_say(a, "%s", e.text);
}

static void command_set(struct app *a, struct str words)
{
	struct str name;
	struct err e;

	if (!input_next_name(&words, &name))
		app_say(a, "set what? `:set window 5m`");
	else if (!app_set(a, name, str_trim(words), &e))
		app_say(a, "%s", e.text);
}

static void command_save_options(struct app *a, struct str words)
{
	char path[LINE_SIZE];
	struct err e;

	snprintf(path, sizeof(path), "%.*s", STR_ARG(words));
	if (words.len == 0 && a->options_path != NULL)
		snprintf(path, sizeof(path), "%s", a->options_path);
	if (app_save_options(a, path, &e))
		app_say(a, "options saved in %s", path);
	else
		app_say(a, "%s", e.text);
}

static const struct {
	const char *word;
	void (*run)(struct app *a, struct str words);
} commands[] = {{"ctl", command_controller}, {"op", command_operator},
	{"raw", command_raw}, {"set", command_set}, {"time", command_time},
	{"save-options", command_save_options}, {"write", command_write}};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void app_command(struct app *a, struct str line)
{
	struct str word;

	if (!input_next_name(&line, &word))
		return;
	struct str words = str_trim(line);
	for (size_t i = 0; i < COMMANDS; i++)
		if ((words.len > 0 || commands[i].run == command_save_options) &&
			str_eq(word, str_of(commands[i].word))) {
			commands[i].run(a, words);
			return;
		}
	enum action action = input_action_named(word);
	if (action == ACTION_NONE)
		app_say(a, "there is no command `%.*s`; ? shows them behind the keys",
			STR_ARG(word));
	else
		app_act(a, action);
}

/* The i-th word that may stand where the cursor is; NULL behind the last. */
static const char *candidate(
	const struct app *a, bool is_first, struct str command, size_t i)
{
	size_t n = 0;

	if (is_first && i < COMMANDS)
		return commands[i].word;
	if (is_first)
		return i - COMMANDS < ACTIONS
			       ? input_info((enum action)(i - COMMANDS))->word
			       : NULL;
	if (str_eq(command, STR("op")))
		return i < model_operators(a->ui.model)
			? model_operator(a->ui.model, i)->operator: NULL;
	if (str_eq(command, STR("set")))
		return app_option(i)->name;
	for (size_t k = 0; str_eq(command, STR("ctl")) && k < a->ui.rows[0].count; k++)
		if (a->ui.rows[0].at[k]->scope == MODEL_CONTROLLER && n++ == i)
			return a->ui.rows[0].at[k]->name;
	return NULL;
}

void app_complete(struct app *a)
{
	struct str all = {a->line.text, a->line.len}, command = all, typed = all;
	char common[LINE_SIZE] = "";
	size_t matches = 0;

	for (size_t i = 0; i < all.len; i++)
		if (all.at[i] == ' ')
			typed = (struct str){all.at + i + 1, all.len - i - 1};
	bool is_first = typed.len == all.len;
	command.len = 0;
	while (command.len < all.len && all.at[command.len] != ' ')
		command.len++;
	for (size_t i = 0;; i++) {
		const char *word = candidate(a, is_first, command, i);
		size_t same = 0;

		if (word == NULL)
			break;
		if (!str_starts(str_of(word), typed))
			continue;
		if (matches++ == 0)
			snprintf(common, sizeof(common), "%s", word);
		while (common[same] != '\0' && common[same] == word[same])
			same++;
		common[same] = '\0';
	}
	if (matches == 0)
		return;
	char line[2 * LINE_SIZE];
	snprintf(line, sizeof(line), "%.*s%s%s", (int)(all.len - typed.len), all.at,
		common, matches == 1 ? " " : "");
	line_set(&a->line, str_of(line));
}
