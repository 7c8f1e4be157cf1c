/* The terminal: shows a canvas, reads keys, and is given back as it was on every way out.
 */
#ifndef OPERATORSTAT_TERMINAL_H
#define OPERATORSTAT_TERMINAL_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "operatorstat/canvas.h"

enum terminal_color {
	TERMINAL_COLOR_AUTO, /* unless NO_COLOR is set and not empty */
	TERMINAL_COLOR_ALWAYS,
	TERMINAL_COLOR_NEVER,
};

struct terminal_options {
	enum terminal_color color;
	bool with_mouse;
	bool has_glyphs; /* else from locale and TERM */
	enum glyphs glyphs;
};

struct terminal_event {
	int key;  /* input.h; INPUT_NONE: nothing came; INPUT_OTHER: look at the size */
	int y, x; /* of the mouse */
};

/* Takes the terminal (standard output; keys from standard input, or from /dev/tty if that
 * is none). The locale's LC_CTYPE must be set. False, with what to do instead: no
 * terminal, TERM unknown or not set, or one that cannot place the cursor. From then on
 * HUP, INT, QUIT and TERM are noted for terminal_signal(), and ABRT, BUS, FPE, ILL and
 * SEGV give the terminal back before they kill. One at a time. */
bool terminal_open(const struct terminal_options *options, struct err *e) MUST_CHECK;

enum glyphs terminal_glyphs(void);
void terminal_size(int *rows, int *cols);

/* Where keys come from, to poll() on. */
int terminal_fd(void);

/* Writes what changed since the last time; with `whole` all of it. The cursor is shown at
 * y, x unless y < 0. */
void terminal_show(struct canvas *c, bool whole, int y, int x);

/* The next key that has come; does not wait. */
struct terminal_event terminal_key(void);

/* The signal that ends the program, 0: none came. */
int terminal_signal(void);

/* Gives the terminal back, stops the process, and takes it again when it goes on. */
void terminal_suspend(void);

/* Puts text into the clipboard of whoever sits at the terminal (OSC 52). */
void terminal_copy(struct str text);

/* "ncurses 6.4.20221231" */
const char *terminal_library(void);

/* Gives the terminal back. Twice, or without terminal_open(), does nothing. */
void terminal_close(void);

#endif
