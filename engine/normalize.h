/* One endpoint's pages in, the contract's metrics out (collectd-operator(5), NAMES and
 * VALUES).
 *
 * Parses each page once, remembers what the next one is compared with, sums over labels,
 * works out what needs several families, and gives each value to a sink under its
 * finished name. Knows neither network nor disk. One thread at a time. */
#ifndef ENGINE_NORMALIZE_H
#define ENGINE_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/options.h"
#include "engine/str.h"

struct normalize;

/* options: of the endpoint, finished (settings.h); clock for the time that parsing takes,
 * NULL: not measured; log NULL: silent. All are borrowed and must outlive the normalizer.
 * NULL: no memory. */
struct normalize *normalize_new(const struct options *options, const struct clock *clock,
	const struct log *log) MUST_CHECK;

/* The endpoint is asked elsewhere or otherwise from now on; what is sent of it stays. */
void normalize_move(struct normalize *n, const struct options *options);

/* Takes one answer, in the order of time. Sends what it makes of it, the zeros of new
 * counters first, then events, then the end. True if it was a page. */
bool normalize_run(struct normalize *n, const struct answer *a, const struct sink *sink);

/* The same for what an earlier process was answered: the page before the next one. */
void normalize_restore(
	struct normalize *n, const struct answer *a, const struct sink *sink);

/* From now on the last page that was one is kept, for normalize_page(). */
void normalize_keep_pages(struct normalize *n);

/* That page; empty before the first. Holds until the next normalize_run(). */
struct str normalize_page(const struct normalize *n, enum expo_format *format);

/* What becomes of a series. */
enum normalize_fate {
	NORMALIZE_SENT,
	NORMALIZE_NOT_BY_DEFAULT, /* a Family rule would send it */
	NORMALIZE_DROPPED,        /* a Family rule drops it */
	NORMALIZE_TOO_MANY,       /* MaxValues leaves it out */
	NORMALIZE_OTHER_OWNER,    /* its identifier belongs to another series */
	NORMALIZE_OUTDONE,        /* the page has a better family for the same */
	NORMALIZE_V01,            /* controller-runtime v0.1: a wrong unit */
	NORMALIZE_NEVER,          /* _created, gauge histograms */
	NORMALIZE_NO_NUMBER,      /* its `le` or `quantile` is none */
	NORMALIZE_ONLY_READ,      /* feeds no value of its own */
};

/* One sentence for people; NULL for NORMALIZE_SENT. */
const char *normalize_fate_text(enum normalize_fate fate);

/* Calls each identifier that a series of the last page feeds, also those that had no
 * value this time. e: the sample, as parsed; its family and type are filled in as
 * declared. */
enum normalize_fate normalize_explain(struct normalize *n, struct expo_entry *e,
	void (*identifier)(void *ctx, struct str type, struct str type_instance),
	void *ctx);

/* n may be NULL. */
void normalize_free(struct normalize *n);

#endif
