/* Descriptors that are waited for, as many as there are: a wait costs what became ready,
 * not what exists. And a wake-up from other threads.
 *
 *   struct ready r;
 *   if (ready_open(&r))
 *       ready_watch(&r, fd, POLLIN);
 *   while ((count = ready_wait(&r, 1000, fds)) > 0)
 *       ...
 *   ready_close(&r);
 *
 * All from one thread but ready_wake(). */
#ifndef ENGINE_READY_H
#define ENGINE_READY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"

/* Told by one ready_wait(). */
#define READY_MOST 64

struct ready {
	int epoll; /* owned; readable when something is ready, for a wait elsewhere */
	int wake;  /* owned */
};

/* False: the process has no descriptors left, or there is no memory. */
bool ready_open(struct ready *r) MUST_CHECK;

/* From now on fd is waited for, with these events of poll(). One that cannot be, as the
 * system has no memory, is never ready: whoever waits for it has a time limit. */
void ready_watch(const struct ready *r, int fd, short events);

/* No longer; one that was closed is forgotten by itself. */
void ready_forget(const struct ready *r, int fd);

/* Waits until something is ready, wait_ms at most (-1: no bound) or until it is woken.
 * Gives fd and revents of those that are; what has no room here comes with the next. */
size_t ready_wait(const struct ready *r, int64_t wait_ms, struct pollfd fds[READY_MOST]);

/* ready_wait() returns at once, or the next one will. From any thread. */
void ready_wake(const struct ready *r);

void ready_close(struct ready *r);

#endif
