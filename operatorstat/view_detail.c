#include <math.h>
#include <stdio.h>
#include <string.h>

#include "operatorstat/view.h"

/* The least width of a histogram that can be read, and of one with all its columns. */
#define PANEL_COLS      35
#define PANEL_WIDE_COLS 56

/* Observations in a column of the heat map that have a tail to speak of. */
#define ENOUGH_FOR_TAIL 10

/* "(LOW,HIGH]" */
#define NAME_BYTES (3UL * FMT_SIZE)

static const enum model_hist kinds[] = {
	MODEL_HIST_RECONCILE, MODEL_HIST_QUEUE, MODEL_HIST_WORK};
static const char *const kind_names[] = {
	"Reconcile time", "Time in queue", "Work duration"};
#define KINDS 3

static size_t kind_of_panel(const struct ui *ui, size_t panel)
{
	return (ui->state[VIEW_DETAIL].pane + panel) % KINDS;
}

static bool is_comparing(const struct ui *ui)
{
	return ui->mark_count > 1;
}

static int64_t from_ms(const struct ui *ui)
{
	return ui->is_cumulative ? 0
				 : model_at_ms(ui->model) - model_window_ms(ui->model);
}

/* Shows the rows as the controllers' screen has them, so that J and K keep its order. */
static void update(struct ui *ui)
{
	ui->view = VIEW_CONTROLLERS;
	if (ui->detail != NULL)
		ui->state[VIEW_CONTROLLERS].selected[0] = ui->detail;
	ui_update(ui);
	ui->view = VIEW_DETAIL;
}

/* ---- numbers ---- */

struct item {
	const char *label;
	enum model_field field;
};

static const struct item reconcile_items[] = {
	{"Reconcile", MODEL_RECONCILES},
	{"ok", MODEL_SUCCESS},
	{"requeue", MODEL_REQUEUE},
	{"after", MODEL_REQUEUE_AFTER},
	{"error", MODEL_ERRORS},
	{"terminal", MODEL_TERMINAL},
	{"panic", MODEL_PANICS},
	{"timeout", MODEL_TIMEOUTS},
};
static const struct item queue_items[] = {
	{"depth", MODEL_DEPTH},
	{"adds", MODEL_ADDS},
	{"retry", MODEL_RETRIES},
	{"longest", MODEL_LONGEST},
	{"unfin", MODEL_UNFINISHED},
	{"busy%", MODEL_BUSY},
};

/* What is marked is followed by the mark, not only coloured. */
static int put_item(const struct ui *ui, struct canvas *c, int y, int x,
	const struct model_row *row, const struct item *item)
{
	enum model_mark mark = row->field_mark[item->field];
	bool is_marked = mark == MODEL_MARK_WARNING || mark == MODEL_MARK_CRITICAL;
	const char letter[] = {ui_mark_letter(mark), '\0'};
	char number[FMT_SIZE], text[3 * FMT_SIZE];

	snprintf(text, sizeof(text), "%s%s%s", ui_number(ui, row, item->field, number),
		item->field == MODEL_RECONCILES ? ui_counting_unit(ui) : "",
		is_marked ? letter : "");
	int behind = x + (int)str_of(item->label).len + 1 + (int)str_of(text).len;
	if (behind > canvas_pane(c).cols)
		return x;
	x = canvas_putf(c, y, x, STYLE_DIM, "%s ", item->label);
	return canvas_puts(c, y, x, ui_mark_style(mark, STYLE_TITLE), text) + 2;
}

static void put_items(const struct ui *ui, struct canvas *c, int y, int x,
	const struct model_row *row, const struct item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isnan(row->value[items[i].field]))
			x = put_item(ui, c, y, x, row, &items[i]);
}

static int put_workers(
	const struct ui *ui, struct canvas *c, int y, const struct model_row *row)
{
	char active[FMT_SIZE], most[FMT_SIZE];
	bool is_full = row->value[MODEL_WORKERS] >= row->value[MODEL_WORKERS_MAX];
	enum style style = ui_mark_style(
		row->field_mark[MODEL_WORKERS], is_full ? STYLE_WARNING : STYLE_TITLE);
	int x = canvas_puts(c, y, 0, STYLE_DIM, "Workers ");

	if (isnan(row->value[MODEL_WORKERS_MAX]))
		return canvas_puts(c, y, x, STYLE_DIM, "not exported") + 2;
	return canvas_putf(c, y, x, style, "%s/%s%s",
		       ui_number(ui, row, MODEL_WORKERS, active),
		       ui_number(ui, row, MODEL_WORKERS_MAX, most),
		       is_full ? " FULL" : "") +
	       2;
}

