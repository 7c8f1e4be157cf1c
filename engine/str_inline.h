/* What every line of a page needs, inline: a call would cost as much as the work. */
#ifndef ENGINE_STR_INLINE_H
#define ENGINE_STR_INLINE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

/* The 16 bytes at a and b. */
static inline __m128i str_same_16(const char *a, const char *b)
{
	return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i_u *)a),
		_mm_loadu_si128((const __m128i_u *)b));
}
#endif

/* memcmp(a, b, len) == 0 */
static inline bool str_same(const char *a, const char *b, size_t len)
{
#ifdef __SSE2__
	size_t i = 0;

	if (len < 32)
		return memcmp(a, b, len) == 0;
	for (; i + 32 < len; i += 32)
		if (_mm_movemask_epi8(_mm_and_si128(str_same_16(a + i, b + i),
			    str_same_16(a + i + 16, b + i + 16))) != 0xffff)
			return false;
	/* the last 32, some of which were compared already */
	return _mm_movemask_epi8(_mm_and_si128(str_same_16(a + len - 32, b + len - 32),
		       str_same_16(a + len - 16, b + len - 16))) == 0xffff;
#else
	return memcmp(a, b, len) == 0;
#endif
}

/* The value of eight digits in ASCII, the first one lowest. */
static inline uint32_t str_eight_digits(uint64_t digits)
{
	digits -= UINT64_C(0x3030303030303030);
	digits = digits * 10 + (digits >> 8); /* pairs, in every other byte */
	return (uint32_t)(((digits & UINT64_C(0x000000ff000000ff)) *
					  UINT64_C(0x000f424000000064) +
				  (digits >> 16 & UINT64_C(0x000000ff000000ff)) *
					  UINT64_C(0x0000271000000001)) >>
			  32);
}

/* The whole number of one to seven digits that stands at `at` before a line end, as most
 * values of a page do: returns its line end. NULL: something else stands there, or fewer
 * than eight bytes. Without a branch for each digit, since their number changes from line
 * to line and no processor could foresee it. */
static inline const char *str_short_number(const char *at, const char *end, double *value)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;

	if (end - at < (ptrdiff_t)sizeof(word))
		return NULL;
	memcpy(&word, at, sizeof(word));
	word = le64toh(word);
	/* the top bit of the first byte that is a line end, and of some behind it */
	uint64_t zero_at_end = word ^ ones * '\n';
	uint64_t ends = (zero_at_end - ones) & ~zero_at_end & ones * 0x80;
	unsigned int digits = ends == 0 ? 0 : (unsigned int)__builtin_ctzll(ends) / 8;
	if (digits == 0)
		return NULL;
	/* with zeros in front */
	word = word << (64 - 8 * digits) | ones * '0' >> 8 * digits;
	bool are_digits = ((word & ones * 0xf0) |
				  ((word + ones * 6) & ones * 0xf0) >> 4) == ones * 0x33;
	if (!are_digits)
		return NULL;
	*value = str_eight_digits(word);
	return at + digits;
}

#endif
