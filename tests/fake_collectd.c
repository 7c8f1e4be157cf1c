#include "tests/fake_collectd.h"

#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/plugin.h>
#include <collectd/core/daemon/utils_cache.h>

#include <check.h>
#include <ctype.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READS 8

/* Lines that were kept. */
struct lines {
	char *text;
	size_t len;
};

struct reading {
	plugin_read_cb callback;
	cdtime_t interval;
	user_data_t data;
};

static struct daemon {
	double interval_seconds;
	int (*config)(oconfig_item_t *);
	plugin_init_cb init;
	plugin_shutdown_cb shutdown;
	struct reading reads[READS];
	size_t read_count;
	data_source_t source;
	data_set_t set;
	bool is_broken;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t attempted;
	size_t attempts;
	struct lines values, cached, log, notifications;

	pthread_mutex_t cache; /* as collectd's: whoever has it may not take it again */
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER,
	.attempted = PTHREAD_COND_INITIALIZER,
	.cache = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP};

/* ---- what the plugin calls, under collectd's names ---- */

static char hostname[] = "host.example";
char *hostname_g = hostname;

static void keep(struct lines *l, const char *line)
{
	size_t len = strlen(line);
	char *text = realloc(l->text, l->len + len + 2);

	ck_assert_ptr_nonnull(text);
	memcpy(text + l->len, line, len);
	memcpy(text + l->len + len, "\n", 2);
	l->text = text;
	l->len += len + 1;
}

int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *))
{
	ck_assert_str_eq(type, "operator");
	fake.config = callback;
	return 0;
}

int plugin_register_init(const char *name, plugin_init_cb callback)
{
	ck_assert_str_eq(name, "operator");
	fake.init = callback;
	return 0;
}

int plugin_register_shutdown(const char *name, plugin_shutdown_cb callback)
{
	ck_assert_str_eq(name, "operator");
	fake.shutdown = callback;
	return 0;
}

int plugin_register_complex_read(const char *group, const char *name,
	plugin_read_cb callback, cdtime_t interval, user_data_t const *user_data)
{
	ck_assert_str_eq(group, "operator");
	ck_assert_ptr_nonnull(name);
	ck_assert_uint_lt(fake.read_count, READS);
	fake.reads[fake.read_count++] = (struct reading){
		callback, interval, user_data ? *user_data : (user_data_t){0}};
	return 0;
}

plugin_ctx_t plugin_get_ctx(void)
{
	return (plugin_ctx_t){.interval = DOUBLE_TO_CDTIME_T(fake.interval_seconds)};
}

plugin_ctx_t plugin_set_ctx(plugin_ctx_t ctx)
{
	ck_assert_uint_gt(ctx.interval, 0);
	return ctx;
}

cdtime_t plugin_get_interval(void)
{
	return DOUBLE_TO_CDTIME_T(fake.interval_seconds);
}

const data_set_t *plugin_get_ds(const char *name)
{
	static const char *const derives[] = {"total_operations", "errors",
		"http_response_codes", "total_time_in_ms", "derive"};

	memset(&fake.set, 0, sizeof(fake.set));
	memset(&fake.source, 0, sizeof(fake.source));
	snprintf(fake.set.type, sizeof(fake.set.type), "%s", name);
	snprintf(fake.source.name, sizeof(fake.source.name), "%s",
		strcmp(name, "duration") == 0 ? "seconds" : "value");
	fake.source.type = DS_TYPE_GAUGE;
	for (size_t i = 0; i < sizeof(derives) / sizeof(derives[0]); i++)
		if (strcmp(name, derives[i]) == 0)
			fake.source.type = DS_TYPE_DERIVE;
	fake.set.ds = &fake.source;
	fake.set.ds_num = fake.is_broken ? 0 : 1;
	return &fake.set;
}

void plugin_log(int level, const char *format, ...)
{
	char text[1100];
	va_list args;
	int len = snprintf(text, sizeof(text), "%d ", level);

	va_start(args, format);
	vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
	va_end(args);
	ck_assert_ptr_null(strchr(text, '\n'));
	pthread_mutex_lock(&fake.lock);
	keep(&fake.log, text);
	pthread_mutex_unlock(&fake.lock);
}

