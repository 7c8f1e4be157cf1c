#include <math.h>
#include <stdlib.h>

#include "engine/answer.h"
#include "operatorstat/demo.h"
#include "operatorstat/feeds.h"
#include "operatorstat/source.h"

/* What has already been when somebody begins to look. */
#define PAST_SECONDS INT64_C(600)

/* A page takes some 20 kB. */
#define PAGE_BYTES ((size_t)1 << 20)

struct made_up {
	struct clock clock;
	struct demo *demo;   /* owned */
	struct feeds *feeds; /* owned */
	struct buf page;
	double interval_seconds;
	int64_t second_ms; /* the demo's present */
	int64_t due_ms;    /* of the next pages */
};

static int64_t wall_ms(const struct made_up *m)
{
	return m->clock.now_ms(m->clock.ctx);
}

static struct answer answer_of(const struct made_up *m, bool is_up)
{
	struct answer a = {
		.time_ms = m->second_ms,
		.status = is_up ? 200 : 0,
		.duration_seconds = 0.004,
		.content_type = STR("text/plain; version=0.0.4"),
		.format = EXPO_TEXT,
		.body = is_up ? buf_str(&m->page) : STR(""),
		.dns_seconds = NAN,
		.connect_seconds = NAN,
		.tls_seconds = NAN,
		.first_byte_seconds = NAN,
		.transfer_seconds = NAN,
		.certificate_days = NAN,
		.token_days = NAN,
	};

	if (!is_up)
		err_set(&a.error, ERR_REFUSED, "connection refused");
	return a;
}

/* Pages for which there is no memory are lost, as those of a network may be. */
static bool take_pages(struct made_up *m, const struct sink *sink)
{
	bool came = false;

	for (size_t i = 0; i < demo_operators(m->demo); i++) {
		buf_reset(&m->page);
		struct answer a = answer_of(m, demo_page(m->demo, i, &m->page));

		came |= feeds_take(m->feeds, str_of(demo_name(m->demo, i)), &a, sink);
	}
	return came;
}

static bool poll_demo(void *ctx, const struct sink *sink)
{
	struct made_up *m = ctx;
	bool came = false;

	while (m->second_ms + 1000 <= wall_ms(m)) {
		demo_second(m->demo);
		m->second_ms += 1000;
		if (m->second_ms < m->due_ms)
			continue;
		came |= take_pages(m, sink);
		m->due_ms = m->second_ms + (int64_t)(m->interval_seconds * 1000);
	}
	return came;
}

static int wait_ms(void *ctx)
{
	const struct made_up *m = ctx;
	int64_t wait = m->second_ms + 1000 - wall_ms(m);

	return wait < 0 ? 0 : wait > 1000 ? 1000 : (int)wait;
}

static void poll_now(void *ctx)
{
	struct made_up *m = ctx;

	m->due_ms = 0;
}

static void set_interval(void *ctx, double seconds)
{
	struct made_up *m = ctx;

	m->interval_seconds = seconds < 1 ? 1 : seconds;
}

static double interval(void *ctx)
{
	const struct made_up *m = ctx;

	return m->interval_seconds;
}

static void describe(void *ctx, struct buf *out)
{
	(void)ctx;
	buf_add(out, STR("demo"));
}

static void state(void *ctx, struct source_state *out)
{
	const struct made_up *m = ctx;

	*out = (struct source_state){.condition = SOURCE_OKAY, .data_ms = m->second_ms};
}

static bool page(void *ctx, struct str instance, struct source_page *out)
{
	const struct made_up *m = ctx;

	return feeds_page(m->feeds, instance, out);
}

static int64_t now_ms(void *ctx)
{
	return wall_ms(ctx);
}

static void close_demo(void *ctx)
{
	struct made_up *m = ctx;

	demo_free(m->demo);
	feeds_free(m->feeds);
	buf_free(&m->page);
	free(m);
}

bool source_demo_open(struct source *s, uint64_t seed, const struct options *endpoint,
	struct clock clock, struct err *e)
{
	struct made_up *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the demo");
	m->clock = clock;
	m->interval_seconds = 1;
	m->second_ms = wall_ms(m) / 1000 * 1000 - PAST_SECONDS * 1000;
	m->demo = demo_new(seed, m->second_ms);
	m->feeds = feeds_new(endpoint, NULL);
	buf_init(&m->page, PAGE_BYTES);
	if (m->demo == NULL || m->feeds == NULL) {
		close_demo(m);
		return err_set(e, ERR_MEMORY, "no memory for the demo");
	}
	*s = (struct source){
		.ctx = m,
		.wait_ms = wait_ms,
		.poll = poll_demo,
		.poll_now = poll_now,
		.set_interval = set_interval,
		.interval = interval,
		.describe = describe,
		.state = state,
		.page = page,
		.now_ms = now_ms,
		.close = close_demo,
	};
	return true;
}
