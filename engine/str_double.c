/* str_to_double() and str_read_double(): three ways, each for what the one before leaves.
 *
 * 1. Mantissa and power of ten are doubles without loss: one operation, rounded once
 *    (Clinger, 1990).
 * 2. Nineteen digits times 128 bits of the power (Eisel and Lemire: "Number parsing at a
 *    gigabyte per second", 2021; that it never needs to give up: Mushtak and Lemire,
 * "Fast number parsing without fallback", 2022).
 * 3. More digits that lie between two doubles: whole numbers of any length are compared
 *    with the point half-way. */
#include "engine/str.h"
#include "engine/str_inline.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define MANTISSA_DIGITS 19 /* as many as 64 bits always hold */
#define FRACTION_BITS   52
#define SMALLEST_POWER  (-342) /* of ten; below, 19 digits are nearest to zero */
#define LARGEST_POWER   308

__extension__ typedef unsigned __int128 uint128;

struct decimal {
	struct str written; /* digits with at most one point */
	uint64_t mantissa;  /* the first 19 digits behind leading zeros */
	int64_t power;      /* of ten, by which mantissa is multiplied */
	bool is_cut;        /* digits that are not zero follow those of mantissa */
};

static bool is_digit(char c)
{
	return (unsigned int)c - '0' <= 9;
}

static unsigned int digit_of(char c)
{
	return (unsigned int)c - '0';
}

static bool is_letter(char c, char lower)
{
	return (c | 0x20) == lower;
}

/* ---- reading ---- */

/* Behind an e or p, if a whole exponent stands there; else at. */
static const char *read_exponent(
	const char *at, const char *end, char letter, int64_t *power)
{
	const char *p = at;
	int64_t written = 0;

	if (p == end || !is_letter(*p, letter))
		return at;
	p++;
	bool is_negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end || !is_digit(*p))
		return at;
	for (; p < end && is_digit(*p); p++)
		if (written < INT64_C(1) << 56)
			written = written * 10 + digit_of(*p);
	*power += is_negative ? -written : written;
	return p;
}

/* Keeps the first 19 digits of more. */
static void cut_mantissa(struct decimal *d)
{
	size_t kept = 0;

	d->mantissa = 0;
	for (size_t i = 0; i < d->written.len; i++) {
		char c = d->written.at[i];

		if (c == '.' || (c == '0' && kept == 0))
			continue;
		if (kept < MANTISSA_DIGITS) {
			d->mantissa = d->mantissa * 10 + digit_of(c);
			kept++;
		} else {
			d->is_cut = d->is_cut || c != '0';
			d->power++;
		}
	}
}

/* The digits at `at`, behind those that mantissa has; returns what is behind them. Eight
 * at once: how many there are changes from number to number, and no processor could
 * foresee a branch for each. */
