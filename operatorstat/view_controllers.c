#include <math.h>
#include <stdio.h>

#include "operatorstat/view.h"

#define ALL   1u
#define RATES 2u
#define TIMES 4u
#define SETS  3

static const struct table_column columns[] = {
	UI_NAME("OPERATOR/CONTROLLER", 12, 36),
	UI_WORKERS(6, ALL | RATES),
	UI_FIELD("DEPTH", 6, 1, ALL | RATES | TIMES, DEPTH),
	UI_FIELD("ADDS", 6, 12, ALL | RATES, ADDS),
	UI_FIELD("RETRY", 6, 13, ALL | RATES, RETRIES),
	UI_FIELD("REC", 6, 3, ALL | RATES, RECONCILES),
	UI_FIELD("OK", 6, 17, ALL | RATES, SUCCESS),
	UI_FIELD("REQ", 6, 24, ALL | RATES, REQUEUE),
	UI_FIELD("AFTER", 6, 25, ALL | RATES, REQUEUE_AFTER),
	UI_FIELD("ERR", 6, 18, ALL | RATES, ERRORS),
	UI_FIELD("ERR%", 5, 2, ALL | RATES, ERROR_PERCENT),
	UI_FIELD("TERM", 5, 19, ALL | RATES, TERMINAL),
	UI_FIELD("PANIC", 6, 20, ALL | RATES, PANICS),
	UI_FIELD("TMOUT", 6, 26, ALL | RATES, TIMEOUTS),
	UI_FIELD("BUSY%", 6, 10, ALL | TIMES, BUSY),
	UI_FIELD("R-p50", 6, 8, ALL | TIMES, RECONCILE_P50),
	UI_FIELD("R-p90", 6, 14, ALL | TIMES, RECONCILE_P90),
	UI_FIELD("R-p99", 6, 4, ALL | TIMES, RECONCILE_P99),
	UI_FIELD("Q-p50", 6, 15, ALL | TIMES, QUEUE_P50),
	UI_FIELD("Q-p90", 6, 16, ALL | TIMES, QUEUE_P90),
	UI_FIELD("Q-p99", 6, 7, ALL | TIMES, QUEUE_P99),
	UI_FIELD("W-p50", 6, 27, TIMES, WORK_P50),
	UI_FIELD("W-p90", 6, 28, TIMES, WORK_P90),
	UI_FIELD("W-p99", 6, 22, ALL | TIMES, WORK_P99),
	UI_FIELD("LONGEST", 8, 11, ALL | TIMES, LONGEST),
	UI_FIELD("UNFIN", 6, 21, ALL | TIMES, UNFINISHED),
	UI_FIELD("NEED", 5, 29, ALL | TIMES, WORKERS_NEEDED),
	UI_TREND("DEPTH TREND", 11, 24, 23, ALL, DEPTH),
	UI_TREND("REC TREND", 9, 24, 9, ALL, RECONCILES),
};

static const struct view_rows controller_rows = {
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.set_count = SETS,
	.scope = MODEL_CONTROLLER,
	.is_tree = true,
};

/* ---- the summary of all operators ---- */

struct tile {
	const char *label;
	enum model_field field;
};

static const struct tile tiles[] = {
	{"Reconciles", MODEL_RECONCILES},
	{"Errors", MODEL_ERRORS},
	{"Queue depth", MODEL_DEPTH},
	{"API requests", MODEL_API_REQUESTS},
	{"Workers busy", MODEL_WORKERS},
	{"API errors %", MODEL_API_ERROR_PERCENT},
	{"RSS", MODEL_RSS},
	{"Goroutines", MODEL_GOROUTINES},
};
#define SMALL_TILES 4

/* "45.4/s" */
static void put_number(const struct ui *ui, const struct model_row *all,
	enum model_field field, char out[2 * FMT_SIZE])
{
	bool is_counter = model_field_info(field)->kind == MODEL_COUNTER;
	char number[FMT_SIZE];

	snprintf(out, 2 * sizeof(number), "%s%s", ui_number(ui, all, field, number),
		is_counter && !isnan(all->value[field]) ? ui_counting_unit(ui) : "");
}

