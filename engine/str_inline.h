/* What every line of a page needs, inline: a call would cost as much as the work. */
#ifndef ENGINE_STR_INLINE_H
#define ENGINE_STR_INLINE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 str_uint128;

/* Both halves of the product, folded: every bit of a and b reaches most bits of it. b
 * goes in as well, so that an a of 0, which a page could ask for, does not wipe it out.
 */
static inline uint64_t str_mix(uint64_t a, uint64_t b)
{
	str_uint128 product = (str_uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ b;
}

static inline uint64_t str_word(const char *at)
{
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

/* 1 to 7 bytes; with the length they are told apart. */
static inline uint64_t str_short_word(const char *at, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)at;
	uint32_t first;
	uint32_t last;

	if (len < sizeof(first))
		return (uint64_t)bytes[0] << 16 | (uint64_t)bytes[len / 2] << 8 |
		       bytes[len - 1];
	memcpy(&first, at, sizeof(first));
	memcpy(&last, at + len - sizeof(last), sizeof(last));
	return (uint64_t)first << 32 | last;
}

/* The same bytes? A few of them without a call. */
static inline bool str_same(const char *a, const char *b, size_t len)
{
	if (len == 0)
		return true;
	if (len > 16)
		return memcmp(a, b, len) == 0;
	if (len < 8)
		return str_short_word(a, len) == str_short_word(b, len);
	return str_word(a) == str_word(b) &&
	       str_word(a + len - 8) == str_word(b + len - 8);
}

#define STR_ODD1 UINT64_C(0x9e3779b97f4a7c15)
#define STR_ODD2 UINT64_C(0xd1b54a32d192ed03)

/* Less than 32 bytes; the last two words may overlap what was read before. */
static inline uint64_t str_hash_short(const char *at, size_t len)
{
	uint64_t hash = len * STR_ODD1;

	if (len >= 16) {
		hash = str_mix(str_word(at) ^ STR_ODD1, str_word(at + 8) ^ hash);
		at += 16;
		len -= 16;
	}
	if (len >= 8)
		hash = str_mix(str_word(at) ^ STR_ODD1, str_word(at + len - 8) ^ hash);
	else if (len > 0)
		hash = str_mix(str_short_word(at, len) ^ STR_ODD1, hash);
	return str_mix(hash ^ STR_ODD2, STR_ODD1);
}

/* Two chains that do not wait for each other. */
struct str_chains {
	uint64_t one, two;
};

static inline struct str_chains str_hash_32(const char *at, struct str_chains c)
{
	return (struct str_chains){
		str_mix(str_word(at) ^ STR_ODD1, str_word(at + 8) ^ c.one),
		str_mix(str_word(at + 16) ^ STR_ODD2, str_word(at + 24) ^ c.two)};
}

/* str_hash(). Multiply and fold two words at a time (the idea of wyhash). The last 32
 * bytes may overlap those before: so there is no branch for what is left over, which
 * would be guessed wrong on every other line. */
static inline __attribute__((always_inline)) uint64_t str_hash_bytes(
	const char *at, size_t len)
{
	if (len < 32)
		return str_hash_short(at, len);
	const char *last = at + len - 32;
	struct str_chains c = {len * STR_ODD1, STR_ODD2};
	for (; at < last; at += 32)
		c = str_hash_32(at, c);
	c = str_hash_32(last, c);
	return str_mix(c.one ^ STR_ODD2, c.two ^ STR_ODD1);
}

#define STR_ONES UINT64_C(0x0101010101010101)

/* The next eight bytes, the first one lowest. */
static inline uint64_t str_bytes(const char *at)
{
	return le64toh(str_word(at));
}

/* How many of eight bytes, from the first on, are digits. */
static inline unsigned int str_count_digits(uint64_t bytes)
{
	uint64_t values = bytes ^ STR_ONES * '0';
	/* not zero where a byte is no digit; perhaps also where one is that stands behind
	 */
	uint64_t others = (values | (values + STR_ONES * 6)) & STR_ONES * 0xf0;

	return others == 0 ? 8 : (unsigned int)__builtin_ctzll(others) / 8;
}

/* The number that the first 1 to 8 of eight bytes are, which must be digits. */
static inline uint32_t str_first_digits(uint64_t bytes, unsigned int count)
{
	/* with zeros in front, which are values already */
	uint64_t values = (bytes ^ STR_ONES * '0') << (64 - 8 * count);

	values = values * 10 + (values >> 8); /* pairs, in every other byte */
	return (uint32_t)(((values & UINT64_C(0x000000ff000000ff)) *
					  UINT64_C(0x000f424000000064) +
				  (values >> 16 & UINT64_C(0x000000ff000000ff)) *
					  UINT64_C(0x0000271000000001)) >>
			  32);
}

/* The whole number of one to seven digits that stands at `at` before a line end, as most
 * values of a page do: returns its line end. NULL: something else stands there, or fewer
 * than eight bytes. Without a branch for each digit, since their number changes from line
 * to line and no processor could foresee it. */
static inline const char *str_short_number(const char *at, const char *end, double *value)
{
	if (end - at < 8)
		return NULL;
	uint64_t bytes = str_bytes(at);
	unsigned int digits = str_count_digits(bytes);
	if (digits - 1 > 6 || at[digits] != '\n')
		return NULL;
	*value = str_first_digits(bytes, digits);
	return at + digits;
}

#endif
