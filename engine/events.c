#include "engine/events.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/buf.h"

/* A certificate is renewed by people, who want to know in time, a token by a machine: it
 * is about to end in the last tenth of its life. */
#define CERTIFICATE_SOON_DAYS 14.0
#define CERTIFICATE_OVER_DAYS 1.0
#define TOKEN_SOON_SHARE      0.1

/* One that was told of is renewed only when it has clearly more time. */
#define CERTIFICATE_MORE_DAYS 1.0

/* A renewed token has more time than the one before; clocks that differ are no renewal.
 */
#define TOKEN_MORE_DAYS (1.0 / 1440)

/* Where one event after the other goes. */
struct telling {
	const struct events_attempt *attempt;
	const struct sink *sink;
	struct buf text;
};

PRINTF_LIKE(5, 6)
static void tell(struct telling *t, enum event_kind kind, enum event_severity severity,
	struct str subject, const char *format, ...)
{
	va_list args;

	buf_reset(&t->text);
	va_start(args, format);
	buf_vaddf(&t->text, format, args);
	va_end(args);
	if (!buf_ok(&t->text))
		return;
	t->sink->event(t->sink->ctx, &(struct event){.kind = kind,
					     .severity = severity,
					     .host = t->attempt->host,
					     .instance = t->attempt->instance,
					     .subject = subject,
					     .time_ms = t->attempt->answer->time_ms,
					     .text = buf_str(&t->text)});
}

static void tell_up_or_down(struct events *events, struct telling *t)
{
	const struct str none = {NULL, 0};
	bool is_down = t->attempt->page == NULL;

	if (is_down && !events->is_down)
		tell(t, EVENT_DOWN, EVENT_FAILURE, none, "%s: %s",
			err_name(t->attempt->error->code), t->attempt->error->text);
	if (!is_down && events->is_down)
		tell(t, EVENT_UP, EVENT_OKAY, none, "answers again");
	events->is_down = is_down;
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

static void tell_of_end(struct telling *t, enum event_kind kind, enum events_end *told,
	enum events_end now, double days)
{
	const char *what = kind == EVENT_TOKEN ? "token" : "certificate";
	const struct str none = {NULL, 0};
	char left[32];

	if (now > *told)
		tell(t, kind, now == EVENTS_OVER ? EVENT_FAILURE : EVENT_WARNING, none,
			"the %s %s", what, time_left(left, days));
	else if (now == EVENTS_FINE && *told != EVENTS_FINE)
		tell(t, kind, EVENT_OKAY, none, "the %s is renewed: it %s", what,
			time_left(left, days));
	*told = now;
}

static enum events_end end_of(double days, double soon, double over)
{
	if (days <= over)
		return EVENTS_OVER;
	return days < soon ? EVENTS_SOON : EVENTS_FINE;
}

static void tell_of_certificate(struct events *events, struct telling *t)
{
	double days = t->attempt->answer->certificate_days;
	double soon = CERTIFICATE_SOON_DAYS;

	if (isnan(days))
		return;
	if (events->certificate != EVENTS_FINE)
		soon += CERTIFICATE_MORE_DAYS;
	tell_of_end(t, EVENT_CERTIFICATE, &events->certificate,
		end_of(days, soon, CERTIFICATE_OVER_DAYS), days);
}

static void tell_of_token(struct events *events, struct telling *t)
{
	double days = t->attempt->answer->token_days;

	if (isnan(days))
		return;
	if (events->token_life_days <= 0 || days > events->token_days + TOKEN_MORE_DAYS)
		events->token_life_days = days;
	events->token_days = days;
	tell_of_end(t, EVENT_TOKEN, &events->token,
		end_of(days, events->token_life_days * TOKEN_SOON_SHARE, 0), days);
}

static double increase_of(const struct origin *o)
{
	double sum = 0;

	for (size_t i = 0; i < o->member_count; i++)
		if (origin_members(o)[i]->is_present)
			sum += origin_members(o)[i]->increase;
	return sum;
}

static void tell_of_counter(struct telling *t, const struct origin *o)
{
	double increase = increase_of(o);
	bool is_one = increase <= 1;

	if (!(increase > 0) || o->starts_anew || !str_eq(str_of(o->type), STR("errors")))
		return;
	if (str_eq(str_of(o->what), STR("panic")))
		tell(t, EVENT_PANIC, EVENT_FAILURE, origin_subject(o), "%.0f panic%s",
			increase, is_one ? "" : "s");
	if (str_eq(str_of(o->what), STR("terminal")))
		tell(t, EVENT_TERMINAL_ERROR, EVENT_WARNING, origin_subject(o),
			"%.0f terminal error%s, which %s not tried again", increase,
			is_one ? "" : "s", is_one ? "is" : "are");
}

static void tell_of_leader(struct telling *t, const struct origin *o)
{
	double change = increase_of(o);

	if (!str_eq(str_of(o->what), STR("leader")))
		return;
	if (change > 0)
		tell(t, EVENT_LEADER, EVENT_OKAY, origin_subject(o), "leads now");
	if (change < 0)
		tell(t, EVENT_LEADER, EVENT_WARNING, origin_subject(o),
			"does not lead any more");
}

/* A fall without a restart: a histogram that client_golang has reset, or another process
 * behind the same port whose start time says nothing. */
static void tell_of_resets(struct telling *t, const struct roster *roster)
{
	size_t count = 0;
	const char *family = "a family of its own";

	for (size_t i = 0; i < roster->member_count; i++) {
		const struct member *m = roster->members[i];

		if (!m->is_present || !m->was_reset)
			continue;
		if (count++ == 0 && m->family != NULL)
			family = m->family->name;
	}
	if (count > 0)
		tell(t, EVENT_RESET, EVENT_OKAY, (struct str){NULL, 0},
			"%zu series fell and count from 0 again, %s first", count,
			family);
}

static void tell_of_page(struct telling *t, const struct roster *roster)
{
	const struct page_context *page = t->attempt->page;
	bool is_restart = page->restart == page->number;

	if (t->attempt->is_forgotten)
		tell(t, EVENT_FORGOTTEN, EVENT_OKAY, (struct str){NULL, 0},
			"what was before is forgotten: this page is a first one");
	if (is_restart)
		tell(t, EVENT_RESTART, EVENT_WARNING, (struct str){NULL, 0},
			"the process was started again");
	else
		tell_of_resets(t, roster);
	for (size_t i = 0; page->has_before && i < roster->origin_count; i++) {
		const struct origin *o = roster->origins[i];

		if (o->is_present && o->kind == ORIGIN_COUNTER)
			tell_of_counter(t, o);
		if (o->is_present && o->kind == ORIGIN_GAUGE)
			tell_of_leader(t, o);
	}
}

void events_tell(struct events *events, const struct events_attempt *attempt,
	const struct roster *roster, const struct sink *sink)
{
	struct telling t = {.attempt = attempt, .sink = sink};

	if (sink->event == NULL)
		return;
	buf_init(&t.text, 1024);
	tell_up_or_down(events, &t);
	tell_of_certificate(events, &t);
	tell_of_token(events, &t);
	if (attempt->page != NULL)
		tell_of_page(&t, roster);
	buf_free(&t.text);
}
