/* The writing half of pages.h. It remembers nothing: what stands in a folder is asked of
 * the folder, so that another process's leavings and a folder that was taken away do no
 * harm. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/buf.h"
#include "engine/pages.h"

/* Under these names, which no reader takes for a page, a file is written. What went is
 * kept as the next one's: to write over a file costs a third of a new one. */
#define SPARE        ".spare"
#define STATUS_SPARE ".status"

#define STATUS       "status"
#define STATUS_LINES 100
#define STATUS_BYTES (64 * (size_t)1024) /* more than so many lines have */

#define FOLDER_MODE 0750
#define FILE_MODE   0640

struct pages_out {
	char *folder; /* owned */
	bool last_only;
	gid_t gid;
};

/* The folder of an instance, while one attempt is stored. */
struct place {
	const struct pages_out *out;
	struct str instance;
	int fd;
};

struct pages_out *pages_out_new(const char *folder, bool last_only, unsigned int gid)
{
	struct pages_out *out = calloc(1, sizeof(*out));
	struct buf copy;

	buf_init(&copy, PATH_MAX);
	buf_add(&copy, str_of(folder));
	if (out != NULL)
		*out = (struct pages_out){buf_take(&copy), last_only, gid};
	buf_free(&copy);
	if (out != NULL && out->folder == NULL) {
		free(out);
		return NULL;
	}
	return out;
}

/* The words of errno, for a file of this place. */
static bool cannot_write(const struct place *p, const char *name, struct err *e)
{
	return err_set(e, ERR_IO, "cannot write %s/%.*s/%s: %s", p->out->folder,
		STR_ARG(p->instance), name, strerrordesc_np(errno));
}

/* ---- folders ---- */

/* Whatever the umask was. */
static bool hand_over(int fd, mode_t mode, gid_t gid)
{
	return fchmod(fd, mode) == 0 &&
	       (gid == (gid_t)-1 || fchown(fd, (uid_t)-1, gid) == 0);
}

/* -1 with errno. */
static int open_folder(int parent, const char *path, gid_t gid)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(parent, path, flags);

	if (fd >= 0 || errno != ENOENT || mkdirat(parent, path, FOLDER_MODE) != 0)
		return fd;
	fd = openat(parent, path, flags);
	if (fd >= 0 && !hand_over(fd, FOLDER_MODE, gid)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The folder of all. -1: e says why. */
static int open_top(const struct pages_out *out, struct err *e)
{
	int fd = open_folder(AT_FDCWD, out->folder, out->gid);

	if (fd < 0)
		err_set(e, ERR_IO, "cannot open or make the folder %s: %s", out->folder,
			strerrordesc_np(errno));
	return fd;
}

bool pages_out_open(const struct pages_out *out, struct err *e)
{
	int fd = open_top(out, e);

	if (fd < 0)
		return false;
	bool done = faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0;
	if (!done)
		err_set(e, ERR_IO, "cannot write to %s: %s", out->folder,
			strerrordesc_np(errno));
	close(fd);
	return done;
}

static bool is_file_name(struct str name)
{
	return name.len > 0 && name.len <= NAME_MAX && !str_eq(name, STR(".")) &&
	       !str_eq(name, STR("..")) && memchr(name.at, '/', name.len) == NULL &&
	       memchr(name.at, '\0', name.len) == NULL;
}

/* As it nearly always is there already. To name files in it no more is needed than its
 * path, which takes half as long to open. */
static bool open_known(struct place *p, const char *name)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s", p->out->folder, name);

	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	p->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p->fd >= 0;
}

