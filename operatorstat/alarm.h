/* Rules of a monitoring system's check, and what they say of a model.
 *
 *   RULES     = RULE { ";" RULE }
 *   RULE      = [ SUBJECT ":" ] FIGURE CONDITION { "," CONDITION }
 *             | [ SUBJECT ":" ] FINDING [ "=" WARNING "/" CRITICAL ]
 *   SUBJECT   = OPERATOR [ "/" NAME ]        NAME: a controller, webhook path or method;
 * both as globs FIGURE    = a name of fields.def, or a short one: p99, errors%, depth
 *   CONDITION = ( ">" | ">=" | "<" | "<=" ) NUMBER SEVERITY | RANGE SEVERITY
 *   RANGE     = [ "@" ] [ [ LOW | "~" ] ":" ] [ HIGH ]
 *                                            what is good, or with "@" what is not, as in
 * the guidelines of the Monitoring Plugins SEVERITY  = "warn" | "crit" FINDING   = a name
 * of rules.def, or `findings`: all of them NUMBER    = with a unit of the figure: 5s,
 * 300ms, 2m; 10%; 512M (of 1024)
 *
 * A figure without SUBJECT is asked of all controllers, or webhooks, that have it, else
 * of all operators. */
#ifndef OPERATORSTAT_ALARM_H
#define OPERATORSTAT_ALARM_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "operatorstat/model.h"

/* Exit codes of a plugin. */
enum alarm_state { ALARM_OK, ALARM_WARNING, ALARM_CRITICAL, ALARM_UNKNOWN };

struct alarm;

/* NULL with the column of what cannot be read. */
struct alarm *alarm_new(const char *rules, struct err *e) MUST_CHECK;

/* What the model says as of its look. is_held: a gauge must have been beyond its limit on
 * all pages of the window, not on the last alone. Adds the one line, with performance
 * data behind a bar and without a newline. Unknown is what has no row or no fresh page;
 * it is outdone by a warning. */
enum alarm_state alarm_judge(
	struct alarm *a, struct model *m, bool is_held, struct buf *line);

/* "OK", "WARNING", ... */
const char *alarm_state_name(enum alarm_state state);

/* a may be NULL. */
void alarm_free(struct alarm *a);

#endif
