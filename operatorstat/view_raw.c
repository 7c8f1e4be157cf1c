#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operatorstat/view.h"

/* Of an identifier: two parts of 127 bytes, a type, and what is between. */
#define NAME_BYTES 512

/* Columns of varnishstat's, whose users feel at home here. */
enum column { NAME, CURRENT, CHANGE, AVERAGE_10, AVERAGE_100 };

static const struct table_column columns[] = {
	[NAME] = {.head = "  NAME",
		.cols = 20,
		.most = 400,
		.sets = ~0u,
		.is_left = true,
		.is_fixed = true,
		.can_sort = true,
		.field = RAW_BY_NAME},
	[CURRENT] = {.head = "CURRENT",
		.cols = 9,
		.rank = 1,
		.sets = ~0u,
		.can_sort = true,
		.field = RAW_BY_VALUE},
	[CHANGE] = {.head = "CHANGE",
		.cols = 9,
		.rank = 2,
		.sets = ~0u,
		.can_sort = true,
		.field = RAW_BY_CHANGE},
	[AVERAGE_10] = {.head = "AVG_10",
		.cols = 9,
		.rank = 3,
		.sets = ~0u,
		.can_sort = true,
		.field = RAW_BY_10},
	[AVERAGE_100] = {.head = "AVG_100",
		.cols = 9,
		.rank = 4,
		.sets = ~0u,
		.can_sort = true,
		.field = RAW_BY_100},
};

/* collectd's unixsock has values and no pages: then those are what there is. */
static bool has_pages(const struct ui *ui)
{
	return raw_count(ui->raw) > 0;
}

static const char *put_value(const struct ui *ui, const struct raw_series *s,
	double value, bool is_rate, char out[FMT_SIZE])
{
	const char *brace = strchr(s->series, '{');
	struct str name = {s->series,
		brace != NULL ? (size_t)(brace - s->series) : strlen(s->series)};

	if (ui->is_exact)
		return fmt_exact(out, value, 14);
	if (str_ends(name, STR("_bytes")) || str_ends(name, STR("_bytes_total")))
		return fmt_bytes(out, value);
	if (!is_rate &&
		(str_ends(name, STR("_seconds")) ||
			str_ends(name, STR("_seconds_sum"))) &&
		!str_ends(name, STR("_time_seconds")))
		return fmt_seconds(out, value);
	return is_rate ? fmt_rate(out, value) : fmt_count(out, value);
}

static double value_of(const struct raw_series *s, enum column column)
{
	switch (column) {
	case NAME:
	case CURRENT:
		break;
	case CHANGE:
		return raw_change(s);
	case AVERAGE_10:
		return s->average_10;
	case AVERAGE_100:
		return s->average_100;
	}
	return s->value;
}

/* Series of one family under each other: the name once, then their labels alone. */
static struct str name_below(const struct raw_series *above, const struct raw_series *s)
{
	struct str name = str_of(s->series);
	const char *brace = strchr(s->series, '{');

	if (above == NULL || brace == NULL || above->instance != s->instance ||
		strncmp(above->series, s->series, (size_t)(brace - s->series) + 1) != 0)
		return name;
	return str_of(brace);
}

/* Where all of it does not fit, the labels are what tells rows apart. */
static void put_name(struct canvas *c, int x, int cols, struct str name)
{
	const char *brace = memchr(name.at, '{', name.len);
	int all = canvas_width(c, name);

	if (brace == NULL || all <= cols) {
		canvas_field(c, 0, x, cols, STYLE_PLAIN, name);
		return;
	}
	struct str family = {name.at, (size_t)(brace - name.at)};
	struct str labels = {brace, name.len - family.len};
	int room = cols - canvas_width(c, labels);
	/* of both, what is left of half of the space still tells them from others */
	if (room < cols / 2)
		room = canvas_width(c, family) < cols / 2 ? canvas_width(c, family)
							  : cols / 2;
	x = canvas_tail(c, 0, x, room, STYLE_PLAIN, family);
	canvas_field(c, 0, x, cols - room, STYLE_PLAIN, labels);
}