static bool open_place(struct place *p, struct err *e)
{
	char name[NAME_MAX + 1];

	if (!is_file_name(p->instance))
		return err_set(e, ERR_USAGE, "'%.*s' cannot be the name of a folder",
			STR_ARG(p->instance));
	memcpy(name, p->instance.at, p->instance.len);
	name[p->instance.len] = '\0';
	if (open_known(p, name))
		return true;
	int parent = open_top(p->out, e);
	if (parent < 0)
		return false;
	p->fd = open_folder(parent, name, p->out->gid);
	bool done = p->fd >= 0;
	if (!done)
		err_set(e, ERR_IO, "cannot open or make the folder %s/%s: %s",
			p->out->folder, name, strerrordesc_np(errno));
	close(parent);
	return done;
}

/* ---- files ---- */

static bool write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t written = write(fd, bytes.at, bytes.len);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			bytes.at += written;
			bytes.len -= (size_t)written;
		}
	}
	return true;
}

/* Not blocking and no links: whatever somebody has put there must not hold us, nor lead
 * us elsewhere. */
static int open_file(const struct place *p, const char *name, int flags)
{
	return openat(p->fd, name,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags,
		FILE_MODE);
}

/* The file to write over; what else may have its name goes. */
static int open_spare(const struct place *p, const char *name, struct stat *before)
{
	int fd = open_file(p, name, 0);

	if (fd >= 0 && fstat(fd, before) == 0 && S_ISREG(before->st_mode))
		return fd;
	if (fd >= 0)
		close(fd);
	unlinkat(p->fd, name, 0);
	*before = (struct stat){0};
	return open_file(p, name, O_EXCL);
}

/* The spare mostly was handed over before. */
static bool write_over(
	const struct place *p, int fd, const struct stat *before, struct str bytes)
{
	gid_t gid = p->out->gid;
	bool is_ours = (before->st_mode & 07777) == FILE_MODE &&
		       (gid == (gid_t)-1 || gid == before->st_gid);

	return (is_ours || hand_over(fd, FILE_MODE, gid)) && write_all(fd, bytes) &&
	       (before->st_size <= (off_t)bytes.len ||
		       ftruncate(fd, (off_t)bytes.len) == 0);
}

/* False: with errno. */
static bool write_spare(const struct place *p, const char *name, struct str bytes)
{
	struct stat before;
	int fd = open_spare(p, name, &before);
	bool done = fd >= 0 && write_over(p, fd, &before, bytes);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return done;
}

/* The file that had the name becomes the spare, where the file system can do that and
 * there was one. */
static bool exchange(const struct place *p, const char *spare, const char *name)
{
	return renameat2(p->fd, spare, p->fd, name, RENAME_EXCHANGE) == 0 ||
	       renameat(p->fd, spare, p->fd, name) == 0;
}

/* Because name could not be written, with errno. */
static bool drop_spare(
	const struct place *p, const char *spare, const char *name, struct err *e)
{
	cannot_write(p, name, e);
	unlinkat(p->fd, spare, 0);
	return false;
}

/* ---- status ---- */

/* Not by printf's %f, which follows the locale. */
static void add_line(struct buf *out, const struct stored *s)
{
	char note[400];
	int64_t tenths = s->duration_ms > 0 && s->duration_ms < 1e15
				 ? (int64_t)llround(s->duration_ms * 10)
				 : 0;

	str_printable(s->note, note, sizeof(note));
	buf_addf(out, "%" PRId64 " %d %" PRId64 ".%" PRId64 " %s\n", s->time_ms,
		s->status, tenths / 10, tenths % 10, note);
}

static bool append_status(const struct place *p, struct str line, struct err *e)
{
	struct stat before;
	int fd = open_file(p, STATUS, O_APPEND);
	bool is_open = fd >= 0 && fstat(fd, &before) == 0 &&
		       hand_over(fd, FILE_MODE, p->out->gid);
	bool done = is_open && write_all(fd, line);

	if (!done)
		cannot_write(p, STATUS, e);
	if (is_open && !done && ftruncate(fd, before.st_size) != 0)
		err_wrap(e, "half a line stays");
	if (fd >= 0)
		close(fd);
	return done;
}

/* Appends the lines that stand there already; none is as good as one that is unreadable.
 */
