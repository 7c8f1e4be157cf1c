/* Any bytes as the answers of one endpoint, one after the other: form feeds part them,
 * and the first byte of each tells its format and how many seconds it comes after the one
 * before. What is sent of them must be what a writer can take: no value twice for one
 * time, none earlier than the one before, NaN only behind a number. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/index.h"
#include "engine/log.h"
#include "engine/normalize.h"
#include "engine/settings.h"

#include "tests/fuzz.h"

#define VALUE_LIMIT 4096

/* What was sent last of an identifier. */
struct sent {
	uint64_t hash;
	int64_t time_ms;
	bool has_value;
};

struct writer {
	struct sent sent[VALUE_LIMIT];
	size_t count;
	struct index index;
};

static uint64_t hash_of(const void *ctx, uint32_t place)
{
	return ((const struct writer *)ctx)->sent[place].hash;
}

/* NULL: more than can be followed here. */
static struct sent *sent_of(struct writer *w, const struct metric *m)
{
	uint64_t hash = str_hash(m->type) * 31 ^ str_hash(m->type_instance);
	uint32_t place;

	if (index_find(&w->index, hash_of, w, hash, &place))
		return &w->sent[place];
	if (w->count == VALUE_LIMIT)
		return NULL;
	w->sent[w->count] = (struct sent){.hash = hash, .time_ms = INT64_MIN};
	require(index_put(&w->index, hash_of, w, (uint32_t)w->count));
	return &w->sent[w->count++];
}

static void take_metric(void *ctx, const struct metric *m)
{
	struct sent *last = sent_of(ctx, m);
	bool has_value = m->kind == METRIC_DERIVE || !isnan(m->gauge);

	if (last == NULL)
		return;
	require(m->time_ms > last->time_ms);
	require(has_value || last->has_value);
	last->time_ms = m->time_ms;
	last->has_value = has_value;
}

static void take_event(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static void take_end(void *ctx, const struct attempt *a)
{
	(void)ctx;
	(void)a;
}

static void ignore(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static void set(struct settings *settings, const char *option, const char *value)
{
	struct setting v = {.kind = SETTING_TEXT, .text = value};

	require(settings_set(settings, option, &v, 1));
}

static const struct options *options_of(struct settings *settings)
{
	struct setting url = {.kind = SETTING_TEXT, .text = "8080"};

	set(settings, "Buckets", "true");
	set(settings, "Family", "*");
	require(settings_target_set(settings_target(settings, "a"), "URL", &url, 1));
	require(settings_check(settings, 10));
	return settings_target_at(settings, 0);
}

static void run(struct normalize *n, struct str answers, const struct sink *sink)
{
	static const enum expo_format formats[] = {
		EXPO_TEXT, EXPO_TEXT, EXPO_OPENMETRICS, EXPO_PROTOBUF};
	int64_t time_ms = 1700000000000;

	while (answers.len > 0) {
		const char *end = memchr(answers.at, '\f', answers.len);
		size_t len = end != NULL ? (size_t)(end - answers.at) : answers.len;
		unsigned head = (unsigned char)answers.at[0];
		struct answer a = answer_at(time_ms);

		if (len == 0) {
			err_set(&a.error, ERR_REFUSED, "nothing listens");
		} else {
			a.status = 200;
			a.format = formats[head & 3];
			a.body = (struct str){answers.at + 1, len - 1};
		}
		normalize_run(n, &a, sink);
		time_ms += 1 + (head >> 2) * 8000;
		len += end != NULL;
		answers = (struct str){answers.at + len, answers.len - len};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	struct log log = {.write = ignore};
	struct settings *settings = settings_new(SETTINGS_COLLECTD, &log);
	struct sink sink = {.ctx = writer,
		.metric = take_metric,
		.event = take_event,
		.end = take_end};

	require(writer != NULL && settings != NULL);
	struct normalize *n = normalize_new(options_of(settings), NULL, NULL);

	require(n != NULL);
	run(n, (struct str){(const char *)data, size}, &sink);
	normalize_free(n);
	settings_free(settings);
	index_free(&writer->index);
	free(writer);
	return 0;
}
