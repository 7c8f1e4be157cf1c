#include "operatorstat/canvas.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* A character with its combining marks; longer ones are cut, as no name is spelled so. */
#define CELL_BYTES 14

/* Text that canvas_putf() makes; longer than any screen is wide. */
#define LINE_BYTES 2048

struct cell {
	char bytes[CELL_BYTES];
	uint8_t len;   /* 0: covered by the wide character before it */
	uint8_t style; /* enum style and flags */
};

struct canvas {
	int rows, cols;
	enum glyphs glyphs;
	bool is_plain;
	struct rect pane;
	struct cell *cells; /* owned; rows * cols */
	char *run;          /* owned; the bytes of one row */
};

static bool take_memory(struct canvas *c, int rows, int cols)
{
	size_t count = (size_t)rows * (size_t)cols;
	struct cell *cells = calloc(count + 1, sizeof(*cells));
	char *run = malloc((size_t)cols * CELL_BYTES + 1);

	if (cells == NULL || run == NULL) {
		free(cells);
		free(run);
		return false;
	}
	free(c->cells);
	free(c->run);
	c->cells = cells;
	c->run = run;
	c->rows = rows;
	c->cols = cols;
	canvas_clear(c);
	return true;
}

struct canvas *canvas_new(int rows, int cols, enum glyphs glyphs)
{
	struct canvas *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->glyphs = glyphs;
	if (!take_memory(c, rows, cols)) {
		free(c);
		return NULL;
	}
	return c;
}

bool canvas_resize(struct canvas *c, int rows, int cols)
{
	return take_memory(c, rows, cols);
}

int canvas_rows(const struct canvas *c)
{
	return c->rows;
}

int canvas_cols(const struct canvas *c)
{
	return c->cols;
}

void canvas_set_plain(struct canvas *c, bool is_plain)
{
	c->is_plain = is_plain;
}

bool canvas_is_plain(const struct canvas *c)
{
	return c->is_plain;
}

enum glyphs canvas_glyphs(const struct canvas *c)
{
	return c->glyphs;
}

static void blank(struct cell *cell, unsigned int style)
{
	cell->bytes[0] = ' ';
	cell->len = 1;
	cell->style = (uint8_t)style;
}

void canvas_clear(struct canvas *c)
{
	for (size_t i = 0; i < (size_t)c->rows * (size_t)c->cols; i++)
		blank(&c->cells[i], STYLE_PLAIN);
	c->pane = (struct rect){0, 0, c->rows, c->cols};
}

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

void canvas_into(struct canvas *c, struct rect pane)
{
	int y = clamp(pane.y, 0, c->rows), x = clamp(pane.x, 0, c->cols);

	c->pane = (struct rect){
		y, x, clamp(pane.rows, 0, c->rows - y), clamp(pane.cols, 0, c->cols - x)};
}

struct rect canvas_pane(const struct canvas *c)
{
	return c->pane;
}

static struct cell *row_of(const struct canvas *c, int y)
{
	return c->cells + (size_t)y * (size_t)c->cols;
}

/* The cell of the pane, or NULL outside it. */
static struct cell *cell_at(const struct canvas *c, int y, int x)
{
	if (y < 0 || x < 0 || y >= c->pane.rows || x >= c->pane.cols)
		return NULL;
	return row_of(c, c->pane.y + y) + c->pane.x + x;
}

/* Blanks the rest of a wide character of which one half is about to be overwritten. */
static void unhalve(const struct canvas *c, int y, int x)
{
	struct cell *row = row_of(c, c->pane.y + y);
	int at = c->pane.x + x;

	if (row[at].len == 0 && at > 0)
		blank(&row[at - 1], row[at - 1].style);
	if (at + 1 < c->cols && row[at + 1].len == 0)
		blank(&row[at + 1], row[at + 1].style);
}

/* One character of len bytes and `width` columns. A neighbour pane is never touched: a
 * wide character that does not fit is a blank. */
