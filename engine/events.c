#include "engine/events.h"

#include <math.h>

#include "engine/buf.h"

/* About to end: a certificate is renewed by people, a token by a machine. */
static const double certificate_days = 7;
static const double token_days = 10.0 / (24 * 60);

/* What has been said of an end is said again only after so much more time was there. */
static const double hysteresis = 1.2;

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

/* days NaN: there is nothing that ends. */
static void tell_end(struct telling *t, enum event_kind kind, bool *said, double days,
	double limit, const char *what)
{
	const struct str none = {NULL, 0};

	if (!*said && days < limit) {
		if (days > 0)
			tell(t, kind, EVENT_WARNING, none, "the %s ends in %.3g days",
				what, days);
		else
			tell(t, kind, EVENT_FAILURE, none, "the %s has ended", what);
		*said = true;
	} else if (*said && days > limit * hysteresis) {
		tell(t, kind, EVENT_OKAY, none, "the %s was renewed: %.3g days", what,
			days);
		*said = false;
	}
}

static double increase_of(const struct origin *o)
{
	double sum = 0;

	for (size_t i = 0; i < o->member_count; i++)
		if (o->members[i]->is_present)
			sum += o->members[i]->increase;
	return sum;
}

static void tell_of_counter(struct telling *t, const struct origin *o)
{
	double increase = increase_of(o);

	if (!(increase > 0) || !str_eq(str_of(o->name.type), STR("errors")))
		return;
	if (str_eq(o->name.what, STR("panic")))
		tell(t, EVENT_PANIC, EVENT_FAILURE, o->name.subject, "%.0f panics",
			increase);
	if (str_eq(o->name.what, STR("terminal")))
		tell(t, EVENT_TERMINAL_ERROR, EVENT_WARNING, o->name.subject,
			"%.0f terminal errors, which are not tried again", increase);
}

static void tell_of_leader(struct telling *t, const struct origin *o)
{
	double change = increase_of(o);

	if (!str_eq(o->name.what, STR("leader")))
		return;
	if (change > 0)
		tell(t, EVENT_LEADER, EVENT_OKAY, o->name.subject, "leads now");
	if (change < 0)
		tell(t, EVENT_LEADER, EVENT_WARNING, o->name.subject,
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
	tell_end(&t, EVENT_CERTIFICATE, &events->certificate_ends,
		attempt->answer->certificate_days, certificate_days, "certificate");
	tell_end(&t, EVENT_TOKEN, &events->token_ends, attempt->answer->token_days,
		token_days, "token");
	if (attempt->page != NULL)
		tell_of_page(&t, roster);
	buf_free(&t.text);
}
