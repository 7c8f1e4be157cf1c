#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "operatorstat/cmd.h"

static bool has_reader(int fd)
{
	struct pollfd output = {.fd = fd, .events = POLLOUT};

	return poll(&output, 1, 0) < 0 || (output.revents & (POLLERR | POLLHUP)) == 0;
}

/* Whoever reads our output may have seen enough (`| head`): that is no failure. */
static int end(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (!has_reader(STDOUT_FILENO))
		return CMD_DONE;
	/* an earlier failure has left no errno */
	fprintf(stderr, "operatorstat: standard output: %s\n",
		errno != 0 ? strerror(errno) : "not all of it could be written");
	return CMD_NO_ANSWER;
}

int main(int argc, char **argv)
{
	/* ignored, not deadly: TLS writes to sockets that the other side has closed */
	signal(SIGPIPE, SIG_IGN);
	return end(cmd_run(argc, argv));
}
