#include "engine/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/str.h"

void err_ok(struct err *e)
{
	*e = (struct err){.code = ERR_NONE};
}

PRINTF_LIKE(5, 0)
static void set(struct err *e, enum err_code code, size_t line, size_t column,
	const char *format, va_list args)
{
	/* a byte longer than what is shown, so that a cut here is seen as one there */
	char raw[ERR_TEXT_SIZE + 1];

	if (e == NULL)
		return;
	vsnprintf(raw, sizeof(raw), format, args);
	e->code = code;
	e->line = line;
	e->column = column;
	str_printable(str_of(raw), e->text, ERR_TEXT_SIZE);
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(e, code, 0, 0, format, args);
	va_end(args);
	return false;
}

bool err_at(struct err *e, enum err_code code, size_t line, size_t column,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(e, code, line, column, format, args);
	va_end(args);
	return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
	char raw[2 * ERR_TEXT_SIZE];
	va_list args;

	if (e == NULL)
		return false;
	va_start(args, format);
	int context = vsnprintf(raw, ERR_TEXT_SIZE, format, args);
	va_end(args);
	size_t len = context < 0 ? 0 : (size_t)context;
	if (len >= ERR_TEXT_SIZE)
		len = ERR_TEXT_SIZE - 1;
	snprintf(raw + len, sizeof(raw) - len, ": %s", e->text);
	str_printable(str_of(raw), e->text, ERR_TEXT_SIZE);
	return false;
}

const char *err_name(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return "none";
	case ERR_USAGE:
		return "usage";
	case ERR_SYNTAX:
		return "syntax";
	case ERR_MEMORY:
		return "memory";
	case ERR_IO:
		return "io";
	case ERR_NOT_FOUND:
		return "not_found";
	case ERR_DNS:
		return "dns";
	case ERR_REFUSED:
		return "refused";
	case ERR_TIMEOUT:
		return "timeout";
	case ERR_TLS:
		return "tls";
	case ERR_AUTH:
		return "auth";
	case ERR_STATUS:
		return "status";
	case ERR_CONTENT:
		return "content";
	case ERR_PARSE:
		return "parse";
	case ERR_LIMIT:
		return "limit";
	case ERR_TRUNCATED:
		return "truncated";
	case ERR_NETWORK:
		return "network";
	}
	return "unknown";
}
