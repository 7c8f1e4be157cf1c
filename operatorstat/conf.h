/* The tool's configuration file: a line an option, `Name value`, in the syntax of
 * collectd's; `#` begins a comment, a value with blanks stands in double quotes, in which
 * a backslash takes the next byte as it is. */
#ifndef OPERATORSTAT_CONF_H
#define OPERATORSTAT_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "engine/log.h"

/* Takes one option. False: why it cannot be used. */
typedef bool conf_taker(void *ctx, const char *name, const char *value, struct err *e);

/* Hands each line of the file to take(); what cannot be read or is not taken is a warning
 * with file and line, and passed over. False: there is no such file, or it cannot be
 * read. */
bool conf_read(const char *path, conf_taker *take, void *ctx, const struct log *log,
	struct err *e) MUST_CHECK;

/* Appends a line that conf_read() hands over as this name and value. */
void conf_add(struct buf *out, const char *name, struct str value);

/* Writes lines made by conf_add() into the file, in place of those of the same names; its
 * other lines, comments too, stay. Folders that are missing are made. */
bool conf_write(const char *path, struct str lines, struct err *e) MUST_CHECK;

#endif
