#include "operatorstat/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t source_pause_ms(unsigned int tries)
{
	static const int64_t seconds[] = {1, 2, 4, 8, 15};

	return 1000 * seconds[tries < 5 ? tries : 4];
}

size_t source_fds(const struct source *s, struct pollfd *fds, size_t most)
{
	return s->fds != NULL ? s->fds(s->ctx, fds, most) : 0;
}

void source_poll_now(const struct source *s)
{
	if (s->poll_now != NULL)
		s->poll_now(s->ctx);
}

double source_interval(const struct source *s)
{
	return s->interval != NULL ? s->interval(s->ctx) : (double)NAN;
}

void source_set_interval(const struct source *s, double seconds)
{
	if (s->set_interval != NULL)
		s->set_interval(s->ctx, seconds);
}

double source_speed(const struct source *s)
{
	return s->speed != NULL ? s->speed(s->ctx) : (double)NAN;
}

void source_set_speed(const struct source *s, double speed)
{
	if (s->set_speed != NULL)
		s->set_speed(s->ctx, speed);
}

bool source_find_page(
	const struct source *s, struct str instance, struct source_page *page)
{
	return s->page != NULL && s->page(s->ctx, instance, page);
}

void source_where(const struct source *s, struct str instance, struct buf *out)
{
	if (s->where != NULL)
		s->where(s->ctx, instance, out);
}

void source_hint(const struct source *s, struct buf *out)
{
	if (s->hint != NULL)
		s->hint(s->ctx, out);
}

bool source_part(const struct source *s, size_t i, struct source_state *state)
{
	if (s->part != NULL)
		return s->part(s->ctx, i, state);
	s->state(s->ctx, state);
	return i == 0;
}

void source_describe(const struct source *s, struct buf *out)
{
	struct source_state state;

	s->describe(s->ctx, out);
	s->state(s->ctx, &state);
	if (state.data_ms == 0) {
		buf_addf(out, "  no data yet");
		return;
	}
	buf_addf(out, "  %.1f s old", (double)(s->now_ms(s->ctx) - state.data_ms) / 1000);
}

/* ---- several as one ---- */

struct many {
	struct source *at; /* owned */
	size_t count;
};

static int many_wait_ms(void *ctx)
{
	const struct many *m = ctx;
	int least = -1;

	for (size_t i = 0; i < m->count; i++) {
		int wait = m->at[i].wait_ms(m->at[i].ctx);

		if (wait >= 0 && (least < 0 || wait < least))
			least = wait;
	}
	return least;
}

static size_t many_fds(void *ctx, struct pollfd *fds, size_t most)
{
	const struct many *m = ctx;
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++)
		count += source_fds(&m->at[i], fds + count, most - count);
	return count;
}

static bool many_poll(void *ctx, const struct sink *sink)
{
	const struct many *m = ctx;
	bool came = false;

	for (size_t i = 0; i < m->count; i++)
		came |= m->at[i].poll(m->at[i].ctx, sink);
	return came;
}

static void many_poll_now(void *ctx)
{
	const struct many *m = ctx;

	for (size_t i = 0; i < m->count; i++)
		source_poll_now(&m->at[i]);
}

static void many_set_interval(void *ctx, double seconds)
{
	const struct many *m = ctx;

	for (size_t i = 0; i < m->count; i++)
		source_set_interval(&m->at[i], seconds);
}

/* The shortest. */
static double many_interval(void *ctx)
{
	const struct many *m = ctx;
	double least = (double)NAN;

	for (size_t i = 0; i < m->count; i++)
		least = fmin(least, source_interval(&m->at[i]));
	return least;
}

static void many_set_speed(void *ctx, double speed)
{
	const struct many *m = ctx;

	for (size_t i = 0; i < m->count; i++)
		source_set_speed(&m->at[i], speed);
}

/* That of the first recording. */
static double many_speed(void *ctx)
{
	const struct many *m = ctx;
	double speed = (double)NAN;

	for (size_t i = 0; i < m->count && isnan(speed); i++)
		speed = source_speed(&m->at[i]);
	return speed;
}

static void many_describe(void *ctx, struct buf *out)
{
	const struct many *m = ctx;

	for (size_t i = 0; i < m->count; i++) {
		if (i > 0)
			buf_add(out, STR(" + "));
		m->at[i].describe(m->at[i].ctx, out);
	}
}

/* As good as the best of them. */
static void many_state(void *ctx, struct source_state *state)
{
	static const int goodness[] = {[SOURCE_LOST] = 0,
		[SOURCE_ENDED] = 1,
		[SOURCE_CONNECTING] = 2,
		[SOURCE_OKAY] = 3};
	const struct many *m = ctx;
	int64_t data_ms = 0;

	m->at[0].state(m->at[0].ctx, state);
	for (size_t i = 0; i < m->count; i++) {
		struct source_state one;

		m->at[i].state(m->at[i].ctx, &one);
		data_ms = one.data_ms > data_ms ? one.data_ms : data_ms;
		if (goodness[one.condition] > goodness[state->condition])
			*state = one;
	}
	state->data_ms = data_ms;
}

static bool many_part(void *ctx, size_t i, struct source_state *state)
{
	const struct many *m = ctx;

	if (i >= m->count)
		return false;
	m->at[i].state(m->at[i].ctx, state);
	return true;
}

static bool many_page(void *ctx, struct str instance, struct source_page *page)
{
	const struct many *m = ctx;

	for (size_t i = 0; i < m->count; i++)
		if (source_find_page(&m->at[i], instance, page))
			return true;
	return false;
}

/* The first that knows it. */
static void many_where(void *ctx, struct str instance, struct buf *out)
{
	const struct many *m = ctx;
	size_t before = out->len;

	for (size_t i = 0; i < m->count && out->len == before; i++)
		source_where(&m->at[i], instance, out);
}

static int64_t many_now_ms(void *ctx)
{
	const struct many *m = ctx;
	int64_t newest = 0;

	for (size_t i = 0; i < m->count; i++) {
		int64_t now = m->at[i].now_ms(m->at[i].ctx);

		newest = now > newest ? now : newest;
	}
	return newest;
}

static void many_close(void *ctx)
{
	struct many *m = ctx;

	for (size_t i = 0; i < m->count; i++)
		m->at[i].close(m->at[i].ctx);
	free(m->at);
	free(m);
}

bool source_many_open(
	struct source *s, const struct source *sources, size_t count, struct err *e)
{
	struct many *m = calloc(1, sizeof(*m));
	struct source *at = reallocarray(NULL, count, sizeof(*at));

	if (m == NULL || at == NULL) {
		for (size_t i = 0; i < count; i++)
			sources[i].close(sources[i].ctx);
		free(m);
		free(at);
		return err_set(e, ERR_MEMORY, "no memory for the sources");
	}
	memcpy(at, sources, count * sizeof(*at));
	m->at = at;
	m->count = count;
	*s = (struct source){
		.ctx = m,
		.wait_ms = many_wait_ms,
		.poll = many_poll,
		.describe = many_describe,
		.state = many_state,
		.now_ms = many_now_ms,
		.close = many_close,
		.fds = many_fds,
		.poll_now = many_poll_now,
		.interval = many_interval,
		.set_interval = many_set_interval,
		.speed = many_speed,
		.set_speed = many_set_speed,
		.page = many_page,
		.where = many_where,
		.part = many_part,
	};
	return true;
}
