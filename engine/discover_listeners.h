/* Operators that listen on this machine.
 *
 * What listens is read from /proc (listeners.h). Each socket is asked once, by one
 * request, GET /metrics, and again only when it is another one: some at a time, with a
 * pause between two. It is an operator if what comes back is a page with a family of
 * controller-runtime or of the work queues below it: controller_runtime_*, workqueue_*,
 * certwatcher_*, leader_election_*, rest_client_*. Of two sockets of one process the
 * first that answers so is the operator's, and the others are not asked.
 *
 * Not asked are: ports below 1024, where no operator is and many a daemon logs what it
 * does not understand; sockets that systemd holds, since a connection would start their
 * service; and our own.
 *
 * Credentials. The first request carries none. Who answers to it that he speaks TLS, or
 * wants credentials, is asked once more: by TLS, and with the block's credentials, but
 * only if his certificate was verified, or if the process is root's or our own user's:
 * anybody could listen to get them. What stays closed is told of with
 * what would open it, and asked again when a file of the block's credentials changes.
 *
 * Names. An operator is called as its systemd unit; else as its program, or, where that
 * is main or manager, as the folder it runs in; HOST:PORT if its process is not seen. It
 * is the same again if user, unit, folder and program are, whatever its port; and it
 * stays, down, for as long as its values are remembered after it is gone. */
#ifndef ENGINE_DISCOVER_LISTENERS_H
#define ENGINE_DISCOVER_LISTENERS_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/discover.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/options.h"

struct discover_listeners {
	const char *root;            /* "/proc" */
	const struct options *block; /* what endpoints that are found will have */
	/* On loopback, of processes that can be seen, and told of with the options of the
	 * command line. */
	bool is_command_line;
	struct fetch *fetch;
	const struct clock *clock;
	const struct log *log;
};

/* What `how` points to must outlive the source. False: no memory. */
bool discover_listeners_open(
	struct discover_source *source, const struct discover_listeners *how) MUST_CHECK;

#endif
