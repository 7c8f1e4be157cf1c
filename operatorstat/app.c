#include "operatorstat/app.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "operatorstat/view.h"

/* Screens that Esc can go back through. */
#define BACK_MOST 8

/* How long a message stays. */
#define MESSAGE_MS 4000

/* A size below says only that it is too small. */
#define ROWS_LEAST 5
#define COLS_LEAST 20

/* Bytes of what is copied or saved. */
#define TEXT_BYTES ((size_t)1 << 20)

enum prompt { PROMPT_NONE, PROMPT_COMMAND, PROMPT_FILTER, PROMPT_SEARCH, PROMPT_TIME };

struct app {
	struct ui ui;
	struct canvas *canvas; /* owned */
	enum view_id back[BACK_MOST];
	size_t back_count;
	enum prompt prompt;
	struct line line;       /* what is typed */
	struct line unfiltered; /* the filter to go back to */
	char search[LINE_SIZE];
	char message[LINE_SIZE];
	int64_t message_ms; /* when it was said; 0: none */
	uint64_t judged;    /* version of the model that findings know */
	int64_t judged_at_ms, judged_window_ms;
	enum app_wish wish;
	struct buf copied;
	int cursor_y, cursor_x;
};

static void say(struct app *a, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(struct app *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(a->message, sizeof(a->message), format, args);
	va_end(args);
	a->message_ms = a->ui.now_ms;
}

/* ---- data ---- */

static void take_page(struct ui *ui, const struct model_row *row)
{
	struct source_page page;
	struct err e;

	/* without memory the raw screen shows what it has; all else is not touched by it
	 */
	if (ui->source->page(ui->source->ctx, str_of(row->operator), &page) &&
		!raw_take(ui->raw, str_of(row->operator), page.time_ms, page.format,
			page.body, &e))
		return;
}

static void take_pages(struct ui *ui)
{
	for (size_t i = 0; i < model_operators(ui->model); i++)
		take_page(ui, model_operator(ui->model, i));
}

static void poll_source(struct app *a)
{
	const struct source *source = a->ui.source;
	struct sink sink = model_sink(a->ui.model);
	bool has_come = source->poll(source->ctx, &sink);

	a->ui.now_ms = source->now_ms(source->ctx);
	model_clock(a->ui.model, a->ui.now_ms);
	if (has_come || raw_count(a->ui.raw) == 0)
		take_pages(&a->ui);
}

/* Figures as of the time and over the window that are shown, and what they mean. */
static void look(struct app *a)
{
	struct ui *ui = &a->ui;

	model_look(ui->model, ui->paused_ms, ui_window_ms(ui->window));
	if (a->judged == model_version(ui->model) && a->judged_at_ms == ui->paused_ms &&
		a->judged_window_ms == ui_window_ms(ui->window))
		return;
	a->judged_at_ms = ui->paused_ms;
	a->judged_window_ms = ui_window_ms(ui->window);
	if (findings_look(ui->findings, ui->model)) {
		findings_mark(ui->findings, ui->model);
		if (ui->paused_ms == 0)
			findings_tell(ui->findings, ui->model);
	}
	a->judged = model_version(ui->model);
}

/* ---- screens ---- */

static const struct view *view(const struct app *a)
{
	return view_of(a->ui.view);
}

/* Remembers where Esc goes; a screen that is there already is gone back to. */
static void show_view(struct app *a, enum view_id before)
{
	for (size_t i = 0; i < a->back_count; i++)
		if (a->back[i] == a->ui.view) {
			a->back_count = i;
			return;
		}
	if (a->back_count == BACK_MOST)
		memmove(a->back, a->back + 1, --a->back_count * sizeof(a->back[0]));
	if (before != a->ui.view)
		a->back[a->back_count++] = before;
}

static void go_to(struct app *a, enum view_id id)
{
	enum view_id before = a->ui.view;

	if (id == before)
		return;
	a->ui.view = id;
	show_view(a, before);
}

static bool go_back(struct app *a)
{
	if (a->back_count == 0)
		return false;
	a->ui.view = a->back[--a->back_count];
	return true;
}

/* What Esc takes away, the smallest first. */
static void take_back(struct app *a)
{
	struct view_state *state = ui_state(&a->ui);

	if (state->filter.len > 0)
		line_set(&state->filter, STR(""));
	else if (a->ui.view == VIEW_DETAIL && a->ui.is_heat)
		a->ui.is_heat = false;
	else if (a->ui.view == VIEW_CONTROLLERS && a->back_count == 0 &&
		 a->ui.operator!= NULL)
		a->ui.operator= NULL;
	else if (!go_back(a))
		say(a, "this is the first screen; q quits");
}

static void close_view(struct app *a)
{
	if (!go_back(a))
		a->wish = APP_WISH_QUIT;
}

static void open_help(struct app *a)
{
	if (a->ui.view != VIEW_HELP)
		a->ui.before = a->ui.view;
	go_to(a, VIEW_HELP);
}

/* ---- time ---- */

static void pause_at(struct app *a, int64_t at_ms)
{
	a->ui.paused_ms = at_ms;
}

static void step(struct app *a, int pages)
{
	int64_t at_ms =
		a->ui.paused_ms != 0 ? a->ui.paused_ms : model_last_ms(a->ui.model);

	if (at_ms != 0)
		pause_at(a, model_step(a->ui.model, at_ms, pages));
}

static void toggle_pause(struct app *a)
{
	pause_at(a, a->ui.paused_ms != 0 ? 0 : model_last_ms(a->ui.model));
}

/* Time of day on the day of the newest page; one that is yet to come was yesterday. */
static bool read_time_of_day(const char *text, int64_t last_ms, int64_t *at_ms)
{
	time_t day = last_ms / 1000;
	struct tm tm;
	int hour, minute, second = 0;

	if (sscanf(text, "%d:%d:%d", &hour, &minute, &second) < 2 || hour < 0 ||
		hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
		localtime_r(&day, &tm) == NULL)
		return false;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	tm.tm_isdst = -1;
	*at_ms = (int64_t)mktime(&tm) * 1000;
	if (*at_ms > last_ms + 999)
		*at_ms -= (int64_t)86400 * 1000;
	return true;
}

/* "-5m", "-90": before the newest page. */
static bool read_before(const char *text, int64_t last_ms, int64_t *at_ms)
{
	char unit = 's';
	double amount;

	if (text[0] != '-' || sscanf(text, "-%lf%c", &amount, &unit) < 1 ||
		!(amount >= 0 && amount < 1e9))
		return false;
	double seconds = unit == 'h' ? 3600 : unit == 'm' ? 60 : unit == 's' ? 1 : 0;
	*at_ms = last_ms - (int64_t)(amount * seconds * 1000);
	return seconds > 0;
}

bool app_go_to(struct app *a, const char *time, struct err *e)
{
	int64_t last_ms = model_last_ms(a->ui.model), at_ms = 0;
	char clock[FMT_SIZE];

	if (last_ms == 0)
		return err_set(e, ERR_NOT_FOUND, "there are no data yet");
	if (!read_before(time, last_ms, &at_ms) &&
		!read_time_of_day(time, last_ms, &at_ms))
		return err_set(e, ERR_USAGE,
			"`%s` is no time: write 14:25, 14:25:30 or -5m", time);
	if (at_ms < model_first_ms(a->ui.model))
		say(a, "nothing is kept from before %s",
			fmt_clock(clock, model_first_ms(a->ui.model)));
	pause_at(a, model_step(a->ui.model, at_ms, 0));
	return true;
}

static void go_to_time(struct app *a, const char *text)
{
	struct err e;

	if (!app_go_to(a, text, &e))
		say(a, "%s", e.text);
}

static void start_experiment(struct app *a)
{
	char clock[FMT_SIZE];
	int64_t at_ms = model_at_ms(a->ui.model);

	model_baseline(a->ui.model, at_ms);
	a->ui.window = UI_WINDOWS - 1;
	say(a, "all figures count from %s on; w chooses another window",
		fmt_clock(clock, at_ms));
}

/* A recording is played faster or slower, an endpoint is asked more or less often. */
static void change_interval(struct app *a, bool is_slower)
{
	static const double steps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60};
	const struct source *source = a->ui.source;
	double speed = source->speed(source->ctx);
	char text[FMT_SIZE];
	size_t i = 0;

	if (!isnan(speed)) {
		speed = is_slower ? speed / 2 : speed * 2;
		source->set_speed(source->ctx, speed);
		say(a, "played %s times as fast", fmt_exact(text, speed, 8));
		return;
	}
	while (i + 1 < sizeof(steps) / sizeof(steps[0]) &&
		steps[i] < source->interval(source->ctx) - 1e-9)
		i++;
	if (is_slower && i + 1 < sizeof(steps) / sizeof(steps[0]))
		i++;
	else if (!is_slower && i > 0)
		i--;
	source->set_interval(source->ctx, steps[i]);
	say(a, "interval %s", fmt_bound(text, steps[i]));
}