static void draw_numbers(
	const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	put_items(ui, c, 0, 0, row, reconcile_items,
		sizeof(reconcile_items) / sizeof(reconcile_items[0]));
	put_items(ui, c, 1, put_workers(ui, c, 1, row), row, queue_items,
		sizeof(queue_items) / sizeof(queue_items[0]));
}

static const struct item compared_items[] = {
	{"REC", MODEL_RECONCILES},
	{"ERR%", MODEL_ERROR_PERCENT},
	{"DEPTH", MODEL_DEPTH},
	{"BUSY%", MODEL_BUSY},
	{"R-p50", MODEL_RECONCILE_P50},
	{"R-p99", MODEL_RECONCILE_P99},
	{"Q-p99", MODEL_QUEUE_P99},
	{"W-p50", MODEL_WORK_P50},
	{"W-p99", MODEL_WORK_P99},
	{"NEED", MODEL_WORKERS_NEEDED},
};

static void draw_compared(const struct ui *ui, struct canvas *c)
{
	int cols = canvas_pane(c).cols, name = cols / 3 < 28 ? cols / 3 : 28;
	char text[FMT_SIZE];

	canvas_fill(c, (struct rect){0, 0, 1, cols}, STYLE_HEADING);
	canvas_puts(c, 0, 0, STYLE_HEADING, "CONTROLLER");
	for (size_t i = 0; i < sizeof(compared_items) / sizeof(compared_items[0]); i++) {
		int end = name + ((int)i + 1) * 8;

		if (end > cols)
			return;
		canvas_right(c, 0, end, STYLE_HEADING, compared_items[i].label);
		for (size_t k = 0; k < ui->mark_count; k++) {
			const struct model_row *row = ui->marks[k];
			enum model_field field = compared_items[i].field;

			canvas_field(
				c, (int)k + 1, 0, name, STYLE_TITLE, str_of(row->name));
			canvas_right(c, (int)k + 1, end,
				ui_mark_style(row->field_mark[field], STYLE_PLAIN),
				ui_number(ui, row, field, text));
		}
	}
}

/* ---- the past ---- */

static const struct item past_items[] = {
	{"Reconciles", MODEL_RECONCILES},
	{"Depth", MODEL_DEPTH},
	{"Errors", MODEL_ERRORS},
	{"Workers", MODEL_WORKERS},
	{"Adds", MODEL_ADDS},
	{"Retries", MODEL_RETRIES},
	{"Longest run", MODEL_LONGEST},
	{"Unfinished", MODEL_UNFINISHED},
	{"Success", MODEL_SUCCESS},
	{"Requeue aft.", MODEL_REQUEUE_AFTER},
	{"Recon. p99", MODEL_RECONCILE_P99},
	{"Queue p99", MODEL_QUEUE_P99},
};

static void draw_past(const struct ui *ui, struct canvas *c, const struct model_row *row)
{
	struct rect pane = canvas_pane(c);
	int across = pane.cols >= 60 ? 2 : 1, width = pane.cols / across;
	bool has_value = width >= 60;
	char text[FMT_SIZE];

	/* a label without its chart says nothing */
	if (canvas_is_plain(c))
		return;
	for (size_t i = 0; i < sizeof(past_items) / sizeof(past_items[0]); i++) {
		int y = (int)i / across, x = (int)i % across * width;
		int chart = x + (has_value ? 22 : 13);

		if (y >= pane.rows)
			return;
		canvas_puts(c, y, x, STYLE_DIM, past_items[i].label);
		if (has_value)
			canvas_right(c, y, x + 20, STYLE_TITLE,
				ui_number(ui, row, past_items[i].field, text));
		ui_spark(
			ui, c, y, chart, x + width - 1 - chart, row, past_items[i].field);
	}
}

/* ---- histograms ---- */

