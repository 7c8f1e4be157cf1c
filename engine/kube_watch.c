#include "engine/kube_watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/kube.h"

/* Objects of one page of a list; halved while a page is larger than MaxPageSize. */
#define PAGE_LIMIT 500

/* A line of a watch at most: the largest object has 1.4 MB, annotations a quarter. */
#define LINE_LIMIT ((size_t)4 << 20)

/* Bytes of a resourceVersion or of a continue token at most; both are opaque. */
#define TOKEN_LIMIT 4096

/* A watch that ends sooner has done nothing, whoever ended it. */
#define SHORT_US 1000000

#define AS(form) "application/json;as=" form ";v=v1;g=meta.k8s.io,application/json"

enum step { LIST, WATCH };

struct kube_watch {
	const struct options *options;            /* borrowed */
	const struct kube_collection *collection; /* borrowed */
	struct kube_times times;
	struct clock clock;
	const struct log *log;           /* borrowed */
	struct fetch_endpoint *endpoint; /* owned */
	enum step step;                  /* that is running, or comes next */
	int64_t due_us;
	int64_t pause_ms;    /* after the next failure */
	size_t page_objects; /* of one page of a list */
	struct buf address;
	struct buf version;   /* resourceVersion */
	struct buf continues; /* the token of the next page; empty: the first */
	struct buf line;      /* of a watch, as far as it has come */
	int64_t began_us;     /* the watch that is running */
	bool has_lines;       /* it has had one */
	bool is_expired;      /* it was said that a new list is needed */
	bool has_listed;
	struct err trouble; /* that the watch's own lines told of */
	struct complaint complaint;
};

struct kube_times kube_times_standard(void)
{
	return (struct kube_times){.pause_ms = 1000,
		.pause_most_ms = 60000,
		.watch_seconds = 240,
		.silence_ms = 15000};
}

static int64_t now_us(const struct kube_watch *w)
{
	return w->clock.monotonic_us(w->clock.ctx);
}

static void tell(const struct kube_watch *w, enum kube_news news, const json_t *object)
{
	w->collection->told(w->collection->ctx, news, object);
}

static bool keep(struct buf *out, struct str text)
{
	buf_reset(out);
	buf_add(out, text);
	return buf_ok(out);
}

/* ---- what comes next ---- */

static void go_on(struct kube_watch *w, enum step step, int64_t pause_ms)
{
	w->step = step;
	w->due_us = now_us(w) + pause_ms * 1000;
}

static void list_anew(struct kube_watch *w, int64_t pause_ms)
{
	buf_reset(&w->continues);
	go_on(w, LIST, pause_ms);
}

static int64_t next_pause(struct kube_watch *w)
{
	int64_t pause_ms = w->pause_ms;

	w->pause_ms *= 2;
	if (w->pause_ms > w->times.pause_most_ms)
		w->pause_ms = w->times.pause_most_ms;
	return pause_ms;
}

/* A list is begun anew, a watch resumed. */
static void fail(struct kube_watch *w, const struct err *why)
{
	int64_t pause_ms = next_pause(w);

	log_complain(w->log, &w->complaint, w->clock.now_ms(w->clock.ctx),
		LOG_LEVEL_WARNING, "Kubernetes at %s, %s: %s: %s",
		w->options->url.authority, w->collection->what,
		w->step == LIST ? "list" : "watch", why->text);
	if (w->step == LIST)
		list_anew(w, pause_ms);
	else
		go_on(w, WATCH, pause_ms);
}

static void succeed(struct kube_watch *w)
{
	w->pause_ms = w->times.pause_ms;
	log_recovered(w->log, &w->complaint, w->clock.now_ms(w->clock.ctx),
		"Kubernetes at %s, %s: answers again", w->options->url.authority,
		w->collection->what);
}

/* ---- lists ---- */

static void tell_items(const struct kube_watch *w, const json_t *items)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		if (json_is_object(item))
			tell(w, KUBE_IS, item);
	}
}

