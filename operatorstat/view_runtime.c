#include <math.h>
#include <stdio.h>

#include "operatorstat/view.h"

#define ALL    1u
#define MEMORY 2u
#define SETS   2

static const struct table_column columns[] = {
	UI_NAME("OPERATOR", 12, 40),
	UI_FIELD("RSS", 6, 1, ALL | MEMORY, RSS),
	UI_FIELD("VIRT", 6, 17, ALL | MEMORY, VIRTUAL),
	UI_FIELD("HEAP", 6, 2, ALL | MEMORY, HEAP),
	UI_FIELD("INUSE", 6, 14, ALL | MEMORY, HEAP_INUSE),
	UI_FIELD("NEXTGC", 7, 7, ALL | MEMORY, NEXT_GC),
	UI_FIELD("SYS", 6, 15, ALL | MEMORY, SYS),
	UI_FIELD("GC", 6, 8, ALL | MEMORY, GCS),
	UI_FIELD("PAUSE", 6, 9, ALL | MEMORY, GC_PAUSE_MEAN),
	UI_FIELD("P-p99", 6, 12, ALL | MEMORY, GC_PAUSE_P99),
	UI_FIELD("GCCPU", 6, 6, ALL | MEMORY, GC_CPU),
	UI_FIELD("GOROUT", 7, 4, ALL, GOROUTINES),
	UI_FIELD("THREADS", 8, 13, ALL, THREADS),
	UI_FIELD("S-p99", 6, 11, ALL, SCHED_P99),
	UI_FIELD("FDS", 5, 5, ALL, FDS),
	UI_FIELD("FDSMAX", 7, 16, ALL, FDS_MAX),
	UI_FIELD("CPU", 5, 3, ALL, CPU),
	UI_FIELD("UP", 6, 10, ALL, UPTIME),
};

static const struct view_rows operator_rows = {
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.set_count = SETS,
	.scope = MODEL_OPERATOR,
	.is_tree = false,
};

static const struct {
	const char *label;
	enum model_field field;
} past[] = {
	{"RSS", MODEL_RSS},
	{"heap", MODEL_HEAP},
	{"goroutines", MODEL_GOROUTINES},
	{"CPU %", MODEL_CPU},
	{"descriptors", MODEL_FDS},
	{"GC CPU %", MODEL_GC_CPU},
	{"next GC", MODEL_NEXT_GC},
	{"threads", MODEL_THREADS},
};

/* Gauges between their least and greatest: from 0 they would be solid blocks. */
static void draw_past(const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	struct rect pane = canvas_pane(c);
	char text[FMT_SIZE];

	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]) && (int)i < pane.rows;
		i++) {
		canvas_puts(c, (int)i, 0, STYLE_DIM, past[i].label);
		canvas_right(c, (int)i, 18, STYLE_TITLE,
			ui_number(ui, row, past[i].field, text));
		ui_range_spark(ui, c, (int)i, 20, pane.cols - 21, row, past[i].field);
	}
}

static void draw_heap_bar(
	const struct ui *ui, struct canvas *c, int y, const struct model_row *row)
{
	double part = row->value[MODEL_HEAP] / row->value[MODEL_NEXT_GC];
	char heap[FMT_SIZE], next[FMT_SIZE], percent[FMT_SIZE];

	if (isnan(part))
		return;
	int x = canvas_putf(c, y, 0, STYLE_PLAIN, "heap %s of %s until next GC: %s%% ",
		ui_number(ui, row, MODEL_HEAP, heap),
		ui_number(ui, row, MODEL_NEXT_GC, next),
		fmt_percent(percent, 100 * part));
	int cols = canvas_pane(c).cols - x - 2;
	cols = cols > 60 ? 60 : cols;
	if (cols < 8)
		return;
	canvas_puts(c, y, x, STYLE_PLAIN, "[");
	canvas_bar(c, y, x + 1, cols, STYLE_BAR, part);
	canvas_puts(c, y, x + 1 + cols, STYLE_PLAIN, "]");
}

static void put_quantiles(const struct ui *ui, struct canvas *c, int y,
	const struct model_row *row, enum model_hist which, const char *name)
{
	struct model_histogram h = {0};
	int64_t at_ms = model_at_ms(ui->model);
	char text[FMT_SIZE];

	if (model_histogram(ui->model, row, which, at_ms - model_window_ms(ui->model),
		    at_ms, &h) &&
		h.observed > 0) {
		int x = canvas_piece(c, y, 0, STYLE_PLAIN, "%s n=%s ", name,
			fmt_count(text, h.observed));

		for (size_t i = 0; i < 3; i++)
			x = canvas_piece(c, y, x, STYLE_PLAIN, " %s %s",
				ui_percentile_names(ui)[i],
				fmt_seconds(
					text, model_quantile(&h, ui_percentiles(ui)[i],
						      NULL, NULL)));
	}
	model_histogram_free(&h);
}

static void draw_words(struct ui *ui, struct canvas *c, const struct model_row *row)
{
	int rows = canvas_pane(c).rows;

	if (rows > 0)
		draw_heap_bar(ui, c, 0, row);
	if (rows > 1)
		put_quantiles(ui, c, 1, row, MODEL_HIST_GC_PAUSE, "GC pauses:");
	if (rows > 2)
		put_quantiles(
			ui, c, 2, row, MODEL_HIST_SCHEDULER, "goroutines wait to run:");
	if (rows > 3)
		ui_findings(ui, c, 3, row, false);
}

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table t = ui_table(ui);
	const struct model_row *row = ui_selected(ui);
	struct layout_part parts[] = {
		{3, (int)t.row_count + 1, 0},
		{1, 1, 2},
		{2, 8, 2},
		{1, 10, 3},
	};
	struct rect areas[4];

	layout_rows(body, 0, parts, 4, areas);
	table_draw(&t, &ui_state(ui)->table[0], c, areas[0], true);
	if (row == NULL || areas[2].rows == 0)
		return;
	canvas_into(c, areas[1]);
	canvas_rule(c, 0, row->operator);
	canvas_into(c, areas[2]);
	draw_past(ui, c, row);
	canvas_into(c, areas[3]);
	draw_words(ui, c, row);
}

const struct view view_runtime = {
	.word = "runtime",
	.title = "memory, GC, process",
	.hints = "open window filter sort-right/sort more/columns pause help q/close "
		 "operators controllers api events raw exact step-back/back-in-time "
		 "describe save prompt/command",
	.rows = &operator_rows,
	.draw = draw,
	.act = ui_open_operator,
};
