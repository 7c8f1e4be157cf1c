/* Time as a dependency, so that tests own it. */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include <stdint.h>

struct clock {
	void *ctx;
	int64_t (*now_ms)(void *ctx); /* wall clock: ms since 1970 UTC */
	int64_t (*monotonic_us)(
		void *ctx); /* never goes back; for durations and due times */
};

/* The machine's clock. */
struct clock clock_system(void);

#endif
