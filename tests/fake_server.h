/* A web server for tests, in a thread of the test: what it answers depends on the path.
 *
 *   /ok      200, the page that was set       /slow    headers, then nothing more
 *   /hang    reads, never answers             /cut     Content-Length, and half of it
 *   /chunk   one byte a chunk                 /chunkcut the same, broken off
 *   /om      OpenMetrics                      /html    200, text/html
 *   /none    200 without a Content-Type       /strange 200, image/png
 *   /empty   200, no body                     /binary  bytes that are not HTTP
 *   /close   closes without an answer         /headers headers without end
 *   /gzip    what was set, said to be gzip    /large   a page of 8 MB
 *   /NNN     that status; 500 says `Authentication failed`
 *   /to/...  302 to the rest, which is a whole URL or, from `/` on, a path
 *   /tls     400, as a server in Go that wants TLS
 *   /token   200 with `Authorization: Bearer TOKEN` as set, else 401
 *
 * With a script it answers by that alone. */
#ifndef TESTS_FAKE_SERVER_H
#define TESTS_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct fake_server;

/* On a free port of 127.0.0.1, or on the Unix socket unix_path if that is not NULL. */
struct fake_server *fake_server_start(const char *unix_path);

int fake_server_port(const struct fake_server *s);

/* Bodies of /ok, /chunk and /gzip; borrowed until the server stops. */
void fake_server_set_page(struct fake_server *s, const char *page, size_t len);
void fake_server_set_token(struct fake_server *s, const char *token);

/* One answer of a script. */
struct fake_answer {
	const char *target; /* path and query have this in them */
	const char *status; /* "200 OK"; NULL: no answer, the connection stays open */
	const char *body;
	size_t piece; /* bytes a chunk; 0: all at once, with Content-Length */
	enum { FAKE_ENDS, FAKE_HOLDS, FAKE_CUTS } then; /* after the last chunk */
};

/* Each request is answered by the first that fits and was not used; 404 in plain text if
 * there is none. Borrowed until the server stops. */
void fake_server_script(
	struct fake_server *s, const struct fake_answer *answers, size_t count);

/* Answers of the script that were not used yet. */
size_t fake_server_left(struct fake_server *s);

/* /metrics is answered as that path; borrowed. */
void fake_server_set_metrics(struct fake_server *s, const char *path);

/* So far. */
size_t fake_server_connections(struct fake_server *s);
size_t fake_server_requests(struct fake_server *s);

/* Copies the head of the last request. */
void fake_server_last_request(struct fake_server *s, char *out, size_t size);

void fake_server_stop(struct fake_server *s);

#endif
