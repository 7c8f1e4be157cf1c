#include <math.h>
#include <string.h>

#include "operatorstat/view.h"

enum pane { METHODS, WEBHOOKS, PANES };

static const struct table_column methods[] = {
	UI_NAME("OPERATOR METHOD", 18, 44),
	UI_FIELD("ALL", 6, 1, ~0u, API_REQUESTS),
	UI_FIELD("2xx", 6, 5, ~0u, API_2XX),
	UI_FIELD("3xx", 6, 17, ~0u, API_3XX),
	UI_FIELD("404", 6, 8, ~0u, API_404),
	UI_FIELD("409", 6, 3, ~0u, API_409),
	UI_FIELD("429", 6, 1, ~0u, API_429),
	UI_FIELD("4xx", 6, 7, ~0u, API_4XX),
	UI_FIELD("5xx", 6, 2, ~0u, API_5XX),
	UI_FIELD("<error>", 8, 4, ~0u, API_NONE),
	UI_FIELD("E%", 5, 12, ~0u, API_ERROR_PERCENT),
	UI_FIELD("RETRY", 6, 14, ~0u, API_RETRIES),
	UI_FIELD("p50", 6, 15, ~0u, API_P50),
	UI_FIELD("p99", 6, 10, ~0u, API_P99),
	UI_FIELD("LIMIT50", 8, 16, ~0u, THROTTLE_P50),
	UI_FIELD("LIMIT99", 8, 11, ~0u, THROTTLE_P99),
	UI_TREND("TREND", 9, 40, 6, ~0u, API_REQUESTS),
};

static const struct table_column webhooks[] = {
	UI_NAME("OPERATOR WEBHOOK", 18, 60),
	UI_FIELD("REQ", 6, 3, ~0u, WEBHOOK_REQUESTS),
	UI_FIELD("REFUSED", 8, 1, ~0u, WEBHOOK_FAILED),
	UI_FIELD("FLIGHT", 7, 4, ~0u, WEBHOOK_IN_FLIGHT),
	UI_FIELD("p50", 6, 5, ~0u, WEBHOOK_P50),
	UI_FIELD("p90", 6, 7, ~0u, WEBHOOK_P90),
	UI_FIELD("p99", 6, 2, ~0u, WEBHOOK_P99),
	UI_TREND("TREND", 9, 40, 6, ~0u, WEBHOOK_REQUESTS),
};

/* The column of names says the operator too, since rows of several stand together. */
static void draw_name(const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	int cols = canvas_pane(c).cols;
	char letter[] = {ui_mark_letter(row->mark), '\0'};
	enum style style = ui_mark_style(row->mark, STYLE_PLAIN);
	int name = canvas_width(c, str_of(row->name));

	canvas_puts(c, 0, 1, style, letter);
	if (model_operators(ui->model) > 1)
		canvas_field(c, 0, 2, cols - 3 - name, STYLE_DIM, str_of(row->operator));
	canvas_right(
		c, 0, model_operators(ui->model) > 1 ? cols : 2 + name, style, row->name);
}

static void draw_cell_of(const struct ui *ui, struct canvas *c, enum pane pane,
	size_t row, const struct table_column *column)
{
	if (column->kind == UI_CELL_NAME)
		draw_name(ui, c, ui->rows[pane].at[row]);
	else
		ui_cell(ui, c, column, ui->rows[pane].at[row], false);
}

static void draw_method(void *ctx, struct canvas *c, size_t row, size_t column)
{
	draw_cell_of(ctx, c, METHODS, row, &methods[column]);
}

static void draw_webhook(void *ctx, struct canvas *c, size_t row, size_t column)
{
	draw_cell_of(ctx, c, WEBHOOKS, row, &webhooks[column]);
}

static unsigned int webhook_flags(void *ctx, size_t row)
{
	const struct ui *ui = ctx;

	return ui_row_flags(ui, ui->rows[WEBHOOKS].at[row]);
}

/* Of the longest row, with its operator. */
static int name_cols(const struct ui *ui, enum pane pane)
{
	size_t longest = 0;

	for (size_t i = 0; i < ui->rows[pane].count; i++) {
		const struct model_row *row = ui->rows[pane].at[i];
		size_t len = strlen(row->name) + strlen(row->operator);

		longest = len > longest ? len : longest;
	}
	return (int)longest + 3;
}

static struct table table_of(struct ui *ui, enum pane pane)
{
	struct table t = {
		.columns = pane == METHODS ? methods : webhooks,
		.column_count = pane == METHODS ? sizeof(methods) / sizeof(methods[0])
						: sizeof(webhooks) / sizeof(webhooks[0]),
		.row_count = ui->rows[pane].count,
		.widen = ui_widening(ui),
		.fixed_cols = name_cols(ui, pane),
		.ctx = ui,
		.cell = pane == METHODS ? draw_method : draw_webhook,
		.flags = pane == METHODS ? ui_flags_of_row : webhook_flags,
	};

