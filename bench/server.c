/* server SHAPE [INTERVAL_MS]: serves a page of bench/pages.h on loopback, on a port that
 * it prints, to whoever asks for whatever path: in text, or in protobuf to those who ask
 * for it first, in the pieces that Go's server sends. Each second it is the page's next
 * generation. What is posted is thrown away, so it takes vmagent's samples as well. At
 * SIGTERM it ends; with an interval it says by how much the time between two requests of
 * a client was another: `N gaps, P ms at most for 50 %, P ms for 99 %`. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/pages.h"

enum {
	GENERATIONS = 60,   /* then from the beginning, as after a restart */
	CHUNK_BYTES = 2048, /* what net/http keeps before it sends in chunks */
	REQUEST_BYTES = 65536,
	GAPS = 1000000,
};

struct server {
	struct buf text[GENERATIONS], protobuf[GENERATIONS]; /* whole answers */
	int epoll;
	int listener;
	double interval_ms; /* 0: gaps are of no interest */
	double *gaps_ms;    /* how far off */
	size_t gap_count;
};

/* One client. */
struct client {
	int fd;
	char request[REQUEST_BYTES];
	size_t got;
	size_t to_skip; /* of what is posted */
	double last_ms; /* when it last asked; 0: never */
	struct str answer;
};

static const struct str no_content = {"HTTP/1.1 204 No Content\r\n\r\n", 27};

/* ---- answers ---- */

static void add_answer(struct buf *out, const char *type, struct str page)
{
	buf_addf(out,
		"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
		"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
		type);
	while (page.len > 0) {
		struct str chunk = {
			page.at, page.len < CHUNK_BYTES ? page.len : CHUNK_BYTES};

		buf_addf(out, "%zx\r\n", chunk.len);
		buf_add(out, chunk);
		buf_add(out, STR("\r\n"));
		page = (struct str){page.at + chunk.len, page.len - chunk.len};
	}
	buf_add(out, STR("0\r\n\r\n"));
}

static bool make_answers(struct server *s, enum bench_shape shape, const char *srcdir)
{
	const size_t most = (size_t)1 << 30;
	bool done = true;

	for (int g = 0; done && g < GENERATIONS; g++) {
		struct buf text, protobuf;

		buf_init(&text, most);
		buf_init(&protobuf, most);
		buf_init(&s->text[g], most);
		buf_init(&s->protobuf[g], most);
		done = bench_page(&text, shape, srcdir, g) &&
		       bench_protobuf(&protobuf, buf_str(&text));
		add_answer(&s->text[g], "text/plain; version=0.0.4; charset=utf-8",
			buf_str(&text));
		add_answer(&s->protobuf[g],
			"application/vnd.google.protobuf; "
			"proto=io.prometheus.client.MetricFamily; encoding=delimited",
			buf_str(&protobuf));
		done = done && buf_ok(&s->text[g]) && buf_ok(&s->protobuf[g]);
		buf_free(&text);
		buf_free(&protobuf);
	}
	return done;
}

static struct str answer_to(const struct server *s, const char *header, const char *end)
{
	static const char accept[] = "\nAccept: application/vnd.google.protobuf";
	size_t generation = (size_t)time(NULL) % GENERATIONS;

	for (const char *p = header; p < end; p++)
		if (*p == '\n' && strncasecmp(p, accept, sizeof(accept) - 1) == 0)
			return buf_str(&s->protobuf[generation]);
	return buf_str(&s->text[generation]);
}

static size_t content_length(const char *header, const char *end)
{
	static const char name[] = "\nContent-Length:";

	for (const char *p = header; p < end; p++)
		if (*p == '\n' && strncasecmp(p, name, sizeof(name) - 1) == 0)
			return strtoul(p + sizeof(name) - 1, NULL, 10);
	return 0;
}

/* ---- a client ---- */

static void note_gap(struct server *s, struct client *c)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	double now_ms = (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
	double off_ms = now_ms - c->last_ms - s->interval_ms;
	if (s->interval_ms > 0 && c->last_ms > 0 && s->gap_count < GAPS)
		s->gaps_ms[s->gap_count++] = off_ms < 0 ? -off_ms : off_ms;
	c->last_ms = now_ms;
}

