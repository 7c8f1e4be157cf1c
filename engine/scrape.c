#include "engine/scrape.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/attachments.h"
#include "engine/buf.h"
#include "engine/discover_files.h"
#include "engine/discover_kubernetes.h"
#include "engine/discover_listeners.h"
#include "engine/discover_manifests.h"
#include "engine/fetch.h"
#include "engine/normalize.h"
#include "engine/notice.h"
#include "engine/schedule.h"
#include "engine/secrets.h"

/* So long a request waits for the answer to the one before it. Those that are due
 * together are asked one after the other: operators on one machine do not take the
 * processor from each other, and no answer lies about while others are used, which would
 * count as time that it took. One that takes longer holds nobody up. */
#define PATIENCE_US 1000

/* An endpoint with all that belongs to it. */
struct member {
	struct scrape *scrape;           /* borrowed */
	struct target *target;           /* owned */
	struct fetch_endpoint *endpoint; /* the fetch's */
	struct normalize *normalize;     /* owned */
	struct complaint trouble;        /* scrapes that fail */
	struct notice notice;
	int64_t stored_ms; /* time of the page in the state folder; 0: not known */
	enum expo_format stored_format;
	struct secrets_user secret;
};

struct scrape {
	const struct settings *settings; /* borrowed */
	struct clock clock;
	const struct log *log;           /* borrowed */
	struct fetch *fetch;             /* owned */
	struct discover *discover;       /* owned */
	struct secrets *secrets;         /* owned */
	struct attachments *attachments; /* owned */
	struct member **member;          /* owned */
	size_t count;
	struct schedule schedule;   /* those that wait; what runs comes back at its end */
	const struct member *asked; /* the last one, until it answers; NULL: it did */
	int64_t patience_us;        /* when its answer is waited for no longer */
	struct pages_out *state;    /* owned; NULL: no state folder */
	struct pages_out *record;   /* borrowed; NULL: no recording */
	struct sink prime;          /* where restored values go */
	struct complaint storing;
	double every_seconds; /* between scrapes without ticks; 0: with */
	bool keeps_pages;
	bool passes_events; /* all of them, whatever Notifications says */
	/* of the round that is running */
	const struct sink *sink;
	size_t ended;
};

static int64_t now_ms(const struct scrape *s)
{
	return s->clock.now_ms(s->clock.ctx);
}

static int64_t now_us(const struct scrape *s)
{
	return s->clock.monotonic_us(s->clock.ctx);
}

/* ---- the second half ---- */

/* A sink that looks at events and at the end of an attempt before it hands them on. */
struct witness {
	const struct scrape *scrape;
	const struct sink *sink;
	struct member *member;
	const struct answer *answer;
	struct err error;
};

static void pass_metric(void *ctx, const struct metric *m)
{
	const struct sink *sink = ((const struct witness *)ctx)->sink;

	sink->metric(sink->ctx, m);
}

static void pass_histogram(void *ctx, const struct metric_histogram *h)
{
	const struct sink *sink = ((const struct witness *)ctx)->sink;

	sink->histogram(sink->ctx, h);
}

static void pass_event(void *ctx, const struct event *event)
{
	const struct witness *w = ctx;

	w->sink->event(w->sink->ctx, event);
}

static void pass_news(void *ctx, const struct event *event)
{
	const struct witness *w = ctx;

	notice_event(&w->member->notice, event, w->sink);
}

/* The normalizer's own events are all there is where everything passes. */
static bool wants_notices(
	const struct scrape *s, const struct member *m, const struct sink *sink)
{
	return sink->event != NULL && !s->passes_events &&
	       target_options(m->target)->notifications;
}

static void see_end(void *ctx, const struct attempt *attempt)
{
	struct witness *w = ctx;

	target_done(w->member->target, w->answer, attempt);
	w->error = *attempt->error;
	if (wants_notices(w->scrape, w->member, w->sink))
		notice_attempt(&w->member->notice, attempt, w->sink);
	if (w->sink->end != NULL)
		w->sink->end(w->sink->ctx, attempt);
}

