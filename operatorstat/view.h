/* The screens: each is one const struct view, draws on a canvas, and knows no terminal.
 *
 * What is shown and how is in struct ui, which app.c owns; the data are the model's. */
#ifndef OPERATORSTAT_VIEW_H
#define OPERATORSTAT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/buf.h"
#include "operatorstat/bars.h"
#include "operatorstat/canvas.h"
#include "operatorstat/findings.h"
#include "operatorstat/fmt.h"
#include "operatorstat/input.h"
#include "operatorstat/line.h"
#include "operatorstat/model.h"
#include "operatorstat/raw.h"
#include "operatorstat/source.h"
#include "operatorstat/table.h"

/* Controllers side by side. */
#define UI_MARKS 6

/* Panes of a screen that have a cursor. */
#define UI_PANES 3

enum ui_counting {
	UI_RATE,     /* a second, over the window */
	UI_TOTAL,    /* since the first page */
	UI_INTERVAL, /* since the page before */
	UI_COUNTINGS,
};

/* What one screen remembers. */
struct view_state {
	struct table_state table[UI_PANES];
	const void *selected[UI_PANES]; /* the cursor's row, however it is sorted */
	size_t pane;
	struct line filter;
	bool only_marked;
	bool only_active;
};

/* Numbers of the model that the raw screen shows where there are no pages. */
struct ui_numbers {
	size_t *at; /* owned */
	size_t count, size;
};

struct ui {
	/* borrowed */
	struct model *model;
	const struct source *source;
	struct findings *findings;
	struct raw *raw;
	/* when */
	int64_t now_ms;    /* wall clock, or where a recording is */
	int64_t paused_ms; /* 0: live */
	size_t window;     /* an index for ui_window_ms() */
	/* which */
	enum view_id view;
	enum view_id before;        /* under the help */
	struct model_row *detail;   /* the controller that is open; NULL: none yet */
	struct model_row *operator; /* whose rows alone are shown; NULL: all */
	struct model_row *marks[UI_MARKS];
	size_t mark_count;
	/* how */
	enum ui_counting counting;
	bool is_exact;
	bool is_cumulative; /* histograms since the first page */
	bool is_log;
	bool is_heat;
	bool is_described;
	size_t percentiles; /* an index for ui_percentiles() */
	/* owned, filled anew for each frame */
	struct model_rows rows[UI_PANES];
	struct ui_numbers numbers;
	struct bars cuts[MODEL_HISTS]; /* kept while the panel has the same rows */
	struct bars heat_cuts;
	struct view_state state[VIEWS];
};

/* Rows of the model under columns: all of a screen but what stands around them. */
struct view_rows {
	const struct table_column *columns;
	size_t column_count;
	unsigned int set_count;
	enum model_scope scope;
	bool is_tree; /* operators, and below each its rows */
};

struct view {
	const char *word; /* in the last lines and behind `:` */
	const char *title;
	const char *hints; /* for the last lines: words of keys.def, or word/label; best
			      first */
	/* A screen of rows of the model; NULL: update and table are its own. */
	const struct view_rows *rows;
	/* Fills what draw and act go by (rows, cursor); before each of them. May be NULL.
	 */
	void (*update)(struct ui *ui);
	void (*draw)(struct ui *ui, struct canvas *c, struct rect body);
	/* False: no action of this screen. May be NULL. */
	bool (*act)(struct ui *ui, enum action a);
	/* Appends how it is sorted and what is shown; NULL: as ui_table_status(). */
	void (*status)(struct ui *ui, struct buf *out);
	/* The table of the pane with the focus; NULL without rows: there is none. */
	struct table (*table)(struct ui *ui);
	/* Appends what a row of it is called, for `n` and `y`; NULL: "operator/name". */
	void (*row_text)(struct ui *ui, size_t row, struct buf *out);
};

extern const struct view view_operators, view_controllers, view_detail, view_api,
	view_runtime, view_events, view_raw, view_help;

const struct view *view_of(enum view_id id);

/* ---- the screen that is shown ---- */

void ui_update(struct ui *ui);
bool ui_act(struct ui *ui, enum action a);
void ui_status(struct ui *ui, struct buf *out);
bool ui_has_table(const struct ui *ui);
struct table ui_table(struct ui *ui); /* only if it has one */
void ui_row_text(struct ui *ui, size_t row, struct buf *out);

/* ---- what they share ---- */

#define UI_WINDOWS 5
int64_t ui_window_ms(size_t window); /* 0: since the baseline */
const char *ui_window_name(size_t window);

/* Three quantiles, as fractions, and their names. */
const double *ui_percentiles(const struct ui *ui);
const char *const *ui_percentile_names(const struct ui *ui);

