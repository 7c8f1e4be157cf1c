#include <math.h>
#include <stdlib.h>

#include "engine/fetch.h"
#include "engine/scrape.h"
#include "operatorstat/source.h"
#include "operatorstat/source_open.h"

struct endpoints {
	struct clock clock;
	struct scrape *scrape; /* owned */
	double interval_seconds;
};

static int wait_ms(void *ctx)
{
	const struct endpoints *p = ctx;
	int64_t next_ms;

	scrape_fd(p->scrape, &next_ms);
	return next_ms < 0 || next_ms > 60000 ? 60000 : (int)next_ms;
}

static size_t fds(void *ctx, struct pollfd *out, size_t most)
{
	const struct endpoints *p = ctx;
	int64_t next_ms;

	if (most == 0)
		return 0;
	out[0] = (struct pollfd){scrape_fd(p->scrape, &next_ms), POLLIN, 0};
	return 1;
}

static bool poll_endpoints(void *ctx, const struct sink *sink)
{
	const struct endpoints *p = ctx;

	return scrape_round(p->scrape, 0, sink);
}

static void poll_now(void *ctx)
{
	const struct endpoints *p = ctx;

	scrape_every(p->scrape, p->interval_seconds);
}

static void set_interval(void *ctx, double seconds)
{
	struct endpoints *p = ctx;

	p->interval_seconds = seconds;
	scrape_every(p->scrape, seconds);
}

static double interval(void *ctx)
{
	const struct endpoints *p = ctx;

	return p->interval_seconds;
}

/* The first endpoint's address, and how many more there are. */
static void describe(void *ctx, struct buf *out)
{
	const struct endpoints *p = ctx;
	size_t count = scrape_targets(p->scrape);

	if (count > 0)
		buf_add(out, str_of(scrape_status(p->scrape, 0)->address));
	else
		buf_add(out, STR("operators of this machine"));
	if (count > 1)
		buf_addf(out, " and %zu more", count - 1);
}

/* Lost only if all endpoints are. */
static void state(void *ctx, struct source_state *out)
{
	const struct endpoints *p = ctx;

	*out = (struct source_state){.condition = SOURCE_CONNECTING};
	for (size_t i = 0; i < scrape_targets(p->scrape); i++) {
		const struct target_status *t = scrape_status(p->scrape, i);

		if (t->page_ms > out->data_ms)
			out->data_ms = t->page_ms;
		if (t->attempts > 0 && t->is_up) {
			out->condition = SOURCE_OKAY;
		} else if (t->attempts > 0 && out->condition == SOURCE_CONNECTING) {
			out->condition = SOURCE_LOST;
			out->error = t->error;
			out->since_ms = t->since_ms;
			out->tries = (unsigned int)t->failures_in_a_row;
		}
	}
	if (out->condition == SOURCE_LOST)
		out->next_try_ms =
			p->clock.now_ms(p->clock.ctx) + scrape_next_ms(p->scrape);
}

/* SIZE_MAX: none of that name. */
static size_t find(const struct endpoints *p, struct str instance)
{
	for (size_t i = 0; i < scrape_targets(p->scrape); i++)
		if (str_eq(str_of(scrape_status(p->scrape, i)->instance), instance))
			return i;
	return SIZE_MAX;
}

static bool page(void *ctx, struct str instance, struct source_page *out)
{
	const struct endpoints *p = ctx;
	size_t i = find(p, instance);

	if (i == SIZE_MAX || scrape_status(p->scrape, i)->page_ms == 0)
		return false;
	out->time_ms = scrape_status(p->scrape, i)->page_ms;
	out->body = scrape_page(p->scrape, i, &out->format);
	return true;
}

static void where(void *ctx, struct str instance, struct buf *out)
{
	const struct endpoints *p = ctx;
	size_t i = find(p, instance);

	if (i != SIZE_MAX)
		buf_add(out, str_of(scrape_status(p->scrape, i)->address));
}

/* ---- what is found ---- */

/* A look at the sockets may end without an answer to wait for. */
#define FIND_MS 20

static void add_closed(const struct endpoints *p, struct buf *out)
{
	const struct discover_closed *c;

	for (size_t i = 0; (c = scrape_closed_at(p->scrape, i)) != NULL; i++)
		buf_addf(out,
			"\n%s is secured: %s.\nIf it is an operator, this opens it: %s\n",
			c->address, c->about, c->remedy);
}

static void hint(void *ctx, struct buf *out)
{
	const struct endpoints *p = ctx;

	if (!scrape_has_looked(p->scrape))
		return;
	if (scrape_targets(p->scrape) > 0) {
		add_closed(p, out);
		return;
	}
	buf_addf(out, "No operator is found yet.\n"
		      "\n"
		      "Tried: " SOURCE_STATE_FOLDER ": it has no pages of the plugin\n"
		      "Tried: GET /metrics on each socket that listens on loopback, of\n"
		      "       processes that you may see: none answers as an operator\n");
	add_closed(p, out);
	buf_addf(out,
		"\n"
		"An operator that starts now is shown. Or type:\n"
		"  operatorstat :8080           an endpoint: a port, HOST:PORT or URL\n"
		"  operatorstat FOLDER          a recording, a state folder\n"
		"  operatorstat unix:PATH       the socket of collectd's unixsock\n"
		"  operatorstat --demo          an operator that is made up\n");
}

static void drop_metric(void *ctx, const struct metric *m)
{
	(void)ctx;
	(void)m;
}

bool source_scrape_find(const struct source *s, const struct log *log, struct err *e)
{
	const struct endpoints *p = s->ctx;
	const struct sink nobody = {.metric = drop_metric};
	const struct discover_closed *c;

	while (!scrape_has_looked(p->scrape))
		scrape_round(p->scrape, FIND_MS, &nobody);
	for (size_t i = 0; (c = scrape_closed_at(p->scrape, i)) != NULL; i++)
		log_emit(log, LOG_LEVEL_WARNING,
			"%s (%s) is secured; if it is an operator, this opens it: %s",
			c->address, c->about, c->remedy);
	scrape_every(p->scrape, p->interval_seconds);
	return scrape_targets(p->scrape) > 0 ||
	       err_set(e, ERR_NOT_FOUND,
		       "no source given; tried: pages in " SOURCE_STATE_FOLDER
		       ", and the sockets of your processes on loopback: no operator; "
		       "give an endpoint (`:8080`), a recording, or unix:PATH");
}

static int64_t now_ms(void *ctx)
{
	const struct endpoints *p = ctx;

	return p->clock.now_ms(p->clock.ctx);
}

static void close_endpoints(void *ctx)
{
	struct endpoints *p = ctx;

	scrape_free(p->scrape);
	free(p);
}

bool source_scrape_open(struct source *s, const struct settings *settings, struct err *e)
{
	struct endpoints *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the endpoints");
	p->clock = clock_system();
	p->interval_seconds = settings_defaults(settings)->interval_seconds;
	if (fetch_global_init(e))
		/* its state says it all */
		p->scrape = scrape_new(settings, &p->clock, NULL, e);
	if (p->scrape == NULL) {
		free(p);
		return false;
	}
	scrape_keep_pages(p->scrape);
	scrape_every(p->scrape, p->interval_seconds);
	*s = (struct source){
		.ctx = p,
		.wait_ms = wait_ms,
		.poll = poll_endpoints,
		.fds = fds,
		.poll_now = poll_now,
		.set_interval = set_interval,
		.interval = interval,
		.describe = describe,
		.state = state,
		.page = page,
		.where = where,
		.hint = hint,
		.now_ms = now_ms,
		.close = close_endpoints,
	};
	return true;
}
