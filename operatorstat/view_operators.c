#include "operatorstat/view.h"

#define ALL   1u
#define RATES 2u
#define TIMES 4u
#define SETS  3

static const struct table_column columns[] = {
	UI_NAME("OPERATOR", 14, 40),
	UI_FIELD("UP?", 4, 2, ALL, IS_UP),
	UI_FIELD("LEAD", 5, 6, ALL, LEADER),
	UI_WORKERS(7, ALL),
	UI_FIELD("DEPTH", 6, 3, ALL, DEPTH),
	UI_FIELD("REC", 6, 4, ALL | RATES, RECONCILES),
	UI_FIELD("ERR", 6, 12, ALL | RATES, ERRORS),
	UI_FIELD("ERR%", 5, 5, ALL | RATES, ERROR_PERCENT),
	UI_FIELD("API", 6, 8, ALL | RATES, API_REQUESTS),
	UI_FIELD("API-E%", 7, 15, ALL | RATES, API_ERROR_PERCENT),
	UI_FIELD("429", 6, 16, ALL | RATES, API_429),
	UI_FIELD("RSS", 6, 9, ALL, RSS),
	UI_FIELD("UP", 6, 10, ALL | TIMES, UPTIME),
	UI_FIELD("RESTART", 8, 14, ALL, RESTARTS),
	UI_FIELD("SCRAPE", 7, 11, ALL | TIMES, SCRAPE_SECONDS),
	UI_FIELD("PAGE", 6, 17, ALL | TIMES, PAGE_BYTES),
	UI_FIELD("SAMPLES", 8, 18, ALL | TIMES, SAMPLES),
	UI_FIELD("BAD", 6, 19, ALL | TIMES, BAD_LINES),
	UI_FIELD("CERTD", 6, 20, ALL | TIMES, CERT_DAYS),
	UI_FIELD("TOKEND", 7, 21, ALL | TIMES, TOKEN_DAYS),
	UI_TREND("REC TREND", 10, 30, 13, ALL | RATES, RECONCILES),
};

static const struct view_rows operator_rows = {
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.set_count = SETS,
	.scope = MODEL_OPERATOR,
	.is_tree = false,
};

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table t = ui_table(ui);
	const struct model_row *row = ui_selected(ui);
	struct layout_part parts[] = {{2, (int)t.row_count + 1, 0}, {3, 12, 1}};
	struct rect areas[2];

	layout_rows(body, 0, parts, 2, areas);
	layout_fill(body, areas, 2, 0);
	table_draw(&t, &ui_state(ui)->table[0], c, areas[0], true);
	canvas_into(c, areas[1]);
	if (row == NULL || areas[1].rows == 0)
		return;
	canvas_rule(c, 0, row->operator);
	ui_findings(ui, c, 1, row, true);
}

const struct view view_operators = {
	.word = "operators",
	.title = "operators",
	.hints = "open window filter sort-right/sort faults rate pause help q/close "
		 "controllers api runtime events raw describe more/columns "
		 "step-back/back-in-time exact save prompt/command",
	.rows = &operator_rows,
	.draw = draw,
	.act = ui_open_operator,
};
