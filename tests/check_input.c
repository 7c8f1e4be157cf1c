#include "operatorstat/input.h"

#include <string.h>

#include "operatorstat/line.h"
#include "tests/suite.h"

START_TEST(every_key_means_its_action)
{
	for (enum action a = 0; a < ACTIONS; a++)
		for (enum view_id view = 0; view < VIEWS; view++) {
			struct str keys = str_of(input_info(a)->keys), name;

			while (input_is_for(a, view) && input_next_name(&keys, &name)) {
				int key = input_key_named(name);

				ck_assert_msg(key != INPUT_NONE, "no key `%.*s`",
					STR_ARG(name));
				ck_assert_msg(input_action(key, view) == a,
					"`%.*s` of %s does something else on screen %d",
					STR_ARG(name), input_info(a)->name, (int)view);
			}
		}
}
END_TEST

START_TEST(no_word_twice)
{
	for (enum action a = 0; a < ACTIONS; a++) {
		ck_assert_int_eq(input_action_named(str_of(input_info(a)->word)), a);
		ck_assert_ptr_null(strchr(input_info(a)->word, ' '));
		ck_assert_uint_gt(strlen(input_info(a)->help), 3);
		ck_assert_uint_gt(strlen(input_info(a)->where), 0);
	}
	ck_assert_int_eq(input_action_named(STR("nonsense")), ACTION_NONE);
}
END_TEST

START_TEST(names_of_keys)
{
	static const struct {
		const char *name;
		int key;
	} rows[] = {{"j", 'j'}, {"^N", 14}, {"^Z", 26}, {"Esc", 27}, {"F1", INPUT_F1},
		{"F12", INPUT_F12}, {"F13", INPUT_NONE}, {"Space", ' '}, {"\\", '\\'},
		{"S-Tab", INPUT_BACK_TAB}, {"Nothing", INPUT_NONE}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(input_key_named(str_of(rows[i].name)) == rows[i].key, "%s",
			rows[i].name);
}
END_TEST

START_TEST(what_others_have_in_their_fingers)
{
	static const struct {
		const char *who;
		int key;
		enum action action;
	} rows[] = {
		{"vi", 'j', ACTION_DOWN},
		{"vi", 'G', ACTION_LAST},
		{"k9s", ':', ACTION_PROMPT},
		{"k9s", '/', ACTION_FILTER},
		{"k9s", INPUT_ESC, ACTION_BACK},
		{"varnishstat", '0', ACTION_BASELINE},
		{"varnishstat", 'e', ACTION_EXACT},
		{"varnishstat", '+', ACTION_SLOWER},
		{"htop", INPUT_F1, ACTION_HELP},
		{"htop", INPUT_F1 + 3, ACTION_FILTER},
		{"htop", INPUT_F1 + 9, ACTION_QUIT},
		{"htop", 'I', ACTION_INVERT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
			input_action(rows[i].key, VIEW_CONTROLLERS) == rows[i].action,
			"%s, key %d", rows[i].who, rows[i].key);
}
END_TEST

static void type(struct line *l, const char *text)
{
	for (; *text != '\0'; text++)
		ck_assert_int_eq(line_key(l, (unsigned char)*text), LINE_EDITING);
}

START_TEST(a_line_takes_every_key_that_is_text)
{
	struct line l = {"", 0, 0};

	type(&l, "q:/?0 hjkl");
	line_key(&l, 0xf6);   /* ö */
	line_key(&l, 0x65e5); /* 日 */
	line_key(&l, INPUT_F1);
	line_key(&l, INPUT_UP);
	ck_assert_str_eq(l.text, "q:/?0 hjklö日");
	ck_assert_int_eq(line_key(&l, INPUT_BACKSPACE), LINE_EDITING);
	ck_assert_str_eq(l.text, "q:/?0 hjklö");
	ck_assert_int_eq(line_key(&l, INPUT_TAB), LINE_COMPLETE);
	ck_assert_int_eq(line_key(&l, INPUT_ENTER), LINE_DONE);
	ck_assert_int_eq(line_key(&l, INPUT_ESC), LINE_GIVEN_UP);
}
END_TEST

START_TEST(a_line_is_edited)
{
	struct line l = {"", 0, 0};

	type(&l, "one two");
	line_key(&l, 23); /* ^W */
	ck_assert_str_eq(l.text, "one ");
	line_key(&l, INPUT_HOME);
	line_key(&l, INPUT_RIGHT);
	line_key(&l, INPUT_DELETE);
	line_key(&l, 'x');
	ck_assert_str_eq(l.text, "oxe ");
	line_key(&l, 21); /* ^U */
	ck_assert_str_eq(l.text, "e ");
	line_key(&l, INPUT_END);
	line_key(&l, INPUT_BACKSPACE);
	line_key(&l, INPUT_BACKSPACE);
	ck_assert_int_eq(line_key(&l, INPUT_BACKSPACE), LINE_GIVEN_UP);
}
END_TEST

START_TEST(a_line_is_never_too_long)
{
	struct line l = {"", 0, 0};

	for (int i = 0; i < 2000; i++)
		line_key(&l, i % 3 == 0 ? 0x65e5 : 'a');
	ck_assert_uint_lt(l.len, LINE_SIZE);
	ck_assert_uint_eq(strlen(l.text), l.len);
	line_set(&l, STR("text"));
	ck_assert_str_eq(l.text, "text");
}
END_TEST

SUITE("input", every_key_means_its_action, no_word_twice, names_of_keys,
	what_others_have_in_their_fingers, a_line_takes_every_key_that_is_text,
	a_line_is_edited, a_line_is_never_too_long)
