#include "engine/ready.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR &&
		       EPOLLHUP == POLLHUP,
	"events are those of poll()");

bool ready_open(struct ready *r)
{
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = r->wake};
	if (r->epoll >= 0 && r->wake >= 0 &&
		epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->wake, &event) == 0)
		return true;
	ready_close(r);
	return false;
}

void ready_watch(const struct ready *r, int fd, short events)
{
	struct epoll_event event = {.events = (uint32_t)events, .data.fd = fd};

	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST)
		(void)epoll_ctl(r->epoll, EPOLL_CTL_MOD, fd, &event);
}

void ready_forget(const struct ready *r, int fd)
{
	struct epoll_event unused = {0};

	(void)epoll_ctl(r->epoll, EPOLL_CTL_DEL, fd, &unused);
}

size_t ready_wait(const struct ready *r, int64_t wait_ms, struct pollfd fds[READY_MOST])
{
	struct epoll_event events[READY_MOST];
	int bound_ms = wait_ms < 0 ? -1 : wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
	int ready = epoll_wait(r->epoll, events, READY_MOST, bound_ms);
	size_t count = 0;

	for (int i = 0; i < ready; i++) {
		uint64_t calls;

		if (events[i].data.fd == r->wake)
			(void)!read(r->wake, &calls, sizeof(calls));
		else
			fds[count++] = (struct pollfd){.fd = events[i].data.fd,
				.revents = (short)events[i].events};
	}
	return count;
}

void ready_wake(const struct ready *r)
{
	const uint64_t one = 1;

	/* full, it is readable as well */
	(void)!write(r->wake, &one, sizeof(one));
}

void ready_close(struct ready *r)
{
	if (r->epoll >= 0)
		close(r->epoll);
	if (r->wake >= 0)
		close(r->wake);
	r->epoll = r->wake = -1;
}
