/* A recording from its beginning to its end, through the engine. */
#ifndef OPERATORSTAT_RECORDING_H
#define OPERATORSTAT_RECORDING_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/options.h"

/* endpoint: options of all endpoints; its interval is for forgetting. What cannot be read
 * of it is named on standard error and passed over. False: no recording, or no memory. */
bool recording_read(const char *folder, const struct options *endpoint,
	const struct log *log, const struct sink *sink, struct err *e) MUST_CHECK;

#endif
