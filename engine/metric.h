/* What comes out of the engine: one value with its finished name, one event, and the sink
 * that takes them. Names and values: the contract of collectd-operator(5). */
#ifndef ENGINE_METRIC_H
#define ENGINE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/err.h"
#include "engine/str.h"

enum metric_kind {
	METRIC_GAUGE,  /* NaN marks the end of a value, once */
	METRIC_DERIVE, /* a running total; falls only after all was forgotten */
};

/* All strings are terminated too, and hold until the sink's function returns. */
struct metric {
	struct str host;     /* empty: the sink's own */
	struct str instance; /* plugin instance, escaped, 127 bytes at most */
	struct str type;     /* a type of types.db */
	struct str
		type_instance; /* WHAT[-SUBJECT[-DETAIL]], escaped, 127 bytes at most */
	struct str what;       /* the three parts, within type_instance */
	struct str subject;    /* empty where there is none */
	struct str detail;     /* empty where there is none */
	enum metric_kind kind;
	double gauge;     /* METRIC_GAUGE */
	int64_t derive;   /* METRIC_DERIVE */
	double total;     /* METRIC_DERIVE: the same unrounded, scaled */
	int64_t time_ms;  /* of the page; of the page before for the zero of a new counter
			   */
	int64_t stamp_ms; /* to be stored with: time_ms, but for HonorTimestamps */
	double interval_seconds; /* the endpoint's */
};

/* A classic histogram of this page, summed as the contract says: what the averages and
 * percentiles of one subject were made of. For views that keep windows of their own. */
struct metric_histogram {
	struct str instance;
	struct str what;    /* `reconcile`, `queue`, ... or a family's name */
	struct str subject; /* empty where there is none */
	bool is_seconds;
	size_t count;              /* buckets, +Inf included */
	const double *upper_bound; /* ascending; the last is +Inf */
	const double *increase;    /* cumulative, observations since the page before */
	double sum_increase;       /* NaN: not known */
	double count_increase;
	int64_t time_ms;
	int64_t before_ms; /* time of the page that the increases count from */
};

enum event_kind {
	EVENT_DOWN,      /* a scrape failed, the one before did not */
	EVENT_UP,        /* and the other way round */
	EVENT_RESTART,   /* the process was started again */
	EVENT_FORGOTTEN, /* the past was dropped (naming.md 3) */
	EVENT_RESET,     /* a counter or histogram fell without a restart */
	EVENT_PANIC,
	EVENT_TERMINAL_ERROR,
	EVENT_LEADER,      /* leadership won or lost */
	EVENT_CERTIFICATE, /* ends soon */
	EVENT_TOKEN,       /* ends soon */
	EVENT_COLLISION,   /* two sources of one identifier */
	EVENT_ATTACHMENT,  /* a volume is attached, or no longer */
};

enum event_severity { EVENT_OKAY, EVENT_WARNING, EVENT_FAILURE };

struct event {
	enum event_kind kind;
	enum event_severity severity;
	struct str host;     /* empty: the sink's own */
	struct str instance; /* empty: of a VolumeAttachment block */
	struct str subject;  /* a controller, or empty */
	int64_t time_ms;
	struct str text; /* one sentence */
};

/* How an attempt to read a page went. */
struct attempt {
	struct str instance;
	int64_t time_ms; /* when the request was sent */
	bool is_page;    /* what was received counts as a page (naming.md 3) */
	int status;      /* HTTP, 0: none was received */
	double duration_seconds;
	size_t page_bytes;       /* decoded */
	uint64_t samples;        /* good ones, as text would show them */
	uint64_t sent;           /* values of this page: objects-series */
	uint64_t bad_lines;      /* of this page */
	const struct err *error; /* why it is no page; code ERR_NONE if it is one */
};

/* Whoever wants metrics implements this; histogram and event may be NULL. Called from the
 * thread that runs the scrape; what they are given holds for the call. */
struct sink {
	void *ctx;
	void (*metric)(void *ctx, const struct metric *m);
	void (*histogram)(void *ctx, const struct metric_histogram *h);
	void (*event)(
		void *ctx, const struct event *e); /* ahead of an attempt's values */
	void (*end)(void *ctx,
		const struct attempt *a); /* behind all values of one attempt */
};

#endif
