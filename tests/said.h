/* A log that remembers what was said. */
#ifndef TESTS_SAID_H
#define TESTS_SAID_H

#include <string.h>

#include "engine/log.h"

struct said {
	struct log log;
	size_t lines;
	char text[8192]; /* all lines, each with its end */
};

static inline void said_write(void *ctx, enum log_level level, const char *text)
{
	struct said *s = ctx;

	(void)level;
	s->lines++;
	if (strlen(s->text) + strlen(text) + 2 > sizeof(s->text))
		s->text[0] = '\0';
	strcat(strcat(s->text, text), "\n");
}

/* s stays where it is. */
static inline void said_init(struct said *s)
{
	s->log = (struct log){s, said_write};
	s->lines = 0;
	s->text[0] = '\0';
}

#endif
