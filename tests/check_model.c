#include "operatorstat/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

#define T0 INT64_C(1700006400000)

/* ---- a source in the hands of the test ---- */

static struct metric metric_of(const char *type, const char *type_instance, int64_t at_ms)
{
	struct metric m = {.instance = STR("op"),
		.type = str_of(type),
		.type_instance = str_of(type_instance),
		.time_ms = T0 + at_ms,
		.interval_seconds = 10};
	const char *first = strchr(type_instance, '-'),
		   *last = strrchr(type_instance, '-');
	bool has_detail = strcmp(type, "latency") == 0 ||
			  strcmp(type, "http_response_codes") == 0 ||
			  strncmp(type_instance, "reconcile-", 10) == 0;

	m.what = m.type_instance;
	if (first == NULL)
		return m;
	m.what.len = (size_t)(first - type_instance);
	m.subject = str_of(first + 1);
	if (has_detail && last != first) {
		m.subject.len = (size_t)(last - first - 1);
		m.detail = str_of(last + 1);
	}
	return m;
}

static void gauge(struct sink *s, const char *type, const char *type_instance,
	int64_t at_ms, double value)
{
	struct metric m = metric_of(type, type_instance, at_ms);

	m.kind = METRIC_GAUGE;
	m.gauge = value;
	s->metric(s->ctx, &m);
}

static void total(struct sink *s, const char *type, const char *type_instance,
	int64_t at_ms, double value)
{
	struct metric m = metric_of(type, type_instance, at_ms);

	if (strcmp(type, "errors") == 0) {
		m.subject = str_of(strchr(type_instance, '-') + 1);
		m.detail = STR("");
	}
	m.kind = METRIC_DERIVE;
	m.total = value;
	m.derive = (int64_t)value;
	s->metric(s->ctx, &m);
}

static void page(struct sink *s, int64_t at_ms)
{
	struct err none;

	err_ok(&none);
	struct attempt a = {.instance = STR("op"),
		.time_ms = T0 + at_ms,
		.is_page = true,
		.status = 200,
		.duration_seconds = 0.01,
		.page_bytes = 1000,
		.samples = 10,
		.error = &none};
	s->end(s->ctx, &a);
}

static void failure(struct sink *s, int64_t at_ms, const char *why)
{
	struct err e;

	err_set(&e, ERR_REFUSED, "%s", why);
	struct attempt a = {.instance = STR("op"), .time_ms = T0 + at_ms, .error = &e};

	s->end(s->ctx, &a);
}

static const double bounds[] = {0.1, 1, 10, INFINITY};

static void histogram(struct sink *s, const char *what, const char *subject,
	int64_t at_ms, const double *cumulative, double sum)
{
	struct metric_histogram h = {.instance = STR("op"),
		.what = str_of(what),
		.subject = str_of(subject),
		.is_seconds = true,
		.count = 4,
		.upper_bound = bounds,
		.increase = cumulative,
		.sum_increase = sum,
		.count_increase = cumulative[3],
		.time_ms = T0 + at_ms,
		.before_ms = T0 + at_ms - 10000};

	s->histogram(s->ctx, &h);
}

/* A page every 10 s: 5 reconciles a second of which one fails, a queue that grows by 2.
 */
static void pages_until(struct sink *s, int64_t until_ms)
{
	for (int64_t at = 0; at <= until_ms; at += 10000) {
		double n = (double)at / 10000;

		total(s, "total_operations", "reconcile-a-b-success", at, 1000 + 40 * n);
		total(s, "total_operations", "reconcile-a-b-error", at, 10 + 10 * n);
		total(s, "errors", "reconcile-a-b", at, 10 + 10 * n);
		total(s, "total_operations", "add-a-b", at, 70 * n);
		gauge(s, "queue_length", "depth-a-b", at, 2 * n);
		gauge(s, "queue_length", "depth-c", at, 1);
		gauge(s, "threads", "active-a-b", at, 1);
		gauge(s, "threads", "max-a-b", at, 4);
		gauge(s, "duration", "unfinished-a-b", at, 20 * n);
		total(s, "http_response_codes", "api-GET-200", at, 500 + 90 * n);
		total(s, "http_response_codes", "api-GET-500", at, 10 * n);
		gauge(s, "memory", "resident", at, 1e8);
		total(s, "total_time_in_ms", "cpu", at, 2500 * n);
		if (at > 0) {
			gauge(s, "percent", "busy-a-b", at, 25 + 10 * n);
			gauge(s, "percent", "error_ratio-a-b", at, 20);
			histogram(s, "work", "a-b", at, (double[]){0, 50, 50, 50}, 25);
			histogram(
				s, "reconcile", "a-b", at, (double[]){0, 50, 50, 50}, 25);
			gauge(s, "latency", "reconcile-a-b-percentile_99", at, 77);
		}
		page(s, at);
	}
}

