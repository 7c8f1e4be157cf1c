/* The plugin `operator` of collectd 5, with oconfig.c the only file that knows collectd.
 *
 * collectd calls on_config() for each block, on_init() once after its fork, on_tick() at
 * each interval from threads of its own, on_shutdown() when those have ended. The work is
 * done by one thread of ours, which owns the scrape and everything below it: on_tick()
 * only says what is due. So a hung endpoint holds no thread of collectd's, and collectd
 * stops at once.
 *
 * Nothing that an endpoint, a file or the configuration can do returns an error to
 * collectd, which would end itself for the one and stop asking for the other. */
#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/plugin.h>
#include <collectd/core/daemon/utils_cache.h>

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/scrape.h"
#include "engine/settings.h"
#include "plugin/oconfig.h"
#include "plugin/pace.h"

#define NAME "operator"

/* Notifications that wait for a read callback; what comes on top is left out. */
#define NOTES 64

/* So many values go to the write queue in one go, without a lower limit of the user's. */
#define PORTION 256

/* A value with what it points to. */
struct sent {
	value_list_t list;
	value_t value;
};

/* Endpoints of one interval share a read callback. */
struct group {
	double interval_seconds;
	size_t endpoints;
	bool is_due;     /* guarded by lock */
	int64_t tick_us; /* guarded by lock: monotonic, when collectd called */
};

static struct plugin {
	struct log log;
	struct clock clock;
	struct settings *settings;
	struct scrape *scrape;
	struct group *groups;
	size_t group_count;

	/* of the thread alone */
	struct pace pace;
	uc_iter_t *hold; /* see hold_writers() */
	int64_t page_ms; /* its time; 0: of no attempt, or of one before */
	struct sent last;
	struct sent missed; /* by pace */
	struct sent mark;   /* see is_mark() */

	plugin_ctx_t ctx; /* of the plugin; writers ask it for our interval */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	/* guarded by lock */
	bool stops;
	notification_t notes[NOTES]; /* a ring */
	size_t note_first;
	size_t note_count;
} plugin = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* While values of a page come one after the other, collectd's write threads would wake up
 * and fall asleep for each, which cost a fifth of the whole process. An iterator holds
 * the lock of collectd's cache, before which they stop at the first value; there they
 * wake up once. It is held for some tens of microseconds, and while neither a question is
 * put to the cache nor a line to what logs, which may be anything. */
static void hold_writers(void)
{
	if (plugin.hold == NULL)
		plugin.hold = uc_get_iterator();
}

static void let_writers_go(void)
{
	uc_iterator_destroy(plugin.hold);
	plugin.hold = NULL;
}

static void write_log(void *ctx, enum log_level level, const char *text)
{
	static const int priority[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_NOTICE] = LOG_NOTICE,
		[LOG_LEVEL_INFO] = LOG_INFO,
	};

	(void)ctx;
	let_writers_go();
	plugin_log(priority[level], NAME " plugin: %s", text);
}

/* ---- configuration ---- */

static int on_config(oconfig_item_t *block)
{
	if (plugin.settings == NULL)
		plugin.settings = settings_new(SETTINGS_COLLECTD, &plugin.log);
	if (plugin.settings == NULL)
		log_emit(&plugin.log, LOG_LEVEL_ERROR, "no memory");
	else
		oconfig_walk(plugin.settings, block);
	return 0;
}

/* ---- values ---- */

static void copy_part(char *to, struct str part)
{
	size_t len = part.len < DATA_MAX_NAME_LEN ? part.len : DATA_MAX_NAME_LEN - 1;

	memcpy(to, part.at, len);
	to[len] = '\0';
}

static void fill(struct sent *sent, const struct metric *m)
{
	value_list_t *vl = &sent->list;

	if (m->kind == METRIC_DERIVE)
		sent->value.derive = m->derive;
	else
		sent->value.gauge = m->gauge;
	*vl = (value_list_t){.values = &sent->value, .values_len = 1};
	vl->time = MS_TO_CDTIME_T(m->stamp_ms);
	vl->interval = DOUBLE_TO_CDTIME_T(m->interval_seconds);
	copy_part(vl->host, m->host.len > 0 ? m->host : str_of(hostname_g));
	copy_part(vl->plugin, STR(NAME));
	copy_part(vl->plugin_instance, m->instance);
	copy_part(vl->type, m->type);
	copy_part(vl->type_instance, m->type_instance);
}

