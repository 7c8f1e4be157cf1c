#include "operatorstat/demo.h"

#include <math.h>
#include <stdlib.h>

#include "engine/str.h"

/* controller-runtime's buckets of reconcile_time_seconds, and those of the work queue. */
static const double reconcile_bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25,
	0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5,
	4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60};
static const double queue_bounds[] = {1e-8, 1e-7, 1e-6, 9.999999999999999e-06,
	9.999999999999999e-05, 0.001, 0.01, 0.1, 1, 10, 100, 1000};
#define RECONCILE_BOUNDS (sizeof(reconcile_bounds) / sizeof(reconcile_bounds[0]))
#define QUEUE_BOUNDS     (sizeof(queue_bounds) / sizeof(queue_bounds[0]))

struct histogram {
	const double *bounds;
	size_t count;
	uint64_t buckets[RECONCILE_BOUNDS + 1];
	double sum;
};

/* How a controller is meant to be. */
struct plan {
	const char *operator, * name;
	int workers;
	double per_second;     /* items that come */
	double median_seconds; /* of a reconcile */
	double spread;         /* of its logarithm */
	double error_share;
	double requeue_share;
	/* seconds in which it is not as it should be: it fails, it gets more, it hangs */
	int fails_from, fails_to;
	int burst_from, burst_to;
	int hangs_from, hangs_to;
};

static const struct plan plans[] = {
	{"shop-operator", "order", 4, 18, 0.05, 0.9, 0.001, 0.05, 0, 0, 0, 0, 0, 0},
	{"shop-operator", "payment", 2, 5, 0.12, 0.7, 0.004, 0.1, 380, 470, 0, 0, 0, 0},
	{"shop-operator", "inventory", 8, 26, 0.004, 0.6, 0, 0, 0, 0, 0, 0, 0, 0},
	{"shop-operator", "shipment", 2, 2.5, 0.08, 0.8, 0, 0.3, 0, 0, 0, 0, 520, 600},
	{"shop-operator", "backup", 1, 0, 0.2, 0.5, 0, 0, 0, 0, 0, 0, 0, 0},
	{"cert-operator", "certificate", 1, 2.4, 0.28, 0.6, 0.01, 0, 560, 640, 480, 640,
		0, 0},
	{"cert-operator", "issuer", 1, 0.4, 0.01, 0.5, 0, 0.2, 0, 0, 0, 0, 0, 0},
};
#define CONTROLLERS (sizeof(plans) / sizeof(plans[0]))

/* The second operator is started anew then, and does not answer for some seconds. */
#define RESTART_SECOND 260
#define DOWN_SECONDS   4

static const char *const operators[] = {"shop-operator", "cert-operator"};
#define OPERATORS (sizeof(operators) / sizeof(operators[0]))

struct controller {
	double depth, adds, retries, success, errors, requeued;
	double busy_seconds; /* of this second: how much of the workers' time was used */
	double longest_seconds;
	double owed_seconds; /* work begun that goes on into the next second */
	struct histogram reconcile, queue, work;
};

struct demo {
	uint64_t random;
	int64_t begin_ms;
	int second;
	int started[OPERATORS]; /* second in which the process started */
	double cpu_seconds[OPERATORS], gcs[OPERATORS], heap_bytes[OPERATORS];
	double requests[OPERATORS], conflicts[OPERATORS], refused[OPERATORS];
	double admitted, denied;
	struct histogram admission;
	struct controller controllers[CONTROLLERS];
};

static void histogram_start(struct histogram *h, const double *bounds, size_t count)
{
	*h = (struct histogram){.bounds = bounds, .count = count};
}

static void controller_start(struct controller *c)
{
	*c = (struct controller){.depth = 0};
	histogram_start(&c->reconcile, reconcile_bounds, RECONCILE_BOUNDS);
	histogram_start(&c->queue, queue_bounds, QUEUE_BOUNDS);
	histogram_start(&c->work, queue_bounds, QUEUE_BOUNDS);
}

