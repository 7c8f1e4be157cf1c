#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/pages.h"
#include "operatorstat/feeds.h"
#include "operatorstat/source.h"

/* How often a state folder is looked at. */
#define LOOK_MS INT64_C(500)

struct player {
	struct source_pages_options options;
	char *folder; /* owned */
	bool is_state_folder;
	struct feeds *feeds;
	struct pages *pages; /* NULL: all was read */
	struct stored next;  /* the attempt that is not due yet */
	bool has_next;
	int64_t newest_ms; /* of what was played; 0: nothing yet */
	int64_t base_ms;   /* where the recording was at base_us */
	int64_t base_us;
	int64_t look_us;         /* a state folder: when to look again */
	struct timespec changed; /* a state folder: what changed last when it was read */
	struct source_state state;
};

/* ---- what a folder holds ---- */

struct walk {
	size_t most_pages;       /* that one folder holds */
	struct timespec changed; /* the latest change of a folder or status file */
};

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static void note_change(struct walk *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && is_later(st.st_mtim, w->changed))
		w->changed = st.st_mtim;
}

static void join(char *out, const char *folder, const char *name)
{
	snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

static void walk_folder(const char *folder, struct walk *w)
{
	char path[PATH_MAX];
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct str suffix;
	int64_t time_ms;
	size_t pages = 0;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		pages += pages_parse_name(str_of(entry->d_name), &time_ms, &suffix);
	closedir(dir);
	w->most_pages = pages > w->most_pages ? pages : w->most_pages;
	note_change(w, folder);
	join(path, folder, "status");
	note_change(w, path);
}

static struct walk walk(const char *folder)
{
	struct walk w = {0};
	char path[PATH_MAX];
	DIR *dir = opendir(folder);
	struct dirent *entry;

	walk_folder(folder, &w);
	if (dir == NULL)
		return w;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		join(path, folder, entry->d_name);
		walk_folder(path, &w);
	}
	closedir(dir);
	return w;
}

/* ---- playing ---- */

static int64_t monotonic_us(const struct player *p)
{
	return p->options.clock.monotonic_us(p->options.clock.ctx);
}

static int64_t wall_ms(const struct player *p)
{
	return p->options.clock.now_ms(p->options.clock.ctx);
}

/* Where the recording is: what is not later is due. */
static int64_t position_ms(const struct player *p)
{
	if (p->is_state_folder || !(p->options.speed > 0))
		return INT64_MAX;
	double played = (double)(monotonic_us(p) - p->base_us) / 1000 * p->options.speed;

	return p->base_ms + (int64_t)played;
}

/* The next attempt that was not taken yet, if there is one. */
static bool look_ahead(struct player *p)
{
	struct err e;

	while (!p->has_next && p->pages != NULL) {
		if (pages_next(p->pages, &p->next, &e)) {
			p->has_next = p->next.time_ms >
				      feeds_newest_ms(p->feeds, p->next.instance);
		} else if (e.code == ERR_NONE) {
			pages_close(p->pages);
			p->pages = NULL;
		} else {
			p->state.error = e;
		}
	}
	return p->has_next;
}

static bool take(struct player *p, const struct sink *sink)
{
	p->has_next = false;
	if (p->next.has_page && !p->next.known_format)
		return false;
	if (!feeds_take_stored(p->feeds, &p->next, sink)) {
		err_set(&p->state.error, ERR_MEMORY, "no memory for another operator");
		return false;
	}
	if (p->next.time_ms > p->newest_ms)
		p->newest_ms = p->next.time_ms;
	return true;
}

/* A state folder that changed is read again, or one that was lost. */
static void look_again(struct player *p)
{
	struct err e;

	if (!p->is_state_folder || p->pages != NULL || monotonic_us(p) < p->look_us)
		return;
	struct walk w = walk(p->folder);

	p->look_us = monotonic_us(p) + LOOK_MS * 1000;
	/* a folder that is gone has no time of its last change */
	if (p->state.condition == SOURCE_OKAY && w.most_pages > 0 &&
		!is_later(w.changed, p->changed))
		return;
	p->changed = w.changed;
	p->pages = pages_open(p->folder, &e);
	if (p->pages != NULL) {
		p->state.condition = SOURCE_OKAY;
		err_ok(&p->state.error);
		return;
	}
	if (p->state.condition != SOURCE_LOST)
		p->state.since_ms = wall_ms(p);
	p->state.tries = p->state.condition == SOURCE_LOST ? p->state.tries + 1 : 0;
	p->state.condition = SOURCE_LOST;
	p->state.error = e;
	p->state.next_try_ms = wall_ms(p) + source_pause_ms(p->state.tries);
	p->look_us = monotonic_us(p) + source_pause_ms(p->state.tries) * 1000;
}

