/* An API server of Kubernetes: one object by its name, and what both this and
 * kube_watch.h need to ask and to understand.
 *
 * Requests run on a fetch that others use as well: nothing here waits, and answers come
 * out of fetch_run(). */
#ifndef ENGINE_KUBE_H
#define ENGINE_KUBE_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/credentials.h"
#include "engine/err.h"
#include "engine/fetch.h"
#include "engine/options.h"
#include "engine/str.h"

/* Bytes of an address at most. */
#define KUBE_ADDRESS_LIMIT 16384

/* ERR_NONE: it is there. ERR_NOT_FOUND: it is not, by a 404 that names it; a 404 of any
 * other kind (no such API, no API server) is ERR_STATUS. All else: nobody knows. The
 * object holds for the call. */
typedef void kube_got(void *ctx, const json_t *object, const struct err *why);

struct kube_get;

/* options: URL (url_read_server()), Timeout, and what it takes to be let in; borrowed.
 * is_secret: what is answered is wiped. NULL: no memory. */
struct kube_get *kube_get_new(
	struct fetch *f, const struct options *options, bool is_secret) MUST_CHECK;

/* Asks for the object `name` of a collection, whose path ("/api/v1/pods") is below the
 * server's URL. Whatever comes of it is told to got, out of fetch_run(). It must not be
 * running. */
void kube_get_start(struct kube_get *g, const char *collection, const char *name,
	kube_got *got, void *ctx);

bool kube_get_is_running(const struct kube_get *g);

/* As fetch_use(). */
bool kube_get_use(struct kube_get *g, const struct credentials *c) MUST_CHECK;

/* Before its fetch. g may be NULL. */
void kube_get_free(struct kube_get *g);

/* ---- to ask and to understand ---- */

/* Appends a text as a part of a path or of a query. */
void kube_add_escaped(struct buf *out, const char *text);

/* The path of a collection of the core API: `plural` of one namespace, or (NULL) of all.
 * For the caller to free(); NULL: no memory. */
char *kube_collection_path(const char *space, const char *plural) MUST_CHECK;

/* Appends the address of a path below the server. */
void kube_add_address(struct buf *out, const struct options *options, const char *path);

/* Is it a 200? Else e says why not, in the server's words where it has some. name: of the
 * object that was asked for, for ERR_NOT_FOUND; NULL: none. */
bool kube_judge(const struct answer *answer, const char *name, struct err *e) MUST_CHECK;

/* What a Status (a body of an answer, an object of a watch) says: its message, or "". */
struct str kube_message(const json_t *status);

/* The text at a path of keys, ended by NULL: kube_text(pod, "metadata", "name", NULL).
 * Empty: there is none, or it is no text. Holds as long as the object. */
#define kube_text(object, ...) kube_text_at(object, (const char *const[]){__VA_ARGS__})
struct str kube_text_at(const json_t *object, const char *const *keys);

#endif
