#include "operatorstat/operand.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fake_server.h"
#include "tests/said.h"
#include "tests/suite.h"

#define PAGE "up 1\n"

/* A folder to stand in, settings, an arena. */
struct scene {
	char folder[40];
	struct said said;
	struct settings *settings;
	struct arena *arena;
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void set_up(struct scene *s)
{
	strcpy(s->folder, "/tmp/check_operand.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	ck_assert_int_eq(chdir(s->folder), 0);
	said_init(&s->said);
	s->settings = settings_new(SETTINGS_ARGV, &s->said.log);
	s->arena = arena_new(1 << 20);
	ck_assert(s->settings != NULL && s->arena != NULL);
	mkdir("rec", 0700);
	mkdir("rec/op", 0700);
	mkdir("rec/other", 0700);
	write_file("rec/op/1000.txt", PAGE);
	write_file("rec/op/3000.om", "# TYPE up gauge\nup 1\n# EOF\n");
	write_file("rec/op/4000.xml", "<up/>\n");
	write_file("rec/other/2000.txt", "up 2\n");
	write_file("page.txt", PAGE);
	write_file("a=b", PAGE);
	write_file("8080", PAGE);
}

static void tear_down(struct scene *s)
{
	char command[64];

	settings_free(s->settings);
	arena_free(s->arena);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -r %s", s->folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(sources_have_many_forms)
{
	static const struct {
		const char *text;
		enum operand_kind kind;
		const char *instance, *address;
	} rows[] = {
		{"http://h:1/m", OPERAND_ENDPOINT, "h:1", "http://h:1/m"},
		{"https://h", OPERAND_ENDPOINT, "h:443", "https://h"},
		{"8080", OPERAND_ENDPOINT, "127.0.0.1:8080", "8080"},
		{":8080/m", OPERAND_ENDPOINT, "127.0.0.1:8080", ":8080/m"},
		{"h:1", OPERAND_ENDPOINT, "h:1", "h:1"},
		{"[::1]:8080", OPERAND_ENDPOINT, "[::1]:8080", "[::1]:8080"},
		{"unix:///x/y.sock", OPERAND_ENDPOINT, "y.sock", "unix:///x/y.sock"},
		{"me=8080", OPERAND_ENDPOINT, "me", "8080"},
		{"me=http://h/?a=b", OPERAND_ENDPOINT, "me", "http://h/?a=b"},
		{"me=:8080", OPERAND_ENDPOINT, "me", ":8080"},
		{"me=h:8080", OPERAND_ENDPOINT, "me", "h:8080"},
		{"...=8080", OPERAND_ENDPOINT, "...", "8080"},
		{"-", OPERAND_STDIN, "stdin", NULL},
		{"unix:/run/s", OPERAND_UNIXSOCK, NULL, NULL},
		{"rec", OPERAND_FOLDER, NULL, NULL},
		{"rec/op", OPERAND_FOLDER, NULL, NULL},
		{"rec/op/1000.txt", OPERAND_FILE, "op", NULL},
		{"page.txt", OPERAND_FILE, "page", NULL},
		{"a=b", OPERAND_FILE, "a=b", NULL},
		{"./8080", OPERAND_FILE, "8080", NULL},
	};
	struct scene s;

	set_up(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct operand o;
		struct err e;

		ck_assert_msg(operand_read(s.arena, rows[i].text, &o, &e), "%s: %s",
			rows[i].text, e.text);
		ck_assert_msg(
			o.kind == rows[i].kind, "%s: kind %d", rows[i].text, (int)o.kind);
		ck_assert_pstr_eq(o.instance, rows[i].instance);
		ck_assert_pstr_eq(o.address, rows[i].address);
	}
	tear_down(&s);
}
END_TEST

START_TEST(what_is_no_source_says_so)
{
	static const struct {
		const char *text;
		int exit_code;
		const char *said;
	} rows[] = {
		{"", 64, "an empty source"},
		{"ftp://x/", 64, "unknown scheme"},
		{"h:99999", 64, "out of range"},
		{"nothing", 3,
			"No such file or directory; an endpoint is written HOST:PORT"},
		{"/nothing", 3, "/nothing: No such file or directory"},
		{"..=8080", 3, "No such file"},
	};
	struct scene s;

	set_up(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct operand o;
		struct err e;

		ck_assert(!operand_read(s.arena, rows[i].text, &o, &e));
		ck_assert_msg(operand_exit(&e) == rows[i].exit_code, "%s: %d",
			rows[i].text, operand_exit(&e));
		ck_assert_msg(strstr(e.text, rows[i].said) != NULL, "%s: %s",
			rows[i].text, e.text);
	}
	tear_down(&s);
}
END_TEST

static struct operand_pages *open_source(
	struct scene *s, const char *text, enum operand_which which, struct operand *o)
{
	struct err e;
	struct operand_pages *p;

	ck_assert_msg(operand_read(s->arena, text, o, &e), "%s", e.text);
	p = operand_open(o, which, s->settings, &s->said.log, &e);
	ck_assert_msg(p != NULL, "%s: %s", text, e.text);
	return p;
}

struct expected {
	const char *label, *instance, *body;
	int64_t time_ms; /* 0: not looked at */
	enum expo_format format;
};

static void expect_pages(struct scene *s, const char *text, enum operand_which which,
	const struct expected *rows, size_t count)
{
	struct operand o;
	struct operand_pages *p = open_source(s, text, which, &o);
	struct operand_page page;
	struct err e;

	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(
			operand_next(p, &page, &e), "%s: page %zu: %s", text, i, e.text);
		ck_assert_str_eq(page.label, rows[i].label);
		ck_assert(str_eq(page.instance, str_of(rows[i].instance)));
		ck_assert(str_eq(page.body, str_of(rows[i].body)));
		ck_assert_int_eq(page.format, rows[i].format);
		if (rows[i].time_ms != 0)
			ck_assert_int_eq(page.time_ms, rows[i].time_ms);
		else
			ck_assert_int_gt(page.time_ms, INT64_C(1700000000000));
	}
	if (o.kind == OPERAND_FOLDER && which == OPERAND_ALL) {
		ck_assert(!operand_next(p, &page, &e));
		ck_assert_msg(strstr(e.text, "4000.xml") != NULL, "%s", e.text);
	}
	ck_assert(!operand_next(p, &page, &e));
	ck_assert_int_eq(e.code, ERR_NONE);
	operand_close(p);
}

static const struct expected recording[] = {
	{"rec/op/1000.txt", "op", PAGE, 1000, EXPO_TEXT},
	{"rec/other/2000.txt", "other", "up 2\n", 2000, EXPO_TEXT},
	{"rec/op/3000.om", "op", "# TYPE up gauge\nup 1\n# EOF\n", 3000,
		EXPO_OPENMETRICS},
};

START_TEST(all_pages_of_a_folder)
{
	struct scene s;

	set_up(&s);
	expect_pages(&s, "rec", OPERAND_ALL, recording, 3);
	tear_down(&s);
}
END_TEST

START_TEST(the_newest_pages_of_a_folder)
{
	static const struct expected newest[] = {
		{"rec/op/3000.om", "op", "# TYPE up gauge\nup 1\n# EOF\n", 3000,
			EXPO_OPENMETRICS},
		{"rec/other/2000.txt", "other", "up 2\n", 2000, EXPO_TEXT},
	};
	struct scene s;

	set_up(&s);
	expect_pages(&s, "rec", OPERAND_NEWEST, newest, 2);
	tear_down(&s);
}
END_TEST

START_TEST(a_file_is_a_page)
{
	static const struct expected stored = {"rec/op/3000.om", "op",
		"# TYPE up gauge\nup 1\n# EOF\n", 3000, EXPO_OPENMETRICS};
	static const struct expected plain = {"page.txt", "page", PAGE, 0, EXPO_TEXT};
	static const struct expected guessed = {"a=b", "a=b", PAGE, 0, EXPO_TEXT};
	static const struct expected told = {
		"page.txt", "page", PAGE, 0, EXPO_OPENMETRICS};
	struct setting format = {.kind = SETTING_TEXT, .text = "openmetrics"};
	struct scene s;

	set_up(&s);
	expect_pages(&s, "rec/op/3000.om", OPERAND_ALL, &stored, 1);
	expect_pages(&s, "page.txt", OPERAND_ALL, &plain, 1);
	expect_pages(&s, "a=b", OPERAND_ALL, &guessed, 1);
	ck_assert(settings_set(s.settings, "Format", &format, 1));
	expect_pages(&s, "page.txt", OPERAND_ALL, &told, 1);
	tear_down(&s);
}
END_TEST

START_TEST(standard_input_is_a_page)
{
	static const struct expected row = {"-", "stdin", PAGE, 0, EXPO_TEXT};
	struct scene s;
	int fd;

	set_up(&s);
	fd = open("page.txt", O_RDONLY);
	ck_assert(fd >= 0 && dup2(fd, 0) == 0);
	expect_pages(&s, "-", OPERAND_ALL, &row, 1);
	close(fd);
	tear_down(&s);
}
END_TEST

START_TEST(an_endpoint_has_one_page)
{
	struct fake_server *server = fake_server_start(NULL);
	char text[64];
	struct expected row = {text, "me", PAGE, 0, EXPO_TEXT};
	struct operand o;
	struct operand_page page;
	struct err e;
	struct scene s;

	set_up(&s);
	fake_server_set_page(server, PAGE, strlen(PAGE));
	snprintf(text, sizeof(text), "me=%d/ok", fake_server_port(server));
	expect_pages(&s, text, OPERAND_NEWEST, &row, 1);

	snprintf(text, sizeof(text), "you=%d/404", fake_server_port(server));
	struct operand_pages *p = open_source(&s, text, OPERAND_NEWEST, &o);
	ck_assert(!operand_next(p, &page, &e));
	ck_assert_int_eq(e.code, ERR_STATUS);
	ck_assert_msg(strstr(e.text, "status: HTTP status 404") != NULL, "%s", e.text);
	operand_close(p);
	tear_down(&s);
	fake_server_stop(server);
}
END_TEST

START_TEST(a_page_has_a_ceiling)
{
	struct setting limit = {.kind = SETTING_NUMBER, .number = 1024};
	char large[2000];
	struct operand o;
	struct operand_page page;
	struct err e;
	struct scene s;

	memset(large, '#', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	set_up(&s);
	write_file("large", large);
	ck_assert(settings_set(s.settings, "MaxPageSize", &limit, 1));
	struct operand_pages *p = open_source(&s, "large", OPERAND_ALL, &o);
	ck_assert(!operand_next(p, &page, &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(e.text, "--max-page-size"));
	operand_close(p);
	tear_down(&s);
}
END_TEST

SUITE("operand", sources_have_many_forms, what_is_no_source_says_so,
	all_pages_of_a_folder, the_newest_pages_of_a_folder, a_file_is_a_page,
	standard_input_is_a_page, an_endpoint_has_one_page, a_page_has_a_ceiling)
