#include "tests/scene.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/settings.h"
#include "operatorstat/input.h"
#include "tests/suite.h"

/* Of the demo: when somebody begins to look, and for how long; ten minutes have been. */
#define SCENE_BEGIN_MS INT64_C(1700000000000)
#define SCENE_SECONDS  20

/* Time stands still between two turns; ctx is what it says. */
static int64_t now_ms(void *ctx)
{
	const int64_t *now = ctx;

	return *now;
}

static int64_t monotonic_us(void *ctx)
{
	return now_ms(ctx) * 1000;
}

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static const struct log silence = {NULL, say_nothing};

static struct scene start(void)
{
	struct scene scene = {.model = model_new(MODEL_BYTES),
		.source = calloc(1, sizeof(*scene.source)),
		.findings = findings_new()};

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	setenv("TZ", "UTC", 1);
	tzset();
	ck_assert_ptr_nonnull(scene.model);
	ck_assert_ptr_nonnull(scene.source);
	ck_assert_ptr_nonnull(scene.findings);
	scene.settings = settings_new(SETTINGS_ARGV, &silence);
	ck_assert_ptr_nonnull(scene.settings);
	ck_assert(settings_check(scene.settings, 1));
	return scene;
}

static void open_app(struct scene *scene, int rows, int cols, enum glyphs glyphs)
{
	scene->app =
		app_new(scene->model, scene->source, scene->findings, rows, cols, glyphs);
	ck_assert_ptr_nonnull(scene->app);
}

struct scene scene_demo(int rows, int cols, enum glyphs glyphs)
{
	struct scene scene = start();
	struct err e;

	scene.now_ms = malloc(sizeof(*scene.now_ms));
	ck_assert_ptr_nonnull(scene.now_ms);
	*scene.now_ms = SCENE_BEGIN_MS;
	struct clock clock = {scene.now_ms, now_ms, monotonic_us};
	ck_assert_msg(source_demo_open(scene.source, 1, settings_defaults(scene.settings),
			      clock, &e),
		"%s", e.text);
	open_app(&scene, rows, cols, glyphs);
	for (int i = 0; i < SCENE_SECONDS; i++) {
		scene_key(&scene, INPUT_NONE, 0, 0);
		*scene.now_ms += 1000;
	}
	scene_key(&scene, INPUT_NONE, 0, 0);
	return scene;
}

struct scene scene_recording(const char *folder, int rows, int cols, enum glyphs glyphs)
{
	struct scene scene = start();
	struct source_state state = {.condition = SOURCE_CONNECTING};
	const struct source_pages_options options = {
		.endpoint = settings_defaults(scene.settings),
		.clock = clock_system(),
	};
	struct err e;

	ck_assert_msg(
		source_pages_open(scene.source, folder, &options, &e), "%s", e.text);
	open_app(&scene, rows, cols, glyphs);
	while (state.condition != SOURCE_ENDED) {
		scene_key(&scene, INPUT_NONE, 0, 0);
		scene.source->state(scene.source->ctx, &state);
	}
	return scene;
}

void scene_reopen(struct scene *scene, int rows, int cols, enum glyphs glyphs)
{
	app_free(scene->app);
	open_app(scene, rows, cols, glyphs);
	scene_key(scene, INPUT_NONE, 0, 0);
}

enum app_wish scene_key(struct scene *scene, int key, int y, int x)
{
	return app_step(scene->app, (struct terminal_event){key, y, x});
}

void scene_press(struct scene *scene, const char *keys)
{
	struct str list = str_of(keys), name;

	while (input_next_name(&list, &name)) {
		int key = input_key_named(name);

		ck_assert_msg(key != INPUT_NONE, "no key `%.*s`", STR_ARG(name));
		scene_key(scene, key, 0, 0);
	}
}

char *scene_text(struct scene *scene)
{
	struct buf out;

	buf_init(&out, SCENE_TEXT_BYTES);
	canvas_text(app_canvas(scene->app), &out);
	canvas_styles(app_canvas(scene->app), &out);
	char *text = buf_take(&out);
	ck_assert_ptr_nonnull(text);
	return text;
}

void scene_end(struct scene *scene)
{
	app_free(scene->app);
	scene->source->close(scene->source->ctx);
	free(scene->source);
	findings_free(scene->findings);
	model_free(scene->model);
	settings_free(scene->settings);
	free(scene->now_ms);
}
