#include "bench/pages.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/str.h"

/* The controller of bench/operator.txt whose lines stand for those of all. */
static const struct str model = {"cert-manager.io-issuer", 22};

const char *bench_shape_name(enum bench_shape shape)
{
	switch (shape) {
	case BENCH_ONE:
		return "one";
	case BENCH_THREE:
		return "three";
	case BENCH_HUNDRED:
		return "hundred";
	case BENCH_THOUSANDS:
		return "thousands";
	case BENCH_LABELS:
		return "labels";
	case BENCH_MILLION:
		return "million";
	case BENCH_SHAPES:
		break;
	}
	return "";
}

/* ---- an operator ---- */

static bool read_template(struct buf *out, const char *srcdir)
{
	char path[4096];
	size_t got = 0;

	snprintf(path, sizeof(path), "%s/bench/operator.txt", srcdir);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return false;
	do {
		char *at = buf_reserve(out, 65536);

		got = at == NULL ? 0 : fread(at, 1, 65536, file);
		out->len += got;
	} while (got > 0);
	fclose(file);
	return buf_ok(out);
}

static struct str next_line(struct str *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->at) + 1;
	struct str line = {rest->at, len};

	*rest = (struct str){rest->at + len, rest->len - len};
	return line;
}

/* What an operator does not change while it runs. */
static bool is_fixed(struct str series)
{
	static const char *const parts[] = {"go_info", "gogc", "max", "start_time"};
	bool fixed = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		fixed = fixed ||
			memmem(series.at, series.len, parts[i], strlen(parts[i])) != NULL;
	return fixed;
}

/* SERIES VALUE; a value grows by a part of what it was, so that buckets never fall. What
 * stood at zero has not happened yet, and does not: two samples of three move, as on
 * pages of real operators. */
static void add_moved(struct buf *out, struct str line, int controller, int generation)
{
	const char *blank = memrchr(line.at, ' ', line.len);
	struct str series = {line.at, (size_t)(blank - line.at) + 1};
	struct str text = {blank + 1, line.len - series.len - 1}; /* no line end */
	double value = 0;

	if (generation == 0 || is_fixed(series) || !str_to_double(text, &value) ||
		!(value > 0)) {
		buf_add(out, line);
		return;
	}
	value += generation * ceil(value * (controller % 7 + 1) / 64);
	buf_add(out, series);
	buf_addf(out, value < 1e6 ? "%.15g\n" : "%.15e\n", value);
}

/* A line of the model, for another controller. */
static void add_renamed(struct buf *out, struct str line, int controller, int generation)
{
	char name[64];
	char *renamed;
	struct buf copy;

	snprintf(name, sizeof(name), "controller-%04d.example", controller);
	buf_init(&copy, 4096);
	for (const char *found;
		(found = memmem(line.at, line.len, model.at, model.len)) != NULL;) {
		size_t before = (size_t)(found - line.at);

		buf_add(&copy, (struct str){line.at, before});
		buf_add(&copy, str_of(name));
		line = (struct str){found + model.len, line.len - before - model.len};
	}
	buf_add(&copy, line);
	renamed = copy.at;
	add_moved(out, (struct str){renamed, copy.len}, controller, generation);
	buf_free(&copy);
}

static bool is_of_model(struct str line)
{
	return memmem(line.at, line.len, model.at, model.len) != NULL;
}

/* The lines from `rest` on that are of the model: once for each controller. */
static void add_controllers(
	struct buf *out, struct str *rest, int controllers, int generation)
{
	struct str group = {rest->at, 0};
	struct str ahead = *rest;

	for (struct str next = ahead, line = next_line(&next); is_of_model(line);
		line = next_line(&next)) {
		group.len += line.len;
		ahead = next;
	}
	for (int c = 0; c < controllers; c++) {
		struct str lines = group;

		while (lines.len > 0)
			add_renamed(out, next_line(&lines), c, generation);
	}
	*rest = ahead;
}

static bool add_operator(
	struct buf *out, const char *srcdir, int controllers, int generation)
{
	struct buf page;