/* Whoever records wants to see each failure. */
static void say_failure(struct scrape *s, struct member *m, const struct err *why)
{
	static const char format[] = "endpoint %s, %s: %s: %s";
	const struct options *o = target_options(m->target);

	if (s->record != NULL)
		log_emit(s->log, LOG_LEVEL_WARNING, format, o->name, o->url.address,
			err_name(why->code), why->text);
	else
		log_complain(s->log, &m->trouble, now_ms(s), LOG_LEVEL_WARNING, format,
			o->name, o->url.address, err_name(why->code), why->text);
}

static void say_success(struct scrape *s, struct member *m)
{
	const struct options *o = target_options(m->target);

	log_recovered(s->log, &m->trouble, now_ms(s), "endpoint %s, %s: answers again",
		o->name, o->url.address);
}

static bool store_in(struct scrape *s, struct pages_out *out, const struct stored *stored)
{
	struct err e;

	if (out == NULL)
		return false;
	bool done = pages_put(out, stored, &e);
	if (done)
		log_recovered(s->log, &s->storing, now_ms(s), "pages are stored again");
	else
		log_complain(s->log, &s->storing, now_ms(s), LOG_LEVEL_WARNING,
			"a page is not stored: %s", e.text);
	return done;
}

/* A recording keeps every whole answer, the state folder what the next start can use. */
static void store(struct scrape *s, struct member *m, const struct answer *a,
	bool is_page, const struct witness *w)
{
	struct buf reason;
	struct stored stored = {.instance = str_of(target_options(m->target)->instance),
		.time_ms = a->time_ms,
		.status = a->status,
		.duration_ms = a->duration_seconds * 1000,
		.note = a->content_type,
		.format = a->format,
		.body = a->body};

	buf_init(&reason, 1024);
	if (!is_page) {
		buf_addf(&reason, "%s: %s", err_name(w->error.code), w->error.text);
		stored.note = buf_str(&reason);
	}
	stored.has_page = a->error.code == ERR_NONE;
	store_in(s, s->record, &stored);
	stored.has_page = is_page;
	stored.before_ms = m->stored_ms;
	stored.before_format = m->stored_format;
	if (store_in(s, s->state, &stored) && is_page) {
		m->stored_ms = a->time_ms;
		m->stored_format = a->format;
	}
	buf_free(&reason);
}

static bool take(struct scrape *s, struct member *m, const struct answer *answer,
	const struct sink *sink, struct witness *w)
{
	struct sink between = {.ctx = w, .metric = pass_metric, .end = see_end};

	*w = (struct witness){.scrape = s, .sink = sink, .member = m, .answer = answer};
	if (sink->histogram != NULL)
		between.histogram = pass_histogram;
	if (wants_notices(s, m, sink))
		between.event = pass_news;
	else if (s->passes_events && sink->event != NULL)
		between.event = pass_event;
	return normalize_run(m->normalize, answer, &between);
}

static bool take_answer(struct scrape *s, struct member *m, const struct answer *answer,
	const struct sink *sink)
{
	struct witness w;
	bool is_page = take(s, m, answer, sink, &w);

	store(s, m, answer, is_page, &w);
	if (is_page)
		say_success(s, m);
	else
		say_failure(s, m, &w.error);
	return is_page;
}

bool scrape_body(struct scrape *s, size_t target, const struct answer *answer,
	const struct sink *sink)
{
	return take_answer(s, s->member[target], answer, sink);
}

/* Its next time comes with a tick, or is known. */
static void wait_for(struct scrape *s, struct member *m)
{
	int64_t due_us = target_due_us(m->target);

	if (due_us != TARGET_NEVER)
		schedule_add(&s->schedule, due_us, m);
}

static void answered(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct member *m = ctx;
	struct scrape *s = m->scrape;

	(void)x;
	if (s->asked == m)
		s->asked = NULL;
	wait_for(s, m);
	take_answer(s, m, answer, s->sink);
	s->ended++;
}

/* ---- who is asked ---- */

static void member_free(struct member *m)
{
	if (m == NULL)
		return;
	fetch_remove(m->endpoint);
	target_free(m->target);
	normalize_free(m->normalize);
	free(m);
}