static void set_cell(struct canvas *c, int y, int x, unsigned int style,
	const char *bytes, size_t len, int width)
{
	struct cell *cell = cell_at(c, y, x);
	struct cell *second = width == 2 ? cell_at(c, y, x + 1) : NULL;

	if (cell == NULL) {
		if (second != NULL) {
			unhalve(c, y, x + 1);
			blank(second, style);
		}
		return;
	}
	unhalve(c, y, x);
	blank(cell, style);
	if (width == 2 && second == NULL)
		return;
	if (second != NULL) {
		unhalve(c, y, x + 1);
		blank(second, style);
		second->len = 0;
	}
	memcpy(cell->bytes, bytes, len);
	cell->len = (uint8_t)len;
}

/* A mark that joins the character before it. */
static void join_cell(struct canvas *c, int y, int x, const char *bytes, size_t len)
{
	struct cell *cell = cell_at(c, y, x - 1);

	if (cell != NULL && cell->len == 0)
		cell = cell_at(c, y, x - 2);
	if (cell == NULL || cell->len == 0 || cell->len + len > CELL_BYTES)
		return;
	memcpy(cell->bytes + cell->len, bytes, len);
	cell->len = (uint8_t)(cell->len + len);
}

/* The character that text begins with: its bytes, 0 if they are no UTF-8. */
static size_t decode(struct str text, uint32_t *code)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)text.at[0];
	size_t len = first < 0x80             ? 1
		     : (first & 0xe0) == 0xc0 ? 2
		     : (first & 0xf0) == 0xe0 ? 3
		     : (first & 0xf8) == 0xf0 ? 4
					      : 0;

	if (len == 0 || len > text.len)
		return 0;
	*code = len == 1 ? first : first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)text.at[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (next & 0x3f);
	}
	if (*code < lowest[len] || *code > 0x10ffff ||
		(*code >= 0xd800 && *code < 0xe000))
		return 0;
	return len;
}

struct glyph {
	const char *bytes;
	size_t len;   /* to show */
	size_t taken; /* of the text */
	int width;    /* columns; 0: joins the one before it */
};

/* What stands for the character that text begins with: `?` for one that cannot be shown
 * or would do something (control bytes; the marks that turn the direction of writing). */
static struct glyph next_glyph(const struct canvas *c, struct str text)
{
	uint32_t code = 0;
	size_t len = decode(text, &code);
	struct glyph unknown = {"?", 1, len == 0 ? 1 : len, 1};

	if (len == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
		return unknown;
	if (code < 0x7f)
		return (struct glyph){text.at, 1, 1, 1};
	if (c->glyphs == GLYPHS_ASCII || (code >= 0x200b && code <= 0x200f) ||
		(code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f))
		return unknown;
	int width = wcwidth((wchar_t)code);
	if (width < 0)
		return unknown;
	return (struct glyph){text.at, len, len, width};
}

static struct str behind(struct str text, size_t bytes)
{
	return (struct str){text.at + bytes, text.len - bytes};
}

int canvas_put(struct canvas *c, int y, int x, unsigned int style, struct str text)
{
	int begin = x;

	while (text.len > 0) {
		struct glyph g = next_glyph(c, text);

		if (g.width > 0)
			set_cell(c, y, x, style, g.bytes, g.len, g.width);
		else if (x > begin)
			join_cell(c, y, x, g.bytes, g.len);
		x += g.width;
		text = behind(text, g.taken);
	}
	return x;
}

int canvas_puts(struct canvas *c, int y, int x, unsigned int style, const char *text)
{
	return canvas_put(c, y, x, style, str_of(text));
}

int canvas_putf(
	struct canvas *c, int y, int x, unsigned int style, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return canvas_puts(c, y, x, style, line);
}

int canvas_width(const struct canvas *c, struct str text)
{
	int width = 0;

	while (text.len > 0) {
		struct glyph g = next_glyph(c, text);

		width += g.width;
		text = behind(text, g.taken);
	}
	return width;
}

int canvas_piece(
	struct canvas *c, int y, int x, unsigned int style, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	struct str text = str_trim(str_of(line));
	if (x + canvas_width(c, text) > c->pane.cols)
		return x;
	return canvas_puts(c, y, x, style, line);
}

void canvas_right(struct canvas *c, int y, int end, unsigned int style, const char *text)
{
	int x = end - canvas_width(c, str_of(text));

	canvas_puts(c, y, x, style, text);
	if (x < 0)
		canvas_puts(c, y, 0, style, "~");
}

/* As much of text as cols columns hold. */
static struct str cut_to(const struct canvas *c, struct str text, int cols)
{
	struct str rest = text;

