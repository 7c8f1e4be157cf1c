/* operatorstat why: what makes an operator slow, worst first. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/findings.h"
#include "operatorstat/fmt.h"
#include "operatorstat/gather.h"
#include "operatorstat/json.h"
#include "operatorstat/source_open.h"

/* A finding that may be over, with a text of its own. */
struct kept {
	struct finding finding;
	char *text;    /* owned */
	size_t number; /* of findings of equal weight, this order */
};

struct why {
	struct model *model;
	struct sink inner; /* the model's */
	struct findings *findings;
	struct kept *kept; /* owned */
	size_t count, size;
	bool no_memory;
};

static struct kept *find(struct why *w, const struct finding *found)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->kept[i].finding.rule == found->rule &&
			w->kept[i].finding.row == found->row)
			return &w->kept[i];
	return NULL;
}

static struct kept *add(struct why *w)
{
	if (w->count == w->size) {
		size_t size = w->size * 2 + 16;
		struct kept *kept = reallocarray(w->kept, size, sizeof(*kept));

		if (kept == NULL)
			return NULL;
		w->kept = kept;
		w->size = size;
	}
	w->kept[w->count] = (struct kept){.number = w->count};
	return &w->kept[w->count++];
}

/* Keeps a finding, or the worse of two of the same rule and row. */
static void keep(struct why *w, const struct finding *found)
{
	struct kept *k = find(w, found);
	bool is_worse = k == NULL || findings_compare(found, &k->finding) < 0;

	if (k != NULL && !is_worse)
		return;
	char *text = strdup(found->text);

	if (k == NULL && text != NULL)
		k = add(w);
	if (k == NULL || text == NULL) {
		free(text);
		w->no_memory = true;
		return;
	}
	free(k->text);
	k->text = text;
	k->finding = *found;
	k->finding.text = text;
}

/* What is about a moment is looked for at every page: it may be over at the end. */
static void look_at_moment(void *ctx, const struct attempt *a)
{
	struct why *w = ctx;

	w->inner.end(w->inner.ctx, a);
	if (!findings_look(w->findings, w->model)) {
		w->no_memory = true;
		return;
	}
	for (size_t i = 0; i < findings_count(w->findings); i++)
		if (findings_is_of_moment(findings_at(w->findings, i)->rule))
			keep(w, findings_at(w->findings, i));
}

static void pass_metric(void *ctx, const struct metric *m)
{
	struct why *w = ctx;

	w->inner.metric(w->inner.ctx, m);
}

static void pass_histogram(void *ctx, const struct metric_histogram *h)
{
	struct why *w = ctx;

	w->inner.histogram(w->inner.ctx, h);
}

static void pass_event(void *ctx, const struct event *e)
{
	struct why *w = ctx;

	w->inner.event(w->inner.ctx, e);
}

/* All of what there is, for what is about a window. */
static void look_at_all(struct why *w)
{
	model_look(w->model, 0, 0);
	if (!findings_look(w->findings, w->model))
		w->no_memory = true;
	for (size_t i = 0; i < findings_count(w->findings); i++)
		keep(w, findings_at(w->findings, i));
}

static int worst_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	int order = findings_compare(&x->finding, &y->finding);

	return order != 0 ? order : x->number < y->number ? -1 : 1;
}

static const char *controller_of(const struct finding *found)
{
	return found->row->scope == MODEL_CONTROLLER ? found->row->name : "";
}

/* A webhook has no place of its own in the output: the sentence begins with its path. */
static void add_text(const struct why *w, const struct finding *found, struct buf *out)
{
	char text[FMT_SIZE];

	if (found->row->scope == MODEL_WEBHOOK)
		buf_addf(out, "webhook %s: ", found->row->name);
	buf_add(out, str_of(found->text));
	if (findings_is_of_moment(found->rule) &&
		found->at_ms < model_last_ms(w->model) - 999)
		buf_addf(out, " (at %s)", fmt_clock(text, found->at_ms));
}

static void print_json(const struct finding *found, struct str text)
{
	json_print(json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "rule",
		findings_rule_name(found->rule), "severity",
		findings_severity_name(found->severity), "operator", found->row->operator,
		"controller", controller_of(found), "text", json_text(text), "try",
		found->remedy));
}

