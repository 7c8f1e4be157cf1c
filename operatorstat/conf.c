#include "operatorstat/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- writing ---- */

/* No file of options is longer. */
#define FILE_BYTES ((size_t)1 << 20)

void conf_add(struct buf *out, const char *name, struct str value)
{
	buf_addf(out, "%s \"", name);
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"' || value.at[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, value.at[i]);
	}
	buf_add(out, STR("\"\n"));
}

/* The first word of a line that is no comment. */
static struct str name_of(struct str line)
{
	struct str text = str_trim(line);
	size_t len = 0;

	while (len < text.len && strchr(" \t\r\"#", text.at[len]) == NULL)
		len++;
	return (struct str){text.at, len};
}

/* Takes the next line off text, without its newline. */
static bool next_line(struct str *text, struct str *line)
{
	const char *end = memchr(text->at, '\n', text->len);

	if (text->len == 0)
		return false;
	size_t len = end != NULL ? (size_t)(end - text->at) : text->len;
	*line = (struct str){text->at, len};
	len += end != NULL ? 1 : 0;
	*text = (struct str){text->at + len, text->len - len};
	return true;
}

static bool is_among(struct str lines, struct str name)
{
	struct str line;

	while (next_line(&lines, &line))
		if (name.len > 0 && str_eq(name_of(line), name))
			return true;
	return false;
}

/* The lines of a file that are of other names; no file, no lines. */
static bool keep_others(const char *path, struct str lines, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char *at = NULL;
	size_t size = 0;
	ssize_t len;

	if (file == NULL)
		return errno == ENOENT;
	while ((len = getline(&at, &size, file)) > 0)
		if (!is_among(lines, name_of((struct str){at, (size_t)len})))
			buf_add(out, (struct str){at, (size_t)len});
	bool is_read = ferror(file) == 0;
	free(at);
	fclose(file);
	return is_read;
}

static void make_folders(const char *path)
{
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *at = folder + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		/* what cannot be made is told when the file cannot be */
		(void)mkdir(folder, 0755);
		*at = '/';
	}
}

static bool write_whole(const char *path, struct str text)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return false;
	bool is_written = fwrite(text.at, 1, text.len, file) == text.len;
	return fclose(file) == 0 && is_written;
}

bool conf_write(const char *path, struct str lines, struct err *e)
{
	char temporary[4096];
	struct buf text;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	buf_init(&text, FILE_BYTES);
	make_folders(path);
	bool is_done = keep_others(path, lines, &text);
	if (text.len > 0 && text.at[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	buf_add(&text, lines);
	is_done = is_done && buf_ok(&text) && write_whole(temporary, buf_str(&text)) &&
		  rename(temporary, path) == 0;
	buf_free(&text);
	return is_done || err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
}
