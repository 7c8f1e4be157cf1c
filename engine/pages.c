#include "engine/pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/arena.h"
#include "engine/buf.h"

#define BODY_CEILING   ((uint64_t)4 << 30) /* what MaxPageSize allows at most */
#define STATUS_CEILING ((uint64_t)1 << 30)
#define NAMES_CEILING  (SIZE_MAX / 2)

/* A reader that a writer overtakes again and again gives up at last. */
#define TRIES 5

struct folder {
	const char *path;
	struct str instance;
	int64_t newest_ms; /* time of the last page that was there */
};

struct page {
	int64_t time_ms;
	size_t folder;
	const char *name;
};

struct line {
	int64_t time_ms;
	size_t folder;
	size_t number; /* keeps lines of one time in their order */
	int status;
	double duration_ms;
	struct str note;
};

/* Two sorted lists, joined while they are read. */
struct pages {
	struct arena *arena; /* owned; names, paths and status files */
	struct folder *folders;
	size_t folder_count;
	struct page *pages;
	size_t page_count;
	struct line *lines;
	size_t line_count;
	size_t next_page;
	size_t next_line;
	struct err
		trouble; /* met while names were read; said by the first pages_next() */
	struct buf path;
	struct buf body;
};

bool pages_parse_name(struct str name, int64_t *time_ms, struct str *suffix)
{
	const char *point = name.len == 0 ? NULL : memchr(name.at, '.', name.len);

	if (point == NULL || point == name.at || point + 1 == name.at + name.len)
		return false;
	struct str digits = {name.at, (size_t)(point - name.at)};
	if (digits.at[0] == '+' || digits.at[0] == '-' || !str_to_i64(digits, time_ms))
		return false;
	*suffix = (struct str){point + 1, name.len - digits.len - 1};
	return true;
}

/* ---- files ---- */

/* The group that may read what is at path; "" if none may, or it has no name. */
static void group_of(const char *path, char *name, size_t size)
{
	struct stat st;
	struct group group;
	struct group *found = NULL;
	char text[4096];

	name[0] = '\0';
	if (stat(path, &st) != 0 || (st.st_mode & S_IRGRP) == 0)
		return;
	if (getgrgid_r(st.st_gid, &group, text, sizeof(text), &found) == 0 &&
		found != NULL)
		str_printable(str_of(group.gr_name), name, size);
}

static bool cannot_read(const char *path, int error, struct err *e)
{
	char group[64];

	if (error == EACCES) {
		group_of(path, group, sizeof(group));
		if (group[0] != '\0')
			return err_set(e, ERR_IO,
				"%s: no permission to read: the group %s has it, so join "
				"it "
				"(adduser $USER %s)",
				path, group, group);
	}
	enum err_code code = error == ENOENT || error == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
	return err_set(e, code, "%s: %s", path, strerrordesc_np(error));
}

/* Appends the whole of an open file. */
static bool read_whole(
	int fd, const char *path, uint64_t ceiling, struct buf *out, struct err *e)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) != 0)
		return cannot_read(path, errno, e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a file", path);
	if ((uint64_t)st.st_size > ceiling)
		return err_set(
			e, ERR_LIMIT, "%s: larger than %" PRIu64 " bytes", path, ceiling);
	do {
		size_t room =
			(size_t)st.st_size > out->len ? (size_t)st.st_size - out->len : 0;
		char *at = buf_reserve(out, room + 1);

		if (at == NULL)
			return err_set(e, ERR_MEMORY, "%s: no memory for it", path);
		got = read(fd, at, room + 1);
		if (got < 0)
			return cannot_read(path, errno, e);
		out->len += (size_t)got;
	} while (got > 0);
	return true;
}

/* Not blocking: a FIFO of that name would hold us. */
static int open_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		cannot_read(path, errno, e);
	return fd;
}

/* ---- status files ---- */

static struct str next_field(struct str *rest, char end)
{
	const char *found = rest->len == 0 ? NULL : memchr(rest->at, end, rest->len);
	size_t len = found == NULL ? rest->len : (size_t)(found - rest->at);
	struct str field = {rest->at, len};

	*rest = (struct str){rest->at + len, rest->len - len};
	if (found != NULL)
		*rest = (struct str){rest->at + 1, rest->len - 1};
	return field;
}

