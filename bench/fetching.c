/* fetching INTERVAL_MS URL...: fetches each page once an interval, spread over it, and
 * does nothing with it: what HTTP alone costs an agent. Runs until killed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/settings.h"

struct fetching {
	struct fetch_endpoint **endpoint;
	size_t count;
	struct buf kept; /* as whoever reads pages keeps one */
};

static void write_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "fetching: %s\n", text);
}

static void answered(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct fetching *f = ctx;

	(void)x;
	if (answer->error.code != ERR_NONE)
		fprintf(stderr, "fetching: %s\n", answer->error.text);
	buf_exchange(answer->holder, &f->kept);
}

static struct settings *settings_of(const struct log *log, char **urls, int count)
{
	struct settings *s = settings_new(SETTINGS_ARGV, log);
	struct setting text = {.kind = SETTING_TEXT, .text = "text"};
	char name[32];

	if (s == NULL || !settings_set(s, "Format", &text, 1))
		return NULL;
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "endpoint-%04d", i);
		text.text = urls[i];
		if (!settings_target_set(settings_target(s, name), "URL", &text, 1))
			return NULL;
	}
	return settings_check(s, 1) ? s : NULL;
}

static _Noreturn void run(
	struct fetch *fetch, const struct fetching *f, int64_t interval_ms)
{
	struct clock clock = clock_system();
	int64_t begin_us = clock.monotonic_us(clock.ctx);
	size_t started = 0;

	for (;;) {
		int64_t due_us = begin_us + (int64_t)started * interval_ms * 1000 /
						    (int64_t)f->count;
		int64_t left_us = due_us - clock.monotonic_us(clock.ctx);
		struct fetch_endpoint *x = f->endpoint[started % f->count];

		if (left_us <= 0 && !fetch_is_running(x)) {
			fetch_start(x);
			started++;
			continue;
		}
		fetch_run(fetch, left_us > 0 ? (left_us + 999) / 1000 : 0);
	}
}

int main(int argc, char **argv)
{
	static const struct log log = {NULL, write_log};
	struct clock clock = clock_system();
	struct err e;

	if (argc < 3) {
		fprintf(stderr, "usage: fetching INTERVAL_MS URL...\n");
		return 64;
	}
	struct settings *settings = settings_of(&log, argv + 2, argc - 2);
	struct fetching f = {.count = (size_t)argc - 2};
	buf_init(&f.kept, SIZE_MAX);
	f.endpoint = calloc(f.count, sizeof(struct fetch_endpoint *));
	if (settings == NULL || f.endpoint == NULL || !fetch_global_init(&e))
		return 1;
	struct fetch *fetch = fetch_new(&clock, &log);
	for (size_t i = 0; fetch != NULL && i < f.count; i++) {
		f.endpoint[i] =
			fetch_add(fetch, settings_target_at(settings, i), answered, &f);
		if (f.endpoint[i] == NULL)
			return 1;
	}
	if (fetch == NULL)
		return 1;
	run(fetch, &f, strtol(argv[1], NULL, 10));
}
