#include "operatorstat/app.h"

#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "operatorstat/app_inside.h"

/* How long a message stays. */
#define MESSAGE_MS 4000

void app_say(struct app *a, const char *format, ...)
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
	if (source_find_page(ui->source, str_of(row->operator), &page) &&
		!raw_take(ui->raw, str_of(row->operator), page.time_ms, page.format,
			page.body, &e))
		return;
}

static void take_pages(struct ui *ui)
{
	for (size_t i = 0; i < model_operators(ui->model); i++)
		take_page(ui, model_operator(ui->model, i));
}

static bool poll_source(struct app *a)
{
	const struct source *source = a->ui.source;
	struct sink sink = model_sink(a->ui.model);
	bool has_come = source->poll(source->ctx, &sink);

	a->ui.now_ms = source->now_ms(source->ctx);
	model_clock(a->ui.model, a->ui.now_ms);
	if (has_come || raw_count(a->ui.raw) == 0)
		take_pages(&a->ui);
	return has_come;
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

const struct view *app_view(const struct app *a)
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
	if (a->back_count == APP_BACK_MOST)
		memmove(a->back, a->back + 1, --a->back_count * sizeof(a->back[0]));
	if (before != a->ui.view)
		a->back[a->back_count++] = before;
}

void app_show(struct app *a, enum view_id id)
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
		app_say(a, "this is the first screen; q quits");
}

/* ---- time ---- */

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
		app_say(a, "nothing is kept from before %s",
			fmt_clock(clock, model_first_ms(a->ui.model)));
	a->ui.paused_ms = model_step(a->ui.model, at_ms, 0);
	a->drawn_ms = -1000; /* also where no clock goes on: a recording at its end */
	return true;
}

static void go_to_time(struct app *a, const char *text)
{
	struct err e;

	if (!app_go_to(a, text, &e))
		app_say(a, "%s", e.text);
}

static void start_experiment(struct app *a)
{
	char clock[FMT_SIZE];
	int64_t at_ms = model_at_ms(a->ui.model);

	model_baseline(a->ui.model, at_ms);
	a->ui.window = UI_WINDOWS - 1;
	app_say(a, "all figures count from %s on; w chooses another window",
		fmt_clock(clock, at_ms));
}

/* A recording is played faster or slower, an endpoint is asked more or less often. */
static void change_interval(struct app *a, int is_slower)
{
	static const double steps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60};
	const struct source *source = a->ui.source;
	double speed = source_speed(source);
	char text[FMT_SIZE];
	size_t i = 0;

	if (!isnan(speed)) {
		speed = is_slower != 0 ? speed / 2 : speed * 2;
		source_set_speed(source, speed);
		app_say(a, "played %s times as fast", fmt_exact(text, speed, 8));
		return;
	}
	while (i + 1 < sizeof(steps) / sizeof(steps[0]) &&
		steps[i] < source_interval(source) - 1e-9)
		i++;
	if (is_slower != 0 && i + 1 < sizeof(steps) / sizeof(steps[0]))
		i++;
	else if (is_slower == 0 && i > 0)
		i--;
	source_set_interval(source, steps[i]);
	app_say(a, "interval %s", fmt_bound(text, steps[i]));
}

/* ---- rows ---- */

void app_sort_by(struct app *a, enum model_field field)
{
	struct table t = ui_table(&a->ui);
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

	buf_init(&name, APP_TEXT_BYTES);
	ui_row_text(&a->ui, row, &name);
	buf_addc(&name, '\0');
	bool is_match = buf_ok(&name) && ui_matches(text, name.at);
	buf_free(&name);
	return is_match;
}

static void find_row(struct app *a, bool is_next)
{
	struct view_state *state = ui_state(&a->ui);
	struct table t = ui_table(&a->ui);
	size_t row = state->table[state->pane].cursor;

	for (size_t tries = 0; tries < t.row_count; tries++) {
		row = (row + (is_next ? 1 : t.row_count - 1)) % t.row_count;
		if (row_has(a, row, a->search)) {
			state->table[state->pane].cursor = row;
			ui_keep_selected(&a->ui, state->pane);
			return;
		}
	}
	app_say(a, "nothing matches `%s`", a->search);
}

