#include "operatorstat/feeds.h"

#include <math.h>
#include <stdlib.h>

#include "engine/buf.h"
#include "engine/naming.h"
#include "engine/normalize.h"

struct feed {
	struct options options;
	char *name;     /* owned, terminated */
	char *instance; /* owned */
	struct normalize *normalize;
	int64_t newest_ms;
	int64_t page_ms; /* of normalize_page() */
};

struct feeds {
	struct options options; /* of every endpoint, but for its name */
	const struct log *log;
	struct feed **at; /* owned array of owned */
	size_t count;
};

struct feeds *feeds_new(const struct options *options, const struct log *log)
{
	struct feeds *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->options = *options;
	f->log = log;
	return f;
}

static void feed_free(struct feed *feed)
{
	if (feed == NULL)
		return;
	normalize_free(feed->normalize);
	free(feed->name);
	free(feed->instance);
	free(feed);
}

static char *named(struct str name, bool as_instance)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	if (as_instance)
		name_add_instance(&b, name);
	else
		buf_add(&b, name);
	return buf_take(&b);
}

static struct feed *feed_new(const struct feeds *f, struct str name)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	feed->name = named(name, false);
	feed->instance = named(name, true);
	feed->options = f->options;
	feed->options.name = feed->name;
	feed->options.instance = feed->instance;
	feed->newest_ms = INT64_MIN;
	if (feed->name != NULL && feed->instance != NULL)
		feed->normalize = normalize_new(&feed->options, NULL, f->log);
	if (feed->normalize == NULL) {
		feed_free(feed);
		return NULL;
	}
	normalize_keep_pages(feed->normalize);
	return feed;
}

static struct feed *find(const struct feeds *f, struct str name)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(str_of(f->at[i]->name), name))
			return f->at[i];
	return NULL;
}

static struct feed *find_instance(const struct feeds *f, struct str instance)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(str_of(f->at[i]->instance), instance))
			return f->at[i];
	return NULL;
}

static struct feed *feed_of(struct feeds *f, struct str name)
{
	struct feed *feed = find(f, name);

	if (feed != NULL)
		return feed;
	struct feed **at = reallocarray(f->at, f->count + 1, sizeof(struct feed *));

	if (at == NULL)
		return NULL;
	f->at = at;
	feed = feed_new(f, name);
	if (feed != NULL)
		f->at[f->count++] = feed;
	return feed;
}

bool feeds_take(
	struct feeds *f, struct str name, const struct answer *a, const struct sink *sink)
{
	struct feed *feed = feed_of(f, name);

	if (feed == NULL)
		return false;
	if (normalize_run(feed->normalize, a, sink))
		feed->page_ms = a->time_ms;
	feed->newest_ms = a->time_ms;
	return true;
}

bool feeds_take_stored(struct feeds *f, const struct stored *s, const struct sink *sink)
{
	struct answer a = pages_answer(s);

	return feeds_take(f, s->instance, &a, sink);
}

bool feeds_name(const struct feeds *f, struct str instance, struct str *name)
{
	const struct feed *feed = find_instance(f, instance);

	if (feed != NULL)
		*name = str_of(feed->name);
	return feed != NULL;
}

bool feeds_page(const struct feeds *f, struct str instance, struct source_page *page)
{
	const struct feed *feed = find_instance(f, instance);

	if (feed == NULL || feed->page_ms == 0)
		return false;
	page->time_ms = feed->page_ms;
	page->body = normalize_page(feed->normalize, &page->format);
	return true;
}

struct normalize *feeds_normalize(const struct feeds *f, struct str name)
{
	const struct feed *feed = find(f, name);

	return feed == NULL ? NULL : feed->normalize;
}

int64_t feeds_newest_ms(const struct feeds *f, struct str name)
{
	const struct feed *feed = find(f, name);

	return feed == NULL ? INT64_MIN : feed->newest_ms;
}

void feeds_free(struct feeds *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		feed_free(f->at[i]);
	free(f->at);
	free(f);
}