static void keep(struct sent *kept, const struct sent *sent)
{
	*kept = *sent;
	kept->list.values = &kept->value;
}

static bool is_same(gauge_t a, gauge_t b)
{
	return isnan(a) ? isnan(b) : !(a < b || a > b);
}

/* Does collectd's cache, which its write threads fill, have this value? Of counters only
 * whether they are there can be told. */
static bool is_cached(const value_list_t *vl)
{
	const data_set_t *ds = plugin_get_ds(vl->type);

	let_writers_go();
	gauge_t *rate = ds == NULL ? NULL : uc_get_rate(ds, vl);
	const gauge_t *sent = &vl->values[0].gauge;
	bool is_there = rate != NULL &&
			(ds->ds[0].type != DS_TYPE_GAUGE || is_same(*rate, *sent));

	free(rate);
	return is_there;
}

static bool last_has_come(void *ctx)
{
	(void)ctx;
	return is_cached(&plugin.last.list);
}

static void rest(void)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	let_writers_go();
	(void)nanosleep(&ms, NULL);
}

/* How long a page took, which is among the last of its values, and hardly ever twice the
 * same: so its being in the cache says that the page is. */
static bool is_mark(const struct metric *m)
{
	return str_eq(m->type_instance, STR("scrape")) &&
	       str_eq(m->type, STR("response_time"));
}

static void begin_page(void)
{
	struct pace *p = &plugin.pace;
	bool has_mark = plugin.mark.list.values_len > 0;

	pace_page(p, p->hangs && is_cached(&plugin.missed.list));
	if (has_mark && pace_is_half(p) && is_cached(&plugin.mark.list))
		pace_has_come(p);
	plugin.mark.list.values_len = 0;
}

/* The zeros of new counters come first, with the time of the page before: the write
 * threads must have taken them before what follows, or the order may turn round and the
 * first rate is lost. */
static bool begin_value(int64_t time_ms)
{
	bool is_in_time = true;

	if (plugin.page_ms == 0)
		begin_page();
	else if (time_ms > plugin.page_ms)
		is_in_time = pace_await(&plugin.pace, last_has_come, NULL);
	plugin.page_ms = time_ms;
	return is_in_time;
}

static void end_page(void)
{
	let_writers_go();
	plugin.page_ms = 0;
}

static void send_metric(void *ctx, const struct metric *m)
{
	bool is_probe = false;

	(void)ctx;
	if (!begin_value(m->time_ms))
		keep(&plugin.missed, &plugin.last);
	fill(&plugin.last, m);
	if (is_mark(m))
		keep(&plugin.mark, &plugin.last);
	if (pace_is_full(&plugin.pace))
		is_probe = !is_cached(&plugin.last.list);
	else
		hold_writers();
	(void)plugin_dispatch_values(&plugin.last.list);
	if (!pace_sent(&plugin.pace, is_probe, last_has_come, NULL))
		keep(&plugin.missed, &plugin.last);
	/* a value of no endpoint is of no page either */
	if (m->instance.len == 0)
		end_page();
}

static void end_attempt(void *ctx, const struct attempt *a)
{
	(void)ctx;
	(void)a;
	end_page();
}

/* What the endpoints showed before this start, for collectd's cache alone: the first
 * counters that are sent then make a rate. */
static void prime_metric(void *ctx, const struct metric *m)
{
	struct sent primed;

	(void)ctx;
	fill(&primed, m);
	const data_set_t *ds = plugin_get_ds(primed.list.type);

	if (m->kind == METRIC_DERIVE && ds != NULL && ds->ds_num == 1)
		(void)uc_update(ds, &primed.list);
}

/* collectd runs what takes notifications (mail among it) in the thread that hands them
 * over: so they wait here for a read callback. */
static void keep_event(void *ctx, const struct event *e)
{
	static const int severity[] = {
		[EVENT_OKAY] = NOTIF_OKAY,
		[EVENT_WARNING] = NOTIF_WARNING,
		[EVENT_FAILURE] = NOTIF_FAILURE,
	};

	(void)ctx;
	pthread_mutex_lock(&plugin.lock);
	if (plugin.note_count < NOTES) {
		size_t place = (plugin.note_first + plugin.note_count++) % NOTES;
		notification_t *n = &plugin.notes[place];

		*n = (notification_t){.severity = severity[e->severity],
			.time = MS_TO_CDTIME_T(e->time_ms)};
		(void)snprintf(n->message, sizeof(n->message), "%.*s", STR_ARG(e->text));
		copy_part(n->host, e->host.len > 0 ? e->host : str_of(hostname_g));
		copy_part(n->plugin, STR(NAME));
		copy_part(n->plugin_instance, e->instance);
	}
	pthread_mutex_unlock(&plugin.lock);
}