/* ---- rows ---- */

static void sort_by(struct app *a, enum model_field field)
{
	struct table t = view(a)->table(&a->ui);
	struct table_state *state = &ui_state(&a->ui)->table[ui_state(&a->ui)->pane];

	for (size_t i = 0; i < t.column_count; i++)
		if (t.columns[i].can_sort && t.columns[i].field == (int)field) {
			state->descending = state->sort == i ? !state->descending : true;
			state->sort = i;
		}
}

static bool row_has(struct app *a, size_t row, const char *text)
{
	struct buf name;

	buf_init(&name, TEXT_BYTES);
	view(a)->row_text(&a->ui, row, &name);
	buf_addc(&name, '\0');
	bool is_match = buf_ok(&name) && ui_matches(text, name.at);
	buf_free(&name);
	return is_match;
}

static void find_row(struct app *a, bool is_next)
{
	struct view_state *state = ui_state(&a->ui);
	struct table t = view(a)->table(&a->ui);
	size_t row = state->table[state->pane].cursor;

	for (size_t tries = 0; tries < t.row_count; tries++) {
		row = (row + (is_next ? 1 : t.row_count - 1)) % t.row_count;
		if (row_has(a, row, a->search)) {
			state->table[state->pane].cursor = row;
			ui_keep_selected(&a->ui, state->pane);
			return;
		}
	}
	say(a, "nothing matches `%s`", a->search);
}