	return t;
}

static struct table table(struct ui *ui)
{
	return table_of(ui, (enum pane)ui_state(ui)->pane);
}

static void update(struct ui *ui)
{
	ui_update_rows(ui, METHODS, MODEL_METHOD, false, methods);
	ui_update_rows(ui, WEBHOOKS, MODEL_WEBHOOK, false, webhooks);
}

static void put_share(struct canvas *c, int y, int *x, const char *name, double part,
	double all, enum style style)
{
	char text[FMT_SIZE];

	if (isnan(part) || !(all > 0))
		return;
	*x = canvas_piece(c, y, *x, part > 0 ? style : STYLE_PLAIN, "%s %s%%  ", name,
		fmt_percent(text, 100 * part / all));
}

static void draw_summary(const struct ui *ui, struct canvas *c)
{
	const struct model_row *all = model_all(ui->model);
	double requests = all->value[MODEL_API_REQUESTS];
	char a[FMT_SIZE], b[FMT_SIZE];
	int x = isnan(requests) ? canvas_piece(c, 0, 0, STYLE_DIM,
					  "no rates yet, which need two pages")
				: canvas_piece(c, 0, 0, STYLE_TITLE, "%s%s requests  ",
					  ui_number(ui, all, MODEL_API_REQUESTS, a),
					  ui_counting_unit(ui));

	put_share(c, 0, &x, "2xx", all->value[MODEL_API_2XX], requests, STYLE_GOOD);
	put_share(c, 0, &x, "409", all->value[MODEL_API_409], requests, STYLE_PLAIN);
	put_share(c, 0, &x, "429", all->value[MODEL_API_429], requests, STYLE_WARNING);
	put_share(c, 0, &x, "5xx", all->value[MODEL_API_5XX], requests, STYLE_FAILURE);
	put_share(
		c, 0, &x, "<error>", all->value[MODEL_API_NONE], requests, STYLE_FAILURE);
	if (!isnan(all->value[MODEL_API_P99]))
		canvas_piece(c, 0, x, STYLE_PLAIN, "p99 %s  own limiter p99 %s",
			ui_value(ui, MODEL_API_P99, all->value[MODEL_API_P99], a),
			ui_value(ui, MODEL_THROTTLE_P99, all->value[MODEL_THROTTLE_P99],
				b));
}

static void draw_hint(const struct ui *ui, struct canvas *c)
{
	struct str hint =
		isnan(model_all(ui->model)->value[MODEL_API_P99])
			? STR("<error>: no HTTP answer at all (refused, DNS, TLS). The "
			      "time of "
			      "requests is shown where "
			      "rest_client_request_duration_seconds "
			      "is registered; controller-runtime does not by default.")
			: STR("<error>: no HTTP answer at all (refused, DNS, TLS). "
			      "LIMIT: wait "
			      "for the client's own rate limiter (QPS, Burst).");

	if (canvas_pane(c).rows > 0)
		canvas_wrap(c, 0, 0, STYLE_DIM, hint);
}

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table upper = table_of(ui, METHODS), lower = table_of(ui, WEBHOOKS);
	struct view_state *state = ui_state(ui);
	bool has_webhooks = lower.row_count > 0;
	struct layout_part parts[] = {
		{1, 1, 3},
		{3, (int)upper.row_count + 1, 0},
		{1, 3, 4},
		{1, 1, 2},
		{2, (int)lower.row_count + 1, 1},
	};
	struct rect areas[5];

	layout_rows(body, 0, parts, has_webhooks ? 5 : 3, areas);
	if (!has_webhooks)
		layout_fill(body, areas, 3, 1);
	canvas_into(c, areas[0]);
	draw_summary(ui, c);
	table_draw(&upper, &state->table[METHODS], c, areas[1], state->pane == METHODS);
	canvas_into(c, areas[2]);
	draw_hint(ui, c);
	if (!has_webhooks)
		return;
	canvas_into(c, areas[3]);
	if (areas[3].rows > 0)
		canvas_rule(c, 0, "webhooks");
	if (areas[4].rows > 0)
		table_draw(&lower, &state->table[WEBHOOKS], c, areas[4],
			state->pane == WEBHOOKS);
}

static bool act(struct ui *ui, enum action a)
{
	struct view_state *state = ui_state(ui);

	if (a != ACTION_PANE_NEXT && a != ACTION_PANE_PREVIOUS)
		return false;
	state->pane = state->pane == METHODS && ui->rows[WEBHOOKS].count > 0 ? WEBHOOKS
									     : METHODS;
	return true;
}

const struct view view_api = {
	.word = "api",
	.title = "API requests",
	.hints = "pane window filter sort-right/sort faults rate pause help q/close "
		 "operators controllers runtime events raw exact step-back/back-in-time "
		 "save prompt/command",
	.update = update,
	.draw = draw,
	.act = act,
	.table = table,
};
