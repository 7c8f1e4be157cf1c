#include "operatorstat/view.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No chart is wider. */
#define SPARK_MOST 512

/* Of an exact number. The columns of tables have 5 or more, and are widened to it. */
#define EXACT_COLS 10

/* Fewer observations say nothing about a 99th percentile. */
#define ENOUGH_FOR_P99 100

const struct view *view_of(enum view_id id)
{
	static const struct view *const views[VIEWS] = {
		[VIEW_OPERATORS] = &view_operators,
		[VIEW_CONTROLLERS] = &view_controllers,
		[VIEW_DETAIL] = &view_detail,
		[VIEW_API] = &view_api,
		[VIEW_RUNTIME] = &view_runtime,
		[VIEW_EVENTS] = &view_events,
		[VIEW_RAW] = &view_raw,
		[VIEW_HELP] = &view_help,
	};

	return views[id];
}

static const struct {
	const char *name;
	int64_t ms;
} windows[UI_WINDOWS] = {
	{"10s", 10000}, {"1m", 60000}, {"5m", 300000}, {"15m", 900000}, {"since 0", 0}};

int64_t ui_window_ms(size_t window)
{
	return windows[window].ms;
}

const char *ui_window_name(size_t window)
{
	return windows[window].name;
}

static const double quantiles[][3] = {{0.5, 0.9, 0.99}, {0.5, 0.95, 0.999}};
static const char *const quantile_names[][3] = {
	{"p50", "p90", "p99"}, {"p50", "p95", "p99.9"}};

const double *ui_percentiles(const struct ui *ui)
{
	return quantiles[ui->percentiles];
}

const char *const *ui_percentile_names(const struct ui *ui)
{
	return quantile_names[ui->percentiles];
}

struct view_state *ui_state(struct ui *ui)
{
	return &ui->state[ui->view];
}

/* ---- numbers ---- */

const char *ui_value(
	const struct ui *ui, enum model_field field, double value, char out[FMT_SIZE])
{
	const struct model_field_info *info = model_field_info(field);

	if (ui->is_exact)
		return fmt_exact(out, value, EXACT_COLS);
	switch (info->unit) {
	case MODEL_UNIT_PERCENT:
		return fmt_percent(out, value);
	case MODEL_UNIT_SECONDS:
		return fmt_seconds(out, value);
	case MODEL_UNIT_BYTES:
		return fmt_bytes(out, value);
	case MODEL_UNIT_DAYS:
		return fmt_seconds(out, value * 86400);
	case MODEL_UNIT_BOOL:
		snprintf(out, FMT_SIZE, "%s",
			isnan(value) ? "-"
			: value > 0  ? "yes"
				     : "no");
		return out;
	case MODEL_UNIT_COUNT:
		break;
	}
	if (info->kind == MODEL_COUNTER && ui->counting == UI_RATE)
		return fmt_rate(out, value);
	return fmt_count(out, value);
}

const char *ui_number(const struct ui *ui, const struct model_row *row,
	enum model_field field, char out[FMT_SIZE])
{
	double value = row->value[field];

	if (model_field_info(field)->kind == MODEL_COUNTER && ui->counting == UI_TOTAL)
		value = row->total[field];
	if (model_field_info(field)->kind == MODEL_COUNTER && ui->counting == UI_INTERVAL)
		value = row->last[field];
	return ui_value(ui, field, value, out);
}

const char *ui_counting_unit(const struct ui *ui)
{
	static const char *const units[UI_COUNTINGS] = {
		[UI_RATE] = "/s",
		[UI_TOTAL] = "",
		[UI_INTERVAL] = "/page",
	};

	return units[ui->counting];
}

enum style ui_mark_style(enum model_mark mark, enum style otherwise)
{
	switch (mark) {
	case MODEL_MARK_WARNING:
		return STYLE_WARNING;
	case MODEL_MARK_CRITICAL:
		return STYLE_FAILURE;
	case MODEL_MARK_STALE:
		return STYLE_DIM;
	case MODEL_MARK_NONE:
		break;
	}
	return otherwise;
}