static struct member *member_new(struct scrape *s, const struct options *o)
{
	struct member *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->scrape = s;
	m->target = target_new(o);
	m->endpoint = fetch_add(s->fetch, o, answered, m);
	m->normalize = normalize_new(o, &s->clock, s->log);
	if (m->target == NULL || m->endpoint == NULL || m->normalize == NULL) {
		member_free(m);
		return NULL;
	}
	if (s->keeps_pages)
		normalize_keep_pages(m->normalize);
	return m;
}

static struct member *add_member(struct scrape *s, const struct options *o)
{
	struct member **grown =
		reallocarray(s->member, s->count + 1, sizeof(struct member *));

	if (grown == NULL)
		return NULL;
	s->member = grown;
	if (!schedule_reserve(&s->schedule, s->count + 1))
		return NULL;
	struct member *m = member_new(s, o);
	if (m != NULL)
		s->member[s->count++] = m;
	return m;
}

/* ---- the past ---- */

/* Events of the past are none. */
static void restore_page(
	struct member *m, const struct stored *stored, const struct sink *sink)
{
	struct answer answer = pages_answer(stored);

	normalize_restore(m->normalize, &answer, sink);
}

/* NULL: the page is of nobody who is asked. */
static struct member *member_of(const struct scrape *s, struct str instance)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(str_of(target_options(s->member[i]->target)->instance),
			    instance))
			return s->member[i];
	return NULL;
}

static void restore_from(struct scrape *s, const char *folder)
{
	struct err e;
	struct stored stored;
	struct pages *pages = pages_open(folder, &e);

	while (pages != NULL && (pages_next(pages, &stored, &e) || e.code != ERR_NONE)) {
		struct member *m;

		if (e.code != ERR_NONE) {
			log_emit(s->log, LOG_LEVEL_WARNING,
				"a stored page is not used: %s", e.text);
			continue;
		}
		m = member_of(s, stored.instance);
		if (m != NULL && stored.has_page && stored.known_format &&
			stored.status == 200)
			restore_page(m, &stored, &s->prime);
	}
	pages_close(pages);
}

static void restore_member(struct scrape *s, const struct member *m)
{
	struct buf folder;

	buf_init(&folder, 8192);
	buf_addf(&folder, "%s/%s", settings_defaults(s->settings)->state_dir,
		target_options(m->target)->instance);
	buf_addc(&folder, '\0');
	if (buf_ok(&folder) && pages_are_in(folder.at, NULL))
		restore_from(s, folder.at);
	buf_free(&folder);
}

/* ---- endpoints that are found ---- */

static void *add_found(void *ctx, const struct options *o)
{
	struct scrape *s = ctx;
	struct member *m = add_member(s, o);

	if (m == NULL)
		return NULL;
	if (s->state != NULL)
		restore_member(s, m);
	if (s->every_seconds > 0)
		target_every(m->target, now_us(s), (int64_t)(s->every_seconds * 1e6));
	wait_for(s, m);
	return m;
}

/* Not in the midst of a request, which would be lost. */
static bool change_found(void *ctx, void *endpoint, const struct options *o)
{
	struct scrape *s = ctx;
	struct member *m = endpoint;

	if (fetch_is_running(m->endpoint))
		return false;
	struct fetch_endpoint *x = fetch_add(s->fetch, o, answered, m);
	if (x == NULL)
		return false;
	fetch_remove(m->endpoint);
	m->endpoint = x;
	m->secret = (struct secrets_user){0};
	target_move(m->target, o);
	normalize_move(m->normalize, o);
	return true;
}

static void remove_found(void *ctx, void *endpoint)
{
	struct scrape *s = ctx;
	size_t i = 0;

	while (s->member[i] != endpoint)
		i++;
	schedule_remove(&s->schedule, endpoint);
	if (s->asked == endpoint)
		s->asked = NULL;
	member_free(s->member[i]);
	memmove(&s->member[i], &s->member[i + 1],
		(--s->count - i) * sizeof(struct member *));
}

static bool is_command_line(const struct scrape *s)
{
	return settings_dialect_of(s->settings) == SETTINGS_ARGV;
}

