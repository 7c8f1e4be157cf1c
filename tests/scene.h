/* The terminal tool without a terminal: an operator, a clock that stands still, keys in,
 * text out. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include <stdint.h>

#include "operatorstat/app.h"

#define SCENE_TEXT_BYTES ((size_t)1 << 20)

struct scene {
	struct model *model;
	struct findings *findings;
	struct settings *settings;
	struct source *source; /* owned; the app keeps its address */
	int64_t *now_ms;       /* of the demo; may be moved between two keys */
	struct app *app;
};

/* The demo after ten minutes, in UTC and UTF-8; always the same. */
struct scene scene_demo(int rows, int cols, enum glyphs glyphs);

/* A recording, played to its end. */
struct scene scene_recording(const char *folder, int rows, int cols, enum glyphs glyphs);

/* The same data anew on another canvas, as if the tool had just been started. */
void scene_reopen(struct scene *scene, int rows, int cols, enum glyphs glyphs);

/* Presses keys by their names, parted by blanks. */
void scene_press(struct scene *scene, const char *keys);
enum app_wish scene_key(struct scene *scene, int key, int y, int x);

/* The canvas: text, and below it what it means (canvas_styles()). For free(). */
char *scene_text(struct scene *scene);

void scene_end(struct scene *scene);

#endif