static bool is_of(size_t controller, size_t i)
{
	return str_eq(str_of(plans[controller].operator), str_of(operators[i]));
}

static void operator_start(struct demo *d, size_t i)
{
	d->started[i] = d->second;
	d->cpu_seconds[i] = d->gcs[i] = d->requests[i] = d->conflicts[i] = d->refused[i] =
		0;
	size_t behind = OPERATORS - i;
	d->heap_bytes[i] = 12e6 + 20e6 * (double)behind;
	for (size_t k = 0; k < CONTROLLERS; k++)
		if (is_of(k, i))
			controller_start(&d->controllers[k]);
}

struct demo *demo_new(uint64_t seed, int64_t begin_ms)
{
	struct demo *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->random = seed * 2654435769u + 1;
	d->begin_ms = begin_ms;
	histogram_start(&d->admission, reconcile_bounds, RECONCILE_BOUNDS);
	for (size_t i = 0; i < OPERATORS; i++)
		operator_start(d, i);
	return d;
}

size_t demo_operators(const struct demo *d)
{
	(void)d;
	return OPERATORS;
}

const char *demo_name(const struct demo *d, size_t i)
{
	(void)d;
	return operators[i];
}

/* ---- chance ---- */

/* xorshift64*: 0 <= x < 1. */
static double chance(struct demo *d)
{
	d->random ^= d->random >> 12;
	d->random ^= d->random << 25;
	d->random ^= d->random >> 27;
	return (double)(d->random * UINT64_C(2685821657736338717) >> 11) /
	       9007199254740992.0;
}

/* Near a normal distribution of variance 1. */
static double gauss(struct demo *d)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += chance(d);
	return sum;
}

static int count_of(struct demo *d, double mean)
{
	double count = floor(mean + gauss(d) * sqrt(mean) * 0.7 + chance(d));

	return count > 0 ? (int)count : 0;
}

static void observe(struct histogram *h, double value)
{
	size_t i = 0;

	while (i < h->count && value > h->bounds[i])
		i++;
	h->buckets[i]++;
	h->sum += value;
}

/* ---- a second ---- */

static bool is_within(const struct demo *d, int from, int to)
{
	/* the day repeats itself every twenty minutes */
	int second = d->second % 1200;

	return second >= from && second < to;
}

static void end_one(struct demo *d, const struct plan *plan, struct controller *c)
{
	bool is_failing = is_within(d, plan->fails_from, plan->fails_to);

	if (chance(d) < (is_failing ? 0.13 : plan->error_share)) {
		c->errors++;
		c->retries++;
		c->adds++;
		c->depth++;
	} else if (chance(d) < plan->requeue_share) {
		c->requeued++;
	} else {
		c->success++;
	}
}

/* Takes items off the queue while the workers have time. */
static void work(struct demo *d, const struct plan *plan, struct controller *c)
{
	double free_seconds = plan->workers - c->owed_seconds,
	       mean = plan->median_seconds;

	c->owed_seconds = 0;
	c->longest_seconds = 0;
	while (c->depth >= 1 && free_seconds > 0) {
		double seconds = plan->median_seconds * exp(plan->spread * gauss(d));
		double waited = 2e-6 + c->depth * mean / plan->workers * chance(d) *
					       (c->depth > plan->workers ? 1 : 0.02);

		c->depth--;
		free_seconds -= seconds;
		observe(&c->queue, waited);
		observe(&c->reconcile, seconds);
		observe(&c->work, seconds + 2e-5);
		end_one(d, plan, c);
	}
	if (free_seconds < 0)
		c->owed_seconds = -free_seconds;
	c->busy_seconds = plan->workers - fmax(free_seconds, 0);
	c->longest_seconds = c->owed_seconds;
}

static void controller_second(
	struct demo *d, const struct plan *plan, struct controller *c)
{
	bool is_burst = is_within(d, plan->burst_from, plan->burst_to);
	bool is_hanging = is_within(d, plan->hangs_from, plan->hangs_to);
	int come = count_of(d, plan->per_second * (is_burst ? 1.6 : 1) *
				       (1 + 0.2 * sin(d->second / 47.0)));

