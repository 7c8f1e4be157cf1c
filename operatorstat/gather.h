/* Reading a source for a batch command. */
#ifndef OPERATORSTAT_GATHER_H
#define OPERATORSTAT_GATHER_H

#include "operatorstat/model.h"
#include "operatorstat/source.h"

/* Polls until a recording has ended, or something live was watched for so many seconds;
 * with 0, until there is something. Returns early if nothing came of it in that time (and
 * 5 s). */
void gather(struct source *s, const struct sink *sink, double seconds);

/* Says on standard error which operators gave no page and why, and closes the source. The
 * exit code: 0, or 3 if none gave any. */
int gather_end(struct source *s, struct model *m);

#endif
