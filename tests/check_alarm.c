/* Rules of a check: how they are read, what they say, what performance data they make. */
#include <stdio.h>
#include <string.h>

#include "operatorstat/alarm.h"

#include "tests/suite.h"

#define T0 INT64_C(1700006400000)

/* ---- a model of two operators: `a` has two controllers, `b` is down ---- */

static void gauge(const struct sink *s, const char *type, const char *what,
	const char *subject, int64_t time_ms, double value)
{
	char name[100];

	snprintf(name, sizeof(name), "%s-%s", what, subject);
	s->metric(s->ctx, &(struct metric){.instance = STR("a"),
				  .type = str_of(type),
				  .type_instance = str_of(name),
				  .what = str_of(what),
				  .subject = str_of(subject),
				  .kind = METRIC_GAUGE,
				  .gauge = value,
				  .time_ms = time_ms,
				  .interval_seconds = 10});
}

static void refuse(const struct sink *s, const char *instance, int64_t time_ms)
{
	struct err e;

	err_set(&e, ERR_REFUSED, "nothing | listens");
	s->end(s->ctx,
		&(struct attempt){
			.instance = str_of(instance), .time_ms = time_ms, .error = &e});
}

/* The depth of `deep` rises from 0 by 10 a page to 60; that of `flat` is always 3. */
static struct model *model_of_pages(bool has_second)
{
	struct model *m = model_new(MODEL_BYTES);
	struct sink s = model_sink(m);

	for (int i = 0; i < 7; i++) {
		int64_t now_ms = T0 + INT64_C(10000) * i;

		gauge(&s, "queue_length", "depth", "deep", now_ms, 10 * i);
		gauge(&s, "queue_length", "depth", "flat", now_ms, 3);
		gauge(&s, "duration", "longest_running", "flat", now_ms, 1.5);
		gauge(&s, "memory", "resident", "", now_ms, 10 << 20);
		s.end(s.ctx, &(struct attempt){.instance = STR("a"),
				     .time_ms = now_ms,
				     .is_page = true,
				     .status = 200});
	}
	if (has_second)
		refuse(&s, "b", T0 + 60000);
	model_look(m, 0, 30000);
	return m;
}

static enum alarm_state judge(
	struct model *m, const char *rules, bool is_held, char *out, size_t size)
{
	struct err e;
	struct alarm *a = alarm_new(rules, &e);
	struct buf line;

	ck_assert_msg(a != NULL, "%s: %zu: %s", rules, e.column, e.text);
	buf_init(&line, 100000);
	enum alarm_state state = alarm_judge(a, m, is_held, &line);

	snprintf(out, size, "%.*s", STR_ARG(buf_str(&line)));
	buf_free(&line);
	alarm_free(a);
	return state;
}

/* ---- reading ---- */

static const struct {
	const char *rules;
	size_t column;
	const char *words;
} wrong_rules[] = {
	{"", 1, "no rule"},
	{" ; ; ", 1, "no rule"},
	{"p98 > 5 warn", 1, "no figure is called `p98`"},
	{"p98", 1, "no figure and no finding"},
	{"p99", 4, "a limit is missing"},
	{"depth", 6, "a limit is missing"},
	{"p99 > 5s", 9, "write warn or crit"},
	{"p99 > 5s bad", 10, "write warn or crit"},
	{"p99 > s warn", 7, "no number"},
	{"p99 > 5 warn, 6", 16, "write warn or crit"},
	{"p99 > 5 warn depth > 3 crit", 14, "a semicolon is missing"},
	{"p99 > 5q warn", 8, "write warn or crit"},
	{"depth 5:2 warn", 7, "lower end is above"},
	{"depth ~ warn", 8, "a colon is missing"},
	{"depth : warn", 8, "a range without ends"},
	{"depth nan warn", 7, "no number"},
	{"stuck=x/y", 1, "no threshold"},
	{"p99=5/6", 8, "a limit is missing"},
	{"a/b:nothing > 1 warn", 1, "no figure is called `nothing`"},
};

