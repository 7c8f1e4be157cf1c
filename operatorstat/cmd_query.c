/* operatorstat query: the latest value of every series that matches. */
#include <stdio.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/pages.h"
#include "engine/selector.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/gather.h"
#include "operatorstat/operand.h"
#include "operatorstat/sample_line.h"
#include "operatorstat/source_open.h"

/* Bytes that one page may need for its longest line, and one line of output. */
#define CEILING ((size_t)1 << 30)

/* Operators that are found have so long to answer. */
#define WATCH_SECONDS 0.5

struct query {
	struct arguments *arguments;
	struct arena *arena;
	struct selector *selector;
	struct buf line;
	bool is_json;
	bool has_many; /* a label says which instance a series is of */
	bool has_page, has_match;
};

static bool print_sample(struct query *q, const struct expo_entry *entry,
	struct str instance, struct err *e)
{
	bool done = true;

	buf_reset(&q->line);
	if (q->is_json)
		done = sample_line_json(&q->line, entry, instance);
	else
		sample_line_text(&q->line, entry, instance);
	if (!done || !buf_ok(&q->line))
		return err_set(e, ERR_MEMORY, "no memory for a line");
	sample_line_print(buf_str(&q->line));
	q->has_match = true;
	return true;
}

static bool print_page(struct query *q, const struct operand_page *page, struct err *e)
{
	struct str instance = q->has_many ? page->instance : STR("");
	struct expo_entry entry;
	struct expo x;

	arena_reset(q->arena);
	expo_init(&x, page->format, page->body, q->arena);
	q->has_page = true;
	while (expo_next(&x, &entry)) {
		bool is_series = entry.kind == EXPO_SAMPLE || entry.kind == EXPO_NATIVE;

		if (is_series &&
			selector_matches(q->selector, entry.name, entry.labels) &&
			!print_sample(q, &entry, instance, e))
			return false;
	}
	return true;
}

/* The newest page of each instance; how many there were. */
static size_t each_page(struct query *q, const struct operand *operand,
	bool (*take)(struct query *, const struct operand_page *, struct err *))
{
	struct arguments *a = q->arguments;
	struct operand_page page;
	struct err e;
	size_t count = 0;
	struct operand_pages *pages = operand_open(
		operand, OPERAND_NEWEST, arguments_settings(a), arguments_log(a), &e);

	if (pages == NULL) {
		arguments_fail(a, &e);
		return 0;
	}
	while (operand_next(pages, &page, &e) || e.code != ERR_NONE) {
		count++;
		if (take != NULL && (e.code != ERR_NONE || !take(q, &page, &e)))
			arguments_fail(a, &e);
	}
	operand_close(pages);
	return count;
}

/* False: it is no source that can be asked; *code says which exit it is. */
static bool read_source(
	struct query *q, const char *text, struct operand *operand, int *code)
{
	struct err e;

	if (!operand_read(arguments_arena(q->arguments), text, operand, &e)) {
		*code = arguments_fail(q->arguments, &e);
		return false;
	}
	if (operand->kind == OPERAND_UNIXSOCK) {
		fprintf(stderr, "operatorstat: %s: collectd has values, not series\n",
			text);
		return false;
	}
	return true;
}

static int ask(struct query *q, const char *const *sources, size_t count)
{
	int code = CMD_DONE;

	q->has_many = count > 1;
	for (size_t i = 0; i < count; i++) {
		struct operand operand;

		if (!read_source(q, sources[i], &operand, &code)) {
			if (code == CMD_USAGE)
				return code;
			continue;
		}
		/* one folder may hold several instances */
		if (operand.kind == OPERAND_FOLDER && !q->has_many)
			q->has_many = each_page(q, &operand, NULL) > 1;
		each_page(q, &operand, print_page);
	}
	if (!q->has_page)
		return CMD_NO_ANSWER;
	return q->has_match ? CMD_DONE : CMD_NO;
}

/* ---- operators that were found ---- */

/* Who has answered; the texts are the arguments'. */
struct answered {
	struct query *query;
	const char **instances;
	size_t count;
};

