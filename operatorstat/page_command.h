/* What commands about one page have in common: `COMMAND SOURCE [SELECTOR]`. */
#ifndef OPERATORSTAT_PAGE_COMMAND_H
#define OPERATORSTAT_PAGE_COMMAND_H

#include <stddef.h>

#include "engine/attr.h"
#include "engine/selector.h"
#include "operatorstat/arguments.h"
#include "operatorstat/operand.h"

/* The newest page of each instance behind the first operand, to be closed by the caller;
 * what it borrows is the arguments'. NULL: it has been said why; *code: the exit code. */
struct operand_pages *page_command_open(struct arguments *a, int *code) MUST_CHECK;

/* The i-th operand as a selector, to be freed by the caller. NULL: as above. */
struct selector *page_command_selector(
	struct arguments *a, size_t i, int *code) MUST_CHECK;

#endif
