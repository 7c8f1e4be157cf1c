/* An API server that answers lists and watches with any bytes, in any pieces: each time
 * is told in order, nothing is told that is no object, and something is always due.
 * Answers are parted by NUL; the first byte of each says its status, its pieces and
 * whether it was cut.
 *
 * What fetch.h does is done here, so that fetch.c is not linked. */
#include <jansson.h>
#include <string.h>

#include "engine/fetch.h"
#include "engine/kube_watch.h"
#include "engine/settings.h"

#include "tests/fuzz.h"

/* There is one. */
struct fetch_endpoint {
	fetch_answered *answered;
	void *ctx;
	struct fetch_request request;
	bool is_running;
};

struct stage {
	struct fetch_endpoint endpoint;
	int64_t now_ms;
	bool in_list; /* one has begun and is not complete */
};

struct fetch_endpoint *fetch_add(struct fetch *f, const struct options *options,
	fetch_answered *answered, void *ctx)
{
	struct fetch_endpoint *x = &((struct stage *)(void *)f)->endpoint;

	(void)options;
	*x = (struct fetch_endpoint){.answered = answered, .ctx = ctx};
	return x;
}

void fetch_ask(struct fetch_endpoint *x, const struct fetch_request *request)
{
	require(!x->is_running && strncmp(request->address, "http://", 7) == 0);
	x->request = *request;
	x->is_running = true;
}

bool fetch_is_running(const struct fetch_endpoint *x)
{
	return x->is_running;
}

bool fetch_use(struct fetch_endpoint *x, const struct credentials *credentials)
{
	(void)x;
	(void)credentials;
	return true;
}

void fetch_remove(struct fetch_endpoint *x)
{
	(void)x;
}

static int64_t now_ms(void *ctx)
{
	return ((const struct stage *)ctx)->now_ms;
}

static int64_t monotonic_us(void *ctx)
{
	return now_ms(ctx) * 1000;
}

static void take_news(void *ctx, enum kube_news news, const json_t *object)
{
	struct stage *s = ctx;

	switch (news) {
	case KUBE_BEGINS:
		require(object == NULL);
		s->in_list = true;
		break;
	case KUBE_COMPLETE:
		require(object == NULL && s->in_list);
		s->in_list = false;
		break;
	case KUBE_IS:
	case KUBE_GONE:
		require(json_is_object(object));
		break;
	}
}

static void look_at_line(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	require(text[0] != '\0');
}

/* A whole body, or one in pieces. */
static void answer(struct stage *s, uint8_t how, struct str body)
{
	static const int statuses[] = {200, 200, 200, 200, 410, 403, 500, 0};
	static const size_t pieces[] = {1, 3, 64, 100000};
	struct fetch_endpoint *x = &s->endpoint;
	struct answer a = answer_at(s->now_ms);
	size_t piece = pieces[how >> 3 & 3];

	a.status = statuses[how & 7];
	err_ok(&a.error);
	if (a.status == 0)
		err_set(&a.error, ERR_REFUSED, "nothing listens");
	else if ((how & 32) != 0)
		err_set(&a.error, ERR_TRUNCATED, "cut");
	if (x->request.piece == NULL || a.status != 200)
		a.body = body;
	else
		for (; body.len > 0; body.at += piece, body.len -= piece) {
			piece = piece < body.len ? piece : body.len;
			if (x->request.piece(x->ctx, (struct str){body.at, piece}))
				continue;
			err_set(&a.error, ERR_LIMIT, "too long");
			break;
		}
	s->now_ms += (how & 64) != 0 ? 5000 : 10;
	x->is_running = false;
	x->answered(x->ctx, x, &a);
}

static void run(struct stage *s, struct kube_watch *w, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		const uint8_t *nul = memchr(data + at, '\0', size - at);
		size_t len = nul != NULL ? (size_t)(nul - data) - at : size - at;
		int64_t due_us = kube_watch_due_us(w);

		require(due_us != KUBE_WATCH_NEVER);
		if (due_us > s->now_ms * 1000)
			s->now_ms = due_us / 1000 + 1;
		kube_watch_send(w);
		require(s->endpoint.is_running);
		require(kube_watch_due_us(w) == KUBE_WATCH_NEVER);
		if (len > 0)
			answer(s, data[at],
				(struct str){(const char *)data + at + 1, len - 1});
		else
			answer(s, 0, STR(""));
		at += len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct log log = {NULL, look_at_line};
	const struct kube_times times = kube_times_standard();
	struct setting url = {.kind = SETTING_TEXT, .text = "http://127.0.0.1:6443"};
	struct settings *settings = settings_new(SETTINGS_ARGV, &log);
	struct settings_target *t = settings_server(settings, "server");
	struct stage s = {.now_ms = INT64_C(1700000000000)};
	const struct clock clock = {&s, now_ms, monotonic_us};
	const struct kube_collection collection = {
		.what = "pods", .path = "/api/v1/pods", .told = take_news, .ctx = &s};

	require(settings_target_set(t, "Server", &url, 1) &&
		settings_check(settings, 10));
	struct kube_watch *w = kube_watch_new((struct fetch *)(void *)&s,
		settings_target_options(t), &collection, &times, &clock, &log);
	require(w != NULL);
	run(&s, w, data, size);
	kube_watch_free(w);
	settings_free(settings);
	return 0;
}
