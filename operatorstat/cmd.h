/* The subcommands of operatorstat, one file each, in one table. */
#ifndef OPERATORSTAT_CMD_H
#define OPERATORSTAT_CMD_H

/* Exit codes (commands.md 1). */
enum cmd_exit {
	CMD_DONE = 0,
	CMD_NO = 1,        /* the answer is no */
	CMD_CRITICAL = 2,  /* alarm alone */
	CMD_NO_ANSWER = 3, /* no source could be read, or the file cannot be */
	CMD_USAGE = 64,
};

struct cmd {
	const char *name;
	const char *summary;               /* one line for --help */
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name */
};

/* The subcommands, each in the file of its name. */
int cmd_alarm(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_once(int argc, char **argv);
int cmd_query(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_samples(int argc, char **argv);
int cmd_volumeattachment(int argc, char **argv);
int cmd_thresholds(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_top(int argc, char **argv);

/* The versions of operatorstat and of its libraries, for every --version. */
void cmd_print_version(void);

int cmd_replay(int argc, char **argv);

/* Runs the subcommand that argv[1] names; --help and --version too. Returns the exit
 * code. */
int cmd_run(int argc, char **argv);

#endif