static void draw_small_tile(const struct ui *ui, struct canvas *c,
	const struct tile *tile, const struct model_row *all)
{
	char text[2 * FMT_SIZE];

	put_number(ui, all, tile->field, text);
	canvas_puts(c, 0, 0, STYLE_PLAIN, tile->label);
	int end = 21 + ui_widening(ui);
	canvas_right(c, 0, end, STYLE_TITLE, text);
	ui_spark(ui, c, 0, end + 1, canvas_pane(c).cols - end - 2, all, tile->field);
}

static void draw_big_tile(const struct ui *ui, struct canvas *c, const struct tile *tile,
	const struct model_row *all)
{
	char text[2 * FMT_SIZE], number[FMT_SIZE];
	int cols = canvas_pane(c).cols - 2;

	put_number(ui, all, tile->field, text);
	canvas_puts(c, 0, 0, STYLE_PLAIN, tile->label);
	int x = canvas_puts(c, 0, 18, STYLE_TITLE, text);
	if (tile->field == MODEL_WORKERS)
		canvas_putf(c, 0, x, STYLE_TITLE, "/%s",
			ui_number(ui, all, MODEL_WORKERS_MAX, number));
	int64_t slot_ms = ui_spark(ui, c, 1, 0, cols, all, tile->field);
	canvas_putf(c, 2, 0, STYLE_DIM, "-%s", fmt_age(number, slot_ms * cols));
	canvas_right(c, 2, cols, STYLE_DIM, "now");
}

static void draw_tiles(const struct ui *ui, struct canvas *c, struct rect area,
	bool is_big, const struct model_row *all)
{
	size_t across = is_big ? 4 : area.cols >= 60 ? 2 : 1;
	size_t count = is_big ? sizeof(tiles) / sizeof(tiles[0]) : SMALL_TILES;
	int height = is_big ? 4 : 1, width = area.cols / (int)across;

	for (size_t i = 0; i < count; i++) {
		struct rect place = {area.y + (int)(i / across) * height,
			area.x + (int)(i % across) * width, height, width};

		if (place.y + (is_big ? 3 : 1) > area.y + area.rows)
			return;
		canvas_into(c, place);
		if (is_big)
			draw_big_tile(ui, c, &tiles[i], all);
		else
			draw_small_tile(ui, c, &tiles[i], all);
	}
}

static void put_restarts(
	const struct ui *ui, struct canvas *c, int x, const struct model_row *all)
{
	char number[FMT_SIZE];
	double restarts = all->value[MODEL_RESTARTS];

	canvas_piece(c, 0, x, restarts > 0 ? STYLE_WARNING : STYLE_PLAIN, "restarts %s%s",
		ui_value(ui, MODEL_RESTARTS, restarts, number),
		restarts > 0 ? " in 15m" : "");
}

static void draw_facts(const struct ui *ui, struct canvas *c, const struct model_row *all)
{
	char a[FMT_SIZE], b[FMT_SIZE];
	int x = canvas_piece(c, 0, 0, STYLE_PLAIN, "Workers %s/%s busy  ",
		ui_number(ui, all, MODEL_WORKERS, a),
		ui_number(ui, all, MODEL_WORKERS_MAX, b));

	x = canvas_piece(c, 0, x, STYLE_PLAIN, "RSS %s  goroutines %s  ",
		ui_number(ui, all, MODEL_RSS, a),
		ui_number(ui, all, MODEL_GOROUTINES, b));
	if (all->value[MODEL_API_429] > 0)
		x = canvas_piece(c, 0, x, STYLE_WARNING, "429 %s%s  ",
			ui_number(ui, all, MODEL_API_429, a), ui_counting_unit(ui));
	put_restarts(ui, c, x, all);
}

static void draw_summary(const struct ui *ui, struct canvas *c, struct rect area)
{
	const struct model_row *all = model_all(ui->model);
	bool is_big = area.rows >= 7 && area.cols >= 120;

	if (area.rows == 0)
		return;
	draw_tiles(ui, c,
		is_big ? area : (struct rect){area.y, area.x, area.rows - 1, area.cols},
		is_big, all);
	if (is_big)
		return;
	canvas_into(c, (struct rect){area.y + area.rows - 1, area.x, 1, area.cols});
	draw_facts(ui, c, all);
}

/* ---- what is known about the selected row ---- */

