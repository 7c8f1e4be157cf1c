/* Any bytes as a file that discovery reads: a table or a process of /proc, or targets.
 * The first byte says which. What comes of it can be connected to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/arena.h"
#include "engine/discover_files.h"
#include "engine/listeners.h"
#include "engine/url.h"

#include "tests/fuzz.h"

/* The process holds the socket of the first table. */
static const char *const names[] = {"net/tcp", "net/tcp6", "net/unix", "10/stat",
	"10/status", "10/comm", "10/cmdline", "10/cgroup", "targets.json"};

#define NAMES (sizeof(names) / sizeof(names[0]))

static const char tcp[] =
	"heading\n"
	"   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 5 1 0\n";

static void write_file(const char *root, const char *name, const void *at, size_t size)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	FILE *f = fopen(path, "w");
	require(f != NULL);
	fwrite(at, 1, size, f);
	fclose(f);
}

static void make_folder(const char *root, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	require(mkdir(path, 0700) == 0);
}

static void remove_all(const char *root)
{
	static const char *const others[] = {"10/fd/3", "10/fd", "10", "net", ""};
	char path[200];

	for (size_t i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		(void)unlink(path);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, others[i]);
		require(remove(path) == 0);
	}
}

static void make_proc(const char *root)
{
	char path[200];

	make_folder(root, "net");
	make_folder(root, "10");
	make_folder(root, "10/fd");
	snprintf(path, sizeof(path), "%s/10/fd/3", root);
	require(symlink("socket:[5]", path) == 0);
	write_file(root, "net/tcp", tcp, strlen(tcp));
}

static void require_url(struct arena *arena, const char *text)
{
	struct url url;

	require(url_read(arena, str_of(text), &url, NULL));
}

static void look_at_listener(struct arena *arena, const struct listener *l)
{
	char text[100];

	require(l->inode != 0);
	if (l->is_unix) {
		require(l->path[0] == '/');
		return;
	}
	require(l->port > 0 && l->port < 65536);
	snprintf(text, sizeof(text), "http://%s:%d/", l->host, l->port);
	require_url(arena, text);
}

static void look_at_listeners(const char *root, struct arena *arena)
{
	struct listeners *l = listeners_new(root);
	struct err e;

	require(l != NULL && listeners_read(l, &e));
	while (!listeners_find_holders(l, 3))
		continue;
	for (size_t i = 0; i < listeners_count(l); i++)
		look_at_listener(arena, listeners_at(l, i));
	listeners_free(l);
}

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static void look_at_targets(const char *root, struct arena *arena)
{
	char path[200];
	char *globs[] = {path};
	const struct options block = {.interval_seconds = 1, .files = {globs, 1}};
	const struct clock clock = clock_system();
	const struct log log = {.write = say_nothing};
	struct discover_source s;
	size_t count;

	snprintf(path, sizeof(path), "%s/*.json", root);
	require(discover_files_open(&s, &block, &clock, &log));
	(void)s.look(s.ctx);
	const struct discover_found *found = s.found(s.ctx, &count);
	for (size_t i = 0; i < count; i++)
		require_url(arena, found[i].options[0].value);
	s.free(s.ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char root[] = "/tmp/fuzz_discover.XXXXXX";
	struct arena *arena = arena_new((size_t)64 << 20);

	require(arena != NULL && mkdtemp(root) != NULL);
	make_proc(root);
	if (size > 0)
		write_file(root, names[data[0] % NAMES], data + 1, size - 1);
	look_at_listeners(root, arena);
	look_at_targets(root, arena);
	remove_all(root);
	arena_free(arena);
	return 0;
}
