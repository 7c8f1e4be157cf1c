/* Borrowed bytes, and numbers that no locale changes.
 *
 * A struct str points into memory of somebody else (a page, an arena, a literal); it is
 * not terminated and may hold any byte, NUL too. Who hands one out says how long it
 * holds. */
#ifndef ENGINE_STR_H
#define ENGINE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *at; /* may be NULL where len is 0 */
	size_t len;     /* bytes */
};

/* A literal as a struct str, without strlen(). */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

/* For printf("%.*s", STR_ARG(s)). Only for strings shorter than INT_MAX. */
#define STR_ARG(s) (int)(s).len, (s).at

/* The bytes of a terminated string; NULL counts as empty. */
struct str str_of(const char *terminated);

bool str_eq(struct str a, struct str b);

/* Order of bytes as unsigned numbers; a prefix comes first. <0, 0, >0. */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/* Copies raw into out for people: control bytes as \xNN; what does not fit into size
 * bytes (at least 4) is cut and ends in "...". Always terminated. Returns the bytes
 * written without the NUL. */
size_t str_printable(struct str raw, char *out, size_t size);

/* How many bytes of s, from its beginning, are whole characters of UTF-8: s.len if all
 * are. */
size_t str_utf8_len(struct str s);

/* FNV-1a of 32 bits, which the names of collectd-operator(5) are shortened with. */
uint32_t str_fnv1a(struct str s);

/* For tables; the same only on machines of one byte order. */
uint64_t str_hash(struct str s);

/* fnmatch-like: `*` any bytes, `?` one byte, `[a-z]` and `[!a-z]` one byte of a set, all
 * else itself. Linear in practice, never exponential. */
bool str_glob(struct str pattern, struct str s);

/* The double nearest to the decimal or hexadecimal number that is the whole of s,
 * correctly rounded (ties to even), whatever the locale. Accepted is what Go's
 * strconv.ParseFloat takes, but for underscores: an optional sign; digits with an
 * optional point and exponent; 0x with a p and its exponent, which is not optional; in
 * any case of letters inf, infinity and, without a sign, nan. False for everything else,
 * blanks and an empty string among it, and for a number too large for a double (one too
 * small is 0): *value is untouched then. */
bool str_to_double(struct str s, double *value);

/* The same for the number that s begins with, for parsers that read on: returns the
 * number of bytes it takes, as many as possible; 0 if there is none. */
size_t str_read_double(struct str s, double *value);

/* A whole decimal number with optional sign; false on anything else and out of range. */
bool str_to_i64(struct str s, int64_t *value);
bool str_to_u64(struct str s, uint64_t *value);

/* Writes value with the fewest digits that read back as the same double, as Go prints it
 * with %g and so text pages have it: `0.005`, `1e-08`, `9.999999999999999e-06`, `+Inf`,
 * `NaN`. Not terminated. out: STR_DOUBLE_MAX bytes. Returns the bytes written. */
#define STR_DOUBLE_MAX 32
size_t str_write_double(char *out, double value);

#endif
