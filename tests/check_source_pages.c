/* Recordings and state folders as a source: when which page is handed over, and what
 * becomes of folders that are none, or not any more. Time is the test's. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/settings.h"
#include "operatorstat/model.h"
#include "operatorstat/source.h"
#include "tests/suite.h"

#define FIRST_MS INT64_C(1700000000000)

/* ---- a folder, a clock and a source in the hands of the test ---- */

struct stage {
	char folder[64];
	int64_t now_ms;
	struct settings *settings;
	struct model *model;
	struct source source;
};

static int64_t now_ms(void *ctx)
{
	const struct stage *s = ctx;

	return s->now_ms;
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

static void write_file(
	const struct stage *s, const char *instance, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", s->folder, instance);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", s->folder, instance, name);
	FILE *file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void write_page(const struct stage *s, const char *instance, int second, int depth)
{
	char name[64], text[256];

	snprintf(name, sizeof(name), "%lld.txt",
		(long long)FIRST_MS + second * INT64_C(1000));
	snprintf(text, sizeof(text),
		"# TYPE workqueue_depth gauge\nworkqueue_depth{name=\"q\"} %d\n", depth);
	write_file(s, instance, name, text);
}

static void empty_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[512];

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path) != 0) {
			empty_folder(path);
			rmdir(path);
		}
	}
	closedir(dir);
}

static struct stage *stage_new(void)
{
	struct stage *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	snprintf(s->folder, sizeof(s->folder), "/tmp/check_source_pages.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	s->now_ms = FIRST_MS + INT64_C(3600) * 1000;
	s->settings = settings_new(SETTINGS_ARGV, &silence);
	s->model = model_new(MODEL_BYTES);
	ck_assert_ptr_nonnull(s->settings);
	ck_assert_ptr_nonnull(s->model);
	ck_assert(settings_check(s->settings, 10));
	return s;
}

static bool stage_open(struct stage *s, double speed, int64_t at_ms, struct err *e)
{
	const struct source_pages_options options = {.speed = speed,
		.at_ms = at_ms,
		.endpoint = settings_defaults(s->settings),
		.clock = {s, now_ms, monotonic_us}};

	return source_pages_open(&s->source, s->folder, &options, e);
}

static void stage_play(struct stage *s, double speed, int64_t at_ms)
{
	struct err e;

	ck_assert_msg(stage_open(s, speed, at_ms, &e), "%s", e.text);
}

static void stage_free(struct stage *s)
{
	if (s->source.close != NULL)
		s->source.close(s->source.ctx);
	model_free(s->model);
	settings_free(s->settings);
	empty_folder(s->folder);
	rmdir(s->folder);
	free(s);
}

static bool step(struct stage *s)
{
	struct sink sink = model_sink(s->model);

	return s->source.poll(s->source.ctx, &sink);
}

/* Lets so many ms pass, and takes all that has come. */
static void pass(struct stage *s, int64_t ms)
{
	s->now_ms += ms;
	while (step(s) || s->source.wait_ms(s->source.ctx) == 0)
		;
}

static struct source_state state_of(const struct stage *s)
{
	struct source_state state;

