#include "engine/attachments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/kube.h"
#include "engine/target.h"
#include "engine/volumeattachment.h"

/* What is said of one of them, with Kubernetes' own words: a kilobyte at most. */
#define WORDS_SIZE 1600

struct attachment {
	struct attachments *all;       /* borrowed */
	const struct options *options; /* borrowed */
	struct target *target;         /* owned; says when it is due */
	struct kube_get *get;          /* owned */
	struct volumeattachment v;
	char name[VOLUMEATTACHMENT_NAME_SIZE];
	char *type_instance;               /* owned */
	enum volumeattachment_state state; /* as last known; UNKNOWN: never */
	struct complaint unknown;
	struct complaint trouble; /* Kubernetes' own */
};

struct attachments {
	struct clock clock;
	const struct log *log; /* borrowed */
	struct attachment *at; /* owned */
	size_t count;
	const struct sink *sink; /* borrowed; of the round that is running */
};

static int64_t now_ms(const struct attachments *all)
{
	return all->clock.now_ms(all->clock.ctx);
}

/* ---- what was learned ---- */

static void send_value(const struct attachment *a)
{
	const struct options *o = a->options;
	int64_t now = now_ms(a->all);
	struct metric m = {.host = str_of(o->host),
		.instance = STR(""),
		.type = STR("gauge"),
		.type_instance = str_of(a->type_instance),
		.what = STR("attached"),
		.subject = str_of(o->instance),
		.detail = STR(""),
		.kind = METRIC_GAUGE,
		.gauge = a->state == VOLUMEATTACHMENT_NONE ? 0 : 1,
		.time_ms = now,
		.stamp_ms = now,
		.interval_seconds = o->interval_seconds};

	a->all->sink->metric(a->all->sink->ctx, &m);
}

static enum event_severity severity_of(const struct attachment *a, const char *words)
{
	bool has_trouble = a->state != VOLUMEATTACHMENT_NONE && strchr(words, ':');

	return has_trouble ? EVENT_WARNING : EVENT_OKAY;
}

static void tell(const struct attachment *a, const char *words)
{
	const struct sink *sink = a->all->sink;
	struct event event = {.kind = EVENT_ATTACHMENT,
		.severity = severity_of(a, words),
		.host = str_of(a->options->host),
		.instance = STR(""),
		.subject = str_of(a->options->instance),
		.time_ms = now_ms(a->all)};
	struct buf text;

	if (!a->options->notifications || sink->event == NULL)
		return;
	buf_init(&text, WORDS_SIZE + 1024);
	buf_addf(&text, "volume attachment %s, %.*s on %.*s: %s", a->options->name,
		STR_ARG(a->v.handle), STR_ARG(a->v.node), words);
	event.text = buf_str(&text);
	sink->event(sink->ctx, &event);
	buf_free(&text);
}

/* Errors of attaching and detaching stand behind the state's word. */
static void say_trouble(struct attachment *a, const char *words)
{
	const char *trouble = strchr(words, ':');

	if (trouble != NULL)
		log_complain(a->all->log, &a->trouble, now_ms(a->all), LOG_LEVEL_WARNING,
			"volume attachment %s: %s", a->options->name, words);
	else
		log_recovered(a->all->log, &a->trouble, now_ms(a->all),
			"volume attachment %s: %s", a->options->name, words);
}

static void take(void *ctx, const json_t *object, const struct err *why)
{
	struct attachment *a = ctx;
	char words[WORDS_SIZE];
	enum volumeattachment_state state =
		volumeattachment_read(&a->v, object, why, words, sizeof(words));
	bool is_change = state != a->state && a->state != VOLUMEATTACHMENT_UNKNOWN;

	if (state == VOLUMEATTACHMENT_UNKNOWN) {
		log_complain(a->all->log, &a->unknown, now_ms(a->all), LOG_LEVEL_WARNING,
			"volume attachment %s, %s: %s", a->options->name,
			a->options->url.address, words);
		return;
	}
	log_recovered(a->all->log, &a->unknown, now_ms(a->all),
		"volume attachment %s: known again", a->options->name);
	say_trouble(a, words);
	a->state = state;
	send_value(a);
	if (is_change)
		tell(a, words);
}

/* ---- when to ask ---- */

void attachments_tick(struct attachments *all, double interval_seconds, int64_t tick_us)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct attachment *a = &all->at[i];

		if (fabs(a->options->interval_seconds - interval_seconds) < 1e-6)
			target_tick(a->target, tick_us);
	}
}

void attachments_send(struct attachments *all, const struct sink *sink)
{
	int64_t now_us = all->clock.monotonic_us(all->clock.ctx);

	all->sink = sink;
	for (size_t i = 0; i < all->count; i++) {
		struct attachment *a = &all->at[i];

		if (target_due_us(a->target) > now_us || kube_get_is_running(a->get))
			continue;
		target_sent(a->target, now_us);
		kube_get_start(a->get, VOLUMEATTACHMENT_PATH, a->name, take, a);
	}
}

int64_t attachments_due_us(const struct attachments *all)
{
	int64_t first_us = TARGET_NEVER;

	for (size_t i = 0; i < all->count; i++) {
		const struct attachment *a = &all->at[i];
		int64_t due_us = target_due_us(a->target);

		if (due_us < first_us && !kube_get_is_running(a->get))
			first_us = due_us;
	}
	return first_us;
}

/* ---- start and end ---- */

static bool add(struct attachments *all, struct fetch *f, const struct options *o)
{
	struct attachment *a = &all->at[all->count++];

	a->all = all;
	a->options = o;
	a->v = (struct volumeattachment){.driver = str_of(o->driver),
		.handle = str_of(o->volume_handle),
		.node = str_of(o->node)};
	a->target = target_new(o);
	a->get = kube_get_new(f, o, false);
	if (asprintf(&a->type_instance, "attached-%s", o->instance) < 0)
		a->type_instance = NULL;
	return a->target != NULL && a->get != NULL && a->type_instance != NULL &&
	       volumeattachment_name(&a->v, a->name, NULL);
}

struct attachments *attachments_new(const struct settings *settings, struct fetch *f,
	const struct clock *clock, const struct log *log)
{
	struct attachments *all = calloc(1, sizeof(*all));
	size_t count = settings_attachments(settings);
	bool done = all != NULL &&
		    (all->at = calloc(count + 1, sizeof(struct attachment))) != NULL;

	if (done) {
		all->clock = *clock;
		all->log = log;
	}
	for (size_t i = 0; done && i < count; i++)
		done = add(all, f, settings_attachment_at(settings, i));
	if (done)
		return all;
	attachments_free(all);
	return NULL;
}

void attachments_free(struct attachments *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->count; i++) {
		kube_get_free(all->at[i].get);
		target_free(all->at[i].target);
		free(all->at[i].type_instance);
	}
	free(all->at);
	free(all);
}