static void copy_row(struct app *a)
{
	struct view_state *state = ui_state(&a->ui);

	buf_reset(&a->copied);
	view(a)->row_text(&a->ui, state->table[state->pane].cursor, &a->copied);
	if (a->copied.len == 0)
		return;
	a->wish = APP_WISH_COPY;
	say(a, "copied: %.*s", STR_ARG(buf_str(&a->copied)));
}

static void open_prompt(struct app *a, enum prompt prompt, const char *text)
{
	a->prompt = prompt;
	line_set(&a->line, str_of(text));
}

/* ---- saving ---- */

static bool write_file(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return false;
	bool is_written = write(fd, text.at, text.len) == (ssize_t)text.len;
	return close(fd) == 0 && is_written;
}

static void save(struct app *a, const char *path)
{
	struct buf text;

	buf_init(&text, TEXT_BYTES);
	canvas_text(a->canvas, &text);
	if (buf_ok(&text) && write_file(path, buf_str(&text)))
		say(a, "saved as %s", path);
	else
		say(a, "cannot write %s: %s", path, strerror(errno));
	buf_free(&text);
}

static void save_as_time(struct app *a)
{
	char date[FMT_SIZE], path[64];

	snprintf(path, sizeof(path), "operatorstat-%s.txt", fmt_date(date, a->ui.now_ms));
	for (char *at = path; *at != '\0'; at++)
		if (*at == ' ' || *at == ':')
			*at = *at == ' ' ? '-' : '.';
	save(a, path);
}

/* ---- options ---- */

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
	if (field == MODEL_FIELDS || view(a)->table == NULL)
		return err_set(e, ERR_USAGE, "there is no figure `%s` to sort by", name);
	sort_by(a, field);
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
			go_to(a, VIEW_DETAIL);
			return;
		}
	}
	say(a, "there is no controller `%.*s`", STR_ARG(name));
}

static void command_operator(struct app *a, struct str name)
{
	for (size_t i = 0; i < model_operators(a->ui.model); i++)
		if (str_eq(str_of(model_operator(a->ui.model, i)->operator), name)) {
			a->ui.operator= model_operator(a->ui.model, i);
			go_to(a, VIEW_CONTROLLERS);
			return;
		}
	a->ui.operator= NULL;
	if (name.len > 0)
		say(a, "there is no operator `%.*s`", STR_ARG(name));
}

static void command_raw(struct app *a, struct str filter)
{
	go_to(a, VIEW_RAW);
	line_set(&a->ui.state[VIEW_RAW].filter, filter);
}

static void command_write(struct app *a, struct str path)
{
	char text[LINE_SIZE];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(path));
	save(a, text);
}

static void command_time(struct app *a, struct str time)
{
	char text[LINE_SIZE];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(time));
	go_to_time(a, text);
}

static void command_set(struct app *a, struct str words)
{
	struct str name;
	struct err e;

	if (!input_next_name(&words, &name))
		say(a, "set what? `:set window 5m`");
	else if (!app_set(a, name, str_trim(words), &e))
		say(a, "%s", e.text);
}

static const struct {
	const char *word;
	void (*run)(struct app *a, struct str words);
} commands[] = {{"ctl", command_controller}, {"op", command_operator},
	{"raw", command_raw}, {"set", command_set}, {"time", command_time},
	{"write", command_write}};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void do_action(struct app *a, enum action action);

