/* PromQL's series selector: name{label="x",other=~"re"}; `=`, `!=`, `=~`, `!~`; regular
 * expressions are POSIX extended and anchored at both ends; an absent label is empty;
 * names may be quoted UTF-8. Source:
 * prometheus.io/docs/prometheus/latest/querying/basics, "Instant vector selectors". */
#ifndef ENGINE_SELECTOR_H
#define ENGINE_SELECTOR_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/err.h"
#include "engine/labels.h"
#include "engine/str.h"

struct selector;

/* NULL with the column of what cannot be read, or when no matcher excludes the empty
 * string. The text is copied. */
struct selector *selector_parse(struct str text, struct err *e) MUST_CHECK;

/* name: of the series, for the matchers on __name__. */
bool selector_matches(const struct selector *s, struct str name, struct labels labels);

/* s may be NULL. */
void selector_free(struct selector *s);

#endif