/* What was observed is the difference of two pages. */
#define SEEN_ONCE "seen on one page: times need two"

static bool is_seen_once(const struct model_row *row)
{
	return row->first_ms == row->last_ms;
}

/* One quantile as it is to be read. */
struct reading {
	double value, low, high;
	bool is_enough; /* observations to speak of it */
};

static struct reading read_quantile(const struct model_histogram *h, double q)
{
	struct reading r = {NAN, NAN, NAN, false};

	r.value = model_quantile(h, q, &r.low, &r.high);
	/* p99 of 40 observations is the slowest of them, whatever its name */
	r.is_enough = !isnan(r.value) && (q <= 0.5 || h->observed * (1 - q) >= 0.999);
	return r;
}

static int put_quantile(struct canvas *c, int y, int x, const char *name, double q,
	const struct reading *r)
{
	char text[FMT_SIZE];

	if (isnan(r->value))
		return x;
	if (!r->is_enough)
		return canvas_piece(c, y, x, STYLE_DIM, "%s n<%.0f ", name, 1 / (1 - q));
	if (isinf(r->high))
		return canvas_piece(c, y, x, STYLE_FAILURE, "%s >%s! ", name,
			fmt_bound(text, r->low));
	return canvas_piece(
		c, y, x, STYLE_PLAIN, "%s %s ", name, fmt_seconds(text, r->value));
}

static void put_summary(
	const struct ui *ui, struct canvas *c, const struct model_histogram *h)
{
	char text[FMT_SIZE];
	int x = canvas_piece(c, 1, 0, STYLE_PLAIN, "n=%s ", fmt_count(text, h->observed));

	if (canvas_pane(c).cols >= 50)
		x = canvas_piece(c, 1, x, STYLE_PLAIN, "mean %s ",
			fmt_seconds(text, model_mean(h)));
	for (size_t i = 0; i < 3; i++) {
		struct reading r = read_quantile(h, ui_percentiles(ui)[i]);

		x = put_quantile(
			c, 1, x, ui_percentile_names(ui)[i], ui_percentiles(ui)[i], &r);
	}
}

/* The quantiles that lie in a row: "p50", or "p50-99" where there are several. */
static void name_marks(const struct ui *ui, const struct bars *cuts,
	const struct model_histogram *h, size_t row, char out[FMT_SIZE])
{
	const char *first = NULL, *last = NULL;

	for (size_t i = 0; i < 3; i++) {
		double q = ui_percentiles(ui)[i];

		if (!read_quantile(h, q).is_enough || bars_row_of(cuts, h, q) != row)
			continue;
		if (first == NULL)
			first = ui_percentile_names(ui)[i];
		last = ui_percentile_names(ui)[i];
	}
	snprintf(out, FMT_SIZE, "%s%s%s", first != NULL ? first : "",
		first != last ? "-" : "", first != last ? last + 1 : "");
}

static const char *name_bar(const struct bar *bar, bool is_wide, char out[NAME_BYTES])
{
	char low[FMT_SIZE], high[FMT_SIZE];

	fmt_bound(low, bar->low);
	fmt_bound(high, bar->high);
	if (is_wide)
		snprintf(out, NAME_BYTES, "(%s,%s]",
			bar->low > 0 || bar->low < 0 ? low : "0", high);
	else if (isinf(bar->high))
		snprintf(out, NAME_BYTES, ">%s", low);
	else
		snprintf(out, NAME_BYTES, "<=%s", high);
	return out;
}

/* Where the columns of a histogram's rows begin. */
struct columns {
	int label, bar, bar_cols, count, percent, cumulative, mark;
	bool is_wide;
};

static struct columns columns_of(int cols)
{
	bool is_wide = cols >= PANEL_WIDE_COLS;
	struct columns x = {.is_wide = is_wide, .label = is_wide ? 16 : 8};

	x.mark = cols - 8;
	x.cumulative = is_wide ? x.mark : 0;
	x.percent = is_wide ? x.cumulative - 6 : x.mark;
	x.count = x.percent - (is_wide ? 6 : 5);
	x.bar = x.label + 1;
	x.bar_cols = x.count - 6 - x.bar;
	return x;
}

static double bar_length(const struct ui *ui, double count, double most)
{
	if (!(most > 0))
		return 0;
	return ui->is_log ? log10(1 + count) / log10(1 + most) : count / most;
}

