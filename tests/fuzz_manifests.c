/* Any bytes as a YAML file of a folder of manifests: what is read is a tree that can be
 * written as JSON, what is not is said with its reason; and what of it is found can be
 * told. */
#include <jansson.h>
#include <string.h>

#include "engine/kube_found.h"
#include "engine/yaml.h"

#include "tests/fuzz.h"

static void look_at_line(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	require(text[0] != '\0' && strlen(text) <= 2000);
}

/* Whole, or a sink that is full: aliases make a small text a large tree. */
static int count_bytes(const char *bytes, size_t len, void *ctx)
{
	size_t *count = ctx;

	(void)bytes;
	*count += len;
	return *count > (64 << 20) ? -1 : 0;
}

static void look_at_found(const json_t *object)
{
	const struct log log = {NULL, look_at_line};
	struct kube_found *k = kube_found_new("a folder", &log);
	size_t count;

	require(k != NULL);
	kube_found_begin(k, KUBE_MANIFEST);
	kube_found_put(k, KUBE_MANIFEST, object);
	kube_found_put(k, KUBE_POD, object);
	kube_found_end(k, KUBE_MANIFEST);
	const struct discover_found *found = kube_found_list(k, &count);
	for (size_t i = 0; i < count; i++) {
		require(found[i].key[0] != '\0' && found[i].name[0] != '\0');
		require(found[i].option_count > 0);
	}
	kube_found_drop(k, KUBE_POD, object);
	kube_found_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	size_t bytes = 0;
	json_t *object = yaml_read((struct str){(const char *)data, size}, &e);

	if (object == NULL) {
		require(e.text[0] != '\0');
		return 0;
	}
	(void)json_dump_callback(object, count_bytes, &bytes, JSON_ENCODE_ANY);
	if (json_is_object(object))
		look_at_found(object);
	json_decref(object);
	return 0;
}