	c->adds += come;
	c->depth += come;
	if (is_hanging && plan->workers == 1)
		c->busy_seconds = 1;
	else
		work(d, plan, c);
	if (is_hanging)
		c->longest_seconds = d->second % 1200 - plan->hangs_from + 1;
}

static void process_second(struct demo *d, size_t i)
{
	double reconciles = 0;

	for (size_t k = 0; k < CONTROLLERS; k++)
		if (is_of(k, i))
			reconciles +=
				d->controllers[k].busy_seconds / plans[k].workers * 12;
	d->cpu_seconds[i] += 0.01 + reconciles * 0.004;
	d->requests[i] += count_of(d, reconciles * 1.1);
	d->conflicts[i] += chance(d) < 0.2 ? 1 : 0;
	d->refused[i] += chance(d) < 0.03 ? 1 : 0;
	d->heap_bytes[i] += 2e5 + reconciles * 9e4 * chance(d);
	if (d->heap_bytes[i] > 60e6) {
		d->heap_bytes[i] = 30e6;
		d->gcs[i]++;
	}
}

static void admission_second(struct demo *d)
{
	for (int n = count_of(d, 3); n > 0; n--) {
		observe(&d->admission, 0.003 * exp(0.7 * gauss(d)));
		if (chance(d) < 0.02)
			d->denied++;
		else
			d->admitted++;
	}
}

void demo_second(struct demo *d)
{
	d->second++;
	if (d->second % 1200 == RESTART_SECOND)
		operator_start(d, 1);
	for (size_t k = 0; k < CONTROLLERS; k++)
		controller_second(d, &plans[k], &d->controllers[k]);
	for (size_t i = 0; i < OPERATORS; i++)
		process_second(d, i);
	admission_second(d);
}

/* ---- its page ---- */

static void add_type(
	struct buf *out, const char *name, const char *type, const char *help)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_histogram(
	struct buf *out, const char *name, const char *labels, const struct histogram *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < h->count; i++)
		buf_addf(out, "%s_bucket{%s,le=\"%.17g\"} %llu\n", name, labels,
			h->bounds[i], (unsigned long long)(sum += h->buckets[i]));
	sum += h->buckets[h->count];
	buf_addf(out, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, labels,
		(unsigned long long)sum);
	buf_addf(out, "%s_sum{%s} %.9g\n%s_count{%s} %llu\n", name, labels, h->sum, name,
		labels, (unsigned long long)sum);
}

static double active(const struct plan *plan, const struct controller *c)
{
	double workers = ceil(c->busy_seconds - 0.3);

	if (c->longest_seconds > 1 && workers < 1)
		workers = 1;
	return workers > plan->workers ? plan->workers : workers > 0 ? workers : 0;
}

static void add_results(struct buf *out, const char *name, const struct controller *c)
{
	const struct {
		const char *result;
		double count;
	} results[] = {{"error", c->errors}, {"requeue", 0},
		{"requeue_after", c->requeued}, {"success", c->success}};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		buf_addf(out,
			"controller_runtime_reconcile_total{controller=\"%s\",result=\"%"
			"s\"} %.0f\n",
			name, results[i].result, results[i].count);
}

/* A family whose series are the operator's controllers. */
struct family {
	const char *name, *type, *help, *label;
};

