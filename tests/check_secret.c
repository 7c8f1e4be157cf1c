#include "engine/secret.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/said.h"
#include "tests/suite.h"

struct scene {
	char folder[32];
	char path[64];
	struct said said;
	struct secret *secret;
};

static void set_up(struct scene *s)
{
	strcpy(s->folder, "/tmp/check_secret.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/token", s->folder);
	said_init(&s->said);
	s->secret = secret_new(s->path, "BearerTokenFile of a:", &s->said.log);
	ck_assert_ptr_nonnull(s->secret);
}

static void tear_down(struct scene *s)
{
	secret_free(s->secret);
	unlink(s->path);
	rmdir(s->folder);
}

/* As kubelet does it: another file under the same name. */
static void put(struct scene *s, const char *text, size_t len, mode_t mode)
{
	char new[80];
	FILE *f;

	snprintf(new, sizeof(new), "%s.new", s->path);
	f = fopen(new, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
	ck_assert_int_eq(chmod(new, mode), 0);
	ck_assert_int_eq(rename(new, s->path), 0);
}

static void expect(struct scene *s, bool anew, const char *text)
{
	struct str value;
	struct err e;

	ck_assert_msg(secret_get(s->secret, anew, &value, &e), "%s", e.text);
	ck_assert_msg(str_eq(value, str_of(text)), "%.*s, not %s", STR_ARG(value), text);
}

START_TEST(what_changed_is_read_again)
{
	struct scene s;

	set_up(&s);
	put(&s, " one \r\n\n", 8, 0600);
	expect(&s, false, "one");
	expect(&s, false, "one");
	put(&s, "two", 3, 0600);
	expect(&s, false, "two");
	put(&s, "six", 3, 0600);
	expect(&s, true, "six");
	ck_assert_uint_eq(s.said.lines, 0);
	tear_down(&s);
}
END_TEST

START_TEST(what_cannot_be_used_says_so)
{
	static char large[SECRET_LIMIT + 1];
	static const struct {
		const char *text;
		size_t len;
		const char *said;
	} rows[] = {
		{"", 0, "is empty"},
		{" \n\t", 3, "is empty"},
		{"one\ntwo", 7, "more than one line"},
		{"one\0two", 7, "more than one line"},
		{large, sizeof(large), "larger than"},
	};
	struct scene s;
	struct str value;
	struct err e;

	memset(large, 'x', sizeof(large));
	set_up(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(&s, rows[i].text, rows[i].len, 0600);
		ck_assert(!secret_get(s.secret, false, &value, &e));
		ck_assert_int_eq(e.code, ERR_AUTH);
		ck_assert_msg(strstr(e.text, rows[i].said) && strstr(e.text, s.path),
			"row %zu: %s", i, e.text);
	}
	put(&s, "good", 4, 0600);
	expect(&s, false, "good");
	unlink(s.path);
	ck_assert(!secret_get(s.secret, false, &value, &e));
	ck_assert_msg(strstr(e.text, "No such file") != NULL, "%s", e.text);
	tear_down(&s);
}
END_TEST

START_TEST(one_that_others_read_is_warned_about_once)
{
	struct scene s;

	set_up(&s);
	put(&s, "one", 3, 0644);
	expect(&s, false, "one");
	expect(&s, true, "one");
	ck_assert_uint_eq(s.said.lines, 1);
	ck_assert_ptr_nonnull(strstr(s.said.text, "chmod o-r"));
	put(&s, "two", 3, 0644);
	expect(&s, false, "two");
	ck_assert_uint_eq(s.said.lines, 2);
	put(&s, "three", 5, 0640);
	expect(&s, false, "three");
	ck_assert_uint_eq(s.said.lines, 2);
	ck_assert_ptr_null(strstr(s.said.text, "two"));
	tear_down(&s);
}
END_TEST

START_TEST(the_end_of_a_jwt)
{
	static const struct {
		const char *token;
		double end; /* 0: none */
	} rows[] = {
		/* {"alg":"RS256"}.{"exp":1800000000,"iss":"kubernetes"}.signature */
		{"eyJhbGciOiJSUzI1NiJ9."
		 "eyJleHAiOjE4MDAwMDAwMDAsImlzcyI6Imt1YmVybmV0ZXMifQ.c2ln",
			1800000000},
		/* {"exp":1800000000.5} */
		{"e30.eyJleHAiOjE4MDAwMDAwMDAuNX0.x", 1800000000.5},
		/* {"iss":"x"} */
		{"e30.eyJpc3MiOiJ4In0.x", 0},
		/* {"exp":"soon"} */
		{"e30.eyJleHAiOiJzb29uIn0.x", 0},
		{"e30.eyJleHAiOjE4MDAw!!!.x", 0},
		{"e30.e30", 0},
		{"a.", 0},
		{"opaque", 0},
		{"", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double end = secret_jwt_end(str_of(rows[i].token));

		if (rows[i].end > 0)
			ck_assert_msg(fabs(end - rows[i].end) < 0.01, "%s: %g",
				rows[i].token, end);
		else
			ck_assert_msg(isnan(end), "%s: %g", rows[i].token, end);
	}
}
END_TEST

SUITE("secret", what_changed_is_read_again, what_cannot_be_used_says_so,
	one_that_others_read_is_warned_about_once, the_end_of_a_jwt)