static void read_status(const struct place *p, struct buf *out)
{
	int fd = openat(p->fd, STATUS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *at = fd < 0 ? NULL : buf_reserve(out, STATUS_BYTES);
	ssize_t got = at == NULL ? 0 : read(fd, at, STATUS_BYTES);

	if (got > 0)
		out->len += (size_t)got;
	if (fd >= 0)
		close(fd);
}

/* Keeps the first line, which is the page's own, and the newest of the others. */
static void keep_newest_lines(struct buf *lines)
{
	size_t count = 0;
	size_t second = 0;
	size_t from = lines->len;

	for (size_t i = lines->len; i-- > 0;)
		if (i == 0 || lines->at[i - 1] == '\n') {
			if (++count < STATUS_LINES)
				from = i;
		}
	while (second < lines->len && lines->at[second++] != '\n')
		;
	if (count <= STATUS_LINES)
		return;
	memmove(lines->at + second, lines->at + from, lines->len - from);
	lines->len -= from - second;
}

static bool replace_status(const struct place *p, struct buf *lines, struct err *e)
{
	keep_newest_lines(lines);
	if (!write_spare(p, STATUS_SPARE, buf_str(lines)) ||
		!exchange(p, STATUS_SPARE, STATUS))
		return drop_spare(p, STATUS_SPARE, STATUS, e);
	return true;
}

static bool put_status(
	const struct place *p, const struct stored *s, bool has_page, struct err *e)
{
	struct buf lines;
	bool done;

	buf_init(&lines, 2 * STATUS_BYTES);
	if (p->out->last_only && !has_page)
		read_status(p, &lines);
	add_line(&lines, s);
	if (!buf_ok(&lines))
		done = err_set(e, ERR_MEMORY, "no memory for a status line");
	else if (!p->out->last_only)
		done = append_status(p, buf_str(&lines), e);
	else
		done = replace_status(p, &lines, e);
	buf_free(&lines);
	return done;
}

/* ---- pages ---- */

static void name_page(char *name, size_t size, int64_t time_ms, enum expo_format format)
{
	snprintf(name, size, "%" PRId64 ".%s", time_ms, expo_format_suffix(format));
}

/* The page before becomes the spare. False: it is not where it was said to be. */
static bool retire_known(const struct place *p, const struct stored *s)
{
	char name[64];

	if (s->before_ms == 0 || s->before_ms == s->time_ms)
		return false;
	name_page(name, sizeof(name), s->before_ms, s->before_format);
	return renameat(p->fd, name, p->fd, SPARE) == 0;
}

/* All pages but the newest become the spare, one over the other. */
static void retire(const struct place *p, const char *newest)
{
	int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		struct str suffix;
		int64_t time_ms;

		if (pages_parse_name(str_of(entry->d_name), &time_ms, &suffix) &&
			strcmp(entry->d_name, newest) != 0)
			renameat(p->fd, entry->d_name, p->fd, SPARE);
	}
	closedir(folder);
}

static bool put(const struct place *p, const struct stored *s, struct err *e)
{
	char name[64];
	/* the state folder keeps the last page, and what came with 404 is none */
	bool has_page = s->has_page && (s->status == 200 || !p->out->last_only);

	name_page(name, sizeof(name), s->time_ms, s->format);
	if (has_page && (!write_spare(p, SPARE, s->body) ||
				renameat(p->fd, SPARE, p->fd, name) != 0))
		return drop_spare(p, SPARE, name, e);
	bool done = put_status(p, s, has_page, e);
	if (has_page && p->out->last_only && !retire_known(p, s))
		retire(p, name);
	return done;
}

bool pages_put(struct pages_out *out, const struct stored *s, struct err *e)
{
	struct place p = {out, s->instance, -1};

	if (!open_place(&p, e))
		return false;
	bool done = put(&p, s, e);
	close(p.fd);
	return done;
}

void pages_out_free(struct pages_out *out)
{
	if (out == NULL)
		return;
	free(out->folder);
	free(out);
}
