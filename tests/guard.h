/* Input that ends at an unreadable page: one byte read too far ends the test, with or
 * without sanitizers. */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include <stddef.h>

#include "engine/str.h"

struct guard {
	char *pages; /* owned */
	size_t size; /* readable bytes before the guard page */
};

/* Room for inputs of at most `size` bytes. Ends the test program if there is none. */
struct guard guard_new(size_t size);

/* A copy of s whose last byte is the last readable one; holds until the next call. */
struct str guard_copy(const struct guard *g, struct str s);

void guard_free(struct guard *g);

#endif