struct sums {
	double most;  /* in a row */
	double below; /* in the rows so far */
};

static void draw_bar(const struct ui *ui, struct canvas *c, int y,
	const struct bars *cuts, const struct model_histogram *h, size_t row,
	const struct sums *sums)
{
	struct columns x = columns_of(canvas_pane(c).cols);
	struct bar bar = bars_at(cuts, h, row);
	char text[NAME_BYTES];

	canvas_right(c, y, x.label, STYLE_PLAIN, name_bar(&bar, x.is_wide, text));
	enum style style = bar.count > 0 ? STYLE_PLAIN : STYLE_DIM;
	canvas_vline(c, y, x.label, 1);
	canvas_bar(c, y, x.bar, x.bar_cols, STYLE_BAR,
		bar_length(ui, bar.count, sums->most));
	canvas_right(c, y, x.count, style,
		ui->is_exact ? fmt_exact(text, bar.count, 11)
			     : fmt_count(text, bar.count));
	if (h->observed > 0) {
		snprintf(text, sizeof(text), x.is_wide ? "%.1f" : "%.0f%%",
			100 * bar.count / h->observed);
		canvas_right(c, y, x.percent, style, text);
	}
	if (x.is_wide && h->observed > 0) {
		snprintf(text, sizeof(text), "%.1f",
			100 * (sums->below + bar.count) / h->observed);
		canvas_right(c, y, x.cumulative, STYLE_DIM, text);
	}
	name_marks(ui, cuts, h, row, text);
	if (text[0] != '\0')
		canvas_putf(c, y, x.mark, STYLE_TITLE, "%s%s",
			canvas_glyphs(c) == GLYPHS_ASCII ? "<" : "◂", text);
}

static void draw_bars(const struct ui *ui, struct canvas *c, const struct bars *cuts,
	const struct model_histogram *h)
{
	struct sums sums = {0, 0};

	for (size_t row = 0; row < cuts->count; row++)
		sums.most = fmax(sums.most, bars_at(cuts, h, row).count);
	for (size_t row = 0; row < cuts->count; row++) {
		draw_bar(ui, c, (int)row + 2, cuts, h, row, &sums);
		sums.below += bars_at(cuts, h, row).count;
	}
}

/* One histogram in the pane that is set. */
static void draw_panel(struct ui *ui, struct canvas *c, const struct model_row *row,
	size_t kind, const char *title, struct bars *cuts)
{
	struct model_histogram h = {0};
	struct rect pane = canvas_pane(c);
	int64_t end_ms = model_at_ms(ui->model);

	if (!model_histogram(ui->model, row, kinds[kind], from_ms(ui), end_ms, &h)) {
		canvas_putf(c, 0, 0, STYLE_TITLE, "%s", title);
		canvas_puts(c, 1, 0, STYLE_DIM,
			is_seen_once(row) ? SEEN_ONCE : "no histogram on the page");
		model_histogram_free(&h);
		return;
	}
	bars_cut(cuts, &h, pane.rows > 3 ? (size_t)pane.rows - 2 : 1, ui_percentiles(ui),
		3);
	int x = canvas_putf(c, 0, 0, STYLE_TITLE, "%s ", title);
	if (cuts->count < h.count)
		canvas_putf(c, 0, x, STYLE_DIM, "(%zu buckets shown as %zu)", h.count,
			cuts->count);
	else
		canvas_putf(c, 0, x, STYLE_DIM, "(%zu buckets)", h.count);
	put_summary(ui, c, &h);
	draw_bars(ui, c, cuts, &h);
	model_histogram_free(&h);
}

/* Who listens to them wants one after the other. */
static size_t panels_that_fit(const struct ui *ui, const struct canvas *c, int cols)
{
	if (canvas_is_plain(c))
		return 1;
	size_t wanted = is_comparing(ui) ? ui->mark_count : KINDS;
	size_t fit = cols >= 140 ? (size_t)(cols / 46) : cols >= 2 * PANEL_COLS ? 2 : 1;

	return fit < wanted ? fit : wanted;
}

