#include "engine/notice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

struct told {
	struct notice notice;
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
	struct err e;
	struct answer answer = {
		.certificate_days = certificate_days, .token_days = token_days};

	err_ok(&e);
	if (!is_page)
		err_set(&e, ERR_REFUSED, "nothing listens at h:1");
	notice_attempt(&t->notice, &answer,
		&(struct attempt){.instance = STR("a"), .is_page = is_page, .error = &e},
		&t->sink);
}

START_TEST(down_and_up_again)
{
	static const struct {
		const char *pages; /* x: none came */
		const char *told;
	} rows[] = {
		{"....", ""},
		{".x.x.x.", ""},
		{"x", ""},
		{"xx", "2 endpoint a is down: refused: nothing listens at h:1\n"},
		{".xxxxx", "2 endpoint a is down: refused: nothing listens at h:1\n"},
		{".xxx..", "2 endpoint a is down: refused: nothing listens at h:1\n"
			   "0 endpoint a answers again\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told t;

		set_up(&t);
		for (const char *p = rows[i].pages; *p != '\0'; p++)
			attempt(&t, *p == '.', (double)NAN, (double)NAN);
		ck_assert_msg(strcmp(t.text, rows[i].told) == 0, "%s: %s", rows[i].pages,
			t.text);
	}
}
END_TEST

START_TEST(a_certificate_that_ends)
{
	static const double days[] = {
		90, 14.5, 13.9, 13.8, 14.1, 13.7, 1.5, 0.9, 0.8, -1, 90, 89};
	struct told t;

	set_up(&t);
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		attempt(&t, true, days[i], (double)NAN);
	ck_assert_str_eq(t.text,
		"1 the certificate of endpoint a ends in 14 days\n"
		"2 the certificate of endpoint a ends in 22 hours\n"
		"0 the certificate of endpoint a is renewed: it ends in 90 days\n");
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
	ck_assert_str_eq(t.text,
		"1 the token of endpoint a ends in 5 minutes\n"
		"2 the token of endpoint a has ended\n"
		"0 the token of endpoint a is renewed: it ends in 60 minutes\n");
}
END_TEST

START_TEST(events_of_the_page)
{
	static const struct {
		enum event_kind kind;
		int64_t minute;
		bool wanted;
	} rows[] = {
		{EVENT_PANIC, 100, true},
		{EVENT_PANIC, 101, false},
		{EVENT_PANIC, 105, false},
		{EVENT_TERMINAL_ERROR, 105, true},
		{EVENT_PANIC, 109, false},
		{EVENT_PANIC, 114, true},
		{EVENT_RESTART, 114, true},
		{EVENT_RESTART, 114, true},
		{EVENT_DOWN, 114, false},
		{EVENT_RESET, 114, false},
	};
	struct notice n = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
			notice_wants(&n, &(struct event){.kind = rows[i].kind,
						 .time_ms = rows[i].minute * 60000}) ==
				rows[i].wanted,
			"row %zu", i);
}
END_TEST

SUITE("notice", down_and_up_again, a_certificate_that_ends, a_token_that_ends,
	events_of_the_page)
