#include "engine/pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/buf.h"
#include "tests/failing_alloc.h"
#include "tests/suite.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A folder of this test, and a path below it; the last few paths hold. */
struct scratch {
	char folder[64];
	char path[4][256];
	int next;
};

static struct scratch scratch_make(void)
{
	struct scratch s = {.folder = "/tmp/check_pages.XXXXXX"};

	ck_assert_ptr_nonnull(mkdtemp(s.folder));
	return s;
}

static const char *below(struct scratch *s, const char *name)
{
	char *path = s->path[s->next++ % 4];

	size_t len = strlen(s->folder);

	ck_assert_uint_lt(len + strlen(name) + 2, sizeof(s->path[0]));
	memcpy(path, s->folder, len);
	path[len] = '/';
	memcpy(path + len + 1, name, strlen(name) + 1);
	return path;
}

static void scratch_remove(struct scratch *s)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", s->folder);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* "NAME NAME ..." of a folder, in order. */
static void list(const char *path, struct buf *out)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);

	ck_assert_int_ge(count, 0);
	buf_reset(out);
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i]->d_name, ".") != 0 &&
			strcmp(names[i]->d_name, "..") != 0)
			buf_addf(out, "%s ", names[i]->d_name);
		free(names[i]);
	}
	free(names);
	buf_addc(out, '\0');
}

static void read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char text[4096];
	size_t got;

	ck_assert_msg(f != NULL, "%s", path);
	buf_reset(out);
	while ((got = fread(text, 1, sizeof(text), f)) > 0)
		buf_add(out, (struct str){text, got});
	fclose(f);
	buf_addc(out, '\0');
}

/* All attempts, one a line: "INSTANCE MS STATUS DURATION NOTE|FORMAT:BODY" */
static void dump(const char *folder, struct buf *out)
{
	struct err e;
	struct stored s;

	buf_reset(out);
	struct pages *p = pages_open(folder, &e);
	ck_assert_msg(p != NULL, "%s: %s", folder, e.text);
	while (pages_next(p, &s, &e) || e.code != ERR_NONE) {
		if (e.code != ERR_NONE) {
			buf_addf(out, "%s\n", err_name(e.code));
			continue;
		}
		buf_addf(out, "%.*s %lld %d %g %.*s|", STR_ARG(s.instance),
			(long long)s.time_ms, s.status, s.duration_ms, STR_ARG(s.note));
		if (s.has_page)
			buf_addf(out, "%s:%.*s",
				s.known_format ? expo_format_suffix(s.format) : "?",
				STR_ARG(s.body));
		else
			ck_assert_str_eq(s.path, "");
		buf_addc(out, '\n');
	}
	pages_close(p);
	buf_addc(out, '\0');
}

static void expect_dump(const char *folder, const char *expected)
{
	struct buf b;

	buf_init(&b, 100000);
	dump(folder, &b);
	ck_assert_str_eq(b.at, expected);
	buf_free(&b);
}

START_TEST(knows_the_name_of_a_page)
{
	static const struct {
		const char *name;
		int64_t time_ms; /* -1: none */
		const char *suffix;
	} rows[] = {
		{"1700000000000.txt", INT64_C(1700000000000), "txt"},
		{"1.om", 1, "om"},
		{"0.pb", 0, "pb"},
		{"5.txt.gz", 5, "txt.gz"},
		{"", -1, NULL},
		{"5", -1, NULL},
		{"5.", -1, NULL},
		{".txt", -1, NULL},
		{"x5.txt", -1, NULL},
		{"-5.txt", -1, NULL},
		{"+5.txt", -1, NULL},
		{"99999999999999999999.txt", -1, NULL},
		{"status", -1, NULL},
		{".spare", -1, NULL},
		{".status", -1, NULL},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t time_ms = -1;
		struct str suffix = STR("");
		bool is_page = pages_parse_name(str_of(rows[i].name), &time_ms, &suffix);

		ck_assert_msg(is_page == (rows[i].time_ms >= 0), "%s", rows[i].name);
		ck_assert_msg(time_ms == rows[i].time_ms, "%s", rows[i].name);
		ck_assert_msg(str_eq(suffix, str_of(rows[i].suffix)), "%s", rows[i].name);
	}
}
END_TEST

