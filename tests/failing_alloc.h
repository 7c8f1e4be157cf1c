/* Lets allocations fail, one after the other. For programs linked with
 * $(WRAP_ALLOC) of tests.am; concerns calls from our own objects alone. */
#ifndef TESTS_FAILING_ALLOC_H
#define TESTS_FAILING_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Runs work with its n-th allocation failing, then with all from the n-th on, for n = 0,
 * 1,
 * ... until it needs fewer. work does one thing from beginning to end, cleans up, and
 * returns whether it was done. Returns how many allocations it takes; 0 if it was not
 * done though all succeeded, or never failed though some did. */
size_t failing_alloc_each(bool (*work)(void *ctx), void *ctx);

/* How many allocations there were since the program began, or since that. */
size_t failing_alloc_count(void);

#endif
