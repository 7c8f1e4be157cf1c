/* The address of an endpoint, in the forms that people write:
 *
 *   http://host[:port][/path]   https://...   without a path, or `/`: /metrics
 *   8080   :8080   host:port   [::1]:8080     each with or without a path: http
 *   unix:///path/to.sock[:/http/path]         HTTP over a Unix socket
 */
#ifndef ENGINE_URL_H
#define ENGINE_URL_H

#include <stdbool.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/str.h"

/* All strings are terminated. */
struct url {
	const char *address; /* whole, with scheme, host, port and path */
	const char *host; /* an IPv6 address in its brackets; `localhost` for a socket */
	const char
		*authority; /* host:port, with the port always; the socket's file name */
	const char *path;   /* of HTTP, with its query */
	const char *socket_path; /* NULL: TCP */
	int port;
	bool is_tls;
};

/* Reads text; the strings of *url are the arena's. False: e says what to write instead,
 * and *url is as it was. A user or password in the URL is an error (whose text does not
 * show it), since URLs are logged. */
bool url_read(
	struct arena *a, struct str text, struct url *url, struct err *e) MUST_CHECK;

/* The same for URLs that lead to the same page, and for no others as far as hashes tell:
 * localhost, 127.0.0.1 and [::1] are one host. */
uint64_t url_hash_place(const struct url *url);

/* The same for a server below which one asks for many paths: without a path, or `/`, the
 * path is empty. */
bool url_read_server(
	struct arena *a, struct str text, struct url *url, struct err *e) MUST_CHECK;

#endif
