#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "operatorstat/cmd.h"

/* Whoever reads our output may have seen enough (`| head`): that is no failure. */
static int end(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno == EPIPE || errno == 0)
		return CMD_DONE;
	fprintf(stderr, "operatorstat: standard output: %s\n", strerror(errno));
	return CMD_NO_ANSWER;
}

int main(int argc, char **argv)
{
	/* ignored, not deadly: TLS writes to sockets that the other side has closed */
	signal(SIGPIPE, SIG_IGN);
	return end(cmd_run(argc, argv));
}
