#include "engine/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "engine/buf.h"

/* Longer ones are no address of an endpoint. */
#define ADDRESS_LIMIT 8192

/* A URL taken apart; all points into the text. */
struct parts {
	struct str scheme;
	struct str host;
	struct str port; /* empty: the scheme's */
	struct str path; /* empty: the usual one */
	struct str usual_path;
};

static bool starts_with_word(struct str s, const char *word)
{
	size_t len = strlen(word);

	return s.len >= len && strncasecmp(s.at, word, len) == 0;
}

static struct str rest(struct str s, size_t from)
{
	return (struct str){s.at + from, s.len - from};
}

static size_t find(struct str s, const char *bytes)
{
	size_t i = 0;

	while (i < s.len && strchr(bytes, s.at[i]) == NULL)
		i++;
	return i;
}

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

/* Blanks and control bytes in a URL are a slip, and in a request an injection. */
static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c <= ' ' || c == 0x7f)
			return false;
	}
	return true;
}

static bool split_authority(struct str authority, struct parts *p, struct err *e)
{
	size_t host_len;

	if (authority.len > 0 && authority.at[0] == '[') {
		host_len = find(authority, "]");
		if (host_len == authority.len)
			return err_set(e, ERR_USAGE,
				"the address in [ ] has no end: write "
				"[::1]:8080");
		host_len++;
	} else {
		host_len = find(authority, ":");
	}
	p->host = (struct str){authority.at, host_len};
	p->port = rest(authority, host_len);
	if (p->port.len == 0)
		return true;
	p->port = rest(p->port, 1);
	if (authority.at[host_len] == ':' && is_digits(p->port))
		return true;
	return err_set(e, ERR_USAGE,
		"the port is no number: write HOST:PORT, as in "
		"127.0.0.1:8080");
}

/* http://host:port/path */
static bool split_full(struct str text, size_t scheme_len, struct parts *p, struct err *e)
{
	struct str after = rest(text, scheme_len + 3);
	size_t authority_len = find(after, "/?#");
	struct str authority = {after.at, authority_len};

	p->scheme = (struct str){text.at, scheme_len};
	p->path = rest(after, authority_len);
	if (find(authority, "@") < authority.len)
		return err_set(e, ERR_USAGE,
			"a URL is logged, so it must not hold a user or "
			"password: use the options User and Password");
	if (!split_authority(authority, p, e))
		return false;
	if (p->host.len > 0)
		return true;
	return err_set(
		e, ERR_USAGE, "URL without host: write http://127.0.0.1:8080/metrics");
}

/* 8080, :8080, host:8080 */
static bool split_short(struct str text, struct parts *p, struct err *e)
{
	size_t authority_len = find(text, "/?#");
	struct str authority = {text.at, authority_len};

	p->scheme = STR("http");
	p->path = rest(text, authority_len);
	if (find(authority, "@") < authority.len)
		return err_set(e, ERR_USAGE,
			"an address must not hold a user or password: use "
			"the options User and Password");
	if (is_digits(authority)) {
		p->host = STR("127.0.0.1");
		p->port = authority;
		return true;
	}
	if (!split_authority(authority, p, e))
		return false;
	if (p->port.len == 0)
		return err_set(e, ERR_USAGE,
			"URL without scheme or port: write "
			"http://%.*s/metrics or HOST:PORT",
			STR_ARG(authority));
	if (p->host.len == 0)
		p->host = STR("127.0.0.1");
	return true;
}

/* The usual path where there is none; without a fragment, which is never sent. */
static const char *whole_path(struct arena *a, struct str path, struct str usual)
{
	struct str given = {path.at, find(path, "#")};
	struct str query = rest(given, find(given, "?"));
	bool is_root = given.len == query.len ||
		       (given.len == query.len + 1 && given.at[0] == '/');
	struct str base = is_root ? usual : (struct str){given.at, given.len - query.len};
	char *whole = arena_alloc(a, base.len + query.len + 1);

	if (whole == NULL)
		return NULL;
	if (base.len > 0)
		memcpy(whole, base.at, base.len);
	if (query.len > 0)
		memcpy(whole + base.len, query.at, query.len);
	return whole;
}

/* host:port, and the whole address. */
static bool add_address(struct arena *a, struct url *url)
{
	struct buf text;

	buf_init(&text, ADDRESS_LIMIT);
	buf_addf(&text, "%s:%d", url->host, url->port);
	url->authority = arena_copy(a, buf_str(&text)).at;
	buf_reset(&text);
	buf_addf(&text, "%s://%s:%d%s", url->is_tls ? "https" : "http", url->host,
		url->port, url->path);
	url->address = arena_copy(a, buf_str(&text)).at;
	bool done = buf_ok(&text) && url->authority != NULL && url->address != NULL;
	buf_free(&text);
	return done;
}

