/* Sources as one writes them on a command line (operatorstat(1), SOURCES), and the pages
 * they hold. */
#ifndef OPERATORSTAT_OPERAND_H
#define OPERATORSTAT_OPERAND_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/log.h"
#include "engine/settings.h"
#include "engine/str.h"
#include "engine/url.h"

enum operand_kind {
	OPERAND_ENDPOINT,
	OPERAND_FOLDER, /* a recording or a state folder */
	OPERAND_FILE,   /* one page */
	OPERAND_STDIN,  /* one page */
	OPERAND_UNIXSOCK,
};

/* Strings are the arena's, and terminated. */
struct operand {
	enum operand_kind kind;
	const char *text;     /* as typed */
	const char *instance; /* ENDPOINT, FILE, STDIN: unescaped */
	const char *address;  /* ENDPOINT: without its NAME=; url_read() takes it */
	const char *path;     /* FOLDER, FILE, UNIXSOCK */
};

/* False: e->code is ERR_USAGE if it is no source (exit 64), else it is one that cannot be
 * read (exit 3). */
bool operand_read(
	struct arena *a, const char *text, struct operand *o, struct err *e) MUST_CHECK;

/* The exit code for a failure of operand_read(), operand_open() or operand_next(). */
int operand_exit(const struct err *e);

/* Adds an ENDPOINT to the settings. False: the settings' log has said why. */
bool operand_add(const struct operand *o, struct settings *settings) MUST_CHECK;

/* ---- pages ---- */

enum operand_which {
	OPERAND_ALL,    /* of a folder, in the order of time */
	OPERAND_NEWEST, /* of a folder, the last one of each instance */
};

struct operand_page {
	const char *label;   /* PAGE of messages: as typed; of a folder the file's path */
	struct str instance; /* unescaped */
	int64_t time_ms; /* when it was asked for; of a file not named so, its last change
			  */
	enum expo_format format;
	struct str body;
};

struct operand_pages;

/* The pages of an ENDPOINT, FOLDER, FILE or STDIN. settings: Format and MaxPageSize, and
 * all else that an endpoint needs; they are checked here, and must outlive the pages.
 * NULL: e. */
struct operand_pages *operand_open(const struct operand *o, enum operand_which which,
	struct settings *settings, const struct log *log, struct err *e) MUST_CHECK;

/* The next page; it holds until the next call. False: at the end (e->code ERR_NONE), or
 * for a page that cannot be read; behind it one can go on. */
bool operand_next(
	struct operand_pages *p, struct operand_page *page, struct err *e) MUST_CHECK;

/* p may be NULL. */
void operand_close(struct operand_pages *p);

#endif
