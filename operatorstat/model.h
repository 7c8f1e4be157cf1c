/* What the tool knows: operators, their controllers, API methods and webhooks, with
 * numbers and their past. Filled through a struct sink, whatever the source; knows no I/O
 * and draws nothing.
 *
 * All figures are as of one time and over one window, which model_look() sets: the newest
 * data and a minute at first. They are those of collectd-operator(5), for that window.
 * What is not there is NaN, never 0.
 *
 *   struct model *m = model_new(MODEL_BYTES);
 *   struct sink sink = model_sink(m);
 *   ... source->poll(source->ctx, &sink) ...
 *   model_look(m, 0, 60000);
 *   model_rows(m, &view, &rows);
 *   rows.at[0]->value[MODEL_DEPTH]
 */
#ifndef OPERATORSTAT_MODEL_H
#define OPERATORSTAT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/metric.h"
#include "operatorstat/history.h"

/* Ceiling of a model's memory unless the user says otherwise. */
#define MODEL_BYTES ((size_t)64 << 20)

enum model_field {
#define FIELD(id, name, scopes, kind, unit, head, help) MODEL_##id,
#include "operatorstat/fields.def"
	MODEL_FIELDS
};

enum model_scope {
	MODEL_ALL,
	MODEL_OPERATOR,
	MODEL_CONTROLLER,
	MODEL_METHOD,
	MODEL_WEBHOOK
};

/* Sets of scopes. */
enum {
	MODEL_IN_ALL = 1 << MODEL_ALL,
	MODEL_IN_OPERATOR = 1 << MODEL_OPERATOR,
	MODEL_IN_CONTROLLER = 1 << MODEL_CONTROLLER,
	MODEL_IN_METHOD = 1 << MODEL_METHOD,
	MODEL_IN_WEBHOOK = 1 << MODEL_WEBHOOK,
};

enum model_kind { MODEL_COUNTER, MODEL_GAUGE, MODEL_WINDOW };

enum model_unit {
	MODEL_UNIT_COUNT,
	MODEL_UNIT_PERCENT,
	MODEL_UNIT_SECONDS,
	MODEL_UNIT_BYTES,
	MODEL_UNIT_BOOL,
	MODEL_UNIT_DAYS,
};

struct model_field_info {
	const char *name;
	unsigned int scopes;
	enum model_kind kind;
	enum model_unit unit;
	const char *head; /* of a column */
	const char *help; /* one line */
};

const struct model_field_info *model_field_info(enum model_field field);

/* The field of that name, or of a short one that people type (`p99`, `errors%`, `depth`);
 * MODEL_FIELDS: none. */
enum model_field model_field_find(const char *name);

enum model_hist {
	MODEL_HIST_RECONCILE,
	MODEL_HIST_QUEUE,
	MODEL_HIST_WORK,
	MODEL_HIST_API,       /* method or operator */
	MODEL_HIST_THROTTLE,  /* method or operator */
	MODEL_HIST_WEBHOOK,   /* webhook or operator */
	MODEL_HIST_GC_PAUSE,  /* operator */
	MODEL_HIST_SCHEDULER, /* operator */
	MODEL_HISTS
};

enum model_mark {
	MODEL_MARK_NONE,
	MODEL_MARK_STALE,
	MODEL_MARK_WARNING,
	MODEL_MARK_CRITICAL
};

/* An operator, or a thing of it. It lives as long as the model, at the same place: keep
 * the pointer as its identity. The figures change with model_look() and new data. */
struct model_row {
	enum model_scope scope;
	const char *operator;       /* INSTANCE; "" of all together */
	const char *name;           /* controller, method or path; "" of an operator */
	double value[MODEL_FIELDS]; /* counters: a second, over the window */
	double total[MODEL_FIELDS]; /* counters: since the first page; of others NaN */
	double last[MODEL_FIELDS];  /* counters: increase on the last page; of others NaN
				     */
	int64_t first_ms, last_ms;  /* pages that it stood on; 0: none */
	enum model_mark mark;       /* set by whoever judges (findings.h) */
	enum model_mark field_mark[MODEL_FIELDS];
};

/* How an operator is. */
struct model_state {
	const char *host;        /* "" : this one */
	bool is_up;              /* the last attempt gave a page */
	bool is_stale;           /* no page for two intervals, or down */
	int64_t attempt_ms;      /* the last attempt; 0: none yet */
	int64_t page_ms;         /* the last page; 0: none yet */
	int64_t seen_ms;         /* the last page up to the time looked at; 0: none */
	int64_t age_ms;          /* of the last page, now */
	int64_t down_since_ms;   /* 0: it is up */
	double interval_seconds; /* between pages, or longer: what is late goes by it */
	double page_interval_seconds; /* between the last two */
	int status;                   /* HTTP, of the last attempt */
	const char *error;            /* why it is down, "" if it is up */
};

struct model;

/* bytes: ceiling of the memory; the past is cut to it. NULL: no memory. */
struct model *model_new(size_t bytes) MUST_CHECK;

/* Puts what a source has into the model; holds as long as the model. */
struct sink model_sink(struct model *m);

/* As of at_ms (0: the newest data), over the window_ms before it (0: since the baseline).
 */
void model_look(struct model *m, int64_t at_ms, int64_t window_ms);

/* What now is for the age of data; sources of now call it with the wall clock. Without
 * it, and of a recording, it is the time of the newest attempt. */