/* All pages of a list have one resourceVersion. */
static bool take_page(struct kube_watch *w, const json_t *page, struct err *e)
{
	const json_t *items = json_object_get(page, "items");
	struct str version = kube_text(page, "metadata", "resourceVersion", NULL);
	struct str continues = kube_text(page, "metadata", "continue", NULL);

	/* of no objects at all: null */
	if ((!json_is_array(items) && !json_is_null(items)) || version.len == 0)
		return err_set(
			e, ERR_SYNTAX, "the answer is no list: is it an API server?");
	if (w->continues.len == 0)
		tell(w, KUBE_BEGINS, NULL);
	tell_items(w, items);
	if (!keep(&w->version, version) || !keep(&w->continues, continues))
		return err_set(e, ERR_LIMIT, "a token of the list is too long");
	if (continues.len > 0) {
		go_on(w, LIST, 0);
		return true;
	}
	w->has_listed = true;
	tell(w, KUBE_COMPLETE, NULL);
	succeed(w);
	go_on(w, WATCH, 0);
	return true;
}

static bool read_page(struct kube_watch *w, const struct answer *answer, struct err *e)
{
	json_error_t where;
	json_t *page = json_loadb(answer->body.len > 0 ? answer->body.at : "",
		answer->body.len, JSON_ALLOW_NUL, &where);
	bool done = page == NULL ? err_set(e, ERR_SYNTAX, "no JSON: %s", where.text)
				 : take_page(w, page, e);

	json_decref(page);
	return done;
}

static void end_list(struct kube_watch *w, const struct answer *answer)
{
	struct err why;
	bool is_too_large = answer->error.code == ERR_LIMIT;

	if (is_too_large && w->page_objects > 1) {
		w->page_objects /= 2;
		go_on(w, LIST, 0);
		return;
	}
	/* the token of the next page is too old */
	if (answer->status == 410 && w->continues.len > 0) {
		list_anew(w, next_pause(w));
		return;
	}
	if (!kube_judge(answer, NULL, &why) || !read_page(w, answer, &why))
		fail(w, &why);
}

/* ---- watches ---- */

static void take_error(struct kube_watch *w, const json_t *status)
{
	json_int_t code = json_integer_value(json_object_get(status, "code"));

	w->is_expired = true;
	if (code != 410)
		err_set(&w->trouble, ERR_STATUS, "status %" JSON_INTEGER_FORMAT ": %.*s",
			code, STR_ARG(kube_message(status)));
}

/* Types that are not known yet are passed over. */
static void take_event(struct kube_watch *w, const json_t *event)
{
	struct str type = kube_text(event, "type", NULL);
	const json_t *object = json_object_get(event, "object");
	struct str version = kube_text(object, "metadata", "resourceVersion", NULL);

	if (str_eq(type, STR("ERROR"))) {
		take_error(w, object);
		return;
	}
	if (version.len == 0 || !keep(&w->version, version)) {
		w->is_expired = true;
		return;
	}
	if (str_eq(type, STR("ADDED")) || str_eq(type, STR("MODIFIED")))
		tell(w, KUBE_IS, object);
	else if (str_eq(type, STR("DELETED")))
		tell(w, KUBE_GONE, object);
}

static void take_line(struct kube_watch *w, struct str line)
{
	json_t *event = json_loadb(line.at, line.len, JSON_ALLOW_NUL, NULL);

	w->has_lines = true;
	if (json_is_object(event))
		take_event(w, event);
	else
		w->is_expired = true;
	json_decref(event);
}

/* Chunks are not lines. */
static bool take_piece(void *ctx, struct str bytes)
{
	struct kube_watch *w = ctx;

	while (bytes.len > 0) {
		const char *end = memchr(bytes.at, '\n', bytes.len);
		size_t len = end == NULL ? bytes.len : (size_t)(end - bytes.at);

		buf_add(&w->line, (struct str){bytes.at, len});
		if (!buf_ok(&w->line))
			return false;
		if (end == NULL)
			return true;
		if (w->line.len > 0)
			take_line(w, buf_str(&w->line));
		buf_reset(&w->line);
		bytes = (struct str){end + 1, bytes.len - len - 1};
	}
	return true;
}

/* How it ended matters less than what it said. A watch is over when its time is, which is
 * no failure, and neither is a server that went down in its midst: it is resumed, and if
 * the server is not back, that is one. */
static void end_watch(struct kube_watch *w, const struct answer *answer)
{
	bool was_short = now_us(w) - w->began_us < SHORT_US;
	struct err why;

	if (answer->status != 200 && !kube_judge(answer, NULL, &why)) {
		if (answer->status == 410)
			list_anew(w, next_pause(w));
		else
			fail(w, &why);
		return;
	}
	if (w->trouble.code != ERR_NONE)
		fail(w, &w->trouble);
	else if (w->has_lines)
		succeed(w);
	int64_t pause_ms = was_short || w->trouble.code != ERR_NONE ? next_pause(w) : 0;

	if (w->is_expired || !w->has_lines || answer->error.code == ERR_LIMIT)
		list_anew(w, pause_ms);
	else
		go_on(w, WATCH, pause_ms);
}

