/* Endpoints out of an API server: pods and services that ask for it by annotation
 * (kube_target.h).
 *
 * Both are listed and watched (kube_watch.h). While the server cannot be asked, all that
 * was found stays. An object whose annotations are wrong is left out alone, and a warning
 * names namespace, name and annotation: once, until it changes. */
#ifndef ENGINE_DISCOVER_KUBERNETES_H
#define ENGINE_DISCOVER_KUBERNETES_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/discover.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/options.h"

/* server: of settings_kubernetes_at(); it, f and log must outlive the source. False: no
 * memory. */
bool discover_kubernetes_open(struct discover_source *source, struct fetch *f,
	const struct options *server, const struct clock *clock,
	const struct log *log) MUST_CHECK;

#endif
