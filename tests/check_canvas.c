#include "operatorstat/canvas.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "tests/suite.h"

/* The canvas as text, which lives until the next call. */
static const char *shown(const struct canvas *c)
{
	static char text[4096];
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	canvas_text(c, &out);
	ck_assert(buf_ok(&out));
	if (out.len > 0)
		memcpy(text, out.at, out.len);
	text[out.len] = '\0';
	buf_free(&out);
	return text;
}

static struct canvas *start(int rows, int cols, enum glyphs glyphs)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	struct canvas *c = canvas_new(rows, cols, glyphs);
	ck_assert_ptr_nonnull(c);
	return c;
}

START_TEST(nothing_leaves_its_pane)
{
	struct canvas *c = start(4, 10, GLYPHS_UNICODE);

	canvas_into(c, (struct rect){1, 2, 2, 5});
	for (int y = -3; y < 6; y++)
		canvas_puts(c, y, -4, STYLE_PLAIN, "xxxxxxxxxxxxxxxxxxxxxxx");
	ck_assert_str_eq(shown(c), "\n  xxxxx\n  xxxxx\n\n");
	canvas_free(c);
}
END_TEST

START_TEST(a_pane_beyond_the_canvas_is_cut)
{
	struct canvas *c = start(2, 4, GLYPHS_UNICODE);

	canvas_into(c, (struct rect){1, 2, 90, 90});
	canvas_puts(c, 0, 0, STYLE_PLAIN, "abcdef");
	canvas_puts(c, 1, 0, STYLE_PLAIN, "abcdef");
	ck_assert_str_eq(shown(c), "\n  ab\n");
	canvas_into(c, (struct rect){-5, -5, 3, 3});
	canvas_into(c, (struct rect){9, 9, 3, 3});
	canvas_puts(c, 0, 0, STYLE_PLAIN, "no");
	ck_assert_str_eq(shown(c), "\n  ab\n");
	canvas_free(c);
}
END_TEST