static void run_command(struct app *a, struct str line)
{
	struct str word;

	if (!input_next_name(&line, &word))
		return;
	struct str words = str_trim(line);
	for (size_t i = 0; i < COMMANDS; i++)
		if (words.len > 0 && str_eq(word, str_of(commands[i].word))) {
			commands[i].run(a, words);
			return;
		}
	enum action action = input_action_named(word);
	if (action == ACTION_NONE)
		say(a, "there is no command `%.*s`; ? shows them behind the keys",
			STR_ARG(word));
	else
		do_action(a, action);
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

/* Completes the last word as far as all candidates agree. */
static void complete(struct app *a)
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

/* ---- actions ---- */

static void show_number(struct app *a, enum action action)
{
	static const char *const countings[UI_COUNTINGS] = {
		"counters a second, over the window",
		"counters in all, since the first page",
		"counters since the page before"};
	struct ui *ui = &a->ui;

	if (action == ACTION_RATE) {
		ui->counting = (enum ui_counting)((ui->counting + 1) % UI_COUNTINGS);
		say(a, "%s", countings[ui->counting]);
	} else if (action == ACTION_WINDOW) {
		ui->window = (ui->window + 1) % UI_WINDOWS;
		say(a, "window %s", ui_window_name(ui->window));
	} else if (action == ACTION_EXACT) {
		ui->is_exact = !ui->is_exact;
	} else if (action == ACTION_PERCENTILES) {
		ui->percentiles = 1 - ui->percentiles;
	} else if (action == ACTION_DESCRIBE) {
		ui->is_described = !ui->is_described;
	}
}

static void do_time(struct app *a, enum action action)
{
	if (action == ACTION_PAUSE)
		toggle_pause(a);
	else if (action == ACTION_STEP_BACK || action == ACTION_LEAP_BACK)
		step(a, action == ACTION_STEP_BACK ? -1 : -10);
	else if (action == ACTION_STEP_FORWARD || action == ACTION_LEAP_FORWARD)
		step(a, action == ACTION_STEP_FORWARD ? 1 : 10);
	else if (action == ACTION_SLOWER || action == ACTION_FASTER)
		change_interval(a, action == ACTION_SLOWER);
	else if (action == ACTION_POLL)
		a->ui.source->poll_now(a->ui.source->ctx);
	else if (action == ACTION_BASELINE)
		start_experiment(a);
	else
		open_prompt(a, PROMPT_TIME, "");
}

static void do_rows(struct app *a, enum action action)
{
	struct view_state *state = ui_state(&a->ui);

	if (action == ACTION_ACTIVE)
		state->only_active = !state->only_active;
	else if (action == ACTION_FAULTS)
		state->only_marked = !state->only_marked;
	else if (action == ACTION_COPY)
		copy_row(a);
	else if (a->search[0] == '\0')
		open_prompt(a, PROMPT_SEARCH, "");
	else
		find_row(a, action == ACTION_NEXT_MATCH);
}

static void open_filter(struct app *a)
{
	a->unfiltered = ui_state(&a->ui)->filter;
	open_prompt(a, PROMPT_FILTER, a->unfiltered.text);
}

/* What is the same on every screen. */
static void do_common(struct app *a, enum action action)
{
	switch (action) {
	case ACTION_BACK:
		take_back(a);
		break;
	case ACTION_CLOSE:
		close_view(a);
		break;
	case ACTION_QUIT:
		a->wish = APP_WISH_QUIT;
		break;
	case ACTION_HELP:
		open_help(a);
		break;
	case ACTION_PROMPT:
		open_prompt(a, PROMPT_COMMAND, "");
		break;
	case ACTION_VIEW_OPERATORS:
		go_to(a, VIEW_OPERATORS);
		break;
	case ACTION_VIEW_CONTROLLERS:
		a->ui.operator= NULL;
		go_to(a, VIEW_CONTROLLERS);
		break;
	case ACTION_VIEW_API:
		go_to(a, VIEW_API);
		break;
	case ACTION_VIEW_RUNTIME:
		go_to(a, VIEW_RUNTIME);
		break;
	case ACTION_VIEW_EVENTS:
		go_to(a, VIEW_EVENTS);
		break;
	case ACTION_VIEW_RAW:
		go_to(a, VIEW_RAW);
		break;
	case ACTION_FILTER:
		open_filter(a);
		break;
	case ACTION_SORT_DEPTH:
		sort_by(a, MODEL_DEPTH);
		break;
	case ACTION_SORT_ERRORS:
		sort_by(a, MODEL_ERROR_PERCENT);
		break;
	case ACTION_SORT_P99:
		sort_by(a, MODEL_RECONCILE_P99);
		break;
	case ACTION_SORT_QUEUE:
		sort_by(a, MODEL_QUEUE_P99);
		break;
	case ACTION_SORT_RATE:
		sort_by(a, MODEL_RECONCILES);
		break;
	case ACTION_NEXT_MATCH:
	case ACTION_PREVIOUS_MATCH:
	case ACTION_ACTIVE:
	case ACTION_FAULTS:
	case ACTION_COPY:
		do_rows(a, action);
		break;
	case ACTION_RATE:
	case ACTION_WINDOW:
	case ACTION_EXACT:
	case ACTION_PERCENTILES:
	case ACTION_DESCRIBE:
		show_number(a, action);
		break;
	case ACTION_BASELINE:
	case ACTION_PAUSE:
	case ACTION_STEP_BACK:
	case ACTION_STEP_FORWARD:
	case ACTION_LEAP_BACK:
	case ACTION_LEAP_FORWARD:
	case ACTION_GO_TO_TIME:
	case ACTION_SLOWER:
	case ACTION_FASTER:
	case ACTION_POLL:
		do_time(a, action);
		break;
	case ACTION_SAVE:
		save_as_time(a);
		break;
	case ACTION_REDRAW:
		a->wish = APP_WISH_REDRAW;
		break;
	case ACTION_SUSPEND:
		a->wish = APP_WISH_SUSPEND;
		break;
	/* those of tables and of single screens were theirs to do */
	case ACTION_DOWN:
	case ACTION_UP:
	case ACTION_FIRST:
	case ACTION_LAST:
	case ACTION_PAGE_DOWN:
	case ACTION_PAGE_UP:
	case ACTION_HALF_DOWN:
	case ACTION_HALF_UP:
	case ACTION_LEFT:
	case ACTION_RIGHT:
	case ACTION_PANE_NEXT:
	case ACTION_PANE_PREVIOUS:
	case ACTION_NEXT_CONTROLLER:
	case ACTION_PREVIOUS_CONTROLLER:
	case ACTION_OPEN:
	case ACTION_SORT_LEFT:
	case ACTION_SORT_RIGHT:
	case ACTION_INVERT:
	case ACTION_MARK:
	case ACTION_MORE_COLUMNS:
	case ACTION_FEWER_COLUMNS:
	case ACTION_WIDE:
	case ACTION_CUMULATIVE:
	case ACTION_LOG:
	case ACTION_HEAT:
	case ACTIONS:
	case ACTION_NONE:
		break;
	}
}

/* At the left edge there is nothing more to the left: varnishstat's h is help. */
static bool act_in_table(struct app *a, enum action action)
{
	struct view_state *state = ui_state(&a->ui);

	if (view(a)->table == NULL)
		return false;
	struct table t = view(a)->table(&a->ui);
	if (action == ACTION_LEFT && state->table[state->pane].left == 0)
		say(a, "press ? for help");
	if (!table_act(&t, &state->table[state->pane], action))
		return false;
	ui_keep_selected(&a->ui, state->pane);
	return true;
}

static void do_action(struct app *a, enum action action)
{
	enum view_id before = a->ui.view;

	if (!input_is_for(action, a->ui.view)) {
		say(a, "not on this screen: %s", input_info(action)->help);
		return;
	}
	view(a)->update(&a->ui);
	if (view(a)->act(&a->ui, action)) {
		if (a->ui.view != before)
			show_view(a, before);
		return;
	}
	if (!act_in_table(a, action))
		do_common(a, action);
}

/* ---- keys ---- */

static void finish_prompt(struct app *a)
{
	enum prompt prompt = a->prompt;
	struct str line = {a->line.text, a->line.len};

	a->prompt = PROMPT_NONE;
	switch (prompt) {
	case PROMPT_COMMAND:
		run_command(a, line);
		break;
	case PROMPT_TIME:
		if (line.len > 0)
			go_to_time(a, a->line.text);
		break;
	case PROMPT_FILTER:
	case PROMPT_SEARCH:
		if (line.len > 0)
			memcpy(a->search, a->line.text, line.len + 1);
		if (prompt == PROMPT_SEARCH && line.len > 0)
			find_row(a, true);
		break;
	case PROMPT_NONE:
		break;
	}
}

/* The filter holds while it is typed. */
static void type(struct app *a, int key)
{
	enum line_state state = line_key(&a->line, key);

	switch (state) {
	case LINE_DONE:
		finish_prompt(a);
		return;
	case LINE_GIVEN_UP:
		if (a->prompt == PROMPT_FILTER)
			ui_state(&a->ui)->filter = a->unfiltered;
		a->prompt = PROMPT_NONE;
		return;
	case LINE_COMPLETE:
		if (a->prompt == PROMPT_COMMAND)
			complete(a);
		break;
	case LINE_EDITING:
		break;
	}
	if (a->prompt == PROMPT_FILTER)
		ui_state(&a->ui)->filter = a->line;
}

/* On a row: selects it, on the heading: sorts by what was clicked. */
static void click(struct app *a, int y, int x)
{
	struct view_state *state = ui_state(&a->ui);

	if (view(a)->table == NULL)
		return;
	view(a)->update(&a->ui);
	struct table t = view(a)->table(&a->ui);
	size_t row = table_row_at(&t, &state->table[state->pane], y);
	if (table_sort_at(&t, &state->table[state->pane], y, x) || row == t.row_count)
		return;
	bool is_again = state->table[state->pane].cursor == row;
	state->table[state->pane].cursor = row;
	ui_keep_selected(&a->ui, state->pane);
	if (is_again)
		do_action(a, ACTION_OPEN);
}

static void take_key(struct app *a, struct terminal_event event)
{
	if (event.key == INPUT_CLICK) {
		click(a, event.y, event.x);
	} else if (event.key == INPUT_WHEEL_UP || event.key == INPUT_WHEEL_DOWN) {
		do_action(a, event.key == INPUT_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
	} else if (event.key == INPUT_OTHER) {
		return;
	} else if (a->prompt != PROMPT_NONE) {
		type(a, event.key);
	} else {
		enum action action = input_action(event.key, a->ui.view);

		a->message_ms = 0;
		if (action != ACTION_NONE)
			do_action(a, action);
		else
			say(a, "no such key here; ? shows those there are");
	}
}

/* ---- the frame ---- */

enum top {
	TOP_TITLE,
	TOP_SOURCE,
	TOP_COUNTS,
	TOP_WINDOW,
	TOP_PAUSED,
	TOP_AGE,
	TOP_CLOCK,
	TOPS
};

static void put_title(const struct app *a, char *out, size_t size)
{
	const struct ui *ui = &a->ui;

	if (ui->view == VIEW_DETAIL && ui->detail != NULL)
		snprintf(out, size, "%s @ %s", ui->detail->name, ui->detail->operator);
	else
		snprintf(out, size, "%s", view(a)->title);
}

static void put_counts(const struct app *a, char *out, size_t size)
{
	const struct ui *ui = &a->ui;
	size_t operators = model_operators(ui->model);
	double up = 0;

	for (size_t i = 0; i < operators; i++)
		up += !model_state(ui->model, model_operator(ui->model, i)).is_stale;
	snprintf(out, size, "%.0f/%zu up", up, operators);
}

/* How old what is shown is: of paused figures, how long ago they were new. */
static void put_age(const struct app *a, char *out, size_t size)
{
	const struct ui *ui = &a->ui;
	int64_t last_ms = model_last_ms(ui->model);
	int64_t at_ms = ui->paused_ms != 0 ? ui->paused_ms : last_ms;
	char age[FMT_SIZE];

	if (last_ms == 0)
		snprintf(out, size, "no data yet");
	else
		snprintf(out, size, "%s old", fmt_age(age, ui->now_ms - at_ms));
}

static void put_first_line(struct app *a, char texts[TOPS][LINE_SIZE])
{
	const struct ui *ui = &a->ui;
	int64_t at_ms = ui->paused_ms != 0 ? ui->paused_ms : ui->now_ms;
	char text[FMT_SIZE];
	struct buf source;

	put_title(a, texts[TOP_TITLE], LINE_SIZE);
	buf_init(&source, LINE_SIZE);
	ui->source->describe(ui->source->ctx, &source);
	snprintf(texts[TOP_SOURCE], LINE_SIZE, "%.*s", STR_ARG(buf_str(&source)));
	buf_free(&source);
	put_counts(a, texts[TOP_COUNTS], LINE_SIZE);
	snprintf(texts[TOP_WINDOW], LINE_SIZE, "window %s", ui_window_name(ui->window));
	snprintf(texts[TOP_PAUSED], LINE_SIZE, "%s", ui->paused_ms != 0 ? "PAUSED" : "");
	put_age(a, texts[TOP_AGE], LINE_SIZE);
	snprintf(texts[TOP_CLOCK], LINE_SIZE, "%s",
		canvas_cols(a->canvas) >= 120 ? fmt_date(text, at_ms)
					      : fmt_clock(text, at_ms));
}

/* Source and age are always there; the others go where there is no space. */
static void draw_first_line(struct app *a)
{
	static const int ranks[TOPS] = {[TOP_TITLE] = 2,
		[TOP_SOURCE] = 0,
		[TOP_COUNTS] = 5,
		[TOP_WINDOW] = 4,
		[TOP_PAUSED] = 1,
		[TOP_AGE] = 0,
		[TOP_CLOCK] = 3};
	struct canvas *c = a->canvas;
	char texts[TOPS][LINE_SIZE];
	struct layout_part parts[TOPS];
	struct rect places[TOPS];
	int end = canvas_cols(c);

	put_first_line(a, texts);
	for (int i = 0; i < TOPS; i++) {
		int width = canvas_width(c, str_of(texts[i]));

		parts[i] = (struct layout_part){width > 0 ? width : 1, width, ranks[i]};
		/* these two may be cut, and still say something */
		if (i == TOP_SOURCE && width > 8)
			parts[i].least = 8;
		if (i == TOP_TITLE && width > 10)
			parts[i].least = 10;
	}
	layout_columns((struct rect){0, 0, 1, end}, 2, parts, TOPS, places);
	/* what is about time stands at the right */
	for (int i = TOPS - 1; i >= TOP_WINDOW; i--)
		if (places[i].cols > 0) {
			places[i].x = end - places[i].cols;
			end = places[i].x - 2;
		}
	for (int i = 0; i < TOPS; i++) {
		enum style style = i == TOP_TITLE    ? STYLE_TITLE
				   : i == TOP_PAUSED ? STYLE_WARNING
						     : STYLE_PLAIN;

		canvas_into(c, places[i]);
		if (i == TOP_SOURCE)
			canvas_tail(c, 0, 0, places[i].cols, style, str_of(texts[i]));
		else
			canvas_field(c, 0, 0, places[i].cols, style, str_of(texts[i]));
	}
}

/* Two lines over the screen while the source is lost: why, and what happens next. */
static int draw_banner(struct app *a, struct rect area)
{
	const struct ui *ui = &a->ui;
	struct source_state state;
	struct canvas *c = a->canvas;
	char age[FMT_SIZE], clock[FMT_SIZE], next[FMT_SIZE];

	ui->source->state(ui->source->ctx, &state);
	if (state.condition != SOURCE_LOST || area.rows < 3)
		return 0;
	canvas_into(c, area);
	canvas_putf(c, 0, 0, STYLE_FAILURE, "DISCONNECTED  %s", state.error.text);
	int x = canvas_putf(c, 1, 0, STYLE_WARNING, "next try (%u) in %s; ",
		state.tries + 1, fmt_age(next, state.next_try_ms - ui->now_ms + 999));
	if (state.data_ms != 0)
		canvas_putf(c, 1, x, STYLE_WARNING,
			"last data of %s, %s old: frozen below, not live",
			fmt_clock(clock, state.data_ms),
			fmt_age(age, ui->now_ms - state.data_ms));
	return 2;
}

static void draw_prompt(struct app *a, int y)
{
	static const char *const prompts[] = {[PROMPT_NONE] = "",
		[PROMPT_COMMAND] = ":",
		[PROMPT_FILTER] = "filter: ",
		[PROMPT_SEARCH] = "find: ",
		[PROMPT_TIME] = "go to time (14:25, -5m): "};
	struct canvas *c = a->canvas;
	struct str before = {a->line.text, a->line.cursor};
	int x = canvas_puts(c, y, 0, STYLE_KEY, prompts[a->prompt]);

	canvas_puts(c, y, x, STYLE_PLAIN, a->line.text);
	a->cursor_y = y;
	a->cursor_x = x + canvas_width(c, before);
	if (a->cursor_x >= canvas_cols(c))
		a->cursor_x = canvas_cols(c) - 1;
}

static void draw_place(struct app *a, int y)
{
	struct ui *ui = &a->ui;
	struct canvas *c = a->canvas;
	struct buf status;
	int x = canvas_putf(c, y, 0, STYLE_TITLE, "%s", view(a)->word);

	x = canvas_putf(c, y, x, STYLE_PLAIN, " > %s",
			ui->view == VIEW_DETAIL && ui->detail != NULL ? ui->detail->name
					: ui->operator!= NULL	      ? ui->operator->operator
								      : "all");
	if (ui_state(ui)->filter.len > 0)
		x = canvas_putf(
			c, y, x, STYLE_WARNING, "  /%s/", ui_state(ui)->filter.text);
	if (ui_state(ui)->only_marked)
		x = canvas_puts(c, y, x, STYLE_WARNING, "  only faults");
	if (ui_state(ui)->only_active)
		x = canvas_puts(c, y, x, STYLE_WARNING, "  only active");
	buf_init(&status, LINE_SIZE);
	view(a)->status(ui, &status);
	buf_addc(&status, '\0');
	if (buf_ok(&status) && x + 2 + (int)status.len <= canvas_cols(c) + 1)
		canvas_right(c, y, canvas_cols(c), STYLE_PLAIN, status.at);
	buf_free(&status);
}

static void draw_message(struct app *a, int y)
{
	struct canvas *c = a->canvas;

	canvas_into(c, (struct rect){0, 0, canvas_rows(c), canvas_cols(c)});
	if (a->prompt != PROMPT_NONE)
		draw_prompt(a, y);
	else if (a->message_ms != 0)
		canvas_puts(c, y, 0, STYLE_TITLE, a->message);
	else
		draw_place(a, y);
}

/* "WORD" or "WORD/LABEL" of a screen's hints. */
static enum action read_hint(struct str hint, struct str *label)
{
	const char *slash = memchr(hint.at, '/', hint.len);

	*label = hint;
	if (slash == NULL)
		return input_action_named(hint);
	size_t len = (size_t)(slash - hint.at);
	*label = (struct str){slash + 1, hint.len - len - 1};
	return input_action_named((struct str){hint.at, len});
}

/* Keys and what they do, as many as there is space for. */
static void draw_hints(struct app *a, struct rect area)
{
	struct str hints = str_of(view(a)->hints), hint, label;
	struct canvas *c = a->canvas;
	int y = 0, x = 0;

	canvas_into(c, area);
	while (y < area.rows && input_next_name(&hints, &hint)) {
		struct str keys = str_of(input_info(read_hint(hint, &label))->keys), key;
		bool has_key = input_next_name(&keys, &key);
		int width = (int)(has_key ? key.len : 0) + 1 + (int)label.len;

		if (x > 0 && x + width > area.cols) {
			y++;
			x = 0;
		}
		x = canvas_put(c, y, x, STYLE_KEY, key);
		x = canvas_put(c, y, x + 1, STYLE_PLAIN, label) + 2;
	}
}

static void draw_too_small(struct app *a)
{
	canvas_puts(a->canvas, 0, 0, STYLE_PLAIN, "20x5 at least");
}

enum frame { FRAME_FIRST, FRAME_BODY, FRAME_PLACE, FRAME_HINTS, FRAMES };

static void draw(struct app *a)
{
	struct canvas *c = a->canvas;
	struct rect whole = {0, 0, canvas_rows(c), canvas_cols(c)};
	struct layout_part parts[FRAMES] = {
		{1, 1, 0}, {3, 1000, 0}, {1, 1, 0}, {whole.rows >= 20 ? 2 : 1, 2, 1}};
	struct rect areas[FRAMES];

	canvas_clear(c);
	a->cursor_y = -1;
	if (whole.rows < ROWS_LEAST || whole.cols < COLS_LEAST) {
		draw_too_small(a);
		return;
	}
	layout_rows(whole, 0, parts, whole.rows >= 8 ? FRAMES : FRAME_HINTS, areas);
	if (whole.rows < 8)
		areas[FRAME_HINTS] = (struct rect){0, 0, 0, 0};
	draw_first_line(a);
	int banner = draw_banner(a, areas[FRAME_BODY]);
	struct rect body = areas[FRAME_BODY];
	body.y += banner;
	body.rows -= banner;
	view(a)->update(&a->ui);
	view(a)->draw(&a->ui, c, body);
	canvas_into(c, body);
	if (banner > 0)
		canvas_flag(c, (struct rect){0, 0, body.rows, body.cols}, STYLE_STALE);
	draw_message(a, areas[FRAME_PLACE].y);
	draw_hints(a, areas[FRAME_HINTS]);
}

/* ---- the machine ---- */

static void start_tables(struct ui *ui)
{
	static const struct {
		enum view_id view;
		size_t pane;
		size_t sort;
	} sorted[] = {{VIEW_OPERATORS, 0, 4}, {VIEW_CONTROLLERS, 0, 2}, {VIEW_API, 0, 1},
		{VIEW_API, 1, 1}, {VIEW_RUNTIME, 0, 1}};

	for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		struct table_state *table =
			&ui->state[sorted[i].view].table[sorted[i].pane];

		table->sort = sorted[i].sort;
		table->descending = true;
	}
}

struct app *app_new(struct model *model, const struct source *source,
	struct findings *findings, int rows, int cols, enum glyphs glyphs)
{
	struct app *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->canvas = canvas_new(rows, cols, glyphs);
	a->ui.raw = raw_new();
	buf_init(&a->copied, TEXT_BYTES);
	if (a->canvas == NULL || a->ui.raw == NULL) {
		app_free(a);
		return NULL;
	}
	a->ui.model = model;
	a->ui.source = source;
	a->ui.findings = findings;
	a->ui.view = VIEW_CONTROLLERS;
	a->ui.window = 1;
	start_tables(&a->ui);
	return a;
}

static void forget_old_message(struct app *a)
{
	int64_t age_ms = a->ui.now_ms - a->message_ms;

	if (age_ms > MESSAGE_MS || age_ms < 0)
		a->message_ms = 0;
}

enum app_wish app_step(struct app *a, struct terminal_event event)
{
	a->wish = APP_WISH_NONE;
	poll_source(a);
	forget_old_message(a);
	look(a);
	if (event.key != INPUT_NONE) {
		take_key(a, event);
		look(a);
	}
	draw(a);
	return a->wish;
}

bool app_resize(struct app *a, int rows, int cols)
{
	for (size_t i = 0; i < MODEL_HISTS; i++)
		bars_forget(&a->ui.cuts[i]);
	bars_forget(&a->ui.heat_cuts);
	return canvas_resize(a->canvas, rows, cols);
}

struct canvas *app_canvas(struct app *a)
{
	return a->canvas;
}

void app_cursor(const struct app *a, int *y, int *x)
{
	*y = a->cursor_y;
	*x = a->cursor_x;
}

struct str app_copied(const struct app *a)
{
	return buf_str(&a->copied);
}

int app_wait_ms(const struct app *a)
{
	const struct source *source = a->ui.source;
	int wait_ms = source->wait_ms(source->ctx);
	int clock_ms = 1000 - (int)(a->ui.now_ms % 1000);

	return wait_ms >= 0 && wait_ms < clock_ms ? wait_ms : clock_ms;
}

/* ---- on the terminal ---- */

/* Without memory the old size is shown, cut or with free space. */
static void fit(struct app *a)
{
	int rows, cols;

	terminal_size(&rows, &cols);
	if ((rows != canvas_rows(a->canvas) || cols != canvas_cols(a->canvas)) &&
		!app_resize(a, rows, cols))
		say(a, "no memory for %d rows and %d columns", rows, cols);
}

static void grant(struct app *a, enum app_wish wish)
{
	if (wish == APP_WISH_SUSPEND)
		terminal_suspend();
	else if (wish == APP_WISH_COPY)
		terminal_copy(app_copied(a));
	bool is_whole = wish == APP_WISH_REDRAW || wish == APP_WISH_SUSPEND;
	int y, x;
	app_cursor(a, &y, &x);
	terminal_show(a->canvas, is_whole, y, x);
}

/* False: the terminal has gone away. */
static bool wait(const struct app *a)
{
	const struct source *source = a->ui.source;
	struct pollfd fds[] = {
		{terminal_fd(), POLLIN, 0}, {source->fd(source->ctx), POLLIN, 0}};

	if (poll(fds, 2, app_wait_ms(a)) < 0)
		return true; /* a signal: the size has changed, or it is time to end */
	return (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

int app_run(struct app *a)
{
	enum app_wish wish = APP_WISH_NONE;

	while (wish != APP_WISH_QUIT && terminal_signal() == 0) {
		struct terminal_event event = terminal_key();

		fit(a);
		wish = app_step(a, event);
		grant(a, wish);
		if (event.key == INPUT_NONE && !wait(a))
			break;
	}
	return terminal_signal();
}

void app_free(struct app *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < UI_PANES; i++)
		model_rows_free(&a->ui.rows[i]);
	raw_free(a->ui.raw);
	canvas_free(a->canvas);
	buf_free(&a->copied);
	free(a);
}
