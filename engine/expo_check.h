/* The rules of the specifications that expo.h does not look after: those across lines,
 *and those about what a line means. For `operatorstat check`; a scrape does without.
 *
 * Checked in all formats: one HELP, TYPE and UNIT a family; TYPE before its samples; the
 * lines of a declared family together; no name that another family has; no series twice;
 * `le` and `quantile` are numbers; buckets ascend and do not fall; `+Inf` and `_count`
 *are equal; no counter, bucket or count is negative. In OpenMetrics also: HELP and UNIT
 *before the samples; the sample names a type has; every histogram has `+Inf`, and `_sum`
 *and `_count` both or neither; whole buckets and counts; no counter that is NaN; values
 *of info and stateset; the lines of one label set together, their timestamps not falling;
 *exemplars on counters and buckets alone, of at most 128 characters; no unit for info and
 *stateset.
 *
 * Where specification, Prometheus, client_python and expfmt disagree, this was decided
 * ("scrape": the parser alone; "check": with these rules):
 *
 *	what the page has                                     scrape   check
 *	CR LF in text                                         read     told
 *	CR LF in OpenMetrics (it forbids CR)                  bad      told
 *	a line end inside a label value                       bad      told
 *	blanks at the beginning of a line, text               read     fine
 *	more than one blank inside # TYPE or # HELP, text     read     fine
 *	no comma between labels, text                         read     told
 *	no blank between name and value (`a+1`), text         read     told
 *	`# TYPE` or `# HELP` and nothing behind, text         read     told
 *	`# HELP a,b`: the name ends before the blank, text    read     told
 *	`# HELP ` with a blank and no name                    bad      told
 *	info, stateset, gaugehistogram, unknown in text       read     told
 *	another word than the types there are                 bad      told
 *	a backslash before another letter in a label value    read     fine
 *	a negative timestamp, text (it is an int64)           read     fine
 *	a timestamp with a fraction in text, or two           bad      told
 *	inf, Infinity, nan in any case of letters             read     fine
 *	hexadecimal, octal and _ in numbers                   bad      told
 *	the same in `le` and `quantile`                       read     told
 *	no line end behind the last line, text                read     fine
 *	quoted names, labels too                              read     fine
 *	a backslash before another letter in a quoted name    read     fine
 *	a quoted name behind a label                          read     told
 *	blanks between labels of a quoted name, OpenMetrics   read     fine
 *	an exemplar in text (only OpenMetrics has them)       bad      told
 *	an exemplar on neither `_total` nor `_bucket`         bad      told
 *	a native histogram in text (OpenMetrics 2.0)          bad      told
 *	a summary's quantile below 0, OpenMetrics             read     told
 *	info without `_info`, OpenMetrics                     read     told
 *	no `+Inf` bucket in text                              read     fine
 *	buckets and counts that are not whole, text           read     fine
 *	a counter that is NaN, text                           read     fine
 *	HELP behind the samples, text                         read     fine
 *	samples that nothing declares in any order, text      read     fine
 *	a series twice with two timestamps                    read     fine
 *	a series twice without one                            read     told
 */
#ifndef ENGINE_EXPO_CHECK_H
#define ENGINE_EXPO_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/expo.h"
#include "engine/str.h"

struct expo_check;

/* Takes one violation: where and why, and the line it is about (empty for protobuf).
 * Lines come in ascending order, but that what a whole histogram lacks is told at its
 * last line when the next one begins. */
struct expo_violations {
	void *ctx;
	void (*add)(void *ctx, const struct err *why, struct str text);
};

/* NULL: no memory. */
struct expo_check *expo_check_new(
	enum expo_format format, struct expo_violations to) MUST_CHECK;

/* To be called with every entry of the page in order; what the parser found (EXPO_BAD,
 * lapse) is passed on too. */
void expo_check_entry(struct expo_check *c, const struct expo_entry *e);

/* To be called once expo_next() has returned false. False: not everything could be
 * checked for want of memory. */
bool expo_check_end(struct expo_check *c, const struct expo *x, struct err *e) MUST_CHECK;

/* c may be NULL. */
void expo_check_free(struct expo_check *c);

#endif
