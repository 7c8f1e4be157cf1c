#include "engine/discover_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/said.h"
#include "tests/suite.h"

struct scene {
	struct said said;
	char folder[40];
	char glob[64];
	char *globs[1];
	int64_t now_us;
	struct clock clock;
	struct options block;
	struct discover_source source;
};

static int64_t hand_us(void *ctx)
{
	return ((const struct scene *)ctx)->now_us;
}

static void set_up(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	said_init(&s->said);
	strcpy(s->folder, "/tmp/check_files.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	snprintf(s->glob, sizeof(s->glob), "%s/*.json", s->folder);
	s->globs[0] = s->glob;
	s->clock = (struct clock){.ctx = s, .monotonic_us = hand_us};
	s->block = (struct options){.interval_seconds = 10, .files = {s->globs, 1}};
	ck_assert(discover_files_open(&s->source, &s->block, &s->clock, &s->said.log));
}

static void path_of(const struct scene *s, const char *file, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", s->folder, file);
}

/* Another file takes its place, as rename() would have it. */
static void write_file(struct scene *s, const char *file, const char *text)
{
	char path[80], other[80];

	path_of(s, file, path, sizeof(path));
	path_of(s, "new", other, sizeof(other));
	FILE *f = fopen(other, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(rename(other, path), 0);
}

static void remove_file(const struct scene *s, const char *file)
{
	char path[80];

	path_of(s, file, path, sizeof(path));
	ck_assert_int_eq(unlink(path), 0);
}

static bool look(struct scene *s)
{
	s->now_us = s->source.next_us(s->source.ctx);
	return s->source.look(s->source.ctx);
}

/* All that is found, as NAME|KEY|URL lines. */
static const char *list(const struct scene *s)
{
	static char text[4096];
	size_t count, len = 0;
	const struct discover_found *f = s->source.found(s->source.ctx, &count);

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(f[i].option_count, 1);
		ck_assert_str_eq(f[i].options->option, "URL");
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s|%s|%s\n",
			f[i].name,
			strcmp(f[i].key, f[i].options->value) == 0 ? "" : f[i].key,
			f[i].options->value);
	}
	return text;
}

static void tear_down(struct scene *s)
{
	char command[80];

	s->source.free(s->source.ctx);
	snprintf(command, sizeof(command), "rm -r %s", s->folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(labels_make_the_url)
{
	static const struct {
		const char *name, *page, *list;
	} rows[] = {
		{"no labels", "[{\"targets\": [\"h:1\", \"[::1]:2\"]}]",
			"h:1||http://h:1/metrics\n[::1]:2||http://[::1]:2/metrics\n"},
		{"no port", "[{\"targets\": [\"h\"]}]", "h:80||http://h/metrics\n"},
		{"scheme and path",
			"[{\"targets\": [\"h\"], \"labels\": {\"__scheme__\": \"https\", "
			"\"__metrics_path__\": \"/a/b\"}}]",
			"h:443||https://h/a/b\n"},
		{"a path without a slash",
			"[{\"targets\": [\"h:1\"], \"labels\": {\"__metrics_path__\": "
			"\"m\"}}]",
			"h:1||http://h:1/m\n"},
		{"parameters",
			"[{\"targets\": [\"h:1\"], \"labels\": {\"__param_a\": \"x y\", "
			"\"job\": \"j\", \"__param_b\": \"1&\\u00e4\"}}]",
			"h:1||http://h:1/metrics?a=x%20y&b=1%26%C3%A4\n"},
		{"a name",
			"[{\"targets\": [\"h:1\", \"h:2\", \"h:1\"], \"labels\": "
			"{\"instance\": \"op\"}}]",
			"op|op|http://h:1/metrics\nop|op#2|http://h:2/metrics\n"},
		{"an empty label is none",
			"[{\"targets\": [\"h:1\"], \"labels\": {\"instance\": \"\", "
			"\"__scheme__\": \"\"}}]",
			"h:1||http://h:1/metrics\n"},
		{"twice", "[{\"targets\": [\"h:1\"]}, {\"targets\": [\"h:1\"]}]",
			"h:1||http://h:1/metrics\n"},
		{"no targets", "[{\"labels\": {\"a\": \"b\"}}, {\"targets\": []}]", ""},
		{"no group", "[]", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		set_up(&s);
		write_file(&s, "a.json", rows[i].page);
		ck_assert_msg(look(&s), "%s", rows[i].name);
		ck_assert_msg(strcmp(list(&s), rows[i].list) == 0, "%s: %s", rows[i].name,
			list(&s));
		ck_assert_msg(s.said.lines == 0, "%s: %s", rows[i].name, s.said.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(a_broken_file_keeps_what_it_had)
{
	static const struct {
		const char *page, *why;
	} rows[] = {
		{"", "line 1, column 0: "},
		{"[{\"targets\": [\"h:2\"]}", "line 1, column "},
		{"{\"targets\": [\"h:2\"]}", "no list: write [{\"targets\""},
		{"[[]]", "group 1 is no object"},
		{"[{}, {\"targets\": \"h:2\"}]", "group 2: `targets` is no list"},
		{"[{\"targets\": [\"h:2\", 3]}]", "group 1: target 2 is no string"},
		{"[{\"labels\": [], \"targets\": [\"h:2\"]}]", "`labels` is no object"},
		{"[{\"labels\": {\"a\": 1}}]", "group 1: label a is no string"},
	};
	struct scene s;

	set_up(&s);
	write_file(&s, "a.json", "[{\"targets\": [\"h:1\"]}]");
	ck_assert(look(&s));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		said_init(&s.said);
		write_file(&s, "a.json", rows[i].page);
		ck_assert(!look(&s));
		ck_assert_str_eq(list(&s), "h:1||http://h:1/metrics\n");
		ck_assert_msg(strstr(s.said.text, rows[i].why) != NULL, "%s: %s",
			rows[i].page, s.said.text);
		ck_assert_ptr_nonnull(
			strstr(s.said.text, "; the 1 targets it had before stay"));
		ck_assert(!look(&s));
		ck_assert_uint_eq(s.said.lines, 1);
	}
	said_init(&s.said);
	write_file(&s, "a.json", "[{\"targets\": [\"h:3\"]}]");
	ck_assert(look(&s));
	ck_assert_str_eq(list(&s), "h:3||http://h:3/metrics\n");
	ck_assert_ptr_nonnull(strstr(s.said.text, "a.json: is right again"));
	tear_down(&s);
}
END_TEST

START_TEST(a_bad_target_alone_is_left_out)
{
	static const struct {
		const char *target, *labels, *why;
	} rows[] = {
		{"http://h:1", "{}", "write HOST:PORT"},
		{"h:1/metrics", "{}", "write HOST:PORT"},
		{"", "{}", "write HOST:PORT"},
		{"h:x", "{}", "the port is no number"},
		{"h:99999", "{}", "out of range"},
		{"user@h:1", "{}", "user or password"},
		{"h:1\\u0001", "{}", "blanks or control bytes"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;
		char page[200];

		set_up(&s);
		snprintf(page, sizeof(page),
			"[{\"targets\": [\"%s\", \"h:7\"], \"labels\": %s}]",
			rows[i].target, rows[i].labels);
		write_file(&s, "a.json", page);
		ck_assert(look(&s));
		ck_assert_str_eq(list(&s), "h:7||http://h:7/metrics\n");
		ck_assert_msg(strstr(s.said.text, rows[i].why) != NULL, "%s: %s",
			rows[i].target, s.said.text);
		tear_down(&s);
	}
}
END_TEST

START_TEST(an_unknown_scheme_is_said)
{
	struct scene s;

	set_up(&s);
	write_file(&s, "a.json",
		"[{\"targets\": [\"h:1\"], \"labels\": {\"__scheme__\": \"ftp\"}}]");
	ck_assert(look(&s));
	ck_assert_str_eq(list(&s), "");
	ck_assert_ptr_nonnull(strstr(s.said.text, "__scheme__ ftp: write http or https"));
	tear_down(&s);
}
END_TEST

START_TEST(files_come_and_go)
{
	struct scene s;

	set_up(&s);
	ck_assert(!s.source.has_looked(s.source.ctx));
	ck_assert(!look(&s));
	ck_assert(s.source.has_looked(s.source.ctx));
	ck_assert(!look(&s));
	ck_assert_uint_eq(s.said.lines, 1);
	ck_assert_ptr_nonnull(strstr(s.said.text, "no file matches Files"));
	write_file(&s, "b.json", "[{\"targets\": [\"h:2\"]}]");
	write_file(&s, "a.json", "[{\"targets\": [\"h:1\", \"h:2\"]}]");
	write_file(&s, "c.yml", "nothing of ours");
	ck_assert(look(&s));
	ck_assert_str_eq(list(&s), "h:1||http://h:1/metrics\nh:2||http://h:2/metrics\n");
	ck_assert(!look(&s));
	remove_file(&s, "a.json");
	ck_assert(look(&s));
	ck_assert_str_eq(list(&s), "h:2||http://h:2/metrics\n");
	remove_file(&s, "b.json");
	ck_assert(look(&s));
	ck_assert_str_eq(list(&s), "");
	ck_assert_uint_eq(s.said.lines, 2);
	tear_down(&s);
}
END_TEST

START_TEST(it_looks_at_each_interval)
{
	struct scene s;

	set_up(&s);
	look(&s);
	write_file(&s, "a.json", "[{\"targets\": [\"h:1\"]}]");
	s.now_us += 9999999;
	ck_assert(!s.source.look(s.source.ctx));
	s.now_us += 1;
	ck_assert(s.source.look(s.source.ctx));
	tear_down(&s);
}
END_TEST

SUITE("discover_files", labels_make_the_url, a_broken_file_keeps_what_it_had,
	a_bad_target_alone_is_left_out, an_unknown_scheme_is_said, files_come_and_go,
	it_looks_at_each_interval)
