#include "engine/discover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/said.h"
#include "tests/suite.h"

#define LIST 4

/* A source that finds what it is told. */
struct fake {
	struct discover_found found[LIST];
	struct settings_text options[LIST][2];
	size_t count;
	bool has_changed;
	bool is_freed;
};

/* An endpoint as the reader has it. */
struct read {
	const struct options *options; /* NULL: removed */
	size_t changes;
};

struct scene {
	struct said said;
	char folder[40];
	struct settings *settings;
	struct fake fake[2];
	struct read read[16];
	size_t count;
	bool is_busy;
	struct discover *discover;
};

static bool look(void *ctx)
{
	struct fake *f = ctx;
	bool changed = f->has_changed;

	f->has_changed = false;
	return changed;
}

static int64_t next_us(void *ctx)
{
	return ((const struct fake *)ctx)->has_changed ? 5 : DISCOVER_NEVER;
}

static const struct discover_found *found(void *ctx, size_t *count)
{
	const struct fake *f = ctx;

	*count = f->count;
	return f->found;
}

static const struct discover_closed *closed(void *ctx, size_t *count)
{
	static const struct discover_closed one = {"http://127.0.0.1:9/", "x", "set y"};

	(void)ctx;
	*count = 1;
	return &one;
}

static bool has_looked(void *ctx)
{
	return ((const struct fake *)ctx)->count > 0;
}

static void free_fake(void *ctx)
{
	((struct fake *)ctx)->is_freed = true;
}

static void *add(void *ctx, const struct options *options)
{
	struct scene *s = ctx;

	s->read[s->count].options = options;
	return &s->read[s->count++];
}

static bool change(void *ctx, void *endpoint, const struct options *options)
{
	const struct scene *s = ctx;
	struct read *r = endpoint;

	if (s->is_busy)
		return false;
	r->options = options;
	r->changes++;
	return true;
}

static void remove_read(void *ctx, void *endpoint)
{
	(void)ctx;
	((struct read *)endpoint)->options = NULL;
}

static void set(struct settings_target *t, const char *option, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	ck_assert(settings_target_set(t, option, &v, 1));
}

