#include "plugin/oconfig.h"

#include <stdlib.h>
#include <strings.h>

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
			all[i] = (struct setting){
				.kind = SETTING_FLAG, .flag = v->value.boolean};
		else
			all[i] = (struct setting){
				.kind = SETTING_TEXT, .text = v->value.string};
	}
	return all;
}

/* One option, of an endpoint or (t NULL) of all. */
static void read_option(
	struct settings *s, struct settings_target *t, const oconfig_item_t *item)
{
	struct setting *values = settings_of(item);

	if (values == NULL)
		settings_complain(s, t, "%s: no memory", item->key);
	else if (item->children_num > 0)
		settings_complain(s, t, "<%s>: there is no such block", item->key);
	else if (t != NULL)
		(void)settings_target_set(t, item->key, values, (size_t)item->values_num);
	else
		(void)settings_set(s, item->key, values, (size_t)item->values_num);
	free(values);
}

/* A block of a name: of an endpoint or of a VolumeAttachment. */
static void read_named(struct settings *s, const oconfig_item_t *block,
	struct settings_target *(*add)(struct settings *s, const char *name))
{
	if (block->values_num != 1 || block->values[0].type != OCONFIG_TYPE_STRING) {
		settings_complain(s, NULL,
			"<%s>: left out, for it needs one name: <%s \"NAME\">",
			block->key, block->key);
		return;
	}
	struct settings_target *t = add(s, block->values[0].value.string);

	for (int i = 0; t != NULL && i < block->children_num; i++)
		read_option(s, t, &block->children[i]);
}

/* `Kubernetes "URL"`, alone or with a block of the server's own options. */
static void read_kubernetes(struct settings *s, struct settings_target *discovery,
	const oconfig_item_t *block)
{
	if (block->values_num != 1 || block->values[0].type != OCONFIG_TYPE_STRING) {
		settings_complain(s, discovery,
			"Kubernetes: left out, for it needs one URL: Kubernetes \"URL\"");
		return;
	}
	struct settings_target *t =
		settings_kubernetes(discovery, block->values[0].value.string);

	for (int i = 0; t != NULL && i < block->children_num; i++)
		read_option(s, t, &block->children[i]);
}

static void read_discovery(struct settings *s, const oconfig_item_t *block)
{
	struct settings_target *t = settings_discovery(s);

	if (block->values_num > 0)
		settings_complain(s, t, "the block takes no name: write <Discover>");
	for (int i = 0; t != NULL && i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];

		if (strcasecmp(item->key, "Kubernetes") == 0)
			read_kubernetes(s, t, item);
		else
			read_option(s, t, item);
	}
}

void oconfig_walk(struct settings *s, const oconfig_item_t *block)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];

		if (strcasecmp(item->key, "Endpoint") == 0)
			read_named(s, item, settings_target);
		else if (strcasecmp(item->key, "VolumeAttachment") == 0)
			read_named(s, item, settings_attachment);
		else if (strcasecmp(item->key, "Discover") == 0)
			read_discovery(s, item);
		else
			read_option(s, NULL, item);
	}
}
