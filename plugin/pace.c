#include "plugin/pace.h"

void pace_page(struct pace *p, bool missed_has_come)
{
	p->hangs = p->hangs && !missed_has_come;
	p->left_ms = p->hangs ? 0 : p->most_ms;
}

bool pace_is_half(const struct pace *p)
{
	return p->sent >= p->portion / 2;
}

void pace_has_come(struct pace *p)
{
	p->sent = 0;
}

/* To ask the cache takes longer than to send a value, and few of an idle operator's are
 * probes. */
bool pace_is_full(const struct pace *p)
{
	size_t step = p->portion / 16 + 1;

	return p->sent >= p->portion && (p->sent - p->portion) % step == 0;
}

bool pace_await(struct pace *p, bool (*has_come)(void *ctx), void *ctx)
{
	int waited_ms = 0;
	bool is_there = has_come(ctx);
	bool was_missed = p->hangs;

	for (; !is_there && p->left_ms > 0; p->left_ms--) {
		p->rest();
		waited_ms++;
		is_there = has_come(ctx);
	}
	if (p->sent > 0 && is_there)
		p->ms_per_value = waited_ms / (double)p->sent;
	p->hangs = was_missed || !is_there;
	p->sent = 0;
	return is_there || was_missed;
}

/* No value of two portions was a probe: an idle operator's page. */
static void wait_by_guess(struct pace *p)
{
	int guess_ms = 1 + (int)(p->ms_per_value * (double)p->sent);

	for (; guess_ms > 0 && p->left_ms > 0; guess_ms--, p->left_ms--)
		p->rest();
	p->sent = 0;
}

bool pace_sent(struct pace *p, bool is_probe, bool (*has_come)(void *ctx), void *ctx)
{
	p->sent++;
	if (is_probe)
		return pace_await(p, has_come, ctx);
	if (p->sent >= 2 * p->portion)
		wait_by_guess(p);
	return true;
}