/* ---- asking ---- */

static void answered(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct kube_watch *w = ctx;

	(void)x;
	if (w->step == LIST)
		end_list(w, answer);
	else
		end_watch(w, answer);
}

static void add_parameter(struct kube_watch *w, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	buf_addc(&w->address,
		memchr(w->address.at, '?', w->address.len) == NULL ? '?' : '&');
	buf_addf(&w->address, "%s=", name);
	kube_add_escaped(&w->address, value);
}

/* Kept terminated behind their end, for add_parameter(). */
static const char *text_of(struct buf *b)
{
	char *end = buf_reserve(b, 1);

	if (end == NULL)
		return NULL;
	*end = '\0';
	return b->at;
}

static void add_number(struct kube_watch *w, const char *name, int64_t number)
{
	buf_addf(&w->address, "&%s=%" PRId64, name, number);
}

static void make_address(struct kube_watch *w)
{
	const struct kube_collection *c = w->collection;

	buf_reset(&w->address);
	kube_add_address(&w->address, w->options, c->path);
	buf_addf(&w->address, "?%s", w->step == WATCH ? "watch=1" : "");
	if (w->step == WATCH) {
		add_parameter(w, "resourceVersion", text_of(&w->version));
		add_number(w, "timeoutSeconds", w->times.watch_seconds);
		add_parameter(w, "allowWatchBookmarks", "true");
	} else {
		buf_addf(&w->address, "limit=%zu", w->page_objects);
		add_parameter(w, "continue", text_of(&w->continues));
	}
	add_parameter(w, "labelSelector", c->label_selector);
	add_parameter(w, "fieldSelector", c->field_selector);
	buf_addc(&w->address, '\0');
}

static const char *accept_of(const struct kube_watch *w)
{
	if (!w->collection->metadata_only)
		return "application/json";
	/* the form of a list is taken for a watch, which then ends at once */
	return w->step == LIST ? AS("PartialObjectMetadataList")
			       : AS("PartialObjectMetadata");
}

static void ask(struct kube_watch *w)
{
	struct fetch_request request = {
		.accept = accept_of(w), .timeout_ms = w->options->timeout_ms};

	make_address(w);
	request.address = buf_ok(&w->address) ? w->address.at : "http://";
	if (w->step == WATCH) {
		request.piece = take_piece;
		request.timeout_ms = w->times.watch_seconds * 1000 + w->times.silence_ms;
	}
	buf_reset(&w->line);
	w->has_lines = false;
	w->is_expired = false;
	err_ok(&w->trouble);
	w->began_us = now_us(w);
	fetch_ask(w->endpoint, &request);
}

void kube_watch_send(struct kube_watch *w)
{
	if (!fetch_is_running(w->endpoint) && now_us(w) >= w->due_us)
		ask(w);
}

int64_t kube_watch_due_us(const struct kube_watch *w)
{
	return fetch_is_running(w->endpoint) ? KUBE_WATCH_NEVER : w->due_us;
}

bool kube_watch_has_listed(const struct kube_watch *w)
{
	return w->has_listed;
}

struct kube_watch *kube_watch_new(struct fetch *f, const struct options *options,
	const struct kube_collection *collection, const struct kube_times *times,
	const struct clock *clock, const struct log *log)
{
	struct kube_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->options = options;
	w->collection = collection;
	w->times = *times;
	w->pause_ms = times->pause_ms;
	w->page_objects = PAGE_LIMIT;
	w->clock = *clock;
	w->log = log;
	buf_init(&w->address, KUBE_ADDRESS_LIMIT);
	buf_init(&w->version, TOKEN_LIMIT);
	buf_init(&w->continues, TOKEN_LIMIT);
	buf_init(&w->line, LINE_LIMIT);
	w->endpoint = fetch_add(f, options, answered, w);
	if (w->endpoint != NULL)
		return w;
	kube_watch_free(w);
	return NULL;
}

void kube_watch_free(struct kube_watch *w)
{
	if (w == NULL)
		return;
	fetch_remove(w->endpoint);
	buf_free(&w->address);
	buf_free(&w->version);
	buf_free(&w->continues);
	buf_free(&w->line);
	free(w);
}