/* One for each way of looking that the block asks for. */
static bool open_sources(struct scrape *s, size_t block)
{
	const struct options *o = settings_discovery_at(s->settings, block);
	struct discover_source source;
	bool done = true;

	if (o->files.count > 0)
		done = discover_files_open(&source, o, &s->clock, s->log) &&
		       discover_add(s->discover, &source, block);
	if (done && o->listeners)
		done = discover_listeners_open(
			       &source, &(struct discover_listeners){.root = "/proc",
						.block = o,
						.is_command_line = is_command_line(s),
						.fetch = s->fetch,
						.clock = &s->clock,
						.log = s->log}) &&
		       discover_add(s->discover, &source, block);
	if (done && o->pod_manifests != NULL)
		done = discover_manifests_open(&source, o, &s->clock, s->log) &&
		       discover_add(s->discover, &source, block);
	return done;
}

static bool open_servers(struct scrape *s)
{
	bool done = true;

	for (size_t i = 0; done && i < settings_kubernetes_servers(s->settings); i++) {
		struct discover_source source;
		size_t block;
		const struct options *server =
			settings_kubernetes_at(s->settings, i, &block);

		done = discover_kubernetes_open(
			       &source, s->fetch, server, &s->clock, s->log) &&
		       discover_add(s->discover, &source, block);
	}
	return done;
}

static bool start_looking(struct scrape *s)
{
	const struct discover_reader reader = {s, add_found, change_found, remove_found};

	s->discover = discover_new(s->settings, s->log, &reader);
	bool done = s->discover != NULL;
	for (size_t i = 0; done && i < settings_discoveries(s->settings); i++)
		done = open_sources(s, i);
	return done && open_servers(s);
}

struct scrape *scrape_new(const struct settings *settings, const struct clock *clock,
	const struct log *log, struct err *e)
{
	size_t count = settings_targets(settings);
	struct scrape *s = calloc(1, sizeof(*s));
	bool done = s != NULL;

	if (done) {
		s->settings = settings;
		s->clock = *clock;
		s->log = log;
		s->fetch = fetch_new(clock, log);
		done = s->fetch != NULL && start_looking(s);
	}
	if (done) {
		s->attachments = attachments_new(settings, s->fetch, clock, log);
		s->secrets = secrets_new(settings, s->fetch, clock, log);
		done = s->attachments != NULL && s->secrets != NULL;
	}
	for (size_t i = 0; done && i < count; i++)
		done = add_member(s, settings_target_at(settings, i)) != NULL;
	if (done)
		return s;
	scrape_free(s);
	err_set(e, ERR_MEMORY, "no memory for %zu endpoints", count);
	return NULL;
}

/* ---- the first half ---- */

static void wait_for_all(struct scrape *s)
{
	schedule_clear(&s->schedule);
	for (size_t i = 0; i < s->count; i++)
		if (!fetch_is_running(s->member[i]->endpoint))
			wait_for(s, s->member[i]);
}

void scrape_tick(struct scrape *s, double interval_seconds, int64_t tick_us)
{
	int64_t tick_ms = now_ms(s) - (now_us(s) - tick_us) / 1000;

	for (size_t i = 0; i < s->count; i++) {
		struct target *t = s->member[i]->target;

		if (fabs(target_options(t)->interval_seconds - interval_seconds) > 1e-6)
			continue;
		target_keep_apart(t, tick_ms);
		target_tick(t, tick_us);
	}
	wait_for_all(s);
	attachments_tick(s->attachments, interval_seconds, tick_us);
}

void scrape_every(struct scrape *s, double interval_seconds)
{
	s->passes_events = true;
	s->every_seconds = interval_seconds;
	for (size_t i = 0; i < s->count; i++)
		target_every(s->member[i]->target, now_us(s),
			(int64_t)(interval_seconds * 1e6));
	wait_for_all(s);
}

static void send_due(struct scrape *s)
{
	int64_t now = now_us(s);
	struct member *m;

	if (s->asked != NULL && now < s->patience_us)
		return;
	m = schedule_take(&s->schedule, now);
	if (m == NULL)
		return;
	s->asked = m;
	s->patience_us = now + PATIENCE_US;
	target_sent(m->target, now);
	secrets_apply(s->secrets, &m->secret, m->endpoint, target_options(m->target));
	fetch_start(m->endpoint);
}

