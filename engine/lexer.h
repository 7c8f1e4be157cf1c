/* What family rules and selectors are written in: blanks, names, quoted strings.
 *
 * Everything that reads skips the blanks before it. */
#ifndef ENGINE_LEXER_H
#define ENGINE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/str.h"

struct lexer {
	struct str text;
	size_t at;           /* what is read next */
	struct arena *arena; /* borrowed; holds what is read out */
};

bool lexer_at_end(struct lexer *l);

/* Reads token if it comes next. */
bool lexer_take(struct lexer *l, const char *token);

/* Reads a name of letters, digits, `_` and, if has_colons, `:`, that does not begin with
 * a digit. Points into text; empty where none stands. */
struct str lexer_name(struct lexer *l, bool has_colons);

/* Does a quote come next? */
bool lexer_at_string(struct lexer *l);

/* Reads a string as PromQL has them: in " or ' with Go's escapes, in ` without. False
 * with the column of what is wrong. */
bool lexer_string(struct lexer *l, struct str *s, struct err *e) MUST_CHECK;

/* Sets e to "WHAT expected", with the column of what comes next. Returns false. */
bool lexer_expected(struct lexer *l, const char *what, struct err *e);

#endif
