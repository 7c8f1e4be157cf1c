/* The sockets of this machine that listen, and the processes that hold them, as /proc
 * tells.
 *
 *   struct listeners *l = listeners_new("/proc");
 *   listeners_read(l, &e);                      the sockets
 *   while (!listeners_find_holders(l, 1000))    and who holds those that are new
 *       ;
 *
 * Of a process is seen what the rights of ours allow: a user sees the sockets of all and
 * the processes of his own. One thread at a time. */
#ifndef ENGINE_LISTENERS_H
#define ENGINE_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/attr.h"
#include "engine/err.h"

/* Texts are owned by the listeners; "" where nothing is known. */
struct listener_process {
	pid_t pid;
	uint64_t start; /* ticks since boot: with the pid, no other process has it */
	uid_t uid;
	char *comm;
	char *program;   /* last part of argv[0]; else comm */
	char *arguments; /* those behind it, parted by blanks */
	char *folder;    /* working directory */
	char *unit;      /* of systemd: "memcached-operator.service" */
	char *container; /* first 12 digits of its id */
	bool leads_unit; /* systemd started it, and not a process of the unit */
};

struct listener {
	uint64_t inode; /* no other socket has it */
	bool is_unix;
	char host[64]; /* TCP: to connect to, as in a URL: 127.0.0.1, [::1] */
	int port;
	bool is_any_ipv6; /* listens on [::]: host is 127.0.0.1, and [::1] may do */
	bool is_loopback; /* can be reached by it */
	char *path;       /* Unix: owned; else NULL */
	uid_t uid;        /* TCP: whose it is */
	bool is_searched; /* its holder was looked for */
	const struct listener_process *process; /* NULL: not seen (yet) */
};

struct listeners;

/* root: "/proc", or a tree that looks like it; borrowed. NULL: no memory. */
struct listeners *listeners_new(const char *root) MUST_CHECK;

/* Reads what listens now, not in the midst of a search; what is known of sockets that
 * were there before stays. False: not even the TCP sockets can be read. */
bool listeners_read(struct listeners *l, struct err *e) MUST_CHECK;

/* Goes on looking for the holders of those that were not searched for, reading some
 * `most` links at a time, since on a large machine there are many. True: it is done, and
 * all are searched for. */
bool listeners_find_holders(struct listeners *l, size_t most);

/* Hold until the next listeners_read() or listeners_find_holders(). */
size_t listeners_count(const struct listeners *l);
const struct listener *listeners_at(const struct listeners *l, size_t i);

/* l may be NULL. */
void listeners_free(struct listeners *l);

#endif
