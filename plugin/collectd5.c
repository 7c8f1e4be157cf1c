/* The plugin `operator` of collectd 5, the only file that knows collectd.
 *
 * collectd calls on_config() for each block, on_init() once after its fork, on_tick() at each
 * interval from threads of its own, on_shutdown() when those have ended. The work is done by
 * one thread of ours, which owns the scrape and everything below it: on_tick() only says what
 * is due. So a hung endpoint holds no thread of collectd's, and collectd stops at once.
 *
 * Nothing that an endpoint, a file or the configuration can do returns an error to collectd,
 * which would end itself for the one and stop asking for the other. */
#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/plugin.h>
#include <collectd/core/daemon/utils_cache.h>

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/scrape.h"
#include "engine/settings.h"

#define NAME "operator"

/* Notifications that wait for a read callback; what comes on top is left out. */
#define NOTES 64

/* Without a limit of the user's, so many values go to the write queue in one go. */
#define BURST 256

/* Endpoints of one interval share a read callback. */
struct group {
	double interval_seconds;
	size_t endpoints;
	bool is_due;        /* guarded by lock */
	int64_t tick_us;    /* guarded by lock: monotonic, when collectd called */
};

static struct plugin {
	struct log log;
	struct clock clock;
	struct settings *settings;
	struct scrape *scrape;
	struct group *groups;
	size_t group_count;

	/* of the thread alone */
	int64_t page_ms;    /* time of the value sent last */
	size_t burst;       /* values sent since the last pause */
	size_t burst_limit;

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	/* guarded by lock */
	bool stops;
	notification_t notes[NOTES]; /* a ring */
	size_t note_first;
	size_t note_count;
} plugin = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void write_log(void *ctx, enum log_level level, const char *text)
{
	int priority = LOG_INFO;

	(void)ctx;
	switch (level) {
	case LOG_LEVEL_ERROR:
		priority = LOG_ERR;
		break;
	case LOG_LEVEL_WARNING:
		priority = LOG_WARNING;
		break;
	case LOG_LEVEL_NOTICE:
		priority = LOG_NOTICE;
		break;
	case LOG_LEVEL_INFO:
		break;
	}
	plugin_log(priority, NAME " plugin: %s", text);
}

/* ---- configuration ---- */

/* Values of collectd's as the settings take them; text is borrowed. */
static struct setting *settings_of(const oconfig_item_t *item)
{
	struct setting *all = calloc((size_t)item->values_num + 1, sizeof(*all));

	for (int i = 0; all != NULL && i < item->values_num; i++) {
		const oconfig_value_t *v = &item->values[i];

		if (v->type == OCONFIG_TYPE_NUMBER)
			all[i] = (struct setting){
				.kind = SETTING_NUMBER, .number = v->value.number};
		else if (v->type == OCONFIG_TYPE_BOOLEAN)
			all[i] = (struct setting){.kind = SETTING_FLAG, .flag = v->value.boolean};
		else
			all[i] = (struct setting){.kind = SETTING_TEXT, .text = v->value.string};
	}
	return all;
}

/* One option, of an endpoint or (t NULL) of all. */
static void read_option(struct settings *s, struct settings_target *t, bool is_of_target,
	const oconfig_item_t *item)
{
	struct setting *values = settings_of(item);

	if (values == NULL)
		settings_complain(s, t, "%s: no memory", item->key);
	else if (item->children_num > 0)
		settings_complain(s, t, "<%s>: there is no such block", item->key);
	else if (is_of_target)
		(void)settings_target_set(t, item->key, values, (size_t)item->values_num);
	else
		(void)settings_set(s, item->key, values, (size_t)item->values_num);
	free(values);
}

static void read_endpoint(struct settings *s, const oconfig_item_t *block)
{
	if (block->values_num != 1 || block->values[0].type != OCONFIG_TYPE_STRING) {
		settings_complain(s, NULL,
			"<Endpoint>: left out, for it needs one name: <Endpoint \"NAME\">");
		return;
	}
	struct settings_target *t = settings_target(s, block->values[0].value.string);

	for (int i = 0; i < block->children_num; i++)
		read_option(s, t, true, &block->children[i]);
}

static int on_config(oconfig_item_t *block)
{
	if (plugin.settings == NULL)
		plugin.settings = settings_new(SETTINGS_COLLECTD, &plugin.log);
	if (plugin.settings == NULL) {
		log_emit(&plugin.log, LOG_LEVEL_ERROR, "no memory");
		return 0;
	}
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];

		if (strcasecmp(item->key, "Endpoint") == 0)
			read_endpoint(plugin.settings, item);
		else
			read_option(plugin.settings, NULL, false, item);
	}
	return 0;
}

/* ---- values ---- */

static void copy_part(char *to, struct str part)
{
	size_t len = part.len < DATA_MAX_NAME_LEN ? part.len : DATA_MAX_NAME_LEN - 1;

	memcpy(to, part.at, len);
	to[len] = '\0';
}

/* value: where the one value of the list lives. */
static value_list_t list_of(const struct metric *m, value_t *value)
{
	value_list_t vl = VALUE_LIST_INIT;

	if (m->kind == METRIC_DERIVE)
		value->derive = m->derive;
	else
		value->gauge = m->gauge;
	vl.values = value;
	vl.values_len = 1;
	vl.time = MS_TO_CDTIME_T(m->time_ms);
	vl.interval = DOUBLE_TO_CDTIME_T(m->interval_seconds);
	copy_part(vl.host, m->host.len > 0 ? m->host : str_of(hostname_g));
	copy_part(vl.plugin, STR(NAME));
	copy_part(vl.plugin_instance, m->instance);
	copy_part(vl.type, m->type);
	copy_part(vl.type_instance, m->type_instance);
	return vl;
}

static void pause_ms(long ms)
{
	const struct timespec t = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&t, NULL);
	plugin.burst = 0;
}

/* The zeros of new counters come first, with the time of the page before: collectd's write
 * threads must have taken them before what follows, or the order may turn round and the first
 * rate is lost. And a long page must not stand in the write queue as a whole, where it costs
 * memory and, above WriteQueueLimitLow, is thrown away at random. */
static void send_metric(void *ctx, const struct metric *m)
{
	value_t value;
	const value_list_t vl = list_of(m, &value);

	(void)ctx;
	if (plugin.page_ms != 0 && m->time_ms > plugin.page_ms)
		pause_ms(5);
	else if (plugin.burst >= plugin.burst_limit)
		pause_ms(2);
	plugin.page_ms = m->time_ms;
	plugin.burst++;
	(void)plugin_dispatch_values(&vl);
}

static void end_attempt(void *ctx, const struct attempt *a)
{
	(void)ctx;
	(void)a;
	plugin.page_ms = 0;
}

/* What the endpoints showed before this start, for collectd's cache alone: the first counters
 * that are sent then make a rate. */
static void prime_metric(void *ctx, const struct metric *m)
{
	value_t value;
	const value_list_t vl = list_of(m, &value);
	const data_set_t *ds = plugin_get_ds(vl.type);

	(void)ctx;
	if (m->kind == METRIC_DERIVE && ds != NULL && ds->ds_num == 1)
		(void)uc_update(ds, &vl);
}

/* collectd runs what takes notifications (mail among it) in the thread that hands them over:
 * so they wait here for a read callback. */
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
		copy_part(n->host, str_of(hostname_g));
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
