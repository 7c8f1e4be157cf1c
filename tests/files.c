#include "tests/files.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct files files_match(const char *pattern)
{
	const char *srcdir = getenv("srcdir");
	char full[4096];
	glob_t found;
	struct files f;

	if (pattern[0] == '/')
		snprintf(full, sizeof(full), "%s", pattern);
	else
		snprintf(full, sizeof(full), "%s/%s", srcdir == NULL ? "." : srcdir,
			pattern);
	ck_assert_msg(
		glob(full, GLOB_BRACE, NULL, &found) == 0, "%s: nothing there", full);
	f.count = found.gl_pathc;
	f.paths = calloc(f.count, sizeof(f.paths[0]));
	for (size_t i = 0; i < f.count; i++)
		f.paths[i] = strdup(found.gl_pathv[i]);
	globfree(&found);
	return f;
}

void files_free(struct files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->paths[i]);
	free(f->paths);
}

char *files_read(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t size = 0;

	ck_assert_msg(file != NULL, "%s: cannot be read", path);
	*len = 0;
	do {
		size += 1 << 16;
		text = realloc(text, size + 1);
		*len += fread(text + *len, 1, size - *len, file);
	} while (*len == size);
	text[*len] = '\0';
	fclose(file);
	return text;
}

static void write_file(const char *path, struct str text)
{
	FILE *file = fopen(path, "wb");

	ck_assert_msg(file != NULL, "%s: cannot be written", path);
	ck_assert_uint_eq(fwrite(text.at, 1, text.len, file), text.len);
	ck_assert_int_eq(fclose(file), 0);
}

void files_compare(const char *path, struct str text)
{
	size_t len;

	if (getenv("UPDATE_GOLDEN") != NULL) {
		write_file(path, text);
		return;
	}
	char *expected = files_read(path, &len);
	ck_assert_msg(len == text.len && memcmp(expected, text.at, len) == 0,
		"%s differs; this came:\n%.*s", path, STR_ARG(text));
	free(expected);
}
