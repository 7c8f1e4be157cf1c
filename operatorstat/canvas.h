/* A grid of cells to draw on, whatever shows it afterwards. Nothing drawn can leave its
 * place: everything is clipped to a pane, control bytes and bytes that are no UTF-8
 * become
 * `?`, and a wide character that would be cut becomes a blank. */
#ifndef OPERATORSTAT_CANVAS_H
#define OPERATORSTAT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/str.h"
#include "operatorstat/layout.h"

/* What the terminal can show. */
enum glyphs {
	GLYPHS_ASCII,   /* and nothing else: other characters become `?` */
	GLYPHS_HALF,    /* UTF-8 with lines, whole and half blocks: the Linux console */
	GLYPHS_UNICODE, /* eighth blocks too */
};

/* What a cell means; how that looks is the terminal's business. */
enum style {
	STYLE_PLAIN,
	STYLE_DIM,     /* of less interest */
	STYLE_TITLE,   /* what this is about */
	STYLE_HEADING, /* of columns; a bar over the whole width */
	STYLE_GOOD,
	STYLE_WARNING,
	STYLE_FAILURE,
	STYLE_BAR, /* of charts */
	STYLE_KEY, /* a key to press */
	STYLES,
};

/* Flags on top of a style. */
#define STYLE_CURSOR 0x10u /* the selected row */
#define STYLE_STALE  0x20u /* was true once: shown dimmed, whatever its style */

struct canvas;

/* rows x columns of blanks; 0 is allowed. NULL: no memory. */
struct canvas *canvas_new(int rows, int cols, enum glyphs glyphs) MUST_CHECK;

/* Another size, all blank. False: no memory; the canvas is as it was. */
bool canvas_resize(struct canvas *c, int rows, int cols) MUST_CHECK;

int canvas_rows(const struct canvas *c);
int canvas_cols(const struct canvas *c);
enum glyphs canvas_glyphs(const struct canvas *c);

/* For those who listen: charts, bars, heat maps and lines are left out, only words and
 * numbers stand there. */
void canvas_set_plain(struct canvas *c, bool is_plain);
bool canvas_is_plain(const struct canvas *c);

/* All blank, and the pane is the whole again. */
void canvas_clear(struct canvas *c);

/* From now on coordinates count from the corner of `pane` (given in coordinates of the
 * whole canvas) and nothing outside it is changed. */
void canvas_into(struct canvas *c, struct rect pane);

/* The pane that is set, in coordinates of the whole. */
struct rect canvas_pane(const struct canvas *c);

/* The following draw into the pane. y and x may lie outside it. */

/* Puts text and returns the column behind it, which may lie outside the pane. */
int canvas_put(struct canvas *c, int y, int x, unsigned int style, struct str text);
int canvas_puts(struct canvas *c, int y, int x, unsigned int style, const char *text);
int canvas_putf(struct canvas *c, int y, int x, unsigned int style, const char *format,
	...) PRINTF_LIKE(5, 6);

/* Puts text if all of it fits into the pane, else nothing: half a number is a wrong one.
 * Returns the column behind it. */
int canvas_piece(struct canvas *c, int y, int x, unsigned int style, const char *format,
	...) PRINTF_LIKE(5, 6);

/* Puts text so that it ends before column `end`; where it begins left of the pane a `~`
 * says so. */
void canvas_right(struct canvas *c, int y, int end, unsigned int style, const char *text);

/* Puts text into at most `cols` columns; what is cut ends in `~`. Returns the column
 * behind the field: x + cols. */
int canvas_field(
	struct canvas *c, int y, int x, int cols, unsigned int style, struct str text);

/* The same, but what is cut is the beginning: paths tell more at their end. */
int canvas_tail(
	struct canvas *c, int y, int x, int cols, unsigned int style, struct str text);

/* Puts text over several rows of the pane from y on, broken between words; returns the
 * row behind it. Continued rows begin at column `indent`; what the last row of the pane
 * cuts ends in `~`. */
int canvas_wrap(struct canvas *c, int y, int indent, unsigned int style, struct str text);

/* Blanks over `area` (in the pane's coordinates). */
void canvas_fill(struct canvas *c, struct rect area, unsigned int style);

/* Adds flags to the cells of `area`. */
void canvas_flag(struct canvas *c, struct rect area, unsigned int flags);

/* A horizontal bar of cols columns of which `part` (0..1) is full; a part above 0 is
 * never invisible. */
void canvas_bar(
	struct canvas *c, int y, int x, int cols, unsigned int style, double part);

/* One column a value, as high as it is between low and high; 0 is `.`, NaN a blank. */
void canvas_spark(struct canvas *c, int y, int x, unsigned int style,
	const double *values, size_t count, double low, double high);

/* One cell of a heat map: five shades for 0 < share <= 1; NaN or 0 is a blank. */
void canvas_shade(struct canvas *c, int y, int x, unsigned int style, double share);

/* A vertical line between panels; a horizontal rule with a title in it. */
void canvas_vline(struct canvas *c, int y, int x, int rows);
void canvas_rule(struct canvas *c, int y, const char *title);

/* Columns that text takes on this canvas. */
int canvas_width(const struct canvas *c, struct str text);

/* What stands there: appends the rows, blanks at their ends cut, each with a newline. */
void canvas_text(const struct canvas *c, struct buf *out);

/* The same of what it means: a letter a cell: `.` plain, `d` dim, `t` title, `h` heading,
 * `g` good, `w` warning, `f` failure, `b` bar, `k` key; upper case on the cursor's row,
 * `-` where stale. */
void canvas_styles(const struct canvas *c, struct buf *out);

/* For the terminal: the run of cells in row y from *x on that have one style; *x becomes
 * the column behind it. The bytes hold until the next call. False: the row ends there. */
bool canvas_run(struct canvas *c, int y, int *x, unsigned int *style, struct str *text);

/* c may be NULL. */
void canvas_free(struct canvas *c);

#endif
