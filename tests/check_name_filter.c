#include "engine/name_filter.h"

#include <stdio.h>
#include <string.h>

#include "tests/said.h"
#include "tests/suite.h"

#include "engine/settings.h"

static struct filter *filter_of(const char *const *rules)
{
	struct filter *f = filter_new();

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; rules[i] != NULL; i++)
		ck_assert_msg(filter_add(f, str_of(rules[i]), NULL), "%s", rules[i]);
	return f;
}

/* Is this family asked for? */
static bool asks_for(const struct buf *query, const char *family)
{
	char parameter[200], text[NAME_FILTER_LIMIT + 3];

	snprintf(parameter, sizeof(parameter), "&name%%5B%%5D=%s&", family);
	snprintf(text, sizeof(text), "&%.*s&", STR_ARG(buf_str(query)));
	return strstr(text, parameter) != NULL;
}

START_TEST(what_is_sent_is_asked_for)
{
	static const struct {
		const char *name;
		const char *rules[4];
		const char *family;
		bool is_asked;
	} rows[] = {
		{"of the table", {NULL}, "workqueue_depth", true},
		{"a histogram has one name", {NULL}, "workqueue_queue_duration_seconds",
			true},
		{"read for the uptime", {NULL}, "process_start_time_seconds", true},
		{"the sign of v0.1", {NULL}, "workqueue_queue_latency_seconds", true},
		{"the family for want of which another is used", {NULL},
			"go_gc_pauses_seconds", true},
		{"not sent", {NULL}, "go_info", false},
		{"dropped", {"!workqueue_*"}, "workqueue_depth", false},
		{"dropped, but the busy share is worked out of it", {"!workqueue_*"},
			"workqueue_work_duration_seconds", true},
		{"dropped in part", {"!workqueue_depth{priority=\"9\"}"},
			"workqueue_depth", true},
		{"kept from a drop", {"workqueue_depth", "!workqueue_*"},
			"workqueue_depth", true},
		{"sent by a rule", {"go_info"}, "go_info", true},
		{"sent by two rules", {"x{a=\"1\"}", "x{a=\"2\"}"}, "x", true},
		{"sent by a rule that comes too late", {"!my_*", "my_x"}, "my_x", false},
		{"sent by a rule but for a part", {"!my_x{a=\"1\"}", "my_x"}, "my_x",
			true},
		{"a counter that OpenMetrics has lengthened", {"my_x_total"}, "my_x",
			true},
		{"the same as it is", {"my_x_total"}, "my_x_total", true},
		{"bytes that have a meaning in a query", {"my.x&y"}, "my%2Ex%26y", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *f = filter_of(rows[i].rules);
		struct buf query;
		struct err e;

		buf_init(&query, 2 * NAME_FILTER_LIMIT);
		ck_assert_msg(
			name_filter_query(f, &query, &e), "%s: %s", rows[i].name, e.text);
		ck_assert_msg(asks_for(&query, rows[i].family) == rows[i].is_asked,
			"%s: %.*s", rows[i].name, STR_ARG(buf_str(&query)));
		buf_free(&query);
		filter_free(f);
	}
}
END_TEST

START_TEST(nothing_is_asked_for_twice)
{
	static const char *const rules[] = {
		"x{a=\"1\"}", "x{a=\"2\"}", "workqueue_depth", NULL};
	struct filter *f = filter_of(rules);
	struct buf query;
	struct err e;

	buf_init(&query, 2 * NAME_FILTER_LIMIT);
	ck_assert(name_filter_query(f, &query, &e));
	buf_addc(&query, '\0');
	for (const char *at = query.at; at != NULL; at = strchr(at + 1, '&')) {
		size_t len = strcspn(at + 1, "&") + 1;

		ck_assert_ptr_null(memmem(at + len, strlen(at + len), at, len + 1));
	}
	buf_free(&query);
	filter_free(f);
}
END_TEST

/* Then the whole page is asked for, and the user is told. */
START_TEST(what_has_no_name_cannot_be_asked_for)
{
	static const struct {
		const char *rule;
		const char *said; /* NULL: it can be done */
	} rows[] = {
		{"my_*", "NameFilter is of no use here: Family \"my_*\" stands for many "
			 "names; write each in full"},
		{"my_?", "Family \"my_?\""},
		{"my_[ab]{x=\"1\"}", "Family \"my_[ab]\""},
		{"!my_*", NULL},
		{"my_x", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct said said;
		const struct setting on = {.kind = SETTING_FLAG, .flag = true};
		const struct setting url = {.kind = SETTING_TEXT, .text = "8080"};
		const struct setting rule = {.kind = SETTING_TEXT, .text = rows[i].rule};

		said_init(&said);
		struct settings *s = settings_new(SETTINGS_COLLECTD, &said.log);
		struct settings_target *t = settings_target(s, "a");
		ck_assert(settings_target_set(t, "URL", &url, 1));
		ck_assert(settings_set(s, "NameFilter", &on, 1));
		ck_assert(settings_set(s, "Family", &rule, 1));
		ck_assert(settings_check(s, 10));
		const char *query = settings_target_at(s, 0)->name_query;
		ck_assert_msg((query == NULL) == (rows[i].said != NULL), "%s: %s",
			rows[i].rule, said.text);
		ck_assert_msg(said.lines == (rows[i].said != NULL), "%s: %s",
			rows[i].rule, said.text);
		if (rows[i].said != NULL)
			ck_assert_msg(
				strstr(said.text, rows[i].said) != NULL, "%s", said.text);
		settings_free(s);
	}
}
END_TEST

START_TEST(a_url_has_an_end)
{
	struct filter *f = filter_new();
	char name[64];
	struct buf query;
	struct err e;

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "a_family_with_a_rather_long_name_%d", i);
		ck_assert(filter_add(f, str_of(name), &e));
	}
	buf_init(&query, 2 * NAME_FILTER_LIMIT);
	ck_assert(!name_filter_query(f, &query, &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_uint_eq(query.len, 0);
	buf_free(&query);
	filter_free(f);
}
END_TEST

SUITE("name_filter", what_is_sent_is_asked_for, nothing_is_asked_for_twice,
	what_has_no_name_cannot_be_asked_for, a_url_has_an_end)