	while (rest.len > 0) {
		struct glyph g = next_glyph(c, rest);

		cols -= g.width;
		if (cols < 0)
			break;
		rest = behind(rest, g.taken);
	}
	return (struct str){text.at, text.len - rest.len};
}

int canvas_field(
	struct canvas *c, int y, int x, int cols, unsigned int style, struct str text)
{
	if (cols <= 0)
		return x;
	if (canvas_width(c, text) <= cols) {
		canvas_put(c, y, x, style, text);
	} else {
		int end = canvas_put(c, y, x, style, cut_to(c, text, cols - 1));

		canvas_puts(c, y, end, style, "~");
	}
	return x + cols;
}

int canvas_tail(
	struct canvas *c, int y, int x, int cols, unsigned int style, struct str text)
{
	int width = canvas_width(c, text), begin = x;

	if (cols <= 0)
		return x;
	if (width > cols)
		begin = canvas_puts(c, y, x, style, "~");
	while (width > cols - (begin - x)) {
		struct glyph g = next_glyph(c, text);

		width -= g.width;
		text = behind(text, g.taken);
	}
	canvas_put(c, y, begin, style, text);
	return x + cols;
}

/* The part of text that one row of cols columns takes; at least one character. */
static struct str row_from(const struct canvas *c, struct str text, int cols)
{
	struct str row = cut_to(c, text, cols);
	size_t space = row.len;

