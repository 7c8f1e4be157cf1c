/* Pages of several endpoints through the engine, without a network: each instance has its
 * normalizer. */
#ifndef OPERATORSTAT_FEEDS_H
#define OPERATORSTAT_FEEDS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/options.h"
#include "engine/pages.h"
#include "operatorstat/source.h"

struct feeds;
struct normalize;

/* options: of every endpoint, but for its name; log: NULL: silent. What options point to
 * and log are borrowed. NULL: no memory. */
struct feeds *feeds_new(const struct options *options, const struct log *log) MUST_CHECK;

/* Takes an answer of the endpoint of that name (unescaped). False: no memory. */
bool feeds_take(struct feeds *f, struct str name, const struct answer *a,
	const struct sink *sink) MUST_CHECK;

/* The same for a stored attempt. */
bool feeds_take_stored(
	struct feeds *f, const struct stored *s, const struct sink *sink) MUST_CHECK;

/* The name of an instance (as in metrics), and its newest page. False: there is none. */
bool feeds_name(const struct feeds *f, struct str instance, struct str *name);
bool feeds_page(const struct feeds *f, struct str instance, struct source_page *page);

/* The normalizer of the endpoint of that name, which the feeds own; NULL: none yet. */
struct normalize *feeds_normalize(const struct feeds *f, struct str name);

/* Time of the newest answer that this endpoint gave; INT64_MIN: none yet. */
int64_t feeds_newest_ms(const struct feeds *f, struct str name);

/* f may be NULL. */
void feeds_free(struct feeds *f);

#endif
