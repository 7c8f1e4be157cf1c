#include "engine/discover_files.h"

#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "engine/secret.h"
#include "engine/str.h"
#include "engine/url.h"

/* Files are looked at once an interval, but not less often. */
#define LOOK_SECONDS 30

/* A larger file is taken for none of targets. */
#define FILE_LIMIT (16 << 20)

/* Bytes of one URL at most. */
#define URL_LIMIT 8192

#define PARAM "__param_"

struct file {
	char *path; /* owned */
	struct secret_stamp stamp;
	struct arena *arena; /* owned; of what was found in it; NULL: nothing yet */
	struct discover_found *found;
	size_t count;
	bool is_broken; /* as it is now; found is from before */
	bool is_there;
};

struct files {
	const struct option_list *globs; /* borrowed */
	const struct clock *clock;       /* borrowed */
	const struct log *log;           /* borrowed */
	int64_t every_us;
	int64_t next_us;
	struct file *files; /* owned */
	size_t file_count;
	struct arena *arena;        /* owned; keys of all */
	struct discover_found *all; /* owned; of all files, each key once */
	size_t all_count;
	bool has_looked;
	bool is_lacking; /* was said: no file matches */
};

/* ---- one target ---- */

/* What a group of targets says to all of them. */
struct group {
	const char *file;
	const char *scheme, *path, *instance; /* NULL: not given */
	json_t *labels;                       /* borrowed; NULL: none */
};

static const char *label_of(const json_t *labels, const char *name)
{
	const char *value = json_string_value(json_object_get(labels, name));

	return value == NULL || value[0] == '\0' ? NULL : value;
}

/* Percent-encoding of a query (RFC 3986). */
static void add_encoded(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			buf_addc(out, *text);
		else
			buf_addf(out, "%%%02X", (unsigned int)(unsigned char)*text);
	}
}

static void add_params(struct buf *out, const struct group *g)
{
	const char *name, *sign = "?";
	json_t *value;

	json_object_foreach(g->labels, name, value)
	{
		if (strncmp(name, PARAM, strlen(PARAM)) != 0)
			continue;
		buf_addf(out, "%s", sign);
		add_encoded(out, name + strlen(PARAM));
		buf_addc(out, '=');
		add_encoded(out, json_string_value(value));
		sign = "&";
	}
}

/* NULL: no URL can be made of it (e). */
static const char *url_of(
	const struct group *g, struct arena *arena, const char *target, struct err *e)
{
	const char *scheme = g->scheme == NULL ? "http" : g->scheme;
	const char *path = g->path == NULL ? "/metrics" : g->path;
	const char *text = NULL;
	struct url url;
	struct buf b;

	if (strchr(target, '/') != NULL || target[0] == '\0') {
		err_set(e, ERR_USAGE, "write HOST:PORT");
		return NULL;
	}
	if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
		err_set(e, ERR_USAGE, "__scheme__ %s: write http or https", scheme);
		return NULL;
	}
	buf_init(&b, URL_LIMIT);
	buf_addf(&b, "%s://%s%s%s", scheme, target, path[0] == '/' ? "" : "/", path);
	add_params(&b, g);
	if (!buf_ok(&b))
		err_set(e, ERR_USAGE, "longer than %d bytes", URL_LIMIT);
	else if (url_read(arena, buf_str(&b), &url, e))
		text = arena_copy(arena, buf_str(&b)).at;
	buf_free(&b);
	return text;
}

/* HOST:PORT as the URL has it. */
static const char *authority_of(struct arena *arena, const char *text)
{
	struct url url;

	return url_read(arena, str_of(text), &url, NULL) ? url.authority : text;
}

static bool fill_found(const struct group *g, struct arena *arena, const char *url,
	struct discover_found *f)
{
	struct settings_text *option = arena_alloc(arena, sizeof(*option));
	struct buf about;

	if (option == NULL)
		return false;
	*option = (struct settings_text){"URL", url};
	buf_init(&about, 8192);
	buf_addf(&about, "target of %s", g->file);
	*f = (struct discover_found){
		.about = arena_copy(arena, buf_str(&about)).at,
		.options = option,
		.option_count = 1,
	};
	buf_free(&about);
	/* who has a name of its own may move */
	if (g->instance != NULL)
		f->key = f->name = arena_copy(arena, str_of(g->instance)).at;
	else {
		f->key = url;
		f->name = authority_of(arena, url);
	}
	return f->about != NULL && f->key != NULL && f->name != NULL;
}

/* ---- one file ---- */

/* What is read, until it takes the place of what was read before. */
struct reading {
	const struct files *all;
	const char *path;
	struct arena *arena;
	struct discover_found *found; /* the arena's */
	size_t count;
};

static bool check_labels(const json_t *labels, size_t number, struct err *e)
{
	const char *name;
	json_t *value;

	if (labels != NULL && !json_is_object(labels))
		return err_set(e, ERR_SYNTAX, "group %zu: `labels` is no object", number);
	json_object_foreach((json_t *)(uintptr_t)labels, name, value)
	{
		if (!json_is_string(value))
			return err_set(e, ERR_SYNTAX,
				"group %zu: label %.100s is no string", number, name);
	}
	return true;
}

