/* What the files of the model share: model.c (rows, events), model_fill.c (the sink) and
 * model_figures.c (what rows show). Nobody else includes this. */
#ifndef OPERATORSTAT_MODEL_INSIDE_H
#define OPERATORSTAT_MODEL_INSIDE_H

#include <math.h>

#include "engine/index.h"
#include "operatorstat/history.h"
#include "operatorstat/model.h"

/* A figure that is kept over time. Of counters the increases, of several added up; of
 * shares value x seconds, so that their mean over a window is that of the time. */
struct track {
	enum history_fold fold;
	struct history
		*history; /* owned; NULL: nothing yet, or no memory was left for it */
	double total;     /* counters */
	double latest;    /* gauges */
	int64_t latest_ms;
};

/* A row and what stands behind it. */
struct entity {
	struct model_row row;   /* first: a row's pointer is its entity's */
	struct entity *parent;  /* the operator; itself for one; NULL of the sums */
	char *operator, * name; /* owned */
	struct track *track[MODEL_FIELDS]; /* owned; NULL: nothing yet */
	struct buckets *hist[MODEL_HISTS]; /* owned */
	struct operator_inside *inside;    /* owned; of operators alone */
};

/* One value by its identifier. */
struct number {
	uint64_t hash;
	struct entity *operator;
	char *type; /* owned, type_instance behind it */
	const char *type_instance;
	enum metric_kind kind;
	double value; /* a gauge's, or a counter's rate over the last interval */
	double total;
	int64_t time_ms;
	struct entity *entity; /* that it is a figure of; NULL: none */
	struct {
		struct track *track;
		struct buckets *const
			*instead; /* a histogram that tells better; or NULL */
		bool is_share;
	} feeds[4];
	size_t feed_count;
};

struct operator_inside {
	struct entity **children; /* owned array, of owned entities, in page order */
	size_t count, size;
	size_t next;             /* where the next one looked for probably is */
	struct history *elapsed; /* owned; seconds since the page before */
	char *host;              /* owned */
	int64_t page_ms, attempt_ms, down_since_ms;
	double interval_seconds;      /* the endpoint's */
	double seen_interval_seconds; /* between the last two attempts */
	int status;
	bool is_up;
	bool is_forgotten; /* by this page: totals start anew */
	struct err error;
};

struct event_kept {
	struct model_event event;
	char *text; /* owned: operator, subject and text behind each other */
};

#define MODEL_EVENTS 1000

/* A double, as the compiler wants it beside one. */
#define NO_VALUE ((double)NAN)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct model {
	size_t ceiling;
	size_t bytes; /* of histories; counted anew every minute */
	int64_t counted_minute;
	struct entity all;
	struct entity **operators; /* owned array of owned */
	size_t operator_count, operator_size;
	struct entity *latest_operator; /* of the last metric: the next is its too */
	struct number *numbers;         /* owned, in the order they came */
	size_t number_count, number_size;
	struct index index;    /* of numbers */
	struct history *pages; /* owned: when there were any */
	int64_t newest_ms;     /* newest page or attempt */
	int64_t now_ms;        /* model_clock() */
	int64_t look_ms, window_ms, baseline_ms;
	uint64_t version, worked_out; /* of the figures in the rows */
	struct event_kept events[MODEL_EVENTS];
	uint64_t event_count; /* ever */
};

static inline const struct entity *entity_of(const struct model_row *row)
{
	return (const struct entity *)(const void *)row;
}

/* The time that an operator's figures are of: its own last page while live, so that one
 * that is late shows its last figures. */
int64_t model_time_of(const struct model *m, const struct entity *e);

/* The operator's last page up to the time looked at; while live, that of the last page.
 */
int64_t model_page_of(const struct model *m, const struct entity *operator);

/* Fills in the figures of all rows if anything changed. */
void model_work_out(struct model *m);

/* The operator of that name, made if there is none; NULL: no memory. */
struct entity *model_operator_of(struct model *m, struct str instance);

/* Adds an event of the engine. */
void model_take_event(struct model *m, const struct event *e);

#endif
