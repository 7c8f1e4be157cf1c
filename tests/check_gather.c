/* How long a source is read for a batch command. */
#include <math.h>
#include <poll.h>
#include <string.h>

#include "operatorstat/gather.h"

#include "tests/suite.h"

/* Gives something at each poll; ends after so many if it is a recording. */
struct fake {
	int polls, ends_after;
	double speed;
	int slow_ms; /* that each poll takes */
};

static int wait_ms(void *ctx)
{
	const struct fake *f = ctx;

	return f->speed <= 0 && f->polls < f->ends_after ? 0 : 1;
}

static bool poll_fake(void *ctx, const struct sink *sink)
{
	struct fake *f = ctx;

	(void)sink;
	(void)poll(NULL, 0, f->slow_ms);
	f->polls++;
	return true;
}

static void state(void *ctx, struct source_state *state)
{
	const struct fake *f = ctx;

	memset(state, 0, sizeof(*state));
	state->condition = f->ends_after > 0 && f->polls >= f->ends_after ? SOURCE_ENDED
									  : SOURCE_OKAY;
}

static double speed(void *ctx)
{
	const struct fake *f = ctx;

	return f->speed;
}

static int polls_of(struct fake f)
{
	struct source s = {.ctx = &f,
		.wait_ms = wait_ms,
		.poll = poll_fake,
		.state = state,
		.speed = speed};

	gather(&s, &(struct sink){0}, 0);
	return f.polls;
}

START_TEST(a_recording_is_read_to_its_end)
{
	ck_assert_int_eq(polls_of((struct fake){.ends_after = 5, .speed = 0}), 5);
	/* its time is over before it is */
	ck_assert_int_eq(
		polls_of((struct fake){.ends_after = 5, .speed = 0, .slow_ms = 2}), 5);
}
END_TEST

START_TEST(what_is_live_is_not_waited_for)
{
	ck_assert_int_eq(polls_of((struct fake){.speed = (double)NAN}), 1);
	ck_assert_int_eq(polls_of((struct fake){.ends_after = 5, .speed = 1}), 1);
}
END_TEST

SUITE("gather", a_recording_is_read_to_its_end, what_is_live_is_not_waited_for)