static const struct {
	const char *name;
	enum model_scope scope;
	const char *row;
	enum model_field field;
	double value, total, last;
} figures[] = {
	{"rate", MODEL_CONTROLLER, "a-b", MODEL_RECONCILES, 5, 1010 + 600, 50},
	{"rate of one result", MODEL_CONTROLLER, "a-b", MODEL_SUCCESS, 4, 1000 + 480, 40},
	{"errors", MODEL_CONTROLLER, "a-b", MODEL_ERRORS, 1, 10 + 120, 10},
	{"error ratio", MODEL_CONTROLLER, "a-b", MODEL_ERROR_PERCENT, 20, NAN, NAN},
	{"gauge", MODEL_CONTROLLER, "a-b", MODEL_DEPTH, 24, NAN, NAN},
	{"gauge of another", MODEL_CONTROLLER, "c", MODEL_DEPTH, 1, NAN, NAN},
	{"nothing is NaN", MODEL_CONTROLLER, "c", MODEL_RECONCILES, NAN, NAN, NAN},
	{"no errors, no reconciles", MODEL_CONTROLLER, "c", MODEL_ERROR_PERCENT, NAN, NAN,
		NAN},
	{"busy: mean over the window", MODEL_CONTROLLER, "a-b", MODEL_BUSY, 120, NAN,
		NAN},
	{"needed", MODEL_CONTROLLER, "a-b", MODEL_WORKERS_NEEDED, 3.5, NAN, NAN},
	{"stuck", MODEL_CONTROLLER, "a-b", MODEL_WORKERS_STUCK, 2, NAN, NAN},
	{"percentile of the histogram", MODEL_CONTROLLER, "a-b", MODEL_RECONCILE_P50,
		0.55, NAN, NAN},
	{"mean of the histogram", MODEL_CONTROLLER, "a-b", MODEL_RECONCILE_MEAN, 0.5, NAN,
		NAN},
	{"an operator's sum", MODEL_OPERATOR, "", MODEL_DEPTH, 25, NAN, NAN},
	{"an operator's rate", MODEL_OPERATOR, "", MODEL_RECONCILES, 5, 1610, 50},
	{"an operator's own", MODEL_OPERATOR, "", MODEL_RSS, 1e8, NAN, NAN},
	{"cores", MODEL_OPERATOR, "", MODEL_CPU, 25, NAN, NAN},
	{"an operator's busy", MODEL_OPERATOR, "", MODEL_BUSY, 120, NAN, NAN},
	{"an operator's needed", MODEL_OPERATOR, "", MODEL_WORKERS_NEEDED, 3.5, NAN, NAN},
	{"requests", MODEL_METHOD, "GET", MODEL_API_REQUESTS, 10, 500 + 1200, 100},
	{"requests of a class", MODEL_METHOD, "GET", MODEL_API_5XX, 1, 120, 10},
	{"requests that failed", MODEL_OPERATOR, "", MODEL_API_ERROR_PERCENT, 10, NAN,
		NAN},
	{"not this scope's", MODEL_METHOD, "GET", MODEL_RECONCILES, NAN, NAN, NAN},
};

static void same(const char *name, const char *what, double got, double want)
{
	bool is_same = isnan(want) ? isnan(got) : fabs(got - want) <= 1e-6 * fabs(want);

	ck_assert_msg(is_same, "%s: %s is %g, not %g", name, what, got, want);
}

