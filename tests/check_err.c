#include "engine/err.h"

#include <string.h>

#include "tests/suite.h"

START_TEST(sets_code_text_and_place)
{
	struct err e;

	ck_assert(!err_at(&e, ERR_SYNTAX, 3, 7, "%s is no %s", "abc", "number"));
	ck_assert_int_eq(e.code, ERR_SYNTAX);
	ck_assert_uint_eq(e.line, 3);
	ck_assert_uint_eq(e.column, 7);
	ck_assert_str_eq(e.text, "abc is no number");
	ck_assert(!err_set(&e, ERR_IO, "gone"));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_uint_eq(e.line, 0);
	ck_assert_uint_eq(e.column, 0);
	ck_assert_str_eq(e.text, "gone");
	err_ok(&e);
	ck_assert_int_eq(e.code, ERR_NONE);
	ck_assert_str_eq(e.text, "");
}
END_TEST

START_TEST(takes_no_error_to_write_to)
{
	ck_assert(!err_set(NULL, ERR_IO, "x"));
	ck_assert(!err_at(NULL, ERR_IO, 1, 1, "x"));
	ck_assert(!err_wrap(NULL, "x"));
}
END_TEST

START_TEST(escapes_control_bytes)
{
	struct err e;

	err_set(&e, ERR_SYNTAX, "'%s'", "a\n\x1b");
	ck_assert_str_eq(e.text, "'a\\x0a\\x1b'");
	err_wrap(&e, "page\t1");
	ck_assert_str_eq(e.text, "page\\x091: 'a\\x0a\\x1b'");
}
END_TEST

START_TEST(cuts_what_is_too_long)
{
	char text[1000];
	struct err e;

	memset(text, 'a', sizeof(text));
	for (size_t len = 300; len < 400; len++) {
		size_t fits = sizeof(e.text) - 1;

		err_set(&e, ERR_IO, "%.*s", (int)len, text);
		ck_assert_uint_eq(strlen(e.text), len < fits ? len : fits);
		ck_assert_int_eq(
			strcmp(e.text + strlen(e.text) - 3, "...") == 0, len > fits);
	}
	err_wrap(&e, "%.*s", 900, text);
	ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
	ck_assert_str_eq(e.text + strlen(e.text) - 3, "...");
}
END_TEST

START_TEST(wrap_keeps_code_and_place)
{
	struct err e;

	err_at(&e, ERR_SYNTAX, 2, 5, "bad");
	ck_assert(!err_wrap(&e, "Endpoint \"%s\"", "x"));
	ck_assert_str_eq(e.text, "Endpoint \"x\": bad");
	ck_assert_int_eq(e.code, ERR_SYNTAX);
	ck_assert_uint_eq(e.line, 2);
	ck_assert_uint_eq(e.column, 5);
}
END_TEST

START_TEST(names_are_words_and_differ)
{
	for (int a = ERR_NONE; a <= ERR_NETWORK; a++) {
		const char *name = err_name((enum err_code)a);

		ck_assert_uint_eq(
			strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (int b = ERR_NONE; b < a; b++)
			ck_assert_str_ne(name, err_name((enum err_code)b));
	}
	ck_assert_str_eq(err_name(ERR_NONE), "none");
	ck_assert_str_eq(err_name(ERR_TIMEOUT), "timeout");
}
END_TEST

SUITE("err", sets_code_text_and_place, takes_no_error_to_write_to, escapes_control_bytes,
	cuts_what_is_too_long, wrap_keeps_code_and_place, names_are_words_and_differ)
