#include "engine/notice.h"

#include <stdio.h>

#include "engine/buf.h"

#define FAILURES 2
#define QUIET_MS ((int64_t)5 * 60 * 1000)

static void tell(const struct event *event, const struct sink *sink)
{
	const char *is = event->kind == EVENT_DOWN ? " is down" : "";
	struct event sentence = *event;
	struct buf text;

	buf_init(&text, 2048);
	buf_addf(&text, "endpoint %.*s%s%s%.*s: %.*s", STR_ARG(event->instance), is,
		event->subject.len > 0 ? ", " : "", STR_ARG(event->subject),
		STR_ARG(event->text));
	sentence.text = buf_str(&text);
	sink->event(sink->ctx, &sentence);
	buf_free(&text);
}

static void hold_down(struct notice *n, const struct event *event)
{
	snprintf(n->down, sizeof(n->down), "%.*s", STR_ARG(event->text));
	n->down_ms = event->time_ms;
	n->host = event->host;
	n->has_down = true;
}

static bool is_news(int64_t *quiet_ms, int64_t now_ms)
{
	bool is_quiet = now_ms >= *quiet_ms;

	*quiet_ms = now_ms + QUIET_MS;
	return is_quiet;
}

void notice_event(struct notice *n, const struct event *event, const struct sink *sink)
{
	bool is_told = false;

	switch (event->kind) {
	case EVENT_DOWN:
		hold_down(n, event);
		break;
	case EVENT_UP:
		is_told = n->is_down;
		n->is_down = n->has_down = false;
		break;
	case EVENT_PANIC:
		is_told = is_news(&n->panic_quiet_ms, event->time_ms);
		break;
	case EVENT_TERMINAL_ERROR:
		is_told = is_news(&n->terminal_quiet_ms, event->time_ms);
		break;
	case EVENT_RESTART:
	case EVENT_LEADER:
	case EVENT_CERTIFICATE:
	case EVENT_TOKEN:
		is_told = true;
		break;
	case EVENT_FORGOTTEN:
	case EVENT_RESET:
	case EVENT_COLLISION:
	case EVENT_ATTACHMENT:
		break;
	}
	if (is_told)
		tell(event, sink);
}

void notice_attempt(
	struct notice *n, const struct attempt *attempt, const struct sink *sink)
{
	n->failures = attempt->is_page ? 0 : n->failures + 1;
	if (n->failures < FAILURES || !n->has_down)
		return;
	n->has_down = false;
	n->is_down = true;
	tell(&(struct event){.kind = EVENT_DOWN,
		     .severity = EVENT_FAILURE,
		     .host = n->host,
		     .instance = attempt->instance,
		     .time_ms = n->down_ms,
		     .text = str_of(n->down)},
		sink);
}