static bool parse_line(struct str text, struct line *line)
{
	uint64_t status;

	if (!str_to_i64(next_field(&text, ' '), &line->time_ms) || line->time_ms < 0 ||
		!str_to_u64(next_field(&text, ' '), &status) || status > 999 ||
		!str_to_double(next_field(&text, ' '), &line->duration_ms) ||
		!(line->duration_ms >= 0))
		return false;
	line->status = (int)status;
	line->note = str_trim(text);
	return true;
}

static size_t count_lines(struct str text)
{
	size_t count = 0;

	while (text.len > 0) {
		next_field(&text, '\n');
		count++;
	}
	return count;
}

static bool no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "no memory for the names of the pages");
}

static bool add_lines(struct pages *p, struct str text, struct err *e)
{
	struct line *grown = reallocarray(
		p->lines, p->line_count + count_lines(text) + 1, sizeof(*grown));

	if (grown == NULL)
		return no_memory(e);
	p->lines = grown;
	while (text.len > 0) {
		struct line line = {.folder = p->folder_count, .number = p->line_count};

		if (parse_line(next_field(&text, '\n'), &line))
			p->lines[p->line_count++] = line;
	}
	return true;
}

/* Without one, or if it cannot be read, the pages stand alone. */
static bool read_status(struct pages *p, const char *folder, struct err *e)
{
	struct err trouble;

	buf_reset(&p->path);
	buf_addf(&p->path, "%s/status%c", folder, '\0');
	buf_reset(&p->body);
	if (!buf_ok(&p->path))
		return no_memory(e);
	int fd = open_file(p->path.at, &trouble);
	bool done =
		fd >= 0 && read_whole(fd, p->path.at, STATUS_CEILING, &p->body, &trouble);
	if (fd >= 0)
		close(fd);
	if (!done) {
		if (trouble.code != ERR_NOT_FOUND)
			p->trouble = trouble;
		return true;
	}
	struct str text = arena_copy(p->arena, buf_str(&p->body));
	return text.at == NULL ? no_memory(e) : add_lines(p, text, e);
}

/* ---- folders ---- */

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static bool add_pages(struct pages *p, struct dirent **names, size_t count,
	int64_t *newest_ms, struct err *e)
{
	struct page *grown =
		reallocarray(p->pages, p->page_count + count + 1, sizeof(*grown));

	if (grown == NULL)
		return no_memory(e);
	p->pages = grown;
	for (size_t i = 0; i < count; i++) {
		struct str name = str_of(names[i]->d_name);
		struct page page = {.folder = p->folder_count};
		struct str suffix;

		/* an instance may be 127.0.0.1:8080 */
		if (names[i]->d_type == DT_DIR ||
			!pages_parse_name(name, &page.time_ms, &suffix))
			continue;
		page.name = arena_copy(p->arena, name).at;
		if (page.name == NULL)
			return no_memory(e);
		if (page.time_ms > *newest_ms)
			*newest_ms = page.time_ms;
		p->pages[p->page_count++] = page;
	}
	return true;
}

/* Notes a folder whose pages and lines have just been added, if there were any. */
static bool add_folder(struct pages *p, const char *path, struct str instance,
	int64_t newest_ms, struct err *e)
{
	struct folder *grown =
		reallocarray(p->folders, p->folder_count + 1, sizeof(*grown));

	if (grown == NULL)
		return no_memory(e);
	p->folders = grown;
	struct folder folder = {arena_copy(p->arena, str_of(path)).at,
		arena_copy(p->arena, instance), newest_ms};
	if (folder.path == NULL || folder.instance.at == NULL)
		return no_memory(e);
	p->folders[p->folder_count++] = folder;
	return true;
}

static bool read_folder(struct pages *p, const char *path, struct str instance,
	struct dirent **names, int count, struct err *e)
{
	size_t pages_before = p->page_count;
	size_t lines_before = p->line_count;
	int64_t newest_ms = -1;

	if (!add_pages(p, names, (size_t)count, &newest_ms, e) ||
		!read_status(p, path, e))
		return false;
	if (p->page_count == pages_before && p->line_count == lines_before)
		return true;
	return add_folder(p, path, instance, newest_ms, e);
}

