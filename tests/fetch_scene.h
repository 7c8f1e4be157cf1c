/* One endpoint and what it answered, for tests of fetch. */
#ifndef TESTS_FETCH_SCENE_H
#define TESTS_FETCH_SCENE_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/fetch.h"
#include "engine/settings.h"
#include "tests/said.h"

struct scene {
	struct fake_server *server; /* for whoever has one */
	int port;
	struct said said;
	struct settings *settings;
	struct clock clock;
	struct fetch *fetch;
	struct fetch_endpoint *endpoint;
	/* of the last answer */
	size_t answers;
	struct answer answer;
	char body[256];
};

static void scene_begin(struct scene *s)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	ck_assert(fetch_global_init(&e));
	said_init(&s->said);
	s->settings = settings_new(SETTINGS_ARGV, &s->said.log);
	ck_assert_ptr_nonnull(s->settings);
	s->clock = clock_system();
}

static void scene_option(struct scene *s, const char *name, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	ck_assert_msg(
		settings_set(s->settings, name, &v, 1), "%s: %s", name, s->said.text);
}

static void scene_take(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct scene *s = ctx;
	size_t len = answer->body.len < 200 ? answer->body.len : 200;

	ck_assert(!fetch_is_running(x));
	s->answers++;
	s->answer = *answer;
	snprintf(s->body, sizeof(s->body), "%.*s", (int)len,
		len > 0 ? answer->body.at : "");
}

/* The endpoint url; `*` in it stands for the port. */
static void scene_open(struct scene *s, const char *url)
{
	char text[512];
	struct setting v = {.kind = SETTING_TEXT, .text = text};
	const char *star = strchr(url, '*');

	if (star == NULL)
		snprintf(text, sizeof(text), "%s", url);
	else
		snprintf(text, sizeof(text), "%.*s%d%s", (int)(star - url), url, s->port,
			star + 1);
	ck_assert_msg(
		settings_target_set(settings_target(s->settings, "a"), "URL", &v, 1),
		"%s", s->said.text);
	ck_assert(settings_check(s->settings, 10));
	s->fetch = fetch_new(&s->clock, &s->said.log);
	ck_assert_ptr_nonnull(s->fetch);
	s->endpoint =
		fetch_add(s->fetch, settings_target_at(s->settings, 0), scene_take, s);
	ck_assert_ptr_nonnull(s->endpoint);
}

static void scene_get(struct scene *s)
{
	size_t before = s->answers;

	fetch_start(s->endpoint);
	ck_assert(fetch_is_running(s->endpoint));
	ck_assert_uint_eq(fetch_running(s->fetch), 1);
	while (fetch_running(s->fetch) > 0)
		fetch_run(s->fetch, 1000);
	ck_assert_uint_eq(s->answers, before + 1);
}

static void scene_end(struct scene *s)
{
	fetch_free(s->fetch);
	settings_free(s->settings);
}

static void scene_write_file(const char *path, const char *text, unsigned mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

#endif