static void print_text(const struct finding *found, struct str text)
{
	const char *controller = controller_of(found);

	printf("%-8s  %s%s%s: %.*s\n          try: %s\n",
		findings_severity_name(found->severity), found->row->operator,
		controller[0] != '\0' ? "/" : "", controller, STR_ARG(text),
		found->remedy);
}

static void print_nothing(const struct why *w)
{
	struct buf b;

	buf_init(&b, 1000);
	findings_looked_at(w->model, &b);
	printf("nothing found: looked at %.*s, by %d rules\n", STR_ARG(buf_str(&b)),
		(int)RULES);
	buf_free(&b);
}

static void print_findings(const struct why *w, bool as_json)
{
	struct buf text;

	buf_init(&text, 4000);
	for (size_t i = 0; i < w->count; i++) {
		buf_reset(&text);
		add_text(w, &w->kept[i].finding, &text);
		if (as_json)
			print_json(&w->kept[i].finding, buf_str(&text));
		else
			print_text(&w->kept[i].finding, buf_str(&text));
	}
	if (w->count == 0 && !as_json)
		print_nothing(w);
	buf_free(&text);
}

static int ask(struct why *w, struct arguments *a, double seconds, bool as_json)
{
	struct sink sink = {w, pass_metric, pass_histogram, pass_event, look_at_moment};
	struct source source;
	struct err e;

	if (!source_open(&source, a, &(struct source_wish){.interval_seconds = 1}, &e))
		return arguments_fail(a, &e);
	gather(&source, &sink, seconds);
	int code = gather_end(&source, w->model);

	if (code == CMD_DONE) {
		look_at_all(w);
		if (w->count > 0)
			qsort(w->kept, w->count, sizeof(*w->kept), worst_first);
		print_findings(w, as_json);
	}
	if (w->no_memory)
		fputs("operatorstat: no memory for all findings\n", stderr);
	return code;
}

/* NAME=WARNING/CRITICAL; false: said, with the exit code. */
static bool take_rule(struct why *w, struct arguments *a, const char *text, int *code)
{
	const char *equals = strchr(text, '=');
	char name[64];
	struct err e;

	if (equals == NULL) {
		*code = arguments_usage(
			a, "--rule %s: write NAME=WARNING/CRITICAL", text);
		return false;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (findings_set(w->findings, name, equals + 1, &e))
		return true;
	*code = arguments_usage(a, "--rule %s", e.text);
	return false;
}

int cmd_why(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{'j', NULL, NULL, "one JSON object a line"},
		{'w', "wait", "SECONDS", "how long endpoints are watched; default 10"},
		{'r', "rule", "NAME=WARNING/CRITICAL",
			"other thresholds for a rule, or NAME=off; repeatable"},
		{0, NULL, NULL, NULL},
	};
	static const struct arguments_use use = {"why [-j] [--wait SECONDS] [SOURCE...]",
		"Says what makes an operator slow, worst first, and what to try. "
		"Endpoints are\n"
		"watched for a while; of a recording all is looked at.",
		own};
	struct arguments *a = arguments_new(argc, argv, &use);
	struct why w = {.model = model_new(MODEL_BYTES), .findings = findings_new()};
	double seconds = 10;
	bool as_json = false;
	int c, code = CMD_NO_ANSWER;

	if (a == NULL || w.model == NULL || w.findings == NULL)
		goto out;
	w.inner = model_sink(w.model);
	while ((c = arguments_next(a)) != ARGUMENTS_END) {
		if (c == 'j')
			as_json = true;
		else if (c == 'w' && !arguments_seconds(a, &seconds))
			break;
		else if (c == 'r' && !take_rule(&w, a, arguments_value(a), &code))
			goto out;
	}
	if (!arguments_exit(a, &code))
		code = ask(&w, a, seconds, as_json);
out:
	for (size_t i = 0; i < w.count; i++)
		free(w.kept[i].text);
	free(w.kept);
	findings_free(w.findings);
	model_free(w.model);
	arguments_free(a);
	return code;
}