static void dispatch_notes(void)
{
	for (;;) {
		notification_t n;

		pthread_mutex_lock(&plugin.lock);
		bool has_one = plugin.note_count > 0;

		if (has_one) {
			n = plugin.notes[plugin.note_first];
			plugin.note_first = (plugin.note_first + 1) % NOTES;
			plugin.note_count--;
		}
		pthread_mutex_unlock(&plugin.lock);
		if (!has_one)
			return;
		(void)plugin_dispatch_notification(&n);
	}
}

/* ---- the thread ---- */

static bool take_ticks(void)
{
	pthread_mutex_lock(&plugin.lock);
	bool stops = plugin.stops;

	for (size_t i = 0; i < plugin.group_count; i++) {
		struct group *g = &plugin.groups[i];

		if (g->is_due)
			scrape_tick(plugin.scrape, g->interval_seconds, g->tick_us);
		g->is_due = false;
	}
	pthread_mutex_unlock(&plugin.lock);
	return !stops;
}

static void *work(void *arg)
{
	const struct sink sink = {
		.metric = send_metric, .event = keep_event, .end = end_attempt};

	(void)arg;
	plugin_set_ctx(plugin.ctx);
	while (take_ticks())
		scrape_round(plugin.scrape, 60000, &sink);
	return NULL;
}