static bool port_number(struct str text, int standard, int *port, struct err *e)
{
	int64_t number = standard;

	if (text.len > 0 && (!str_to_i64(text, &number) || number < 1 || number > 65535))
		return err_set(e, ERR_USAGE, "port %.*s is out of range: 1 to 65535",
			STR_ARG(text));
	*port = (int)number;
	return true;
}

static bool finish_tcp(
	struct arena *a, const struct parts *p, struct url *url, struct err *e)
{
	struct url u = {.is_tls = p->scheme.len == strlen("https")};

	if (!port_number(p->port, u.is_tls ? 443 : 80, &u.port, e))
		return false;
	u.host = arena_copy(a, p->host).at;
	u.path = whole_path(a, p->path, p->usual_path);
	if (u.host == NULL || u.path == NULL || !add_address(a, &u))
		return err_set(e, ERR_MEMORY, "no memory for the URL");
	*url = u;
	return true;
}

/* /path/to.sock[:/http/path] */
static bool read_unix(struct arena *a, struct str text, struct str usual_path,
	struct url *url, struct err *e)
{
	size_t colon = 0;
	struct url u = {.host = "localhost"};

	while (colon < text.len && !str_starts(rest(text, colon), STR(":/")))
		colon++;
	struct str file = {text.at, colon};
	if (file.len < 2 || file.at[0] != '/' || file.at[file.len - 1] == '/')
		return err_set(e, ERR_USAGE,
			"write the whole path of the socket: "
			"unix:///run/operator.sock, or "
			"unix:///run/operator.sock:/metrics");
	if (file.len >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return err_set(e, ERR_USAGE,
			"the path of a socket has at most %zu bytes, this "
			"one has %zu",
			sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1, file.len);
	u.path = whole_path(
		a, colon < text.len ? rest(text, colon + 1) : STR(""), usual_path);
	u.socket_path = arena_copy(a, file).at;
	u.port = 80;
	if (u.path == NULL || u.socket_path == NULL || !add_address(a, &u))
		return err_set(e, ERR_MEMORY, "no memory for the URL");
	u.authority = strrchr(u.socket_path, '/') + 1;
	*url = u;
	return true;
}

static bool read_any(struct arena *a, struct str text, struct str usual_path,
	struct url *url, struct err *e)
{
	struct parts p = {.usual_path = usual_path};
	size_t scheme_len = 0;

	if (text.len == 0)
		return err_set(e, ERR_USAGE,
			"the URL is empty: write "
			"http://127.0.0.1:8080/metrics");
	if (!is_printable(text))
		return err_set(e, ERR_USAGE, "a URL has no blanks or control bytes");
	if (starts_with_word(text, "unix://"))
		return read_unix(a, rest(text, strlen("unix://")), usual_path, url, e);
	while (scheme_len < text.len && !str_starts(rest(text, scheme_len), STR("://")))
		scheme_len++;
	if (scheme_len == text.len || find(text, "/?#") < scheme_len)
		return split_short(text, &p, e) && finish_tcp(a, &p, url, e);
	if ((scheme_len == 4 && starts_with_word(text, "http")) ||
		(scheme_len == 5 && starts_with_word(text, "https")))
		return split_full(text, scheme_len, &p, e) && finish_tcp(a, &p, url, e);
	return err_set(e, ERR_USAGE,
		"unknown scheme `%.*s`: write http://, https:// or unix://",
		(int)scheme_len, text.at);
}

bool url_read(struct arena *a, struct str text, struct url *url, struct err *e)
{
	return read_any(a, text, STR("/metrics"), url, e);
}

bool url_read_server(struct arena *a, struct str text, struct url *url, struct err *e)
{
	return read_any(a, text, STR(""), url, e);
}

static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
	       strcmp(host, "[::1]") == 0;
}

uint64_t url_hash_place(const struct url *url)
{
	uint64_t hash = str_hash(str_of(url->path)) ^ (uint64_t)url->port;
	char host[256]; /* what is longer than a name can be is cut */
	size_t len = 0;

	if (url->socket_path != NULL)
		return hash ^ str_hash(str_of(url->socket_path)) * 3;
	if (is_loopback(url->host))
		return hash ^ str_hash(STR("localhost")) * 5;
	for (; len < sizeof(host) && url->host[len] != '\0'; len++)
		host[len] = (char)tolower((unsigned char)url->host[len]);
	return hash ^ str_hash((struct str){host, len}) * 5;
}
