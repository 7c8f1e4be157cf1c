/* operatorstat explain: for each line of a page, what is sent of it, or why nothing is.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/naming.h"
#include "engine/normalize.h"
#include "engine/selector.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/feeds.h"
#include "operatorstat/operand.h"
#include "operatorstat/page_command.h"
#include "operatorstat/sample_line.h"

#define CEILING ((size_t)1 << 30)

static const struct arguments_own own[] = {
	{'j', "json", NULL, "One JSON object a line"},
	{0},
};

static const struct arguments_use use = {
	"explain [-j] [OPTION...] SOURCE [SELECTOR|IDENTIFIER]",
	"Prints for each sample of a page the identifiers that it feeds and their "
	"Graphite\n"
	"paths, or the reason why nothing is sent of it. An operand with a slash is an\n"
	"identifier (operator-X/TYPE-NAME, with or without HOST): the series that feed "
	"it.\n"
	"Exits with 1 if nothing matches.",
	own,
};

struct explain {
	struct arguments *arguments;
	struct arena *arena;
	struct selector *selector; /* NULL: all */
	struct str identifier;     /* without its host; empty: all */
	bool is_json;
	bool has_page, has_match, no_memory;
	/* the page and series at hand */
	struct str instance; /* escaped */
	struct str host;
	struct buf instance_bytes, series, name, graphite, text;
	json_t *identifiers, *paths;
	bool is_wanted; /* feeds the identifier asked for */
};

static void ignore(void *ctx, const struct metric *m)
{
	(void)ctx;
	(void)m;
}

/* One identifier of the series at hand. */
static void add_identifier(void *ctx, struct str type, struct str type_instance)
{
	struct explain *x = ctx;

	buf_reset(&x->name);
	buf_addf(&x->name, "operator-%.*s/%.*s-%.*s", STR_ARG(x->instance), STR_ARG(type),
		STR_ARG(type_instance));
	x->is_wanted |= str_eq(buf_str(&x->name), x->identifier);
	buf_reset(&x->graphite);
	name_add_graphite(&x->graphite, x->host, x->instance, type, type_instance);
	if (!x->is_json) {
		buf_addf(&x->text, "  %.*s  %.*s\n", STR_ARG(buf_str(&x->name)),
			STR_ARG(buf_str(&x->graphite)));
		return;
	}
	struct str name = buf_str(&x->name), graphite = buf_str(&x->graphite);
	x->no_memory |= json_array_append_new(
				x->identifiers, json_stringn(name.at, name.len)) != 0 ||
			json_array_append_new(
				x->paths, json_stringn(graphite.at, graphite.len)) != 0;
}

static void print_json(struct explain *x, const char *reason)
{
	struct str series = buf_str(&x->series);
	json_t *object = json_pack("{s:o, s:O, s:O, s:s?}", "series",
		json_stringn(series.at, series.len), "identifiers", x->identifiers,
		"graphite", x->paths, "reason", reason);

	if (object == NULL) {
		x->no_memory = true;
		return;
	}
	json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(object);
}

static void print_series(struct explain *x, const char *reason)
{
	x->has_match = true;
	if (x->is_json) {
		print_json(x, reason);
		return;
	}
	sample_line_print(buf_str(&x->series));
	printf("\n%.*s", STR_ARG(buf_str(&x->text)));
	if (reason != NULL)
		printf("  %s\n", reason);
}

static void explain_sample(struct explain *x, struct normalize *n, struct expo_entry *e)
{
	if (x->selector != NULL && !selector_matches(x->selector, e->name, e->labels))
		return;
	buf_reset(&x->series);
	buf_reset(&x->text);
	sample_line_series(&x->series, e, STR(""));
	json_array_clear(x->identifiers);
	json_array_clear(x->paths);
	x->is_wanted = x->identifier.len == 0;
	enum normalize_fate fate = normalize_explain(n, e, add_identifier, x);
	x->no_memory |= !buf_ok(&x->series) || !buf_ok(&x->text) || !buf_ok(&x->name) ||
			!buf_ok(&x->graphite);
	if (x->is_wanted && !x->no_memory)
		print_series(x, normalize_fate_text(fate));
}

/* Takes the page twice, since what is worked out of an interval needs two. */
static struct normalize *take_page(
	struct explain *x, struct feeds *feeds, const struct operand_page *page)
{
	struct answer a = answer_at(page->time_ms);
	struct sink sink = {.ctx = x, .metric = ignore};

