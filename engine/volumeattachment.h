/* Is a volume attached to a node? Kubernetes keeps an object for each attachment, whose
 * name follows from volume, driver and node. */
#ifndef ENGINE_VOLUMEATTACHMENT_H
#define ENGINE_VOLUMEATTACHMENT_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/str.h"

/* The collection that they are in. */
#define VOLUMEATTACHMENT_PATH "/apis/storage.k8s.io/v1/volumeattachments"

/* Bytes of a name, its NUL included. */
#define VOLUMEATTACHMENT_NAME_SIZE 69

/* Taken as they are: upper case and blanks count. */
struct volumeattachment {
	struct str driver; /* of CSI */
	struct str handle; /* volumeHandle of the PersistentVolume */
	struct str node;   /* name of the Node object */
};

/* The object's name, terminated. False: no memory. */
bool volumeattachment_name(const struct volumeattachment *v,
	char name[VOLUMEATTACHMENT_NAME_SIZE], struct err *e) MUST_CHECK;

enum volumeattachment_state {
	VOLUMEATTACHMENT_UNKNOWN,
	VOLUMEATTACHMENT_NONE, /* the object does not exist, by its own 404 */
	VOLUMEATTACHMENT_ATTACHED,
	VOLUMEATTACHMENT_ATTACHING,
	VOLUMEATTACHMENT_DETACHING,
};

/* As kube_get.h's got has it: the object, or why there is none. What is said of it, and
 * whether: `attached`, `attaching: rpc error: ...`, `unknown: ...`, goes to words, cut
 * and with control bytes escaped. An object of another driver or node, whose names come
 * to the same, is unknown. */
enum volumeattachment_state volumeattachment_read(const struct volumeattachment *v,
	const json_t *object, const struct err *why, char *words, size_t size);

#endif
