#include "tests/fake_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTION_LIMIT 64
#define HEAD_LIMIT       16384
#define SCRIPT_LIMIT     64

struct connection {
	struct fake_server *server;
	int fd;
	pthread_t thread;
};

struct fake_server {
	pthread_mutex_t lock;
	pthread_t thread;
	int fd;
	int port;
	const char *page;
	size_t page_len;
	const char *token;
	const char *metrics; /* the path that /metrics stands for; NULL: none */
	size_t requests;
	size_t connections; /* all of them are in connection[], until the server stops */
	struct connection connection[CONNECTION_LIMIT];
	char last_request[HEAD_LIMIT];
	const struct fake_answer *script;
	size_t script_count;
	bool is_used[SCRIPT_LIMIT];
};

struct exchange {
	struct fake_server *server;
	int fd;
	char head[HEAD_LIMIT];
	const char *path;        /* within head, terminated */
	const char *rest;        /* of the head, behind it */
	char target[HEAD_LIMIT]; /* path and query */
};

static bool put_bytes(int fd, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool put(int fd, const char *text)
{
	return put_bytes(fd, text, strlen(text));
}

static bool answer(struct exchange *x, const char *status, const char *headers,
	const char *body, size_t len)
{
	char head[1024];

	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n",
		status, headers, len);
	return put(x->fd, head) && put_bytes(x->fd, body, len);
}

/* Waits until the other side, or fake_server_stop(), closes. */
static bool wait_for_the_end(const struct exchange *x)
{
	char byte;

	while (recv(x->fd, &byte, 1, 0) > 0)
		continue;
	return false;
}

static bool page(struct exchange *x, const char *headers)
{
	return answer(x, "200 OK", headers, x->server->page, x->server->page_len);
}

