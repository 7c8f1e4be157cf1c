#include "engine/target.h"

#include <math.h>
#include <stdlib.h>

#include "engine/str.h"

/* So close to half past a second is too close, and so far is far enough. */
#define NEAR_HALF_MS 60
#define ASIDE_US     200000

/* Endpoints are due at tenths of a second, so that of very many some are together: their
 * pages are read and sent by threads that are awake, and find the caches warm. A third of
 * the processor time is saved by that, with 200 of them a second. */
#define PLACE_US 100000

struct target {
	const struct options *options; /* borrowed */
	int64_t due_us;
	int64_t every_us; /* 0: due by ticks */
	int64_t delay_us; /* from tick to due */
	struct target_status status;
};

/* Within nine tenths of the interval: what is due late still ends before the next tick.
 */
static int64_t range_us(const struct options *o)
{
	return (int64_t)(o->interval_seconds * 900000);
}

/* None at the tick itself, when collectd's own plugins are at work. */
static int64_t delay_of(const struct options *o)
{
	uint64_t places = (uint64_t)(range_us(o) / PLACE_US);

	return places == 0 ? 0
			   : (int64_t)(str_hash(str_of(o->name)) % places + 1) * PLACE_US;
}

void target_move(struct target *t, const struct options *options)
{
	t->options = options;
	t->delay_us = delay_of(options);
	t->status.name = options->name;
	t->status.instance = options->instance;
	t->status.address = options->url.address;
}

struct target *target_new(const struct options *options)
{
	struct target *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->due_us = TARGET_NEVER;
	target_move(t, options);
	return t;
}

void target_keep_apart(struct target *t, int64_t tick_ms)
{
	int64_t past_half_ms = (tick_ms + t->delay_us / 1000) % 1000 - 500;
	bool is_each_second = fabs(t->options->interval_seconds - 1) < 0.01;
	int64_t delay_us = t->delay_us + (past_half_ms < 0 ? -ASIDE_US : ASIDE_US);

	if (!is_each_second || llabs(past_half_ms) > NEAR_HALF_MS)
		return;
	/* to the other side where there is no room on this one */
	if (delay_us < 0 || delay_us > range_us(t->options))
		delay_us = 2 * t->delay_us - delay_us;
	t->delay_us = delay_us;
}

void target_tick(struct target *t, int64_t tick_us)
{
	t->due_us = t->due_us == TARGET_NEVER ? tick_us + t->delay_us : tick_us;
}

void target_every(struct target *t, int64_t first_us, int64_t interval_us)
{
	t->due_us = first_us;
	t->every_us = interval_us;
}

int64_t target_due_us(const struct target *t)
{
	return t->due_us;
}

void target_sent(struct target *t, int64_t now_us)
{
	if (t->every_us == 0) {
		t->due_us = TARGET_NEVER;
		return;
	}
	/* those that were missed, while the machine slept, are not made up for */
	int64_t missed = now_us > t->due_us ? (now_us - t->due_us) / t->every_us : 0;

	t->due_us += (missed + 1) * t->every_us;
}

void target_done(
	struct target *t, const struct answer *answer, const struct attempt *attempt)
{
	struct target_status *s = &t->status;

	if (s->attempts == 0 || s->is_up != attempt->is_page)
		s->since_ms = attempt->time_ms;
	s->attempts++;
	s->is_up = attempt->is_page;
	s->attempt_ms = attempt->time_ms;
	s->answer = *answer;
	s->answer.body = STR("");
	s->answer.holder = NULL;
	s->answer.content_type = STR("");
	if (!attempt->is_page) {
		s->failures++;
		s->failures_in_a_row++;
		s->error = *attempt->error;
		return;
	}
	s->failures_in_a_row = 0;
	err_ok(&s->error);
	s->page_ms = attempt->time_ms;
	s->samples = attempt->samples;
	s->sent = attempt->sent;
	s->bad_lines = attempt->bad_lines;
}

const struct target_status *target_status(const struct target *t)
{
	return &t->status;
}

const struct options *target_options(const struct target *t)
{
	return t->options;
}

void target_free(struct target *t)
{
	free(t);
}
