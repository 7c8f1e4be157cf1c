/* What the files of the app share: app.c (the machine: keys, data, time), app_options.c,
 * app_command.c (what is typed behind `:`) and app_frame.c (the lines around a screen).
 * Nobody else includes this. */
#ifndef OPERATORSTAT_APP_INSIDE_H
#define OPERATORSTAT_APP_INSIDE_H

#include "operatorstat/app.h"
#include "operatorstat/view.h"

/* Screens that Esc can go back through. */
#define APP_BACK_MOST 8

/* Bytes of what is copied or saved. */
#define APP_TEXT_BYTES ((size_t)1 << 20)

enum prompt { PROMPT_NONE, PROMPT_COMMAND, PROMPT_FILTER, PROMPT_SEARCH, PROMPT_TIME };

struct app {
	struct ui ui;
	struct canvas *canvas;    /* owned */
	const char *options_path; /* borrowed; NULL: none */
	enum view_id back[APP_BACK_MOST];
	size_t back_count;
	enum prompt prompt;
	struct line line;       /* what is typed */
	struct line unfiltered; /* the filter to go back to */
	char search[LINE_SIZE];
	char message[LINE_SIZE];
	int64_t message_ms; /* when it was said; 0: none */
	uint64_t judged;    /* version of the model that findings know */
	int64_t judged_at_ms, judged_window_ms;
	enum app_wish wish;
	int64_t drawn_ms; /* what the clock said then; below 0: draw anew */
	bool is_drawn;    /* by the last turn */
	struct buf copied;
	int cursor_y, cursor_x;
};

/* A message in place of the last line but the hints, for some seconds. */
void app_say(struct app *a, const char *format, ...) PRINTF_LIKE(2, 3);

const struct view *app_view(const struct app *a);

/* Shows a screen; Esc goes back to the one before. */
void app_show(struct app *a, enum view_id id);

/* As its key does. */
void app_act(struct app *a, enum action action);

void app_sort_by(struct app *a, enum model_field field);

/* Runs the line that was typed behind `:`. */
void app_command(struct app *a, struct str line);

/* Completes the last word of the line that is typed, as far as all candidates agree. */
void app_complete(struct app *a);

/* Writes what is on the screen to path, or to NAME.txt and all that is known as JSON to
 * NAME.json, and a message that says so. Files that are there stay. */
void app_save(struct app *a, const char *path);
void app_save_both(struct app *a, const char *name);

/* Draws the whole canvas. */
void app_draw(struct app *a);

#endif
