#include "operatorstat/cmd.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/fetch.h"
#include "operatorstat/terminal.h"

static const struct cmd cmds[] = {
	{"alarm", "a Nagios plugin: figures and findings against limits", cmd_alarm},
	{"check", "everything that is wrong with a page", cmd_check},
	{"compare", "two recordings: what changed, and is it more than chance",
		cmd_compare},
	{"explain", "what is sent of each line of a page, or why not", cmd_explain},
	{"once", "the figures of two scrapes", cmd_once},
	{"query", "the latest values of the series that match", cmd_query},
	{"record", "scrapes endpoints and stores each page", cmd_record},
	{"replay", "what the plugin would have sent, from a recording", cmd_replay},
	{"samples", "the samples of a page, one a line", cmd_samples},
	{"thresholds", "a configuration for collectd's threshold plugin", cmd_thresholds},
	{"top", "the screens; so does operatorstat alone on a terminal", cmd_top},
	{"volumeattachment", "is a volume attached to a node of Kubernetes?",
		cmd_volumeattachment},
	{"watch", "the figures again and again", cmd_watch},
	{"why", "what makes an operator slow", cmd_why},
	{NULL, NULL, NULL},
};

static void print_help(FILE *to)
{
	fputs("usage: operatorstat COMMAND [OPTION...] [SOURCE...]\n\n", to);
	for (const struct cmd *c = cmds; c->name != NULL; c++)
		fprintf(to, "  %-18s %s\n", c->name, c->summary);
	fputs("\n`operatorstat COMMAND --help` says more; so does operatorstat(1).\n",
		to);
}

void cmd_print_version(void)
{
	printf("operatorstat %s\n%s\n%s\n", OPERATOR_VERSION, fetch_library(),
		terminal_library());
}

/* `operatorstat :8080` means the screens; a misspelt command does not. */
static bool looks_like_source(const char *word)
{
	bool is_number = word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';

	return is_number || word[0] == '-' || strpbrk(word, "/:=") != NULL ||
	       access(word, F_OK) == 0;
}

int cmd_run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (word == NULL ? isatty(STDOUT_FILENO) == 0
			 : strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
		print_help(stdout);
		return CMD_DONE;
	}
	if (word != NULL && (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)) {
		cmd_print_version();
		return CMD_DONE;
	}
	for (const struct cmd *c = cmds; word != NULL && c->name != NULL; c++)
		if (strcmp(word, c->name) == 0)
			return c->run(argc - 1, argv + 1);
	if (word == NULL || looks_like_source(word))
		return cmd_top(argc, argv);
	fprintf(stderr, "operatorstat: no command `%s`; see operatorstat --help\n", word);
	return CMD_USAGE;
}
