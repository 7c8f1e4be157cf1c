#include "engine/probe.h"

#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/str.h"

/* For one request. */
#define TIMEOUT_MS 2000

/* Who sends more to a stranger is no operator. */
#define PAGE_LIMIT (16 << 20)

#define ARENA_CEILING ((size_t)64 << 20)

struct probe {
	struct fetch *fetch;         /* borrowed */
	const struct options *block; /* borrowed */
	struct probe_where where;    /* its texts are the arena's */
	struct arena *arena;         /* owned */
	struct options options;      /* of the request */
	const char *url;             /* the arena's */
	struct fetch_endpoint *endpoint;
	/* how it is asked */
	bool is_tls;
	bool has_credentials;
	/* what was answered */
	bool is_answered;
	bool is_operator;
	bool wants_tls;
	struct err error;
	bool has_ended;
	enum probe_verdict verdict;
};

/* ---- what a page is ---- */

static bool is_sign(struct str name)
{
	static const struct str signs[] = {{"controller_runtime_", 19},
		{"workqueue_", 10}, {"certwatcher_", 12}, {"leader_election_", 16},
		{"rest_client_", 12}};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (str_starts(name, signs[i]))
			return true;
	return false;
}

bool probe_is_operator(const struct answer *answer)
{
	struct arena *arena = arena_new(ARENA_CEILING);
	struct expo x;
	struct expo_entry entry;
	bool is_one = false;

	if (arena == NULL || answer->error.code != ERR_NONE) {
		arena_free(arena);
		return false;
	}
	expo_init(&x, answer->format, answer->body, arena);
	while (!is_one && expo_next(&x, &entry))
		is_one = (entry.kind == EXPO_SAMPLE || entry.kind == EXPO_NATIVE) &&
			 is_sign(entry.name);
	arena_free(arena);
	return is_one;
}

/* What a server in Go says to who speaks HTTP to it. */
static bool wants_tls(const struct answer *answer)
{
	static const char text[] = "HTTPS server";

	return answer->status == 400 && answer->body.len > 0 &&
	       memmem(answer->body.at, answer->body.len, text, strlen(text)) != NULL;
}

static void answered(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct probe *p = ctx;

	(void)x;
	p->is_answered = true;
	p->error = answer->error;
	p->wants_tls = wants_tls(answer);
	p->is_operator = probe_is_operator(answer);
}

/* ---- asking ---- */

static bool block_has_credentials(const struct options *o)
{
	return o->bearer_token != NULL || o->bearer_token_file != NULL ||
	       o->user != NULL || o->headers.count > 0 || o->client_cert != NULL;
}

static void leave_out_credentials(struct options *o)
{
	o->bearer_token = NULL;
	o->bearer_token_file = NULL;
	o->user = NULL;
	o->password = NULL;
	o->password_file = NULL;
	o->headers = (struct option_list){0};
	o->client_cert = NULL;
	o->client_key = NULL;
}

static bool set_url(struct probe *p)
{
	const struct probe_where *w = &p->where;
	struct buf text;

	buf_init(&text, 1024);
	if (w->path != NULL)
		buf_addf(&text, "unix://%s", w->path);
	else
		buf_addf(&text, "%s://%s:%d/metrics", p->is_tls ? "https" : "http",
			w->host, w->port);
	bool done = buf_ok(&text) &&
		    url_read(p->arena, buf_str(&text), &p->options.url, NULL);
	p->url = arena_copy(p->arena, buf_str(&text)).at;
	buf_free(&text);
	return done && p->url != NULL;
}

static int64_t at_most(int64_t ms, int64_t most_ms)
{
	return ms < most_ms ? ms : most_ms;
}

static bool ask(struct probe *p)
{
	fetch_remove(p->endpoint);
	p->endpoint = NULL;
	p->options = *p->block;
	p->options.name = "what is found";
	p->options.timeout_ms = at_most(p->block->timeout_ms, TIMEOUT_MS);
	p->options.connect_timeout_ms = p->options.timeout_ms;
	p->options.proxy = NULL;
	p->options.follow_redirects = false;
	if (p->options.max_page_bytes > PAGE_LIMIT)
		p->options.max_page_bytes = PAGE_LIMIT;
	if (!p->has_credentials)
		leave_out_credentials(&p->options);
	if (!set_url(p))
		return false;
	p->endpoint = fetch_add(p->fetch, &p->options, answered, p);
	if (p->endpoint == NULL)
		return false;
	p->is_answered = false;
	fetch_start(p->endpoint);
	return true;
}

static bool end(struct probe *p, enum probe_verdict verdict)
{
	p->verdict = verdict;
	p->has_ended = true;
	return true;
}

/* Once more as it is set up now. */
static bool again(struct probe *p)
{
	return !ask(p) && end(p, PROBE_OTHER);
}

struct probe *probe_new(
	struct fetch *fetch, const struct options *block, const struct probe_where *where)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->arena = arena_new(ARENA_CEILING)) == NULL) {
		free(p);
		return NULL;
	}
	p->fetch = fetch;
	p->block = block;
	p->where = *where;
	if (where->host != NULL)
		p->where.host = arena_copy(p->arena, str_of(where->host)).at;
	if (where->path != NULL)
		p->where.path = arena_copy(p->arena, str_of(where->path)).at;
	bool is_copied = p->where.host != NULL || p->where.path != NULL;
	if (!is_copied || !ask(p))
		(void)end(p, PROBE_OTHER);
	return p;
}

/* ---- what follows from an answer ---- */

/* A certificate that was verified shows whom we talk to. */
static bool may_have_credentials(const struct probe *p)
{
	const struct options *o = p->block;

	return p->where.is_trusted ||
	       (p->is_tls && ((o->verify_peer && o->verify_host) ||
				     o->pinned_public_key != NULL));
}

static bool go_to_tls(struct probe *p)
{
	p->is_tls = true;
	p->has_credentials = block_has_credentials(p->block) && may_have_credentials(p);
	return again(p);
}

static bool denied(struct probe *p)
{
	if (p->has_credentials)
		return end(p, PROBE_NEEDS_OTHERS);
	if (!block_has_credentials(p->block))
		return end(p, PROBE_NEEDS_CREDENTIALS);
	if (!may_have_credentials(p))
		return end(p, PROBE_NEEDS_TRUST);
	p->has_credentials = true;
	return again(p);
}

bool probe_is_due(const struct probe *p)
{
	return p->has_ended || p->is_answered;
}

bool probe_go_on(struct probe *p)
{
	if (p->has_ended || !p->is_answered)
		return p->has_ended;
	p->is_answered = false;
	if (p->is_operator)
		return end(p, PROBE_OPERATOR);
	if (p->error.code == ERR_REFUSED && p->where.next_host != NULL) {
		p->where.host = p->where.next_host;
		p->where.next_host = NULL;
		return again(p);
	}
	if (p->wants_tls && !p->is_tls && p->where.path == NULL)
		return go_to_tls(p);
	if (p->error.code == ERR_AUTH)
		return denied(p);
	if (p->error.code == ERR_TLS)
		return end(p,
			p->block->verify_peer ? PROBE_NEEDS_CA : PROBE_NEEDS_CERTIFICATE);
	return end(p, PROBE_OTHER);
}

enum probe_verdict probe_verdict(const struct probe *p)
{
	return p->verdict;
}

const char *probe_url(const struct probe *p)
{
	return p->url;
}

bool probe_used_credentials(const struct probe *p)
{
	return p->has_credentials;
}

const char *probe_why(const struct probe *p)
{
	return p->error.text;
}

void probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	fetch_remove(p->endpoint);
	arena_free(p->arena);
	free(p);
}
