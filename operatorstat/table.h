/* Rows and columns that scroll: what all table screens share. Knows no model: cells draw
 * themselves. */
#ifndef OPERATORSTAT_TABLE_H
#define OPERATORSTAT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "operatorstat/canvas.h"
#include "operatorstat/input.h"
#include "operatorstat/layout.h"

#define TABLE_COLUMNS LAYOUT_PARTS

struct table_column {
	const char *head;
	int cols;          /* at least; one blank before it comes on top */
	int most;          /* may grow to; 0: does not */
	int rank;          /* the highest goes first where there is no space; 0: never */
	unsigned int sets; /* bits: the column sets it belongs to */
	bool is_left;      /* head and text begin at the left */
	bool is_fixed;     /* stays when the others are scrolled sideways */
	bool can_sort;
	int field; /* for whoever draws and sorts */
	int kind;  /* for whoever draws */
};

struct table {
	const struct table_column *columns;
	size_t column_count; /* TABLE_COLUMNS at most */
	size_t row_count;
	unsigned int set_count;
	int widen;      /* columns that can sort get so much more */
	int fixed_cols; /* fixed columns want so many, up to some quarter of all; 0: their
			 * own
			 */
	void *ctx;
	/* Draws one cell: the canvas' pane is the cell. The row's first column is left
	 * free for the cursor. */
	void (*cell)(void *ctx, struct canvas *c, size_t row, size_t column);
	/* Text over all columns but the fixed ones, instead of cells; NULL or false:
	 * none. */
	bool (*note)(void *ctx, struct canvas *c, size_t row);
	/* Flags of the whole row (STYLE_STALE); may be NULL. */
	unsigned int (*flags)(void *ctx, size_t row);
};

struct table_state {
	size_t cursor; /* row */
	size_t top;    /* first row shown */
	size_t left;   /* columns scrolled away */
	unsigned int set;
	size_t sort; /* column */
	bool descending;
	size_t shown;     /* rows on the screen, since the last table_draw() */
	struct rect area; /* where they were drawn, without the heading */
};

/* Draws heading and rows into area; moves top so that the cursor is seen. Without focus
 * the cursor's row is not shown as selected. */
void table_draw(const struct table *t, struct table_state *state, struct canvas *c,
	struct rect area, bool has_focus);

/* Moves, scrolls sideways, chooses columns and sorting. False: not an action of tables.
 */
bool table_act(const struct table *t, struct table_state *state, enum action a);

/* The row at that line of the screen, row_count: none. */
size_t table_row_at(const struct table *t, const struct table_state *state, int y);

/* Sorts by the column whose heading is at that place of the screen, or turns its order
 * round. False: there is no such heading. */
bool table_sort_at(const struct table *t, struct table_state *state, int y, int x);

/* "1-8/97" */
void table_position(
	const struct table *t, const struct table_state *state, struct buf *out);

#endif
