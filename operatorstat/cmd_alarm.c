/* operatorstat alarm: a check for Nagios and what understands its plugins. */
#include <stdio.h>

#include "operatorstat/alarm.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/gather.h"
#include "operatorstat/source_open.h"

/* Without --for: how long endpoints are watched, within the ten seconds that a plugin
 * has, and what of the past of a recording or a state folder counts. */
#define WATCH_SECONDS  5
#define WINDOW_SECONDS 60

struct asked {
	double seconds; /* --for */
	bool has_for;
};

static int judge(
	struct alarm *alarm, struct model *m, struct source *s, const struct asked *asked)
{
	double window_seconds = asked->has_for ? asked->seconds : WINDOW_SECONDS;
	struct sink sink = model_sink(m);
	struct buf line;

	buf_init(&line, 2000000);
	gather(s, &sink, asked->has_for ? asked->seconds : WATCH_SECONDS);
	model_clock(m, s->now_ms(s->ctx));
	model_look(m, 0, (int64_t)(window_seconds * 1000));
	enum alarm_state state = alarm_judge(alarm, m, asked->has_for, &line);

	printf("%.*s\n", STR_ARG(buf_str(&line)));
	buf_free(&line);
	(void)gather_end(s, m);
	return (int)state;
}

static int ask(struct arguments *a, const struct asked *asked)
{
	struct err e;
	struct alarm *alarm = alarm_new(arguments_operand(a, 0), &e);
	struct model *m = model_new(MODEL_BYTES);
	struct source source;
	int code;

	if (alarm == NULL) {
		code = arguments_usage(a, "RULES, column %zu: %s", e.column, e.text);
	} else if (m == NULL) {
		code = CMD_NO_ANSWER;
	} else if (!source_open(&source, a,
			   &(struct source_wish){.skip = 1, .interval_seconds = 1}, &e)) {
		code = arguments_fail(a, &e);
		if (code == CMD_NO_ANSWER)
			printf("OPERATOR UNKNOWN: %s\n", e.text);
	} else {
		code = judge(alarm, m, &source, asked);
	}
	model_free(m);
	alarm_free(alarm);
	return code;
}

int cmd_alarm(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{'f', "for", "SECONDS",
			"a figure must have been beyond its limit for so long"},
		{0, NULL, NULL, NULL},
	};
	static const struct arguments_use use = {
		"alarm RULES [--for SECONDS] [SOURCE...]",
		"A Nagios plugin: one line, performance data behind a bar. RULES, parted "
		"by\nsemicolons: [OPERATOR[/CONTROLLER]:]FIGURE LIMIT warn|crit, ... or "
		"a "
		"finding.\n"
		"  operatorstat alarm 'op/cert:p99 > 5s warn, > 10s crit; errors% > 5 "
		"crit; findings'",
		own};
	struct arguments *a = arguments_new(argc, argv, &use);
	struct asked asked = {0};
	int code = CMD_NO_ANSWER;

	if (a == NULL)
		return code;
	while (arguments_next(a) != ARGUMENTS_END)
		asked.has_for = arguments_seconds(a, &asked.seconds);
	if (!arguments_exit(a, &code)) {
		if (arguments_operands(a) == 0)
			code = arguments_usage(a, "alarm takes RULES");
		else
			code = ask(a, &asked);
	}
	arguments_free(a);
	return code;
}
