/* A single page, from a file or standard input: one attempt, then it has ended. */
#include <math.h>
#include <stdlib.h>

#include "operatorstat/feeds.h"
#include "operatorstat/operand.h"
#include "operatorstat/source_open.h"

struct reader {
	struct operand operand;      /* its strings are the arguments' */
	struct operand_pages *pages; /* owned */
	struct feeds *feeds;         /* owned */
	struct clock clock;
	struct source_state state;
};

static int wait_ms(void *ctx)
{
	const struct reader *r = ctx;

	return r->state.condition == SOURCE_CONNECTING ? 0 : -1;
}

static bool take_page(struct reader *r, const struct sink *sink)
{
	struct operand_page page;

	if (!operand_next(r->pages, &page, &r->state.error))
		return false;
	struct answer answer = {.time_ms = page.time_ms,
		.status = 200,
		.format = page.format,
		.body = page.body,
		.dns_seconds = (double)NAN,
		.connect_seconds = (double)NAN,
		.tls_seconds = (double)NAN,
		.first_byte_seconds = (double)NAN,
		.transfer_seconds = (double)NAN,
		.certificate_days = (double)NAN,
		.token_days = (double)NAN};

	r->state.data_ms = page.time_ms;
	return feeds_take(r->feeds, page.instance, &answer, sink);
}

static bool poll_page(void *ctx, const struct sink *sink)
{
	struct reader *r = ctx;

	if (r->state.condition != SOURCE_CONNECTING)
		return false;
	r->state.condition = SOURCE_ENDED;
	return take_page(r, sink);
}

static void describe(void *ctx, struct buf *out)
{
	const struct reader *r = ctx;

	buf_addf(out, "%s", r->operand.text);
}

static void state(void *ctx, struct source_state *out)
{
	*out = ((const struct reader *)ctx)->state;
}

static bool page(void *ctx, struct str instance, struct source_page *out)
{
	const struct reader *r = ctx;

	return feeds_page(r->feeds, instance, out);
}

static void where(void *ctx, struct str instance, struct buf *out)
{
	const struct reader *r = ctx;
	struct str name;

	if (feeds_name(r->feeds, instance, &name))
		describe(ctx, out);
}

/* When the page was asked for, or now while there is none. */
static int64_t now_ms(void *ctx)
{
	const struct reader *r = ctx;

	return r->state.data_ms != 0 ? r->state.data_ms : r->clock.now_ms(r->clock.ctx);
}

static void close_page(void *ctx)
{
	struct reader *r = ctx;

	operand_close(r->pages);
	feeds_free(r->feeds);
	free(r);
}

bool source_page_open(struct source *s, const struct operand *operand,
	struct arguments *a, struct err *e)
{
	struct settings *settings = arguments_settings(a);
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the page");
	r->operand = *operand;
	r->clock = clock_system();
	r->pages = operand_open(&r->operand, OPERAND_ALL, settings, arguments_log(a), e);
	if (r->pages != NULL)
		r->feeds = feeds_new(settings_defaults(settings), arguments_log(a));
	if (r->feeds == NULL) {
		if (r->pages != NULL)
			err_set(e, ERR_MEMORY, "no memory for the page");
		close_page(r);
		return false;
	}
	*s = (struct source){.ctx = r,
		.wait_ms = wait_ms,
		.poll = poll_page,
		.describe = describe,
		.state = state,
		.page = page,
		.where = where,
		.now_ms = now_ms,
		.close = close_page};
	return true;
}
