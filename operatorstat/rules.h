/* The rules of rules.def, and what each of them looks at. Used by findings.c alone. */
#ifndef OPERATORSTAT_RULES_H
#define OPERATORSTAT_RULES_H

#include "engine/buf.h"
#include "operatorstat/findings.h"

enum rule_sense { RULE_ABOVE, RULE_BELOW };

struct rule {
	const char *name;
	unsigned int scopes;
	enum model_field field;
	enum rule_sense sense;
	enum model_unit unit; /* of the figure judged */
	double warning, critical;
	int64_t span_ms; /* 0: the model's window */
	const char *sentence, *remedy;
};

const struct rule *rule_at(enum findings_rule rule);

/* What a rule is asked of a row, and answers. */
struct question {
	struct model *model;
	struct model_row *row, *operator;
	enum findings_rule rule;
	int64_t at_ms;   /* of the operator's newest page, up to the look */
	int64_t past_ms; /* of the operator that there is before */
	int64_t span_ms; /* the rule's, cut to what there is */
	/* the answer */
	double n;        /* the figure judged; NaN: none, unless the rule is a note */
	int64_t held_ms; /* how long it has been so; 0: not known */
	bool is_cut;  /* the past was too short for the threshold: n is enough as it is */
	struct buf x; /* words */
};

/* False: nothing to judge. */
bool rule_look(struct question *q);

#endif