/* A group as a whole is right or wrong, as in Prometheus. */
static bool check_group(const json_t *group, size_t number, struct err *e)
{
	const json_t *targets = json_object_get(group, "targets");
	json_t *target;
	size_t i;

	if (!json_is_object(group))
		return err_set(e, ERR_SYNTAX, "group %zu is no object", number);
	if (targets != NULL && !json_is_array(targets))
		return err_set(e, ERR_SYNTAX, "group %zu: `targets` is no list", number);
	json_array_foreach(targets, i, target)
	{
		if (!json_is_string(target))
			return err_set(e, ERR_SYNTAX,
				"group %zu: target %zu is no string", number, i + 1);
	}
	return check_labels(json_object_get(group, "labels"), number, e);
}

static bool check_groups(const json_t *groups, struct err *e)
{
	json_t *group;
	size_t i;

	if (!json_is_array(groups))
		return err_set(
			e, ERR_SYNTAX, "no list: write [{\"targets\": [\"HOST:PORT\"]}]");
	json_array_foreach(groups, i, group)
	{
		if (!check_group(group, i + 1, e))
			return false;
	}
	return true;
}

static bool add_target(struct reading *r, const struct group *g, const char *target)
{
	struct err why;
	const char *url = url_of(g, r->arena, target, &why);

	if (url != NULL)
		return fill_found(g, r->arena, url, &r->found[r->count++]);
	log_emit(r->all->log, LOG_LEVEL_WARNING,
		"%s: the target `%.100s` is left out: %s", r->path, target, why.text);
	return true;
}

static size_t count_targets(const json_t *groups)
{
	size_t i, count = 0;
	json_t *group;

	json_array_foreach(groups, i, group)
	{
		count += json_array_size(json_object_get(group, "targets"));
	}
	return count;
}

static bool add_groups(struct reading *r, const json_t *groups)
{
	json_t *group, *target;
	size_t i, k;

	r->found = arena_array(r->arena, count_targets(groups) + 1, sizeof(*r->found));
	if (r->found == NULL)
		return false;
	json_array_foreach(groups, i, group)
	{
		json_t *labels = json_object_get(group, "labels");
		const struct group g = {.file = r->path,
			.scheme = label_of(labels, "__scheme__"),
			.path = label_of(labels, "__metrics_path__"),
			.instance = label_of(labels, "instance"),
			.labels = labels};

		json_array_foreach(json_object_get(group, "targets"), k, target)
		{
			if (!add_target(r, &g, json_string_value(target)))
				return false;
		}
	}
	return true;
}

static json_t *load(const char *path, off_t bytes, struct err *e)
{
	json_error_t error;

	if (bytes > FILE_LIMIT) {
		err_set(e, ERR_LIMIT, "larger than %d bytes", FILE_LIMIT);
		return NULL;
	}
	json_t *json = json_load_file(path, 0, &error);

	if (json == NULL && json_error_code(&error) == json_error_cannot_open_file)
		err_set(e, ERR_IO, "%s", strerror(errno));
	else if (json == NULL)
		err_set(e, ERR_SYNTAX, "line %d, column %d: %s", error.line, error.column,
			error.text);
	return json;
}

/* Takes over what the file says now. */
static bool read_file(const struct files *all, struct file *f, struct err *e)
{
	json_t *groups = load(f->path, f->stamp.bytes, e);
	struct reading r = {.all = all, .path = f->path};
	bool done = groups != NULL && check_groups(groups, e);

	if (done) {
		r.arena = arena_new((size_t)16 * FILE_LIMIT);
		done = (r.arena != NULL && add_groups(&r, groups)) ||
		       err_set(e, ERR_MEMORY, "no memory for its targets");
	}
	json_decref(groups);
	if (!done) {
		arena_free(r.arena);
		return false;
	}
	arena_free(f->arena);
	f->arena = r.arena;
	f->found = r.found;
	f->count = r.count;
	return true;
}

static bool look_at_file(const struct files *all, struct file *f)
{
	struct err e;

	if (read_file(all, f, &e)) {
		if (f->is_broken)
			log_emit(all->log, LOG_LEVEL_NOTICE, "%s: is right again",
				f->path);
		f->is_broken = false;
		return true;
	}
	f->is_broken = true;
	log_emit(all->log, LOG_LEVEL_WARNING,
		"%s: %s; the %zu targets it had before stay", f->path, e.text, f->count);
	return false;
}

/* ---- all files ---- */

static void file_free(struct file *f)
{
	arena_free(f->arena);
	free(f->path);
}

static struct file *file_of(struct files *all, const char *path)
{
	for (size_t i = 0; i < all->file_count; i++)
		if (strcmp(all->files[i].path, path) == 0)
			return &all->files[i];
	struct file *grown =
		reallocarray(all->files, all->file_count + 1, sizeof(*grown));
	char *copy = strdup(path);

	if (grown != NULL)
		all->files = grown;
	if (grown == NULL || copy == NULL) {
		free(copy);
		return NULL;
	}
	all->files[all->file_count] = (struct file){.path = copy};
	return &all->files[all->file_count++];
}

