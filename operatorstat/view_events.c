#include <stdio.h>
#include <string.h>

#include "operatorstat/view.h"

enum column { TIME, LASTED, WHO, WHAT };

static const struct table_column columns[] = {
	[TIME] = {.head = "   TIME",
		.cols = 14,
		.is_left = true,
		.is_fixed = true,
		.sets = ~0u},
	[LASTED] = {.head = "FOR", .cols = 5, .rank = 2, .sets = ~0u},
	[WHO] = {.head = "OPERATOR/CONTROLLER",
		.cols = 12,
		.most = 24,
		.is_left = true,
		.sets = ~0u},
	[WHAT] = {.head = "EVENT", .cols = 10, .most = 400, .is_left = true, .sets = ~0u},
};

/* Which events are shown is worked out for every frame; the newest come first. */
static void name_event(const struct model_event *event, struct buf *out)
{
	buf_addf(out, "%s%s%s", event->operator[0] != '\0' ? event->operator: "operatorstat",
			event->subject[0] != '\0' ? "/" : "", event->subject);
}

static bool is_shown(const struct ui *ui, const struct model_event *event)
{
	const struct view_state *state = &ui->state[VIEW_EVENTS];
	char line[1024];

	if (state->only_marked && event->severity == EVENT_OKAY)
		return false;
	if (ui->paused_ms != 0 && event->time_ms > ui->paused_ms)
		return false;
	if (state->filter.len == 0)
		return true;
	snprintf(line, sizeof(line), "%s/%s %s", event->operator, event->subject,
		event->text);
	return ui_matches(state->filter.text, line);
}

/* The n-th from the newest of those shown; false: there are not so many. */
static bool event_at(const struct ui *ui, size_t n, struct model_event *out)
{
	for (size_t i = model_events(ui->model); i > 0; i--) {
		*out = model_event(ui->model, i - 1);
		if (is_shown(ui, out) && n-- == 0)
			return true;
	}
	return false;
}

static size_t count_events(const struct ui *ui)
{
	size_t count = 0;

	for (size_t i = 0; i < model_events(ui->model); i++) {
		struct model_event event = model_event(ui->model, i);

		count += is_shown(ui, &event);
	}
	return count;
}

static enum style style_of(enum event_severity severity)
{
	switch (severity) {
	case EVENT_WARNING:
		return STYLE_WARNING;
	case EVENT_FAILURE:
		return STYLE_FAILURE;
	case EVENT_OKAY:
		break;
	}
	return STYLE_PLAIN;
}

static char letter_of(enum event_severity severity)
{
	return severity == EVENT_FAILURE ? '!' : severity == EVENT_WARNING ? '*' : ' ';
}

static void draw_who(struct canvas *c, const struct model_event *event)
{
	struct buf text;

	buf_init(&text, 4096);
	name_event(event, &text);
	canvas_tail(c, 0, 0, canvas_pane(c).cols, STYLE_PLAIN, buf_str(&text));
	buf_free(&text);
}

/* Of long ago with the day. */
static void put_time(const struct ui *ui, struct canvas *c, int64_t time_ms)
{
	char text[FMT_SIZE];
	bool is_old = ui->now_ms - time_ms > INT64_C(20) * 3600 * 1000;

	if (is_old)
		canvas_putf(c, 0, 3, STYLE_PLAIN, "%.11s", fmt_date(text, time_ms) + 5);
	else
		canvas_puts(c, 0, 3, STYLE_PLAIN, fmt_clock(text, time_ms));
}

static void draw_cell(void *ctx, struct canvas *c, size_t row, size_t column)
{
	const struct ui *ui = ctx;
	struct model_event event;
	char text[FMT_SIZE];
	int cols = canvas_pane(c).cols;

	if (!event_at(ui, row, &event))
		return;
	switch ((enum column)column) {
	case TIME:
		canvas_putf(c, 0, 1, style_of(event.severity), "%c",
			letter_of(event.severity));
		put_time(ui, c, event.time_ms);
		break;
	case LASTED:
		if (event.until_ms == MODEL_STILL)
			canvas_right(c, 0, cols, STYLE_TITLE, "still");
		else if (event.until_ms > 0)
			canvas_right(c, 0, cols, STYLE_DIM,
				fmt_age(text, event.until_ms - event.time_ms));
		break;
	case WHO:
		draw_who(c, &event);
		break;
	case WHAT:
		canvas_field(c, 0, 0, cols, style_of(event.severity), str_of(event.text));
		break;
	}
}

static struct table table(struct ui *ui)
{
	return (struct table){
		.columns = columns,
		.column_count = sizeof(columns) / sizeof(columns[0]),
		.row_count = count_events(ui),
		.ctx = ui,
		.cell = draw_cell,
	};
}

/* The whole sentence of the selected one, which its row may cut. */
static void draw_selected(
	const struct ui *ui, struct canvas *c, const struct table_state *table)
{
	struct model_event event;
	char title[128], clock[FMT_SIZE];

	if (canvas_pane(c).rows < 2 || !event_at(ui, table->cursor, &event))
		return;
	snprintf(title, sizeof(title), "%s", fmt_date(clock, event.time_ms));
	canvas_rule(c, 0, title);
	canvas_wrap(c, 1, 2, style_of(event.severity), str_of(event.text));
}

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table t = table(ui);
	struct table_state *state = &ui_state(ui)->table[0];
	struct layout_part parts[] = {{3, 1000, 0}, {3, 3, 1}};
	struct rect areas[2];

	layout_rows(body, 0, parts, 2, areas);
	table_draw(&t, state, c, areas[0], true);
	canvas_into(c, areas[0]);
	if (t.row_count == 0)
		canvas_puts(c, 1, 2, STYLE_DIM,
			"no events: restarts, resets, failures, changes of the leader "
			"and "
			"thresholds that are crossed would stand here");
	canvas_into(c, areas[1]);
	draw_selected(ui, c, state);
}

/* Enter goes to the time at which it happened, so that its cause can be looked at. */
static bool act(struct ui *ui, enum action a)
{
	struct model_event event;

	if (a != ACTION_OPEN || !event_at(ui, ui_state(ui)->table[0].cursor, &event))
		return false;
	struct model_row *row =
		model_find(ui->model, MODEL_CONTROLLER, event.operator, event.subject);
	ui->paused_ms = model_step(ui->model, event.time_ms, 0);
	if (row != NULL)
		ui->detail = row;
	ui->view = row != NULL ? VIEW_DETAIL : VIEW_CONTROLLERS;
	return true;
}

static void status(struct ui *ui, struct buf *out)
{
	struct table t = table(ui);

	table_position(&t, &ui_state(ui)->table[0], out);
}

static void row_text(struct ui *ui, size_t row, struct buf *out)
{
	struct model_event event;
	char date[FMT_SIZE];

	if (!event_at(ui, row, &event))
		return;
	buf_addf(out, "%s ", fmt_date(date, event.time_ms));
	name_event(&event, out);
	buf_addf(out, " %s", event.text);
}

const struct view view_events = {
	.word = "events",
	.title = "events",
	.hints = "open/go-there filter faults help q/close operators controllers api "
		 "runtime raw copy save prompt/command",
	.draw = draw,
	.act = act,
	.status = status,
	.table = table,
	.row_text = row_text,
};