static const struct family families[] = {
	{"controller_runtime_active_workers", "gauge",
		"Number of currently used workers per controller", "controller"},
	{"controller_runtime_max_concurrent_reconciles", "gauge",
		"Maximum number of concurrent reconciles per controller", "controller"},
	{"controller_runtime_reconcile_errors_total", "counter",
		"Total number of reconciliation errors per controller", "controller"},
	{"controller_runtime_terminal_reconcile_errors_total", "counter",
		"Total number of terminal reconciliation errors per controller",
		"controller"},
	{"controller_runtime_reconcile_panics_total", "counter",
		"Total number of reconciliation panics per controller", "controller"},
	{"workqueue_adds_total", "counter", "Total number of adds handled by workqueue",
		"name"},
	{"workqueue_depth", "gauge", "Current depth of workqueue", "name"},
	{"workqueue_longest_running_processor_seconds", "gauge",
		"How many seconds has the longest running processor for workqueue been "
		"running.",
		"name"},
	{"workqueue_retries_total", "counter",
		"Total number of retries handled by workqueue", "name"},
	{"workqueue_unfinished_work_seconds", "gauge",
		"How many seconds of work has been done that is in progress and hasn't "
		"been "
		"observed by work_duration.",
		"name"},
};

static double value_of(size_t family, const struct plan *plan, const struct controller *c)
{
	const double values[] = {active(plan, c), plan->workers, c->errors, 0, 0, c->adds,
		c->depth, c->longest_seconds, c->retries, c->longest_seconds};

	return values[family];
}

static void add_families(struct demo *d, size_t i, struct buf *out)
{
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		add_type(out, families[f].name, families[f].type, families[f].help);
		for (size_t k = 0; k < CONTROLLERS; k++)
			if (is_of(k, i))
				buf_addf(out, "%s{%s=\"%s\"} %.9g\n", families[f].name,
					families[f].label, plans[k].name,
					value_of(f, &plans[k], &d->controllers[k]));
	}
	add_type(out, "controller_runtime_reconcile_total", "counter",
		"Total number of reconciliations per controller");
	for (size_t k = 0; k < CONTROLLERS; k++)
		if (is_of(k, i))
			add_results(out, plans[k].name, &d->controllers[k]);
}

static void add_histograms(struct demo *d, size_t i, struct buf *out)
{
	static const struct family three[] = {
		{"controller_runtime_reconcile_time_seconds", "histogram",
			"Length of time per reconciliation per controller", "controller"},
		{"workqueue_queue_duration_seconds", "histogram",
			"How long in seconds an item stays in workqueue before being "
			"requested",
			"name"},
		{"workqueue_work_duration_seconds", "histogram",
			"How long in seconds processing an item from workqueue takes.",
			"name"}};

	for (size_t f = 0; f < 3; f++) {
		add_type(out, three[f].name, three[f].type, three[f].help);
		for (size_t k = 0; k < CONTROLLERS; k++) {
			const struct controller *c = &d->controllers[k];
			struct buf labels;

			if (!is_of(k, i))
				continue;
			buf_init(&labels, 256);
			buf_addf(&labels, "%s=\"%s\"%c", three[f].label, plans[k].name,
				'\0');
			add_histogram(out, three[f].name, labels.at,
				f == 0   ? &c->reconcile
				: f == 1 ? &c->queue
					 : &c->work);
			buf_free(&labels);
		}
	}
}

static void add_requests(struct demo *d, size_t i, struct buf *out)
{
	static const struct {
		const char *method;
		double share;
	} methods[] = {{"GET", 0.5}, {"PUT", 0.22}, {"PATCH", 0.18}, {"POST", 0.1}};

	add_type(out, "rest_client_requests_total", "counter",
		"Number of HTTP requests, partitioned by status code, method, and host.");
	for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++)
		buf_addf(out,
			"rest_client_requests_total{code=\"200\",host=\"10.96.0.1:443\","
			"method=\"%s\"} "
			"%.0f\n",
			methods[m].method, floor(d->requests[i] * methods[m].share));
	buf_addf(out,
		"rest_client_requests_total{code=\"409\",host=\"10.96.0.1:443\",method="
		"\"PUT\"} "
		"%.0f\n"
		"rest_client_requests_total{code=\"429\",host=\"10.96.0.1:443\",method="
		"\"GET\"} "
		"%.0f\n",
		d->conflicts[i], d->refused[i]);
}

