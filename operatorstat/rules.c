#include "operatorstat/rules.h"

#include <math.h>
#include <string.h>

#include "operatorstat/fmt.h"

/* Shares and percentiles of fewer than so many say nothing. */
#define ENOUGH_RECONCILES 5
#define ENOUGH_OBSERVED   10
#define ENOUGH_REQUESTS   20
#define ENOUGH_WRITES     10

/* A reconcile is unusually long beside so many times the 99th percentile. */
#define UNUSUAL 4

/* A tail is one beside so many times the median. */
#define TAIL 10

/* "All busy" of fewer pages, or of less time, may be chance. */
#define ENOUGH_PAGES 4
#define SHORTEST_MS  8000

/* A process that warms up grows too. */
#define WARM_MS 120000

static const struct rule rules[RULES] = {
#define RULE(id, name, scopes, field, sense, unit, warning, critical, seconds, sentence, \
	remedy)                                                                          \
	[RULE_##id] = {name, scopes, MODEL_##field, RULE_##sense, MODEL_UNIT_##unit,     \
		warning, critical, (int64_t)seconds * 1000, sentence, remedy},
#include "operatorstat/rules.def"
};

const struct rule *rule_at(enum findings_rule rule)
{
	return &rules[rule];
}

static double value(const struct question *q)
{
	return q->row->value[rules[q->rule].field];
}

static struct history_span span(
	const struct question *q, const struct model_row *row, enum model_field f)
{
	return model_span(row, f, q->at_ms - q->span_ms, q->at_ms);
}

static bool has_value(struct question *q)
{
	q->n = value(q);
	return !isnan(q->n);
}

static void say_count(struct question *q, double n, const char *one, const char *many)
{
	char text[FMT_SIZE];

	buf_addf(&q->x, "%s %s", fmt_count(text, n), n > 1 ? many : one);
}

/* ---- the scrape ---- */

static bool look_down(struct question *q)
{
	struct model_state state = model_state(q->model, q->operator);

	if (state.is_up || state.attempt_ms == 0)
		return false;
	q->n = 1;
	q->held_ms = state.attempt_ms - state.down_since_ms;
	buf_add(&q->x, str_of(state.error[0] != '\0' ? state.error : "no answer"));
	return true;
}

static bool look_stale(struct question *q)
{
	struct model_state state = model_state(q->model, q->operator);
	char text[FMT_SIZE];

	if (!state.is_up || !state.is_stale)
		return false;
	q->n = (double)state.age_ms / 1000 / state.interval_seconds;
	buf_add(&q->x, str_of(fmt_seconds(text, (double)state.age_ms / 1000)));
	return true;
}

/* ---- counted over a quarter of an hour ---- */

static bool count(struct question *q, const char *one, const char *many)
{
	q->n = span(q, q->row, rules[q->rule].field).sum;
	if (!(q->n > 0))
		return false;
	q->held_ms = q->span_ms;
	say_count(q, q->n, one, many);
	return true;
}

static bool look_restarted(struct question *q)
{
	q->n = span(q, q->row, MODEL_RESTARTS).sum;
	if (!(q->n > 0))
		return false;
	q->held_ms = q->span_ms;
	if (q->n > 1)
		buf_addf(&q->x, "%.0f times", q->n);
	else
		buf_add(&q->x, STR("once"));
	return true;
}

static bool look_panics(struct question *q)
{
	return count(q, "panic", "panics");
}

static bool look_terminal(struct question *q)
{
	return count(q, "terminal error", "terminal errors");
}

static bool look_timeouts(struct question *q)
{
	return count(q, "reconcile", "reconciles");
}

static bool look_certificate_read(struct question *q)
{
	return count(q, "failure", "failures");
}

/* ---- the controller ---- */

static bool look_standby(struct question *q)
{
	return value(q) < 0.5;
}

static bool look_errors(struct question *q)
{
	return span(q, q->row, MODEL_RECONCILES).sum >= ENOUGH_RECONCILES && has_value(q);
}

/* The 99th percentile of what is usual: of all that is known. NaN: too few ended. */
static double usual(struct question *q, double *observed)
{
	struct model_histogram h = {0};
	double p99 = (double)NAN;

	*observed = 0;
	if (model_histogram(q->model, q->row, MODEL_HIST_RECONCILE, 0, q->at_ms, &h)) {
		*observed = h.observed;
		if (h.observed >= ENOUGH_OBSERVED)
			p99 = model_quantile(&h, 0.99, NULL, NULL);
	}
	model_histogram_free(&h);
	return p99;
}

/* While less than six minutes are known, a sixth of them stands for the minute that a
 * reconcile may take, if it is not usual for it. */
