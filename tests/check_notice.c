#include "engine/notice.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

struct told {
	struct notice notice;
	struct sink sink;
	char text[2048]; /* a line for each event: time, severity, text */
};

static void take(void *ctx, const struct event *e)
{
	struct told *t = ctx;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%d %d %.*s\n", (int)e->time_ms,
		(int)e->severity, STR_ARG(e->text));
}

static void set_up(struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->sink = (struct sink){.ctx = t, .event = take};
}

static void happens(struct told *t, enum event_kind kind, int64_t time_ms,
	const char *subject, const char *text)
{
	/* what it was told of is gone afterwards */
	char *gone = strdup(text);

	notice_event(&t->notice,
		&(struct event){.kind = kind,
			.severity = EVENT_WARNING,
			.instance = STR("a"),
			.subject = str_of(subject),
			.time_ms = time_ms,
			.text = str_of(gone)},
		&t->sink);
	memset(gone, 'x', strlen(gone));
	free(gone);
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
		{"xx", "1 2 endpoint a is down: refused: nothing listens\n"},
		{".xxxxx", "2 2 endpoint a is down: refused: nothing listens\n"},
		{".xxx..", "2 2 endpoint a is down: refused: nothing listens\n"
			   "5 1 endpoint a: answers again\n"},
		{"xx.x.xx", "1 2 endpoint a is down: refused: nothing listens\n"
			    "3 1 endpoint a: answers again\n"
			    "6 2 endpoint a is down: refused: nothing listens\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool was_page = true;
		struct told t;

		set_up(&t);
		for (int k = 0; rows[i].pages[k] != '\0'; k++) {
			bool is_page = rows[i].pages[k] == '.';

			if (was_page && !is_page)
				happens(&t, EVENT_DOWN, k + 1, "",
					"refused: nothing listens");
			if (!was_page && is_page)
				happens(&t, EVENT_UP, k + 1, "", "answers again");
			notice_attempt(&t.notice,
				&(struct attempt){
					.instance = STR("a"), .is_page = is_page},
				&t.sink);
			was_page = is_page;
		}
		ck_assert_msg(strcmp(t.text, rows[i].told) == 0, "%s: %s", rows[i].pages,
			t.text);
	}
}
END_TEST

START_TEST(all_others)
{
	static const struct {
		enum event_kind kind;
		int64_t minute;
		const char *subject;
		const char *told; /* NULL: nothing */
	} rows[] = {
		{EVENT_PANIC, 10, "cache", "600000 1 endpoint a, cache: text\n"},
		{EVENT_PANIC, 11, "cache", NULL},
		{EVENT_PANIC, 15, "cache", NULL},
		{EVENT_TERMINAL_ERROR, 15, "", "900000 1 endpoint a: text\n"},
		{EVENT_PANIC, 19, "", NULL},
		{EVENT_PANIC, 24, "", "1440000 1 endpoint a: text\n"},
		{EVENT_RESTART, 25, "", "1500000 1 endpoint a: text\n"},
		{EVENT_RESTART, 25, "", "1500000 1 endpoint a: text\n"},
		{EVENT_LEADER, 25, "l", "1500000 1 endpoint a, l: text\n"},
		{EVENT_CERTIFICATE, 25, "", "1500000 1 endpoint a: text\n"},
		{EVENT_TOKEN, 25, "", "1500000 1 endpoint a: text\n"},
		{EVENT_RESET, 25, "", NULL},
		{EVENT_FORGOTTEN, 25, "", NULL},
		{EVENT_COLLISION, 25, "", NULL},
	};
	struct told t;

	set_up(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t.text[0] = '\0';
		happens(&t, rows[i].kind, rows[i].minute * 60000, rows[i].subject,
			"text");
		ck_assert_msg(
			strcmp(t.text, rows[i].told == NULL ? "" : rows[i].told) == 0,
			"row %zu: %s", i, t.text);
	}
}
END_TEST

SUITE("notice", down_and_up_again, all_others)