static void draw_name(const struct ui *ui, struct canvas *c, size_t row)
{
	const struct raw_series *s = raw_at(ui->raw, row);
	bool is_first = row == ui->state[VIEW_RAW].table[0].top;
	struct str name = name_below(is_first ? NULL : raw_at(ui->raw, row - 1), s);

	if (name.at == s->series)
		put_name(c, 2, canvas_pane(c).cols - 2, name);
	else
		canvas_field(c, 0, 4, canvas_pane(c).cols - 4, STYLE_PLAIN, name);
}

static void draw_series(
	const struct ui *ui, struct canvas *c, size_t row, enum column column)
{
	const struct raw_series *s = raw_at(ui->raw, row);
	double value = value_of(s, column);
	bool is_rate = column != CURRENT && raw_is_counting(s);
	char text[FMT_SIZE];

	if (column == NAME)
		draw_name(ui, c, row);
	else
		canvas_right(c, 0, canvas_pane(c).cols,
			value > 0 || value < 0 ? STYLE_PLAIN : STYLE_DIM,
			put_value(ui, s, value, is_rate, text));
}

/* Its identifier without the host. */
static void name_number(const struct model_number *number, char out[NAME_BYTES])
{
	snprintf(out, NAME_BYTES, "operator-%s/%s-%s", number->operator, number->type,
		number->type_instance);
}

static void draw_number(
	const struct ui *ui, struct canvas *c, size_t row, enum column column)
{
	struct model_number number = model_number(ui->model, ui->numbers.at[row]);
	int cols = canvas_pane(c).cols;
	char text[FMT_SIZE], name[NAME_BYTES];

	name_number(&number, name);
	if (column == NAME)
		canvas_tail(c, 0, 2, cols - 2, STYLE_PLAIN, str_of(name));
	else if (column == CURRENT)
		canvas_right(c, 0, cols, STYLE_PLAIN,
			ui->is_exact ? fmt_exact(text, number.value, 14)
				     : fmt_count(text, number.value));
}

static void draw_cell(void *ctx, struct canvas *c, size_t row, size_t column)
{
	const struct ui *ui = ctx;

	if (has_pages(ui))
		draw_series(ui, c, row, (enum column)column);
	else
		draw_number(ui, c, row, (enum column)column);
}

static struct table table(struct ui *ui)
{
	return (struct table){
		.columns = columns,
		.column_count = sizeof(columns) / sizeof(columns[0]),
		.row_count = has_pages(ui) ? raw_chosen(ui->raw) : ui->numbers.count,
		.widen = ui_widening(ui),
		.ctx = ui,
		.cell = draw_cell,
	};
}

static bool is_wanted(const struct ui *ui, const struct model_number *number)
{
	const struct view_state *state = &ui->state[VIEW_RAW];
	char name[NAME_BYTES];

	if (ui->operator!= NULL && strcmp(ui->operator->operator, number->operator) != 0)
		return false;
	if (state->only_active && !(number->value > 0 || number->value < 0))
		return false;
	name_number(number, name);
	return ui_matches(state->filter.text, name);
}

/* Without memory those before stay, as many as there still are. */
static void choose_numbers(struct ui *ui)
{
	struct ui_numbers *chosen = &ui->numbers;
	size_t count = has_pages(ui) ? 0 : model_numbers(ui->model);

	if (count > chosen->size) {
		size_t *at = reallocarray(chosen->at, count, sizeof(*at));

		if (at == NULL)
			return;
		chosen->at = at;
		chosen->size = count;
	}
	chosen->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct model_number number = model_number(ui->model, i);

		if (is_wanted(ui, &number))
			chosen->at[chosen->count++] = i;
	}
}

static void update(struct ui *ui)
{
	const struct view_state *state = ui_state(ui);
	const struct raw_choice choice = {
		.instance = ui->operator!= NULL ? ui->operator->operator: NULL,
		.filter = state->filter.text,
		.only_active = state->only_active,
		.order = state->table[0].sort == NAME && !state->table[0].descending
				 ? RAW_AS_ON_PAGE
				 : (enum raw_order)columns[state->table[0].sort].field,
		.descending = state->table[0].descending, };

	/* without memory the choice before stays, which is as true as it was */
	bool is_new = raw_choose(ui->raw, &choice);
	(void)is_new;
	choose_numbers(ui);
}