/* A figure as the user wants it: unit, counting, exactness. */
const char *ui_number(const struct ui *ui, const struct model_row *row,
	enum model_field field, char out[FMT_SIZE]);

/* The same of a value that is not the row's. */
const char *ui_value(
	const struct ui *ui, enum model_field field, double value, char out[FMT_SIZE]);

/* "/s", "" or "/page", behind counters. */
const char *ui_counting_unit(const struct ui *ui);

enum style ui_mark_style(enum model_mark mark, enum style otherwise);
char ui_mark_letter(enum model_mark mark); /* `!` `*` `?` or blank */

/* The past of a figure over cols columns of the pane, newest at the right, low..high its
 * range; columns are whole slots of wall-clock time. Returns ms a column. */
int64_t ui_spark(const struct ui *ui, struct canvas *c, int y, int x, int cols,
	const struct model_row *row, enum model_field field);

/* The same for a gauge, whose range does not begin at 0: "[198M..221M]" before it. */
void ui_range_spark(const struct ui *ui, struct canvas *c, int y, int x, int cols,
	const struct model_row *row, enum model_field field);

/* The findings of a row, a sentence each, and with `below` of an operator's controllers
 * too; if the user wants descriptions with what to try, rules and thresholds, and what
 * the column is that rows are sorted by. Returns the line behind them. */
int ui_findings(
	struct ui *ui, struct canvas *c, int y, const struct model_row *row, bool below);
size_t ui_finding_count(const struct ui *ui, const struct model_row *row);

/* The view_state of the screen that is shown. */
struct view_state *ui_state(struct ui *ui);

/* Is a letter of `text` matched by the filter of the screen? (as model_view.filter) */
bool ui_matches(const char *filter, const char *text);

/* Rows of the model in a pane: fills ui->rows[pane] and puts the cursor on the row that
 * it was on. */
void ui_update_rows(struct ui *ui, size_t pane, enum model_scope scope, bool is_tree,
	const struct table_column *columns);

/* The row under the cursor of the pane with the focus; NULL: there is none. */
struct model_row *ui_selected(struct ui *ui);

/* Shows the controllers of the operator under the cursor; false: there is none. */
bool ui_open_operator(struct ui *ui, enum action a);

/* Remembers the cursor's row, after it was moved. */
void ui_keep_selected(struct ui *ui, size_t pane);

/* Cells that show a field of a row of the model, or its past. */
enum ui_cell { UI_CELL_FIELD, UI_CELL_NAME, UI_CELL_WORKERS, UI_CELL_TREND };

/* Columns made of them. rank and sets: as in struct table_column. */
#define UI_NAME(text, width, at_most)                                                    \
	{                                                                                \
		.head = "  " text, .cols = width, .most = at_most, .sets = ~0u,          \
		.is_left = true, .is_fixed = true, .field = MODEL_FIELDS,                \
		.kind = UI_CELL_NAME                                                     \
	}
#define UI_FIELD(text, width, ranking, in_sets, id)                                      \
	{                                                                                \
		.head = text, .cols = width, .rank = ranking, .sets = in_sets,           \
		.can_sort = true, .field = MODEL_##id, .kind = UI_CELL_FIELD             \
	}
#define UI_WORKERS(ranking, in_sets)                                                     \
	{                                                                                \
		.head = "WORK", .cols = 7, .rank = ranking, .sets = in_sets,             \
		.can_sort = true, .field = MODEL_WORKERS, .kind = UI_CELL_WORKERS        \
	}
#define UI_TREND(text, width, at_most, ranking, in_sets, id)                             \
	{                                                                                \
		.head = text, .cols = width, .most = at_most, .rank = ranking,           \
		.sets = in_sets, .is_left = true, .field = MODEL_##id,                   \
		.kind = UI_CELL_TREND                                                    \
	}

void ui_cell(const struct ui *ui, struct canvas *c, const struct table_column *column,
	const struct model_row *row, bool is_tree);

/* "no update for 34s (interval 10s)" for an operator that is stale; false: it is not. */
bool ui_stale_note(const struct ui *ui, struct canvas *c, const struct model_row *row);
unsigned int ui_row_flags(const struct ui *ui, const struct model_row *row);

/* Callback of struct table for ui->rows[0]; ctx is the struct ui. */
unsigned int ui_flags_of_row(void *ctx, size_t row);

/* Columns that the longest name of the pane's rows may take, marks and indent included.
 */
int ui_name_cols(const struct ui *ui, size_t pane);

/* How much wider columns are for exact numbers. */
int ui_widening(const struct ui *ui);

/* Appends "sort DEPTH desc  3 hidden  1-8/8". */
void ui_table_status(struct ui *ui, struct buf *out);

#endif