static void add_webhooks(struct demo *d, struct buf *out)
{
	add_type(out, "controller_runtime_webhook_requests_total", "counter",
		"Total number of admission requests by HTTP status code.");
	buf_addf(out,
		"controller_runtime_webhook_requests_total{code=\"200\",webhook=\"/"
		"validate-order\"} "
		"%.0f\n"
		"controller_runtime_webhook_requests_total{code=\"500\",webhook=\"/"
		"validate-order\"} "
		"%.0f\n",
		d->admitted, d->denied);
	add_type(out, "controller_runtime_webhook_requests_in_flight", "gauge",
		"Current number of admission requests being served.");
	buf_add(out, STR("controller_runtime_webhook_requests_in_flight{webhook=\"/"
			 "validate-order\"} 0\n"));
	add_type(out, "controller_runtime_webhook_latency_seconds", "histogram",
		"Histogram of the latency of processing admission requests");
	add_histogram(out, "controller_runtime_webhook_latency_seconds",
		"webhook=\"/validate-order\"", &d->admission);
}

static void add_number(struct buf *out, const char *name, const char *type,
	const char *help, double value)
{
	add_type(out, name, type, help);
	buf_addf(out, "%s %.17g\n", name, value);
}

static void add_process(struct demo *d, size_t i, struct buf *out)
{
	double heap = floor(d->heap_bytes[i]);

	add_type(out, "leader_election_master_status", "gauge",
		"Gauge of if the reporting system is master of the relevant lease");
	buf_addf(out, "leader_election_master_status{name=\"%s\"} 1\n", operators[i]);
	add_number(out, "process_start_time_seconds", "gauge",
		"Start time of the process since unix epoch in seconds.",
		(double)d->begin_ms / 1000 + d->started[i] - 0.5);
	add_number(out, "process_cpu_seconds_total", "counter",
		"Total user and system CPU time spent in seconds.", d->cpu_seconds[i]);
	add_number(out, "process_resident_memory_bytes", "gauge",
		"Resident memory size in bytes.", heap + 41e6);
	add_number(out, "process_virtual_memory_bytes", "gauge",
		"Virtual memory size in bytes.", 1.3e9);
	add_number(out, "process_open_fds", "gauge", "Number of open file descriptors.",
		(double)(14 + d->second / 40 % 4));
	add_number(out, "process_max_fds", "gauge",
		"Maximum number of open file descriptors.", 1048576);
	add_number(out, "go_goroutines", "gauge",
		"Number of goroutines that currently exist.",
		(double)(310 + d->second % 7));
	add_number(out, "go_threads", "gauge", "Number of OS threads created.", 11);
	add_number(out, "go_memstats_heap_alloc_bytes", "gauge",
		"Number of heap bytes allocated and currently in use.", heap);
	add_number(out, "go_memstats_heap_inuse_bytes", "gauge",
		"Number of heap bytes that are in use.", heap * 1.1);
	add_number(out, "go_memstats_next_gc_bytes", "gauge",
		"Number of heap bytes when next garbage collection will take place.",
		60e6);
	add_number(out, "go_memstats_sys_bytes", "gauge",
		"Number of bytes obtained from system.", 98e6);
	add_type(out, "go_gc_duration_seconds", "summary",
		"A summary of the wall-time pause (stop-the-world) duration in garbage "
		"collection cycles.");
	buf_addf(out,
		"go_gc_duration_seconds_sum %.9g\ngo_gc_duration_seconds_count %.0f\n",
		d->gcs[i] * 1.1e-4, d->gcs[i]);
}

bool demo_page(struct demo *d, size_t i, struct buf *out)
{
	int since = d->second % 1200 - RESTART_SECOND;

	if (i == 1 && since >= -DOWN_SECONDS && since < 0)
		return false;
	add_families(d, i, out);
	add_histograms(d, i, out);
	add_requests(d, i, out);
	if (i == 0)
		add_webhooks(d, out);
	add_process(d, i, out);
	return buf_ok(out);
}

void demo_free(struct demo *d)
{
	free(d);
}
