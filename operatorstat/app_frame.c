#include <stdio.h>
#include <string.h>

#include "operatorstat/app_inside.h"

/* A size below says only that it is too small. */
#define ROWS_LEAST 5
#define COLS_LEAST 20

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
		snprintf(out, size, "%s", app_view(a)->title);
}

/* What figures are of, and, where they are no rates, what counters count. */
static void put_window(const struct ui *ui, char *out, size_t size)
{
	static const char *const countings[UI_COUNTINGS] = {
		[UI_RATE] = "", [UI_TOTAL] = " totals", [UI_INTERVAL] = " a page"};

	snprintf(out, size, "window %s%s", ui_window_name(ui->window),
		countings[ui->counting]);
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
	put_window(ui, texts[TOP_WINDOW], LINE_SIZE);
	snprintf(texts[TOP_PAUSED], LINE_SIZE, "%s", ui->paused_ms != 0 ? "PAUSED" : "");
	put_age(a, texts[TOP_AGE], LINE_SIZE);
	snprintf(texts[TOP_CLOCK], LINE_SIZE, "%s",
		canvas_cols(a->canvas) >= 120 ? fmt_date(text, at_ms)
					      : fmt_clock(text, at_ms));
}

static int least_of(int a, int b)
{
	return a < b ? a : b;
}

/* Source and age are always there; the others go where there is no space. Title and
 * source may be cut, and still say something. */
static void divide_first_line(
	const struct app *a, char texts[TOPS][LINE_SIZE], struct rect places[TOPS])
{
	const int ranks[TOPS] = {[TOP_TITLE] = 2,
		[TOP_COUNTS] = 6,
		[TOP_WINDOW] = 4,
		[TOP_PAUSED] = 1,
		[TOP_CLOCK] = a->ui.paused_ms != 0 ? 3 : 5};
	const struct canvas *c = a->canvas;
	const int cols = canvas_cols(c);
	struct layout_part parts[TOPS];
	struct rect there[TOPS];
	size_t count = 0;

	for (int i = 0; i < TOPS; i++) {
		int width = canvas_width(c, str_of(texts[i]));
		int least = i == TOP_SOURCE  ? least_of(width, cols < 60 ? 8 : 18)
			    : i == TOP_TITLE ? least_of(width, cols / 4 + 4)
					     : width;

		if (width > 0)
			parts[count++] = (struct layout_part){least, width, ranks[i]};
	}
	layout_columns((struct rect){0, 0, 1, cols}, 2, parts, count, there);
	count = 0;
	for (int i = 0; i < TOPS; i++)
		places[i] = texts[i][0] != '\0' ? there[count++] : (struct rect){0};
}

static void draw_first_line(struct app *a)
{
	struct canvas *c = a->canvas;
	char texts[TOPS][LINE_SIZE];
	struct rect places[TOPS];
	int end = canvas_cols(c);

	put_first_line(a, texts);
	divide_first_line(a, texts, places);
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
	int behind = canvas_puts(c, 0, 0, STYLE_FAILURE, "DISCONNECTED  ");
	canvas_field(c, 0, behind, area.cols - behind, STYLE_FAILURE,
		str_of(state.error.text));
	int x = canvas_putf(c, 1, 0, STYLE_WARNING, "next try (%u) in %s",
		state.tries + 1, fmt_age(next, state.next_try_ms - ui->now_ms + 999));
	if (state.data_ms != 0)
		canvas_putf(c, 1, x, STYLE_WARNING,
			"; last data of %s, %s old: frozen below, not live",
			fmt_clock(clock, state.data_ms),
			fmt_age(age, ui->now_ms - state.data_ms));
	return 2;
}

/* What fits into one line, up to a line end or the last blank before it is full. */
static struct str next_line(struct str *text, int cols)
{
	const char *end = memchr(text->at, '\n', text->len);
	struct str line = {text->at, end == NULL ? text->len : (size_t)(end - text->at)};
	size_t taken = line.len + (end != NULL);
	const char *blank =
		line.len > (size_t)cols ? memrchr(line.at, ' ', (size_t)cols) : NULL;

