#include "operatorstat/table.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

static const struct table_column columns[] = {
	{.head = "  NAME",
		.cols = 8,
		.most = 12,
		.sets = 3,
		.is_left = true,
		.is_fixed = true},
	{.head = "A", .cols = 4, .rank = 1, .sets = 1, .can_sort = true},
	{.head = "B", .cols = 4, .rank = 3, .sets = 3, .can_sort = true},
	{.head = "C", .cols = 4, .rank = 2, .sets = 2, .can_sort = true},
};

static void draw_cell(void *ctx, struct canvas *c, size_t row, size_t column)
{
	(void)ctx;
	canvas_putf(c, 0, column == 0 ? 2 : 0, STYLE_PLAIN, "%zu%c", row, "nabc"[column]);
}

static struct table make(size_t rows)
{
	return (struct table){
		.columns = columns,
		.column_count = 4,
		.row_count = rows,
		.set_count = 2,
		.cell = draw_cell,
	};
}

static const char *drawn(const struct table *t, struct table_state *state, int rows,
	int cols, bool has_focus)
{
	static char text[8192];
	struct canvas *c = canvas_new(rows, cols, GLYPHS_ASCII);
	struct buf out;

	ck_assert_ptr_nonnull(c);
	buf_init(&out, sizeof(text) - 1);
	table_draw(t, state, c, (struct rect){0, 0, rows, cols}, has_focus);
	canvas_text(c, &out);
	memcpy(text, out.at, out.len);
	text[out.len] = '\0';
	buf_free(&out);
	canvas_free(c);
	return text;
}

START_TEST(columns_that_fit)
{
	struct table t = make(1);
	struct table_state state = {.sort = 1, .descending = true};

	ck_assert_str_eq(drawn(&t, &state, 2, 24, true),
		"  NAME         Av    B\n> 0n         0a   0b\n");
	ck_assert_str_eq(
		drawn(&t, &state, 2, 14, true), "  NAME      Av\n> 0n      0a\n");
	ck_assert_str_eq(drawn(&t, &state, 2, 6, false), "  NAME\n  0n\n");
	ck_assert_str_eq(drawn(&t, &state, 1, 6, false), "  0n\n");
}
END_TEST

START_TEST(the_cursor_is_always_seen)
{
	struct table_state state = {0};

	for (size_t rows = 0; rows <= 200; rows += rows < 3 ? 1 : 39)
		for (int height = 1; height < 40; height += 5) {
			struct table t = make(rows);
			static const enum action moves[] = {ACTION_LAST, ACTION_UP,
				ACTION_PAGE_UP, ACTION_HALF_DOWN, ACTION_FIRST,
				ACTION_DOWN, ACTION_PAGE_DOWN};

			for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
				ck_assert(table_act(&t, &state, moves[i]));
				drawn(&t, &state, height, 30, true);
				ck_assert_uint_ge(state.cursor, state.top);
				ck_assert(rows == 0 || state.cursor < rows);
				ck_assert(state.shown == 0 ||
					  state.cursor < state.top + state.shown);
			}
		}
}
END_TEST

START_TEST(sets_and_scrolling)
{
	struct table t = make(1);
	struct table_state state = {.sort = 2};

	table_act(&t, &state, ACTION_MORE_COLUMNS);
	ck_assert_ptr_nonnull(strstr(drawn(&t, &state, 2, 30, true), " C\n"));
	table_act(&t, &state, ACTION_FEWER_COLUMNS);
	ck_assert_ptr_null(strstr(drawn(&t, &state, 2, 30, true), " C\n"));
	table_act(&t, &state, ACTION_RIGHT);
	ck_assert_ptr_null(strstr(drawn(&t, &state, 2, 30, true), "0a"));
	table_act(&t, &state, ACTION_RIGHT);
	ck_assert_ptr_nonnull(strstr(drawn(&t, &state, 2, 30, true), "0b"));
	table_act(&t, &state, ACTION_WIDE);
	ck_assert_ptr_nonnull(strstr(drawn(&t, &state, 2, 30, true), "0a"));
}
END_TEST

START_TEST(sorting)
{
	struct table t = make(1);
	struct table_state state = {.sort = 1};

	table_act(&t, &state, ACTION_SORT_RIGHT);
	ck_assert_uint_eq(state.sort, 2);
	table_act(&t, &state, ACTION_SORT_RIGHT);
	ck_assert_uint_eq(state.sort, 1); /* C is not in this set */
	table_act(&t, &state, ACTION_SORT_LEFT);
	ck_assert_uint_eq(state.sort, 2);
	table_act(&t, &state, ACTION_INVERT);
	ck_assert(state.descending);
	ck_assert(!table_act(&t, &state, ACTION_QUIT));
}
END_TEST

START_TEST(clicked_rows)
{
	struct table t = make(50);
	struct table_state state = {.cursor = 40};

	drawn(&t, &state, 11, 30, true);
	ck_assert_uint_eq(table_row_at(&t, &state, 1), state.top);
	ck_assert_uint_eq(table_row_at(&t, &state, 10), state.top + 9);
	ck_assert_uint_eq(table_row_at(&t, &state, 0), 50);
	ck_assert_uint_eq(table_row_at(&t, &state, 11), 50);
}
END_TEST

START_TEST(clicked_headings)
{
	struct table t = make(3);
	struct table_state state = {.sort = 1, .descending = true};

	drawn(&t, &state, 4, 24, true); /* NAME to 11, A from 13 to 16, B from 18 to 21 */
	ck_assert(table_sort_at(&t, &state, 0, 18));
	ck_assert(state.sort == 2 && state.descending);
	ck_assert(table_sort_at(&t, &state, 0, 21));
	ck_assert(state.sort == 2 && !state.descending);
	ck_assert(!table_sort_at(&t, &state, 0, 3)); /* names are not sorted by */
	ck_assert(!table_sort_at(&t, &state, 1, 18));
	ck_assert_uint_eq(state.sort, 2);
}
END_TEST

SUITE("table", columns_that_fit, the_cursor_is_always_seen, sets_and_scrolling, sorting,
	clicked_rows, clicked_headings)
