/* top: what the terminal tool costs, with the real program on a terminal of its own and
 * an operator of 100 controllers behind a server on loopback: how long after the first
 * page its first frame is there, what part of a core it takes at a page a second, and,
 * within this process, what 41 minutes of such pages take in memory. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/pages.h"
#include "engine/settings.h"
#include "operatorstat/feeds.h"
#include "operatorstat/model.h"

enum {
	STARTS = 7, /* of the program, to see its first frame */
	WATCHED_SECONDS = 20,
	KEPT_SECONDS = 41 * 60,
	PAGES = 32, /* that the server has; then the last one again */
	REQUEST_BYTES = 8192,
};

/* What HACKING.md promises. */
#define FRAME_MS_MOST     50
#define CORE_PERCENT_MOST 2
#define HISTORY_MB_MOST   64

struct server {
	int fd;
	int port;
	struct buf pages[PAGES];
	atomic_llong first_sent_ns; /* when the first page was out; 0: not yet */
};

static long long now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "top: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the operator ---- */

static void send_all(int fd, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		at += sent;
		len -= (size_t)sent;
	}
}

static void answer(struct server *s, int fd, size_t page)
{
	const struct buf *body = &s->pages[page < PAGES ? page : PAGES - 1];
	char head[256];

	snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
		"Content-Length: %zu\r\n\r\n",
		body->len);
	send_all(fd, head, strlen(head));
	send_all(fd, body->at, body->len);
	if (page == 0)
		s->first_sent_ns = now_ns(CLOCK_MONOTONIC);
}

/* One client after the other: there is but one, and it keeps its connection. */
static void *serve(void *ctx)
{
	struct server *s = ctx;
	char request[REQUEST_BYTES];

	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		ssize_t len;

		if (fd < 0)
			return NULL;
		/* a request of this client comes as one piece */
		for (size_t page = 0; (len = read(fd, request, sizeof(request))) > 0;
			page++)
			answer(s, fd, page);
		close(fd);
	}
}

static void start_server(struct server *s, const char *srcdir)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	pthread_t thread;

	for (int i = 0; i < PAGES; i++) {
		buf_init(&s->pages[i], (size_t)1 << 24);
		if (!bench_page(&s->pages[i], BENCH_HUNDRED, srcdir, i))
			fail("srcdir=FOLDER must name the source tree");
	}
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* the socket interface casts between kinds of addresses */
	if (bind(s->fd, (struct sockaddr *)&address, len) != 0 || listen(s->fd, 4) != 0 ||
		getsockname(s->fd, (struct sockaddr *)&address, &len) != 0)
		fail("cannot listen");
	s->port = ntohs(address.sin_port);
	if (pthread_create(&thread, NULL, serve, s) != 0)
		fail("no thread");
	pthread_detach(thread);
}

/* ---- the program on its terminal ---- */

struct program {
	pid_t pid;
	int terminal;
};

static void exec_in(const char *terminal, int port)
{
	char url[64];
	int fd;

	setsid();
	fd = open(terminal, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0)
		_exit(127);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/metrics", port);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	execl("bin/operatorstat", "operatorstat", "top", "--config", "/dev/null", url,
		(char *)NULL);
	_exit(127);
}

static struct program start_program(int port)
{
	struct winsize size = {.ws_row = 50, .ws_col = 200};
	struct program p = {.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
	char name[128];

	if (p.terminal < 0 || grantpt(p.terminal) != 0 || unlockpt(p.terminal) != 0 ||
		ptsname_r(p.terminal, name, sizeof(name)) != 0 ||
		ioctl(p.terminal, TIOCSWINSZ, &size) != 0)
		fail("no terminal");
	p.pid = fork();
	if (p.pid == 0)
		exec_in(name, port);
	return p;
}

static void end_program(struct program *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->terminal);
}

/* Reads what it draws for so many ms, or until `text` is among it. */
static bool read_until(const struct program *p, const char *text, int ms)
{
	long long end_ns = now_ns(CLOCK_MONOTONIC) + ms * 1000000LL;
	char bytes[65536];
	size_t kept = 0;

	for (;;) {
		struct pollfd fd = {p->terminal, POLLIN, 0};
		int left = (int)((end_ns - now_ns(CLOCK_MONOTONIC)) / 1000000);

		if (left <= 0 || poll(&fd, 1, left) <= 0)
			return false;
		if (kept > sizeof(bytes) / 2)
			kept = 0;
		ssize_t len = read(p->terminal, bytes + kept, sizeof(bytes) - kept - 1);
		if (len <= 0)
			return false;
		kept += (size_t)len;
		bytes[kept] = '\0';
		if (text != NULL && strstr(bytes, text) != NULL)
			return true;
	}
}

