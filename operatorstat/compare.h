/* Two recordings side by side: what changed, and whether it is more than chance.
 *
 * Figures are those of collectd-operator(5) over the whole of each recording. Each is
 * tested in the way that fits it (significance.h), by stretches of the recordings; the
 * levels are then adjusted for how many figures were tested. */
#ifndef OPERATORSTAT_COMPARE_H
#define OPERATORSTAT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "operatorstat/model.h"
#include "operatorstat/tally.h"

/* A difference that chance makes less often than this, in any figure of all, is one. */
#define COMPARE_LEVEL 0.05

enum compare_kind {
	COMPARE_RATE,     /* a counter over time */
	COMPARE_SHARE,    /* of one counter, in another */
	COMPARE_RATIO,    /* a counter over another */
	COMPARE_MEAN,     /* of a histogram */
	COMPARE_QUANTILE, /* of a histogram */
};

struct compare_figure {
	const char *name, *head; /* for scripts, for people */
	enum model_scope scope;  /* MODEL_OPERATOR or MODEL_CONTROLLER */
	enum compare_kind kind;
	enum model_unit unit;
	enum tally_counter_id part, whole;
	double scale; /* of part */
	enum tally_histogram_id histogram;
	double q;
};

enum compare_presence { COMPARE_BOTH, COMPARE_CAME, COMPARE_WENT };

/* A figure, or an operator or controller that came or went. */
struct compare_line {
	const char *operator;       /* BEFORE's name for it if it has one */
	const char *operator_after; /* AFTER's if it has one */
	const char *controller;     /* "": the operator itself */
	enum compare_presence presence;
	const struct compare_figure *figure;    /* NULL: it came or went */
	double before, after;                   /* NaN: none; never both */
	bool before_is_beyond, after_is_beyond; /* the highest bound: it is more */
	double change_percent;                  /* NaN: none, or before is 0 */
	double p_alone; /* of this figure; NaN: not tested, for this reason: */
	const char *untested;
	double p; /* adjusted for all that were tested */
};

struct compare;

/* Operators are paired by name; where each recording has but one, these two. The tallies
 * are borrowed. NULL: no memory. */
struct compare *compare_new(
	const struct tally *before, const struct tally *after) MUST_CHECK;

/* By operator, its own figures first, then those of its controllers. */
size_t compare_lines(const struct compare *c);
const struct compare_line *compare_line(const struct compare *c, size_t i);

/* Is it more than chance? */
bool compare_is_change(const struct compare_line *line);

/* The name of the test, as operatorstat(1) has it. */
const char *compare_test(enum compare_kind kind);

/* c may be NULL. */
void compare_free(struct compare *c);

#endif