	if (blank != NULL && blank > line.at) {
		line.len = (size_t)(blank - line.at);
		taken = line.len + 1;
	}
	*text = (struct str){text->at + taken, text->len - taken};
	return line;
}

static int count_lines(struct str text, int cols)
{
	int count = 0;

	for (; text.len > 0; count++)
		(void)next_line(&text, cols);
	return count;
}

/* In place of a screen that would be empty, or below the operators, what the source has
 * to say. False: there is a screen to be drawn in what is left of the body. */
static bool draw_hint(struct app *a, struct rect *body)
{
	bool is_empty = model_operators(a->ui.model) == 0;
	struct rect area = *body;
	struct buf text;

	if (a->ui.view == VIEW_HELP || (!is_empty && a->ui.view != VIEW_OPERATORS))
		return false;
	buf_init(&text, 1 << 16);
	source_hint(a->ui.source, &text);
	struct str rest = buf_str(&text);
	int lines = count_lines(rest, area.cols);
	if (!is_empty) {
		area.rows = lines < body->rows / 2 ? lines : body->rows / 2;
		body->rows -= area.rows;
		area.y = body->y + body->rows;
	}
	canvas_into(a->canvas, area);
	for (int y = 0; rest.len > 0 && y < area.rows; y++)
		canvas_put(a->canvas, y, 0, STYLE_PLAIN, next_line(&rest, area.cols));
	buf_free(&text);
	return is_empty && lines > 0;
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

/* "controllers > cert-operator > certificate" */
static int put_place(struct app *a, int y)
{
	const struct ui *ui = &a->ui;
	bool is_detail = ui->view == VIEW_DETAIL && ui->detail != NULL;
	const char *operator= is_detail ? ui->detail->operator: ui->operator!= NULL
		? ui->operator->operator: "all";
	int x = canvas_puts(a->canvas, y, 0, STYLE_TITLE, app_view(a)->word);

	x = canvas_putf(a->canvas, y, x, STYLE_PLAIN, " > %s", operator);
	if (is_detail)
		x = canvas_putf(a->canvas, y, x, STYLE_PLAIN, " > %s", ui->detail->name);
	return x;
}

static void draw_place(struct app *a, int y)
{
	struct ui *ui = &a->ui;
	struct canvas *c = a->canvas;
	struct buf status;
	int x = put_place(a, y);

	if (ui_state(ui)->filter.len > 0)
		x = canvas_putf(
			c, y, x, STYLE_WARNING, "  /%s/", ui_state(ui)->filter.text);
	if (ui_state(ui)->only_marked)
		x = canvas_puts(c, y, x, STYLE_WARNING, "  only faults");
	if (ui_state(ui)->only_active)
		x = canvas_puts(c, y, x, STYLE_WARNING, "  only active");
	buf_init(&status, LINE_SIZE);
	ui_status(ui, &status);
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
	struct str hints = str_of(app_view(a)->hints), hint, label;
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

/* Where a screen reader shall read: the selected row. */
static void put_cursor(struct app *a)
{
	const struct view_state *state = ui_state(&a->ui);
	const struct table_state *table = &state->table[state->pane];

	if (!ui_has_table(&a->ui))
		return;
	a->cursor_y = table->area.y + (int)(table->cursor - table->top);
	a->cursor_x = table->area.x;
}

enum frame { FRAME_FIRST, FRAME_BODY, FRAME_PLACE, FRAME_HINTS, FRAMES };

void app_draw(struct app *a)
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
	ui_update(&a->ui);
	if (!draw_hint(a, &body))
		app_view(a)->draw(&a->ui, c, body);
	canvas_into(c, body);
	if (banner > 0)
		canvas_flag(c, (struct rect){0, 0, body.rows, body.cols}, STYLE_STALE);
	draw_message(a, areas[FRAME_PLACE].y);
	if (canvas_is_plain(c) && a->prompt == PROMPT_NONE)
		put_cursor(a);
	draw_hints(a, areas[FRAME_HINTS]);
}
