#include "engine/ready.h"

#include <unistd.h>

#include "tests/suite.h"

/* More than one wait tells of. */
#define PIPES (READY_MOST + 10)

START_TEST(what_is_ready_is_told)
{
	struct ready r;
	struct pollfd fds[READY_MOST];
	int ends[2];

	ck_assert(ready_open(&r));
	ck_assert_int_eq(pipe(ends), 0);
	ready_watch(&r, ends[0], POLLIN);
	ck_assert_uint_eq(ready_wait(&r, 0, fds), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_uint_eq(ready_wait(&r, -1, fds), 1);
	ck_assert_int_eq(fds[0].fd, ends[0]);
	ck_assert_int_eq(fds[0].revents, POLLIN);
	ready_watch(&r, ends[1], POLLIN);
	ready_watch(&r, ends[1], POLLOUT);
	ck_assert_msg(ready_wait(&r, -1, fds) == 2, "the events of the last call count");
	ready_forget(&r, ends[0]);
	close(ends[1]);
	ck_assert_uint_eq(ready_wait(&r, 0, fds), 0);
	close(ends[0]);
	ready_close(&r);
}
END_TEST

START_TEST(the_other_end_is_gone)
{
	struct ready r;
	struct pollfd fds[READY_MOST];
	int ends[2];

	ck_assert(ready_open(&r));
	ck_assert_int_eq(pipe(ends), 0);
	ready_watch(&r, ends[0], POLLIN);
	close(ends[1]);
	ck_assert_uint_eq(ready_wait(&r, -1, fds), 1);
	ck_assert_int_eq(fds[0].revents, POLLHUP);
	close(ends[0]);
	ready_close(&r);
}
END_TEST

START_TEST(what_has_no_room_comes_next)
{
	struct ready r;
	struct pollfd fds[READY_MOST];
	int ends[PIPES][2];

	ck_assert(ready_open(&r));
	for (size_t i = 0; i < PIPES; i++) {
		ck_assert_int_eq(pipe(ends[i]), 0);
		ready_watch(&r, ends[i][1], POLLOUT);
	}
	ck_assert_uint_eq(ready_wait(&r, -1, fds), READY_MOST);
	for (size_t i = 0; i < READY_MOST; i++)
		ready_forget(&r, fds[i].fd);
	ck_assert_uint_eq(ready_wait(&r, -1, fds), PIPES - READY_MOST);
	for (size_t i = 0; i < PIPES; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	ready_close(&r);
}
END_TEST

START_TEST(it_is_woken_once)
{
	struct ready r;
	struct pollfd fds[READY_MOST];

	ck_assert(ready_open(&r));
	ready_wake(&r);
	ready_wake(&r);
	ck_assert_uint_eq(ready_wait(&r, -1, fds), 0);
	struct pollfd whole = {r.epoll, POLLIN, 0};
	ck_assert_msg(poll(&whole, 1, 0) == 0, "two calls are one");
	ready_wake(&r);
	ck_assert_msg(poll(&whole, 1, 0) == 1, "a wait elsewhere ends as well");
	ready_close(&r);
}
END_TEST

SUITE("ready", what_is_ready_is_told, the_other_end_is_gone, what_has_no_room_comes_next,
	it_is_woken_once)
