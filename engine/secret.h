/* Files that hold a password or token, and files that a connection depends on: looked at
 * before each use, read again when they changed. */
#ifndef ENGINE_SECRET_H
#define ENGINE_SECRET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/log.h"
#include "engine/str.h"

/* Bytes of one secret at most. */
#define SECRET_LIMIT 65536

/* What a file looked like; of one that is not there, and of path NULL, all is 0. Differs
 * after every change that leaves another file or another time behind. */
struct secret_stamp {
	dev_t device;
	ino_t inode;
	off_t bytes;
	int64_t changed_ns, status_changed_ns;
};

struct secret_stamp secret_stamp_of(const char *path);
bool secret_stamp_eq(struct secret_stamp a, struct secret_stamp b);

struct secret;

/* path, what (for messages: "BearerTokenFile of NAME") and log must outlive it. Nothing
 * is read yet. NULL: no memory. */
struct secret *secret_new(
	const char *path, const char *what, const struct log *log) MUST_CHECK;

/* The file's text without blanks at its ends; holds until the next call. Read anew when
 * the file has changed, or anew is true. A file that others may read is warned about,
 * once for each such file. False (ERR_AUTH): it cannot be read, is empty, or has several
 * lines; what was read before is wiped. */
bool secret_get(struct secret *s, bool anew, struct str *value, struct err *e) MUST_CHECK;

/* Wipes it. s may be NULL. */
void secret_free(struct secret *s);

/* When a JWT ends, in seconds since 1970; NaN for anything that is no JWT with an `exp`.
 * Its signature is not looked at. */
double secret_jwt_end(struct str token);

#endif