/* A second of the recording at most: whoever judges its pages does so one by one, as they
 * came, and the terminal is not kept waiting. */
static bool poll_pages(void *ctx, const struct sink *sink)
{
	struct player *p = ctx;
	bool came = false;

	look_again(p);
	int64_t second = look_ahead(p) ? p->next.time_ms / 1000 : 0;
	while (look_ahead(p) && p->next.time_ms <= position_ms(p) &&
		p->next.time_ms / 1000 == second)
		came |= take(p, sink);
	if (!p->has_next && p->pages == NULL && !p->is_state_folder)
		p->state.condition = SOURCE_ENDED;
	return came;
}

static int wait_ms(void *ctx)
{
	struct player *p = ctx;
	int64_t wait;

	if (look_ahead(p)) {
		if (p->next.time_ms <= position_ms(p))
			return 0;
		wait = (int64_t)ceil(
			(double)(p->next.time_ms - position_ms(p)) / p->options.speed);
	} else if (p->is_state_folder) {
		wait = (p->look_us - monotonic_us(p)) / 1000;
	} else {
		return p->state.condition == SOURCE_ENDED ? -1 : 0;
	}
	return wait < 0 ? 0 : wait > 60000 ? 60000 : (int)wait;
}

static void poll_now(void *ctx)
{
	struct player *p = ctx;

	p->look_us = 0;
}

static double interval(void *ctx)
{
	const struct player *p = ctx;

	return p->options.endpoint->interval_seconds;
}

static void set_speed(void *ctx, double value)
{
	struct player *p = ctx;

	if (p->options.speed > 0)
		p->base_ms = position_ms(p);
	else
		p->base_ms = p->newest_ms;
	p->base_us = monotonic_us(p);
	p->options.speed = value;
}

static double speed(void *ctx)
{
	const struct player *p = ctx;

	return p->is_state_folder ? (double)NAN : p->options.speed;
}

static void describe(void *ctx, struct buf *out)
{
	const struct player *p = ctx;

	buf_add(out, str_of(p->folder));
}

static void state(void *ctx, struct source_state *out)
{
	const struct player *p = ctx;

	*out = p->state;
	out->data_ms = p->newest_ms;
}

static bool page(void *ctx, struct str instance, struct source_page *out)
{
	const struct player *p = ctx;

	return feeds_page(p->feeds, instance, out);
}

static void where(void *ctx, struct str instance, struct buf *out)
{
	const struct player *p = ctx;
	struct str name;

	if (feeds_name(p->feeds, instance, &name))
		buf_addf(out, "%s/%.*s", p->folder, STR_ARG(name));
}

static int64_t now_ms(void *ctx)
{
	const struct player *p = ctx;
	int64_t position = position_ms(p);

	if (p->is_state_folder)
		return wall_ms(p);
	return p->state.condition == SOURCE_ENDED || position == INT64_MAX ? p->newest_ms
									   : position;
}

static void close_pages(void *ctx)
{
	struct player *p = ctx;

	pages_close(p->pages);
	feeds_free(p->feeds);
	free(p->folder);
	free(p);
}

/* The recording begins now, at its first attempt or where it was asked to. */
static void start(struct player *p)
{
	p->base_us = monotonic_us(p);
	if (look_ahead(p))
		p->base_ms = p->next.time_ms;
	if (p->options.at_ms > p->base_ms)
		p->base_ms = p->options.at_ms;
}

bool source_pages_open(struct source *s, const char *folder,
	const struct source_pages_options *options, struct err *e)
{
	struct pages *pages = pages_open(folder, e);
	struct player *p = pages == NULL ? NULL : calloc(1, sizeof(*p));

	if (pages == NULL)
		return false;
	if (p != NULL) {
		p->folder = strdup(folder);
		p->feeds = feeds_new(options->endpoint, NULL);
	}
	if (p == NULL || p->folder == NULL || p->feeds == NULL) {
		pages_close(pages);
		if (p != NULL)
			close_pages(p);
		return err_set(e, ERR_MEMORY, "%s: no memory for it", folder);
	}
	struct walk w = walk(folder);

	p->options = *options;
	p->pages = pages;
	p->is_state_folder = w.most_pages <= 1;
	p->changed = w.changed;
	p->state.condition = SOURCE_OKAY;
	start(p);
	*s = (struct source){
		.ctx = p,
		.wait_ms = wait_ms,
		.poll = poll_pages,
		.poll_now = poll_now,
		.interval = interval,
		.set_speed = set_speed,
		.speed = speed,
		.describe = describe,
		.state = state,
		.page = page,
		.where = where,
		.now_ms = now_ms,
		.close = close_pages,
	};
	return true;
}