/* When the next request may be sent; TARGET_NEVER: nobody waits. */
static int64_t next_send_us(const struct scrape *s)
{
	int64_t first_us = schedule_first_us(&s->schedule);

	return s->asked != NULL && first_us < s->patience_us ? s->patience_us : first_us;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t scrape_next_ms(const struct scrape *s)
{
	int64_t others_us =
		least(discover_next_us(s->discover), attachments_due_us(s->attachments));
	int64_t first_us =
		least(least(next_send_us(s), secrets_due_us(s->secrets)), others_us);
	int64_t left_us = first_us - now_us(s);

	if (first_us == TARGET_NEVER)
		return -1;
	return left_us > 0 ? (left_us + 999) / 1000 : 0;
}

bool scrape_round(struct scrape *s, int64_t wait_ms, const struct sink *sink)
{
	int64_t next_ms;

	s->sink = sink;
	s->ended = 0;
	discover_look(s->discover);
	secrets_send(s->secrets);
	send_due(s);
	attachments_send(s->attachments, sink);
	next_ms = scrape_next_ms(s);
	if (next_ms >= 0 && next_ms < wait_ms)
		wait_ms = next_ms;
	fetch_run(s->fetch, wait_ms);
	return s->ended > 0;
}

size_t scrape_running(const struct scrape *s)
{
	return fetch_running(s->fetch);
}

int scrape_fd(const struct scrape *s, int64_t *wait_ms)
{
	int64_t next_ms = scrape_next_ms(s);
	int fd = fetch_fd(s->fetch, wait_ms);

	if (next_ms >= 0 && (*wait_ms < 0 || next_ms < *wait_ms))
		*wait_ms = next_ms;
	return fd;
}

void scrape_wake(struct scrape *s)
{
	fetch_wake(s->fetch);
}

/* ---- the state folder ---- */

static gid_t group_of(const struct scrape *s, const char *name)
{
	struct group entry;
	struct group *found = NULL;
	char room[16384];

	if (name == NULL)
		return (gid_t)-1;
	if (getgrnam_r(name, &entry, room, sizeof(room), &found) == 0 && found != NULL)
		return found->gr_gid;
	log_emit(s->log, LOG_LEVEL_WARNING,
		"StateGroup \"%s\": there is no such group; the process's own is used",
		name);
	return (gid_t)-1;
}

void scrape_restore(struct scrape *s, const struct sink *sink)
{
	const struct options *o = settings_defaults(s->settings);

	if (o->state_dir == NULL)
		return;
	s->prime = (struct sink){.ctx = sink->ctx, .metric = sink->metric};
	if (pages_are_in(o->state_dir, NULL))
		restore_from(s, o->state_dir);
	s->state = pages_out_new(o->state_dir, true, group_of(s, o->state_group));
	if (s->state == NULL)
		log_emit(s->log, LOG_LEVEL_WARNING, "no memory: pages are not kept in %s",
			o->state_dir);
}

void scrape_record(struct scrape *s, struct pages_out *out)
{
	s->record = out;
}

/* ---- looking at it ---- */

size_t scrape_targets(const struct scrape *s)
{
	return s->count;
}

bool scrape_has_looked(const struct scrape *s)
{
	return discover_has_looked(s->discover);
}

const struct discover_closed *scrape_closed_at(const struct scrape *s, size_t i)
{
	return discover_closed_at(s->discover, i);
}

const struct target_status *scrape_status(const struct scrape *s, size_t target)
{
	return target_status(s->member[target]->target);
}

void scrape_keep_pages(struct scrape *s)
{
	s->keeps_pages = true;
	for (size_t i = 0; i < s->count; i++)
		normalize_keep_pages(s->member[i]->normalize);
}

struct str scrape_page(const struct scrape *s, size_t target, enum expo_format *format)
{
	return normalize_page(s->member[target]->normalize, format);
}

void scrape_free(struct scrape *s)
{
	if (s == NULL)
		return;
	discover_free(s->discover);
	attachments_free(s->attachments);
	secrets_free(s->secrets);
	for (size_t i = 0; i < s->count; i++)
		member_free(s->member[i]);
	free(s->member);
	schedule_free(&s->schedule);
	fetch_free(s->fetch);
	pages_out_free(s->state);
	free(s);
}
