/* Random numbers in all forms that pages have, read by us and by strtod(). */
#ifndef TESTS_NUMBERS_H
#define TESTS_NUMBERS_H

#include <stdint.h>

/* Of each of `count` doubles, subnormal ones and neighbours of powers of two among them,
 * NUMBERS_FORMS texts. Calls differs for each that str_read_double() reads otherwise than
 * strtod(). */
#define NUMBERS_FORMS 9
void numbers_compare(uint64_t count, uint64_t seed,
	void (*differs)(void *ctx, const char *text), void *ctx);

#endif