static void draw_past(const struct raw_series *s, struct canvas *c, int y, int x)
{
	double values[RAW_PAST];
	size_t count = s->past_count < RAW_PAST ? s->past_count : RAW_PAST;

	for (size_t i = 0; i < count; i++)
		values[i] = (double)s->past[(s->past_count - count + i) % RAW_PAST];
	canvas_spark(c, y, x, STYLE_BAR, values, count, fmin(s->min, 0), s->max);
}

static void draw_selected(
	const struct ui *ui, struct canvas *c, const struct raw_series *s)
{
	char low[FMT_SIZE], high[FMT_SIZE];
	bool is_rate = raw_is_counting(s);

	canvas_rule(c, 0, s->instance);
	int y = canvas_wrap(c, 1, 2, STYLE_TITLE, str_of(s->series));
	canvas_putf(c, y, 0, STYLE_DIM, "%s  ", expo_type_name(s->type, EXPO_TEXT));
	y = canvas_wrap(
		c, y + (s->help[0] != '\0' ? 1 : 0), 2, STYLE_PLAIN, str_of(s->help));
	int x = canvas_putf(c, y + (s->help[0] != '\0' ? 0 : 1), 0, STYLE_PLAIN,
		"min %s max %s%s   ", put_value(ui, s, s->min, is_rate, low),
		put_value(ui, s, s->max, is_rate, high), is_rate ? " a second" : "");
	draw_past(s, c, y + (s->help[0] != '\0' ? 0 : 1), x);
}

static void draw(struct ui *ui, struct canvas *c, struct rect body)
{
	struct table t = table(ui);
	struct table_state *state = &ui_state(ui)->table[0];
	struct layout_part parts[] = {{3, 1000, 0}, {5, 6, 1}};
	struct rect areas[2];

	layout_rows(body, 0, parts, 2, areas);
	table_draw(&t, state, c, areas[0], true);
	canvas_into(c, areas[0]);
	if (t.row_count == 0)
		canvas_puts(c, 1, 2, STYLE_DIM, "no series");
	canvas_into(c, areas[1]);
	if (areas[1].rows > 0 && has_pages(ui) && state->cursor < t.row_count)
		draw_selected(ui, c, raw_at(ui->raw, state->cursor));
}

static bool act(struct ui *ui, enum action a)
{
	if (a == ACTION_BASELINE)
		raw_reset(ui->raw);
	return false;
}

static void status(struct ui *ui, struct buf *out)
{
	struct table t = table(ui);

	if (has_pages(ui))
		buf_addf(out, "%zu series  %s", raw_count(ui->raw),
			ui_state(ui)->only_active ? "active only  " : "");
	if (raw_left_out(ui->raw) > 0)
		buf_addf(out, "%zu more left out  ", raw_left_out(ui->raw));
	table_position(&t, &ui_state(ui)->table[0], out);
}

static void row_text(struct ui *ui, size_t row, struct buf *out)
{
	char text[FMT_SIZE], name[NAME_BYTES];

	if (has_pages(ui) && row < raw_chosen(ui->raw)) {
		buf_addf(out, "%s %s", raw_at(ui->raw, row)->series,
			fmt_exact(text, raw_at(ui->raw, row)->value, 24));
	} else if (!has_pages(ui) && row < ui->numbers.count) {
		struct model_number number = model_number(ui->model, ui->numbers.at[row]);

		name_number(&number, name);
		buf_addf(out, "%s %s", name, fmt_exact(text, number.value, 24));
	}
}

const struct view view_raw = {
	.word = "raw",
	.title = "raw series",
	.hints = "active filter sort-right/sort exact baseline/reset copy help q/close "
		 "operators controllers api runtime events save prompt/command",
	.update = update,
	.draw = draw,
	.act = act,
	.status = status,
	.table = table,
	.row_text = row_text,
};
