#include "operatorstat/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/buf.h"
#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/pages.h"
#include "operatorstat/cmd.h"

static const char *copy(struct arena *a, struct str s)
{
	return arena_copy(a, s).at;
}

/* ---- what an operand is ---- */

/* NAME= in front of an endpoint; 0: there is none. */
static size_t name_length(const char *text)
{
	size_t len = strcspn(text, "/:?=");

	if (text[len] != '=' || len == 0)
		return 0;
	bool is_dots = strncmp(text, "..", len) == 0 && len <= 2;
	return is_dots ? 0 : len + 1;
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool ends_authority(char c)
{
	return c == '\0' || c == '/' || c == '?' || c == '#';
}

/* With a scheme, or 8080, :8080, host:8080, [::1]:8080; a file of such a name is ./8080.
 */
static bool looks_like_endpoint(const char *text)
{
	size_t scheme_len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789+.-");
	size_t host_len = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/?#");

	if (strncmp(text + scheme_len, "://", 3) == 0 && scheme_len > 0)
		return true;
	if (digits(text) > 0 && ends_authority(text[digits(text)]))
		return true;
	if (host_len >= strlen(text) || text[host_len] != ':')
		return false;
	const char *port = text + host_len + 1;
	return digits(port) > 0 && ends_authority(port[digits(port)]);
}

static bool read_endpoint(
	struct arena *a, size_t name_len, struct operand *o, struct err *e)
{
	struct url url;

	o->kind = OPERAND_ENDPOINT;
	o->address = o->text + name_len;
	if (!url_read(a, str_of(o->address), &url, e))
		return err_wrap(e, "%.200s", o->text);
	o->instance = name_len == 0 ? url.authority
				    : copy(a, (struct str){o->text, name_len - 1});
	return true;
}

/* <ms>.txt, .om, .pb: a stored page. */
static bool is_stored_page(const char *file, int64_t *time_ms)
{
	size_t len = strcspn(file, ".");
	enum expo_format format;

	return str_to_i64((struct str){file, len}, time_ms) && file[len] == '.' &&
	       expo_format_of_suffix(str_of(file + len + 1), &format);
}

/* The folder's name if the file is a stored page, else the file's without its suffix. */
static const char *instance_of_file(struct arena *a, const char *path)
{
	char *whole = realpath(path, NULL);
	char *file = whole == NULL ? NULL : strrchr(whole, '/');
	struct str name = STR("_");
	int64_t time_ms;

	if (file == NULL) {
		free(whole);
		return copy(a, name);
	}
	*file++ = '\0';
	if (is_stored_page(file, &time_ms)) {
		name = str_of(
			strrchr(whole, '/') == NULL ? whole : strrchr(whole, '/') + 1);
	} else {
		char *dot = strrchr(file, '.');

		name = str_of(file);
		if (dot != NULL && dot != file)
			name.len = (size_t)(dot - file);
	}
	const char *instance = copy(a, name);
	free(whole);
	return instance;
}

static bool read_path(struct arena *a, struct operand *o, struct err *e)
{
	struct stat s;

	o->path = o->text;
	if (stat(o->path, &s) != 0) {
		const char *hint =
			strchr(o->text, '/') == NULL
				? "; an endpoint is written HOST:PORT or as a URL"
				: "";
		return err_set(e, ERR_IO, "%.200s: %s%s", o->text, strerror(errno), hint);
	}
	if (!S_ISDIR(s.st_mode)) {
		o->kind = OPERAND_FILE;
		o->instance = instance_of_file(a, o->path);
		return true;
	}
	o->kind = OPERAND_FOLDER;
	return true;
}

bool operand_read(struct arena *a, const char *text, struct operand *o, struct err *e)
{
	size_t name_len = name_length(text);

	*o = (struct operand){.text = text};
	if (text[0] == '\0')
		return err_set(e, ERR_USAGE,
			"an empty source: write HOST:PORT, a URL, a file or a "
			"folder");
	if (strcmp(text, "-") == 0) {
		o->kind = OPERAND_STDIN;
		o->instance = "stdin";
		return true;
	}
	if (strncmp(text, "unix:", 5) == 0 && strncmp(text, "unix://", 7) != 0) {
		o->kind = OPERAND_UNIXSOCK;
		o->path = text + 5;
		return true;
	}
	/* a name first: `op=:8080` would be a host too */
	if (looks_like_endpoint(text + name_len))
		return read_endpoint(a, name_len, o, e);
	return read_path(a, o, e);
}

int operand_exit(const struct err *e)
{
	return e->code == ERR_USAGE ? CMD_USAGE : CMD_NO_ANSWER;
}

bool operand_add(const struct operand *o, struct settings *settings)
{
	struct setting url = {.kind = SETTING_TEXT, .text = o->address};
	struct settings_target *t = settings_target(settings, o->instance);

	return settings_target_set(t, "URL", &url, 1);
}

/* ---- pages ---- */

/* The newest page of one instance of a folder; all owned. */
struct kept {
	char *path;
	char *instance;
	int64_t time_ms;
	enum expo_format format;
	struct buf body;
};

struct operand_pages {
	const struct operand *operand; /* borrowed */
	const struct options *options; /* borrowed; of the endpoint, or the defaults */
	const struct log *log;         /* borrowed */
	struct clock clock;
	struct buf body;      /* FILE, STDIN, ENDPOINT */
	struct fetch *fetch;  /* owned; ENDPOINT */
	struct answer answer; /* ENDPOINT */
	struct pages *pages;  /* owned; FOLDER, all of it */
	struct kept *kept;    /* owned; FOLDER, the newest of each */
	size_t kept_count;
	size_t at; /* pages given so far */
};

static void free_kept(struct kept *k)
{
	free(k->path);
	free(k->instance);
	buf_free(&k->body);
}

static bool keep(struct kept *k, const struct stored *s, size_t ceiling)
{
	free_kept(k);
	buf_init(&k->body, ceiling);
	buf_add(&k->body, s->body);
	k->path = strdup(s->path);
	k->instance = strndup(s->instance.at, s->instance.len);
	k->time_ms = s->time_ms;
	k->format = s->format;
	return k->path != NULL && k->instance != NULL && buf_ok(&k->body);
}

/* The place of an instance; a new one if need be. */
static struct kept *kept_of(struct operand_pages *p, struct str instance)
{
	struct kept *grown;

	for (size_t i = 0; i < p->kept_count; i++)
		if (str_eq(str_of(p->kept[i].instance), instance))
			return &p->kept[i];
	grown = reallocarray(p->kept, p->kept_count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	p->kept = grown;
	grown[p->kept_count] = (struct kept){0};
	return &grown[p->kept_count++];
}

/* A page that cannot be read is passed over, and the one before is the newest. */
static bool keep_newest(struct operand_pages *p, struct err *e)
{
	struct stored s;

	while (pages_next(p->pages, &s, e) || e->code != ERR_NONE) {
		if (e->code != ERR_NONE) {
			log_emit(p->log, LOG_LEVEL_WARNING, "%s", e->text);
			continue;
		}
		if (!s.has_page || s.status != 200 || !s.known_format)
			continue;
		struct kept *k = kept_of(p, s.instance);
		if (k == NULL || !keep(k, &s, p->options->max_page_bytes))
			return err_set(e, ERR_MEMORY, "no memory for %s", s.path);
	}
	return true;
}

static bool open_folder(struct operand_pages *p, enum operand_which which, struct err *e)
{
	p->pages = pages_open(p->operand->path, e);
	if (p->pages == NULL)
		return false;
	return which == OPERAND_ALL || keep_newest(p, e);
}

static void take_answer(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct operand_pages *p = ctx;

	(void)x;
	p->answer = *answer;
	if (answer->holder != NULL)
		buf_exchange(&p->body, answer->holder);
}

static bool open_endpoint(
	struct operand_pages *p, struct settings *settings, struct err *e)
{
	size_t n = settings_targets(settings);

	if (!fetch_global_init(e))
		return false;
	if (n == 0)
		return err_set(e, ERR_USAGE, "%.200s cannot be used", p->operand->text);
	p->options = settings_target_at(settings, n - 1);
	p->fetch = fetch_new(&p->clock, p->log);
	if (p->fetch == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a request");
	struct fetch_endpoint *x = fetch_add(p->fetch, p->options, take_answer, p);
	if (x == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a request");
	fetch_start(x);
	return true;
}

struct operand_pages *operand_open(const struct operand *o, enum operand_which which,
	struct settings *settings, const struct log *log, struct err *e)
{
	struct operand_pages *p = calloc(1, sizeof(*p));
	bool done = true;

	if (p == NULL || (o->kind == OPERAND_ENDPOINT && !operand_add(o, settings)) ||
		!settings_check(settings, SETTINGS_INTERVAL)) {
		free(p);
		err_set(e, ERR_USAGE, "%.200s cannot be used", o->text);
		return NULL;
	}
	p->operand = o;
	p->log = log;
	p->clock = clock_system();
	p->options = settings_defaults(settings);
	buf_init(&p->body, p->options->max_page_bytes);
	if (o->kind == OPERAND_FOLDER)
		done = open_folder(p, which, e);
	else if (o->kind == OPERAND_ENDPOINT)
		done = open_endpoint(p, settings, e);
	else if (o->kind == OPERAND_UNIXSOCK)
		done = err_set(
			e, ERR_USAGE, "%.200s: collectd has values, not pages", o->text);
	if (done)
		return p;
	operand_close(p);
	return NULL;
}

/* ---- one page ---- */

static enum expo_format format_of(
	const struct options *options, const char *path, struct str body)
{
	const char *dot = path == NULL ? NULL : strrchr(path, '.');
	enum expo_format format;

	switch (options->format) {
	case OPTION_FORMAT_TEXT:
		return EXPO_TEXT;
	case OPTION_FORMAT_OPENMETRICS:
		return EXPO_OPENMETRICS;
	case OPTION_FORMAT_PROTOBUF:
		return EXPO_PROTOBUF;
	case OPTION_FORMAT_AUTO:
		break;
	}
	if (dot != NULL && expo_format_of_suffix(str_of(dot + 1), &format))
		return format;
	return expo_format_guess(body);
}

static bool read_all(int fd, const char *label, struct buf *body, struct err *e)
{
	for (;;) {
		char *at = buf_reserve(body, 65536);
		ssize_t n = at == NULL ? 0 : read(fd, at, 65536);

		if (at == NULL)
			return err_set(e, ERR_LIMIT,
				"%.200s: larger than %zu bytes; "
				"--max-page-size allows more",
				label, body->ceiling);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_IO, "%.200s: %s", label, strerror(errno));
		if (n == 0)
			return true;
		body->len += (size_t)n;
	}
}

/* When the page of a file was asked for: its name, else its last change. */
static int64_t time_of_file(const char *path, int fd)
{
	const char *slash = strrchr(path, '/');
	struct stat s;
	int64_t time_ms = 0;

	if (is_stored_page(slash == NULL ? path : slash + 1, &time_ms) ||
		fstat(fd, &s) != 0)
		return time_ms;
	return (int64_t)s.st_mtim.tv_sec * 1000 + s.st_mtim.tv_nsec / 1000000;
}

static bool next_file(struct operand_pages *p, struct operand_page *page, struct err *e)
{
	const char *path = p->operand->path;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, ERR_IO, "%.200s: %s", path, strerror(errno));
	bool done = read_all(fd, path, &p->body, e);
	page->time_ms = time_of_file(path, fd);
	close(fd);
	page->body = buf_str(&p->body);
	page->format = format_of(p->options, path, page->body);
	return done;
}

static bool next_stdin(struct operand_pages *p, struct operand_page *page, struct err *e)
{
	page->time_ms = p->clock.now_ms(p->clock.ctx);
	if (!read_all(STDIN_FILENO, "standard input", &p->body, e))
		return false;
	page->body = buf_str(&p->body);
	page->format = format_of(p->options, NULL, page->body);
	return true;
}

static bool next_endpoint(
	struct operand_pages *p, struct operand_page *page, struct err *e)
{
	const struct answer *answer = &p->answer;

	while (fetch_running(p->fetch) > 0)
		fetch_run(p->fetch, 1000);
	if (answer->error.code != ERR_NONE) {
		*e = answer->error;
		return err_wrap(e, "%.200s: %s", p->operand->text, err_name(e->code));
	}
	page->time_ms = answer->time_ms;
	page->format = answer->format;
	page->body = answer->body;
	return true;
}

/* Attempts that brought no page are passed over. */
static bool next_stored(struct operand_pages *p, struct operand_page *page, struct err *e)
{
	struct stored s;

	do {
		if (!pages_next(p->pages, &s, e))
			return false;
	} while (!s.has_page || s.status != 200);
	if (!s.known_format)
		return err_set(e, ERR_CONTENT,
			"%.200s: a page of an unknown format: its name "
			"must end in .txt, .om or .pb",
			s.path);
	*page = (struct operand_page){s.path, s.instance, s.time_ms, s.format, s.body};
	return true;
}

static bool next_kept(struct operand_pages *p, struct operand_page *page)
{
	if (p->at == p->kept_count)
		return false;
	const struct kept *k = &p->kept[p->at++];

	*page = (struct operand_page){
		k->path, str_of(k->instance), k->time_ms, k->format, buf_str(&k->body)};
	return true;
}

bool operand_next(struct operand_pages *p, struct operand_page *page, struct err *e)
{
	err_ok(e);
	if (p->operand->kind == OPERAND_FOLDER)
		return p->kept != NULL ? next_kept(p, page) : next_stored(p, page, e);
	if (p->at++ > 0)
		return false;
	page->label = p->operand->text;
	page->instance = str_of(p->operand->instance);
	switch (p->operand->kind) {
	case OPERAND_FILE:
		return next_file(p, page, e);
	case OPERAND_STDIN:
		return next_stdin(p, page, e);
	case OPERAND_ENDPOINT:
		return next_endpoint(p, page, e);
	case OPERAND_FOLDER:
	case OPERAND_UNIXSOCK:
		break;
	}
	return false;
}

void operand_close(struct operand_pages *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->kept_count; i++)
		free_kept(&p->kept[i]);
	free(p->kept);
	pages_close(p->pages);
	fetch_free(p->fetch);
	buf_free(&p->body);
	free(p);
}
