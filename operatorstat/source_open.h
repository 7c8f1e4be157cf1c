/* The sources of a command line as one struct source (commands: SOURCES of
 * operatorstat(1)). */
#ifndef OPERATORSTAT_SOURCE_OPEN_H
#define OPERATORSTAT_SOURCE_OPEN_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "operatorstat/arguments.h"
#include "operatorstat/operand.h"
#include "operatorstat/source.h"

/* Where the plugin keeps the last page of each endpoint unless told otherwise. */
#define SOURCE_STATE_FOLDER "/run/collectd-operator"

struct source_wish {
	size_t skip;             /* operands in front that are no sources */
	double interval_seconds; /* of endpoints, unless --interval says so; 0: 1 */
	double speed;            /* of recordings; 0: all at once */
	int64_t at_ms;           /* of recordings: where to begin; 0: at the start */
	bool may_be_empty;       /* what is to be found may come later */
};

/* Opens what the operands name, several as one. Without operands: the state folder if
 * there is one, else the operators that listen on this machine's loopback, those that are
 * secured being said to the arguments' log. False: e->text says what was tried and what
 * to type. The arguments must outlive the source. */
bool source_open(struct source *s, struct arguments *a, const struct source_wish *wish,
	struct err *e) MUST_CHECK;

/* One page of a FILE or STDIN operand, taken at the first poll. False: e. */
bool source_page_open(struct source *s, const struct operand *operand,
	struct arguments *a, struct err *e) MUST_CHECK;

#endif
