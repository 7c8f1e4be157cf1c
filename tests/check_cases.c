/* Whole pages: tests/data/expo/NAME.txt and NAME.om, and beside each
 * NAME.SUFFIX.expected: what the parser makes of it (expo_dump.h), a line `check`, and
 * what a check tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/expo.h"
#include "engine/expo_check.h"
#include "tests/expo_dump.h"
#include "tests/files.h"
#include "tests/guard.h"
#include "tests/suite.h"

static enum expo_format format_of(const char *path)
{
	enum expo_format format = EXPO_TEXT;

	ck_assert(expo_format_of_suffix(str_of(strrchr(path, '.') + 1), &format));
	return format;
}

START_TEST(pages_are_read_as_expected)
{
	struct files pages = files_match("tests/data/expo/*.{txt,om}");

	for (size_t i = 0; i < pages.count; i++) {
		char expected[4200];
		struct buf out;
		size_t len;
		char *page = files_read(pages.paths[i], &len);
		enum expo_format format = format_of(pages.paths[i]);

		buf_init(&out, 1 << 20);
		expo_dump(&out, format, (struct str){page, len});
		buf_add(&out, STR("check\n"));
		expo_dump_check(&out, format, (struct str){page, len});
		snprintf(expected, sizeof(expected), "%s.expected", pages.paths[i]);
		files_compare(expected, buf_str(&out));
		buf_free(&out);
		free(page);
	}
	files_free(&pages);
}
END_TEST

/* Cut anywhere, and where the last byte is the last one that may be read. */
static void read_every_prefix(
	const struct guard *guard, enum expo_format format, struct str page)
{
	for (size_t len = 0; len <= page.len; len++) {
		struct str prefix = guard_copy(guard, (struct str){page.at, len});
		struct buf out;

		buf_init(&out, 1 << 20);
		expo_dump(&out, format, prefix);
		expo_dump_check(&out, format, prefix);
		buf_free(&out);
	}
}

START_TEST(every_prefix_is_read_and_nothing_behind_it)
{
	struct files pages = files_match("tests/data/expo/*.{txt,om}");
	struct guard guard = guard_new(1 << 16);

	for (size_t i = 0; i < pages.count; i++) {
		size_t len;
		char *page = files_read(pages.paths[i], &len);

		read_every_prefix(
			&guard, format_of(pages.paths[i]), (struct str){page, len});
		free(page);
	}
	guard_free(&guard);
	files_free(&pages);
}
END_TEST

SUITE("cases", pages_are_read_as_expected, every_prefix_is_read_and_nothing_behind_it)
