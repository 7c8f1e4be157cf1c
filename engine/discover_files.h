/* Endpoints out of files of targets, as Prometheus' file_sd_configs reads them (JSON):
 *
 *   [{"targets": ["10.0.0.5:8080", "10.0.0.6:8080"],
 *     "labels": {"__scheme__": "https", "instance": "memcached"}}]
 *
 * __scheme__ (http, https), __metrics_path__ and __param_NAME make the URL; `instance` is
 * the name, without it HOST:PORT; collectd has no place for other labels. A file is read
 * again when it changed. One that cannot be read or is broken keeps the targets it had,
 * and that is said; one that is gone has none; a single bad target is left out. */
#ifndef ENGINE_DISCOVER_FILES_H
#define ENGINE_DISCOVER_FILES_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/discover.h"
#include "engine/log.h"
#include "engine/options.h"

/* block: Files and Interval of it; it, clock and log must outlive the source. False: no
 * memory. */
bool discover_files_open(struct discover_source *source, const struct options *block,
	const struct clock *clock, const struct log *log) MUST_CHECK;

#endif
