#include "engine/lexer.h"

#include <stdint.h>
#include <string.h>

/* The byte that comes next; NUL at the end. */
static char next_byte(const struct lexer *l)
{
	if (l->at == l->text.len)
		return '\0';
	return l->text.at[l->at];
}

static bool is_among(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static void skip_blanks(struct lexer *l)
{
	while (is_among(next_byte(l), " \t\r\n"))
		l->at++;
}

static struct str rest(const struct lexer *l)
{
	return (struct str){l->text.at + l->at, l->text.len - l->at};
}

bool lexer_at_end(struct lexer *l)
{
	skip_blanks(l);
	return l->at == l->text.len;
}

bool lexer_take(struct lexer *l, const char *token)
{
	skip_blanks(l);
	if (!str_starts(rest(l), str_of(token)))
		return false;
	l->at += strlen(token);
	return true;
}

static bool is_name_byte(char c, bool is_first, bool has_colons)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9' && !is_first) || (c == ':' && has_colons);
}

struct str lexer_name(struct lexer *l, bool has_colons)
{
	skip_blanks(l);
	struct str name = {rest(l).at, 0};
	while (is_name_byte(next_byte(l), name.len == 0, has_colons)) {
		name.len++;
		l->at++;
	}
	return name;
}

bool lexer_at_string(struct lexer *l)
{
	skip_blanks(l);
	return is_among(next_byte(l), "\"'`");
}

bool lexer_expected(struct lexer *l, const char *what, struct err *e)
{
	skip_blanks(l);
	return err_at(e, ERR_SYNTAX, 0, l->at + 1, "%s expected", what);
}

/* ---- strings ---- */

/* `count` digits of that base; the number may not be above limit. */
static bool read_code(
	struct lexer *l, size_t count, unsigned int base, uint32_t limit, uint32_t *code)
{
	static const char digits[] = "0123456789abcdef";

	*code = 0;
	for (size_t i = 0; i < count; i++, l->at++) {
		char c = next_byte(l);
		const char *digit =
			memchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c, base);

		if (digit == NULL)
			return false;
		*code = *code * base + (uint32_t)(digit - digits);
	}
	return *code <= limit && (limit <= 0xff || *code < 0xd800 || *code > 0xdfff);
}

static size_t put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
	out[0] = (char)(first[more] | code >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		out[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
	return more + 1;
}

/* An escape of one letter, behind its backslash; NUL: it is none. */
static char meaning_of(char c, char quote)
{
	static const char letters[] = "abfnrtv\\";
	static const char meanings[] = "\a\b\f\n\r\t\v\\";

	if (c == quote)
		return quote;
	if (!is_among(c, letters))
		return '\0';
	return meanings[strchr(letters, c) - letters];
}

/* Behind a backslash: appends what the escape means; false: it means nothing. */
static bool read_escape(struct lexer *l, char quote, char *out, size_t *len)
{
	char c = next_byte(l);
	uint32_t code = 0;
	bool is_known = false;

	out[*len] = meaning_of(c, quote);
	if (out[*len] != '\0') {
		l->at++;
		++*len;
		return true;
	}
	if (c >= '0' && c <= '7') {
		is_known = read_code(l, 3, 8, 0xff, &code);
		out[(*len)++] = (char)code;
		return is_known;
	}
	if (!is_among(c, "xuU"))
		return false;
	l->at++;
	if (c == 'x') {
		is_known = read_code(l, 2, 16, 0xff, &code);
		out[(*len)++] = (char)code;
	} else {
		is_known = read_code(l, c == 'u' ? 4 : 8, 16, 0x10ffff, &code);
		if (is_known)
			*len += put_utf8(out + *len, code);
	}
	return is_known;
}

bool lexer_string(struct lexer *l, struct str *s, struct err *e)
{
	if (!lexer_at_string(l))
		return lexer_expected(l, "a quoted string", e);
	size_t start = l->at;
	char quote = l->text.at[l->at++];
	/* no escape means more bytes than it has */
	char *out = arena_alloc(l->arena, l->text.len - start);
	size_t len = 0;

	if (out == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the string");
	while (l->at < l->text.len && l->text.at[l->at] != quote) {
		size_t at = l->at;

		if (l->text.at[at] != '\\' || quote == '`') {
			out[len++] = l->text.at[l->at++];
			continue;
		}
		l->at++;
		if (!read_escape(l, quote, out, &len))
			return err_at(
				e, ERR_SYNTAX, 0, at + 1, "unknown escape in the string");
	}
	if (l->at == l->text.len)
		return err_at(e, ERR_SYNTAX, 0, start + 1, "the string has no end");
	l->at++;
	*s = (struct str){out, len};
	return true;
}