char ui_mark_letter(enum model_mark mark)
{
	switch (mark) {
	case MODEL_MARK_WARNING:
		return '*';
	case MODEL_MARK_CRITICAL:
		return '!';
	case MODEL_MARK_STALE:
		return '?';
	case MODEL_MARK_NONE:
		break;
	}
	return ' ';
}

/* ---- the past ---- */

/* Slots are whole multiples of their length, so that what was drawn stays where it is. */
static int64_t copy_past(const struct ui *ui, const struct model_row *row,
	enum model_field field, double *values, int cols)
{
	int64_t slot_ms = (model_window_ms(ui->model) / cols + 999) / 1000 * 1000;

	if (slot_ms < 1000)
		slot_ms = 1000;
	int64_t end_ms = (model_at_ms(ui->model) + slot_ms - 1) / slot_ms * slot_ms;
	model_history(ui->model, row, field, end_ms, slot_ms, values, (size_t)cols);
	return slot_ms;
}

struct range {
	double low, high;
};

static struct range range_of(const double *values, int count)
{
	struct range range = {NAN, NAN};

	for (int i = 0; i < count; i++) {
		range.low = fmin(range.low, values[i]);
		range.high = fmax(range.high, values[i]);
	}
	return range;
}

static int spark_cols(int cols)
{
	return cols < SPARK_MOST ? cols : SPARK_MOST;
}

int64_t ui_spark(const struct ui *ui, struct canvas *c, int y, int x, int cols,
	const struct model_row *row, enum model_field field)
{
	double values[SPARK_MOST];

	cols = spark_cols(cols);
	if (cols <= 0)
		return 0;
	int64_t slot_ms = copy_past(ui, row, field, values, cols);
	canvas_spark(
		c, y, x, STYLE_BAR, values, (size_t)cols, 0, range_of(values, cols).high);
	return slot_ms;
}

void ui_range_spark(const struct ui *ui, struct canvas *c, int y, int x, int cols,
	const struct model_row *row, enum model_field field)
{
	double values[SPARK_MOST];
	char low[FMT_SIZE], high[FMT_SIZE];
	int label = 16;

	if (cols <= label)
		return;
	cols = spark_cols(cols - label);
	copy_past(ui, row, field, values, cols);
	struct range range = range_of(values, cols);
	if (isnan(range.low))
		return;
	canvas_putf(c, y, x, STYLE_DIM, "[%s..%s]", ui_value(ui, field, range.low, low),
		ui_value(ui, field, range.high, high));
	/* a flat line is drawn low, not as a block */
	canvas_spark(
		c, y, x + label, STYLE_BAR, values, (size_t)cols, range.low, range.high);
}

/* ---- findings ---- */

/* Of an operator those of its controllers too, if `below` is asked for. */
static bool is_about(const struct finding *f, const struct model_row *row, bool below)
{
	if (below && row->scope == MODEL_OPERATOR)
		return strcmp(f->row->operator, row->operator) == 0;
	return f->row == row;
}

size_t ui_finding_count(const struct ui *ui, const struct model_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < findings_count(ui->findings); i++)
		count += is_about(findings_at(ui->findings, i), row, true);
	return count;
}

static enum style style_of(const struct finding *f)
{
	switch (f->severity) {
	case FINDING_CRITICAL:
		return STYLE_FAILURE;
	case FINDING_WARNING:
		return STYLE_WARNING;
	case FINDING_NOTE:
		break;
	}
	return STYLE_PLAIN;
}

static char letter_of(const struct finding *f)
{
	return f->severity == FINDING_CRITICAL  ? '!'
	       : f->severity == FINDING_WARNING ? '*'
						: '-';
}

/* "  try: ...  (queue_deep 100/1000)": the rule, with its thresholds as `:set` has them.
 */
static void add_remedy(const struct ui *ui, const struct finding *f, struct buf *out)
{
	if (f->remedy != NULL && f->remedy[0] != '\0')
		buf_addf(out, "  try: %s", f->remedy);
	buf_addf(out, "  (%s ", findings_rule_name(f->rule));
	findings_add_limits(ui->findings, f->rule, out);
	buf_addc(out, ')');
}

