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
	int64_t since_ms;       /* as far as the past shows; 0: not known */
	double weight;          /* how far beyond its threshold, to sort by */
	const char *text;       /* one sentence with its figures */
	const char *remedy;     /* what to try */
};

struct findings;

/* All thresholds as rules.def has them. NULL: no memory. */
struct findings *findings_new(void) MUST_CHECK;

/* "error_percent" to "1/5" (warning/critical) or "5"; false with the names there are. */
bool findings_set(struct findings *f, const char *name, const char *value,
	struct err *e) MUST_CHECK;

/* Judges anew. False: no memory. Worst first; of one severity by weight. */
bool findings_look(struct findings *f, struct model *m) MUST_CHECK;

size_t findings_count(const struct findings *f);
const struct finding *findings_at(const struct findings *f, size_t i);

/* Puts the findings of the last look as marks on rows and cells (those of before go), and
 * what began or ended since the call before as events of the model. */
void findings_mark(struct findings *f, struct model *m);

/* Name as in -j and configuration: "workers_busy". */
const char *findings_rule_name(enum findings_rule rule);

/* One line for what was looked at: "2 operators, 7 controllers, 60 s". */
void findings_looked_at(const struct model *m, struct buf *out);

/* f may be NULL. */
void findings_free(struct findings *f);

#endif