static void draw_panels(struct ui *ui, struct canvas *c, struct rect area)
{
	size_t count = panels_that_fit(ui, c, area.cols);
	int width = (area.cols - ((int)count - 1) * 2) / (int)count;

	for (size_t i = 0; i < count; i++) {
		int x = area.x + (int)i * (width + 2);
		size_t kind = kind_of_panel(ui, is_comparing(ui) ? 0 : i);

		if (i > 0) {
			canvas_into(c, area);
			canvas_vline(c, 0, x - 2 - area.x, area.rows);
		}
		canvas_into(c, (struct rect){area.y, x, area.rows, width});
		if (is_comparing(ui))
			draw_panel(ui, c, ui->marks[i], kind, ui->marks[i]->name,
				&ui->cuts[kinds[kind]]);
		else
			draw_panel(ui, c, ui->detail, kind, kind_names[kind],
				&ui->cuts[kinds[kind]]);
	}
}

/* ---- sentences ---- */

static double slowest_bound(const struct model_histogram *h)
{
	for (size_t i = h->count; i > 0; i--)
		if (h->increase[i - 1] > 0)
			return h->upper_bound[i - 1];
	return NAN;
}

static void put_where(const struct ui *ui, struct canvas *c, int y)
{
	struct model_histogram h = {0};
	size_t kind = kind_of_panel(ui, 0);
	char mean[FMT_SIZE], low[FMT_SIZE], high[FMT_SIZE], slowest[FMT_SIZE];

	if (!model_histogram(ui->model, ui->detail, kinds[kind], from_ms(ui),
		    model_at_ms(ui->model), &h) ||
		!(h.observed > 0)) {
		canvas_puts(c, y, 0, STYLE_DIM,
			is_seen_once(ui->detail) ? SEEN_ONCE
						 : "nothing was observed in this window");
		model_histogram_free(&h);
		return;
	}
	struct reading r = read_quantile(&h, ui_percentiles(ui)[2]);
	int x = canvas_piece(c, y, 0, STYLE_PLAIN, "%s: mean %s", kind_names[kind],
		fmt_seconds(mean, model_mean(&h)));
	if (r.is_enough)
		x = canvas_piece(c, y, x, STYLE_PLAIN, ", %s in (%s,%s]%s",
			ui_percentile_names(ui)[2], fmt_bound(low, r.low),
			fmt_bound(high, r.high), isinf(r.high) ? "" : " interpolated");
	double bound = slowest_bound(&h);
	canvas_piece(c, y, x, STYLE_PLAIN, ", slowest %s%s", isinf(bound) ? ">" : "<=",
		fmt_bound(slowest, isinf(bound) && h.count > 1
					   ? h.upper_bound[h.count - 2]
					   : bound));
	model_histogram_free(&h);
}

/* Little's law: what the load asks for against what there is. */
static void put_need(const struct ui *ui, struct canvas *c, int y)
{
	const struct model_row *row = ui->detail;
	char rate[FMT_SIZE], mean[FMT_SIZE], need[FMT_SIZE], most[FMT_SIZE],
		busy[FMT_SIZE];

	if (isnan(row->value[MODEL_WORKERS_NEEDED]))
		return;
	int x = canvas_piece(c, y, 0, STYLE_PLAIN, "Need %s/s x %s = %s workers; have %s",
		fmt_rate(rate, row->value[MODEL_RECONCILES]),
		fmt_seconds(mean, row->value[MODEL_WORK_MEAN]),
		fmt_count(need, row->value[MODEL_WORKERS_NEEDED]),
		fmt_count(most, row->value[MODEL_WORKERS_MAX]));
	if (!isnan(row->value[MODEL_BUSY]))
		canvas_piece(c, y, x, STYLE_PLAIN, " (%s%% busy)",
			fmt_percent(busy, row->value[MODEL_BUSY]));
}

/* ---- heat map ---- */

/* One column: what fell into the rows within that slot. */
static void draw_heat_column(const struct ui *ui, struct canvas *c, int x, int rows,
	const struct model_histogram *h)
{
	/* of a few the slowest is a percentile by name only */
	size_t tail = h->observed >= ENOUGH_FOR_TAIL
			      ? bars_row_of(&ui->heat_cuts, h, ui_percentiles(ui)[2])
			      : ui->heat_cuts.count;

	if (!(h->observed > 0))
		return;
	for (size_t row = 0; row < ui->heat_cuts.count; row++) {
		double count = bars_at(&ui->heat_cuts, h, row).count;
		int y = rows - (int)row;

		if (row == tail)
			canvas_puts(c, y, x, STYLE_FAILURE, "o");
		else
			canvas_shade(c, y, x, STYLE_BAR, count / h->observed);
	}
}