START_TEST(what_cannot_be_shown)
{
	static const struct {
		const char *name, *text, *shown;
	} rows[] = {
		{"a control byte", "a\033[2Jb", "a?[2Jb"},
		{"a newline", "a\nb", "a?b"},
		{"no UTF-8", "a\xff\xc3z", "a??z"},
		{"cut UTF-8", "a\xe2\x96", "a??"},
		{"overlong", "\xc0\xaf", "??"},
		{"a surrogate", "\xed\xa0\x80", "???"},
		{"C1 control", "\xc2\x9b", "?"},
		{"the other way round",
			"a\xe2\x80\xae"
			"b",
			"a?b"},
		{"UTF-8", "größe", "größe"},
		{"wide", "日本", "日本"},
		{"a combining mark", "e\xcc\x81x", "e\xcc\x81x"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct canvas *c = start(1, 20, GLYPHS_UNICODE);

		canvas_puts(c, 0, 0, STYLE_PLAIN, rows[i].text);
		const char *text = shown(c);
		ck_assert_msg(strncmp(text, rows[i].shown, strlen(rows[i].shown)) == 0,
			"%s: %s", rows[i].name, text);
		canvas_free(c);
	}
}
END_TEST

START_TEST(ascii_shows_ascii_alone)
{
	struct canvas *c = start(1, 40, GLYPHS_ASCII);
	static const double values[] = {0, 1, 4, NAN, 8};

	int x = canvas_puts(c, 0, 0, STYLE_PLAIN, "größe ");
	canvas_spark(c, 0, x, STYLE_PLAIN, values, 5, 0, 8);
	canvas_bar(c, 0, x + 6, 4, STYLE_PLAIN, 0.5);
	canvas_vline(c, 0, x + 11, 1);
	ck_assert_str_eq(shown(c), "gr??e .-* @ ##   |\n");
	canvas_free(c);
}
END_TEST

START_TEST(wide_characters_at_edges)
{
	struct canvas *c = start(1, 6, GLYPHS_UNICODE);

	canvas_into(c, (struct rect){0, 0, 1, 5});
	canvas_puts(c, 0, 0, STYLE_PLAIN, "日本語");
	ck_assert_str_eq(shown(c), "日本\n");
	/* the left half is outside: the right one must not be seen alone */
	canvas_puts(c, 0, -1, STYLE_PLAIN, "語xyz");
	ck_assert_str_eq(shown(c), " xyz\n");
	/* one half is overwritten */
	canvas_puts(c, 0, 0, STYLE_PLAIN, "日本");
	canvas_puts(c, 0, 1, STYLE_PLAIN, "a");
	ck_assert_str_eq(shown(c), " a本\n");
	canvas_free(c);
}
END_TEST

START_TEST(fields_are_cut_visibly)
{
	struct canvas *c = start(3, 12, GLYPHS_UNICODE);

	ck_assert_int_eq(canvas_field(c, 0, 0, 6, STYLE_PLAIN, STR("memcached")), 6);
	canvas_field(c, 1, 0, 6, STYLE_PLAIN, STR("日本語日本"));
	canvas_field(c, 2, 0, 9, STYLE_PLAIN, STR("memcached"));
	ck_assert_str_eq(shown(c), "memca~\n日本~\nmemcached\n");
	canvas_free(c);
}
END_TEST

START_TEST(text_is_broken_between_words)
{
	struct canvas *c = start(4, 10, GLYPHS_UNICODE);

	ck_assert_int_eq(
		canvas_wrap(c, 0, 2, STYLE_PLAIN, STR("one two three fourteenfifteen")),
		4);
	ck_assert_str_eq(shown(c), "one two\n  three\n  fourteen\n  fifteen\n");
	canvas_free(c);
}
END_TEST

START_TEST(bars_and_sparks)
{
	struct canvas *c = start(4, 8, GLYPHS_UNICODE);
	static const double values[] = {0, 0.1, 4, NAN, 8};

	canvas_bar(c, 0, 0, 8, STYLE_BAR, 0.5);
	canvas_bar(c, 1, 0, 8, STYLE_BAR, 1e-9);
	canvas_bar(c, 2, 0, 8, STYLE_BAR, 7);
	canvas_spark(c, 3, 0, STYLE_BAR, values, 5, 0, 8);
	ck_assert_str_eq(shown(c), "████\n▏\n████████\n.▁▅ █\n");
	canvas_free(c);
}
END_TEST

START_TEST(styles_in_letters)
{
	struct canvas *c = start(1, 6, GLYPHS_UNICODE);
	struct buf out;

	canvas_puts(c, 0, 0, STYLE_FAILURE, "a");
	canvas_puts(c, 0, 1, STYLE_WARNING, "b");
	canvas_puts(c, 0, 2, STYLE_GOOD, "c");
	canvas_flag(c, (struct rect){0, 1, 1, 2}, STYLE_CURSOR);
	canvas_flag(c, (struct rect){0, 4, 1, 1}, STYLE_STALE);
	buf_init(&out, 100);
	canvas_styles(c, &out);
	ck_assert_msg(
		str_eq(buf_str(&out), STR("fWG.-.\n")), "%.*s", STR_ARG(buf_str(&out)));
	buf_free(&out);
	canvas_free(c);
}
END_TEST

START_TEST(runs_are_rows_again)
{
	struct canvas *c = start(1, 12, GLYPHS_UNICODE);
	char row[64] = "";
	unsigned int style = 0;
	struct str text;
	int runs = 0;

	canvas_puts(c, 0, 0, STYLE_FAILURE, "日本");
	canvas_puts(c, 0, 4, STYLE_PLAIN, "größe");
	for (int x = 0; canvas_run(c, 0, &x, &style, &text); runs++)
		strncat(row, text.at, text.len);
	ck_assert_str_eq(row, "日本größe   ");
	ck_assert_int_eq(runs, 2);
	canvas_free(c);
}
END_TEST

START_TEST(any_size)
{
	struct canvas *c = start(0, 0, GLYPHS_UNICODE);

	canvas_puts(c, 0, 0, STYLE_PLAIN, "x");
	ck_assert_str_eq(shown(c), "");
	ck_assert(canvas_resize(c, 2, 3));
	canvas_puts(c, 1, 2, STYLE_PLAIN, "xy");
	ck_assert_str_eq(shown(c), "\n  x\n");
	canvas_free(c);
	canvas_free(NULL);
}
END_TEST

SUITE("canvas", nothing_leaves_its_pane, a_pane_beyond_the_canvas_is_cut,
	what_cannot_be_shown, ascii_shows_ascii_alone, wide_characters_at_edges,
	fields_are_cut_visibly, text_is_broken_between_words, bars_and_sparks,
	styles_in_letters, runs_are_rows_again, any_size)
