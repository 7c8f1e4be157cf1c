/* YAML as JSON: for kubeconfigs and manifests, which are JSON in another dress. */
#ifndef ENGINE_YAML_H
#define ENGINE_YAML_H

#include <jansson.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/str.h"

/* The first document of a text. Plain scalars are null, true, false, whole numbers or
 * texts; aliases are followed, to a limit of size and depth. For json_decref(); it may
 * share parts and must not be changed. NULL: e says where it is wrong. */
json_t *yaml_read(struct str text, struct err *e) MUST_CHECK;

/* The same of a file of 16 MB at most. */
json_t *yaml_read_file(const char *path, struct err *e) MUST_CHECK;

#endif