START_TEST(joins_pages_and_status_in_order)
{
	struct scratch t = scratch_make();

	mkdir(below(&t, "b"), 0700);
	mkdir(below(&t, "a"), 0700);
	mkdir(below(&t, "empty"), 0700);
	write_file(below(&t, "readme.txt"), "not a page\n");
	write_file(below(&t, "a/100.txt"), "one");
	write_file(below(&t, "a/1000.om"), "four");
	write_file(below(&t, "a/300.txt"), "three");
	write_file(below(&t, "a/300.pb"), "3");
	write_file(below(&t, "a/.spare"), "half");
	write_file(below(&t, "b/100.txt"), "");
	write_file(below(&t, "b/150.html"), "<p>");
	write_file(below(&t, "a/status"), "1000 503 2.5 text/plain\r\n"
					  "nonsense\n"
					  "200 0 3 connection refused\n"
					  "200 0 4 again\n"
					  "300 200 7.25 application/x\n"
					  "400 200\n"
					  "500 200 nan x\n"
					  "-5 200 1 x\n"
					  "600 1000 1 x\n"
					  "\n"
					  "2000 200 1");
	expect_dump(t.folder, "a 100 200 0 |txt:one\n"
			      "b 100 200 0 |txt:\n"
			      "b 150 200 0 |?:<p>\n"
			      "a 200 0 3 connection refused|\n"
			      "a 200 0 4 again|\n"
			      "a 300 200 7.25 application/x|pb:3\n"
			      "a 300 200 0 |txt:three\n"
			      "a 1000 503 2.5 text/plain|om:four\n"
			      "a 2000 200 1 |\n");
	scratch_remove(&t);
}
END_TEST

START_TEST(takes_a_folder_of_pages_for_one_instance)
{
	struct scratch t = scratch_make();
	struct buf cwd;

	buf_init(&cwd, 1000);
	mkdir(below(&t, "op"), 0700);
	write_file(below(&t, "op/5.txt"), "x");
	expect_dump(below(&t, "op"), "op 5 200 0 |txt:x\n");
	expect_dump(below(&t, "op/"), "op 5 200 0 |txt:x\n");
	expect_dump(below(&t, "op/../op/."), "op 5 200 0 |txt:x\n");
	ck_assert_int_eq(chdir(below(&t, "op")), 0);
	expect_dump(".", "op 5 200 0 |txt:x\n");
	ck_assert_int_eq(chdir("/"), 0);
	scratch_remove(&t);
}
END_TEST

START_TEST(reads_a_recording_of_failures_alone)
{
	struct scratch t = scratch_make();

	mkdir(below(&t, "op"), 0700);
	write_file(below(&t, "op/status"), "5 0 1 refused\n");
	expect_dump(t.folder, "op 5 0 1 refused|\n");
	scratch_remove(&t);
}
END_TEST

START_TEST(says_that_nothing_is_there)
{
	struct scratch t = scratch_make();
	struct err e;

	ck_assert_ptr_null(pages_open(t.folder, &e));
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert(!pages_are_in(t.folder, NULL));
	ck_assert_ptr_null(pages_open(below(&t, "none"), &e));
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(e.text, "/none: "));
	write_file(below(&t, "status"), "no line of ours\n");
	ck_assert_ptr_null(pages_open(t.folder, &e));
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert_ptr_null(pages_open(below(&t, "status"), &e));
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	write_file(below(&t, "1.txt"), "");
	ck_assert(pages_are_in(t.folder, NULL));
	pages_close(NULL);
	scratch_remove(&t);
}
END_TEST

START_TEST(an_instance_may_look_like_a_page)
{
	struct scratch t = scratch_make();
	struct stored s;
	struct err e;

	ck_assert_int_eq(mkdir(below(&t, "127.0.0.1:8080"), 0700), 0);
	write_file(below(&t, "127.0.0.1:8080/1.txt"), "a 1\n");
	struct pages *p = pages_open(t.folder, &e);
	ck_assert_ptr_nonnull(p);
	ck_assert(pages_next(p, &s, &e));
	ck_assert(str_eq(s.instance, STR("127.0.0.1:8080")));
	ck_assert(!pages_next(p, &s, &e));
	ck_assert_int_eq(e.code, ERR_NONE);
	pages_close(p);
	scratch_remove(&t);
}
END_TEST

