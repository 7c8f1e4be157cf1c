#include "engine/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){.ceiling = ceiling};
}

/* One byte more than was asked for is always there: vsnprintf() and buf_take() need it
 * for their NUL. */
char *buf_reserve(struct buf *b, size_t more)
{
	if (b->failed || more > b->ceiling - b->len || b->len + more == SIZE_MAX) {
		b->failed = true;
		return NULL;
	}
	size_t needed = b->len + more + 1;
	if (needed > b->size) {
		size_t size = b->size > SIZE_MAX / 2 ? SIZE_MAX : 2 * b->size;
		if (size < FIRST_SIZE)
			size = FIRST_SIZE;
		if (size > b->ceiling && b->ceiling < SIZE_MAX)
			size = b->ceiling + 1;
		if (size < needed)
			size = needed;
		char *at = realloc(b->at, size);
		if (at == NULL) {
			b->failed = true;
			return NULL;
		}
		b->at = at;
		b->size = size;
	}
	return b->at + b->len;
}

void buf_add(struct buf *b, struct str s)
{
	char *at = buf_reserve(b, s.len);

	if (at == NULL || s.len == 0)
		return;
	memcpy(at, s.at, s.len);
	b->len += s.len;
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, (struct str){&c, 1});
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vaddf(b, format, args);
	va_end(args);
}

void buf_vaddf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	char *at = buf_reserve(b, 0);

	if (at == NULL)
		return;
	va_copy(again, args);
	int len = vsnprintf(at, b->size - b->len, format, args);
	if (len < 0) {
		b->failed = true;
	} else if ((size_t)len < b->size - b->len) {
		b->len += (size_t)len;
	} else {
		at = buf_reserve(b, (size_t)len);
		if (at != NULL) {
			vsnprintf(at, (size_t)len + 1, format, again);
			b->len += (size_t)len;
		}
	}
	va_end(again);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){b->at, b->len};
}

bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

char *buf_take(struct buf *b)
{
	char *end = buf_reserve(b, 0);
	char *taken = b->at;

	if (end == NULL)
		return NULL;
	*end = '\0';
	buf_init(b, b->ceiling);
	return taken;
}

void buf_exchange(struct buf *a, struct buf *b)
{
	struct buf before = *a;

	*a = *b;
	*b = before;
	b->ceiling = a->ceiling;
	a->ceiling = before.ceiling;
}

void buf_free(struct buf *b)
{
	free(b->at);
	buf_init(b, b->ceiling);
}
