/* What went wrong, where, and in words that a user can act on.
 *
 * A function that can fail returns bool (true = done) and takes a struct err * last. The
 * code is for decisions, the text for people. A struct err lives on the caller's stack,
 * owns nothing and needs no clean-up. */
#ifndef ENGINE_ERR_H
#define ENGINE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"

enum err_code {
	ERR_NONE,
	ERR_USAGE,     /* what the user wrote cannot be meant */
	ERR_SYNTAX,    /* bytes that are not what they should be */
	ERR_MEMORY,    /* no memory, or a ceiling of ours */
	ERR_IO,        /* a file or folder */
	ERR_NOT_FOUND, /* asked for, and not there */
	/* the reasons of a failed scrape, as the status file and the notifications name
	   them */
	ERR_DNS,
	ERR_REFUSED,
	ERR_TIMEOUT,
	ERR_TLS,
	ERR_AUTH,      /* 401, 403, or 500 "Authentication failed" */
	ERR_STATUS,    /* any other HTTP status than 200 */
	ERR_CONTENT,   /* a Content-Type that is no metrics page */
	ERR_PARSE,     /* not one sample could be read */
	ERR_LIMIT,     /* larger than allowed */
	ERR_TRUNCATED, /* cut short */
	ERR_NETWORK,   /* any other trouble of the transfer */
};

/* Bytes of a text, its NUL included. */
#define ERR_TEXT_SIZE 320

struct err {
	enum err_code code;
	size_t line;   /* from 1; 0: does not apply */
	size_t column; /* bytes, from 1; 0: does not apply */
	char text[ERR_TEXT_SIZE];
};

/* Clears e: no error. */
void err_ok(struct err *e);

/* Sets code and text; line and column become 0. Control bytes in the finished text are
 * shown as \xNN. Too long a text is cut and ends in "...". Always returns false, so that
 * `return err_set(...)` reads well. e may be NULL. */
bool err_set(struct err *e, enum err_code code, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The same with a place. */
bool err_at(struct err *e, enum err_code code, size_t line, size_t column,
	const char *format, ...) PRINTF_LIKE(5, 6);

/* Puts "CONTEXT: " before the text that e has. Always returns false. */
bool err_wrap(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* One lower-case word: "dns", "timeout", ... ("none" for ERR_NONE). */
const char *err_name(enum err_code code);

#endif
