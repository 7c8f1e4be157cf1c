/* Numbers for people: short, of a width that is known, and with their unit.
 *
 * Every function writes a terminated text into out and returns out. NaN is "-". Nothing
 * depends on LC_NUMERIC being anything but C (main() sets LC_CTYPE alone). */
#ifndef OPERATORSTAT_FMT_H
#define OPERATORSTAT_FMT_H

#include <stddef.h>
#include <stdint.h>

#define FMT_SIZE 32

/* Three digits and the unit, 6 columns at most: 310us, 57.6ms, 1.84s, 41.0s, 12m05s,
 * 3h12m, 3d04h; negative ones one more. */
const char *fmt_seconds(char out[FMT_SIZE], double seconds);

/* A bucket's bound as it is, in the largest of s, ms, us, ns in which it is at least 1:
 * 5ms, 1.25s, 1000s, 10us for 9.999999999999999e-06; +Inf. 8 columns for all that people
 * use. */
const char *fmt_bound(char out[FMT_SIZE], double seconds);

/* Something a second, 5 columns at most: 0, <.01, 0.44, 45.4, 1.23k. */
const char *fmt_rate(char out[FMT_SIZE], double per_second);

/* How many, 5 columns at most: 7, 9999, 12.3k, 1.62M; fractions as 0.25. */
const char *fmt_count(char out[FMT_SIZE], double count);

/* Bytes in units of 1024, 5 columns at most: 512B, 31.2M, 1.62G. */
const char *fmt_bytes(char out[FMT_SIZE], double bytes);

/* Per cent without the sign, 4 columns at most up to 9999: 0, <0.1, 0.4, 13, 100. */
const char *fmt_percent(char out[FMT_SIZE], double percent);

/* The shortest decimal number that reads back as value, or, where that is wider than
 * columns, the most digits that fit. columns below 8 count as 8. */
const char *fmt_exact(char out[FMT_SIZE], double value, int columns);

/* How long ago, 5 columns at most: 0s, 59s, 12m, 3h, 12d. Below 0 counts as 0. */
const char *fmt_age(char out[FMT_SIZE], int64_t age_ms);

/* Local time of day, HH:MM:SS. */
const char *fmt_clock(char out[FMT_SIZE], int64_t time_ms);

/* Local date and time, YYYY-MM-DD HH:MM:SS. */
const char *fmt_date(char out[FMT_SIZE], int64_t time_ms);

#endif