static int put_finding(const struct ui *ui, struct canvas *c, int y,
	const struct finding *f, const struct model_row *row)
{
	struct buf line;

	buf_init(&line, 4096);
	buf_addf(&line, "%c ", letter_of(f));
	if (f->row != row)
		buf_addf(&line, "%s: ", f->row->name);
	buf_addf(&line, "%s", f->text);
	y = canvas_wrap(c, y, 2, style_of(f), buf_str(&line));
	buf_reset(&line);
	if (ui->is_described) {
		add_remedy(ui, f, &line);
		y = canvas_wrap(c, y, 2, STYLE_PLAIN, buf_str(&line));
	}
	buf_free(&line);
	return y;
}

/* What the column is that rows are sorted by. */
static int describe_column(struct ui *ui, struct canvas *c, int y)
{
	const struct view_state *state = ui_state(ui);

	if (!ui_has_table(ui))
		return y;
	struct table t = ui_table(ui);
	const struct table_column *column = &t.columns[state->table[state->pane].sort];
	if (!column->can_sort || column->field >= MODEL_FIELDS)
		return y;
	canvas_putf(c, y, 0, STYLE_DIM, "%s: %s", column->head,
		model_field_info((enum model_field)column->field)->help);
	return y + 1;
}

int ui_findings(
	struct ui *ui, struct canvas *c, int y, const struct model_row *row, bool below)
{
	if (ui->is_described)
		y = describe_column(ui, c, y);
	int begin = y;

	for (size_t i = 0; i < findings_count(ui->findings); i++)
		if (is_about(findings_at(ui->findings, i), row, below))
			y = put_finding(ui, c, y, findings_at(ui->findings, i), row);
	if (y == begin)
		canvas_puts(c, y, 0, STYLE_GOOD, "nothing found to be wrong");
	return y;
}

/* ---- filter ---- */

static bool contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