static bool look_stuck(struct question *q)
{
	double observed, p99, limit = fmax((double)q->past_ms / 6000, 2);
	char text[FMT_SIZE];

	if (!has_value(q) || q->n < limit)
		return false;
	p99 = usual(q, &observed);
	q->is_cut = q->n < rules[RULE_STUCK].warning && !(q->n < UNUSUAL * p99);
	q->held_ms = (int64_t)(q->n * 1000);
	if (isnan(p99))
		buf_add(&q->x, STR("and hardly any others ended"));
	else
		buf_addf(&q->x, "99 of 100 end within %s", fmt_seconds(text, p99));
	if (q->row->value[MODEL_WORKERS_STUCK] >= 2)
		buf_addf(&q->x, "; %.0f of %.0f workers do not come back",
			q->row->value[MODEL_WORKERS_STUCK],
			q->row->value[MODEL_WORKERS_MAX]);
	return true;
}

static bool are_all_busy(const struct question *q, int64_t for_ms)
{
	struct history_span active =
		model_span(q->row, MODEL_WORKERS, q->at_ms - for_ms, q->at_ms);

	return active.count >= ENOUGH_PAGES &&
	       active.min >= q->row->value[MODEL_WORKERS_MAX];
}

/* For how long all have been busy: what holds for a time holds for a shorter one. */
static int64_t busy_for_ms(const struct question *q)
{
	int64_t low = q->span_ms, high = q->past_ms;

	while (high - low > 1000) {
		int64_t middle = low + (high - low) / 2;

		if (are_all_busy(q, middle))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* How many it would take, or if what comes is not the trouble, what waits. */
static void say_need(struct question *q)
{
	const double *value = q->row->value;
	char adds[FMT_SIZE], work[FMT_SIZE], depth[FMT_SIZE];

	fmt_rate(adds, value[MODEL_ADDS]);
	fmt_seconds(work, value[MODEL_WORK_MEAN]);
	if (value[MODEL_WORKERS_NEEDED] >= value[MODEL_WORKERS_MAX])
		buf_addf(&q->x, "this load needs %.1f (%s/s come, each takes %s)",
			value[MODEL_WORKERS_NEEDED], adds, work);
	else
		buf_addf(&q->x, "%s items wait, %s/s come, each takes %s",
			fmt_count(depth, value[MODEL_DEPTH]), adds, work);
}

static bool look_workers_busy(struct question *q)
{
	double busy;

	if (q->span_ms < SHORTEST_MS || !are_all_busy(q, q->span_ms))
		return false;
	/* the pages may have met the busy moments alone */
	model_history(q->model, q->row, MODEL_BUSY, q->at_ms, q->span_ms, &busy, 1);
	if (busy < 90)
		return false;
	q->held_ms = busy_for_ms(q);
	q->n = (double)q->held_ms / 1000;
	q->is_cut = q->span_ms < rules[RULE_WORKERS_BUSY].span_ms;
	say_need(q);
	return true;
}

/* Does it rise from each part of the span to the next? first and last: the means there.
 */
static bool rises(const struct question *q, int parts, double *first, double *last)
{
	int64_t part_ms = q->span_ms / parts;
	double before = -(double)INFINITY;

	for (int i = 0; i < parts; i++) {
		int64_t to = q->at_ms - (int64_t)(parts - 1 - i) * part_ms;
		struct history_span s =
			model_span(q->row, rules[q->rule].field, to - part_ms, to);
		double mean = s.sum / (double)s.count;

		if (s.count == 0 || !(mean > before))
			return false;
		if (i == 0)
			*first = mean;
		*last = before = mean;
	}
	return true;
}

static bool look_queue_grows(struct question *q)
{
	double first, last;
	char from[FMT_SIZE], to[FMT_SIZE];

	if (q->span_ms < SHORTEST_MS || !rises(q, 5, &first, &last))
		return false;
	q->n = last - first;
	q->held_ms = q->span_ms;
	buf_addf(&q->x, "from %s to %s", fmt_count(from, round(first)),
		fmt_count(to, round(last)));
	return true;
}

/* Is a percentile of the row made of enough? Sources without histograms do not say. */
static bool is_enough(struct question *q, enum model_hist which)
{
	struct model_histogram h = {0};
	int64_t window_ms = model_window_ms(q->model);
	bool enough = !model_histogram(q->model, q->row, which, q->at_ms - window_ms,
			      q->at_ms, &h) ||
		      h.observed >= ENOUGH_OBSERVED;

	model_histogram_free(&h);
	return enough;
}

static bool look_queue_wait(struct question *q)
{
	return has_value(q) && is_enough(q, MODEL_HIST_QUEUE);
}

static bool look_slow_tail(struct question *q)
{
	return has_value(q) && q->n >= TAIL * q->row->value[MODEL_RECONCILE_P50] &&
	       is_enough(q, MODEL_HIST_RECONCILE);
}

static bool look_hot_requeue(struct question *q)
{
	char text[FMT_SIZE];
	double asked = q->row->value[MODEL_REQUEUE];

	if (!(asked > 0.1) || span(q, q->row, MODEL_RECONCILES).sum < ENOUGH_RECONCILES)
		return false;
	q->n = 100 * asked / q->row->value[MODEL_RECONCILES];
	buf_add(&q->x, str_of(fmt_rate(text, asked)));
	return true;
}

/* ---- requests to the API server ---- */

static bool look_throttled(struct question *q)
{
	return has_value(q) && is_enough(q, MODEL_HIST_THROTTLE);
}

static bool look_429(struct question *q)
{
	return count(q, "request", "requests");
}

/* What all methods but GET did, of a counter. */
static double written(const struct question *q, enum model_field f)
{
	const struct model_row *get =
		model_find(q->model, MODEL_METHOD, q->operator->operator, "GET");
	double all = span(q, q->operator, f).sum;
	double read = get == NULL ? 0 : span(q, get, f).sum;

	return all - (isnan(read) ? 0 : read);
}

static bool look_conflicts(struct question *q)
{
	double writes = written(q, MODEL_API_REQUESTS),
	       conflicts = written(q, MODEL_API_409);

	if (writes < ENOUGH_WRITES || !(conflicts > 0))
		return false;
	q->n = 100 * conflicts / writes;
	return true;
}

static bool look_api_errors(struct question *q)
{
	double failed = q->row->value[MODEL_API_5XX],
	       none = q->row->value[MODEL_API_NONE];
	char text[FMT_SIZE];

	if (span(q, q->row, MODEL_API_REQUESTS).sum < ENOUGH_REQUESTS || !has_value(q))
		return false;
	buf_add(&q->x, str_of(fmt_rate(text,
			       (isnan(failed) ? 0 : failed) + (isnan(none) ? 0 : none))));
	return true;
}

static bool look_api_slow(struct question *q)
{
	return has_value(q) && is_enough(q, MODEL_HIST_API);
}

/* ---- webhooks ---- */

static bool look_webhook_slow(struct question *q)
{
	return has_value(q) && is_enough(q, MODEL_HIST_WEBHOOK);
}

static bool look_webhook_failed(struct question *q)
{
	double failed = span(q, q->row, MODEL_WEBHOOK_FAILED).sum;

	q->n = 100 * failed / span(q, q->row, MODEL_WEBHOOK_REQUESTS).sum;
	return failed > 0;
}

/* ---- the process ---- */

static bool look_grows(struct question *q)
{
	double first, last;

	if (q->span_ms < WARM_MS || !rises(q, 10, &first, &last))
		return false;
	q->n = 100 * (last - first) / first;
	q->held_ms = q->span_ms;
	return true;
}

static bool look_fds(struct question *q)
{
	q->n = 100 * q->row->value[MODEL_FDS] / q->row->value[MODEL_FDS_MAX];
	return !isnan(q->n);
}

/* Worth a word where it would help: beside slow reconciles. */
static bool look_not_exported(struct question *q)
{
	struct model_rows rows = {0};
	struct model_view view = {
		.scope = MODEL_CONTROLLER, .operator= q->operator->operator};
	bool is_slow = false;

	if (!isnan(value(q)) || !model_rows(q->model, &view, &rows))
		return false;
	for (size_t i = 0; i < rows.count; i++)
		is_slow |= rows.at[i]->value[MODEL_RECONCILE_P99] >=
			   rules[RULE_SLOW_TAIL].warning;
	model_rows_free(&rows);
	return is_slow;
}

static bool (*const looks[RULES])(struct question *) = {
	[RULE_DOWN] = look_down,
	[RULE_STALE] = look_stale,
	[RULE_RESTARTED] = look_restarted,
	[RULE_STANDBY] = look_standby,
	[RULE_PANICS] = look_panics,
	[RULE_TERMINAL] = look_terminal,
	[RULE_ERRORS] = look_errors,
	[RULE_TIMEOUTS] = look_timeouts,
	[RULE_STUCK] = look_stuck,
	[RULE_WORKERS_BUSY] = look_workers_busy,
	[RULE_QUEUE_GROWS] = look_queue_grows,
	[RULE_QUEUE_DEEP] = has_value,
	[RULE_QUEUE_WAIT] = look_queue_wait,
	[RULE_SLOW_TAIL] = look_slow_tail,
	[RULE_HOT_REQUEUE] = look_hot_requeue,
	[RULE_THROTTLED] = look_throttled,
	[RULE_API_429] = look_429,
	[RULE_CONFLICTS] = look_conflicts,
	[RULE_API_ERRORS] = look_api_errors,
	[RULE_API_SLOW] = look_api_slow,
	[RULE_WEBHOOK_SLOW] = look_webhook_slow,
	[RULE_WEBHOOK_FAILED] = look_webhook_failed,
	[RULE_WEBHOOK_PANICS] = look_panics,
	[RULE_GC] = has_value,
	[RULE_MEMORY] = look_grows,
	[RULE_GOROUTINES] = look_grows,
	[RULE_FDS] = look_fds,
	[RULE_FDS_GROW] = look_grows,
	[RULE_CERTIFICATE] = has_value,
	[RULE_CERTIFICATE_READ] = look_certificate_read,
	[RULE_TOKEN] = has_value,
	[RULE_NOT_EXPORTED] = look_not_exported,
};

bool rule_look(struct question *q)
{
	return looks[q->rule](q);
}