static void copy_row(struct app *a)
{
	struct view_state *state = ui_state(&a->ui);

	buf_reset(&a->copied);
	ui_row_text(&a->ui, state->table[state->pane].cursor, &a->copied);
	if (a->copied.len == 0)
		return;
	a->wish = APP_WISH_COPY;
	app_say(a, "copied: %.*s", STR_ARG(buf_str(&a->copied)));
}

static void open_prompt(struct app *a, enum prompt prompt, const char *text)
{
	a->prompt = prompt;
	line_set(&a->line, str_of(text));
}

static void save_as_time(struct app *a)
{
	char date[FMT_SIZE], name[64];

	snprintf(name, sizeof(name), "operatorstat-%s", fmt_date(date, a->ui.now_ms));
	for (char *at = name; *at != '\0'; at++)
		if (*at == ' ' || *at == ':')
			*at = *at == ' ' ? '-' : '.';
	app_save_both(a, name);
}

/* ---- actions ---- */

static void act_close(struct app *a)
{
	if (!go_back(a))
		a->wish = APP_WISH_QUIT;
}

static void act_wish(struct app *a, int wish)
{
	a->wish = (enum app_wish)wish;
}

static void act_help(struct app *a)
{
	if (a->ui.view != VIEW_HELP)
		a->ui.before = a->ui.view;
	app_show(a, VIEW_HELP);
}

static void act_show(struct app *a, int id)
{
	if (id == VIEW_CONTROLLERS)
		a->ui.operator= NULL;
	app_show(a, (enum view_id)id);
}

static void act_prompt(struct app *a, int prompt)
{
	a->unfiltered = ui_state(&a->ui)->filter;
	open_prompt(a, (enum prompt)prompt,
		prompt == PROMPT_FILTER ? a->unfiltered.text : "");
}

static void act_find(struct app *a, int is_next)
{
	if (a->search[0] == '\0')
		open_prompt(a, PROMPT_SEARCH, "");
	else
		find_row(a, is_next != 0);
}

static void act_sort(struct app *a, int field)
{
	app_sort_by(a, (enum model_field)field);
}

static void act_active(struct app *a)
{
	ui_state(&a->ui)->only_active = !ui_state(&a->ui)->only_active;
}

static void act_faults(struct app *a)
{
	ui_state(&a->ui)->only_marked = !ui_state(&a->ui)->only_marked;
}

static void act_counting(struct app *a)
{
	static const char *const countings[UI_COUNTINGS] = {
		"counters a second, over the window",
		"counters in all, since the first page",
		"counters since the page before"};
	struct ui *ui = &a->ui;

	ui->counting = (enum ui_counting)((ui->counting + 1) % UI_COUNTINGS);
	app_say(a, "%s", countings[ui->counting]);
}

static void act_window(struct app *a)
{
	a->ui.window = (a->ui.window + 1) % UI_WINDOWS;
	app_say(a, "window %s", ui_window_name(a->ui.window));
}

static void act_exact(struct app *a)
{
	a->ui.is_exact = !a->ui.is_exact;
}

static void act_percentiles(struct app *a)
{
	a->ui.percentiles = 1 - a->ui.percentiles;
}

static void act_describe(struct app *a)
{
	a->ui.is_described = !a->ui.is_described;
}

static void act_pause(struct app *a)
{
	a->ui.paused_ms = a->ui.paused_ms != 0 ? 0 : model_last_ms(a->ui.model);
}

static void act_step(struct app *a, int pages)
{
	int64_t at_ms =
		a->ui.paused_ms != 0 ? a->ui.paused_ms : model_last_ms(a->ui.model);

	if (at_ms != 0)
		a->ui.paused_ms = model_step(a->ui.model, at_ms, pages);
}

static void act_poll(struct app *a)
{
	source_poll_now(a->ui.source);
}

/* What is the same on every screen. Those that stand not here are of tables and of single
 * screens. */