START_TEST(what_cannot_be_read)
{
	for (size_t i = 0; i < sizeof(wrong_rules) / sizeof(wrong_rules[0]); i++) {
		struct err e;
		struct alarm *a = alarm_new(wrong_rules[i].rules, &e);

		ck_assert_msg(a == NULL, "`%s` is read", wrong_rules[i].rules);
		ck_assert_int_eq(e.code, ERR_USAGE);
		ck_assert_msg(strstr(e.text, wrong_rules[i].words) != NULL, "`%s`: %s",
			wrong_rules[i].rules, e.text);
		ck_assert_msg(e.column == wrong_rules[i].column, "`%s`: column %zu",
			wrong_rules[i].rules, e.column);
	}
}
END_TEST

/* ---- ranges, as the guidelines of the Monitoring Plugins have them ---- */

static const struct {
	const char *limit; /* of something that is 60 */
	bool is_bad;
	const char *data;
} ranges[] = {
	{"10", true, "10"},
	{"60", false, "60"},
	{"61", false, "61"},
	{"10:", false, "10:"},
	{"60:", false, "60:"},
	{"61:", true, "61:"},
	{"~:10", true, "~:10"},
	{"~:60", false, "~:60"},
	{"10:20", true, "10:20"},
	{"10:60", false, "10:60"},
	{"@10:20", false, "@10:20"},
	{"@10:60", true, "@10:60"},
	{"@60", true, "@60"},
	{"@61:", false, "@61:"},
	{"-5:5", true, "-5:5"},
	{"> 59", true, "~:59"},
	{">60", false, "~:60"},
	{">= 60", true, "@60:"},
	{"< 61", true, "61:"},
	{"<60", false, "60:"},
	{"<=60", true, "@~:60"},
	{"> 1e1", true, "~:10"},
};

START_TEST(limits)
{
	struct model *m = model_of_pages(false);

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		char rules[100], line[1000], data[100];

		snprintf(rules, sizeof(rules), "a/deep:depth %s crit", ranges[i].limit);
		snprintf(data, sizeof(data), "| 'a/deep:depth'=60;;%s", ranges[i].data);
		enum alarm_state state = judge(m, rules, false, line, sizeof(line));

		ck_assert_msg(state == (ranges[i].is_bad ? ALARM_CRITICAL : ALARM_OK),
			"%s: %s", rules, line);
		ck_assert_msg(
			strlen(line) > strlen(data) &&
				strcmp(line + strlen(line) - strlen(data), data) == 0,
			"%s: %s", rules, line);
	}
	model_free(m);
}
END_TEST

/* ---- judging ---- */

static const struct {
	const char *rules;
	bool is_held;
	enum alarm_state state;
	const char *line;
} judgements[] = {
	{"depth > 50 warn, > 100 crit", false, ALARM_WARNING,
		"OPERATOR WARNING: a/deep depth 60 (> 50) | "
		"'a/deep:depth'=60;~:50;~:100 'a/flat:depth'=3;~:50;~:100"},
	{"depth > 2 warn, > 50 crit", false, ALARM_CRITICAL,
		"OPERATOR CRITICAL: a/deep depth 60 (> 50); a/flat depth 3 (> 2) | "
		"'a/deep:depth'=60;~:2;~:50 'a/flat:depth'=3;~:2;~:50"},
	{"depth > 100 crit", false, ALARM_OK,
		"OPERATOR OK: 1 operator, 2 figures within limits | "
		"'a/deep:depth'=60;;~:100 'a/flat:depth'=3;;~:100"},
	/* for 30 s it was 30 at least: (30, 60] holds the pages of 40, 50 and 60 */
	{"a/deep:depth > 39 crit", true, ALARM_CRITICAL,
		"OPERATOR CRITICAL: a/deep depth 60 (> 39) | 'a/deep:depth'=60;;~:39"},
	{"a/deep:depth > 41 crit", true, ALARM_OK,
		"OPERATOR OK: 1 operator, 1 figure within limits | "
		"'a/deep:depth'=60;;~:41"},
	{"*/fl?t:longest > 1400ms warn", false, ALARM_WARNING,
		"OPERATOR WARNING: a/flat longest 1.50s (> 1400ms) | "
		"'a/flat:longest_running'=1.5s;~:1.4;"},
	{"rss > 9M warn; a:rss > 11M crit", false, ALARM_WARNING,
		"OPERATOR WARNING: a rss 10.0M (> 9M) | "
		"'a:rss_bytes'=10485760B;~:9437184; "
		"'a:rss_bytes'=10485760B;;~:11534336"},
	{"a:depth > 60 warn", false, ALARM_WARNING,
		"OPERATOR WARNING: a depth 63 (> 60) | 'a:depth'=63;~:60;"},
	{"p99 > 1 warn", false, ALARM_UNKNOWN,
		"OPERATOR UNKNOWN: no figure has a value | 'a/deep:reconcile_p99'=U;~:1; "
		"'a/flat:reconcile_p99'=U;~:1;"},
	{"a/none:depth > 1 warn", false, ALARM_UNKNOWN,
		"OPERATOR UNKNOWN: nothing has depth of a/none"},
	{"webhook_p99 > 1 warn; a/deep:depth > 1 warn", false, ALARM_WARNING,
		"OPERATOR WARNING: a/deep depth 60 (> 1); nothing has webhook_p99 here | "
		"'a/deep:depth'=60;~:1;"},
	{"stuck=1/1.4", false, ALARM_OK,
		"OPERATOR OK: 1 operator, 1 figure within limits"},
	{"queue_deep=50/100", false, ALARM_WARNING,
		"OPERATOR WARNING: a/deep: 60 items wait in the queue"},
	{"queue_grows=off; a/flat:queue_deep=50/100; a:findings", false, ALARM_WARNING,
		"OPERATOR WARNING: a/deep: 60 items wait in the queue"},
};

