#include "operatorstat/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/suite.h"

/* What was taken and what was said, a line each. */
struct told {
	char taken[1024];
	char said[1024];
};

static bool take(void *ctx, const char *name, const char *value, struct err *e)
{
	struct told *told = ctx;

	if (strcmp(name, "nonsense") == 0)
		return err_set(e, ERR_NOT_FOUND, "there is no option `%s`", name);
	snprintf(told->taken + strlen(told->taken),
		sizeof(told->taken) - strlen(told->taken), "%s=%s\n", name, value);
	return true;
}

static void say(void *ctx, enum log_level level, const char *text)
{
	struct told *told = ctx;
	const char *name = strrchr(text, '/');

	ck_assert_int_eq(level, LOG_LEVEL_WARNING);
	snprintf(told->said + strlen(told->said), sizeof(told->said) - strlen(told->said),
		"%s\n", strchr(name, ':') + 1);
}

static struct told read_text(const char *text)
{
	struct told told = {"", ""};
	struct log log = {&told, say};
	struct err e;
	char path[] = "/tmp/check_conf.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ck_assert(conf_read(path, take, &told, &log, &e));
	unlink(path);
	return told;
}

START_TEST(lines)
{
	static const struct {
		const char *name, *text, *taken, *said;
	} rows[] = {
		{"nothing", "", "", ""},
		{"one", "window 5m\n", "window=5m\n", ""},
		{"no newline", "window 5m", "window=5m\n", ""},
		{"blanks and comments", "\n  # x\n\t window\t5m # why\n", "window=5m\n",
			""},
		{"quotes", "filter \"a \\\"b\\\" \\\\c\"\n", "filter=a \"b\" \\c\n", ""},
		{"an empty value", "filter \"\"\n", "filter=\n", ""},
		{"unknown, with its line", "window 5m\n\nnonsense 1\nexact true\n",
			"window=5m\nexact=true\n", "3: there is no option `nonsense`\n"},
		{"no value", "window\n", "", "1: `window` has no value\n"},
		{"two values", "a b c\n", "",
			"1: `a` has two values; put them in quotes\n"},
		{"open quote", "a \"b\n", "", "1: a quote is not closed\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told = read_text(rows[i].text);

		ck_assert_msg(strcmp(told.taken, rows[i].taken) == 0, "%s: %s",
			rows[i].name, told.taken);
		ck_assert_msg(strcmp(told.said, rows[i].said) == 0, "%s: %s",
			rows[i].name, told.said);
	}
}
END_TEST

START_TEST(no_file)
{
	struct told told = {"", ""};
	struct log log = {&told, say};
	struct err e;

	ck_assert(!conf_read("/nonexistent/x.conf", take, &told, &log, &e));
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
}
END_TEST

static char *text_of(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* What is written replaces lines of its names, and nothing else. */
START_TEST(written)
{
	static const struct {
		const char *name, *before, *after;
	} rows[] = {
		{"no file yet", NULL, "window \"5m\"\nfilter \"a \\\"b\\\" \\\\\"\n"},
		{"others stay",
			"# mine\nTimeout 5s\nwindow 1m # old\n#window 2m\nwindows 3",
			"# mine\nTimeout 5s\n#window 2m\nwindows 3\n"
			"window \"5m\"\nfilter \"a \\\"b\\\" \\\\\"\n"},
	};
	char folder[] = "/tmp/check_conf.XXXXXX", path[128], deep[256], text[1024];
	struct buf ours;
	struct err e;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a", folder);
	snprintf(deep, sizeof(deep), "%s/b.conf", path);
	buf_init(&ours, 1024);
	conf_add(&ours, "window", STR("5m"));
	conf_add(&ours, "filter", STR("a \"b\" \\"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].before != NULL) {
			FILE *file = fopen(deep, "we");
			ck_assert_int_ge(fputs(rows[i].before, file), 0);
			fclose(file);
		}
		ck_assert_msg(conf_write(deep, buf_str(&ours), &e), "%s", e.text);
		ck_assert_msg(
			strcmp(text_of(deep, text, sizeof(text)), rows[i].after) == 0,
			"%s: %s", rows[i].name, text);
		ck_assert_ptr_nonnull(
			strstr(read_text(text).taken, "window=5m\nfilter=a \"b\" \\\n"));
	}
	buf_free(&ours);
	unlink(deep);
	rmdir(path);
	rmdir(folder);
}
END_TEST

START_TEST(not_written)
{
	struct err e;

	ck_assert(!conf_write("/proc/nonexistent/x.conf", STR("a \"b\"\n"), &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, "/proc/nonexistent/x.conf"));
}
END_TEST

SUITE("conf", lines, no_file, written, not_written)