/* Takes a whole request off what was received. False: there is none yet. */
static bool take_request(struct server *s, struct client *c)
{
	size_t skipped = c->to_skip < c->got ? c->to_skip : c->got;

	c->got -= skipped;
	c->to_skip -= skipped;
	memmove(c->request, c->request + skipped, c->got);
	const char *end = memmem(c->request, c->got, "\r\n\r\n", 4);
	if (end == NULL)
		return false;
	note_gap(s, c);
	c->to_skip = (size_t)(end + 4 - c->request) + content_length(c->request, end);
	c->answer = memcmp(c->request, "POST", 4) == 0 ? no_content
						       : answer_to(s, c->request, end);
	return true;
}

/* False: it is gone. */
static bool send_answer(struct client *c)
{
	while (c->answer.len > 0) {
		ssize_t sent = send(
			c->fd, c->answer.at, c->answer.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0)
			return errno == EAGAIN;
		c->answer =
			(struct str){c->answer.at + sent, c->answer.len - (size_t)sent};
	}
	return true;
}

static bool serve(struct server *s, struct client *c)
{
	if (!send_answer(c))
		return false;
	while (c->answer.len == 0) {
		ssize_t got = recv(c->fd, c->request + c->got,
			sizeof(c->request) - c->got, MSG_DONTWAIT);

		if (got <= 0)
			return got < 0 && errno == EAGAIN;
		c->got += (size_t)got;
		while (c->answer.len == 0 && take_request(s, c))
			if (!send_answer(c))
				return false;
	}
	return true;
}

/* ---- all of them ---- */

/* Any address of loopback, and nobody from elsewhere. */
static int listen_on_loopback(int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 4096) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	*port = ntohs(address.sin_port);
	return fd;
}

static void watch(const struct server *s, int fd, uint32_t events, void *client)
{
	struct epoll_event event = {.events = events, .data.ptr = client};

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		abort();
}

static void accept_client(const struct server *s)
{
	const int one = 1;
	struct client *c = calloc(1, sizeof(*c));
	int fd = accept(s->listener, NULL, NULL);

	if (fd < 0 || c == NULL) {
		free(c);
		return;
	}
	c->fd = fd;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	watch(s, fd, EPOLLIN | EPOLLOUT | EPOLLET, c);
}

static void run(struct server *s)
{
	sigset_t none;

	sigemptyset(&none);
	for (;;) {
		struct epoll_event events[64];
		/* SIGTERM comes here and nowhere else */
		int count = epoll_pwait(s->epoll, events, 64, -1, &none);

		if (count < 0)
			return;

		for (int i = 0; i < count; i++) {
			struct client *c = events[i].data.ptr;

			if (c == NULL) {
				accept_client(s);
			} else if (!serve(s, c)) {
				close(c->fd);
				free(c);
			}
		}
	}
}

static int by_value(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static void say_gaps(struct server *s)
{
	if (s->gap_count == 0)
		return;
	qsort(s->gaps_ms, s->gap_count, sizeof(s->gaps_ms[0]), by_value);
	printf("%zu gaps, %.0f ms at most for 50 %%, %.0f ms for 99 %%\n", s->gap_count,
		s->gaps_ms[s->gap_count / 2], s->gaps_ms[s->gap_count * 99 / 100]);
}

static void on_signal(int number)
{
	(void)number;
}

static bool wait_for_sigterm(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return sigprocmask(SIG_BLOCK, &term, NULL) == 0 &&
	       sigaction(SIGTERM, &action, NULL) == 0;
}

int main(int argc, char **argv)
{
	static struct server s;
	const char *srcdir = getenv("srcdir");
	int port = 0;

	for (enum bench_shape shape = 0; argc >= 2 && shape < BENCH_SHAPES; shape++) {
		if (strcmp(argv[1], bench_shape_name(shape)) != 0)
			continue;
		s.epoll = epoll_create1(0);
		s.listener = listen_on_loopback(&port);
		s.interval_ms = argc > 2 ? strtod(argv[2], NULL) : 0;
		s.gaps_ms = malloc(GAPS * sizeof(*s.gaps_ms));
		if (s.epoll < 0 || s.listener < 0 || s.gaps_ms == NULL ||
			!wait_for_sigterm()) {
			perror("server");
			return 1;
		}
		if (!make_answers(&s, shape, srcdir == NULL ? "." : srcdir)) {
			fprintf(stderr,
				"server: srcdir=FOLDER must name the source tree\n");
			return 1;
		}
		watch(&s, s.listener, EPOLLIN, NULL);
		printf("%d\n", port);
		fflush(stdout);
		run(&s);
		say_gaps(&s);
		return 0;
	}
	fprintf(stderr, "usage: server SHAPE [INTERVAL_MS]\n");
	return 64;
}