static void set_up(struct scene *s)
{
	struct setting folder = {.kind = SETTING_TEXT, .text = s->folder};

	memset(s, 0, sizeof(*s));
	said_init(&s->said);
	strcpy(s->folder, "/tmp/check_discover.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	s->settings = settings_new(SETTINGS_COLLECTD, &s->said.log);
	ck_assert(settings_set(s->settings, "StateDir", &folder, 1));
	set(settings_target(s->settings, "mine"), "URL", "http://localhost:7000");
	set(settings_discovery(s->settings), "BearerToken", "abc");
	ck_assert(settings_check(s->settings, 10));
	const struct discover_reader reader = {s, add, change, remove_read};
	s->discover = discover_new(s->settings, &s->said.log, &reader);
	ck_assert_ptr_nonnull(s->discover);
	for (size_t i = 0; i < 2; i++) {
		const struct discover_source source = {.ctx = &s->fake[i],
			.look = look,
			.next_us = next_us,
			.found = found,
			.closed = i == 0 ? NULL : closed,
			.has_looked = has_looked,
			.free = free_fake};

		ck_assert(discover_add(s->discover, &source, 0));
	}
}

static void tear_down(struct scene *s)
{
	discover_free(s->discover);
	for (size_t i = 0; i < s->count; i++)
		ck_assert_ptr_null(s->read[i].options);
	ck_assert(s->fake[0].is_freed && s->fake[1].is_freed);
	settings_free(s->settings);
	ck_assert_int_eq(rmdir(s->folder), 0);
}

/* Source `i` finds KEY NAME URL on top of what it found. */
static void find(
	struct scene *s, size_t i, const char *key, const char *name, const char *url)
{
	struct fake *f = &s->fake[i];
	size_t n = f->count++;

	f->options[n][0] = (struct settings_text){"URL", url};
	f->found[n] = (struct discover_found){key, name, "a test", f->options[n], 1};
	f->has_changed = true;
}

static void find_nothing(struct scene *s, size_t i)
{
	s->fake[i].count = 0;
	s->fake[i].has_changed = true;
}

static const char *name_of(const struct scene *s, size_t i)
{
	return s->read[i].options == NULL ? "removed" : s->read[i].options->instance;
}

START_TEST(what_is_found_takes_the_options_of_the_block)
{
	struct scene s;

	set_up(&s);
	find(&s, 0, "k", "an operator", "http://127.0.0.1:8080");
	ck_assert_int_eq(discover_next_us(s.discover), 5);
	discover_look(s.discover);
	ck_assert_int_eq(discover_next_us(s.discover), DISCOVER_NEVER);
	ck_assert_uint_eq(s.count, 1);
	const struct options *o = s.read[0].options;
	ck_assert_str_eq(o->instance, "an_operator");
	ck_assert_str_eq(o->name, "an_operator");
	ck_assert_str_eq(o->url.address, "http://127.0.0.1:8080/metrics");
	ck_assert_str_eq(o->bearer_token, "abc");
	ck_assert(o->timeout_ms == 9000 && o->verify_peer);
	tear_down(&s);
}
END_TEST

START_TEST(it_comes_changes_and_goes)
{
	struct scene s;

	set_up(&s);
	find(&s, 0, "k", "a", "http://127.0.0.1:8080");
	discover_look(s.discover);
	find_nothing(&s, 0);
	find(&s, 0, "k", "a", "http://127.0.0.1:8081");
	s.is_busy = true;
	discover_look(s.discover);
	ck_assert_int_eq(s.read[0].options->url.port, 8080);
	s.is_busy = false;
	discover_look(s.discover);
	ck_assert_int_eq(s.read[0].options->url.port, 8081);
	ck_assert_uint_eq(s.read[0].changes, 1);
	s.fake[0].has_changed = true;
	discover_look(s.discover);
	ck_assert_uint_eq(s.read[0].changes, 1);
	find_nothing(&s, 0);
	discover_look(s.discover);
	ck_assert_str_eq(name_of(&s, 0), "removed");
	find(&s, 0, "k", "a", "http://127.0.0.1:8082");
	discover_look(s.discover);
	ck_assert_uint_eq(s.count, 2);
	ck_assert_str_eq(name_of(&s, 1), "a");
	tear_down(&s);
}
END_TEST

START_TEST(a_name_never_goes_from_one_to_another)
{
	struct scene s;
	char longer[32];

	set_up(&s);
	find(&s, 0, "first", "a", "http://127.0.0.1:8001");
	discover_look(s.discover);
	find(&s, 1, "second", "a", "http://127.0.0.1:8002");
	discover_look(s.discover);
	snprintf(longer, sizeof(longer), "%s", name_of(&s, 1));
	ck_assert_str_eq(name_of(&s, 0), "a");
	ck_assert(strncmp(longer, "a_", 2) == 0 && strlen(longer) == 10);

	find_nothing(&s, 0);
	find_nothing(&s, 1);
	discover_look(s.discover);
	find(&s, 1, "second", "a", "http://127.0.0.1:8002");
	discover_look(s.discover);
	ck_assert_str_eq(name_of(&s, 2), longer);
	find(&s, 0, "first", "a", "http://127.0.0.1:8001");
	discover_look(s.discover);
	ck_assert_str_eq(name_of(&s, 3), "a");
	tear_down(&s);
}
END_TEST

START_TEST(a_name_outlives_our_restart)
{
	struct scene s;
	char longer[32], folder[80];

	set_up(&s);
	find(&s, 0, "first", "a", "http://127.0.0.1:8001");
	find(&s, 0, "second", "a", "http://127.0.0.1:8002");
	discover_look(s.discover);
	snprintf(longer, sizeof(longer), "%s", name_of(&s, 1));
	tear_down(&s);

	set_up(&s);
	snprintf(folder, sizeof(folder), "%s/%s", s.folder, longer);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	find(&s, 0, "second", "a", "http://127.0.0.1:8002");
	find(&s, 0, "first", "a", "http://127.0.0.1:8001");
	discover_look(s.discover);
	ck_assert_str_eq(name_of(&s, 0), longer);
	ck_assert_str_eq(name_of(&s, 1), "a");
	ck_assert_int_eq(rmdir(folder), 0);
	tear_down(&s);
}
END_TEST

START_TEST(what_is_configured_goes_first)
{
	struct scene s;

	set_up(&s);
	find(&s, 0, "same name", "mine", "http://127.0.0.1:8001");
	find(&s, 0, "same place", "other", "http://127.0.0.1:7000/metrics");
	find(&s, 0, "other path", "third", "http://127.0.0.1:7000/other");
	discover_look(s.discover);
	ck_assert_uint_eq(s.count, 2);
	ck_assert(strncmp(name_of(&s, 0), "mine_", 5) == 0);
	ck_assert_str_eq(name_of(&s, 1), "third");
	tear_down(&s);
}
END_TEST

START_TEST(an_earlier_source_goes_before_a_later_one)
{
	struct scene s;

	set_up(&s);
	find(&s, 1, "b", "late", "http://127.0.0.1:8001");
	discover_look(s.discover);
	find(&s, 0, "a", "early", "http://[::1]:8001");
	discover_look(s.discover);
	discover_look(s.discover);
	ck_assert_str_eq(name_of(&s, 0), "removed");
	ck_assert_str_eq(name_of(&s, 1), "early");
	find_nothing(&s, 0);
	discover_look(s.discover);
	ck_assert_str_eq(name_of(&s, 2), "late");
	tear_down(&s);
}
END_TEST

START_TEST(what_cannot_be_used_is_said_and_left_out)
{
	struct scene s;

	set_up(&s);
	find(&s, 0, "k", "a", "ftp://x");
	find(&s, 0, "l", "b", "http://127.0.0.1:8080");
	discover_look(s.discover);
	ck_assert_uint_eq(s.count, 1);
	ck_assert_str_eq(name_of(&s, 0), "b");
	ck_assert_ptr_nonnull(strstr(s.said.text, "a is not used: URL: unknown scheme"));
	tear_down(&s);
}
END_TEST

START_TEST(what_is_closed_is_told_of)
{
	struct scene s;

	set_up(&s);
	ck_assert(!discover_has_looked(s.discover));
	find(&s, 0, "k", "a", "http://127.0.0.1:8080");
	ck_assert(!discover_has_looked(s.discover));
	find(&s, 1, "k", "b", "http://127.0.0.1:8081");
	ck_assert(discover_has_looked(s.discover));
	ck_assert_str_eq(discover_closed_at(s.discover, 0)->remedy, "set y");
	ck_assert_ptr_null(discover_closed_at(s.discover, 1));
	tear_down(&s);
}
END_TEST

/* ---- more than are kept ---- */

#define KEPT 10000
#define MANY (KEPT + 5)

struct many {
	struct discover_found found[MANY];
	struct settings_text option[MANY];
	char url[MANY][48];
	bool has_changed;
	size_t present; /* what the reader has */
};

static bool look_at_many(void *ctx)
{
	struct many *m = ctx;
	bool has_changed = m->has_changed;

	m->has_changed = false;
	return has_changed;
}

static const struct discover_found *found_many(void *ctx, size_t *count)
{
	*count = MANY;
	return ((struct many *)ctx)->found;
}

static bool has_looked_at_many(void *ctx)
{
	(void)ctx;
	return true;
}

static void *add_one(void *ctx, const struct options *options)
{
	(void)options;
	((struct many *)ctx)->present++;
	return ctx;
}

static void remove_one(void *ctx, void *endpoint)
{
	ck_assert_ptr_eq(endpoint, ctx);
	((struct many *)ctx)->present--;
}

static void leave_many(void *ctx)
{
	free(ctx);
}

static void set_url(struct many *m, size_t i, const char *path)
{
	snprintf(m->url[i], sizeof(m->url[i]), "http://127.0.0.1:%zu/%s", i + 1, path);
	m->option[i] = (struct settings_text){"URL", m->url[i]};
	m->found[i] = (struct discover_found){.key = m->url[i],
		.name = m->url[i],
		.about = "x",
		.options = &m->option[i],
		.option_count = 1};
	m->has_changed = true;
}

START_TEST(who_has_gone_makes_room)
{
	struct scene s;
	struct many *m = calloc(1, sizeof(*m));
	const struct discover_reader reader = {m, add_one, change, remove_one};
	const struct discover_source source = {.ctx = m,
		.look = look_at_many,
		.next_us = next_us,
		.found = found_many,
		.has_looked = has_looked_at_many,
		.free = leave_many};

	set_up(&s);
	ck_assert_ptr_nonnull(m);
	struct discover *d = discover_new(s.settings, &s.said.log, &reader);
	ck_assert(discover_add(d, &source, 0));
	for (size_t i = 0; i < MANY; i++)
		set_url(m, i, "a");
	discover_look(d);
	ck_assert_uint_eq(m->present, KEPT);
	ck_assert_ptr_nonnull(strstr(s.said.text, "more than 10000 endpoints"));
	for (size_t i = 100; i < 200; i++)
		set_url(m, i, "b");
	discover_look(d);
	ck_assert_uint_eq(m->present, KEPT - 100);
	m->has_changed = true;
	discover_look(d);
	ck_assert_uint_eq(m->present, KEPT);
	m->has_changed = true;
	discover_look(d);
	ck_assert_uint_eq(m->present, KEPT);
	discover_free(d);
	tear_down(&s);
}
END_TEST

SUITE("discover", what_is_found_takes_the_options_of_the_block, it_comes_changes_and_goes,
	a_name_never_goes_from_one_to_another, a_name_outlives_our_restart,
	what_is_configured_goes_first, an_earlier_source_goes_before_a_later_one,
	what_cannot_be_used_is_said_and_left_out, what_is_closed_is_told_of,
	who_has_gone_makes_room)