	s->source.state(s->source.ctx, &state);
	return state;
}

/* Seconds from the first page to the newest that was taken; -1: none was. */
static int second_of(const struct stage *s)
{
	int64_t data_ms = state_of(s).data_ms;

	return data_ms == 0 ? -1 : (int)((data_ms - FIRST_MS) / 1000);
}

static void record_five(struct stage *s)
{
	for (int i = 0; i < 5; i++)
		write_page(s, "op", 10 * i, i);
}

/* ---- recordings ---- */

START_TEST(as_fast_as_it_was)
{
	struct stage *s = stage_new();

	record_five(s);
	stage_play(s, 1, 0);
	pass(s, 0);
	ck_assert_int_eq(second_of(s), 0);
	ck_assert_int_eq(s->source.wait_ms(s->source.ctx), 10000);
	pass(s, 9999);
	ck_assert_int_eq(second_of(s), 0);
	pass(s, 1);
	ck_assert_int_eq(second_of(s), 10);
	ck_assert_int_eq(s->source.now_ms(s->source.ctx), FIRST_MS + 10000);
	pass(s, 1000000);
	ck_assert_int_eq(second_of(s), 40);
	ck_assert_int_eq(state_of(s).condition, SOURCE_ENDED);
	ck_assert_int_eq(s->source.wait_ms(s->source.ctx), -1);
	/* its clock stands where its last page is */
	ck_assert_int_eq(s->source.now_ms(s->source.ctx), FIRST_MS + 40000);
	stage_free(s);
}
END_TEST

START_TEST(other_speeds)
{
	struct stage *s = stage_new();

	record_five(s);
	stage_play(s, 10, 0);
	pass(s, 1000);
	ck_assert_int_eq(second_of(s), 10);
	/* from where it is, not from the start */
	source_set_speed(&s->source, 1);
	pass(s, 9000);
	ck_assert_int_eq(second_of(s), 10);
	pass(s, 1000);
	ck_assert_int_eq(second_of(s), 20);
	ck_assert(fabs(source_speed(&s->source) - 1) < 1e-9);
	stage_free(s);
}
END_TEST

/* Whoever judges pages does so second by second, so a turn hands over no more. */
START_TEST(all_at_once_second_by_second)
{
	struct stage *s = stage_new();

	record_five(s);
	write_page(s, "other", 10, 7);
	stage_play(s, 0, 0);
	for (int i = 0; i < 5; i++) {
		ck_assert(step(s));
		ck_assert_int_eq(second_of(s), INT64_C(10) * i);
	}
	ck_assert(!step(s));
	ck_assert_int_eq(state_of(s).condition, SOURCE_ENDED);
	ck_assert_uint_eq(model_operators(s->model), 2);
	stage_free(s);
}
END_TEST

START_TEST(from_a_time_on)
{
	struct stage *s = stage_new();

	record_five(s);
	stage_play(s, 1, FIRST_MS + 25000);
	pass(s, 0);
	ck_assert_int_eq(second_of(s), 20);
	pass(s, 5000);
	ck_assert_int_eq(second_of(s), 30);
	stage_free(s);
}
END_TEST

START_TEST(the_page_itself)
{
	struct stage *s = stage_new();
	struct source_page page;
	struct buf where;

	record_five(s);
	stage_play(s, 0, 0);
	ck_assert(!source_find_page(&s->source, STR("op"), &page));
	pass(s, 0);
	ck_assert(source_find_page(&s->source, STR("op"), &page));
	ck_assert_int_eq(page.time_ms, FIRST_MS + 40000);
	ck_assert(str_ends(page.body, STR("workqueue_depth{name=\"q\"} 4\n")));
	ck_assert(!source_find_page(&s->source, STR("none"), &page));
	buf_init(&where, 1024);
	source_where(&s->source, STR("op"), &where);
	ck_assert(str_starts(buf_str(&where), str_of(s->folder)));
	ck_assert(str_ends(buf_str(&where), STR("/op")));
	buf_free(&where);
	stage_free(s);
}
END_TEST

/* ---- what a folder may hold besides ---- */

START_TEST(bad_recordings)
{
	struct stage *s = stage_new();

	record_five(s);
	write_file(s, "op", "notes.txt", "no page");
	write_file(s, "op", "99999999999999999999.txt", "no time");
	write_file(s, "op", "1700000005000.xml", "<no format/>");
	write_file(s, "op", "1700000015000.txt", "<html>");
	write_file(s, "op", "1700000025000.pb", "\x7f\xff\xff");
	write_file(s, "op", "1700000026000.om", "workqueue_depth{name=\"q\"} 1\n");
	write_file(s, "op", "status",
		"nonsense\n1700000010000\n\x01\x02\n1700000035000 0 1.5 connection "
		"refused\n"
		"-5 200 x y\n");
	write_file(s, "empty", "status", "");
	stage_play(s, 0, 0);
	pass(s, 0);
	ck_assert_int_eq(second_of(s), 40);
	ck_assert_int_eq(state_of(s).condition, SOURCE_ENDED);
	struct model_row *row = model_find(s->model, MODEL_CONTROLLER, "op", "q");
	ck_assert_ptr_nonnull(row);
	ck_assert(fabs(row->value[MODEL_DEPTH] - 4) < 1e-9);
	stage_free(s);
}
END_TEST

START_TEST(no_recording)
{
	struct stage *s = stage_new();
	struct err e;

	ck_assert(!stage_open(s, 1, 0, &e));
	ck_assert_ptr_nonnull(strstr(e.text, s->folder));
	write_file(s, "op", "notes.txt", "no page");
	ck_assert(!stage_open(s, 1, 0, &e));
	s->source.close = NULL;
	stage_free(s);
}
END_TEST

/* ---- state folders ---- */

static void replace_page(struct stage *s, int before, int second)
{
	char path[256];

	write_page(s, "op", second, second);
	snprintf(path, sizeof(path), "%s/op/%lld.txt", s->folder,
		(long long)FIRST_MS + before * INT64_C(1000));
	ck_assert_int_eq(unlink(path), 0);
}

START_TEST(state_folder_is_followed)
{
	struct stage *s = stage_new();

	write_page(s, "op", 0, 0);
	/* whatever the speed */
	stage_play(s, 0, 0);
	pass(s, 0);
	ck_assert_int_eq(second_of(s), 0);
	ck_assert_int_eq(state_of(s).condition, SOURCE_OKAY);
	ck_assert(isnan(source_speed(&s->source)));
	replace_page(s, 0, 10);
	pass(s, 1000);
	ck_assert_int_eq(second_of(s), 10);
	/* its clock is the wall's: what it holds may be old */
	ck_assert_int_eq(s->source.now_ms(s->source.ctx), s->now_ms);
	stage_free(s);
}
END_TEST

START_TEST(state_folder_goes_and_comes_back)
{
	struct stage *s = stage_new();

	write_page(s, "op", 0, 0);
	stage_play(s, 1, 0);
	pass(s, 0);
	empty_folder(s->folder);
	ck_assert_int_eq(rmdir(s->folder), 0);
	pass(s, 1000);
	struct source_state state = state_of(s);
	ck_assert_int_eq(state.condition, SOURCE_LOST);
	ck_assert_ptr_nonnull(strstr(state.error.text, s->folder));
	ck_assert_int_gt(state.next_try_ms, s->now_ms);
	/* nothing it gave is taken back */
	ck_assert_int_eq(second_of(s), 0);
	ck_assert_int_eq(mkdir(s->folder, 0755), 0);
	write_page(s, "op", 20, 1);
	pass(s, 16000);
	ck_assert_int_eq(state_of(s).condition, SOURCE_OKAY);
	ck_assert_int_eq(second_of(s), 20);
	stage_free(s);
}
END_TEST

SUITE("source_pages", as_fast_as_it_was, other_speeds, all_at_once_second_by_second,
	from_a_time_on, the_page_itself, bad_recordings, no_recording,
	state_folder_is_followed, state_folder_goes_and_comes_back)