/* collectd's signals are for its own threads. */
static bool start_thread(void)
{
	sigset_t all, before;

	plugin.ctx = plugin_get_ctx();
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	plugin.has_thread = pthread_create(&plugin.thread, NULL, work, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return plugin.has_thread;
}

static int on_tick(user_data_t *data)
{
	struct group *g = data->data;

	pthread_mutex_lock(&plugin.lock);
	g->is_due = true;
	g->tick_us = plugin.clock.monotonic_us(plugin.clock.ctx);
	pthread_mutex_unlock(&plugin.lock);
	scrape_wake(plugin.scrape);
	dispatch_notes();
	return 0;
}

/* ---- start and end ---- */

/* Were we compiled with the sizes that this daemon has? Nothing else would tell. */
static bool data_sets_fit(void)
{
	const data_set_t *ds = plugin_get_ds("gauge");

	if (ds != NULL && ds->ds_num == 1 && strcmp(ds->ds[0].name, "value") == 0)
		return true;
	log_emit(&plugin.log, LOG_LEVEL_ERROR,
		"this collectd has no usable type \"gauge\": either its TypesDB lacks "
		"it, or the "
		"plugin was built for another collectd; nothing is read");
	return false;
}

static struct group *group_of(double interval_seconds)
{
	for (size_t i = 0; i < plugin.group_count; i++)
		if (fabs(plugin.groups[i].interval_seconds - interval_seconds) < 1e-6)
			return &plugin.groups[i];
	struct group *g = &plugin.groups[plugin.group_count++];

	g->interval_seconds = interval_seconds;
	return g;
}

static bool make_groups(void)
{
	size_t count = settings_targets(plugin.settings);
	size_t discoveries = settings_discoveries(plugin.settings);
	size_t attachments = settings_attachments(plugin.settings);

	plugin.groups =
		calloc(count + discoveries + attachments + 1, sizeof(*plugin.groups));
	for (size_t i = 0; plugin.groups != NULL && i < count; i++)
		group_of(settings_target_at(plugin.settings, i)->interval_seconds)
			->endpoints++;
	for (size_t i = 0; plugin.groups != NULL && i < discoveries; i++)
		group_of(settings_discovery_at(plugin.settings, i)->interval_seconds);
	for (size_t i = 0; plugin.groups != NULL && i < attachments; i++)
		group_of(settings_attachment_at(plugin.settings, i)->interval_seconds);
	return plugin.groups != NULL;
}

static void register_reads(void)
{
	for (size_t i = 0; i < plugin.group_count; i++) {
		struct group *g = &plugin.groups[i];
		user_data_t data = {.data = g};
		char name[64];

		(void)snprintf(name, sizeof(name), NAME "/%.10gs", g->interval_seconds);
		(void)plugin_register_complex_read(NAME, name, on_tick,
			DOUBLE_TO_CDTIME_T(g->interval_seconds), &data);
	}
}

/* A portion: with its probe less than half of what the user allows the write queue to
 * hold. The wait for one page: a quarter of the shortest interval. */
static struct pace make_pace(void)
{
	long low = global_option_get_long("WriteQueueLimitLow", 0);
	long high = global_option_get_long("WriteQueueLimitHigh", 0);
	long portion = low > 0 ? low / 4 : high / 8;
	double shortest_seconds = 10;

	for (size_t i = 0; i < plugin.group_count; i++)
		if (plugin.groups[i].interval_seconds < shortest_seconds)
			shortest_seconds = plugin.groups[i].interval_seconds;
	return (struct pace){
		.portion = portion > 0 && portion < PORTION ? (size_t)portion : PORTION,
		.most_ms = (int)(shortest_seconds * 250),
		.rest = rest};
}

static void say_start(void)
{
	char text[400] = "";
	char asked[64] = "";
	size_t len = 0;
	size_t attachments = settings_attachments(plugin.settings);

	for (size_t i = 0; i < plugin.group_count && len < sizeof(text); i++) {
		int more = snprintf(text + len, sizeof(text) - len, "%s%zu every %g s",
			i > 0 ? ", " : ": ", plugin.groups[i].endpoints,
			plugin.groups[i].interval_seconds);
		len += more > 0 ? (size_t)more : 0;
	}
	if (attachments > 0)
		(void)snprintf(
			asked, sizeof(asked), ", %zu volume attachments", attachments);
	log_emit(&plugin.log, LOG_LEVEL_INFO,
		"version %s, %zu endpoints%s%s%s; %zu warnings", OPERATOR_VERSION,
		settings_targets(plugin.settings), text,
		settings_discoveries(plugin.settings) > 0 ? ", and those found" : "",
		asked, settings_complaints(plugin.settings));
}

static bool start_scraping(struct err *e)
{
	const struct sink prime = {.metric = prime_metric};

	if (!settings_check(plugin.settings, CDTIME_T_TO_DOUBLE(plugin_get_interval())) ||
		!make_groups())
		return err_set(e, ERR_MEMORY, "no memory");
	say_start();
	if (plugin.group_count == 0)
		return true;
	if (!fetch_global_init(e))
		return false;
	plugin.scrape = scrape_new(plugin.settings, &plugin.clock, &plugin.log, e);
	if (plugin.scrape == NULL)
		return false;
	scrape_restore(plugin.scrape, &prime);
	plugin.pace = make_pace();
	if (!start_thread())
		return err_set(e, ERR_MEMORY, "no thread can be started");
	register_reads();
	return true;
}

static int on_init(void)
{
	struct err e;

	if (plugin.settings == NULL) {
		log_emit(&plugin.log, LOG_LEVEL_WARNING,
			"no <Plugin operator> block in the configuration: nothing is "
			"read");
		return 0;
	}
	if (data_sets_fit() && !start_scraping(&e))
		log_emit(&plugin.log, LOG_LEVEL_ERROR, "%s; nothing is read", e.text);
	return 0;
}

/* collectd's read callbacks have ended, and its write threads: nothing is sent any more.
 */
static int on_shutdown(void)
{
	pthread_mutex_lock(&plugin.lock);
	plugin.stops = true;
	pthread_mutex_unlock(&plugin.lock);
	if (plugin.has_thread) {
		scrape_wake(plugin.scrape);
		pthread_join(plugin.thread, NULL);
	}
	scrape_free(plugin.scrape);
	settings_free(plugin.settings);
	free(plugin.groups);
	plugin.has_thread = false;
	plugin.stops = false;
	plugin.scrape = NULL;
	plugin.settings = NULL;
	plugin.groups = NULL;
	plugin.group_count = 0;
	return 0;
}

void module_register(void)
{
	plugin.log = (struct log){.write = write_log};
	plugin.clock = clock_system();
	(void)plugin_register_complex_config(NAME, on_config);
	(void)plugin_register_init(NAME, on_init);
	(void)plugin_register_shutdown(NAME, on_shutdown);
}
