/* operatorstat samples: what a page says, one sample a line. */
#include <stdio.h>

#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/selector.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/operand.h"
#include "operatorstat/page_command.h"
#include "operatorstat/sample_line.h"
#include "operatorstat/violation.h"

/* Bytes that one page may need for its longest line, and one line of output. */
#define CEILING ((size_t)1 << 30)

static const struct arguments_own own[] = {
	{'j', "json", NULL, "One JSON object a line"},
	{0},
};

static const struct arguments_use use = {
	"samples [-j] [--format FORMAT] SOURCE [SELECTOR]",
	"Prints the samples of a page as a scrape reads them: SERIES VALUE [TIMESTAMP], "
	"the\n"
	"timestamp in seconds. SELECTOR is PromQL's: name{label=\"x\",other=~\"re\"}.\n"
	"Lines that cannot be read are told on standard error; then it exits with 1.",
	own,
};

struct samples {
	struct arguments *arguments;
	struct arena *arena;
	struct selector *selector; /* NULL: all */
	struct buf line;
	bool is_json;
	bool has_page, has_bad_line;
};

static void tell(
	struct samples *s, const char *page, const struct err *why, struct str line)
{
	s->has_bad_line = true;
	violation_print(stderr, page, why, line);
}

static bool print_sample(struct samples *s, const struct expo_entry *e)
{
	bool done = true;

	if (s->selector != NULL && !selector_matches(s->selector, e->name, e->labels))
		return true;
	buf_reset(&s->line);
	if (s->is_json)
		done = sample_line_json(&s->line, e, STR(""));
	else
		sample_line_text(&s->line, e, STR(""));
	done = done && buf_ok(&s->line);
	if (done)
		sample_line_print(buf_str(&s->line));
	return done;
}

static bool print_page(struct samples *s, const struct operand_page *page, struct err *e)
{
	struct expo_entry entry;
	struct expo x;
	bool done = true;

	arena_reset(s->arena);
	expo_init(&x, page->format, page->body, s->arena);
	while (done && expo_next(&x, &entry)) {
		if (entry.kind == EXPO_BAD)
			tell(s, page->label, &entry.error, entry.text);
		if (entry.kind == EXPO_SAMPLE || entry.kind == EXPO_NATIVE)
			done = print_sample(s, &entry);
	}
	s->has_page = true;
	if (!done)
		return err_set(e, ERR_MEMORY, "%s:%zu: no memory for this line",
			page->label, entry.line);
	if (!expo_whole(&x, e))
		tell(s, page->label, e, STR(""));
	return true;
}

static int print_source(struct samples *s)
{
	struct operand_page page;
	struct err e;
	int code;
	struct operand_pages *pages = page_command_open(s->arguments, &code);

	if (pages == NULL)
		return code;
	while (operand_next(pages, &page, &e) || e.code != ERR_NONE)
		if (e.code != ERR_NONE || !print_page(s, &page, &e))
			arguments_fail(s->arguments, &e);
	operand_close(pages);
	if (!s->has_page)
		return CMD_NO_ANSWER;
	return s->has_bad_line ? CMD_NO : CMD_DONE;
}

/* True: go on with the source. */
static bool read_operands(struct samples *s, int *code)
{
	struct arguments *a = s->arguments;
	size_t count = arguments_operands(a);

	if (count < 1 || count > 2) {
		*code = arguments_usage(a,
			"samples takes a SOURCE and perhaps a SELECTOR; "
			"see operatorstat samples --help");
		return false;
	}
	if (count == 1)
		return true;
	s->selector = page_command_selector(a, 1, code);
	return s->selector != NULL;
}

int cmd_samples(int argc, char **argv)
{
	struct samples s = {.arguments = arguments_new(argc, argv, &use),
		.arena = arena_new(CEILING)};
	int code = CMD_NO_ANSWER;

	buf_init(&s.line, CEILING);
	if (s.arguments == NULL || s.arena == NULL)
		goto out;
	while (arguments_next(s.arguments) == 'j')
		s.is_json = true;
	if (!arguments_exit(s.arguments, &code) && read_operands(&s, &code))
		code = print_source(&s);
out:
	buf_free(&s.line);
	selector_free(s.selector);
	arena_free(s.arena);
	arguments_free(s.arguments);
	return code;
}
