/* Stored pages: the state folder and recordings, one format (commands.md 3).
 *
 * FOLDER/INSTANCE/<unix time in ms>.<txt|om|pb>, with FOLDER/INSTANCE/status beside them:
 * one line for each attempt, `<ms> <HTTP status, 0 if none> <duration in ms> <content
 * type, or the reason in words>`. A page without a line counts as answered 200 in 0 ms.
 */
#ifndef ENGINE_PAGES_H
#define ENGINE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/str.h"

/* One attempt to read a page. */
struct stored {
	struct str instance; /* name of the folder */
	int64_t time_ms;
	int status; /* HTTP; 0: none */
	double duration_ms;
	struct str note;   /* content type, or the reason in words */
	bool has_page;     /* there is a body */
	bool known_format; /* of the body, by its suffix */
	enum expo_format format;
	const char *path; /* of the body; "" without one */
	/* of the page before of this instance, for pages_put(): it need not look for it
	 * in the folder; 0: not known */
	int64_t before_ms;
	enum expo_format before_format;
	struct str body; /* holds until the next call */
};

/* Is it the file name of a stored page? On false the outputs are untouched. */
bool pages_parse_name(struct str name, int64_t *time_ms, struct str *suffix);

/* ---- reading ---- */

struct pages;

/* A recording or state folder: a folder that holds stored pages, or folders that do.
 * NULL: neither, or it cannot be read (e says which group has the right). Names are read
 * now, bodies one by one. */
struct pages *pages_open(const char *folder, struct err *e) MUST_CHECK;

/* The next attempt of all instances in the order of time; of one time, by instance. False
 * at the end (e->code ERR_NONE) or when a file cannot be read (the next call goes on
 * behind it). A line without a page is an attempt without a body. Where a writer has
 * replaced the newest page of an instance in the meantime, the one that has taken its
 * place is read. */
bool pages_next(struct pages *p, struct stored *s, struct err *e) MUST_CHECK;

/* The same as what came back then; what it borrows is the stored attempt's. */
struct answer pages_answer(const struct stored *s);

/* p may be NULL. */
void pages_close(struct pages *p);

/* Is there anything pages_open() would read? Does not read bodies. False: e, which may be
 * NULL, says why not. */
bool pages_are_in(const char *folder, struct err *e);

/* ---- writing ---- */

struct pages_out;

/* Writes below folder, which is made if it is not there (0750, files 0640, group gid
 * unless it is (gid_t)-1). last_only: the state folder, which keeps the newest page of an
 * instance and at most 100 status lines, its own and those since; otherwise a recording,
 * which keeps all. NULL: no memory. Nothing is written yet. */
struct pages_out *pages_out_new(
	const char *folder, bool last_only, unsigned int gid) MUST_CHECK;

/* Makes the folder if it is not there, which pages_put() does too: for those who want to
 * know before the first page whether one can be stored. False: it cannot, and why. */
bool pages_out_open(const struct pages_out *out, struct err *e) MUST_CHECK;

/* Stores one attempt: s->body (if has_page) is complete under another name before it is
 * renamed in, and stands there before the page before it goes. instance is escaped by the
 * caller (naming.h). False: what could not be written, and why; nothing half-written
 * stays. Of s, path and known_format do not matter. */
bool pages_put(struct pages_out *out, const struct stored *s, struct err *e) MUST_CHECK;

/* out may be NULL. */
void pages_out_free(struct pages_out *out);

#endif