/* What collectd itself would do to it, and what it takes for granted. */
static void value_line(const value_list_t *vl, char *line, size_t size)
{
	const data_set_t *ds = plugin_get_ds(vl->type);

	ck_assert_uint_eq(vl->values_len, 1);
	ck_assert_str_eq(vl->plugin, "operator");
	ck_assert_uint_gt(vl->time, 0);
	ck_assert_uint_gt(vl->interval, 0);
	ck_assert_ptr_null(vl->meta);
	int len = snprintf(line, size, "PUTVAL %s/%s%s%s/%s%s%s interval=%g %" PRIu64 ":",
		vl->host[0] != '\0' ? vl->host : hostname_g, vl->plugin,
		vl->plugin_instance[0] != '\0' ? "-" : "", vl->plugin_instance, vl->type,
		vl->type_instance[0] != '\0' ? "-" : "", vl->type_instance,
		CDTIME_T_TO_DOUBLE(vl->interval), CDTIME_T_TO_MS(vl->time));
	ck_assert(len > 0 && (size_t)len < size);
	if (ds->ds[0].type == DS_TYPE_DERIVE)
		snprintf(
			line + len, size - (size_t)len, "%" PRIi64, vl->values[0].derive);
	else if (isnan(vl->values[0].gauge))
		snprintf(line + len, size - (size_t)len, "U");
	else
		snprintf(line + len, size - (size_t)len, "%.15g", vl->values[0].gauge);
}

int plugin_dispatch_values(value_list_t const *vl)
{
	char line[1024];

	pthread_mutex_lock(&fake.lock);
	value_line(vl, line, sizeof(line));
	keep(&fake.values, line);
	if (strcmp(vl->type, "gauge") == 0 && strcmp(vl->type_instance, "up") == 0)
		fake.attempts++;
	pthread_cond_broadcast(&fake.attempted);
	pthread_mutex_unlock(&fake.lock);
	return 0;
}

static void lock_cache(void)
{
	ck_assert_int_eq(pthread_mutex_lock(&fake.cache), 0);
}

static void unlock_cache(void)
{
	ck_assert_int_eq(pthread_mutex_unlock(&fake.cache), 0);
}

uc_iter_t *uc_get_iterator(void)
{
	uc_iter_t *iterator = malloc(1);

	ck_assert_ptr_nonnull(iterator);
	lock_cache();
	return iterator;
}

void uc_iterator_destroy(uc_iter_t *iterator)
{
	if (iterator != NULL)
		unlock_cache();
	free(iterator);
}

int uc_update(const data_set_t *ds, const value_list_t *vl)
{
	char line[1024];

	ck_assert_ptr_nonnull(ds);
	lock_cache();
	unlock_cache();
	pthread_mutex_lock(&fake.lock);
	value_line(vl, line, sizeof(line));
	keep(&fake.cached, line);
	pthread_mutex_unlock(&fake.lock);
	return 0;
}

/* All that was sent is in the cache at once. */
gauge_t *uc_get_rate(const data_set_t *ds, const value_list_t *vl)
{
	gauge_t *rate = malloc(sizeof(*rate));

	ck_assert_ptr_nonnull(ds);
	ck_assert_ptr_nonnull(rate);
	lock_cache();
	unlock_cache();
	*rate = vl->values[0].gauge;
	return rate;
}

int plugin_dispatch_notification(const notification_t *n)
{
	char line[1024];

	ck_assert_str_eq(n->plugin, "operator");
	snprintf(line, sizeof(line), "%d %s %s %s", n->severity, n->host,
		n->plugin_instance, n->message);
	pthread_mutex_lock(&fake.lock);
	keep(&fake.notifications, line);
	pthread_mutex_unlock(&fake.lock);
	return -1; /* as collectd does when no plugin wants them */
}

long global_option_get_long(const char *option, long default_value)
{
	(void)option;
	return default_value;
}

/* ---- configuration: text to items ---- */

static void skip_blanks(const char **at)
{
	while (isspace((unsigned char)**at))
		(*at)++;
}

/* A word, or what stands in quotes. */
static char *read_word(const char **at)
{
	char *word = calloc(1, strlen(*at) + 1);
	size_t len = 0;
	bool is_quoted = **at == '"';

	ck_assert_ptr_nonnull(word);
	if (is_quoted)
		(*at)++;
	while (**at != '\0' &&
		(is_quoted ? **at != '"' : strchr(" \t\n>", **at) == NULL)) {
		if (**at == '\\')
			(*at)++;
		word[len++] = *(*at)++;
	}
	if (is_quoted)
		(*at)++;
	return word;
}

static oconfig_value_t read_value(const char **at)
{
	bool is_quoted = **at == '"';
	char *word = read_word(at);
	char *end = word;
	oconfig_value_t value = {.type = OCONFIG_TYPE_STRING, .value.string = word};
	double number = strtod(word, &end);

	if (is_quoted)
		return value;
	if (*word != '\0' && *end == '\0')
		value = (oconfig_value_t){
			.type = OCONFIG_TYPE_NUMBER, .value.number = number};
	else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		value = (oconfig_value_t){
			.type = OCONFIG_TYPE_BOOLEAN, .value.boolean = word[0] == 't'};
	else
		return value;
	free(word);
	return value;
}