static void drop_metric(void *ctx, const struct metric *m)
{
	(void)ctx;
	(void)m;
}

static void note_answer(void *ctx, const struct attempt *attempt)
{
	struct answered *seen = ctx;
	struct arena *arena = arguments_arena(seen->query->arguments);
	const char **grown = arena_array(arena, seen->count + 1, sizeof(*grown));

	for (size_t i = 0; i < seen->count; i++)
		if (str_eq(str_of(seen->instances[i]), attempt->instance))
			return;
	if (grown == NULL)
		return;
	if (seen->count > 0)
		memcpy(grown, seen->instances, seen->count * sizeof(*grown));
	grown[seen->count++] = arena_copy(arena, attempt->instance).at;
	seen->instances = grown;
}

static int print_answers(
	struct query *q, const struct source *s, const struct answered *seen)
{
	struct err e;

	q->has_many = seen->count > 1;
	for (size_t i = 0; i < seen->count; i++) {
		struct str instance = str_of(seen->instances[i]);
		struct source_page from;

		if (!source_find_page(s, instance, &from))
			continue;
		const struct operand_page page = {.label = seen->instances[i],
			.instance = instance,
			.time_ms = from.time_ms,
			.format = from.format,
			.body = from.body};

		if (!print_page(q, &page, &e))
			return arguments_fail(q->arguments, &e);
	}
	if (!q->has_page)
		return CMD_NO_ANSWER;
	return q->has_match ? CMD_DONE : CMD_NO;
}

static int ask_found(struct query *q)
{
	struct answered seen = {.query = q};
	const struct sink sink = {&seen, drop_metric, NULL, NULL, note_answer};
	const struct source_wish wish = {.skip = 1};
	struct source s;
	struct err e;

	if (!source_open(&s, q->arguments, &wish, &e))
		return arguments_fail(q->arguments, &e);
	gather(&s, &sink, WATCH_SECONDS);
	int code = print_answers(q, &s, &seen);

	s.close(s.ctx);
	return code;
}

static int run(struct query *q)
{
	struct arguments *a = q->arguments;
	size_t count = arguments_operands(a);
	const char *state_folder = SOURCE_STATE_FOLDER;
	struct err e;

	if (count == 0)
		return arguments_usage(a, "query takes a SELECTOR and SOURCEs; "
					  "see operatorstat query --help");
	q->selector = selector_parse(str_of(arguments_operand(a, 0)), &e);
	if (q->selector == NULL)
		return arguments_usage(a, "selector, column %zu: %s", e.column, e.text);
	if (count == 1 && !pages_are_in(state_folder, NULL))
		return ask_found(q);
	if (count == 1)
		return ask(q, &state_folder, 1);
	const char **sources =
		arena_array(arguments_arena(a), count - 1, sizeof(*sources));

	if (sources == NULL)
		return CMD_NO_ANSWER;
	for (size_t i = 1; i < count; i++)
		sources[i - 1] = arguments_operand(a, i);
	return ask(q, sources, count - 1);
}

int cmd_query(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{'j', "json", NULL, "One JSON object a line"},
		{0},
	};
	static const struct arguments_use use = {"query [-j] SELECTOR [SOURCE...]",
		"Prints the latest value of every series that matches: SERIES VALUE "
		"[TIMESTAMP].\n"
		"SELECTOR is PromQL's: name{label=\"x\",other=~\"re\"}. Of several "
		"instances a label\n"
		"`instance` comes first. Nothing matches: it exits with 1.",
		own};
	struct query q = {.arguments = arguments_new(argc, argv, &use),
		.arena = arena_new(CEILING)};
	int code = CMD_NO_ANSWER;

	buf_init(&q.line, CEILING);
	if (q.arguments == NULL || q.arena == NULL)
		goto out;
	while (arguments_next(q.arguments) == 'j')
		q.is_json = true;
	if (!arguments_exit(q.arguments, &code))
		code = run(&q);
out:
	buf_free(&q.line);
	selector_free(q.selector);
	arena_free(q.arena);
	arguments_free(q.arguments);
	return code;
}
