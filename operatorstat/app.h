/* The terminal tool as a machine: keys and data in, a canvas and wishes out. app_step()
 * does one turn, so that a test drives it as the terminal does; app_run() is the loop
 * around it. */
#ifndef OPERATORSTAT_APP_H
#define OPERATORSTAT_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/str.h"
#include "operatorstat/canvas.h"
#include "operatorstat/findings.h"
#include "operatorstat/model.h"
#include "operatorstat/source.h"
#include "operatorstat/terminal.h"

struct app;

/* What only the terminal can do. */
enum app_wish {
	APP_WISH_NONE,
	APP_WISH_REDRAW,
	APP_WISH_SUSPEND,
	APP_WISH_COPY, /* app_copied() */
	APP_WISH_QUIT,
};

/* All are borrowed and must outlive the app. NULL: no memory. */
struct app *app_new(struct model *model, const struct source *source,
	struct findings *findings, int rows, int cols, enum glyphs glyphs) MUST_CHECK;

/* One of the options that the configuration file, the command line and `:set` share (see
 * app_option()). False: there is none of that name (ERR_NOT_FOUND), or not that value. */
bool app_set(struct app *a, struct str name, struct str value, struct err *e) MUST_CHECK;

/* Where `:save-options` writes to unless it is told: borrowed. */
void app_keep_options_in(struct app *a, const char *path);

/* Writes the options as they are now into a configuration file, whose other lines stay.
 */
bool app_save_options(struct app *a, const char *path, struct err *e) MUST_CHECK;

struct app_option {
	const char *name;
	const char *argument;
	const char *help;
};

/* The i-th of them (top.def); its name is NULL behind the last. */
const struct app_option *app_option(size_t i);

/* Pauses at a time: 14:25, 14:25:30, or -5m before the newest data. False: it is none. */
bool app_go_to(struct app *a, const char *time, struct err *e) MUST_CHECK;

/* One turn: takes what the source has, then the key (INPUT_NONE: none), then draws, if
 * there is anything new to see. */
enum app_wish app_step(struct app *a, struct terminal_event event);

/* Another size, from the next turn on. False: no memory; the old one stays. */
bool app_resize(struct app *a, int rows, int cols) MUST_CHECK;

/* What the last turn drew; and where the cursor is: y < 0, not shown. */
struct canvas *app_canvas(struct app *a);
void app_cursor(const struct app *a, int *y, int *x);

/* Text for the clipboard. Holds until the next turn. */
struct str app_copied(const struct app *a);

/* Milliseconds until a turn is due without a key or data: the clock in the first line. */
int app_wait_ms(const struct app *a);

/* Runs on the terminal, which is open, until the user quits or a signal ends it; returns
 * that signal, or 0. */
int app_run(struct app *a);

/* a may be NULL. */
void app_free(struct app *a);

#endif
