/* Credentials out of Secrets of Kubernetes, for endpoints that they name:
 *
 *   metadata:
 *     annotations: {operator.collectd.org/name: ENDPOINT}
 *   data: token, or username and password; ca.crt; tls.crt and tls.key
 *
 * Secrets are found by that annotation: their metadata alone is listed and watched, and
 * then the data of those few is asked for, one after the other. All of it is in memory
 * alone and wiped; none of it stands in a message.
 *
 * One thread, that of the scrape. */
#ifndef ENGINE_KUBE_SECRETS_H
#define ENGINE_KUBE_SECRETS_H

#include <stdint.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/credentials.h"
#include "engine/err.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/options.h"

struct kube_secrets;

/* server: of settings_kubernetes_at(); it, f and log must outlive it. NULL: no memory. */
struct kube_secrets *kube_secrets_new(struct fetch *f, const struct options *server,
	const struct clock *clock, const struct log *log) MUST_CHECK;

/* Sends what is due. */
void kube_secrets_send(struct kube_secrets *k);

/* When kube_secrets_send() has something to do, on the monotonic clock. */
int64_t kube_secrets_due_us(const struct kube_secrets *k);

/* Another number whenever kube_secrets_find() may say something else than before. */
uint64_t kube_secrets_version(const struct kube_secrets *k);

enum kube_secret {
	KUBE_SECRET_NONE, /* there is none for this endpoint (any more) */
	KUBE_SECRET_USE,  /* these credentials */
	KUBE_SECRET_KEEP, /* what the endpoint had; e says why, if that is a fault */
};

/* endpoint: "NAMESPACE/NAME", or "NAME" for that of any namespace. *credentials hold
 * until the next fetch_run(). */
enum kube_secret kube_secrets_find(const struct kube_secrets *k, const char *endpoint,
	const struct credentials **credentials, struct err *e);

/* Wipes all. Before its fetch. k may be NULL. */
void kube_secrets_free(struct kube_secrets *k);

#endif
