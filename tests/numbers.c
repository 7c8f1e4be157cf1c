#include "tests/numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/str.h"

/* splitmix64 */
static uint64_t random_bits(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static double of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static int print_form(char *out, size_t size, int form, uint64_t bits, uint64_t more)
{
	double value = of_bits(bits);

	switch (form) {
	case 0:
		return snprintf(out, size, "%.17g", value);
	case 1: /* as short as most values are */
		return snprintf(out, size, "%.*g", 1 + (int)(more % 16), value);
	case 2: /* cut behind the nineteenth digit */
		return snprintf(out, size, "%.*e", 19 + (int)(more % 8), value);
	case 3: /* half-way between two doubles, in full */
		return snprintf(out, size, "%.1100Lg",
			((long double)value + (long double)of_bits(bits + 1)) / 2);
	case 4:
		return snprintf(out, size, "%" PRIu64 ".%06" PRIu64, bits >> (more & 63),
			more % 1000000);
	case 5:
		return snprintf(out, size, "%a", value);
	case 6: /* the fewest digits that read back the same, as Go prints */
		out[str_write_double(out, value)] = '\0';
		return (int)strlen(out);
	case 7:
		return snprintf(out, size, "%e", value);
	default: /* decimal digits with any exponent */
		return snprintf(out, size, "%" PRIu64 "e%d", bits >> (more & 63),
			(int)(more % 700) - 360);
	}
}

static bool is_same(struct str s)
{
	double ours = 0;
	char *end;
	double theirs = strtod(s.at, &end);
	size_t taken = str_read_double(s, &ours);

	if (isinf(theirs))
		return taken == 0; /* out of range; no text here says inf */
	return taken == s.len && end == s.at + s.len && bits_of(ours) == bits_of(theirs);
}

void numbers_compare(uint64_t count, uint64_t seed,
	void (*differs)(void *ctx, const char *text), void *ctx)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t bits = random_bits(&seed);
		uint64_t more = random_bits(&seed);

		if (i % 16 == 0) /* subnormal */
			bits &= ~(UINT64_C(0x7ff) << 52);
		if (i % 16 == 1) /* beside a power of two, where the spacing changes */
			bits = (bits >> 52 << 52) + more % 3 - 1;
		if (!isfinite(of_bits(bits)) || !isfinite(of_bits(bits + 1)))
			continue;
		for (int form = 0; form < NUMBERS_FORMS; form++) {
			char text[1300];
			int len = print_form(text, sizeof(text), form, bits, more);

			if (!is_same((struct str){text, (size_t)len}))
				differs(ctx, text);
		}
	}
}
