#include <stdio.h>

#include "operatorstat/view.h"

/* One line of the help: a group's name, or an action. */
struct help_line {
	const char *heading; /* NULL: an action */
	enum action action;
	bool is_valid; /* on the screen before */
};

static bool is_found(const struct ui *ui, enum action a)
{
	const struct line *filter = &ui->state[VIEW_HELP].filter;
	const struct action_info *info = input_info(a);
	char text[256];

	snprintf(text, sizeof(text), "%s %s %s", info->keys, info->help, info->word);
	return filter->len == 0 || ui_matches(filter->text, text);
}

/* Counts the lines of a group that are valid or not on the screen before, and finds the
 * n-th. */
static size_t find_in_group(const struct ui *ui, enum action_group g, bool is_valid,
	size_t n, struct help_line *out)
{
	size_t count = 0;

	for (enum action a = 0; a < ACTIONS; a++) {
		if (input_info(a)->group != g ||
			input_is_for(a, ui->before) != is_valid || !is_found(ui, a))
			continue;
		if (count == 0 && n == 0)
			*out = (struct help_line){
				input_group_name(g), ACTION_NONE, is_valid};
		if (++count == n)
			*out = (struct help_line){NULL, a, is_valid};
	}
	return count > 0 ? count + 1 : 0;
}

/* First what the screen before knows, group by group, then all else. */
static size_t find_line(const struct ui *ui, size_t n, struct help_line *out)
{
	size_t all = 0;

	for (int pass = 0; pass < 2; pass++)
		for (enum action_group g = 0; g < GROUPS; g++) {
			struct help_line line = {NULL, ACTION_NONE, false};
			size_t count = find_in_group(ui, g, pass == 0, n - all, &line);

			if (n >= all && n - all < count)
				*out = line;
			all += count;
		}
	return all;
}

enum column { KEYS, WHAT };

static const struct table_column columns[] = {
	[KEYS] = {.head = "  KEYS",
		.cols = 10,
		.most = 19,
		.is_left = true,
		.is_fixed = true,
		.sets = ~0u},
	[WHAT] = {.head = "WHAT THEY DO",
		.cols = 8,
		.most = 200,
		.is_left = true,
		.sets = ~0u},
};

static void draw_cell(void *ctx, struct canvas *c, size_t row, size_t column)
{
	const struct ui *ui = ctx;
	struct help_line line = {NULL, ACTION_NONE, false};
	int cols = canvas_pane(c).cols;

	find_line(ui, row, &line);
	if (line.heading != NULL && column == KEYS)
		canvas_puts(c, 0, 1, STYLE_TITLE, line.heading);
	else if (line.heading != NULL && !line.is_valid)
		canvas_puts(c, 0, 0, STYLE_DIM, "(on other screens)");
	if (line.action == ACTION_NONE)
		return;
	const struct action_info *info = input_info(line.action);
	if (column == KEYS)
		canvas_field(c, 0, 2, cols - 2, line.is_valid ? STYLE_KEY : STYLE_DIM,
			str_of(info->keys));
	else
		canvas_field(c, 0, 0, cols, line.is_valid ? STYLE_PLAIN : STYLE_DIM,
			str_of(info->help));
}

static struct table table(struct ui *ui)
{
	struct help_line line;

	return (struct table){
		.columns = columns,
		.column_count = sizeof(columns) / sizeof(columns[0]),
		.row_count = find_line(ui, 0, &line),
		.ctx = ui,
		.cell = draw_cell,
	};
}

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table t = table(ui);

	table_draw(&t, &ui_state(ui)->table[0], c, body, true);
}

static bool act(struct ui *ui, enum action a)
{
	if (a != ACTION_HELP)
		return false;
	ui->view = ui->before;
	return true;
}

static void status(struct ui *ui, struct buf *out)
{
	struct table t = table(ui);

	buf_addf(out, "keys of %s first  ", view_of(ui->before)->word);
	table_position(&t, &ui_state(ui)->table[0], out);
}

static void row_text(struct ui *ui, size_t row, struct buf *out)
{
	struct help_line line = {NULL, ACTION_NONE, false};

	find_line(ui, row, &line);
	if (line.action != ACTION_NONE)
		buf_addf(out, "%s %s", input_info(line.action)->keys,
			input_info(line.action)->help);
}

const struct view view_help = {
	.word = "help",
	.title = "help",
	.hints = "q/close filter next down up page-down page-up",
	.draw = draw,
	.act = act,
	.status = status,
	.table = table,
	.row_text = row_text,
};
