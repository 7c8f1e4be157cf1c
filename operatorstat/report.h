/* What a model knows, as the batch commands print it: `once` and `watch`. */
#ifndef OPERATORSTAT_REPORT_H
#define OPERATORSTAT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "operatorstat/model.h"
#include "operatorstat/source.h"

enum report_format {
	REPORT_TEXT,   /* the controllers' table, then values */
	REPORT_TABLE,  /* the controllers' table */
	REPORT_VALUES, /* IDENTIFIER VALUE; a counter as its rate a second */
	REPORT_JSON,   /* all as one object */
	REPORT_JSONL,  /* the same in one line */
	REPORT_CSV,    /* RFC 4180, a row for each controller */
	REPORT_PROM,   /* text 0.0.4 of the normalized values */
};

/* By its name in -o; false: there is none. */
bool report_format_named(const char *name, enum report_format *format);

/* Their names, for usage: "text, table, ...". */
#define REPORT_FORMATS "text, table, values, json, jsonl, csv, prom"

/* Time of the newest page; 0: none came yet. */
int64_t report_newest_ms(struct model *m);

/* As of the newest data. has_time: values and JSON lines carry the time first. host: the
 * first part of identifiers. */
void report_print(FILE *out, struct model *m, const struct source *s,
	enum report_format format, const char *host, bool has_time);

#endif