static int64_t slot_of_heat(const struct ui *ui)
{
	struct model_state state =
		model_state(ui->model, model_parent(ui->model, ui->detail));
	int64_t slot_ms = (int64_t)(state.page_interval_seconds + 0.5) * 1000;

	return slot_ms < 1000 ? 1000 : slot_ms;
}

static void draw_heat_labels(const struct ui *ui, struct canvas *c, int rows,
	const struct model_histogram *h, int label)
{
	char text[NAME_BYTES];

	for (size_t row = 0; row < ui->heat_cuts.count; row++) {
		struct bar bar = bars_at(&ui->heat_cuts, h, row);

		canvas_right(c, rows - (int)row, label, STYLE_PLAIN,
			name_bar(&bar, false, text));
		canvas_vline(c, rows - (int)row, label, 1);
	}
}

/* Fast at the bottom, slow at the top, now at the right. */
static void draw_heat(struct ui *ui, struct canvas *c)
{
	const int label = 8;
	struct model_histogram h = {0};
	struct rect pane = canvas_pane(c);
	size_t kind = kind_of_panel(ui, 0);
	int64_t slot_ms = slot_of_heat(ui);
	int64_t end_ms = (model_at_ms(ui->model) + slot_ms - 1) / slot_ms * slot_ms;
	int cols = pane.cols - label - 1;

	if (canvas_is_plain(c)) {
		canvas_puts(c, 0, 0, STYLE_PLAIN,
			"a heat map cannot be told in words; w and c choose windows");
		return;
	}
	int x = canvas_putf(c, 0, 0, STYLE_TITLE, "%s, heat map   ", kind_names[kind]);
	x = canvas_piece(c, 0, x, STYLE_DIM, "a column is %llds, o is %s",
		(long long)slot_ms / 1000, ui_percentile_names(ui)[2]);
	canvas_piece(c, 0, x, STYLE_DIM, "; darker: more of the column's reconciles");
	if (pane.rows < 3 || !model_histogram(ui->model, ui->detail, kinds[kind],
				     end_ms - cols * slot_ms, end_ms, &h)) {
		model_histogram_free(&h);
		return;
	}
	bars_cut(&ui->heat_cuts, &h, (size_t)pane.rows - 1, ui_percentiles(ui), 3);
	int rows = (int)ui->heat_cuts.count;
	draw_heat_labels(ui, c, rows, &h, label);
	for (int col = 0; col < cols; col++) {
		int64_t begin_ms = end_ms - (cols - col) * slot_ms;
		int64_t to_ms = begin_ms + slot_ms;

		/* of the past nothing is shown that came later */
		if (ui->paused_ms != 0 && to_ms > ui->paused_ms)
			to_ms = ui->paused_ms;
		if (model_histogram(
			    ui->model, ui->detail, kinds[kind], begin_ms, to_ms, &h))
			draw_heat_column(ui, c, label + 1 + col, rows, &h);
	}
	model_histogram_free(&h);
}

/* ---- the page ---- */

enum part { NUMBERS, PAST, PANELS, WORDS, REASONS, HEAT, PARTS };

static void divide(struct ui *ui, struct rect body, struct rect *areas)
{
	bool is_tall = body.rows >= 36;
	int numbers = is_comparing(ui) ? (int)ui->mark_count + 1 : 2;
	int reasons = (int)ui_finding_count(ui, ui->detail);
	int most = reasons * (ui->is_described ? 4 : body.cols < 100 ? 2 : 1);
	reasons = reasons > 0 ? reasons : 1;
	struct layout_part parts[PARTS] = {
		[NUMBERS] = {numbers, numbers, 0},
		[PAST] = {1, is_tall ? 6 : 1, 4},
		[PANELS] = {6, is_tall ? 24 : 1000, 0},
		[WORDS] = {1, 2, 3},
		[REASONS] = {reasons > 3 ? 3 : reasons, most > 0 ? most : 1, 2},
		[HEAT] = {6, 13, 5},
	};

	/* few rows: the heat map has a key of its own */
	layout_rows(body, 0, parts, is_tall ? PARTS : HEAT, areas);
	if (!is_tall)
		areas[HEAT] = (struct rect){0, 0, 0, 0};
	layout_fill(body, areas, PARTS, PANELS);
}

