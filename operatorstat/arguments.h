/* The command line of every subcommand: its own options, those of endpoints (options.def:
 * `BearerTokenFile F` is `--bearer-token-file F`, `VerifyPeer false`
 * `--verify-peer=false`),
 * --help, --version, and operands.
 *
 *   static const struct arguments_use use = {"samples [-j] SOURCE [SELECTOR]", "...",
 * own}; struct arguments *a = arguments_new(argc, argv, &use); while ((c =
 * arguments_next(a)) != ARGUMENTS_END) switch (c) { case 'j': ...; } if
 * (arguments_exit(a, &code)) ...
 */
#ifndef OPERATORSTAT_ARGUMENTS_H
#define OPERATORSTAT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/log.h"
#include "engine/settings.h"
#include "engine/str.h"

/* An option of one subcommand. A row whose name and letter are empty ends the list. It
 * goes before an option of endpoints of the same name. */
struct arguments_own {
	int letter; /* what arguments_next() returns; an option of its own if printable
		     * ASCII */
	const char *name;     /* without dashes; NULL: the letter alone */
	const char *argument; /* for --help; NULL: it takes none; "true|false": a flag,
			       * which may stand alone */
	const char *help;     /* one line */
};

struct arguments_use {
	const char *usage;               /* behind `operatorstat ` */
	const char *summary;             /* some sentences for --help */
	const struct arguments_own *own; /* NULL: none */
};

struct arguments;

/* Messages go to standard error behind `operatorstat: `. argv and use must outlive it.
 * NULL: no memory. */
struct arguments *arguments_new(
	int argc, char **argv, const struct arguments_use *use) MUST_CHECK;

#define ARGUMENTS_END (-1)

/* The next option of the subcommand's own; those of endpoints are put into the settings.
 * ARGUMENTS_END: there are no more, or arguments_exit() says to stop. */
int arguments_next(struct arguments *a);

/* The argument of the option last returned. */
const char *arguments_value(const struct arguments *a);

/* After ARGUMENTS_END: is it time to stop, with this exit code? After --help and
 * --version (0), and a wrong option (64), which has been said. */
bool arguments_exit(const struct arguments *a, int *code);

/* Says what is wrong, and gives the exit code 64: `return arguments_usage(a, ...)`. */
int arguments_usage(struct arguments *a, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says e, and gives the exit code for it (operand_exit()). */
int arguments_fail(struct arguments *a, const struct err *e);

/* The value of the option last returned as seconds (`1.5`, `500ms`, `2m`). False: it is
 * none, which has been said, and arguments_exit() gives 64. */
bool arguments_seconds(struct arguments *a, double *seconds) MUST_CHECK;

/* The same as a whole number from 1. */
bool arguments_count(struct arguments *a, size_t *count) MUST_CHECK;

/* What is not an option, in the order of the command line. */
size_t arguments_operands(const struct arguments *a);
const char *arguments_operand(const struct arguments *a, size_t i);

/* All owned by a. */
struct settings *arguments_settings(struct arguments *a);
struct arena *arguments_arena(struct arguments *a);
const struct log *arguments_log(const struct arguments *a);

/* a may be NULL. */
void arguments_free(struct arguments *a);

#endif
