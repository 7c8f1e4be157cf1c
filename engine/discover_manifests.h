/* Endpoints out of a folder of manifests of static pods, as a kubelet reads it: pods that
 * ask for it by annotation (kube_target.h) and have the network of the host.
 *
 * The folder is looked at once an interval, and read again when a file in it came,
 * changed or went. A file that cannot be read is said, and left out alone. */
#ifndef ENGINE_DISCOVER_MANIFESTS_H
#define ENGINE_DISCOVER_MANIFESTS_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/discover.h"
#include "engine/log.h"
#include "engine/options.h"

/* block: PodManifests and Interval of it; it, clock and log must outlive the source.
 * False: no memory. */
bool discover_manifests_open(struct discover_source *source, const struct options *block,
	const struct clock *clock, const struct log *log) MUST_CHECK;

#endif