START_TEST(what_is_said)
{
	struct model *m = model_of_pages(false);

	for (size_t i = 0; i < sizeof(judgements) / sizeof(judgements[0]); i++) {
		char line[2000];
		enum alarm_state state = judge(m, judgements[i].rules,
			judgements[i].is_held, line, sizeof(line));

		ck_assert_str_eq(line, judgements[i].line);
		ck_assert_int_eq(state, judgements[i].state);
	}
	model_free(m);
}
END_TEST

static const struct {
	const char *rules;
	enum alarm_state state;
	const char *words;
} of_one_down[] = {
	{"depth > 100 crit", ALARM_UNKNOWN, "UNKNOWN: b: nothing / listens | 'a/deep"},
	{"depth > 50 crit", ALARM_CRITICAL,
		"CRITICAL: a/deep depth 60 (> 50); b: nothing"},
	{"a:depth > 100 crit", ALARM_OK, "OK"},
	{"up < 1 crit; depth > 100 crit", ALARM_CRITICAL, "b up 0 (< 1); b: nothing"},
	{"down", ALARM_CRITICAL, "CRITICAL: b: gives no page"},
	{"a:down", ALARM_OK, "OK"},
};

START_TEST(an_operator_that_is_down)
{
	struct model *m = model_of_pages(true);

	for (size_t i = 0; i < sizeof(of_one_down) / sizeof(of_one_down[0]); i++) {
		char line[2000];
		enum alarm_state state =
			judge(m, of_one_down[i].rules, false, line, sizeof(line));

		ck_assert_msg(state == of_one_down[i].state, "%s: %s",
			of_one_down[i].rules, line);
		ck_assert_msg(strstr(line, of_one_down[i].words) != NULL, "%s: %s",
			of_one_down[i].rules, line);
	}
	model_free(m);
}
END_TEST

START_TEST(old_pages)
{
	struct model *m = model_of_pages(false);
	char line[1000];

	model_clock(m, T0 + 60000 + 25000);
	ck_assert_int_eq(
		judge(m, "depth > 50 crit", false, line, sizeof(line)), ALARM_UNKNOWN);
	ck_assert_str_eq(line, "OPERATOR UNKNOWN: a: the last page is 25s old");
	model_free(m);
}
END_TEST

START_TEST(nothing_came)
{
	struct model *m = model_new(MODEL_BYTES);
	char line[1000];

	ck_assert_int_eq(judge(m, "findings", false, line, sizeof(line)), ALARM_UNKNOWN);
	ck_assert_int_eq(
		judge(m, "depth > 1 warn", false, line, sizeof(line)), ALARM_UNKNOWN);
	model_free(m);
}
END_TEST

SUITE("alarm", what_cannot_be_read, limits, what_is_said, an_operator_that_is_down,
	old_pages, nothing_came)
