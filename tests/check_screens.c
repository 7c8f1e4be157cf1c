/* Screens as a person has read them: an operator, keys, and what then stands there, text
 * and what it means, in tests/data/screens/NAME-COLSxROWS.screen. UPDATE_GOLDEN=1
 * rewrites them. And keys at random, at random sizes: nothing may crash, nothing leave
 * the canvas. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "operatorstat/app.h"
#include "operatorstat/input.h"
#include "tests/scene.h"
#include "tests/suite.h"

struct size {
	int cols, rows;
};

static const struct size sizes[] = {{80, 24}, {132, 43}, {40, 12}};

static const struct {
	const char *name;
	const char *keys;
	enum glyphs glyphs;
} screens[] = {
	{"controllers", "", GLYPHS_UNICODE},
	{"controllers-ascii", "", GLYPHS_ASCII},
	{"controllers-times", "v v", GLYPHS_UNICODE},
	{"controllers-described", "d", GLYPHS_UNICODE},
	{"controllers-filter", "/ o r d e r Enter", GLYPHS_UNICODE},
	{"controllers-faults", "!", GLYPHS_UNICODE},
	{"controllers-exact", "e r", GLYPHS_UNICODE},
	{"operators", "1", GLYPHS_UNICODE},
	{"detail", "j Enter", GLYPHS_UNICODE},
	{"detail-ascii", "j Enter", GLYPHS_ASCII},
	{"controllers-plain", ": s e t Space p l a i n Space t r u e Enter",
		GLYPHS_UNICODE},
	{"detail-plain", ": s e t Space p l a i n Space t r u e Enter j Enter",
		GLYPHS_UNICODE},
	{"detail-log", "j Enter L c Tab", GLYPHS_UNICODE},
	{"detail-heat", "j Enter H", GLYPHS_UNICODE},
	{"detail-compared", "j Space j Space Enter", GLYPHS_UNICODE},
	{"detail-back-in-time", "j Enter { {", GLYPHS_UNICODE},
	{"api", "3", GLYPHS_UNICODE},
	{"runtime", "4", GLYPHS_UNICODE},
	{"events", "5", GLYPHS_UNICODE},
	{"raw", "6 j j", GLYPHS_UNICODE},
	{"raw-filter", "6 / d e p t h Enter", GLYPHS_UNICODE},
	{"help", "?", GLYPHS_UNICODE},
	{"prompt", ": s e t", GLYPHS_UNICODE},
};

static const char *folder(void)
{
	const char *srcdir = getenv("srcdir");

	return srcdir != NULL ? srcdir : ".";
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, SCENE_TEXT_BYTES);

	ck_assert_ptr_nonnull(text);
	if (file == NULL)
		return text;
	size_t len = fread(text, 1, SCENE_TEXT_BYTES - 1, file);
	ck_assert_uint_lt(len, SCENE_TEXT_BYTES - 1);
	fclose(file);
	return text;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void check_golden(const char *name, struct size size, const char *text)
{
	char path[512];
	const char *update = getenv("UPDATE_GOLDEN");

	snprintf(path, sizeof(path), "%s/tests/data/screens/%s-%dx%d.screen", folder(),
		name, size.cols, size.rows);
	if (update != NULL && strcmp(update, "1") == 0)
		write_file(path, text);
	char *expected = read_file(path);
	bool is_same = strcmp(expected, text) == 0;
	/* libcheck's own messages are too short for a screen */
	if (!is_same)
		fprintf(stderr, "%s is now\n%s", path, text);
	ck_assert_msg(is_same, "%s differs (UPDATE_GOLDEN=1 rewrites it)", path);
	free(expected);
}

START_TEST(as_a_person_has_read_them)
{
	struct scene scene = scene_demo(24, 80, GLYPHS_UNICODE);

	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			scene_reopen(
				&scene, sizes[k].rows, sizes[k].cols, screens[i].glyphs);
			scene_press(&scene, screens[i].keys);
			char *text = scene_text(&scene);
			check_golden(screens[i].name, sizes[k], text);
			free(text);
		}
	scene_end(&scene);
}
END_TEST

/* What a screen that is too narrow must not lose. */
START_TEST(first_line_tells_source_and_age)
{
	struct scene scene = scene_demo(24, 80, GLYPHS_UNICODE);

	for (int cols = 20; cols <= 200; cols++) {
		ck_assert(app_resize(scene.app, 24, cols));
		scene_key(&scene, INPUT_NONE, 0, 0);
		char *text = scene_text(&scene);
		char *end = strchr(text, '\n');

		ck_assert_ptr_nonnull(end);
		*end = '\0';
		ck_assert_msg(strstr(text, "demo") != NULL, "%d columns: %s", cols, text);
		ck_assert_msg(strstr(text, " old") != NULL, "%d columns: %s", cols, text);
		free(text);
	}
	scene_end(&scene);
}
END_TEST

/* The row that is selected is always on the screen. */
START_TEST(at_every_size)
{
	struct scene scene = scene_demo(24, 80, GLYPHS_UNICODE);
	static const char *const keys[] = {
		"1", "2", "3", "4", "5", "6", "?", "2 j Enter"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		scene_press(&scene, keys[i]);
		for (int rows = 1; rows <= 120; rows += rows < 30 ? 1 : 13)
			for (int cols = 1; cols <= 300; cols += cols < 90 ? 3 : 29) {
				ck_assert(app_resize(scene.app, rows, cols));
				scene_press(&scene, "j");
				ck_assert_int_eq(
					canvas_rows(app_canvas(scene.app)), rows);
				ck_assert_int_eq(
					canvas_cols(app_canvas(scene.app)), cols);
			}
	}
	scene_end(&scene);
}
END_TEST

static int random_key(unsigned int *seed)
{
	enum action a = (enum action)((unsigned int)rand_r(seed) % ACTIONS);
	struct str keys = str_of(input_info(a)->keys), name;
	unsigned int what = (unsigned int)rand_r(seed) % 8;

	if (what == 0)
		return rand_r(seed) % 0x10ffff;
	if (what == 1)
		return INPUT_UP + rand_r(seed) % (INPUT_WHEEL_DOWN - INPUT_UP + 1);
	/* these end the test early, write files, or stop us */
	if (a == ACTION_QUIT || a == ACTION_CLOSE || a == ACTION_SAVE ||
		a == ACTION_SUSPEND || !input_next_name(&keys, &name))
		return 'j';
	return input_key_named(name);
}

START_TEST(ten_thousand_random_keys)
{
	struct scene scene = scene_demo(24, 80, GLYPHS_UNICODE);
	unsigned int seed = 7;

	for (int i = 0; i < 10000; i++) {
		int key = random_key(&seed);

		if (rand_r(&seed) % 100 == 0)
			ck_assert(app_resize(
				scene.app, rand_r(&seed) % 70, rand_r(&seed) % 250));
		scene_key(&scene, key, rand_r(&seed) % 30, rand_r(&seed) % 80);
	}
	scene_end(&scene);
}
END_TEST

SUITE("screens", as_a_person_has_read_them, first_line_tells_source_and_age,
	at_every_size, ten_thousand_random_keys)