static bool ok(struct exchange *x)
{
	return page(x, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
}

static bool om(struct exchange *x)
{
	return page(x, "Content-Type: application/openmetrics-text; version=1.0.0\r\n");
}

static bool html(struct exchange *x)
{
	return page(x, "Content-Type: text/html\r\n");
}

static bool none(struct exchange *x)
{
	return page(x, "");
}

static bool strange(struct exchange *x)
{
	return page(x, "Content-Type: image/png\r\n");
}

static bool gzip(struct exchange *x)
{
	return page(x, "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n");
}

static bool empty(struct exchange *x)
{
	return answer(x, "200 OK", "Content-Type: text/plain\r\n", "", 0);
}

static bool slow(struct exchange *x)
{
	return put(x->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nup ") &&
	       wait_for_the_end(x);
}

static bool hang(struct exchange *x)
{
	return wait_for_the_end(x);
}

static bool cut(struct exchange *x)
{
	put(x->fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
		   "100\r\n\r\nup 1\n");
	return false;
}

static bool close_at_once(struct exchange *x)
{
	(void)x;
	return false;
}

static bool binary(struct exchange *x)
{
	put_bytes(x->fd,
		"\x7f"
		"ELF\0\x01\xff\xfe garbage\n",
		16);
	return false;
}

static bool chunks(struct exchange *x)
{
	bool done = put(x->fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");

	for (size_t i = 0; done && i < x->server->page_len; i++)
		done = put(x->fd, "1\r\n") && put_bytes(x->fd, &x->server->page[i], 1) &&
		       put(x->fd, "\r\n");
	return done;
}

static bool chunk(struct exchange *x)
{
	return chunks(x) && put(x->fd, "0\r\n\r\n");
}

static bool chunkcut(struct exchange *x)
{
	chunks(x);
	return false;
}

static bool headers(struct exchange *x)
{
	bool done = put(x->fd, "HTTP/1.1 200 OK\r\n");

	for (int i = 0; done && i < 10000; i++)
		done = put(
			x->fd, "X-Filler: 0123456789012345678901234567890123456789\r\n");
	return done && put(x->fd, "Content-Length: 0\r\n\r\n");
}

static bool large(struct exchange *x)
{
	static const char line[] =
		"a_metric_with_a_name_that_is_long_enough 12345678901234567890\n";
	bool done = put(x->fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");

	for (size_t sent = 0; done && sent < ((size_t)8 << 20); sent += sizeof(line) - 1)
		done = put(x->fd, line);
	return false;
}

static bool token(struct exchange *x)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "\r\nAuthorization: Bearer %s\r\n",
		x->server->token);
	if (strstr(x->rest, wanted) != NULL)
		return ok(x);
	return answer(x, "401 Unauthorized", "", "no\n", 3);
}

static bool tls(struct exchange *x)
{
	static const char text[] = "Client sent an HTTP request to an HTTPS server.\n";

	return answer(x, "400 Bad Request", "", text, strlen(text));
}

static bool redirect(struct exchange *x)
{
	const char *to = x->path + strlen("/to/");
	char location[512];

	snprintf(location, sizeof(location), "Location: %s%s\r\n",
		strstr(to, "://") != NULL ? "" : "/", to);
	return answer(x, "302 Found", location, "", 0);
}

static bool other_status(struct exchange *x)
{
	char status[32];

	if (strncmp(x->path, "/to/", 4) == 0)
		return redirect(x);
	snprintf(status, sizeof(status), "%d Status", atoi(x->path + 1));
	if (strcmp(x->path, "/500") == 0)
		return answer(x, status, "", "Authentication failed\n", 22);
	return answer(x, status, "", "no\n", 3);
}

/* ---- scripts ---- */

static const struct fake_answer *next_answer(struct exchange *x)
{
	struct fake_server *s = x->server;
	const struct fake_answer *found = NULL;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; found == NULL && i < s->script_count; i++)
		if (!s->is_used[i] && strstr(x->target, s->script[i].target) != NULL) {
			s->is_used[i] = true;
			found = &s->script[i];
		}
	pthread_mutex_unlock(&s->lock);
	return found;
}

static bool put_chunks(struct exchange *x, const struct fake_answer *a)
{
	size_t len = strlen(a->body);
	char head[32];
	bool done = true;

	for (size_t at = 0; done && at < len; at += a->piece) {
		size_t part = len - at < a->piece ? len - at : a->piece;

		snprintf(head, sizeof(head), "%zx\r\n", part);
		done = put(x->fd, head) && put_bytes(x->fd, a->body + at, part) &&
		       put(x->fd, "\r\n");
	}
	return done;
}

static bool follow_script(struct exchange *x)
{
	static const char json[] = "Content-Type: application/json\r\n";
	const struct fake_answer *a = next_answer(x);
	char head[256];

	if (a == NULL)
		return answer(x, "404 Not Found", "Content-Type: text/plain\r\n",
			"404 page not found\n", 19);
	if (a->status == NULL)
		return wait_for_the_end(x);
	if (a->piece == 0)
		return answer(x, a->status, json, a->body, strlen(a->body));
	snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\n%sTransfer-Encoding: chunked\r\n\r\n", a->status, json);
	if (!put(x->fd, head) || !put_chunks(x, a) || a->then == FAKE_CUTS)
		return false;
	return a->then == FAKE_HOLDS ? wait_for_the_end(x) : put(x->fd, "0\r\n\r\n");
}

/* False: the connection is over. */
static bool serve(struct exchange *x)
{
	static const struct {
		const char *path;
		bool (*answer)(struct exchange *x);
	} paths[] = {{"/ok", ok}, {"/om", om}, {"/html", html}, {"/none", none},
		{"/strange", strange}, {"/gzip", gzip}, {"/empty", empty},
		{"/slow", slow}, {"/hang", hang}, {"/cut", cut},
		{"/close", close_at_once}, {"/binary", binary}, {"/chunk", chunk},
		{"/chunkcut", chunkcut}, {"/headers", headers}, {"/large", large},
		{"/token", token}, {"/tls", tls}};

	if (x->server->script != NULL)
		return follow_script(x);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(x->path, paths[i].path) == 0)
			return paths[i].answer(x);
	return other_status(x);
}

