#include "engine/notice.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/buf.h"

#define FAILURES    2
#define QUIET_MS    ((int64_t)5 * 60 * 1000)
#define SOON_DAYS   14.0
#define OVER_DAYS   1.0
#define TOKEN_SHARE 0.1
/* A renewed token has more time than the one before; clocks that differ are no renewal.
 */
#define RENEWED_DAYS (1.0 / 1440)

PRINTF_LIKE(5, 6)
static void tell(const struct sink *sink, const struct attempt *a, enum event_kind kind,
	enum event_severity severity, const char *format, ...)
{
	struct buf text;
	va_list args;

	buf_init(&text, 1024);
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	sink->event(sink->ctx, &(struct event){.kind = kind,
				       .severity = severity,
				       .instance = a->instance,
				       .time_ms = a->time_ms,
				       .text = buf_str(&text)});
	buf_free(&text);
}

static void look_at_health(
	struct notice *n, const struct attempt *a, const struct sink *sink)
{
	n->failures = a->is_page ? 0 : n->failures + 1;
	if (a->is_page && n->is_down) {
		n->is_down = false;
		tell(sink, a, EVENT_UP, EVENT_OKAY, "endpoint %.*s answers again",
			STR_ARG(a->instance));
	} else if (n->failures == FAILURES) {
		n->is_down = true;
		tell(sink, a, EVENT_DOWN, EVENT_FAILURE, "endpoint %.*s is down: %s: %s",
			STR_ARG(a->instance), err_name(a->error->code), a->error->text);
	}
}

static const char *time_left(char out[32], double days)
{
	if (days <= 0)
		return "has ended";
	if (days >= 2)
		snprintf(out, 32, "ends in %.0f days", days);
	else if (days * 24 >= 2)
		snprintf(out, 32, "ends in %.0f hours", days * 24);
	else
		snprintf(out, 32, "ends in %.0f minutes", days * 1440);
	return out;
}

static void look_at_end(enum notice_level *told, enum notice_level now, double days,
	enum event_kind kind, const struct attempt *a, const struct sink *sink)
{
	const char *what = kind == EVENT_TOKEN ? "token" : "certificate";
	char left[32];

	if (now > *told)
		tell(sink, a, kind, now == NOTICE_OVER ? EVENT_FAILURE : EVENT_WARNING,
			"the %s of endpoint %.*s %s", what, STR_ARG(a->instance),
			time_left(left, days));
	else if (now == NOTICE_FINE && *told != NOTICE_FINE)
		tell(sink, a, kind, EVENT_OKAY,
			"the %s of endpoint %.*s is renewed: it %s", what,
			STR_ARG(a->instance), time_left(left, days));
	*told = now;
}

static enum notice_level level_of(double days, double soon, double over)
{
	if (days <= over)
		return NOTICE_OVER;
	return days < soon ? NOTICE_SOON : NOTICE_FINE;
}

static void look_at_certificate(
	struct notice *n, double days, const struct attempt *a, const struct sink *sink)
{
	/* one that was told of is renewed only when it has clearly more time */
	double soon = n->certificate == NOTICE_FINE ? SOON_DAYS : SOON_DAYS + 1;

	if (!isnan(days))
		look_at_end(&n->certificate, level_of(days, soon, OVER_DAYS), days,
			EVENT_CERTIFICATE, a, sink);
}

static void look_at_token(
	struct notice *n, double days, const struct attempt *a, const struct sink *sink)
{
	if (isnan(days))
		return;
	if (n->token_life_days <= 0 || days > n->token_days + RENEWED_DAYS)
		n->token_life_days = days;
	n->token_days = days;
	look_at_end(&n->token, level_of(days, n->token_life_days * TOKEN_SHARE, 0), days,
		EVENT_TOKEN, a, sink);
}

void notice_attempt(struct notice *n, const struct answer *answer,
	const struct attempt *attempt, const struct sink *sink)
{
	look_at_health(n, attempt, sink);
	look_at_certificate(n, answer->certificate_days, attempt, sink);
	look_at_token(n, answer->token_days, attempt, sink);
}

static bool is_news(int64_t *quiet_ms, int64_t now_ms)
{
	bool is_quiet = now_ms >= *quiet_ms;

	*quiet_ms = now_ms + QUIET_MS;
	return is_quiet;
}

bool notice_wants(struct notice *n, const struct event *event)
{
	switch (event->kind) {
	case EVENT_PANIC:
		return is_news(&n->panic_quiet_ms, event->time_ms);
	case EVENT_TERMINAL_ERROR:
		return is_news(&n->terminal_quiet_ms, event->time_ms);
	case EVENT_RESTART:
	case EVENT_LEADER:
		return true;
	case EVENT_DOWN:
	case EVENT_UP:
	case EVENT_CERTIFICATE:
	case EVENT_TOKEN:
	case EVENT_FORGOTTEN:
	case EVENT_RESET:
	case EVENT_COLLISION:
	case EVENT_ATTACHMENT:
		break;
	}
	return false;
}
