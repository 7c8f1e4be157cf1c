/* What the parser made of a page, as text to compare:
 *
 *	1 help NAME TEXT
 *	2 type NAME WORD
 *	3 unit NAME UNIT
 *	4 comment
 *	5 sample TYPE FAMILY SERIES: NAME {LABEL="VALUE"} VALUE @SECONDS EXEMPLAR
 *	6 native [gauge] SERIES: schema N zero THRESHOLD:COUNT count N sum N INDEX:COUNT
 *		-INDEX:COUNT <=BOUND created MS EXEMPLAR
 *	7 eof
 *	8:9 bad: REASON
 *	10:11 lapse: WHAT                  (behind the entry that has it)
 *	cut: REASON                       (if the page is not whole)
 *
 * EXEMPLAR is # {LABEL="VALUE"} VALUE @SECONDS; parts that are not there are left out.
 * Control bytes, quotes and backslashes in names and values are escaped as in C. */
#ifndef TESTS_EXPO_DUMP_H
#define TESTS_EXPO_DUMP_H

#include "engine/buf.h"
#include "engine/expo.h"

void expo_dump(struct buf *out, enum expo_format format, struct str page);

/* What expo_check.h tells of it: `LINE:COLUMN: reason` a line. */
void expo_dump_check(struct buf *out, enum expo_format format, struct str page);

#endif
