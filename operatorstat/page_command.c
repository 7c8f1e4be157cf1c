#include "operatorstat/page_command.h"

#include "engine/str.h"

struct operand_pages *page_command_open(struct arguments *a, int *code)
{
	struct arena *arena = arguments_arena(a);
	struct operand *operand = arena_alloc(arena, sizeof(*operand));
	struct operand_pages *pages = NULL;
	struct err e;

	if (operand == NULL)
		err_set(&e, ERR_MEMORY, "no memory for the operand");
	else if (operand_read(arena, arguments_operand(a, 0), operand, &e))
		pages = operand_open(operand, OPERAND_NEWEST, arguments_settings(a),
			arguments_log(a), &e);
	if (pages == NULL)
		*code = arguments_fail(a, &e);
	return pages;
}

struct selector *page_command_selector(struct arguments *a, size_t i, int *code)
{
	struct err e;
	struct selector *selector = selector_parse(str_of(arguments_operand(a, i)), &e);

	if (selector == NULL)
		*code = arguments_usage(a, "selector, column %zu: %s", e.column, e.text);
	return selector;
}