void model_clock(struct model *m, int64_t now_ms);

/* The time and window in force, resolved. */
int64_t model_at_ms(const struct model *m);
int64_t model_window_ms(const struct model *m);

/* An experiment begins here: window 0 is from this time on. 0: the first page. */
void model_baseline(struct model *m, int64_t at_ms);

/* First and last page that are kept; 0: none. */
int64_t model_first_ms(const struct model *m);
int64_t model_last_ms(const struct model *m);

/* Time of the page `steps` pages after (before: negative) at_ms; the first or last if
 * there are not so many. */
int64_t model_step(const struct model *m, int64_t at_ms, int steps);

/* Grows with everything that may change a figure: draw again, judge again. */
uint64_t model_version(const struct model *m);

/* ---- rows ---- */

struct model_view {
	enum model_scope scope; /* MODEL_OPERATOR, CONTROLLER, METHOD or WEBHOOK */
	bool is_tree;           /* each operator before its rows */
	const char *operator;   /* only this one's; NULL: all */
	const char *filter; /* POSIX extended, any case, of `operator/name`; `!` in front
			     * inverts; what is no such expression is a substring. NULL:
			     * all */
	bool only_marked;
	bool only_active; /* something happened in the window, or waits */
	bool has_sort;    /* else as on the page */
	enum model_field sort;
	bool descending; /* NaN comes last either way */
};

struct model_rows {
	struct model_row **at; /* owned */
	size_t count, size;
	size_t hidden; /* rows that filter, only_marked and only_active left out */
};

/* Refills rows (zero it before the first time). False: no memory. */
bool model_rows(struct model *m, const struct model_view *view,
	struct model_rows *rows) MUST_CHECK;
void model_rows_free(struct model_rows *rows);

/* Sums over all operators. */
struct model_row *model_all(struct model *m);

/* The row of that name; name "" is the operator itself. NULL: none. */
struct model_row *model_find(
	struct model *m, enum model_scope scope, const char *operator, const char * name);

/* The operator that a row belongs to; itself for an operator. */
struct model_row *model_parent(struct model *m, const struct model_row *row);

size_t model_operators(const struct model *m);
struct model_row *model_operator(struct model *m, size_t i);

/* of an operator's row. Strings hold until new data. */
struct model_state model_state(const struct model *m, const struct model_row *row);

/* ---- the past ---- */

/* Columns of a chart as history_copy(): counters as a rate a second, error, busy and API
 * shares and percentiles worked out for each slot, gauges their mean. A slot within the
 * interval of a page counts as covered by it. */
void model_history(struct model *m, const struct model_row *row, enum model_field field,
	int64_t end_ms, int64_t slot_ms, double *out, size_t count);

/* What the row's figure was in (from_ms, to_ms]: of counters their increases, of gauges
 * the values seen. Nothing for what is worked out. */
struct history_span model_span(const struct model_row *row, enum model_field field,
	int64_t from_ms, int64_t to_ms);

/* A histogram of (from_ms, to_ms]; from_ms 0: all that is kept. Of an operator the sum of
 * its rows', of all operators that of theirs. */
struct model_histogram {
	size_t count;              /* buckets, +Inf included */
	const double *upper_bound; /* the row's */
	double *increase;          /* owned; of each bucket alone */
	double *cumulative;        /* the same added up, within increase's memory */
	double sum;                /* NaN: not known */
	double observed;
	size_t size; /* buckets there is room for */
};

/* Fills h (zero it before the first time; it is reused). False: there is none, or no
 * memory. */
bool model_histogram(struct model *m, const struct model_row *row, enum model_hist which,
	int64_t from_ms, int64_t to_ms, struct model_histogram *h);

/* 0 <= q <= 1; *low and *high: bounds of the bucket it lies in (high may be +Inf; low
 * -Inf). NaN: nothing observed, or +Inf is the only bucket. low and high may be NULL. */
double model_quantile(
	const struct model_histogram *h, double q, double *low, double *high);
double model_mean(const struct model_histogram *h);

/* Is this percentile of the row only known to be above its value, the highest bound that
 * the histogram has? */
bool model_is_beyond(const struct model_row *row, enum model_field field);
void model_histogram_free(struct model_histogram *h);

/* ---- every value by its identifier ---- */

struct model_number {
	const char *host; /* "": this one */
	const char *operator;
	const char *type;
	const char *type_instance;
	enum metric_kind kind;
	double value; /* of the newest page; a counter's rate since the page before */
	double total; /* a counter's; NaN of a gauge */
};

size_t model_numbers(const struct model *m);
struct model_number model_number(const struct model *m, size_t i);

/* ---- events ---- */

/* Of an event: it has not ended yet. */
#define MODEL_STILL ((int64_t)-1)

struct model_event {
	int64_t time_ms;
	int64_t until_ms; /* MODEL_STILL; 0: does not apply */
	enum event_severity severity;
	const char *operator; /* "" : the tool */
	const char *subject;  /* a controller, or "" */
	const char *text;
};

/* Adds one; the strings are copied. Returns its number, for model_event_end(); without
 * memory one that there is not. */
uint64_t model_event_add(struct model *m, const struct model_event *event);
void model_event_end(struct model *m, uint64_t number, int64_t until_ms);

/* Oldest first; the ring keeps the last 1000. */
size_t model_events(const struct model *m);
struct model_event model_event(const struct model *m, size_t i);

/* m may be NULL. */
void model_free(struct model *m);

#endif
