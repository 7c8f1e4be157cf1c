/* A line that is typed: text, cursor, and what keys do to them. */
#ifndef OPERATORSTAT_LINE_H
#define OPERATORSTAT_LINE_H

#include <stddef.h>

#include "engine/str.h"

#define LINE_SIZE 256

enum line_state {
	LINE_EDITING,
	LINE_DONE,     /* Enter */
	LINE_GIVEN_UP, /* Esc, or Backspace on an empty line */
	LINE_COMPLETE, /* Tab: the caller may complete it */
};

struct line {
	char text[LINE_SIZE]; /* terminated */
	size_t len;
	size_t cursor; /* bytes before it */
};

/* text that does not fit is cut. */
void line_set(struct line *l, struct str text);

/* What a key does. All keys but Enter, Esc, Tab and those that edit are text. */
enum line_state line_key(struct line *l, int key);

#endif
