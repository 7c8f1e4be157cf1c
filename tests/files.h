/* Files that tests read: in the source tree, wherever the build folder is. */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/str.h"

/* Paths that match a pattern below the source tree (glob(7)), sorted. Never empty: the
 * test ends if nothing matches. For files_free(). */
struct files {
	char **paths;
	size_t count;
};

struct files files_match(const char *pattern);
void files_free(struct files *f);

/* A whole file, terminated, for the caller to free(); the test ends if it cannot be read.
 */
char *files_read(const char *path, size_t *len);

/* Compares text with what a file holds, and ends the test if they differ; with
 * UPDATE_GOLDEN set in the environment the file is written instead. */
void files_compare(const char *path, struct str text);

#endif