START_TEST(figures_of_the_last_minute)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);

	pages_until(&s, 120000);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		struct model_row *row =
			model_find(m, figures[i].scope, "op", figures[i].row);

		ck_assert_msg(row != NULL, "%s: no row", figures[i].name);
		same(figures[i].name, "value", row->value[figures[i].field],
			figures[i].value);
		same(figures[i].name, "total", row->total[figures[i].field],
			figures[i].total);
		same(figures[i].name, "last", row->last[figures[i].field],
			figures[i].last);
	}
	same("all", "depth", model_all(m)->value[MODEL_DEPTH], 25);
	same("all", "rate", model_all(m)->value[MODEL_RECONCILES], 5);
	same("all", "errors", model_all(m)->value[MODEL_ERROR_PERCENT], 20);
	same("all", "busy", model_all(m)->value[MODEL_BUSY], 120);
	model_free(m);
}
END_TEST

START_TEST(looking_back)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);
	struct model_row *row;

	pages_until(&s, 120000);
	model_look(m, T0 + 60000, 20000);
	row = model_find(m, MODEL_CONTROLLER, "op", "a-b");
	same("back", "depth", row->value[MODEL_DEPTH], 12);
	same("back", "busy", row->value[MODEL_BUSY], 25 + 10 * 5.5);
	same("back", "total", row->total[MODEL_RECONCILES], 1010 + 300);
	model_look(m, T0 + 65000, 20000);
	row = model_find(m, MODEL_CONTROLLER, "op", "a-b");
	same("between pages", "depth", row->value[MODEL_DEPTH], 12);
	model_baseline(m, T0 + 20000);
	model_look(m, 0, 0);
	ck_assert_int_eq(model_window_ms(m), 100000);
	same("since 0", "busy",
		model_find(m, MODEL_CONTROLLER, "op", "a-b")->value[MODEL_BUSY],
		25 + 10 * 7.5);
	ck_assert_int_eq(model_first_ms(m) / 1000, T0 / 1000);
	ck_assert_int_eq(model_step(m, T0 + 50999, -1) / 1000, T0 / 1000 + 40);
	ck_assert_int_eq(model_step(m, T0 + 50999, 2) / 1000, T0 / 1000 + 70);
	ck_assert_int_eq(model_step(m, T0 + 50999, 200) / 1000, T0 / 1000 + 120);
	ck_assert_int_eq(model_step(m, T0 + 50999, -200) / 1000, T0 / 1000);
	model_free(m);
}
END_TEST

START_TEST(charts_go_by_wall_clock)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);
	double out[30];

	pages_until(&s, 120000);
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "op", "a-b");

	model_history(m, row, MODEL_DEPTH, T0 + 120000, 20000, out, 3);
	same("two pages a column", "0", out[0], 15);
	same("two pages a column", "2", out[2], 23);
	model_history(m, row, MODEL_RECONCILES, T0 + 120000, 5000, out, 4);
	for (size_t i = 0; i < 4; i++)
		same("half a page a column", "rate", out[i], 5);
	model_history(m, row, MODEL_DEPTH, T0 + 200000, 10000, out, 20);
	same("the future", "19", out[19], NAN);
	same("the newest", "11", out[11], 24);
	model_history(m, row, MODEL_ERROR_PERCENT, T0 + 60000, 20000, out, 1);
	same("worked out", "errors", out[0], 20);
	model_history(m, row, MODEL_WORK_MEAN, T0 + 60000, 20000, out, 1);
	same("worked out", "mean", out[0], 0.5);
	model_history(m, model_all(m), MODEL_RECONCILES, T0 + 120000, 20000, out, 1);
	same("of all", "rate", out[0], 5);
	model_free(m);
}
END_TEST