static const struct {
	void (*run)(struct app *a);
	void (*with)(struct app *a, int detail);
	int detail;
} deeds[ACTIONS] = {
	[ACTION_BACK] = {.run = take_back},
	[ACTION_CLOSE] = {.run = act_close},
	[ACTION_QUIT] = {.with = act_wish, .detail = APP_WISH_QUIT},
	[ACTION_REDRAW] = {.with = act_wish, .detail = APP_WISH_REDRAW},
	[ACTION_SUSPEND] = {.with = act_wish, .detail = APP_WISH_SUSPEND},
	[ACTION_HELP] = {.run = act_help},
	[ACTION_PROMPT] = {.with = act_prompt, .detail = PROMPT_COMMAND},
	[ACTION_FILTER] = {.with = act_prompt, .detail = PROMPT_FILTER},
	[ACTION_GO_TO_TIME] = {.with = act_prompt, .detail = PROMPT_TIME},
	[ACTION_VIEW_OPERATORS] = {.with = act_show, .detail = VIEW_OPERATORS},
	[ACTION_VIEW_CONTROLLERS] = {.with = act_show, .detail = VIEW_CONTROLLERS},
	[ACTION_VIEW_API] = {.with = act_show, .detail = VIEW_API},
	[ACTION_VIEW_RUNTIME] = {.with = act_show, .detail = VIEW_RUNTIME},
	[ACTION_VIEW_EVENTS] = {.with = act_show, .detail = VIEW_EVENTS},
	[ACTION_VIEW_RAW] = {.with = act_show, .detail = VIEW_RAW},
	[ACTION_SORT_DEPTH] = {.with = act_sort, .detail = MODEL_DEPTH},
	[ACTION_SORT_ERRORS] = {.with = act_sort, .detail = MODEL_ERROR_PERCENT},
	[ACTION_SORT_P99] = {.with = act_sort, .detail = MODEL_RECONCILE_P99},
	[ACTION_SORT_QUEUE] = {.with = act_sort, .detail = MODEL_QUEUE_P99},
	[ACTION_SORT_RATE] = {.with = act_sort, .detail = MODEL_RECONCILES},
	[ACTION_NEXT_MATCH] = {.with = act_find, .detail = true},
	[ACTION_PREVIOUS_MATCH] = {.with = act_find, .detail = false},
	[ACTION_ACTIVE] = {.run = act_active},
	[ACTION_FAULTS] = {.run = act_faults},
	[ACTION_COPY] = {.run = copy_row},
	[ACTION_RATE] = {.run = act_counting},
	[ACTION_WINDOW] = {.run = act_window},
	[ACTION_EXACT] = {.run = act_exact},
	[ACTION_PERCENTILES] = {.run = act_percentiles},
	[ACTION_DESCRIBE] = {.run = act_describe},
	[ACTION_BASELINE] = {.run = start_experiment},
	[ACTION_PAUSE] = {.run = act_pause},
	[ACTION_STEP_BACK] = {.with = act_step, .detail = -1},
	[ACTION_STEP_FORWARD] = {.with = act_step, .detail = 1},
	[ACTION_LEAP_BACK] = {.with = act_step, .detail = -10},
	[ACTION_LEAP_FORWARD] = {.with = act_step, .detail = 10},
	[ACTION_SLOWER] = {.with = change_interval, .detail = true},
	[ACTION_FASTER] = {.with = change_interval, .detail = false},
	[ACTION_POLL] = {.run = act_poll},
	[ACTION_SAVE] = {.run = save_as_time},
};

/* At the left edge there is nothing more to the left: varnishstat's h is help. */
static bool act_in_table(struct app *a, enum action action)
{
	struct view_state *state = ui_state(&a->ui);

	if (!ui_has_table(&a->ui))
		return false;
	struct table t = ui_table(&a->ui);
	if (action == ACTION_LEFT && state->table[state->pane].left == 0)
		app_say(a, "press ? for help");
	if (!table_act(&t, &state->table[state->pane], action))
		return false;
	ui_keep_selected(&a->ui, state->pane);
	return true;
}

