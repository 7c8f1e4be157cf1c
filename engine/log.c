#include "engine/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/str.h"

#define LINE_LIMIT       1000
#define FIRST_PAUSE_MS   INT64_C(60000)
#define LONGEST_PAUSE_MS (64 * FIRST_PAUSE_MS)

/* suffix stays whole, however long the text before it. */
PRINTF_LIKE(4, 0)
static void emit(const struct log *log, enum log_level level, const char *suffix,
	const char *format, va_list args)
{
	char raw[LINE_LIMIT + 2]; /* one more than fits, so that a cut is seen */
	char line[LINE_LIMIT + 1];

	if (log == NULL)
		return;
	vsnprintf(raw, sizeof(raw), format, args);
	size_t len = str_printable(str_of(raw), line, sizeof(line) - strlen(suffix));
	memcpy(line + len, suffix, strlen(suffix) + 1);
	log->write(log->ctx, level, line);
}

void log_emit(const struct log *log, enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit(log, level, "", format, args);
	va_end(args);
}

/* A pause longer than any means that the clock was set back. */
static bool is_due(const struct complaint *c, int64_t now_ms)
{
	return now_ms >= c->next_ms || c->next_ms - now_ms > LONGEST_PAUSE_MS;
}

static int64_t longer(int64_t pause_ms)
{
	if (pause_ms == 0)
		return FIRST_PAUSE_MS;
	return pause_ms < LONGEST_PAUSE_MS ? 2 * pause_ms : pause_ms;
}

static void begin(struct complaint *c, int64_t now_ms)
{
	bool is_new = now_ms - c->over_ms >= c->calm_ms || now_ms < c->over_ms;

	if (is_new)
		*c = (struct complaint){.pause_ms = 0};
	c->next_ms = c->quiet_ms > now_ms ? c->quiet_ms : now_ms;
	c->pause_ms = FIRST_PAUSE_MS;
	c->since_ms = now_ms;
	c->is_said = false;
}

void log_complain(const struct log *log, struct complaint *c, int64_t now_ms,
	enum log_level level, const char *format, ...)
{
	char suffix[64] = "";
	va_list args;

	if (c->pause_ms == 0)
		begin(c, now_ms);
	c->unsaid++;
	if (!is_due(c, now_ms))
		return;
	if (c->unsaid > 1)
		snprintf(suffix, sizeof(suffix),
			" (%" PRIu64 " times since the last message)", c->unsaid);
	va_start(args, format);
	emit(log, level, suffix, format, args);
	va_end(args);
	c->unsaid = 0;
	c->is_said = true;
	c->next_ms = now_ms + c->pause_ms;
	c->pause_ms = longer(c->pause_ms);
}

void log_recovered(const struct log *log, struct complaint *c, int64_t now_ms,
	const char *format, ...)
{
	char suffix[64];
	va_list args;

	if (c->pause_ms == 0)
		return;
	c->pause_ms = 0;
	c->over_ms = now_ms;
	if (!c->is_said)
		return;
	c->unsaid = 0;
	/* once more is news */
	c->quiet_ms = c->calm_ms > 0 ? now_ms + longer(c->calm_ms) : now_ms;
	c->calm_ms = longer(c->calm_ms);
	snprintf(suffix, sizeof(suffix), " (after %" PRId64 " s)",
		(now_ms - c->since_ms) / 1000);
	va_start(args, format);
	emit(log, LOG_LEVEL_NOTICE, suffix, format, args);
	va_end(args);
}
