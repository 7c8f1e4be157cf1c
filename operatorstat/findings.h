/* Why is it slow: the rules of rules.def, asked of a model. Looks at the figures that
 * model_look() chose and at the past up to there; changes nothing but marks. */
#ifndef OPERATORSTAT_FINDINGS_H
#define OPERATORSTAT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "operatorstat/model.h"

enum findings_rule {
#define RULE(id, ...) RULE_##id,
#include "operatorstat/rules.def"
	RULES
};

enum findings_severity { FINDING_NOTE, FINDING_WARNING, FINDING_CRITICAL };

struct finding {
	enum findings_rule rule;
	enum findings_severity severity;
	struct model_row *row;  /* operator, controller, method or webhook */
	enum model_field field; /* the cell that it marks; MODEL_FIELDS: none */
	int64_t at_ms;          /* page that it was found on */
	int64_t since_ms;       /* as far as the past shows; 0: not known */
	double weight;          /* how far beyond its threshold, to sort by */
	const char *text;       /* one sentence with its figures */
	const char *remedy;     /* what to try */
};

struct findings;

/* All thresholds as rules.def has them. NULL: no memory. */
struct findings *findings_new(void) MUST_CHECK;

/* "error_percent" to "1/5" (warning/critical), "5" (warning alone) or "off"; false with
 * what is wrong. */
bool findings_set(struct findings *f, const char *name, const char *value,
	struct err *e) MUST_CHECK;

/* Appends a rule's thresholds as findings_set() takes them. */
void findings_add_limits(
	const struct findings *f, enum findings_rule rule, struct buf *out);

/* Were they set otherwise than rules.def has them? */
bool findings_is_set(const struct findings *f, enum findings_rule rule);

/* Judges anew. False: no memory. Worst first; of one severity by weight. */
bool findings_look(struct findings *f, struct model *m) MUST_CHECK;

size_t findings_count(const struct findings *f);
const struct finding *findings_at(const struct findings *f, size_t i);

/* The order of findings: < 0 if a is worse. */
int findings_compare(const struct finding *a, const struct finding *b);

/* Puts the findings of the last look as marks on rows and cells; those of before go. */
void findings_mark(const struct findings *f, struct model *m);

/* Puts what began or ended since the call before into the model's events. For looks at
 * the newest data alone. */
void findings_tell(struct findings *f, struct model *m);

/* Name as in -j and for findings_set(): "workers_busy". */
const char *findings_rule_name(enum findings_rule rule);

/* Is it about a moment (a queue that is deep now), not about a window? Of a recording
 * such a finding may be over at its end. */
bool findings_is_of_moment(enum findings_rule rule);

/* "note", "warning", "critical" */
const char *findings_severity_name(enum findings_severity severity);

/* One line for what was looked at: "2 operators, 7 controllers, 60 s". */
void findings_looked_at(struct model *m, struct buf *out);

/* f may be NULL. */
void findings_free(struct findings *f);

#endif