/* A request without a body; its first line is taken apart. */
static bool read_request(struct exchange *x)
{
	size_t len = 0;

	do {
		ssize_t n = recv(x->fd, x->head + len, sizeof(x->head) - 1 - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		x->head[len] = '\0';
		if (x->head[0] == 0x16) { /* TLS */
			put(x->fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
			return false;
		}
	} while (strstr(x->head, "\r\n\r\n") == NULL);

	pthread_mutex_lock(&x->server->lock);
	x->server->requests++;
	strcpy(x->server->last_request, x->head);
	pthread_mutex_unlock(&x->server->lock);
	char *path = strchr(x->head, ' ') + 1;
	snprintf(x->target, sizeof(x->target), "%.*s", (int)strcspn(path, " "), path);
	path[strcspn(path, " ?")] = '\0';
	x->path = path;
	x->rest = path + strlen(path) + 1;
	if (x->server->metrics != NULL && strcmp(path, "/metrics") == 0)
		x->path = x->server->metrics;
	return true;
}

static void *converse(void *ctx)
{
	const struct connection *c = ctx;
	struct exchange *x = calloc(1, sizeof(*x));

	assert(x != NULL);
	x->server = c->server;
	x->fd = c->fd;
	while (read_request(x) && serve(x))
		continue;
	shutdown(c->fd, SHUT_RDWR);
	free(x);
	return NULL;
}

static void *accept_all(void *ctx)
{
	struct fake_server *s = ctx;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		pthread_mutex_lock(&s->lock);
		assert(s->connections < CONNECTION_LIMIT);
		struct connection *c = &s->connection[s->connections++];
		c->server = s;
		c->fd = fd;
		pthread_create(&c->thread, NULL, converse, c);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static int listen_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	unlink(path);
	assert(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static int listen_tcp(int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int failed = bind(fd, (const struct sockaddr *)&address, size);

	assert(failed == 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	*port = ntohs(address.sin_port);
	return fd;
}

struct fake_server *fake_server_start(const char *unix_path)
{
	struct fake_server *s = calloc(1, sizeof(*s));

	assert(s != NULL);
	pthread_mutex_init(&s->lock, NULL);
	s->page = "";
	s->token = "";
	s->fd = unix_path != NULL ? listen_unix(unix_path) : listen_tcp(&s->port);
	listen(s->fd, 64);
	pthread_create(&s->thread, NULL, accept_all, s);
	return s;
}

int fake_server_port(const struct fake_server *s)
{
	return s->port;
}

void fake_server_set_page(struct fake_server *s, const char *bytes, size_t len)
{
	s->page = bytes;
	s->page_len = len;
}

void fake_server_set_token(struct fake_server *s, const char *text)
{
	s->token = text;
}

void fake_server_script(
	struct fake_server *s, const struct fake_answer *answers, size_t count)
{
	assert(count <= SCRIPT_LIMIT);
	pthread_mutex_lock(&s->lock);
	s->script = answers;
	s->script_count = count;
	memset(s->is_used, 0, sizeof(s->is_used));
	pthread_mutex_unlock(&s->lock);
}

size_t fake_server_left(struct fake_server *s)
{
	size_t left = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->script_count; i++)
		left += !s->is_used[i];
	pthread_mutex_unlock(&s->lock);
	return left;
}

void fake_server_set_metrics(struct fake_server *s, const char *path)
{
	s->metrics = path;
}

size_t fake_server_connections(struct fake_server *s)
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->connections;
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t fake_server_requests(struct fake_server *s)
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void fake_server_last_request(struct fake_server *s, char *out, size_t size)
{
	pthread_mutex_lock(&s->lock);
	snprintf(out, size, "%s", s->last_request);
	pthread_mutex_unlock(&s->lock);
}

void fake_server_stop(struct fake_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (size_t i = 0; i < s->connections; i++) {
		shutdown(s->connection[i].fd, SHUT_RDWR);
		pthread_join(s->connection[i].thread, NULL);
		close(s->connection[i].fd);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}
