#include "operatorstat/table.h"

#include <assert.h>
#include <stdio.h>

/* Those columns that are to be shown, in order. */
struct choice {
	size_t index[TABLE_COLUMNS];
	struct rect place[TABLE_COLUMNS];
	size_t count;
};

static bool is_in_set(
	const struct table *t, const struct table_state *state, size_t column)
{
	return t->set_count == 0 || (t->columns[column].sets >> state->set & 1u) != 0;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* order: 0, or the rank that it has because columns were scrolled away. */
static struct layout_part part_of(
	const struct table *t, size_t column, int order, int all_cols)
{
	const struct table_column *col = &t->columns[column];
	int cols = col->cols + (col->can_sort && !col->is_fixed ? t->widen : 0);

	if (col->is_fixed && t->fixed_cols > cols)
		cols = most(
			cols, least(t->fixed_cols, least(col->most, all_cols / 4 + 6)));
	return (struct layout_part){cols, most(col->most, cols),
		order > 0 && !col->is_fixed ? order : col->rank};
}

/* What was scrolled to is shown from the left on, whatever its rank. */
static struct choice choose(
	const struct table *t, const struct table_state *state, struct rect area)
{
	struct layout_part parts[TABLE_COLUMNS];
	struct choice all = {.count = 0};
	struct choice there = {.count = 0};
	size_t skip = state->left;

	assert(t->column_count <= TABLE_COLUMNS);
	for (size_t i = 0; i < t->column_count; i++) {
		if (!is_in_set(t, state, i))
			continue;
		if (!t->columns[i].is_fixed && skip > 0) {
			skip--;
			continue;
		}
		parts[all.count] =
			part_of(t, i, state->left > 0 ? (int)i + 1 : 0, area.cols);
		all.index[all.count++] = i;
	}
	layout_columns(area, 1, parts, all.count, all.place);
	for (size_t i = 0; i < all.count; i++)
		if (all.place[i].cols > 0) {
			there.index[there.count] = all.index[i];
			there.place[there.count++] = all.place[i];
		}
	return there;
}

static void draw_heading(const struct table *t, const struct table_state *state,
	struct canvas *c, const struct choice *choice, struct rect area)
{
	canvas_into(c, area);
	canvas_fill(c, (struct rect){0, 0, 1, area.cols}, STYLE_HEADING);
	for (size_t i = 0; i < choice->count; i++) {
		const struct table_column *col = &t->columns[choice->index[i]];
		bool is_sorted = col->can_sort && choice->index[i] == state->sort;
		int x = choice->place[i].x - area.x, cols = choice->place[i].cols;
		char head[64];

		snprintf(head, sizeof(head), "%s%s", col->head,
			!is_sorted          ? ""
			: state->descending ? "v"
					    : "^");
		/* a number's head may begin in the blank before its column */
		if (col->is_left)
			canvas_field(c, 0, x, cols, STYLE_HEADING, str_of(head));
		else
			canvas_right(c, 0, x + cols, STYLE_HEADING, head);
	}
}

static void draw_cells(const struct table *t, struct canvas *c,
	const struct choice *choice, size_t row, int y)
{
	for (size_t i = 0; i < choice->count; i++) {
		struct rect place = choice->place[i];

		place.y = y;
		place.rows = 1;
		canvas_into(c, place);
		t->cell(t->ctx, c, row, choice->index[i]);
	}
}

/* A note begins where the first column ends that is not fixed. */
static void draw_note(const struct table *t, struct canvas *c,
	const struct choice *choice, size_t row, struct rect line)
{
	for (size_t i = 0; i < choice->count; i++) {
		struct rect place = choice->place[i];

		if (t->columns[choice->index[i]].is_fixed)
			continue;
		place = (struct rect){line.y, place.x, 1, line.x + line.cols - place.x};
		canvas_into(c, place);
		if (!t->note(t->ctx, c, row))
			return;
		break;
	}
}

static void draw_row(const struct table *t, const struct table_state *state,
	struct canvas *c, const struct choice *choice, size_t row, struct rect line,
	bool has_focus)
{
	unsigned int flags = t->flags != NULL ? t->flags(t->ctx, row) : 0;

	draw_cells(t, c, choice, row, line.y);
	if (t->note != NULL)
		draw_note(t, c, choice, row, line);
	canvas_into(c, line);
	if (row == state->cursor && has_focus) {
		flags |= STYLE_CURSOR;
		canvas_puts(c, 0, 0, STYLE_TITLE, ">");
	}
	canvas_flag(c, (struct rect){0, 0, 1, line.cols}, flags);
}

static void keep_cursor_seen(const struct table *t, struct table_state *state)
{
	if (state->cursor >= t->row_count)
		state->cursor = t->row_count > 0 ? t->row_count - 1 : 0;
	if (state->cursor < state->top)
		state->top = state->cursor;
	if (state->shown > 0 && state->cursor >= state->top + state->shown)
		state->top = state->cursor - state->shown + 1;
	if (state->top + state->shown > t->row_count)
		state->top =
			t->row_count > state->shown ? t->row_count - state->shown : 0;
}

void table_draw(const struct table *t, struct table_state *state, struct canvas *c,
	struct rect area, bool has_focus)
{
	/* a heading over one row only would hide what there is */
	bool has_heading = area.rows > 1;
	struct choice choice = choose(t, state, area);

	if (has_heading)
		draw_heading(t, state, c, &choice,
			(struct rect){area.y, area.x, 1, area.cols});
	state->area = (struct rect){area.y + (has_heading ? 1 : 0), area.x,
		area.rows - (has_heading ? 1 : 0), area.cols};
	state->shown = state->area.rows > 0 ? (size_t)state->area.rows : 0;
	keep_cursor_seen(t, state);
	for (size_t i = 0; i < state->shown && state->top + i < t->row_count; i++)
		draw_row(t, state, c, &choice, state->top + i,
			(struct rect){state->area.y + (int)i, area.x, 1, area.cols},
			has_focus);
}

static void move(
	const struct table *t, struct table_state *state, size_t rows, bool is_down)
{
	size_t last = t->row_count > 0 ? t->row_count - 1 : 0;

	if (is_down)
		state->cursor = state->cursor + rows < last ? state->cursor + rows : last;
	else
		state->cursor = state->cursor > rows ? state->cursor - rows : 0;
}

/* The next column to sort by in that direction, of those in the set. */
static void sort_by_neighbour(
	const struct table *t, struct table_state *state, bool is_right)
{
	size_t i = state->sort;

	for (size_t tries = 0; tries < t->column_count; tries++) {
		i = (i + (is_right ? 1 : t->column_count - 1)) % t->column_count;
		if (t->columns[i].can_sort && is_in_set(t, state, i)) {
			state->sort = i;
			return;
		}
	}
}

static size_t scrollable(const struct table *t, const struct table_state *state)
{
	size_t count = 0;

	for (size_t i = 0; i < t->column_count; i++)
		count += is_in_set(t, state, i) && !t->columns[i].is_fixed;
	return count;
}

static void choose_set(struct table_state *state, unsigned int set)
{
	state->set = set;
	state->left = 0;
}

static size_t at_least_one(size_t rows)
{
	return rows > 0 ? rows : 1;
}

static bool act_moves(const struct table *t, struct table_state *state, enum action a)
{
	size_t page = at_least_one(state->shown);

	if (a == ACTION_DOWN || a == ACTION_UP)
		move(t, state, 1, a == ACTION_DOWN);
	else if (a == ACTION_PAGE_DOWN || a == ACTION_PAGE_UP)
		move(t, state, page, a == ACTION_PAGE_DOWN);
	else if (a == ACTION_HALF_DOWN || a == ACTION_HALF_UP)
		move(t, state, at_least_one(page / 2), a == ACTION_HALF_DOWN);
	else if (a == ACTION_FIRST || a == ACTION_LAST)
		move(t, state, t->row_count, a == ACTION_LAST);
	else
		return false;
	return true;
}

static bool act_columns(const struct table *t, struct table_state *state, enum action a)
{
	unsigned int sets = t->set_count > 0 ? t->set_count : 1;

	if (a == ACTION_LEFT && state->left > 0)
		state->left--;
	else if (a == ACTION_RIGHT && state->left + 1 < scrollable(t, state))
		state->left++;
	else if (a == ACTION_MORE_COLUMNS)
		choose_set(state, (state->set + 1) % sets);
	else if (a == ACTION_FEWER_COLUMNS)
		choose_set(state, (state->set + sets - 1) % sets);
	else if (a == ACTION_WIDE)
		choose_set(state, 0);
	else
		return a == ACTION_LEFT || a == ACTION_RIGHT;
	return true;
}

bool table_act(const struct table *t, struct table_state *state, enum action a)
{
	if (act_moves(t, state, a) || act_columns(t, state, a))
		return true;
	if (a == ACTION_SORT_LEFT || a == ACTION_SORT_RIGHT)
		sort_by_neighbour(t, state, a == ACTION_SORT_RIGHT);
	else if (a == ACTION_INVERT)
		state->descending = !state->descending;
	else
		return false;
	return true;
}

size_t table_row_at(const struct table *t, const struct table_state *state, int y)
{
	if (y < state->area.y || y >= state->area.y + state->area.rows)
		return t->row_count;
	size_t row = state->top + (size_t)(y - state->area.y);
	return row < t->row_count ? row : t->row_count;
}

bool table_sort_at(const struct table *t, struct table_state *state, int y, int x)
{
	struct choice choice = choose(t, state, state->area);

	if (y != state->area.y - 1)
		return false;
	for (size_t i = 0; i < choice.count; i++) {
		size_t column = choice.index[i];
		struct rect place = choice.place[i];

		if (x < place.x || x >= place.x + place.cols ||
			!t->columns[column].can_sort)
			continue;
		state->descending = column != state->sort || !state->descending;
		state->sort = column;
		return true;
	}
	return false;
}

void table_position(
	const struct table *t, const struct table_state *state, struct buf *out)
{
	size_t end = state->top + state->shown;

	if (end > t->row_count)
		end = t->row_count;
	buf_addf(out, "%zu-%zu/%zu", t->row_count > 0 ? state->top + 1 : 0, end,
		t->row_count);
}
