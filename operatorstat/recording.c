#include "operatorstat/recording.h"

#include <stdio.h>

#include "engine/pages.h"
#include "operatorstat/feeds.h"

static bool take(struct feeds *feeds, const struct stored *s, const struct sink *sink,
	struct err *e)
{
	if (s->has_page && !s->known_format) {
		fprintf(stderr, "operatorstat: %s: unknown format: passed over\n",
			s->path);
		return true;
	}
	if (!feeds_take_stored(feeds, s, sink))
		return err_set(e, ERR_MEMORY, "no memory for the recording");
	return true;
}

bool recording_read(const char *folder, const struct options *endpoint,
	const struct log *log, const struct sink *sink, struct err *e)
{
	struct pages *pages = pages_open(folder, e);
	struct feeds *feeds = pages == NULL ? NULL : feeds_new(endpoint, log);
	struct stored s;
	bool done = feeds != NULL;

	if (pages == NULL)
		return false;
	if (feeds == NULL)
		err_set(e, ERR_MEMORY, "no memory for the recording");
	while (done) {
		struct err of_page;

		if (pages_next(pages, &s, &of_page))
			done = take(feeds, &s, sink, e);
		else if (of_page.code == ERR_NONE)
			break;
		else
			fprintf(stderr, "operatorstat: %s\n", of_page.text);
	}
	pages_close(pages);
	feeds_free(feeds);
	return done;
}