static void draw_words(struct ui *ui, struct canvas *c)
{
	if (canvas_pane(c).rows > 0)
		put_where(ui, c, 0);
	if (canvas_pane(c).rows > 1)
		put_need(ui, c, 1);
}

static void draw_reasons(struct ui *ui, struct canvas *c)
{
	if (canvas_pane(c).rows == 0)
		return;
	ui_findings(ui, c, 0, ui->detail, false);
}

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct rect areas[PARTS];

	canvas_into(c, body);
	if (ui->detail == NULL) {
		canvas_puts(c, 0, 0, STYLE_DIM, "no controller is open: 2, then Enter");
		return;
	}
	if (ui->is_heat) {
		draw_heat(ui, c);
		return;
	}
	divide(ui, body, areas);
	canvas_into(c, areas[NUMBERS]);
	if (is_comparing(ui))
		draw_compared(ui, c);
	else
		draw_numbers(ui, c, ui->detail);
	canvas_into(c, areas[PAST]);
	draw_past(ui, c, ui->detail);
	if (areas[PANELS].rows > 0)
		draw_panels(ui, c, areas[PANELS]);
	canvas_into(c, areas[WORDS]);
	draw_words(ui, c);
	canvas_into(c, areas[REASONS]);
	draw_reasons(ui, c);
	canvas_into(c, areas[HEAT]);
	if (areas[HEAT].rows > 0)
		draw_heat(ui, c);
	canvas_into(c, body);
	canvas_flag(c, (struct rect){0, 0, body.rows, body.cols},
		ui_row_flags(ui, ui->detail));
}

/* The next controller in that direction, over the rows of operators. */
static void open_neighbour(struct ui *ui, bool is_next)
{
	const struct model_rows *rows = &ui->rows[0];
	size_t at = 0;

	while (at < rows->count && rows->at[at] != ui->detail)
		at++;
	for (size_t tries = 0; tries < rows->count; tries++) {
		at = (at + (is_next ? 1 : rows->count - 1)) % rows->count;
		if (rows->at[at]->scope == MODEL_CONTROLLER) {
			ui->detail = rows->at[at];
			return;
		}
	}
}

static bool act(struct ui *ui, enum action a)
{
	size_t *pane = &ui->state[VIEW_DETAIL].pane;

	if (a == ACTION_PANE_NEXT || a == ACTION_PANE_PREVIOUS)
		*pane = (*pane + (a == ACTION_PANE_NEXT ? 1 : KINDS - 1)) % KINDS;
	else if (a == ACTION_NEXT_CONTROLLER || a == ACTION_DOWN)
		open_neighbour(ui, true);
	else if (a == ACTION_PREVIOUS_CONTROLLER || a == ACTION_UP)
		open_neighbour(ui, false);
	else if (a == ACTION_CUMULATIVE)
		ui->is_cumulative = !ui->is_cumulative;
	else if (a == ACTION_LOG)
		ui->is_log = !ui->is_log;
	else if (a == ACTION_HEAT || a == ACTION_OPEN)
		ui->is_heat = !ui->is_heat;
	else
		return false;
	return true;
}

static void status(struct ui *ui, struct buf *out)
{
	if (ui->detail == NULL)
		return;
	buf_addf(out, "%s%s", ui->is_log ? "log scale  " : "",
		ui->is_cumulative ? "since the start  " : "");
	if (is_comparing(ui))
		buf_addf(out, "%zu compared  ", ui->mark_count);
}

const struct view view_detail = {
	.word = "controller",
	.title = "controller",
	.hints = "next-controller/next previous-controller/previous pane window heat "
		 "cumulative log percentiles help q/close pause step-back/back "
		 "step/forth time baseline rate describe exact save prompt/command",
	.update = update,
	.draw = draw,
	.act = act,
	.status = status,
};