	if (row.len == text.len)
		return row;
	if (row.len == 0)
		return (struct str){text.at, next_glyph(c, text).taken};
	while (space > 0 && text.at[space] != ' ')
		space--;
	if (space > 0)
		row.len = space;
	return row;
}

int canvas_wrap(struct canvas *c, int y, int indent, unsigned int style, struct str text)
{
	int x = 0;

	while (text.len > 0 && y < c->pane.rows && c->pane.cols > x) {
		struct str row = row_from(c, text, c->pane.cols - x);

		if (y == c->pane.rows - 1)
			row = text;
		canvas_field(c, y++, x, c->pane.cols - x, style, row);
		text = str_trim(behind(text, row.len));
		x = indent;
	}
	return y;
}

void canvas_fill(struct canvas *c, struct rect area, unsigned int style)
{
	for (int y = area.y; y < area.y + area.rows; y++)
		for (int x = area.x; x < area.x + area.cols; x++)
			set_cell(c, y, x, style, " ", 1, 1);
}

void canvas_flag(struct canvas *c, struct rect area, unsigned int flags)
{
	for (int y = area.y; y < area.y + area.rows; y++)
		for (int x = area.x; x < area.x + area.cols; x++) {
			struct cell *cell = cell_at(c, y, x);

			if (cell != NULL)
				cell->style = (uint8_t)(cell->style | flags);
		}
}

/* Steps of a cell that fills from the left, and of one that fills from below; the first
 * stands for the least that is more than nothing. */
static const char *const bar_steps[][8] = {
	[GLYPHS_ASCII] = {"#", "#", "#", "#", "#", "#", "#", "#"},
	[GLYPHS_HALF] = {"▌", "▌", "▌", "▌", "█", "█", "█", "█"},
	[GLYPHS_UNICODE] = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
};
static const char *const spark_steps[][8] = {
	[GLYPHS_ASCII] = {"_", "-", "=", "+", "*", "#", "%", "@"},
	[GLYPHS_HALF] = {"_", "_", "▄", "▄", "▄", "█", "█", "█"},
	[GLYPHS_UNICODE] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
};

void canvas_bar(struct canvas *c, int y, int x, int cols, unsigned int style, double part)
{
	int eighths = (int)lround(fmin(fmax(part, 0), 1) * cols * 8);

	if (c->is_plain)
		return;
	if (eighths == 0 && part > 0)
		eighths = 1;
	/* a character that cannot be divided is there when more than half of it would be
	 */
	if (c->glyphs == GLYPHS_ASCII && eighths > 8)
		eighths = (eighths + 4) / 8 * 8;
	for (int i = 0; i < cols && eighths > 0; i++, eighths -= 8)
		canvas_puts(c, y, x + i, style,
			bar_steps[c->glyphs][clamp(eighths, 1, 8) - 1]);
}

static const char *spark_of(enum glyphs glyphs, double value, double low, double high)
{
	if (isnan(value))
		return " ";
	if (!(value > low) || !(high > low))
		return value > 0 || value < 0 ? spark_steps[glyphs][0] : ".";
	int step = (int)floor((value - low) / (high - low) * 8);
	return spark_steps[glyphs][clamp(step, 0, 7)];
}

void canvas_spark(struct canvas *c, int y, int x, unsigned int style,
	const double *values, size_t count, double low, double high)
{
	for (size_t i = 0; i < count && !c->is_plain; i++)
		canvas_puts(c, y, x + (int)i, style,
			spark_of(c->glyphs, values[i], low, high));
}

void canvas_shade(struct canvas *c, int y, int x, unsigned int style, double share)
{
	static const char *const shades[][5] = {
		[GLYPHS_ASCII] = {".", ":", "*", "#", "@"},
		[GLYPHS_HALF] = {".", "░", "▒", "▓", "█"},
		[GLYPHS_UNICODE] = {"·", "░", "▒", "▓", "█"},
	};

	if (!(share > 0) || c->is_plain)
		return;
	canvas_puts(c, y, x, style, shades[c->glyphs][clamp((int)(share * 5), 0, 4)]);
}

void canvas_vline(struct canvas *c, int y, int x, int rows)
{
	for (int i = 0; i < rows && !c->is_plain; i++)
		canvas_puts(
			c, y + i, x, STYLE_DIM, c->glyphs == GLYPHS_ASCII ? "|" : "│");
}

void canvas_rule(struct canvas *c, int y, const char *title)
{
	const char *dash = c->glyphs == GLYPHS_ASCII ? "-" : "─";

	for (int x = 0; x < c->pane.cols && !c->is_plain; x++)
		canvas_puts(c, y, x, STYLE_DIM, dash);
	struct str text = str_trim(str_of(title));
	if (text.len == 0)
		return;
	int width = canvas_width(c, text), most = c->pane.cols - 4;
	canvas_puts(c, y, 2, STYLE_TITLE, " ");
	int end = canvas_field(c, y, 3, width < most ? width : most, STYLE_TITLE, text);
	canvas_puts(c, y, end, STYLE_TITLE, " ");
}

void canvas_text(const struct canvas *c, struct buf *out)
{
	for (int y = 0; y < c->rows; y++) {
		const struct cell *row = row_of(c, y);
		int end = c->cols;

		while (end > 0 && row[end - 1].len == 1 && row[end - 1].bytes[0] == ' ')
			end--;
		for (int x = 0; x < end; x++)
			buf_add(out, (struct str){row[x].bytes, row[x].len});
		buf_addc(out, '\n');
	}
}

static char letter_of(unsigned int style)
{
	static const char plain[STYLES] = {'.', 'd', 't', 'h', 'g', 'w', 'f', 'b', 'k'};
	static const char cursor[STYLES] = {':', 'D', 'T', 'H', 'G', 'W', 'F', 'B', 'K'};

	if ((style & STYLE_STALE) != 0)
		return '-';
	return (style & STYLE_CURSOR) != 0 ? cursor[style & 0xfu] : plain[style & 0xfu];
}

void canvas_styles(const struct canvas *c, struct buf *out)
{
	for (int y = 0; y < c->rows; y++) {
		const struct cell *row = row_of(c, y);

		for (int x = 0; x < c->cols; x++)
			buf_addc(out, letter_of(row[x].style));
		buf_addc(out, '\n');
	}
}

bool canvas_run(struct canvas *c, int y, int *x, unsigned int *style, struct str *text)
{
	const struct cell *row = row_of(c, y);
	size_t len = 0;

	if (*x >= c->cols)
		return false;
	*style = row[*x].style;
	for (; *x < c->cols && row[*x].style == *style; ++*x) {
		memcpy(c->run + len, row[*x].bytes, row[*x].len);
		len += row[*x].len;
	}
	*text = (struct str){c->run, len};
	return true;
}

void canvas_free(struct canvas *c)
{
	if (c == NULL)
		return;
	free(c->cells);
	free(c->run);
	free(c);
}