START_TEST(a_failed_scrape_blanks_nothing)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);

	pages_until(&s, 60000);
	gauge(&s, "queue_length", "depth-a-b", 70000, NAN);
	failure(&s, 70000, "connection refused");
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "op", "a-b");
	struct model_state state =
		model_state(m, model_find(m, MODEL_OPERATOR, "op", ""));

	same("down", "depth", row->value[MODEL_DEPTH], 12);
	same("down", "rate", row->value[MODEL_RECONCILES], 5);
	ck_assert(!state.is_up && state.is_stale);
	ck_assert_int_eq(state.down_since_ms, T0 + 70000);
	ck_assert_int_eq(state.page_ms, T0 + 60000);
	ck_assert_str_eq(state.error, "connection refused");
	/* a page that lacks it ends it */
	page(&s, 80000);
	row = model_find(m, MODEL_CONTROLLER, "op", "a-b");
	same("gone", "depth", row->value[MODEL_DEPTH], NAN);
	ck_assert(model_state(m, model_find(m, MODEL_OPERATOR, "op", "")).is_up);
	model_free(m);
}
END_TEST

START_TEST(what_was_forgotten_is_no_increase)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);
	struct event forgotten = {.kind = EVENT_FORGOTTEN,
		.instance = STR("op"),
		.time_ms = T0 + 400000,
		.text = STR("the past was dropped")};
	struct event restart = {.kind = EVENT_RESTART,
		.severity = EVENT_WARNING,
		.instance = STR("op"),
		.time_ms = T0 + 410000,
		.text = STR("restarted")};

	total(&s, "total_operations", "add-x", 0, 100);
	page(&s, 0);
	total(&s, "total_operations", "add-x", 10000, 110);
	page(&s, 10000);
	s.event(s.ctx, &forgotten);
	total(&s, "total_operations", "add-x", 400000, 5000);
	page(&s, 400000);
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "op", "x");

	same("forgotten", "rate", row->value[MODEL_ADDS], NAN);
	same("forgotten", "total", row->total[MODEL_ADDS], 5000);
	s.event(s.ctx, &restart);
	total(&s, "total_operations", "add-x", 410000, 5020);
	page(&s, 410000);
	row = model_find(m, MODEL_CONTROLLER, "op", "x");
	same("again", "rate", row->value[MODEL_ADDS], 2);
	same("restarts", "restarts",
		model_find(m, MODEL_OPERATOR, "op", "")->value[MODEL_RESTARTS], 1);
	ck_assert_uint_eq(model_events(m), 2);
	ck_assert_str_eq(model_event(m, 1).text, "restarted");
	ck_assert_str_eq(model_event(m, 1).operator, "op");
	model_free(m);
}
END_TEST

/* A counter that is new on a page comes as a zero of the page before first. */
START_TEST(a_new_counter_has_a_rate_at_once)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);

	page(&s, 0);
	total(&s, "errors", "panic-x", 0, 0);
	total(&s, "errors", "panic-x", 10000, 3);
	page(&s, 10000);
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "op", "x");

	same("new", "rate", row->value[MODEL_PANICS], 0.3);
	same("new", "total", row->total[MODEL_PANICS], 3);
	same("new", "last", row->last[MODEL_PANICS], 3);
	model_free(m);
}
END_TEST

START_TEST(percentiles_without_histograms)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);

	gauge(&s, "latency", "queue-x-percentile_99", 0, 4);
	gauge(&s, "latency", "api_request-GET-percentile_99", 0, 0.25);
	gauge(&s, "latency", "api_request-PUT-percentile_99", 0, 0.5);
	page(&s, 0);
	same("own", "p99",
		model_find(m, MODEL_CONTROLLER, "op", "x")->value[MODEL_QUEUE_P99], 4);
	same("the worst", "p99",
		model_find(m, MODEL_OPERATOR, "op", "")->value[MODEL_API_P99], 0.5);
	model_free(m);
}
END_TEST