/* ---- what is measured ---- */

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool report(const char *what, double value, const char *unit, double most)
{
	printf("%-48s %8.2f %s, at most %.0f%s\n", what, value, unit, most,
		value < most ? "" : "  MISSED");
	return value < most;
}

static double first_frame_ms(struct server *s)
{
	double ms[STARTS];

	for (int i = 0; i < STARTS; i++) {
		s->first_sent_ns = 0;
		struct program p = start_program(s->port);

		if (!read_until(&p, "controller-00", 10000))
			fail("no frame came");
		ms[i] = (double)(now_ns(CLOCK_MONOTONIC) - s->first_sent_ns) / 1e6;
		end_program(&p);
	}
	qsort(ms, STARTS, sizeof(ms[0]), by_size);
	return ms[STARTS / 2];
}

static double core_percent(struct server *s)
{
	struct program p = start_program(s->port);
	clockid_t clock;

	if (!read_until(&p, "controller-00", 10000) ||
		clock_getcpuclockid(p.pid, &clock) != 0)
		fail("no frame came");
	read_until(&p, NULL, 2000);
	long long before_ns = now_ns(clock), start_ns = now_ns(CLOCK_MONOTONIC);
	read_until(&p, NULL, WATCHED_SECONDS * 1000);
	double percent = 100 * (double)(now_ns(clock) - before_ns) /
			 (double)(now_ns(CLOCK_MONOTONIC) - start_ns);
	end_program(&p);
	return percent;
}

static void take_second(
	struct feeds *feeds, const struct sink *sink, int second, struct buf *page)
{
	struct answer a = {.time_ms = INT64_C(1700000000000) + second * INT64_C(1000),
		.status = 200,
		.duration_seconds = 0.01,
		.content_type = STR("text/plain; version=0.0.4"),
		.format = EXPO_TEXT,
		.dns_seconds = NAN,
		.connect_seconds = NAN,
		.tls_seconds = NAN,
		.first_byte_seconds = NAN,
		.transfer_seconds = NAN,
		.certificate_days = NAN,
		.token_days = NAN};

	buf_reset(page);
	if (!bench_page(page, BENCH_HUNDRED, getenv("srcdir"), second))
		fail("no page");
	a.body = buf_str(page);
	if (!feeds_take(feeds, STR("bench"), &a, sink))
		fail("no memory");
}

static void say_nothing(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static const struct log silence = {NULL, say_nothing};

static double history_mb(void)
{
	struct settings *settings = settings_new(SETTINGS_ARGV, &silence);
	if (settings == NULL || !settings_check(settings, 1))
		fail("no settings");
	struct model *m = model_new(MODEL_BYTES);
	struct feeds *feeds = feeds_new(settings_defaults(settings), NULL);
	struct sink sink = model_sink(m);
	struct buf page;
	size_t before = 0;

	buf_init(&page, (size_t)1 << 24);
	for (int i = 0; i < KEPT_SECONDS; i++) {
		take_second(feeds, &sink, i, &page);
		if (i == 0)
			before = mallinfo2().uordblks;
	}
	size_t after = mallinfo2().uordblks;
	buf_free(&page);
	feeds_free(feeds);
	model_free(m);
	settings_free(settings);
	return (double)(after - before) / (1 << 20);
}

int main(void)
{
	struct server s = {.fd = -1};
	const char *srcdir = getenv("srcdir");

	if (srcdir == NULL || access("bin/operatorstat", X_OK) != 0) {
		fprintf(stderr, "usage: srcdir=FOLDER top, where bin/operatorstat is\n");
		return 64;
	}
	start_server(&s, srcdir);
	bool is_kept = report("first frame after the first page", first_frame_ms(&s),
		"ms", FRAME_MS_MOST);
	is_kept &= report("100 controllers, a page a second", core_percent(&s),
		"% of a core", CORE_PERCENT_MOST);
	is_kept &= report(
		"their past, 41 minutes of it", history_mb(), "MB", HISTORY_MB_MOST);
	return is_kept ? 0 : 1;
}
