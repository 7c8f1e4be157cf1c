/* A make-believe API server, and what asks it, for tests of Kubernetes. */
#ifndef TESTS_KUBE_SERVER_H
#define TESTS_KUBE_SERVER_H

#include <check.h>
#include <stdio.h>

#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/settings.h"
#include "tests/fake_server.h"
#include "tests/said.h"

struct kube_server {
	struct fake_server *http;
	char url[64];
	struct said said;
	struct settings *settings;
	struct clock clock;
	struct fetch *fetch; /* NULL: kube_server_open() was not called */
};

/* k stays where it is. */
static inline void kube_server_begin(struct kube_server *k, enum settings_dialect dialect)
{
	struct err e;

	ck_assert(fetch_global_init(&e));
	said_init(&k->said);
	k->http = fake_server_start(NULL);
	snprintf(
		k->url, sizeof(k->url), "http://127.0.0.1:%d", fake_server_port(k->http));
	k->settings = settings_new(dialect, &k->said.log);
	ck_assert_ptr_nonnull(k->settings);
	k->clock = clock_system();
	k->fetch = NULL;
}

static inline void kube_server_set(struct kube_server *k, struct settings_target *t,
	const char *name, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	ck_assert_msg(settings_target_set(t, name, &v, 1), "%s", k->said.text);
}

/* After all was set. */
static inline void kube_server_open(struct kube_server *k)
{
	ck_assert(settings_check(k->settings, 10));
	k->fetch = fetch_new(&k->clock, &k->said.log);
	ck_assert_ptr_nonnull(k->fetch);
}

/* After all that asks was freed. */
static inline void kube_server_end(struct kube_server *k)
{
	fetch_free(k->fetch);
	settings_free(k->settings);
	fake_server_stop(k->http);
}

#endif
