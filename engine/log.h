/* Messages out of the engine, and "still failing" with growing pauses.
 *
 * The engine prints nothing: whoever embeds it says where messages go. */
#ifndef ENGINE_LOG_H
#define ENGINE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/attr.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO };

struct log {
	void *ctx;
	/* One line without its newline, control bytes escaped, at most 1000 bytes. */
	void (*write)(void *ctx, enum log_level level, const char *text);
};

/* A thing that may go on failing: said at once, then after 1, 2, 4, ... 64 minutes. One
 * that comes and goes is said, with its end, twice, then after 2, 4, ... 64 minutes,
 * until it has not failed for as long. Zero means: never failed. */
struct complaint {
	int64_t next_ms;  /* not before this time again */
	int64_t pause_ms; /* the pause after that; 0: it does not fail */
	int64_t since_ms; /* when it began */
	uint64_t unsaid;  /* failures since the last line */
	bool is_said;     /* this time it fails, not only before */
	int64_t over_ms;  /* when it ended last */
	int64_t calm_ms;  /* how long it must not fail to be as new */
	int64_t quiet_ms; /* until when it is not said before that */
};

/* log is NULL for all of these: silent. */
void log_emit(const struct log *log, enum log_level level, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Says it if it is time to; what was left unsaid is counted in the line ("(12 times since
 * the last message)"). */
void log_complain(const struct log *log, struct complaint *c, int64_t now_ms,
	enum log_level level, const char *format, ...) PRINTF_LIKE(5, 6);

/* Says once, as a notice, that it is over, if it had been said that it failed this time.
 */
void log_recovered(const struct log *log, struct complaint *c, int64_t now_ms,
	const char *format, ...) PRINTF_LIKE(4, 5);

#endif
