/* limit.so, a plugin of collectd's for measurements: a writer that throws away what it is
 * given and counts it, and, where it is told how many, as many values a second as an
 * operator's pages have, dispatched from nowhere. What collectd costs with it is what it
 * costs to be collectd.
 *
 *   <Plugin limit>
 *     Count "FILE"     # 8 bytes, how many values have been written
 *     Endpoints 200    # in each interval, evenly spread over it
 *     Values 120       # of each
 *   </Plugin> */
#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/plugin.h>

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NAME "limit"

static struct limit {
	uint64_t *count;
	int endpoints;
	int values;
	pthread_t thread;
	volatile bool stops;
	bool has_thread;
	plugin_ctx_t ctx;
} limit;

static uint64_t *map_count(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	void *at = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(uint64_t)) == 0)
		at = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			0);
	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static int on_config(oconfig_item_t *block)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];

		if (strcasecmp(item->key, "Count") == 0)
			limit.count = map_count(item->values[0].value.string);
		else if (strcasecmp(item->key, "Endpoints") == 0)
			limit.endpoints = (int)item->values[0].value.number;
		else if (strcasecmp(item->key, "Values") == 0)
			limit.values = (int)item->values[0].value.number;
	}
	return 0;
}

static int on_write(const data_set_t *ds, const value_list_t *vl, user_data_t *data)
{
	(void)ds;
	(void)data;
	if (limit.count != NULL)
		__atomic_fetch_add(limit.count, vl->values_len, __ATOMIC_RELAXED);
	return 0;
}

/* As long and as many kinds of names as those of a controller. */
static void name_value(value_list_t *vl, int i)
{
	static const char *const kinds[] = {"latency-reconcile", "latency-queue",
		"latency-work", "total_operations-reconcile", "gauge-busy"};
	const char *kind = kinds[i % 5];
	const char *dash = strchr(kind, '-');

	(void)snprintf(vl->type, sizeof(vl->type), "%.*s", (int)(dash - kind), kind);
	(void)snprintf(vl->type_instance, sizeof(vl->type_instance),
		"%s-controller-%04d.example-percentile_95", dash + 1, i);
}

static void dispatch_endpoint(int endpoint, int round)
{
	value_t value;
	value_list_t vl = {.values = &value, .values_len = 1};

	vl.time = cdtime();
	vl.interval = plugin_get_interval();
	(void)snprintf(vl.host, sizeof(vl.host), "%s", hostname_g);
	(void)snprintf(vl.plugin, sizeof(vl.plugin), NAME);
	(void)snprintf(vl.plugin_instance, sizeof(vl.plugin_instance), "endpoint-%04d",
		endpoint);
	for (int i = 0; i < limit.values && !limit.stops; i++) {
		name_value(&vl, i);
		if (vl.type[0] == 't')
			value.derive = (derive_t)i * round;
		else
			value.gauge = i + 1.0 / round;
		(void)plugin_dispatch_values(&vl);
	}
}

/* One endpoint after the other, spread over the interval. */
static void *work(void *arg)
{
	double interval_seconds = CDTIME_T_TO_DOUBLE(plugin_get_interval());
	struct timespec next;

	(void)arg;
	plugin_set_ctx(limit.ctx);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int round = 1; !limit.stops; round++)
		for (int e = 0; e < limit.endpoints && !limit.stops; e++) {
			int64_t ns = (int64_t)(interval_seconds * 1e9) / limit.endpoints +
				     next.tv_nsec;

			next.tv_sec += ns / 1000000000;
			next.tv_nsec = ns % 1000000000;
			(void)clock_nanosleep(
				CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
			dispatch_endpoint(e, round);
		}
	return NULL;
}

static int on_init(void)
{
	limit.ctx = plugin_get_ctx();
	if (limit.values > 0)
		limit.has_thread = pthread_create(&limit.thread, NULL, work, NULL) == 0;
	return 0;
}

static int on_shutdown(void)
{
	limit.stops = true;
	if (limit.has_thread)
		pthread_join(limit.thread, NULL);
	return 0;
}

void module_register(void)
{
	(void)plugin_register_complex_config(NAME, on_config);
	(void)plugin_register_init(NAME, on_init);
	(void)plugin_register_write(NAME, on_write, NULL);
	(void)plugin_register_shutdown(NAME, on_shutdown);
}
