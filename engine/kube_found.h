/* The objects of a cluster, or of a folder of manifests, that ask to be read: what of
 * them is to be told to discover.h.
 *
 * Names. An endpoint is called NAMESPACE-NAME after its object, or as its annotation
 * says. Of a replaced pod a name by annotation goes on with the new one; while two of a
 * namespace have the same, the first keeps it. */
#ifndef ENGINE_KUBE_FOUND_H
#define ENGINE_KUBE_FOUND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/discover.h"
#include "engine/kube_target.h"
#include "engine/log.h"

struct kube_found;

/* where: for messages, "Kubernetes at 10.0.0.1:6443"; it and log are borrowed. NULL: no
 * memory. */
struct kube_found *kube_found_new(const char *where, const struct log *log) MUST_CHECK;

/* This object is there, or has changed. */
void kube_found_put(struct kube_found *k, enum kube_kind kind, const json_t *object);

/* It is gone. */
void kube_found_drop(struct kube_found *k, enum kube_kind kind, const json_t *object);

/* A list of all objects of a kind begins, and ends: those not put in between are gone. */
void kube_found_begin(struct kube_found *k, enum kube_kind kind);
void kube_found_end(struct kube_found *k, enum kube_kind kind);

/* Has anything changed since the last call? */
bool kube_found_has_changed(struct kube_found *k);

/* All of them. They hold until the next call of any of these. */
const struct discover_found *kube_found_list(struct kube_found *k, size_t *count);

/* k may be NULL. */
void kube_found_free(struct kube_found *k);

#endif