static const char *read_digits(const char *at, const char *end, uint64_t *mantissa)
{
	static const uint32_t tens[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

	while (end - at >= 8) {
		uint64_t word = str_bytes(at);
		unsigned int count = str_count_digits(word);

		if (count == 0)
			return at;
		*mantissa = *mantissa * tens[count] + str_first_digits(word, count);
		at += count;
		if (count < 8)
			return at;
	}
	for (; at < end && is_digit(*at); at++)
		*mantissa = *mantissa * 10 + digit_of(*at);
	return at;
}

/* Where the number ends that stands at `at`; NULL: none does. */
static const char *read_decimal(const char *at, const char *end, struct decimal *d)
{
	const char *start = at;
	uint64_t mantissa = 0;
	int64_t power = 0;

	at = read_digits(at, end, &mantissa);
	size_t digits = (size_t)(at - start);
	if (at < end && *at == '.') {
		const char *fraction = ++at;

		at = read_digits(at, end, &mantissa);
		power = fraction - at;
		digits += (size_t)(at - fraction);
	}
	if (digits == 0)
		return NULL;
	*d = (struct decimal){{start, (size_t)(at - start)}, mantissa, power, false};
	if (digits > MANTISSA_DIGITS)
		cut_mantissa(d);
	return read_exponent(at, end, 'e', &d->power);
}

/* ---- 2: Eisel and Lemire ---- */

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

/* The first bits of mantissa * 5^power; the second product only where it can matter. */
static uint128 multiply(uint64_t mantissa, int power)
{
	static const struct {
		uint64_t high, low;
	} powers[] = {
#define POWER(high, low) {UINT64_C(high), UINT64_C(low)},
#include "engine/powers_of_five.def"
#undef POWER
	};
	const uint64_t undecided = UINT64_MAX >> (FRACTION_BITS + 3);
	uint128 product = (uint128)mantissa * powers[power - SMALLEST_POWER].high;

	if (((uint64_t)(product >> 64) & undecided) == undecided)
		product += ((uint128)mantissa * powers[power - SMALLEST_POWER].low) >> 64;
	return product;
}

/* The double nearest to mantissa * 10^power; ties to even. */
static double nearest(uint64_t mantissa, int64_t power_of_ten)
{
	if (mantissa == 0 || power_of_ten < SMALLEST_POWER)
		return 0;
	if (power_of_ten > LARGEST_POWER)
		return INFINITY;

	int power = (int)power_of_ten;
	int zeros = __builtin_clzll(mantissa);
	uint128 product = multiply(mantissa << zeros, power);
	uint64_t high = (uint64_t)(product >> 64);
	int carry = (int)(high >> 63);
	int shift = carry + 64 - FRACTION_BITS - 3;
	uint64_t kept = high >> shift; /* one bit more than a double has */
	/* floor(power * log2(10)); what is shifted must not be negative */
	int log2 = ((217706 * power + (2048 << 16)) >> 16) - 2048;
	int exponent = log2 + 63 + carry - zeros + 1023;

	if (exponent <= 0) { /* subnormal; a tie is not possible here */
		if (exponent <= -62)
			return 0;
		kept >>= 1 - exponent;
		return of_bits((kept + (kept & 1)) >> 1);
	}
	/* a tie needs a mantissa that 5^-power divides, or a product that fits */
	if ((uint64_t)product <= 1 && power >= -4 && power <= 23 && (kept & 3) == 1 &&
		kept << shift == high)
		kept--;
	kept = (kept + (kept & 1)) >> 1;
	if (kept >> (FRACTION_BITS + 1) != 0) {
		kept >>= 1;
		exponent++;
	}
	if (exponent >= 0x7ff)
		return INFINITY;
	return of_bits((uint64_t)exponent << FRACTION_BITS |
		       (kept & ((UINT64_C(1) << FRACTION_BITS) - 1)));
}

/* ---- 3: exact ---- */

/* No two doubles and no point half-way between them differ later than in the 768th digit;
 * of what follows it only matters whether it is zero. */
#define EXACT_DIGITS 800

/* 801 digits, or the power of five that they are compared with, times a double. */
#define LIMBS 128

struct big {
	size_t count;         /* limbs used; the last is not zero */
	uint32_t limb[LIMBS]; /* the lowest first */
};

static void big_multiply_add(struct big *b, uint32_t factor, uint32_t addend)
{
	uint64_t carry = addend;

	for (size_t i = 0; i < b->count; i++) {
		carry += (uint64_t)b->limb[i] * factor;
		b->limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry == 0)
		return;
	assert(b->count < LIMBS);
	b->limb[b->count++] = (uint32_t)carry;
}

static void big_scale(struct big *b, int64_t fives, int64_t twos)
{
	for (; fives >= 13; fives -= 13)
		big_multiply_add(b, 1220703125, 0);
	for (; fives > 0; fives--)
		big_multiply_add(b, 5, 0);
	for (; twos >= 31; twos -= 31)
		big_multiply_add(b, UINT32_C(1) << 31, 0);
	if (twos > 0)
		big_multiply_add(b, UINT32_C(1) << twos, 0);
}

static int big_cmp(const struct big *a, const struct big *b)
{
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (size_t i = a->count; i-- > 0;)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

/* All digits as a whole number; power becomes that of the last one. */
static void big_digits(struct big *b, const struct decimal *d, int64_t *power)
{
	size_t kept = 0;
	bool more = false;

	*power = d->power;
	for (size_t i = 0; i < d->written.len; i++) {
		char c = d->written.at[i];

		if (c == '.' || (c == '0' && kept == 0))
			continue;
		if (kept >= EXACT_DIGITS) {
			more = more || c != '0';
			continue;
		}
		big_multiply_add(b, 10, digit_of(c));
		if (++kept > MANTISSA_DIGITS)
			--*power;
	}
	if (more) {
		big_multiply_add(b, 10, 1);
		--*power;
	}
}

static int64_t positive_part(int64_t n)
{
	return n > 0 ? n : 0;
}

/* Which of low and the next double is nearest to d, which lies between them? */
static double nearer(const struct decimal *d, double low)
{
	uint64_t bits = bits_of(low);
	int exponent = (int)(bits >> FRACTION_BITS);
	uint64_t mantissa = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
	struct big number = {.count = 0};
	struct big half_way = {.count = 0};
	int64_t power;

	if (exponent > 0)
		mantissa |= UINT64_C(1) << FRACTION_BITS;
	else
		exponent = 1;
	big_digits(&number, d, &power);
	mantissa = 2 * mantissa + 1;
	big_multiply_add(&half_way, 1, (uint32_t)(mantissa >> 32));
	big_scale(&half_way, 0, 32);
	big_multiply_add(&half_way, 1, (uint32_t)mantissa);

	int64_t twos = power - (exponent - 1023 - FRACTION_BITS - 1);
	big_scale(&number, positive_part(power), positive_part(twos));
	big_scale(&half_way, positive_part(-power), positive_part(-twos));
	int order = big_cmp(&number, &half_way);
	return order > 0 || (order == 0 && (bits & 1) != 0) ? of_bits(bits + 1) : low;
}

/* ---- the three together ---- */

static double decimal_value(const struct decimal *d)
{
	static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
		1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
		1e22};
	const int64_t largest = sizeof(tens) / sizeof(tens[0]) - 1;

	/* only where the processor does not calculate with more bits than a double has */
	if (FLT_EVAL_METHOD == 0 && !d->is_cut && d->mantissa <= UINT64_C(1) << 53 &&
		d->power >= -largest && d->power <= largest) {
		double mantissa = (double)d->mantissa;

		return d->power < 0 ? mantissa / tens[-d->power]
				    : mantissa * tens[d->power];
	}
	double low = nearest(d->mantissa, d->power);
	if (!d->is_cut || bits_of(nearest(d->mantissa + 1, d->power)) == bits_of(low))
		return low;
	return nearer(d, low);
}

/* ---- hexadecimal, and words ---- */

static int hex_digit(char c)
{
	if (is_digit(c))
		return (int)digit_of(c);
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* The double nearest to mantissa * 2^power; what was cut off is in the lowest bit. */
static double nearest_binary(uint64_t mantissa, int64_t power)
{
	if (mantissa == 0)
		return 0;
	int zeros = __builtin_clzll(mantissa);
	mantissa <<= zeros;
	power -= zeros;
	if (power > 1023 - 63)
		return INFINITY;
	int64_t dropped = 64 - FRACTION_BITS - 1;
	if (power + dropped < -1074)
		dropped = -1074 - power;
	if (dropped > 64)
		return 0;
	uint64_t kept = dropped == 64 ? 0 : mantissa >> dropped;
	uint64_t rest = mantissa << (64 - dropped);
	const uint64_t half = UINT64_C(1) << 63;
	if (rest > half || (rest == half && (kept & 1) != 0))
		kept++;
	return ldexp((double)kept, (int)(power + dropped));
}

/* Behind the number whose 0x stands at `at`, which needs a p; NULL: none does. */
static const char *read_hex(const char *at, const char *end, double *value)
{
	uint64_t mantissa = 0;
	int64_t power = 0;
	bool has_digits = false;
	bool has_point = false;

	for (at += 2; at < end; at++) {
		int digit = hex_digit(*at);
		bool fits = mantissa >> 60 == 0;

		if (*at == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (digit < 0)
			break;
		has_digits = true;
		if (fits)
			mantissa = mantissa << 4 | (uint64_t)digit;
		else
			mantissa |= digit != 0;
		power += (fits ? 0 : 4) - (has_point ? 4 : 0);
	}
	const char *after = read_exponent(at, end, 'p', &power);
	if (!has_digits || after == at)
		return NULL;
	*value = nearest_binary(mantissa, power);
	return after;
}

/* Behind the word, if it stands at `at` in any case of letters; else NULL. */
static const char *read_word(const char *at, const char *end, const char *lower)
{
	for (; *lower != '\0'; at++, lower++)
		if (at == end || !is_letter(*at, *lower))
			return NULL;
	return at;
}

/* Behind inf, infinity or, where there is no sign, nan; NULL: none stands there. */
static const char *read_special(
	const char *at, const char *end, bool has_sign, double *value)
{
	const char *after = read_word(at, end, "inf");

	if (after != NULL) {
		const char *longer = read_word(after, end, "inity");

		*value = INFINITY;
		return longer != NULL ? longer : after;
	}
	*value = NAN;
	return has_sign ? NULL : read_word(at, end, "nan");
}

/* What stands at `at`, without a sign; NULL: no number, or one too large for a double. */
static const char *read_magnitude(
	const char *at, const char *end, bool has_sign, double *value)
{
	struct decimal d;
	const char *after = NULL;

	if (at == end)
		return NULL;
	if (!is_digit(*at) && *at != '.')
		return read_special(at, end, has_sign, value);
	if (*at == '0' && end - at > 2 && is_letter(at[1], 'x'))
		after = read_hex(at, end, value);
	if (after == NULL) {
		after = read_decimal(at, end, &d);
		if (after == NULL)
			return NULL;
		*value = decimal_value(&d);
	}
	return *value <= DBL_MAX ? after : NULL;
}

size_t str_read_double(struct str s, double *value)
{
	const char *at = s.at;
	const char *end = at + s.len;
	double magnitude;

	if (s.len == 0)
		return 0;
	bool is_negative = *at == '-';
	bool has_sign = is_negative || *at == '+';
	const char *after = read_magnitude(at + has_sign, end, has_sign, &magnitude);
	if (after == NULL)
		return 0;
	*value = is_negative ? -magnitude : magnitude;
	return (size_t)(after - at);
}

bool str_to_double(struct str s, double *value)
{
	double read;

	if (s.len == 0 || str_read_double(s, &read) != s.len)
		return false;
	*value = read;
	return true;
}
