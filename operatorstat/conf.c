#include "operatorstat/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/str.h"

/* Longer lines are cut, and then cannot be read. */
#define LINE_BYTES 4096

/* Takes the next word off *at, in place; NULL at the end of the line. False: a quote that
 * is not closed. */
static bool next_word(char **at, char **word)
{
	char *from = *at + strspn(*at, " \t\r\n"), *to;

	*word = *from == '\0' || *from == '#' ? NULL : from;
	if (*word == NULL)
		return true;
	if (*from != '"') {
		from += strcspn(from, " \t\r\n");
		*at = *from != '\0' ? from + 1 : from;
		*from = '\0';
		return true;
	}
	*word = to = ++from;
	while (*from != '"' && *from != '\0') {
		if (*from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from++;
	}
	if (*from == '\0')
		return false;
	*to = '\0';
	*at = from + 1;
	return true;
}

static bool take_line(char *line, conf_taker *take, void *ctx, struct err *e)
{
	char *name, *value, *more;

	if (!next_word(&line, &name))
		return err_set(e, ERR_SYNTAX, "a quote is not closed");
	if (name == NULL)
		return true;
	if (!next_word(&line, &value) || !next_word(&line, &more))
		return err_set(e, ERR_SYNTAX, "a quote is not closed");
	if (value == NULL)
		return err_set(e, ERR_SYNTAX, "`%s` has no value", name);
	if (more != NULL)
		return err_set(
			e, ERR_SYNTAX, "`%s` has two values; put them in quotes", name);
	return take(ctx, name, value, e);
}

bool conf_read(const char *path, conf_taker *take, void *ctx, const struct log *log,
	struct err *e)
{
	char line[LINE_BYTES];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s",
			path, strerror(errno));
	for (size_t number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
		struct err bad;

		if (!take_line(line, take, ctx, &bad))
			log_emit(log, LOG_LEVEL_WARNING, "%s:%zu: %s", path, number,
				bad.text);
	}
	bool is_read = ferror(file) == 0;
	fclose(file);
	return is_read || err_set(e, ERR_IO, "%s: cannot be read", path);
}
