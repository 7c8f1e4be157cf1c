/* One thing that is wrong with a page, as `check` and `samples` print it. */
#ifndef OPERATORSTAT_VIOLATION_H
#define OPERATORSTAT_VIOLATION_H

#include <stdio.h>

#include "engine/err.h"
#include "engine/str.h"

/* `PAGE:LINE:COLUMN: reason: offending text`: the line from that column on, or all of it
 * where nothing stands there; control bytes escaped, cut to some hundred bytes. */
void violation_print(FILE *to, const char *page, const struct err *why, struct str line);

#endif
