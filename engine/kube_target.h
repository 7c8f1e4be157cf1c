/* What a Pod or a Service says of itself by annotation: is it an endpoint, and where?
 *
 *   prometheus.io/scrape: "true"    or operator.collectd.org/scrape: which goes before
 *   .../port: "8443"                without it: the port named metrics, else the only one
 *   .../path: "/metrics"
 *   .../scheme: "https"             without it: http
 *   operator.collectd.org/name      the endpoint's name, without it the object's
 *
 * Annotations are data: whoever may write them says no more than where on this very
 * object's own address a page is. */
#ifndef ENGINE_KUBE_TARGET_H
#define ENGINE_KUBE_TARGET_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "engine/str.h"

enum kube_kind {
	KUBE_POD,
	KUBE_SERVICE,
	KUBE_MANIFEST, /* a static Pod's, of this machine */
};

/* "pod", "service", "static pod" */
const char *kube_kind_name(enum kube_kind kind);

enum kube_verdict {
	KUBE_TARGET_NONE, /* does not ask for it, or has no address (yet, or any more) */
	KUBE_TARGET_GOOD,
	KUBE_TARGET_BAD, /* asks for it, and e says what is wrong with which annotation */
};

/* url: a whole URL is put there, if it is good; not terminated. */
enum kube_verdict kube_target_read(enum kube_kind kind, const json_t *object,
	struct buf *url, struct err *e) MUST_CHECK;

/* The endpoint's name; holds as long as the object. */
struct str kube_target_name(const json_t *object);

#endif
