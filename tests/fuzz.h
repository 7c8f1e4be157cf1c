/* What every fuzz target has: its entry, which libFuzzer calls or tests/fuzz_main.c, and
 * a check whose failure both report. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool is_true)
{
	if (!is_true)
		abort();
}

#endif
