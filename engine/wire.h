/* Protocol buffers as bytes: one field after the other, nothing copied.
 *
 * Source: protobuf.dev/programming-guides/encoding. Groups, gone since proto2, are taken
 * for broken bytes. Inline, since a page has thousands of fields of two or ten bytes. */
#ifndef ENGINE_WIRE_H
#define ENGINE_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/attr.h"
#include "engine/str.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
	uint32_t number; /* 1..2^29-1 */
	enum wire_type type;
	uint64_t bits;    /* the value, but for WIRE_BYTES */
	struct str bytes; /* WIRE_BYTES: into the message */
};

/* What is left to read of a message. */
struct wire {
	const char *at;
	const char *end;
};

static inline struct wire wire_of(struct str message)
{
	return (struct wire){message.at, message.at + message.len};
}

/* The part of wire_varint() that takes more than one byte. */
bool wire_long_varint(struct wire *w, uint64_t *value) MUST_CHECK;

/* A varint, as it stands before a delimited message or in a packed field; false, and
 * nothing read, if it does not end in the message or does not fit 64 bits. */
static inline MUST_CHECK bool wire_varint(struct wire *w, uint64_t *value)
{
	if (w->at == w->end || (unsigned char)*w->at >= 0x80)
		return wire_long_varint(w, value);
	*value = (unsigned char)*w->at++;
	return true;
}

/* The next number of a packed field of doubles; false if fewer than eight bytes are left.
 */
static inline MUST_CHECK bool wire_fixed64(struct wire *w, uint64_t *bits)
{
	uint64_t raw;

	if (w->end - w->at < (ptrdiff_t)sizeof(raw))
		return false;
	memcpy(&raw, w->at, sizeof(raw));
	w->at += sizeof(raw);
	*bits = le64toh(raw);
	return true;
}

static inline MUST_CHECK bool wire_fixed32(struct wire *w, uint64_t *bits)
{
	uint32_t raw;

	if (w->end - w->at < (ptrdiff_t)sizeof(raw))
		return false;
	memcpy(&raw, w->at, sizeof(raw));
	w->at += sizeof(raw);
	*bits = le32toh(raw);
	return true;
}

/* Bytes with their length before them. */
static inline MUST_CHECK bool wire_bytes(struct wire *w, struct str *s)
{
	uint64_t len;

	if (!wire_varint(w, &len) || len > (uint64_t)(w->end - w->at))
		return false;
	*s = (struct str){w->at, (size_t)len};
	w->at += len;
	return true;
}

/* The next field. False at the end, and at bytes that are no field: whoever has to know
 * which compares with the end where `at` was before. */
static inline MUST_CHECK bool wire_next(struct wire *w, struct wire_field *field)
{
	uint64_t key;

	if (w->at == w->end || !wire_varint(w, &key) || key < 8 || key >> 32 != 0)
		return false;
	field->number = (uint32_t)(key >> 3);
	field->type = (enum wire_type)(key & 7);
	switch (field->type) {
	case WIRE_VARINT:
		return wire_varint(w, &field->bits);
	case WIRE_FIXED64:
		return wire_fixed64(w, &field->bits);
	case WIRE_BYTES:
		return wire_bytes(w, &field->bytes);
	case WIRE_FIXED32:
		return wire_fixed32(w, &field->bits);
	}
	return false; /* a group, or a type that does not exist */
}

/* What bits stand for in a field that is declared double or sint64. */
static inline double wire_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline int64_t wire_signed(uint64_t bits)
{
	return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

#endif
