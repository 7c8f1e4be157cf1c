#include "engine/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct secret {
	const char *path;          /* borrowed */
	const char *what;          /* borrowed */
	const struct log *log;     /* borrowed */
	struct secret_stamp stamp; /* of the file that was read */
	struct secret_stamp warned_of;
	bool is_read;
	struct str value; /* within text */
	char text[SECRET_LIMIT + 1];
};

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct secret_stamp stamp_of(const struct stat *s)
{
	return (struct secret_stamp){
		s->st_dev, s->st_ino, s->st_size, ns_of(s->st_mtim), ns_of(s->st_ctim)};
}

struct secret_stamp secret_stamp_of(const char *path)
{
	struct stat s;

	if (path == NULL || stat(path, &s) != 0)
		return (struct secret_stamp){0};
	return stamp_of(&s);
}

bool secret_stamp_eq(struct secret_stamp a, struct secret_stamp b)
{
	return a.device == b.device && a.inode == b.inode && a.bytes == b.bytes &&
	       a.changed_ns == b.changed_ns && a.status_changed_ns == b.status_changed_ns;
}

struct secret *secret_new(const char *path, const char *what, const struct log *log)
{
	struct secret *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->path = path;
	s->what = what;
	s->log = log;
	return s;
}

static void forget(struct secret *s)
{
	explicit_bzero(s->text, sizeof(s->text));
	s->value = STR("");
	s->is_read = false;
}

static bool read_text(struct secret *s, int fd, struct err *e)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, s->text + len, sizeof(s->text) - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_AUTH, "%s %s: %s", s->what, s->path,
				strerror(errno));
		len += (size_t)n;
		if (len == sizeof(s->text))
			return err_set(e, ERR_AUTH, "%s %s: larger than %d bytes",
				s->what, s->path, SECRET_LIMIT);
	}
	s->value = str_trim((struct str){s->text, len});
	if (s->value.len == 0)
		return err_set(e, ERR_AUTH, "%s %s is empty", s->what, s->path);
	for (size_t i = 0; i < s->value.len; i++)
		if (s->value.at[i] == '\n' || s->value.at[i] == '\r' ||
			s->value.at[i] == '\0')
			return err_set(e, ERR_AUTH, "%s %s has more than one line",
				s->what, s->path);
	return true;
}

static void warn_of_readers(struct secret *s, const struct stat *file)
{
	struct secret_stamp now = stamp_of(file);

	if ((file->st_mode & S_IROTH) == 0 || secret_stamp_eq(s->warned_of, now))
		return;
	s->warned_of = now;
	log_emit(s->log, LOG_LEVEL_WARNING,
		"%s %s can be read by everybody on this machine: chmod o-r %s", s->what,
		s->path, s->path);
}

static bool read_file(struct secret *s, struct err *e)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat file;

	forget(s);
	if (fd < 0 || fstat(fd, &file) != 0) {
		err_set(e, ERR_AUTH, "%s %s: %s", s->what, s->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	/* the stamp of before reading: a change during it shows the next time */
	s->stamp = stamp_of(&file);
	s->is_read = read_text(s, fd, e);
	close(fd);
	if (!s->is_read) {
		forget(s);
		return false;
	}
	warn_of_readers(s, &file);
	return true;
}

bool secret_get(struct secret *s, bool anew, struct str *value, struct err *e)
{
	bool is_current = s->is_read && !anew &&
			  secret_stamp_eq(s->stamp, secret_stamp_of(s->path));

	if (!is_current && !read_file(s, e))
		return false;
	*value = s->value;
	return true;
}

void secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	forget(s);
	free(s);
}

/* ---- JWT ---- */

static int base64url_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Returns the bytes written, at most 3/4 of the digits; 0 if they are none. */
static size_t base64url_decode(struct str digits, char *out)
{
	unsigned bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		int digit = base64url_digit(digits.at[i]);

		if (digit < 0)
			return 0;
		bits = bits << 6 | (unsigned)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	return n;
}

static struct str up_to_dot(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] != '.')
		n++;
	return (struct str){s.at, n};
}

double secret_jwt_end(struct str token)
{
	struct str header = up_to_dot(token);
	double end = NAN;
	char *claims;

	if (token.len > SECRET_LIMIT || header.len + 1 >= token.len)
		return NAN;
	struct str payload = up_to_dot(
		(struct str){token.at + header.len + 1, token.len - header.len - 1});
	claims = malloc(payload.len + 1);
	if (claims == NULL)
		return NAN;
	json_t *json = json_loadb(claims, base64url_decode(payload, claims), 0, NULL);
	const json_t *exp = json_object_get(json, "exp");
	if (json_is_number(exp))
		end = json_number_value(exp);
	json_decref(json);
	free(claims);
	return end;
}