bool ui_matches(const char *filter, const char *text)
{
	bool is_inverted = filter[0] == '!';
	regex_t regex;

	filter += is_inverted ? 1 : 0;
	if (filter[0] == '\0')
		return true;
	if (regcomp(&regex, filter, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return contains(text, filter) != is_inverted;
	bool is_match = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return is_match != is_inverted;
}

/* ---- rows of the model ---- */

void ui_update_rows(struct ui *ui, size_t pane, enum model_scope scope, bool is_tree,
	const struct table_column *columns)
{
	struct view_state *state = ui_state(ui);
	const struct table_column *sort = &columns[state->table[pane].sort];
	struct model_view view = {.scope = scope,
		.is_tree = is_tree,
		.operator= ui->operator!= NULL
		? ui->operator->operator: NULL,
		.filter = state->filter.len > 0 ? state->filter.text : NULL,
		.only_marked = state->only_marked,
		.only_active = state->only_active,
		.has_sort = sort->can_sort && sort->field < MODEL_FIELDS,
		.sort = (enum model_field)sort->field,
		.descending = state->table[pane].descending, };

	if (!model_rows(ui->model, &view, &ui->rows[pane]))
		ui->rows[pane].count = 0;
	for (size_t i = 0; i < ui->rows[pane].count; i++)
		if (ui->rows[pane].at[i] == state->selected[pane])
			state->table[pane].cursor = i;
}

void ui_keep_selected(struct ui *ui, size_t pane)
{
	struct view_state *state = ui_state(ui);
	size_t cursor = state->table[pane].cursor;

	if (cursor < ui->rows[pane].count)
		state->selected[pane] = ui->rows[pane].at[cursor];
}

struct model_row *ui_selected(struct ui *ui)
{
	struct view_state *state = ui_state(ui);
	const struct model_rows *rows = &ui->rows[state->pane];
	size_t cursor = state->table[state->pane].cursor;

	return cursor < rows->count ? rows->at[cursor] : NULL;
}

/* ---- cells ---- */

static bool is_marked(const struct ui *ui, const struct model_row *row)
{
	for (size_t i = 0; i < ui->mark_count; i++)
		if (ui->marks[i] == row)
			return true;
	return false;
}

static void draw_name(
	const struct ui *ui, struct canvas *c, const struct model_row *row, bool is_tree)
{
	bool is_operator = row->scope == MODEL_OPERATOR;
	const char *name = is_operator ? row->operator: row->name;
	char letter[] = {ui_mark_letter(row->mark), '\0'};
	enum style style =
		ui_mark_style(row->mark, is_operator ? STYLE_TITLE : STYLE_PLAIN);
	int x = is_operator || !is_tree ? 2 : 3;

	canvas_puts(c, 0, 1, style, letter);
	if (is_marked(ui, row))
		canvas_puts(c, 0, 2, STYLE_TITLE, "+");
	canvas_field(c, 0, x, canvas_pane(c).cols - x, style, str_of(name));
}

static void draw_workers(
	const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	char active[FMT_SIZE], most[FMT_SIZE], text[2 * FMT_SIZE];

	snprintf(text, sizeof(text), "%s/%s",
		ui_value(ui, MODEL_WORKERS, row->value[MODEL_WORKERS], active),
		ui_value(ui, MODEL_WORKERS_MAX, row->value[MODEL_WORKERS_MAX], most));
	canvas_right(c, 0, canvas_pane(c).cols,
		ui_mark_style(row->field_mark[MODEL_WORKERS], STYLE_PLAIN),
		isnan(row->value[MODEL_WORKERS_MAX]) ? "-" : text);
}

static bool needs_many(enum model_field field)
{
	return field == MODEL_RECONCILE_P99 || field == MODEL_QUEUE_P99 ||
	       field == MODEL_WORK_P99;
}

/* A percentile of few observations is shown, but not as if it were certain. */
static bool is_uncertain(
	const struct ui *ui, const struct model_row *row, enum model_field field)
{
	double seconds = (double)model_window_ms(ui->model) / 1000;

	return needs_many(field) &&
	       row->value[MODEL_RECONCILES] * seconds < ENOUGH_FOR_P99;
}

static void draw_field(const struct ui *ui, struct canvas *c, const struct model_row *row,
	enum model_field field)
{
	char text[FMT_SIZE];
	enum style style = is_uncertain(ui, row, field) || isnan(row->value[field])
				   ? STYLE_DIM
				   : STYLE_PLAIN;

	canvas_right(c, 0, canvas_pane(c).cols,
		ui_mark_style(row->field_mark[field], style),
		ui_number(ui, row, field, text));
}

void ui_cell(const struct ui *ui, struct canvas *c, const struct table_column *column,
	const struct model_row *row, bool is_tree)
{
	switch ((enum ui_cell)column->kind) {
	case UI_CELL_FIELD:
		/* what an operator does not have a controller may, and the other way
		 * round */
		if ((model_field_info((enum model_field)column->field)->scopes &
			    1u << row->scope) != 0)
			draw_field(ui, c, row, (enum model_field)column->field);
		break;
	case UI_CELL_NAME:
		draw_name(ui, c, row, is_tree);
		break;
	case UI_CELL_WORKERS:
		draw_workers(ui, c, row);
		break;
	case UI_CELL_TREND:
		ui_spark(ui, c, 0, 0, canvas_pane(c).cols, row,
			(enum model_field)column->field);
		break;
	}
}

bool ui_stale_note(const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	if (row->scope != MODEL_OPERATOR)
		return false;
	struct model_state state = model_state(ui->model, row);
	if (!state.is_stale)
		return false;
	char age[FMT_SIZE], interval[FMT_SIZE];
	struct rect pane = canvas_pane(c);
	canvas_fill(c, (struct rect){0, 0, 1, pane.cols}, STYLE_PLAIN);
	if (state.page_ms == 0)
		canvas_putf(c, 0, 1, STYLE_FAILURE, "no page yet: %s", state.error);
	else
		canvas_putf(c, 0, 1, STYLE_FAILURE, "no update for %s (interval %s)  %s",
			fmt_age(age, ui->now_ms - state.page_ms),
			fmt_seconds(interval, state.interval_seconds), state.error);
	return true;
}

unsigned int ui_row_flags(const struct ui *ui, const struct model_row *row)
{
	struct model_row *parent = model_parent(ui->model, row);

	if (row->scope == MODEL_OPERATOR || parent == NULL)
		return 0;
	return model_state(ui->model, parent).is_stale ? STYLE_STALE : 0;
}

void ui_table_status(struct ui *ui, struct buf *out)
{
	struct table t = ui_table(ui);
	struct view_state *state = ui_state(ui);
	const struct table_state *table = &state->table[state->pane];
	size_t hidden = ui->rows[state->pane].hidden;

	if (t.columns[table->sort].can_sort)
		buf_addf(out, "sort %s %s  ", t.columns[table->sort].head,
			table->descending ? "desc" : "asc");
	if (hidden > 0)
		buf_addf(out, "%zu hidden  ", hidden);
	table_position(&t, table, out);
}

static bool note_of_row(void *ctx, struct canvas *c, size_t row)
{
	const struct ui *ui = ctx;

	return ui_stale_note(ui, c, ui->rows[0].at[row]);
}

unsigned int ui_flags_of_row(void *ctx, size_t row)
{
	const struct ui *ui = ctx;

	return ui_row_flags(ui, ui->rows[0].at[row]);
}

/* In bytes, which are columns or more. */
int ui_name_cols(const struct ui *ui, size_t pane)
{
	const struct model_rows *rows = &ui->rows[pane];
	size_t longest = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct model_row *row = rows->at[i];
		size_t len = strlen(row->scope == MODEL_OPERATOR ? row->operator: row->name);

		longest = len > longest ? len : longest;
	}
	/* the heading is whole where there is space */
	return (int)longest < 18 ? 21 : (int)longest + 3;
}

int ui_widening(const struct ui *ui)
{
	return ui->is_exact ? EXACT_COLS - 5 : 0;
}

bool ui_open_operator(struct ui *ui, enum action a)
{
	struct model_row *row = ui_selected(ui);

	if (a != ACTION_OPEN || row == NULL)
		return false;
	ui->operator= row;
	ui->view = VIEW_CONTROLLERS;
	return true;
}

/* ---- the screen that is shown ---- */

static void draw_cell(void *ctx, struct canvas *c, size_t row, size_t column)
{
	const struct ui *ui = ctx;
	const struct view_rows *rows = view_of(ui->view)->rows;

	ui_cell(ui, c, &rows->columns[column], ui->rows[0].at[row], rows->is_tree);
}

bool ui_has_table(const struct ui *ui)
{
	const struct view *view = view_of(ui->view);

	return view->rows != NULL || view->table != NULL;
}

struct table ui_table(struct ui *ui)
{
	const struct view *view = view_of(ui->view);

	if (view->table != NULL)
		return view->table(ui);
	return (struct table){
		.columns = view->rows->columns,
		.column_count = view->rows->column_count,
		.row_count = ui->rows[0].count,
		.set_count = view->rows->set_count,
		.widen = ui_widening(ui),
		.fixed_cols = ui_name_cols(ui, 0),
		.ctx = ui,
		.cell = draw_cell,
		.note = note_of_row,
		.flags = ui_flags_of_row,
	};
}

void ui_update(struct ui *ui)
{
	const struct view *view = view_of(ui->view);

	if (view->rows != NULL)
		ui_update_rows(ui, 0, view->rows->scope, view->rows->is_tree,
			view->rows->columns);
	else if (view->update != NULL)
		view->update(ui);
}

bool ui_act(struct ui *ui, enum action a)
{
	const struct view *view = view_of(ui->view);

	return view->act != NULL && view->act(ui, a);
}

void ui_status(struct ui *ui, struct buf *out)
{
	const struct view *view = view_of(ui->view);

	if (view->status != NULL)
		view->status(ui, out);
	else
		ui_table_status(ui, out);
}

void ui_row_text(struct ui *ui, size_t row, struct buf *out)
{
	const struct view *view = view_of(ui->view);
	const struct model_rows *rows = &ui->rows[ui_state(ui)->pane];

	if (view->row_text != NULL)
		view->row_text(ui, row, out);
	else if (row < rows->count)
		buf_addf(out, "%s/%s", rows->at[row]->operator, rows->at[row]->name);
}
