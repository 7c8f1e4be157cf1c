/* A daemon that says any bytes: the source takes them as an answer or drops the
 * connection with a reason, and asks for no more than it may at once. A NUL separates
 * what is said after one turn from what is said after the next; the first byte, when
 * odd, closes the connection in between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "operatorstat/model.h"
#include "operatorstat/source.h"

#include "tests/fuzz.h"

/* What it may ask before it has an answer (source_unixsock.c). */
#define ASKED_MOST 200

struct stage {
	char folder[64], path[96];
	int listener, fd;
	int64_t now_ms;
	struct model *model;
	struct source source;
};

static int64_t now_ms(void *ctx)
{
	const struct stage *s = ctx;

	return s->now_ms;
}

static int64_t monotonic_us(void *ctx)
{
	return now_ms(ctx) * 1000;
}

static void begin(struct stage *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct clock clock = {s, now_ms, monotonic_us};
	struct err e;

	*s = (struct stage){.fd = -1, .now_ms = INT64_C(1700000000000)};
	snprintf(s->folder, sizeof(s->folder), "/tmp/fuzz_unixsock.XXXXXX");
	require(mkdtemp(s->folder) != NULL);
	snprintf(s->path, sizeof(s->path), "%s/sock", s->folder);
	memcpy(address.sun_path, s->path, strlen(s->path));
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	require(bind(s->listener, (const struct sockaddr *)&address, sizeof(address)) ==
			0 &&
		listen(s->listener, 4) == 0);
	s->model = model_new(MODEL_BYTES);
	require(s->model != NULL &&
		source_unixsock_open(&s->source, s->path, 1, clock, &e));
}

static void end(struct stage *s)
{
	s->source.close(s->source.ctx);
	model_free(s->model);
	if (s->fd >= 0)
		close(s->fd);
	close(s->listener);
	unlink(s->path);
	rmdir(s->folder);
}

static void turn(struct stage *s)
{
	struct sink sink = model_sink(s->model);
	struct source_state state;

	s->now_ms += 500;
	(void)s->source.poll(s->source.ctx, &sink);
	s->source.state(s->source.ctx, &state);
	require(state.condition != SOURCE_LOST || state.error.text[0] != '\0');
	require(s->source.wait_ms(s->source.ctx) >= 0);
}

/* Reads what it asks: whole lines of two kinds, and not too many. */
static void hear(struct stage *s)
{
	char asked[1 << 16];
	size_t lines = 0;

	if (s->fd < 0)
		s->fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK);
	ssize_t len = s->fd < 0 ? 0 : recv(s->fd, asked, sizeof(asked) - 1, 0);
	asked[len > 0 ? len : 0] = '\0';
	for (const char *at = asked; *at != '\0'; at = strchr(at, '\n') + 1) {
		require(strncmp(at, "LISTVAL", 7) == 0 ||
			strncmp(at, "GETVAL \"", 8) == 0);
		require(strchr(at, '\n') != NULL);
		lines++;
	}
	require(lines <= ASKED_MOST);
	if (s->fd >= 0 && len == 0) {
		close(s->fd);
		s->fd = -1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage s;
	bool closes = size > 0 && data[0] % 2 == 1;

	begin(&s);
	for (size_t at = 1; at < size; at++) {
		const uint8_t *nul = memchr(data + at, '\0', size - at);
		size_t len = nul != NULL ? (size_t)(nul - data) - at : size - at;

		turn(&s);
		hear(&s);
		if (s.fd >= 0 && len > 0)
			(void)!send(s.fd, data + at, len, MSG_NOSIGNAL);
		at += len;
		if (closes && s.fd >= 0) {
			close(s.fd);
			s.fd = -1;
		}
	}
	for (int i = 0; i < 8; i++) {
		turn(&s);
		hear(&s);
	}
	end(&s);
	return 0;
}