	buf_init(&page, 1 << 20);
	if (!read_template(&page, srcdir))
		return false;
	struct str rest = buf_str(&page);
	while (rest.len > 0) {
		struct str ahead = rest;
		struct str line = next_line(&ahead);

		if (line.at[0] != '#' && is_of_model((struct str){line.at, line.len})) {
			add_controllers(out, &rest, controllers, generation);
			continue;
		}
		rest = ahead;
		if (line.at[0] == '#')
			buf_add(out, line);
		else if (memmem(line.at, line.len, "{controller=", 12) == NULL)
			add_moved(out, line, 0, generation);
	}
	buf_free(&page);
	return buf_ok(out);
}

/* ---- many series with long labels ---- */

static bool add_pods(struct buf *out, int generation)
{
	static const char *const families[] = {"completion_time", "container_info",
		"container_resource_limits", "container_resource_requests",
		"container_state_started", "container_status_ready",
		"container_status_restarts_total", "container_status_running",
		"container_status_terminated", "container_status_waiting", "created",
		"deletion_timestamp", "info", "init_container_info",
		"init_container_status_ready", "init_container_status_restarts_total",
		"ips", "labels", "owner", "restart_policy", "runtimeclass_name_info",
		"service_account", "start_time", "status_container_ready_time",
		"status_phase", "status_qos_class", "status_ready", "status_ready_time",
		"status_reason", "status_scheduled", "status_scheduled_time",
		"tolerations"};
	const size_t count = sizeof(families) / sizeof(families[0]);

	for (size_t f = 0; f < count; f++) {
		buf_addf(out,
			"# HELP kube_pod_%s Of a pod: %s.\n# TYPE kube_pod_%s gauge\n",
			families[f], families[f], families[f]);
		for (int pod = 0; pod < 5000; pod++) {
			bool moves = pod % 200 == 0;

			buf_addf(out,
				"kube_pod_%s{namespace=\"team-%d\",pod=\"deployment-%d-"
				"5d8f7c9b6d-x%04x\","
				"uid=\"0b5c2f0e-7a64-4f6e-9d0b-%012x\",container="
				"\"main\",node=\"ip-10-0-%d-%d.example.internal\"} %d\n",
				families[f], pod % 40, pod / 7,
				(unsigned int)pod * 40503U & 0xffff, (unsigned int)pod,
				pod % 256, pod % 251,
				(pod + (int)f) % 3 + (moves ? generation : 0));
		}
	}
	return buf_ok(out);
}

bool bench_page(
	struct buf *out, enum bench_shape shape, const char *srcdir, int generation)
{
	switch (shape) {
	case BENCH_ONE:
		return add_operator(out, srcdir, 1, generation);
	case BENCH_THREE:
		return add_operator(out, srcdir, 3, generation);
	case BENCH_HUNDRED:
		return add_operator(out, srcdir, 100, generation);
	case BENCH_THOUSANDS:
		return add_operator(out, srcdir, 2000, generation);
	case BENCH_LABELS:
		return add_pods(out, generation);
	case BENCH_MILLION:
		return add_operator(out, srcdir, 11300, generation);
	case BENCH_SHAPES:
		break;
	}
	return false;
}

/* ---- another order ---- */

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static void shuffle_lines(
	struct buf *out, struct str *lines, size_t count, uint64_t *state)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = (size_t)next_random(state) % i;
		struct str line = lines[i - 1];

		lines[i - 1] = lines[other];
		lines[other] = line;
	}
	for (size_t i = 0; i < count; i++)
		buf_add(out, lines[i]);
}

bool bench_shuffle(struct buf *page, uint64_t seed)
{
	struct str rest = buf_str(page);
	struct str *run = calloc(page->len + 1, sizeof(*run));
	struct buf shuffled;
	size_t count = 0;

	buf_init(&shuffled, (size_t)1 << 30);
	while (run != NULL && rest.len > 0) {
		struct str line = next_line(&rest);

		if (line.at[0] != '#') {
			run[count++] = line;
			continue;
		}
		shuffle_lines(&shuffled, run, count, &seed);
		count = 0;
		buf_add(&shuffled, line);
	}
	shuffle_lines(&shuffled, run, count, &seed);
	bool done = run != NULL && buf_ok(&shuffled);
	free(run);
	buf_free(page);
	*page = shuffled;
	return done;
}
