/* operatorstat check: everything that is wrong with a page. */
#include <stdio.h>

#include "engine/expo.h"
#include "engine/expo_check.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/operand.h"
#include "operatorstat/violation.h"

/* Bytes that one page may need for its longest line. */
#define ARENA_CEILING ((size_t)1 << 30)

static const struct arguments_own own[] = {
	{'t', "tolerant", NULL, "Only what a scrape could not read"},
	{0},
};

static const struct arguments_use use = {
	"check [--tolerant] [--format FORMAT] SOURCE...",
	"Checks pages against the whole of their format's specification, and prints\n"
	"PAGE:LINE:COLUMN: reason: offending text. Columns are bytes, from 1.\n"
	"Exits with 0 if there is nothing to tell, 1 if there is, 3 if no page could be "
	"read.",
	own,
};

struct check {
	struct arguments *arguments;
	struct arena *arena;
	bool is_tolerant;
	/* of the page in hand */
	const char *page;
	size_t samples, violations;
	/* of all */
	bool has_page, has_violation;
};

static void add_violation(void *ctx, const struct err *why, struct str line)
{
	struct check *c = ctx;

	c->violations++;
	violation_print(stdout, c->page, why, line);
}

/* What a scrape would not read. */
static void check_tolerantly(struct check *c, struct expo *x)
{
	struct expo_entry e;
	struct err why;

	while (expo_next(x, &e)) {
		c->samples += e.kind == EXPO_SAMPLE;
		if (e.kind == EXPO_BAD)
			add_violation(c, &e.error, e.text);
	}
	if (!expo_whole(x, &why))
		add_violation(c, &why, STR(""));
}

static bool check_strictly(struct check *c, struct expo *x, struct err *e)
{
	struct expo_check *rules =
		expo_check_new(x->format, (struct expo_violations){c, add_violation});
	struct expo_entry entry;

	if (rules == NULL)
		return err_set(e, ERR_MEMORY, "no memory to check %s", c->page);
	while (expo_next(x, &entry)) {
		c->samples += entry.kind == EXPO_SAMPLE;
		expo_check_entry(rules, &entry);
	}
	bool done = expo_check_end(rules, x, e);
	expo_check_free(rules);
	return done;
}

static bool check_page(struct check *c, const struct operand_page *page, struct err *e)
{
	struct expo x;
	bool done = true;

	c->page = page->label;
	c->samples = c->violations = 0;
	arena_reset(c->arena);
	expo_init(&x, page->format, page->body, c->arena);
	if (c->is_tolerant)
		check_tolerantly(c, &x);
	else
		done = check_strictly(c, &x, e);
	printf("%s: %zu samples, %zu violations\n", c->page, c->samples, c->violations);
	c->has_page = true;
	c->has_violation |= c->violations > 0;
	return done;
}

/* All pages of one source. Returns false only for what ends the command: e is a usage
 * error. */
static bool check_source(struct check *c, const char *text, struct err *e)
{
	struct arguments *a = c->arguments;
	struct operand_page page;
	struct operand operand;

	if (!operand_read(arguments_arena(a), text, &operand, e))
		return arguments_fail(a, e) != CMD_USAGE;
	struct operand_pages *pages = operand_open(
		&operand, OPERAND_ALL, arguments_settings(a), arguments_log(a), e);
	if (pages == NULL)
		return arguments_fail(a, e) != CMD_USAGE;
	while (operand_next(pages, &page, e) || e->code != ERR_NONE)
		if (e->code != ERR_NONE || !check_page(c, &page, e))
			arguments_fail(a, e);
	operand_close(pages);
	return true;
}

static int check_sources(struct check *c)
{
	struct err e;

	for (size_t i = 0; i < arguments_operands(c->arguments); i++)
		if (!check_source(c, arguments_operand(c->arguments, i), &e))
			return CMD_USAGE;
	if (!c->has_page)
		return CMD_NO_ANSWER;
	return c->has_violation ? CMD_NO : CMD_DONE;
}

int cmd_check(int argc, char **argv)
{
	struct check c = {.arguments = arguments_new(argc, argv, &use),
		.arena = arena_new(ARENA_CEILING)};
	int code = CMD_NO_ANSWER;

	if (c.arguments == NULL || c.arena == NULL)
		goto out;
	while (arguments_next(c.arguments) == 't')
		c.is_tolerant = true;
	if (arguments_exit(c.arguments, &code))
		goto out;
	if (arguments_operands(c.arguments) == 0)
		code = arguments_usage(c.arguments,
			"check needs a SOURCE; see operatorstat check --help");
	else
		code = check_sources(&c);
out:
	arena_free(c.arena);
	arguments_free(c.arguments);
	return code;
}