static void read_values(const char **at, oconfig_item_t *item)
{
	for (;;) {
		while (**at == ' ' || **at == '\t')
			(*at)++;
		if (**at == '\0' || **at == '\n' || **at == '>')
			return;
		item->values = realloc(item->values,
			((size_t)item->values_num + 1) * sizeof(*item->values));
		ck_assert_ptr_nonnull(item->values);
		item->values[item->values_num++] = read_value(at);
	}
}

static void read_items(const char **at, oconfig_item_t *parent)
{
	for (skip_blanks(at); **at != '\0' && strncmp(*at, "</", 2) != 0;
		skip_blanks(at)) {
		bool is_block = **at == '<';
		oconfig_item_t item = {.parent = parent};

		*at += is_block;
		item.key = read_word(at);
		read_values(at, &item);
		if (is_block) {
			ck_assert(**at == '>');
			(*at)++;
			read_items(at, &item);
			*at = strchr(*at, '>');
			ck_assert_ptr_nonnull(*at);
			(*at)++;
		}
		parent->children = realloc(parent->children,
			((size_t)parent->children_num + 1) * sizeof(*parent->children));
		ck_assert_ptr_nonnull(parent->children);
		parent->children[parent->children_num++] = item;
	}
}

static void free_item(oconfig_item_t *item)
{
	for (int i = 0; i < item->values_num; i++)
		if (item->values[i].type == OCONFIG_TYPE_STRING)
			free(item->values[i].value.string);
	for (int i = 0; i < item->children_num; i++)
		free_item(&item->children[i]);
	free(item->values);
	free(item->children);
	free(item->key);
}

/* ---- what tests call ---- */

void fake_load(const char *module, double interval_seconds)
{
	void *handle = dlopen(module, RTLD_NOW);
	const char *why = handle == NULL ? dlerror() : "";
	void (*module_register)(void) = NULL;

	ck_assert_msg(handle != NULL, "%s", why);
	*(void **)&module_register = dlsym(handle, "module_register");
	ck_assert(module_register != NULL);
	fake.interval_seconds = interval_seconds;
	module_register();
	ck_assert(fake.config != NULL);
	ck_assert(fake.init != NULL);
	ck_assert(fake.shutdown != NULL);
}

void fake_break_data_sets(void)
{
	fake.is_broken = true;
}

int fake_config(const char *text)
{
	oconfig_item_t block = {0};
	const char *at = text;

	block.key = strdup("Plugin");
	read_items(&at, &block);
	int result = fake.config(&block);
	free_item(&block); /* the plugin may keep nothing of it */
	return result;
}

int fake_init(void)
{
	return fake.init();
}

size_t fake_reads(void)
{
	return fake.read_count;
}

double fake_read_interval(size_t index)
{
	return CDTIME_T_TO_DOUBLE(fake.reads[index].interval);
}

int fake_read(void)
{
	int sum = 0;

	for (size_t i = 0; i < fake.read_count; i++)
		sum += fake.reads[i].callback(&fake.reads[i].data);
	return sum;
}

int fake_shutdown(void)
{
	int status = fake.shutdown();

	fake.read_count = 0;
	/* nobody holds it any more */
	ck_assert_int_eq(pthread_mutex_trylock(&fake.cache), 0);
	unlock_cache();
	return status;
}

bool fake_await_attempts(size_t count)
{
	struct timespec until;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	pthread_mutex_lock(&fake.lock);
	while (fake.attempts < count && result == 0)
		result = pthread_cond_timedwait(&fake.attempted, &fake.lock, &until);
	pthread_mutex_unlock(&fake.lock);
	return result == 0;
}

static char *matching(const struct lines *l, const char *match)
{
	pthread_mutex_lock(&fake.lock);
	char *kept = calloc(1, l->len + 1);
	size_t len = 0;

	ck_assert_ptr_nonnull(kept);
	for (const char *line = l->text; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n') + 1;
		size_t size = (size_t)(end - line);

		memcpy(kept + len, line, size);
		kept[len + size] = '\0';
		if (match == NULL || strstr(kept + len, match) != NULL)
			len += size;
		kept[len] = '\0';
		line = end;
	}
	pthread_mutex_unlock(&fake.lock);
	return kept;
}

char *fake_values(const char *match)
{
	return matching(&fake.values, match);
}

char *fake_cached(const char *match)
{
	return matching(&fake.cached, match);
}

char *fake_log(const char *match)
{
	return matching(&fake.log, match);
}

char *fake_notifications(const char *match)
{
	return matching(&fake.notifications, match);
}
