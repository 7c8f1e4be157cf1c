/* The series of one endpoint in the order of its page, and the warm path.
 *
 * Between two scrapes a page keeps its lines but for the numbers. So the lines of the
 * page before are the memo, each as the length and the hash of what stands before its
 * number: a new line that begins like the one remembered at its place has only its number
 * read and put where that series' value lives. On a mismatch the line is parsed in full,
 * found again by a hash of name and labels, and reading goes on behind its old place.
 * When too many lines have moved, the others are looked up by their bytes, some at once.
 *
 * Whoever owns the table says of each series it has not seen yet whether it is wanted;
 * lines of unwanted ones are walked over and take no memory but their place in the order.
 */
#ifndef ENGINE_SERIES_H
#define ENGINE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/labels.h"
#include "engine/str.h"

struct series;

/* What the owner says of a series that is new on the table. */
struct series_use {
	bool is_wanted;
	bool counts;   /* NaN, an infinity or a value below 0 makes its line a bad one */
	bool is_extra; /* a line that text 0.0.4 would not have; not counted as a sample
			*/
};

struct series_owner {
	void *ctx;
	/* entry: as parsed, its type as declared anywhere above it; holds for the call.
	 * is_seconds: a UNIT line says so. slot: where its values will be found. */
	struct series_use (*bind)(void *ctx, const struct expo_entry *entry,
		bool is_seconds, uint32_t slot);
	/* A line that could not be used; entry->error says why. May be NULL. */
	void (*bad)(void *ctx, const struct expo_entry *entry);
	/* A series that is no longer on the page: its slot is void. */
	void (*gone)(void *ctx, uint32_t slot);
	/* The native histogram of a slot, on each page that has it; holds for the call.
	 * May be NULL. */
	void (*native)(void *ctx, uint32_t slot, const struct native *histogram);
	/* The page says when the sample of a slot was so. NULL: does not matter. */
	void (*timestamp)(void *ctx, uint32_t slot, double seconds);
};

/* What reading a page came to. */
struct series_page {
	uint64_t samples; /* good ones, as text would show them */
	uint64_t bad_lines;
	uint64_t duplicates; /* series that stand more than once; the first counts */
	bool has_new_family; /* one is declared that the page before did not have */
};

/* Of a name and labels in any order; an empty label is as good as none. */
uint64_t series_hash(struct str name, struct labels labels);

/* NULL: no memory. */
struct series *series_new(void) MUST_CHECK;

/* Reads a page and remembers it as what the next one is compared with; the page itself
 * need not stay. arena is for the parser. False: no memory, or not a page (naming.md 3) -
 * then nothing of the table has changed. */
bool series_read(struct series *s, enum expo_format format, struct str page,
	struct arena *arena, const struct series_owner *owner, struct series_page *result,
	struct err *e) MUST_CHECK;

/* The values by slot, of the page last read. */
const double *series_values(const struct series *s);

/* The order of the page last read: lines are numbered from 0, comments that follow one
 * another as one; false where a line holds no wanted series. */
size_t series_lines(const struct series *s);
bool series_at_line(const struct series *s, size_t line, uint32_t *slot);

/* Fills in family and type of a sample as the page last read declared them, wherever on
 * it; *is_seconds: a UNIT line says so. */
void series_declared(const struct series *s, struct expo_entry *e, bool *is_seconds);

/* Everything as new. */
void series_forget(struct series *s);

/* Bytes held. */
size_t series_bytes(const struct series *s);

/* s may be NULL. */
void series_free(struct series *s);

#endif