static void put_scrape(const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	const struct model_row *parent = model_parent(ui->model, row);
	struct model_state state = model_state(ui->model, parent);
	char seconds[FMT_SIZE];
	struct buf title;

	buf_init(&title, 4096);
	buf_addf(&title, "%s%s%s  scrape %s %s  ", row->name,
		row->name[0] != '\0' ? " @ " : "", row->operator,
		fmt_seconds(seconds, parent->value[MODEL_SCRAPE_SECONDS]),
		state.is_up ? "ok" : "failed");
	source_where(ui->source, str_of(row->operator), &title);
	buf_addc(&title, '\0');
	if (buf_ok(&title))
		canvas_rule(c, 0, title.at);
	buf_free(&title);
}

static void draw_info(
	struct ui *ui, struct canvas *c, struct rect area, const struct model_row *row)
{
	canvas_into(c, area);
	if (area.rows == 0 || row == NULL)
		return;
	put_scrape(ui, c, row);
	ui_findings(ui, c, 1, row, true);
}

static void draw_events(const struct ui *ui, struct canvas *c, struct rect area)
{
	size_t count = model_events(ui->model);
	char clock[FMT_SIZE];

	canvas_into(c, area);
	if (area.rows == 0)
		return;
	canvas_rule(c, 0, "recent events");
	for (int y = 1; y < area.rows && count > 0; y++) {
		struct model_event event = model_event(ui->model, --count);

		canvas_putf(c, y, 0, STYLE_PLAIN, "%s %s%s%s  %s",
			fmt_clock(clock, event.time_ms), event.operator,
			event.subject[0] != '\0' ? "/" : "", event.subject, event.text);
	}
}

enum part { SUMMARY, TABLE, INFO, EVENTS, PARTS };

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table t = ui_table(ui);
	const struct model_row *row = ui_selected(ui);
	bool is_big = body.rows >= 36 && body.cols >= 120;
	struct layout_part parts[PARTS] = {
		[SUMMARY] = {is_big ? 8 : 3, is_big ? 8 : 3, 2},
		[TABLE] = {5, (int)t.row_count + 1, 0},
		[INFO] = {3, ui->is_described || is_big ? body.rows / 3 : 5, 3},
		[EVENTS] = {5, 9, 4},
	};
	struct rect areas[PARTS];

	/* on a small screen the rows come first */
	layout_rows(body, 0, parts, is_big ? PARTS : EVENTS, areas);
	if (!is_big)
		areas[EVENTS] = (struct rect){0, 0, 0, 0};
	layout_fill(body, areas, PARTS, TABLE);
	draw_summary(ui, c, areas[SUMMARY]);
	table_draw(&t, &ui_state(ui)->table[0], c, areas[TABLE], true);
	draw_info(ui, c, areas[INFO], row);
	draw_events(ui, c, areas[EVENTS]);
}

/* ---- actions ---- */

static void mark(struct ui *ui, struct model_row *row)
{
	for (size_t i = 0; i < ui->mark_count; i++)
		if (ui->marks[i] == row) {
			ui->marks[i] = ui->marks[--ui->mark_count];
			return;
		}
	if (ui->mark_count < UI_MARKS)
		ui->marks[ui->mark_count++] = row;
}

static bool act(struct ui *ui, enum action a)
{
	struct model_row *row = ui_selected(ui);

	if (row == NULL || (a != ACTION_OPEN && a != ACTION_MARK))
		return false;
	if (row->scope == MODEL_OPERATOR) {
		/* a second Enter opens the rest again */
		ui->operator= ui->operator== row ? NULL : row;
		return true;
	}
	if (a == ACTION_MARK) {
		mark(ui, row);
		return true;
	}
	ui->detail = row;
	ui->view = VIEW_DETAIL;
	return true;
}

static void status(struct ui *ui, struct buf *out)
{
	if (ui->mark_count > 0)
		buf_addf(out, "%zu marked  ", ui->mark_count);
	ui_table_status(ui, out);
}

const struct view view_controllers = {
	.word = "controllers",
	.title = "controllers",
	.hints = "open window filter sort-right/sort faults rate pause help q/quit "
		 "operators api runtime events raw mark describe more/columns "
		 "step-back/back-in-time baseline exact active save prompt/command",
	.rows = &controller_rows,
	.draw = draw,
	.act = act,
	.status = status,
};
