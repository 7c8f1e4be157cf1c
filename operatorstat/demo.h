/* Made-up operators: two of them, second by second, with good days and bad ones. What
 * they do follows from the seed alone, so that everybody sees the same. */
#ifndef OPERATORSTAT_DEMO_H
#define OPERATORSTAT_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/buf.h"

struct demo;

/* begin_ms: when both processes started. NULL: no memory. */
struct demo *demo_new(uint64_t seed, int64_t begin_ms) MUST_CHECK;

size_t demo_operators(const struct demo *d);
const char *demo_name(const struct demo *d, size_t i);

/* Lets a second pass. */
void demo_second(struct demo *d);

/* Appends the i-th operator's page of now, text 0.0.4; false: it does not answer. */
bool demo_page(struct demo *d, size_t i, struct buf *out);

/* d may be NULL. */
void demo_free(struct demo *d);

#endif