START_TEST(passes_over_what_cannot_be_read)
{
	struct scratch t = scratch_make();

	mkdir(below(&t, "op"), 0700);
	mkdir(below(&t, "op/5.txt"), 0700); /* no page */
	mkfifo(below(&t, "op/6.txt"), 0600);
	/* gone, but there is a newer one: as if a writer had taken it */
	ck_assert_int_eq(symlink("none", below(&t, "op/7.txt")), 0);
	write_file(below(&t, "op/8.txt"), "x");
	mkdir(below(&t, "op/status"), 0700);
	expect_dump(t.folder, "io\nio\nop 8 200 0 |txt:x\n");
	scratch_remove(&t);
}
END_TEST

/* Rights do not hold for root. */
START_TEST(says_which_group_may_read)
{
	struct err e;

	if (geteuid() == 0 && setuid(65534) != 0)
		return;
	struct scratch t = scratch_make();
	ck_assert_int_eq(chmod(t.folder, 0050), 0);
	ck_assert_ptr_null(pages_open(t.folder, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_msg(strstr(e.text, "the group ") != NULL, "%s", e.text);
	ck_assert_int_eq(chmod(t.folder, 0), 0);
	ck_assert_ptr_null(pages_open(t.folder, &e));
	ck_assert_msg(strstr(e.text, "Permission denied") != NULL, "%s", e.text);
	ck_assert_int_eq(chmod(t.folder, 0700), 0);
	scratch_remove(&t);
}
END_TEST

/* The page of a state folder went while we were about to read it. */
START_TEST(reads_what_has_taken_the_place)
{
	struct scratch t = scratch_make();
	struct stored s;
	struct err e;

	write_file(below(&t, "5.txt"), "old");
	struct pages *p = pages_open(t.folder, &e);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(rename(below(&t, "5.txt"), below(&t, "7.om")), 0);
	ck_assert(pages_next(p, &s, &e));
	ck_assert_int_eq(e.code, ERR_NONE);
	ck_assert_int_eq(s.time_ms, 7);
	ck_assert_int_eq(s.format, EXPO_OPENMETRICS);
	ck_assert(str_eq(s.body, STR("old")));
	ck_assert(!pages_next(p, &s, &e));
	ck_assert_int_eq(e.code, ERR_NONE);
	pages_close(p);

	p = pages_open(t.folder, &e);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(unlink(below(&t, "7.om")), 0);
	ck_assert(!pages_next(p, &s, &e));
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert(!pages_next(p, &s, &e));
	ck_assert_int_eq(e.code, ERR_NONE);
	pages_close(p);
	scratch_remove(&t);
}
END_TEST

START_TEST(reads_a_kept_recording)
{
	char folder[512];

	snprintf(folder, sizeof(folder), "%s/tests/data/pages",
		getenv("srcdir") == NULL ? "." : getenv("srcdir"));
	expect_dump(folder,
		"memcached 1700000000000 200 4.5 text/plain; version=0.0.4|"
		"txt:# TYPE up gauge\nup 1\n\n"
		"memcached 1700000010000 0 1000 timeout after 1000 ms|\n"
		"memcached-om 1700000010000 200 0 |om:# TYPE up gauge\nup 1\n# EOF\n\n"
		"memcached 1700000020000 401 1.2 text/plain; charset=utf-8|"
		"txt:Unauthorized\n\n");
}
END_TEST

/* ---- writing ---- */

static struct stored attempt(
	int64_t time_ms, int status, const char *note, const char *body)
{
	return (struct stored){.instance = STR("op"),
		.time_ms = time_ms,
		.status = status,
		.duration_ms = 12.34,
		.note = str_of(note),
		.has_page = body != NULL,
		.format = EXPO_TEXT,
		.body = str_of(body)};
}

static void put(struct pages_out *out, struct stored s)
{
	struct err e;

	ck_assert_msg(pages_put(out, &s, &e), "%s", e.text);
}

START_TEST(recording_keeps_all)
{
	struct scratch t = scratch_make();
	struct buf b;

	buf_init(&b, 100000);
	struct pages_out *out = pages_out_new(below(&t, "new"), false, (unsigned int)-1);
	put(out, attempt(100, 200, "text/plain", "one"));
	put(out, attempt(200, 0, "re\nfused", NULL));
	put(out, attempt(300, 401, "text/plain", "who?"));
	struct stored om = attempt(400, 200, "", "four");
	om.format = EXPO_OPENMETRICS;
	om.duration_ms = NAN;
	put(out, om);
	pages_out_free(out);
	read_file(below(&t, "new/op/status"), &b);
	ck_assert_str_eq(b.at, "100 200 12.3 text/plain\n200 0 12.3 re\\x0afused\n"
			       "300 401 12.3 text/plain\n400 200 0.0 \n");
	list(below(&t, "new/op"), &b);
	ck_assert_str_eq(b.at, "100.txt 300.txt 400.om status ");
	expect_dump(below(&t, "new"), "op 100 200 12.3 text/plain|txt:one\n"
				      "op 200 0 12.3 re\\x0afused|\n"
				      "op 300 401 12.3 text/plain|txt:who?\n"
				      "op 400 200 0 |om:four\n");
	buf_free(&b);
	scratch_remove(&t);
}
END_TEST

START_TEST(state_folder_keeps_the_last)
{
	struct scratch t = scratch_make();
	struct buf b;

	buf_init(&b, 100000);
	mkdir(below(&t, "op"), 0700);
	write_file(below(&t, "op/50.txt"), "left behind");
	write_file(below(&t, "op/60.pb"), "left behind");
	struct pages_out *out = pages_out_new(t.folder, true, (unsigned int)-1);
	put(out, attempt(100, 200, "text/plain", "a long first page"));
	expect_dump(t.folder, "op 100 200 12.3 text/plain|txt:a long first page\n");
	put(out, attempt(200, 200, "text/plain", "2"));
	put(out, attempt(300, 0, "refused", NULL));
	put(out, attempt(400, 401, "text/plain", "who?"));
	expect_dump(t.folder, "op 200 200 12.3 text/plain|txt:2\n"
			      "op 300 0 12.3 refused|\n"
			      "op 400 401 12.3 text/plain|\n");
	put(out, attempt(500, 200, "text/plain", "five"));
	expect_dump(t.folder, "op 500 200 12.3 text/plain|txt:five\n");
	list(below(&t, "op"), &b);
	ck_assert_str_eq(b.at, ".spare .status 500.txt status ");
	/* the same time again */
	put(out, attempt(500, 200, "text/plain", "5"));
	expect_dump(t.folder, "op 500 200 12.3 text/plain|txt:5\n");
	pages_out_free(out);
	buf_free(&b);
	scratch_remove(&t);
}
END_TEST

START_TEST(the_page_before_may_be_named)
{
	struct scratch t = scratch_make();
	struct pages_out *out = pages_out_new(t.folder, true, (unsigned int)-1);
	struct stored s = attempt(200, 200, "text/plain", "2");

	put(out, attempt(100, 200, "text/plain", "1"));
	s.before_ms = 100;
	put(out, s);
	expect_dump(t.folder, "op 200 200 12.3 text/plain|txt:2\n");
	/* it is not there: the folder is looked through */
	s = attempt(300, 200, "text/plain", "3");
	s.before_ms = 250;
	put(out, s);
	expect_dump(t.folder, "op 300 200 12.3 text/plain|txt:3\n");
	pages_out_free(out);
	scratch_remove(&t);
}
END_TEST

START_TEST(state_folder_keeps_a_hundred_lines)
{
	struct scratch t = scratch_make();
	struct buf b;
	const char *at;
	int lines = 0;

	buf_init(&b, 100000);
	struct pages_out *out = pages_out_new(t.folder, true, (unsigned int)-1);
	put(out, attempt(1000, 200, "text/plain", "page"));
	for (int64_t i = 1; i <= 99; i++)
		put(out, attempt(1000 + i, 0, "refused", NULL));
	read_file(below(&t, "op/status"), &b);
	ck_assert_ptr_nonnull(strstr(b.at, "1000 200 12.3 text/plain\n1001 0 "));
	for (int64_t i = 100; i <= 150; i++)
		put(out, attempt(1000 + i, 0, "refused", NULL));
	read_file(below(&t, "op/status"), &b);
	for (at = b.at; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	ck_assert_int_eq(lines, 100);
	ck_assert_ptr_nonnull(
		strstr(b.at, "1000 200 12.3 text/plain\n1052 0 12.3 refused\n1053"));
	ck_assert_ptr_nonnull(strstr(b.at, "\n1150 0 12.3 refused\n"));
	pages_out_free(out);
	buf_free(&b);
	scratch_remove(&t);
}
END_TEST

START_TEST(rights_do_not_follow_the_umask)
{
	struct scratch t = scratch_make();
	struct stat st;
	gid_t gid = getegid();

	umask(077);
	struct pages_out *out = pages_out_new(below(&t, "state"), true, gid);
	put(out, attempt(1, 200, "", "x"));
	ck_assert_int_eq(stat(below(&t, "state"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	ck_assert_int_eq(stat(below(&t, "state/op"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	ck_assert_uint_eq(st.st_gid, gid);
	ck_assert_int_eq(stat(below(&t, "state/op/1.txt"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(stat(below(&t, "state/op/status"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	/* nor those of the file that is written over */
	chmod(below(&t, "state/op/1.txt"), 0604);
	put(out, attempt(2, 200, "", "x"));
	put(out, attempt(3, 200, "", "x"));
	ck_assert_int_eq(stat(below(&t, "state/op/3.txt"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	pages_out_free(out);
	umask(022);
	scratch_remove(&t);
}
END_TEST

START_TEST(can_be_asked_before_the_first_page)
{
	struct scratch t = scratch_make();
	struct stat st;
	struct err e;

	umask(077);
	struct pages_out *out = pages_out_new(below(&t, "new"), false, (gid_t)-1);
	ck_assert(pages_out_open(out, &e));
	ck_assert(pages_out_open(out, &e));
	ck_assert_int_eq(stat(below(&t, "new"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	put(out, attempt(1, 200, "", "x"));
	pages_out_free(out);
	out = pages_out_new(below(&t, "new/op/1.txt/below"), false, (gid_t)-1);
	ck_assert(!pages_out_open(out, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, "1.txt/below: Not a directory"));
	pages_out_free(out);
	umask(022);
	scratch_remove(&t);
}
END_TEST

START_TEST(says_what_cannot_be_written)
{
	static const char *const bad[] = {"", ".", "..", "a/b"};
	struct scratch t = scratch_make();
	struct err e;

	struct stored s = attempt(1, 200, "", "x");
	struct pages_out *out = pages_out_new(t.folder, true, (unsigned int)-1);
	for (size_t i = 0; i < ROWS(bad); i++) {
		s.instance = str_of(bad[i]);
		ck_assert_msg(!pages_put(out, &s, &e), "%s", bad[i]);
		ck_assert_int_eq(e.code, ERR_USAGE);
	}
	s.instance = STR("file");
	write_file(below(&t, "file"), "");
	ck_assert(!pages_put(out, &s, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_msg(strstr(e.text, "/file: Not a directory") != NULL, "%s", e.text);
	pages_out_free(out);

	out = pages_out_new(below(&t, "none/state"), true, (unsigned int)-1);
	ck_assert(!pages_put(out, &s, &e));
	ck_assert_msg(strstr(e.text, "/none/state: No such file") != NULL, "%s", e.text);
	pages_out_free(out);
	pages_out_free(NULL);
	scratch_remove(&t);
}
END_TEST

/* Nothing half-written stays, what was there does. */
static void expect_failure(struct scratch *t, bool last_only, const char *reason)
{
	struct stored s =
		attempt(2, 200, "", "a page that is longer than the limit of a file");
	struct pages_out *out = pages_out_new(t->folder, last_only, (unsigned int)-1);
	struct buf b;
	struct err e;

	buf_init(&b, 1000);
	ck_assert(!pages_put(out, &s, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_msg(strstr(e.text, reason) != NULL, "%s", e.text);
	list(below(t, "op"), &b);
	ck_assert_str_eq(b.at, "1.txt status ");
	expect_dump(t->folder, "op 1 200 12.3 |txt:x\n");
	pages_out_free(out);
	buf_free(&b);
}

START_TEST(leaves_nothing_half_written)
{
	struct scratch t = scratch_make();
	struct rlimit small = {20, 20};
	struct err e;

	mkdir(below(&t, "op"), 0700);
	struct pages_out *out = pages_out_new(t.folder, true, (unsigned int)-1);
	put(out, attempt(1, 200, "", "x"));

	/* a file system that is full, in effect: writing stops in the middle */
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	expect_failure(&t, true, "/op/2.txt: File too large");
	expect_failure(&t, false, "/op/2.txt: File too large");

	/* the line alone does not fit */
	struct stored failure = attempt(2, 0, "connection refused", NULL);
	ck_assert(!pages_put(out, &failure, &e));
	ck_assert_msg(strstr(e.text, "/op/status: File too large") != NULL, "%s", e.text);
	pages_out_free(out);
	out = pages_out_new(t.folder, false, (unsigned int)-1);
	ck_assert(!pages_put(out, &failure, &e));
	ck_assert_msg(strstr(e.text, "/op/status: File too large") != NULL, "%s", e.text);
	expect_dump(t.folder, "op 1 200 12.3 |txt:x\n");
	pages_out_free(out);
	scratch_remove(&t);
}
END_TEST

/* What others have put where files are written: nothing goes through it, and it goes. */
START_TEST(writes_through_nothing_of_others)
{
	static const char *const names[] = {"op/.spare", "op/.status", "op/status"};
	struct scratch t = scratch_make();
	struct pages_out *out = pages_out_new(t.folder, true, (unsigned int)-1);
	struct buf b;
	int64_t time_ms = 1;

	buf_init(&b, 100);
	put(out, attempt(time_ms++, 200, "", "x"));
	write_file(below(&t, "victim"), "untouched");
	for (size_t i = 0; i < ROWS(names); i++) {
		unlink(below(&t, names[i]));
		ck_assert_int_eq(symlink("../victim", below(&t, names[i])), 0);
		put(out, attempt(time_ms++, 200, "", "y"));
		put(out, attempt(time_ms++, 200, "", "z"));
		unlink(below(&t, names[i]));
		ck_assert_int_eq(mkfifo(below(&t, names[i]), 0600), 0);
		int fd = open(below(&t, names[i]), O_RDONLY | O_NONBLOCK);

		put(out, attempt(time_ms++, 200, "", "fifo"));
		put(out, attempt(time_ms++, 200, "", "z"));
		ck_assert_msg(read(fd, &(char){0}, 1) == 0, "%s", names[i]);
		close(fd);
	}
	expect_dump(t.folder, "op 13 200 12.3 |txt:z\n");
	read_file(below(&t, "victim"), &b);
	ck_assert_str_eq(b.at, "untouched");
	pages_out_free(out);
	buf_free(&b);
	scratch_remove(&t);
}
END_TEST

/* ---- memory ---- */

static bool store_and_read(void *ctx)
{
	struct stored s = attempt(1, 200, "text/plain", "a page");
	struct pages_out *out = pages_out_new(ctx, false, (unsigned int)-1);
	struct err e;
	bool done = out != NULL && pages_put(out, &s, &e);

	pages_out_free(out);
	struct pages *p = pages_open(ctx, &e);
	bool is_open = p != NULL;
	bool is_read = is_open && pages_next(p, &s, &e);
	pages_close(p);
	return done && is_read;
}

START_TEST(bears_lack_of_memory)
{
	struct scratch t = scratch_make();

	ck_assert_uint_ge(failing_alloc_each(store_and_read, t.folder), 8);
	scratch_remove(&t);
}
END_TEST

SUITE("pages", knows_the_name_of_a_page, joins_pages_and_status_in_order,
	takes_a_folder_of_pages_for_one_instance, reads_a_recording_of_failures_alone,
	says_that_nothing_is_there, an_instance_may_look_like_a_page,
	passes_over_what_cannot_be_read, says_which_group_may_read,
	reads_what_has_taken_the_place, reads_a_kept_recording, recording_keeps_all,
	state_folder_keeps_the_last, the_page_before_may_be_named,
	state_folder_keeps_a_hundred_lines, rights_do_not_follow_the_umask,
	can_be_asked_before_the_first_page, says_what_cannot_be_written,
	leaves_nothing_half_written, writes_through_nothing_of_others,
	bears_lack_of_memory)
