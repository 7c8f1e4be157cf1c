#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/pages.h"
#include "engine/scrape.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/operand.h"

/* A signal is noticed within this time. */
#define ROUND_MS 200

static const struct arguments_own own[] = {
	{'w', "write", "FOLDER", "Folder of the recording; made if it is not there"},
	{'c', "count", "N", "End after so many scrapes of each endpoint"},
	{0, NULL, NULL, NULL},
};

static const struct arguments_use use = {
	"record [--interval SEC] [--count N] -w FOLDER SOURCE...",
	"Scrapes endpoints and stores each page as it came, and how each attempt went. "
	"What is\nstored can be replayed, looked at, checked and compared by all other "
	"commands. Ends with\nCtrl-C.",
	own,
};

struct recording {
	const char *folder;
	size_t count; /* 0: without end */
	size_t pages; /* so far */
};

static void drop_metric(void *ctx, const struct metric *m)
{
	(void)ctx;
	(void)m;
}

static void count_page(void *ctx, const struct attempt *a)
{
	struct recording *r = ctx;

	r->pages += a->is_page;
}

/* INT and TERM are taken from where they wait, so that no page is left half written. */
static bool was_told_to_end(void)
{
	const struct timespec at_once = {0};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return sigtimedwait(&signals, NULL, &at_once) > 0;
}

static bool is_complete(const struct scrape *s, size_t count)
{
	if (count == 0)
		return false;
	for (size_t i = 0; i < scrape_targets(s); i++)
		if (scrape_status(s, i)->attempts < count)
			return false;
	return true;
}

static void record(struct scrape *s, struct recording *r, double interval_seconds)
{
	const struct sink sink = {.ctx = r, .metric = drop_metric, .end = count_page};

	scrape_every(s, interval_seconds);
	while (!was_told_to_end() && !is_complete(s, r->count))
		scrape_round(s, ROUND_MS, &sink);
}

static bool add_endpoints(struct arguments *a, int *code)
{
	struct settings *settings = arguments_settings(a);
	struct operand o;
	struct err e;

	for (size_t i = 0; i < arguments_operands(a); i++) {
		if (!operand_read(arguments_arena(a), arguments_operand(a, i), &o, &e)) {
			*code = arguments_fail(a, &e);
			return false;
		}
		if (o.kind != OPERAND_ENDPOINT) {
			*code = arguments_usage(
				a, "%s: only endpoints can be recorded", o.text);
			return false;
		}
		if (!operand_add(&o, settings)) {
			*code = CMD_USAGE;
			return false;
		}
	}
	return settings_check(settings, SETTINGS_INTERVAL);
}

static int run(struct arguments *a, struct recording *r)
{
	const struct clock clock = clock_system();
	struct scrape *s = NULL;
	struct pages_out *out = pages_out_new(r->folder, false, (unsigned int)-1);
	struct err e;
	int code = CMD_NO_ANSWER;

	if (out == NULL || !add_endpoints(a, &code))
		goto out;
	/* a recording that cannot be kept is none */
	if (pages_out_open(out, &e) && fetch_global_init(&e))
		s = scrape_new(arguments_settings(a), &clock, arguments_log(a), &e);
	if (s == NULL) {
		code = arguments_fail(a, &e);
		goto out;
	}
	scrape_record(s, out);
	record(s, r, settings_defaults(arguments_settings(a))->interval_seconds);
	code = r->pages > 0 ? CMD_DONE : CMD_NO_ANSWER;
out:
	scrape_free(s);
	pages_out_free(out);
	return code;
}

int cmd_record(int argc, char **argv)
{
	struct recording r = {0};
	struct arguments *a = arguments_new(argc, argv, &use);
	int code = CMD_NO_ANSWER;
	int c;

	if (a == NULL)
		return code;
	while ((c = arguments_next(a)) != ARGUMENTS_END)
		if (c == 'w')
			r.folder = arguments_value(a);
		else if (!arguments_count(a, &r.count))
			break;
	if (!arguments_exit(a, &code)) {
		if (r.folder == NULL || arguments_operands(a) == 0)
			code = arguments_usage(a, "write record -w FOLDER SOURCE...");
		else
			code = run(a, &r);
	}
	arguments_free(a);
	return code;
}