void app_act(struct app *a, enum action action)
{
	enum view_id before = a->ui.view;

	if (!input_is_for(action, a->ui.view)) {
		app_say(a, "not on this screen: %s", input_info(action)->help);
		return;
	}
	ui_update(&a->ui);
	if (ui_act(&a->ui, action)) {
		if (a->ui.view != before)
			show_view(a, before);
		return;
	}
	if (act_in_table(a, action))
		return;
	if (deeds[action].run != NULL)
		deeds[action].run(a);
	else if (deeds[action].with != NULL)
		deeds[action].with(a, deeds[action].detail);
}

/* ---- keys ---- */

static void finish_prompt(struct app *a)
{
	enum prompt prompt = a->prompt;
	struct str line = {a->line.text, a->line.len};

	a->prompt = PROMPT_NONE;
	switch (prompt) {
	case PROMPT_COMMAND:
		app_command(a, line);
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
			app_complete(a);
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

	if (!ui_has_table(&a->ui))
		return;
	ui_update(&a->ui);
	struct table t = ui_table(&a->ui);
	size_t row = table_row_at(&t, &state->table[state->pane], y);
	if (table_sort_at(&t, &state->table[state->pane], y, x) || row == t.row_count)
		return;
	bool is_again = state->table[state->pane].cursor == row;
	state->table[state->pane].cursor = row;
	ui_keep_selected(&a->ui, state->pane);
	if (is_again)
		app_act(a, ACTION_OPEN);
}

static void take_key(struct app *a, struct terminal_event event)
{
	if (event.key == INPUT_CLICK) {
		click(a, event.y, event.x);
	} else if (event.key == INPUT_WHEEL_UP || event.key == INPUT_WHEEL_DOWN) {
		app_act(a, event.key == INPUT_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
	} else if (event.key == INPUT_OTHER) {
		return;
	} else if (a->prompt != PROMPT_NONE) {
		type(a, event.key);
	} else {
		enum action action = input_action(event.key, a->ui.view);

		a->message_ms = 0;
		if (action != ACTION_NONE)
			app_act(a, action);
		else
			app_say(a, "no such key here; ? shows those there are");
	}
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
	buf_init(&a->copied, APP_TEXT_BYTES);
	if (a->canvas == NULL || a->ui.raw == NULL) {
		app_free(a);
		return NULL;
	}
	a->ui.model = model;
	a->ui.source = source;
	a->ui.findings = findings;
	a->drawn_ms = -1000;
	a->ui.view = VIEW_CONTROLLERS;
	a->ui.window = 1;
	start_tables(&a->ui);
	return a;
}

void app_keep_options_in(struct app *a, const char *path)
{
	a->options_path = path;
}

static void forget_old_message(struct app *a)
{
	int64_t age_ms = a->ui.now_ms - a->message_ms;

	if (age_ms > MESSAGE_MS || age_ms < 0)
		a->message_ms = 0;
}

/* Ages and the clock go by the second. */
static bool is_outdated(const struct app *a)
{
	return a->ui.now_ms / 1000 != a->drawn_ms / 1000;
}

enum app_wish app_step(struct app *a, struct terminal_event event)
{
	a->wish = APP_WISH_NONE;
	bool has_come = poll_source(a);
	forget_old_message(a);
	look(a);
	if (event.key != INPUT_NONE) {
		take_key(a, event);
		look(a);
	}
	a->is_drawn = has_come || event.key != INPUT_NONE || is_outdated(a);
	if (a->is_drawn)
		app_draw(a);
	a->drawn_ms = a->is_drawn ? a->ui.now_ms : a->drawn_ms;
	return a->wish;
}

bool app_resize(struct app *a, int rows, int cols)
{
	a->drawn_ms = -1000;
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
		app_say(a, "no memory for %d rows and %d columns", rows, cols);
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
	if (a->is_drawn)
		terminal_show(a->canvas, is_whole, y, x);
}

/* False: the terminal has gone away. */
static bool wait(const struct app *a)
{
	struct pollfd fds[1 + SOURCE_FDS] = {{terminal_fd(), POLLIN, 0}};
	size_t count = source_fds(a->ui.source, fds + 1, SOURCE_FDS);

	if (poll(fds, 1 + count, app_wait_ms(a)) < 0)
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
	free(a->ui.numbers.at);
	raw_free(a->ui.raw);
	canvas_free(a->canvas);
	buf_free(&a->copied);
	free(a);
}
