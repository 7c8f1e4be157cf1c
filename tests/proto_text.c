#include "tests/proto_text.h"

#include <check.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CEILING (1 << 20)

static void add_varint(struct buf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_addc(out, (char)(value | 0x80));
	buf_addc(out, (char)value);
}

static void add_key(struct buf *out, uint64_t number, unsigned int type)
{
	add_varint(out, number << 3 | type);
}

static void add_delimited(struct buf *out, struct str bytes)
{
	add_varint(out, bytes.len);
	buf_add(out, bytes);
}

static const char *add_double(struct buf *out, const char *at)
{
	char *end;
	double value = strtod(at + 1, &end);
	uint64_t bits;

	ck_assert_int_eq(*end, '>');
	memcpy(&bits, &value, sizeof(bits));
	bits = htole64(bits);
	buf_add(out, (struct str){(const char *)&bits, sizeof(bits)});
	return end + 1;
}

static const char *add_number(struct buf *out, const char *at)
{
	bool is_zigzag = *at == 's';
	char *end;
	long long value = strtoll(at + is_zigzag, &end, 10);
	uint64_t bits = (uint64_t)value;

	ck_assert_ptr_ne(end, at + is_zigzag);
	add_varint(out, is_zigzag ? bits << 1 ^ (uint64_t)(value >> 63) : bits);
	return end;
}

static const char *add_text(struct buf *out, const char *at)
{
	struct buf text;

	buf_init(&text, CEILING);
	for (at++; *at != '\''; at++) {
		at += *at == '\\';
		ck_assert_int_ne(*at, '\0');
		buf_addc(&text, *at);
	}
	add_delimited(out, buf_str(&text));
	buf_free(&text);
	return at + 1;
}

static const char *add_packed(struct buf *out, const char *at)
{
	struct buf packed;

	buf_init(&packed, CEILING);
	for (at++; *at != ']';) {
		if (*at == ' ')
			at++;
		else
			at = *at == '<' ? add_double(&packed, at)
					: add_number(&packed, at);
	}
	add_delimited(out, buf_str(&packed));
	buf_free(&packed);
	return at + 1;
}

static const char *add_raw(struct buf *out, const char *at)
{
	unsigned int byte;

	for (at++; sscanf(at, "%2x", &byte) == 1 && *at != ' ' && *at != '}'; at += 2)
		buf_addc(out, (char)byte);
	return at;
}

static const char *add_message(struct buf *out, const char *at);

static const char *add_field(struct buf *out, const char *at)
{
	char *end;
	unsigned long long number = strtoull(at, &end, 10);

	ck_assert_msg(*end == ':', "no field: %s", at);
	at = end + 1;
	switch (*at) {
	case '<':
		add_key(out, number, 1);
		return add_double(out, at);
	case '\'':
		add_key(out, number, 2);
		return add_text(out, at);
	case '{':
		add_key(out, number, 2);
		return add_message(out, at);
	case '[':
		add_key(out, number, 2);
		return add_packed(out, at);
	default:
		add_key(out, number, 0);
		return add_number(out, at);
	}
}

/* A message and its length before it. */
static const char *add_message(struct buf *out, const char *at)
{
	struct buf message;

	buf_init(&message, CEILING);
	for (at++; *at != '}';) {
		if (*at == ' ')
			at++;
		else
			at = *at == 'x' ? add_raw(&message, at) : add_field(&message, at);
	}
	add_delimited(out, buf_str(&message));
	buf_free(&message);
	return at + 1;
}

void proto_text_add(struct buf *page, const char *text)
{
	while (*text != '\0') {
		if (*text == ' ')
			text++;
		else
			text = *text == 'x' ? add_raw(page, text)
					    : add_message(page, text);
	}
	ck_assert(buf_ok(page));
}