START_TEST(histogram_of_a_window)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);
	struct model_histogram h = {0};
	double low, high;

	histogram(&s, "api_request", "GET", 10000, (double[]){5, 10, 10, 10}, 3);
	histogram(&s, "api_request", "PUT", 10000, (double[]){0, 0, 0, 10}, 300);
	page(&s, 10000);
	histogram(&s, "api_request", "GET", 20000, (double[]){1, 1, 1, 1}, 0.05);
	page(&s, 20000);
	struct model_row *row = model_find(m, MODEL_OPERATOR, "op", "");

	ck_assert(model_histogram(m, row, MODEL_HIST_API, 0, T0 + 20000, &h));
	ck_assert_double_eq(h.observed, 21);
	ck_assert_double_eq(h.increase[0], 6);
	ck_assert_double_eq(h.increase[3], 10);
	ck_assert_double_eq(model_quantile(&h, 0.99, &low, &high), 10);
	ck_assert_double_eq(low, 10);
	ck_assert(isinf(high));
	ck_assert(model_histogram(m, row, MODEL_HIST_API, T0 + 10000, T0 + 20000, &h));
	ck_assert_double_eq(h.observed, 1);
	ck_assert(fabs(model_mean(&h) - 0.05) < 1e-6);
	ck_assert(!model_histogram(m, row, MODEL_HIST_WEBHOOK, 0, T0 + 20000, &h));
	model_histogram_free(&h);
	model_free(m);
}
END_TEST

static void put_depth(struct sink *s, const char *instance, const char *ti, double value)
{
	struct metric m = metric_of("queue_length", ti, 0);

	m.instance = str_of(instance);
	m.gauge = value;
	s->metric(s->ctx, &m);
}

static const struct {
	const char *name;
	struct model_view view;
	const char *rows; /* operator/name, blank separated */
	size_t hidden;
} views[] = {{"flat", {.scope = MODEL_CONTROLLER}, "x/b x/a x/c y/b ", 0},
	{"tree", {.scope = MODEL_CONTROLLER, .is_tree = true}, "x/ x/b x/a x/c y/ y/b ",
		0},
	{"sorted",
		{.scope = MODEL_CONTROLLER,
			.has_sort = true,
			.sort = MODEL_DEPTH,
			.descending = true},
		"y/b x/a x/b x/c ", 0},
	{"sorted, NaN last",
		{.scope = MODEL_CONTROLLER, .has_sort = true, .sort = MODEL_DEPTH},
		"x/b x/a y/b x/c ", 0},
	{"sorted tree",
		{.scope = MODEL_CONTROLLER,
			.is_tree = true,
			.has_sort = true,
			.sort = MODEL_DEPTH,
			.descending = true},
		"y/ y/b x/ x/a x/b x/c ", 0},
	{"filtered", {.scope = MODEL_CONTROLLER, .filter = "/B$"}, "x/b y/b ", 2},
	{"filtered away", {.scope = MODEL_CONTROLLER, .filter = "!/B$"}, "x/a x/c ", 2},
	{"filtered tree", {.scope = MODEL_CONTROLLER, .is_tree = true, .filter = "x/c"},
		"x/ x/c ", 3},
	{"no expression", {.scope = MODEL_CONTROLLER, .filter = "x/(b"}, "", 4},
	{
		"one operator",
		{.scope = MODEL_CONTROLLER, .operator= "y" }, "y/b ", 0},
		{"active", {.scope = MODEL_CONTROLLER, .only_active = true},
			"x/b x/a y/b ", 1},
		{"operators", {.scope = MODEL_OPERATOR}, "x/ y/ ", 0},
		{"marked", {.scope = MODEL_CONTROLLER, .only_marked = true}, "x/a ", 3},
};

START_TEST(rows_as_a_view_wants_them)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);
	struct model_rows rows = {0};
	struct attempt a = {.time_ms = T0, .is_page = true};

	put_depth(&s, "x", "depth-b", 1);
	put_depth(&s, "x", "depth-a", 5);
	put_depth(&s, "x", "depth-c", NAN);
	put_depth(&s, "y", "depth-b", 7);
	a.instance = STR("x");
	s.end(s.ctx, &a);
	a.instance = STR("y");
	s.end(s.ctx, &a);
	model_find(m, MODEL_CONTROLLER, "x", "a")->mark = MODEL_MARK_WARNING;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		char got[200] = "";

		ck_assert(model_rows(m, &views[i].view, &rows));
		for (size_t k = 0; k < rows.count; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s/%s ",
				rows.at[k]->operator, rows.at[k]->name);
		ck_assert_msg(
			strcmp(got, views[i].rows) == 0, "%s: %s", views[i].name, got);
		ck_assert_msg(rows.hidden == views[i].hidden, "%s: %zu hidden",
			views[i].name, rows.hidden);
	}
	model_rows_free(&rows);
	model_free(m);
}
END_TEST

