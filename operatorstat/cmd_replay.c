/* operatorstat replay: what the plugin would have sent, from a recording, as PUTVAL
 * lines. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/buf.h"

#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/recording.h"

/* A line to print. The zero of a new counter belongs to an earlier page's time, so lines
 * are kept until all are known. */
struct line {
	int64_t time_ms;
	size_t number;  /* of lines of one time, this order */
	size_t at, len; /* in text */
};

struct replay {
	struct arguments *arguments;
	struct line *lines; /* owned */
	size_t line_count, line_room;
	struct buf text;
	bool no_memory;
};

static void add_line(struct replay *r, const struct metric *m, size_t from)
{
	if (r->line_count == r->line_room) {
		size_t room = r->line_room * 2 + 1024;
		struct line *lines = reallocarray(r->lines, room, sizeof(*lines));

		if (lines == NULL) {
			r->no_memory = true;
			return;
		}
		r->lines = lines;
		r->line_room = room;
	}
	r->lines[r->line_count] =
		(struct line){m->stamp_ms, r->line_count, from, r->text.len - from};
	r->line_count++;
}

static void print_metric(void *ctx, const struct metric *m)
{
	struct replay *r = ctx;
	size_t from = r->text.len;
	struct str host = m->host.len > 0 ? m->host : STR("localhost");

	buf_addf(&r->text,
		"PUTVAL \"%.*s/operator-%.*s/%.*s-%.*s\" interval=%g %" PRId64
		".%03" PRId64 ":",
		STR_ARG(host), STR_ARG(m->instance), STR_ARG(m->type),
		STR_ARG(m->type_instance), m->interval_seconds, m->stamp_ms / 1000,
		m->stamp_ms % 1000);
	if (m->kind == METRIC_DERIVE)
		buf_addf(&r->text, "%" PRId64 "\n", m->derive);
	else if (isnan(m->gauge))
		buf_addf(&r->text, "U\n");
	else
		buf_addf(&r->text, "%.17g\n", m->gauge);
	add_line(r, m, from);
}

static int by_time(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	if (a->time_ms != b->time_ms)
		return a->time_ms < b->time_ms ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static void print_lines(struct replay *r)
{
	if (r->line_count > 0)
		qsort(r->lines, r->line_count, sizeof(*r->lines), by_time);
	for (size_t i = 0; i < r->line_count; i++)
		fwrite(r->text.at + r->lines[i].at, 1, r->lines[i].len, stdout);
}

static int replay_folder(struct replay *r, const char *folder)
{
	struct sink sink = {.ctx = r, .metric = print_metric};
	struct err e;

	if (!recording_read(folder, settings_defaults(arguments_settings(r->arguments)),
		    arguments_log(r->arguments), &sink, &e))
		return arguments_fail(r->arguments, &e);
	if (r->no_memory || !buf_ok(&r->text)) {
		fputs("operatorstat: no memory for the recording\n", stderr);
		return CMD_NO_ANSWER;
	}
	print_lines(r);
	return CMD_DONE;
}

static void free_replay(struct replay *r)
{
	free(r->lines);
	buf_free(&r->text);
	arguments_free(r->arguments);
}

int cmd_replay(int argc, char **argv)
{
	static const struct arguments_use use = {"replay [OPTION...] FOLDER",
		"Prints what the plugin would have sent, from a recording: a line\n"
		"PUTVAL \"HOST/operator-INSTANCE/TYPE-NAME\" interval=S TIME:VALUE for "
		"each value.",
		NULL};
	struct replay r = {.arguments = arguments_new(argc, argv, &use)};
	int code;

	if (r.arguments == NULL)
		return CMD_NO_ANSWER;
	buf_init(&r.text, SIZE_MAX / 2);
	while (arguments_next(r.arguments) != ARGUMENTS_END)
		;
	if (!arguments_exit(r.arguments, &code)) {
		if (arguments_operands(r.arguments) != 1)
			code = arguments_usage(r.arguments, "replay takes one folder");
		else if (!settings_check(arguments_settings(r.arguments), 10))
			code = CMD_NO_ANSWER;
		else
			code = replay_folder(&r, arguments_operand(r.arguments, 0));
	}
	free_replay(&r);
	return code;
}
