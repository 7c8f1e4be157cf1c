/* A growing buffer with a ceiling and a sticky failure: append away, ask once at the end.
 */
#ifndef ENGINE_BUF_H
#define ENGINE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/str.h"

struct buf {
	char *at;       /* owned; NULL while nothing was added */
	size_t len;     /* bytes used */
	size_t size;    /* bytes there are */
	size_t ceiling; /* len never passes it */
	bool failed;    /* memory or the ceiling: all later additions do nothing */
};

/* No allocation yet. ceiling in bytes. */
void buf_init(struct buf *b, size_t ceiling);

/* Appends; on failure the buffer stays as it was and buf_ok() is false from then on. */
void buf_add(struct buf *b, struct str s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Room for at least `more` further bytes behind len (not counted in len): where to write
 * them, or NULL on failure. */
char *buf_reserve(struct buf *b, size_t more);

/* Empty and not failed; the memory stays for the next use. */
void buf_reset(struct buf *b);

/* What is there; holds until the next addition. */
struct str buf_str(const struct buf *b);

bool buf_ok(const struct buf *b);

/* Hands the bytes over, with a NUL behind them, for the caller to free(); the buffer is
 * empty afterwards. NULL if it failed. */
char *buf_take(struct buf *b);

/* Exchanges what two buffers hold; each keeps its ceiling, which what it gets may be
 * above. */
void buf_exchange(struct buf *a, struct buf *b);

/* Frees the memory; the buffer can be used again. */
void buf_free(struct buf *b);

#endif