START_TEST(the_ceiling_cuts_the_past)
{
	struct model *m = model_new(1 << 20);
	struct sink s = model_sink(m);
	char name[40];

	for (int64_t at = 0; at < 400000; at += 1000) {
		for (int i = 0; i < 40; i++) {
			snprintf(name, sizeof(name), "depth-c%d", i);
			gauge(&s, "queue_length", name, at, (double)(at + i));
		}
		page(&s, at);
	}
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "op", "c7");
	double out[2];

	same("newest", "depth", row->value[MODEL_DEPTH], 399007);
	model_history(m, row, MODEL_DEPTH, T0 + 399000, 1000, out, 2);
	same("newest", "chart", out[1], 399007);
	model_free(m);
}
END_TEST

/* Old counts fit no new buckets: they go, and that is said. */
START_TEST(other_bounds)
{
	static const double others[] = {0.5, INFINITY};
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);
	struct model_histogram h = {0};
	struct metric_histogram now = {.instance = STR("op"),
		.what = STR("queue"),
		.subject = STR("c"),
		.is_seconds = true,
		.count = 2,
		.upper_bound = others,
		.increase = (double[]){3, 4},
		.sum_increase = 1,
		.count_increase = 4,
		.time_ms = T0 + 20000,
		.before_ms = T0 + 10000};

	histogram(&s, "queue", "c", 10000, (double[]){5, 10, 10, 10}, 3);
	page(&s, 10000);
	ck_assert_uint_eq(model_events(m), 0);
	s.histogram(s.ctx, &now);
	page(&s, 20000);
	ck_assert_uint_eq(model_events(m), 1);
	ck_assert_str_eq(model_event(m, 0).subject, "c");
	ck_assert_ptr_nonnull(strstr(model_event(m, 0).text, "other bounds"));
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "op", "c");
	ck_assert(model_histogram(m, row, MODEL_HIST_QUEUE, 0, T0 + 20000, &h));
	ck_assert_uint_eq(h.count, 2);
	ck_assert_double_eq(h.observed, 4);
	model_histogram_free(&h);
	model_free(m);
}
END_TEST

START_TEST(events_are_a_ring)
{
	struct model *m = model_new(MODEL_BYTES);
	struct model_event e = {.operator= "", .subject = "", .text = "x"};
	uint64_t first = model_event_add(m, &e), last = 0;

	for (int i = 1; i < 1005; i++) {
		e.time_ms = i;
		last = model_event_add(m, &e);
	}
	model_event_end(m, first, 99);
	model_event_end(m, last, 2000);
	ck_assert_uint_eq(model_events(m), 1000);
	ck_assert_int_eq(model_event(m, 0).time_ms, 5);
	ck_assert_int_eq(model_event(m, 0).until_ms, 0);
	ck_assert_int_eq(model_event(m, 999).until_ms, 2000);
	model_free(m);
}
END_TEST

START_TEST(fields_by_name)
{
	ck_assert_int_eq(model_field_find("depth"), MODEL_DEPTH);
	ck_assert_int_eq(model_field_find("p99"), MODEL_RECONCILE_P99);
	ck_assert_int_eq(model_field_find("errors%"), MODEL_ERROR_PERCENT);
	ck_assert_int_eq(model_field_find("nonsense"), MODEL_FIELDS);
	for (enum model_field f = 0; f < MODEL_FIELDS; f++) {
		const struct model_field_info *info = model_field_info(f);

		ck_assert_int_eq(model_field_find(info->name), f);
		ck_assert_msg(strlen(info->head) <= 7, "%s", info->head);
		ck_assert_msg(info->scopes != 0, "%s", info->name);
	}
}
END_TEST

SUITE("model", figures_of_the_last_minute, looking_back, charts_go_by_wall_clock,
	a_failed_scrape_blanks_nothing, what_was_forgotten_is_no_increase,
	a_new_counter_has_a_rate_at_once, percentiles_without_histograms,
	histogram_of_a_window, rows_as_a_view_wants_them, the_ceiling_cuts_the_past,
	other_bounds, events_are_a_ring, fields_by_name)
