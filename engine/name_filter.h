/* NameFilter: which families to ask for, so that an operator renders no others.
 *
 * client_golang honours `name[]=FAMILY` in the query from 1.24 on; what is older ignores
 * it and answers with all families. Asked for is what the contract's table uses, be it
 * only to work something out of it, less what a Family rule drops altogether, and what a
 * rule sends by its full name. Buckets chooses among those. */
#ifndef ENGINE_NAME_FILTER_H
#define ENGINE_NAME_FILTER_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "engine/filter.h"

/* Bytes of the query at most: a URL of 8000 is what everybody takes (RFC 9110, 4.1). */
#define NAME_FILTER_LIMIT 7000UL

/* The query that does so, without `?` before it. False: it cannot be done (a rule's GLOB
 * is no name, there are too many), and all families have to be asked for; query is empty
 * then. */
bool name_filter_query(
	const struct filter *rules, struct buf *query, struct err *e) MUST_CHECK;

#endif
