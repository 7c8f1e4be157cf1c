/* slow_writer.so, a writer of collectd's for tests: for each value it keeps its thread
 * busy for some time, as a database does, and then appends a line `PLUGIN_INSTANCE MS
 * TYPE-TYPE_INSTANCE VALUE` to a file.
 *
 *   <Plugin slow_writer>
 *     File "FILE"
 *     Microseconds 30
 *   </Plugin> */
#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#define NAME "slow_writer"

static struct slow_writer {
	FILE *file;
	double seconds;
} writer;

static int on_config(oconfig_item_t *block)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];

		if (strcasecmp(item->key, "File") == 0)
			writer.file = fopen(item->values[0].value.string, "w");
		else if (strcasecmp(item->key, "Microseconds") == 0)
			writer.seconds = item->values[0].value.number * 1e-6;
	}
	return writer.file == NULL;
}

static double thread_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int on_write(const data_set_t *ds, const value_list_t *vl, user_data_t *data)
{
	double end = thread_seconds() + writer.seconds;
	bool is_gauge = ds->ds[0].type == DS_TYPE_GAUGE;

	(void)data;
	while (thread_seconds() < end)
		;
	fprintf(writer.file, "%s %" PRIu64 " %s-%s %.0f\n", vl->plugin_instance,
		CDTIME_T_TO_MS(vl->time), vl->type, vl->type_instance,
		is_gauge ? vl->values[0].gauge : (double)vl->values[0].derive);
	return 0;
}

static int on_shutdown(void)
{
	return fclose(writer.file);
}

void module_register(void)
{
	(void)plugin_register_complex_config(NAME, on_config);
	(void)plugin_register_write(NAME, on_write, NULL);
	(void)plugin_register_shutdown(NAME, on_shutdown);
}