/* What lies in a folder is no folder if it is known to be something else. */
static bool may_be_folder(const struct dirent *entry)
{
	return (entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
		       entry->d_type == DT_UNKNOWN) &&
	       strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool read_subfolder(
	struct pages *p, const char *folder, const char *name, struct err *e)
{
	struct dirent **names = NULL;
	struct buf path;

	buf_init(&path, PATH_MAX);
	buf_addf(&path, "%s/%s%c", folder, name, '\0');
	if (!buf_ok(&path)) {
		buf_free(&path);
		return no_memory(e);
	}
	bool done = true;
	int count = scandir(path.at, &names, NULL, by_bytes);
	if (count >= 0)
		done = read_folder(p, path.at, str_of(name), names, count, e);
	else if (errno != ENOTDIR && errno != ENOENT)
		cannot_read(path.at, errno, &p->trouble);
	free_names(names, count);
	buf_free(&path);
	return done;
}

static bool read_names(struct pages *p, const char *folder, struct err *e)
{
	struct dirent **names = NULL;
	int count = scandir(folder, &names, NULL, by_bytes);

	if (count < 0)
		return cannot_read(folder, errno, e);
	char *real = realpath(folder, NULL);
	const char *slash = real == NULL ? NULL : strrchr(real, '/');
	bool done = slash == NULL
			    ? cannot_read(folder, ENOENT, e)
			    : read_folder(p, folder, str_of(slash + 1), names, count, e);
	for (int i = 0; i < count && done; i++)
		if (may_be_folder(names[i]))
			done = read_subfolder(p, folder, names[i]->d_name, e);
	free(real);
	free_names(names, count);
	return done;
}

/* ---- order ---- */

static int order_of(int64_t time_a, size_t folder_a, int64_t time_b, size_t folder_b)
{
	if (time_a != time_b)
		return time_a < time_b ? -1 : 1;
	return (folder_a > folder_b) - (folder_a < folder_b);
}

static int by_time_of_page(const void *a, const void *b)
{
	const struct page *x = a;
	const struct page *y = b;
	int order = order_of(x->time_ms, x->folder, y->time_ms, y->folder);

	return order != 0 ? order : strcmp(x->name, y->name);
}

static int by_time_of_line(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;
	int order = order_of(x->time_ms, x->folder, y->time_ms, y->folder);

	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* ---- what the header has ---- */

static struct pages *pages_new(void)
{
	struct pages *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->arena = arena_new(NAMES_CEILING);
	buf_init(&p->path, PATH_MAX);
	buf_init(&p->body, SIZE_MAX);
	if (p->arena == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

static bool nothing_there(const struct pages *p, const char *folder, struct err *e)
{
	if (p->trouble.code == ERR_NONE)
		return err_set(e, ERR_NOT_FOUND,
			"%s: no stored pages in it (files like 1700000000000.txt, or "
			"folders that hold such)",
			folder);
	if (e != NULL)
		*e = p->trouble;
	return false;
}

struct pages *pages_open(const char *folder, struct err *e)
{
	struct pages *p = pages_new();

	if (p == NULL) {
		no_memory(e);
		return NULL;
	}
	bool done = read_names(p, folder, e);
	if (done && p->folder_count == 0)
		done = nothing_there(p, folder, e);
	if (!done) {
		pages_close(p);
		return NULL;
	}
	if (p->page_count > 0)
		qsort(p->pages, p->page_count, sizeof(*p->pages), by_time_of_page);
	if (p->line_count > 0)
		qsort(p->lines, p->line_count, sizeof(*p->lines), by_time_of_line);
	return p;
}

/* The page and the line that come next: of one attempt, or one of them alone. */
static void take_next(struct pages *p, const struct page **page, const struct line **line)
{
	*page = p->next_page < p->page_count ? &p->pages[p->next_page] : NULL;
	*line = p->next_line < p->line_count ? &p->lines[p->next_line] : NULL;
	if (*page != NULL && *line != NULL) {
		int order = order_of((*page)->time_ms, (*page)->folder, (*line)->time_ms,
			(*line)->folder);

		if (order < 0)
			*line = NULL;
		else if (order > 0)
			*page = NULL;
	}
	p->next_page += *page != NULL;
	p->next_line += *line != NULL;
}

/* A page that came while we read: its name; "" if there is none. */
static void find_newer(const char *path, int64_t *time_ms, char *name, size_t size)
{
	DIR *folder = opendir(path);

	name[0] = '\0';
	if (folder == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		struct str found = str_of(entry->d_name);
		struct str suffix;
		int64_t found_ms;

		if (!pages_parse_name(found, &found_ms, &suffix) ||
			found_ms <= *time_ms || found.len >= size)
			continue;
		*time_ms = found_ms;
		memcpy(name, found.at, found.len + 1);
	}
	closedir(folder);
}

/* Does path still name the file that is open? A page that was taken away may be written
 * over (commands.md 3). */
static bool is_still(int fd, const char *path)
{
	struct stat opened;
	struct stat named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
	       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

static bool read_body(
	struct pages *p, const char *folder, const char *name, struct err *e)
{
	buf_reset(&p->path);
	buf_addf(&p->path, "%s/%s%c", folder, name, '\0');
	buf_reset(&p->body);
	if (!buf_ok(&p->path))
		return err_set(e, ERR_IO, "%s/%s: too long a path", folder, name);
	int fd = open_file(p->path.at, e);
	if (fd < 0)
		return false;
	bool done = read_whole(fd, p->path.at, BODY_CEILING, &p->body, e);
	if (done && !is_still(fd, p->path.at))
		done = cannot_read(p->path.at, ENOENT, e);
	close(fd);
	return done;
}

static bool read_page(
	struct pages *p, const struct page *page, struct stored *s, struct err *e)
{
	struct folder *folder = &p->folders[page->folder];
	const char *name = page->name;
	char newer[NAME_MAX + 1];
	struct str suffix = STR("");
	bool done = read_body(p, folder->path, name, e);

	for (int i = 0; !done && e->code == ERR_NOT_FOUND && i < TRIES; i++) {
		find_newer(folder->path, &folder->newest_ms, newer, sizeof(newer));
		if (newer[0] == '\0')
			return false;
		name = newer;
		done = read_body(p, folder->path, name, e);
	}
	if (!done || !pages_parse_name(str_of(name), &s->time_ms, &suffix))
		return false;
	s->instance = folder->instance;
	s->has_page = true;
	s->known_format = expo_format_of_suffix(suffix, &s->format);
	s->path = p->path.at;
	s->body = buf_str(&p->body);
	err_ok(e);
	return true;
}

/* A page that went because a newer one came is not missed. */
static bool is_outdated(
	const struct pages *p, const struct page *page, const struct err *e)
{
	return e->code == ERR_NOT_FOUND &&
	       page->time_ms < p->folders[page->folder].newest_ms;
}

static bool next_attempt(
	struct pages *p, struct stored *s, bool *is_passed_over, struct err *e)
{
	const struct page *page;
	const struct line *line;

	*is_passed_over = false;
	err_ok(e);
	take_next(p, &page, &line);
	if (page == NULL && line == NULL)
		return false;
	*s = (struct stored){.status = 200, .path = "", .note = STR(""), .body = STR("")};
	if (line != NULL) {
		s->instance = p->folders[line->folder].instance;
		s->time_ms = line->time_ms;
		s->status = line->status;
		s->duration_ms = line->duration_ms;
		s->note = line->note;
	}
	if (page == NULL || read_page(p, page, s, e))
		return true;
	*is_passed_over = is_outdated(p, page, e);
	return false;
}

bool pages_next(struct pages *p, struct stored *s, struct err *e)
{
	bool is_passed_over;
	bool done;
	struct err ignored;

	if (e == NULL)
		e = &ignored;
	*e = p->trouble;
	err_ok(&p->trouble);
	if (e->code != ERR_NONE)
		return false;
	do
		done = next_attempt(p, s, &is_passed_over, e);
	while (is_passed_over);
	return done;
}

struct answer pages_answer(const struct stored *s)
{
	struct answer a = answer_at(s->time_ms);

	a.status = s->status;
	a.duration_seconds = s->duration_ms / 1000;
	a.content_type = s->note;
	a.format = s->format;
	a.body = s->body;
	if (!s->has_page && s->status == 200)
		err_set(&a.error, ERR_TRUNCATED, "%.*s", STR_ARG(s->note));
	else if (!s->has_page && s->status == 0)
		err_set(&a.error, ERR_NETWORK, "%.*s", STR_ARG(s->note));
	return a;
}

void pages_close(struct pages *p)
{
	if (p == NULL)
		return;
	free(p->folders);
	free(p->pages);
	free(p->lines);
	buf_free(&p->path);
	buf_free(&p->body);
	arena_free(p->arena);
	free(p);
}

bool pages_are_in(const char *folder, struct err *e)
{
	struct pages *p = pages_open(folder, e);

	pages_close(p);
	return p != NULL;
}