	a.status = 200;
	a.format = page->format;
	a.body = page->body;
	for (int i = 0; i < 2; i++) {
		if (!feeds_take(feeds, page->instance, &a, &sink))
			return NULL;
		a.time_ms += 1000;
	}
	return feeds_normalize(feeds, page->instance);
}

static void explain_page(
	struct explain *x, struct normalize *n, const struct operand_page *page)
{
	struct expo_entry entry;
	struct expo parser;

	buf_reset(&x->instance_bytes);
	name_add_instance(&x->instance_bytes, page->instance);
	x->instance = buf_str(&x->instance_bytes);
	x->has_page = true;
	arena_reset(x->arena);
	expo_init(&parser, page->format, page->body, x->arena);
	while (!x->no_memory && expo_next(&parser, &entry))
		if (entry.kind == EXPO_SAMPLE || entry.kind == EXPO_NATIVE)
			explain_sample(x, n, &entry);
}

static int explain_pages(struct explain *x, struct operand_pages *pages)
{
	const struct options *options =
		settings_defaults(arguments_settings(x->arguments));
	struct feeds *feeds = feeds_new(options, arguments_log(x->arguments));
	struct operand_page page;
	struct err e = {.code = ERR_NONE};

	x->host = options->host != NULL ? str_of(options->host) : STR("localhost");
	x->no_memory = feeds == NULL;
	while (!x->no_memory && (operand_next(pages, &page, &e) || e.code != ERR_NONE)) {
		struct normalize *n =
			e.code == ERR_NONE ? take_page(x, feeds, &page) : NULL;

		if (e.code != ERR_NONE)
			arguments_fail(x->arguments, &e);
		else if (n == NULL)
			x->no_memory = true;
		else
			explain_page(x, n, &page);
	}
	feeds_free(feeds);
	if (x->no_memory)
		fputs("operatorstat: no memory for this page\n", stderr);
	if (x->no_memory || !x->has_page)
		return CMD_NO_ANSWER;
	return x->has_match ? CMD_DONE : CMD_NO;
}

static int explain_source(struct explain *x)
{
	int code;
	struct operand_pages *pages = page_command_open(x->arguments, &code);

	if (pages == NULL)
		return code;
	code = explain_pages(x, pages);
	operand_close(pages);
	return code;
}

/* What to look for. True: go on with the source. */
static bool read_operands(struct explain *x, int *code)
{
	struct arguments *a = x->arguments;
	size_t count = arguments_operands(a);

	if (count < 1 || count > 2) {
		*code = arguments_usage(
			a, "explain takes a SOURCE and perhaps a SELECTOR or IDENTIFIER");
		return false;
	}
	if (count == 1)
		return true;
	struct str text = str_of(arguments_operand(a, 1));
	size_t head = strcspn(text.at, "/{\"");
	if (text.at[head] == '/') {
		bool has_host = !str_starts(text, STR("operator-"));

		x->identifier = text;
		if (has_host)
			x->identifier = str_of(text.at + head + 1);
		return true;
	}
	x->selector = page_command_selector(a, 1, code);
	return x->selector != NULL;
}

int cmd_explain(int argc, char **argv)
{
	struct explain x = {.arguments = arguments_new(argc, argv, &use),
		.arena = arena_new(CEILING),
		.identifiers = json_array(),
		.paths = json_array()};
	int code = CMD_NO_ANSWER;

	buf_init(&x.instance_bytes, CEILING);
	buf_init(&x.series, CEILING);
	buf_init(&x.name, CEILING);
	buf_init(&x.graphite, CEILING);
	buf_init(&x.text, CEILING);
	if (x.arguments == NULL || x.arena == NULL)
		goto out;
	while (arguments_next(x.arguments) == 'j')
		x.is_json = true;
	if (!arguments_exit(x.arguments, &code) && read_operands(&x, &code))
		code = explain_source(&x);
out:
	json_decref(x.identifiers);
	json_decref(x.paths);
	buf_free(&x.instance_bytes);
	buf_free(&x.series);
	buf_free(&x.name);
	buf_free(&x.graphite);
	buf_free(&x.text);
	selector_free(x.selector);
	arena_free(x.arena);
	arguments_free(x.arguments);
	return code;
}
