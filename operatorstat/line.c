#include "operatorstat/line.h"

#include <string.h>

#include "operatorstat/input.h"

#define CONTROL(letter) ((letter)&0x1f)

void line_set(struct line *l, struct str text)
{
	l->len = text.len < LINE_SIZE ? text.len : LINE_SIZE - 1;
	if (l->len > 0)
		memmove(l->text, text.at, l->len);
	l->text[l->len] = '\0';
	l->cursor = l->len;
}

/* The code point as UTF-8; returns its length. */
static size_t encode(int key, char out[4])
{
	unsigned int code = (unsigned int)key;

	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = len - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(lead[len] | code);
	return len;
}

static void insert(struct line *l, int key)
{
	char bytes[4];
	size_t len = encode(key, bytes);

	if (l->len + len >= LINE_SIZE)
		return;
	memmove(l->text + l->cursor + len, l->text + l->cursor, l->len - l->cursor + 1);
	memcpy(l->text + l->cursor, bytes, len);
	l->len += len;
	l->cursor += len;
}

static void cut(struct line *l, size_t from, size_t to)
{
	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	l->cursor = from;
}

static size_t left_of(const struct line *l, size_t at)
{
	while (at > 0 && (l->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t right_of(const struct line *l, size_t at)
{
	while (at < l->len && (l->text[++at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t word_before(const struct line *l, size_t at)
{
	while (at > 0 && l->text[at - 1] == ' ')
		at--;
	while (at > 0 && l->text[at - 1] != ' ')
		at--;
	return at;
}

enum line_state line_key(struct line *l, int key)
{
	switch (key) {
	case INPUT_ENTER:
	case '\n':
		return LINE_DONE;
	case INPUT_ESC:
		return LINE_GIVEN_UP;
	case INPUT_TAB:
		return LINE_COMPLETE;
	case INPUT_BACKSPACE:
		if (l->len == 0)
			return LINE_GIVEN_UP;
		cut(l, left_of(l, l->cursor), l->cursor);
		break;
	case INPUT_DELETE:
	case CONTROL('D'):
		cut(l, l->cursor, right_of(l, l->cursor));
		break;
	case CONTROL('U'):
		cut(l, 0, l->cursor);
		break;
	case CONTROL('W'):
		cut(l, word_before(l, l->cursor), l->cursor);
		break;
	case INPUT_LEFT:
		l->cursor = left_of(l, l->cursor);
		break;
	case INPUT_RIGHT:
		l->cursor = right_of(l, l->cursor);
		break;
	case INPUT_HOME:
	case CONTROL('A'):
		l->cursor = 0;
		break;
	case INPUT_END:
	case CONTROL('E'):
		l->cursor = l->len;
		break;
	default:
		if (key >= ' ' && key < INPUT_UP && key != 0x7f)
			insert(l, key);
		break;
	}
	return LINE_EDITING;
}
