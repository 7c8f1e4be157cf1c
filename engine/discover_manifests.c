#include "engine/discover_manifests.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/kube.h"
#include "engine/kube_found.h"
#include "engine/secret.h"
#include "engine/yaml.h"

/* The folder is looked at once an interval, but not less often. */
#define LOOK_SECONDS 30

/* Files of one folder at most. */
#define FILE_LIMIT 1000

struct source {
	const char *folder;        /* borrowed */
	const struct clock *clock; /* borrowed */
	const struct log *log;     /* borrowed */
	struct kube_found *found;  /* owned */
	int64_t every_us;
	int64_t next_us;
	uint64_t seen; /* what the folder looked like; 0: never */
	struct complaint complaint;
	bool has_looked;
};

/* ---- the folder ---- */

/* A kubelet passes over what begins with a dot. */
static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

struct names {
	struct dirent **at; /* owned, each and all */
	int count;          /* -1: the folder cannot be read */
};

static struct names names_of(const char *folder)
{
	struct names n = {NULL, -1};

	n.count = scandir(folder, &n.at, is_wanted, alphasort);
	for (int i = FILE_LIMIT; i < n.count; i++)
		free(n.at[i]);
	if (n.count > FILE_LIMIT)
		n.count = FILE_LIMIT;
	return n;
}

static void names_free(struct names *n)
{
	for (int i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
}

static const char *path_of(struct buf *path, const char *folder, const char *name)
{
	buf_reset(path);
	buf_addf(path, "%s/%s", folder, name);
	buf_addc(path, '\0');
	return buf_ok(path) ? path->at : "";
}

/* Differs after every change of a file or of the names. */
static uint64_t look_of(const struct source *s, const struct names *n)
{
	uint64_t look = 1;
	struct buf path;

	buf_init(&path, 8192);
	for (int i = 0; i < n->count; i++) {
		const char *file = path_of(&path, s->folder, n->at[i]->d_name);
		struct secret_stamp stamp = secret_stamp_of(file);

		look = look * 31 + str_hash(str_of(file));
		look = look * 31 + stamp.inode;
		look = look * 31 + (uint64_t)stamp.bytes;
		look = look * 31 + (uint64_t)stamp.changed_ns;
		look = look * 31 + (uint64_t)stamp.status_changed_ns;
	}
	buf_free(&path);
	return look;
}

/* ---- a file ---- */

static void read_file(struct source *s, const char *path)
{
	struct err e;
	json_t *pod = yaml_read_file(path, &e);

	if (pod == NULL)
		log_emit(s->log, LOG_LEVEL_WARNING, "manifest %s", e.text);
	else if (kube_text(pod, "metadata", "name", NULL).len > 0)
		kube_found_put(s->found, KUBE_MANIFEST, pod);
	json_decref(pod);
}

static void read_all(struct source *s, const struct names *n)
{
	struct buf path;

	buf_init(&path, 8192);
	kube_found_begin(s->found, KUBE_MANIFEST);
	for (int i = 0; i < n->count; i++)
		read_file(s, path_of(&path, s->folder, n->at[i]->d_name));
	kube_found_end(s->found, KUBE_MANIFEST);
	buf_free(&path);
}

/* A folder that is gone has no pods; one that cannot be read is said. */
static void say_folder(struct source *s, bool can_be_read, int number)
{
	int64_t now_ms = s->clock->now_ms(s->clock->ctx);

	if (can_be_read)
		log_recovered(s->log, &s->complaint, now_ms,
			"PodManifests %s: can be read again", s->folder);
	else
		log_complain(s->log, &s->complaint, now_ms, LOG_LEVEL_WARNING,
			"PodManifests %s: %s", s->folder, strerror(number));
}

static bool look(void *ctx)
{
	struct source *s = ctx;
	int64_t now_us = s->clock->monotonic_us(s->clock->ctx);

	if (s->has_looked && now_us < s->next_us)
		return false;
	s->next_us = now_us + s->every_us;
	s->has_looked = true;
	struct names names = names_of(s->folder);

	say_folder(s, names.count >= 0, errno);
	uint64_t seen = look_of(s, &names);

	if (seen != s->seen)
		read_all(s, &names);
	s->seen = seen;
	names_free(&names);
	return kube_found_has_changed(s->found);
}

static int64_t next_us(void *ctx)
{
	return ((const struct source *)ctx)->next_us;
}

static const struct discover_found *found(void *ctx, size_t *count)
{
	return kube_found_list(((struct source *)ctx)->found, count);
}

static bool has_looked(void *ctx)
{
	return ((const struct source *)ctx)->has_looked;
}

static void source_free(void *ctx)
{
	struct source *s = ctx;

	kube_found_free(s->found);
	free(s);
}

bool discover_manifests_open(struct discover_source *source, const struct options *block,
	const struct clock *clock, const struct log *log)
{
	struct source *s = calloc(1, sizeof(*s));
	double seconds = block->interval_seconds;

	if (s == NULL)
		return false;
	s->folder = block->pod_manifests;
	s->clock = clock;
	s->log = log;
	s->every_us = (int64_t)((seconds < LOOK_SECONDS ? seconds : LOOK_SECONDS) * 1e6);
	s->found = kube_found_new(s->folder, log);
	if (s->found == NULL) {
		free(s);
		return false;
	}
	*source = (struct discover_source){.ctx = s,
		.look = look,
		.next_us = next_us,
		.found = found,
		.has_looked = has_looked,
		.free = source_free};
	return true;
}
