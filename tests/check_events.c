#include "engine/events.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

struct told {
	struct events events;
	struct sink sink;
	char text[2048]; /* a line for each event: severity, text */
};

static void take(void *ctx, const struct event *e)
{
	struct told *t = ctx;
	size_t len = strlen(t->text);

	ck_assert(str_eq(e->instance, STR("a")));
	snprintf(t->text + len, sizeof(t->text) - len, "%d %.*s\n", (int)e->severity,
		STR_ARG(e->text));
}

static void set_up(struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->sink = (struct sink){.ctx = t, .event = take};
}

static void attempt(
	struct told *t, bool is_page, double certificate_days, double token_days)
{
	static const struct roster empty;
	struct page_context page = {.number = 2, .has_before = true};
	struct answer answer = answer_at(0);
	struct err e;

	answer.certificate_days = certificate_days;
	answer.token_days = token_days;
	err_set(&e, ERR_REFUSED, "nothing listens at h:1");
	events_tell(&t->events,
		&(struct events_attempt){.instance = STR("a"),
			.answer = &answer,
			.page = is_page ? &page : NULL,
			.error = &e},
		&empty, &t->sink);
}

START_TEST(down_and_up_again)
{
	static const char pages[] = ".x.xx..";
	struct told t;

	set_up(&t);
	for (const char *p = pages; *p != '\0'; p++)
		attempt(&t, *p == '.', (double)NAN, (double)NAN);
	ck_assert_str_eq(t.text, "2 refused: nothing listens at h:1\n"
				 "0 answers again\n"
				 "2 refused: nothing listens at h:1\n"
				 "0 answers again\n");
}
END_TEST

START_TEST(a_certificate_that_ends)
{
	static const double days[] = {
		90, 14.5, 13.9, 13.8, 14.1, (double)NAN, 13.7, 1.5, 0.9, 0.8, -1, 90, 89};
	struct told t;

	set_up(&t);
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		attempt(&t, true, days[i], (double)NAN);
	ck_assert_str_eq(t.text, "1 the certificate ends in 14 days\n"
				 "2 the certificate ends in 22 hours\n"
				 "0 the certificate is renewed: it ends in 90 days\n");
}
END_TEST

/* kubelet renews after eight tenths: nothing is told of that. */
START_TEST(a_token_that_ends)
{
	static const double hours[] = {1, 0.5, 0.21, 1, 0.2, 0.09, 0.05, 0, -1, 1, 0.2};
	struct told t;

	set_up(&t);
	for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++)
		attempt(&t, true, (double)NAN, hours[i] / 24);
	ck_assert_str_eq(t.text, "1 the token ends in 5 minutes\n"
				 "2 the token has ended\n"
				 "0 the token is renewed: it ends in 60 minutes\n");
}
END_TEST

SUITE("events", down_and_up_again, a_certificate_that_ends, a_token_that_ends)