/* True: what it says is another than before. */
static bool look_at_path(struct files *all, const char *path)
{
	struct file *f = file_of(all, path);
	struct secret_stamp stamp = secret_stamp_of(path);

	if (f == NULL || f->is_there)
		return false;
	f->is_there = true;
	if (secret_stamp_eq(f->stamp, stamp))
		return false;
	f->stamp = stamp;
	return look_at_file(all, f);
}

static bool look_at_glob(struct files *all, const char *pattern, bool *has_match)
{
	bool changed = false;
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++)
		changed |= look_at_path(all, found.gl_pathv[i]);
	*has_match |= found.gl_pathc > 0;
	globfree(&found);
	return changed;
}

static bool forget_files_that_are_gone(struct files *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->file_count; i++) {
		if (all->files[i].is_there)
			all->files[kept++] = all->files[i];
		else
			file_free(&all->files[i]);
	}
	bool changed = kept < all->file_count;
	all->file_count = kept;
	return changed;
}

static bool look_at_all(struct files *all)
{
	bool changed = false, has_match = false;

	for (size_t i = 0; i < all->file_count; i++)
		all->files[i].is_there = false;
	for (size_t i = 0; i < all->globs->count; i++)
		changed |= look_at_glob(all, all->globs->at[i], &has_match);
	if (!has_match && !all->is_lacking)
		log_emit(all->log, LOG_LEVEL_WARNING, "no file matches Files \"%s\" yet",
			all->globs->at[0]);
	all->is_lacking = !has_match;
	return forget_files_that_are_gone(all) || changed;
}

/* ---- the list ---- */

static const struct discover_found *of_key(const struct files *all, const char *key)
{
	for (size_t i = 0; i < all->all_count; i++)
		if (strcmp(all->all[i].key, key) == 0)
			return &all->all[i];
	return NULL;
}

/* One of a name that is there already is numbered, one of the same URL left out. */
static bool add_to_list(struct files *all, struct discover_found f)
{
	const struct discover_found *twin = of_key(all, f.key);
	struct buf key;

	buf_init(&key, 65536);
	for (unsigned int n = 2; twin != NULL; n++) {
		if (strcmp(twin->options->value, f.options->value) == 0) {
			buf_free(&key);
			return true;
		}
		buf_reset(&key);
		buf_addf(&key, "%s#%u", f.name, n);
		buf_addc(&key, '\0');
		twin = buf_ok(&key) ? of_key(all, key.at) : NULL;
	}
	if (key.len > 0)
		f.key = arena_copy(all->arena, buf_str(&key)).at;
	buf_free(&key);
	if (f.key == NULL)
		return false;
	all->all[all->all_count++] = f;
	return true;
}

static void make_list(struct files *all)
{
	size_t count = 0;

	for (size_t i = 0; i < all->file_count; i++)
		count += all->files[i].count;
	struct discover_found *grown = reallocarray(all->all, count + 1, sizeof(*grown));
	all->all_count = 0;
	arena_reset(all->arena);
	if (grown == NULL)
		return;
	all->all = grown;
	for (size_t i = 0; i < all->file_count; i++)
		for (size_t k = 0; k < all->files[i].count; k++)
			if (!add_to_list(all, all->files[i].found[k]))
				return;
}

static int64_t now_us(const struct files *all)
{
	return all->clock->monotonic_us(all->clock->ctx);
}

static bool look(void *ctx)
{
	struct files *all = ctx;
	int64_t now = now_us(all);

	if (now < all->next_us)
		return false;
	all->next_us = now + all->every_us;
	all->has_looked = true;
	if (!look_at_all(all))
		return false;
	make_list(all);
	return true;
}

static int64_t next_us(void *ctx)
{
	return ((const struct files *)ctx)->next_us;
}

static const struct discover_found *found(void *ctx, size_t *count)
{
	const struct files *all = ctx;

	*count = all->all_count;
	return all->all;
}

static bool has_looked(void *ctx)
{
	return ((const struct files *)ctx)->has_looked;
}

static void free_files(void *ctx)
{
	struct files *all = ctx;

	for (size_t i = 0; i < all->file_count; i++)
		file_free(&all->files[i]);
	free(all->files);
	free(all->all);
	arena_free(all->arena);
	free(all);
}

bool discover_files_open(struct discover_source *source, const struct options *block,
	const struct clock *clock, const struct log *log)
{
	struct files *all = calloc(1, sizeof(*all));
	double seconds = block->interval_seconds;

	if (all == NULL)
		return false;
	all->arena = arena_new((size_t)16 * FILE_LIMIT);
	if (all->arena == NULL) {
		free(all);
		return false;
	}
	all->globs = &block->files;
	all->clock = clock;
	all->log = log;
	all->every_us =
		(int64_t)((seconds < LOOK_SECONDS ? seconds : LOOK_SECONDS) * 1e6);
	all->next_us = now_us(all);
	*source = (struct discover_source){.ctx = all,
		.look = look,
		.next_us = next_us,
		.found = found,
		.has_looked = has_looked,
		.free = free_files};
	return true;
}
