#include "operatorstat/gather.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "engine/clock.h"
#include "operatorstat/cmd.h"

/* How long a source may take for its first answer, behind what it is watched. */
#define PATIENCE_MS 5000

/* As long as the source has nothing to say, and left_ms at most; not at all if none are.
 */
static void pause_for(struct source *s, int64_t left_ms)
{
	struct pollfd fds[SOURCE_FDS];
	size_t count = source_fds(s, fds, SOURCE_FDS);
	int wait = s->wait_ms(s->ctx);

	if (left_ms < 0)
		left_ms = 0;
	if (wait < 0 || wait > left_ms)
		wait = (int)left_ms;
	(void)poll(fds, count, wait);
}

/* A recording, of which there is more to read at once: it has no time to be watched for.
 */
static bool is_read(const struct source *s)
{
	return source_speed(s) <= 0 && s->wait_ms(s->ctx) == 0;
}

void gather(struct source *s, const struct sink *sink, double seconds)
{
	struct clock clock = clock_system();
	int64_t end_ms = clock.monotonic_us(clock.ctx) / 1000 + (int64_t)(seconds * 1000);
	struct source_state state;
	bool came = false;

	for (;;) {
		came |= s->poll(s->ctx, sink);
		s->state(s->ctx, &state);
		int64_t left_ms = end_ms - clock.monotonic_us(clock.ctx) / 1000;

		if (state.condition == SOURCE_ENDED)
			return;
		if (((came && left_ms <= 0) || left_ms <= -PATIENCE_MS) && !is_read(s))
			return;
		pause_for(s, came ? left_ms : left_ms + PATIENCE_MS);
	}
}

/* A row says what its endpoint says. */
static bool is_told(struct model *m, const char *why)
{
	for (size_t i = 0; i < model_operators(m); i++)
		if (strcmp(model_state(m, model_operator(m, i)).error, why) == 0)
			return true;
	return false;
}

/* What is wrong with a source as a whole. True: there was something. */
static bool tell_sources(const struct source *s, struct model *m)
{
	struct source_state part;
	bool is_wrong = false;

	for (size_t i = 0; source_part(s, i, &part); i++) {
		if (part.error.code == ERR_NONE || is_told(m, part.error.text))
			continue;
		fprintf(stderr, "operatorstat: %s\n", part.error.text);
		is_wrong = true;
	}
	return is_wrong;
}

int gather_end(struct source *s, struct model *m)
{
	bool has_page = false;

	for (size_t i = 0; i < model_operators(m); i++) {
		struct model_row *row = model_operator(m, i);
		struct model_state operator= model_state(m, row);

		has_page |= operator.page_ms != 0;
		if (operator.page_ms == 0)
			fprintf(stderr, "operatorstat: %s: %s\n",
				row->operator, operator.error);
	}
	if (!tell_sources(s, m) && model_operators(m) == 0)
		fputs("operatorstat: no operator answered\n", stderr);
	s->close(s->ctx);
	return has_page ? CMD_DONE : CMD_NO_ANSWER;
}
