#include "engine/str.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 17 };

/* value = 0.DIGITS * 10^point */
struct decimal {
	char digits[DIGITS_MAX + 1];
	size_t count;
	int point;
};

static const double powers_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool is_same(double a, double b)
{
	return !(a < b) && !(a > b);
}

static void without_zeros_behind(struct decimal *d)
{
	while (d->count > 1 && d->digits[d->count - 1] == '0')
		d->count--;
}

/* Nearly all bucket bounds are a whole number below 10^15 over a power of ten that a
 * double holds: the quotient is rounded once then, as reading the number is, and no two
 * numbers of 15 digits read alike. */
static bool short_decimal(double value, struct decimal *d)
{
	for (int i = 0; i < (int)(sizeof(powers_of_ten) / sizeof(powers_of_ten[0]));
		i++) {
		double scaled = value * powers_of_ten[i];

		if (scaled >= 1e15)
			return false;
		uint64_t whole = (uint64_t)(scaled + 0.5);

		if (!is_same((double)whole / powers_of_ten[i], value))
			continue;
		size_t at = DIGITS_MAX;

		for (; whole > 0; whole /= 10)
			d->digits[--at] = (char)('0' + whole % 10);
		d->count = DIGITS_MAX - at;
		d->point = (int)d->count - i;
		memmove(d->digits, d->digits + at, d->count);
		without_zeros_behind(d);
		return true;
	}
	return false;
}

/* The value rounded to so many digits. The C library may put any locale's point in. */
static void rounded_decimal(double value, int count, struct decimal *d)
{
	char text[64];
	const char *at = text;

	snprintf(text, sizeof(text), "%.*e", count - 1, value);
	for (d->count = 0; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			d->digits[d->count++] = *at;
	bool is_negative = *++at == '-';

	d->point = 0;
	while (*++at != '\0')
		d->point = 10 * d->point + (*at - '0');
	d->point = (is_negative ? -d->point : d->point) + 1;
}

static char *put(char *out, const char *bytes, size_t count)
{
	memcpy(out, bytes, count);
	return out + count;
}

/* Of at least two digits. */
static char *put_exponent(char *out, int exponent)
{
	int size = exponent < 0 ? -exponent : exponent;

	*out++ = 'e';
	*out++ = exponent < 0 ? '-' : '+';
	if (size >= 100)
		*out++ = (char)('0' + size / 100);
	*out++ = (char)('0' + size / 10 % 10);
	*out++ = (char)('0' + size % 10);
	return out;
}

static double read_back(const struct decimal *d)
{
	char text[STR_DOUBLE_MAX];
	double value = HUGE_VAL;
	const char *end =
		put_exponent(put(text, d->digits, d->count), d->point - (int)d->count);

	if (!str_to_double((struct str){text, (size_t)(end - text)}, &value))
		return HUGE_VAL;
	return value;
}

/* The next larger number of as many digits. */
static void count_up(struct decimal *d)
{
	size_t i = d->count;

	while (i > 0 && d->digits[i - 1] == '9')
		d->digits[--i] = '0';
	if (i > 0) {
		d->digits[i - 1]++;
	} else {
		d->digits[0] = '1';
		d->point++;
	}
}

/* The same number rounded to fewer digits. False: it lies half-way, and what it was
 * rounded from itself would say where to. */
static bool shorter_decimal(const struct decimal *from, size_t count, struct decimal *d)
{
	static const char half[] = "5000000000000000";

	*d = *from;
	d->count = count;
	if (memcmp(from->digits + count, half, from->count - count) == 0)
		return false;
	if (from->digits[count] >= '5')
		count_up(d);
	return true;
}

/* With the fewest digits that read back as value. Beside a power of two the nearest
 * number of that many digits may lie outside of what is rounded to it, the next larger
 * one inside. */
static void shortest_decimal(double value, struct decimal *d)
{
	struct decimal longest;

	if (short_decimal(value, d))
		return;
	rounded_decimal(value, DIGITS_MAX, &longest);
	for (int count = value < DBL_MIN ? 1 : DBL_DIG; count < DIGITS_MAX; count++) {
		if (!shorter_decimal(&longest, (size_t)count, d))
			rounded_decimal(value, count, d);
		if (is_same(read_back(d), value))
			break;
		count_up(d);
		if (is_same(read_back(d), value))
			break;
	}
	if (!is_same(read_back(d), value))
		*d = longest;
	without_zeros_behind(d);
}

static char *put_zeros(char *out, int count)
{
	for (; count > 0; count--)
		*out++ = '0';
	return out;
}

static char *put_exponential(char *out, const struct decimal *d)
{
	*out++ = d->digits[0];
	if (d->count > 1) {
		*out++ = '.';
		out = put(out, d->digits + 1, d->count - 1);
	}
	return put_exponent(out, d->point - 1);
}

static char *put_fixed(char *out, const struct decimal *d)
{
	int whole = d->point < 0               ? 0
		    : d->point < (int)d->count ? d->point
					       : (int)d->count;

	if (whole == 0)
		*out++ = '0';
	out = put(out, d->digits, (size_t)whole);
	out = put_zeros(out, d->point - whole);
	if ((size_t)whole == d->count)
		return out;
	*out++ = '.';
	out = put_zeros(out, -d->point);
	return put(out, d->digits + whole, d->count - (size_t)whole);
}

size_t str_write_double(char *out, double value)
{
	struct decimal d;
	char *at = out;

	if (isnan(value))
		return (size_t)(put(out, "NaN", 3) - out);
	if (isinf(value))
		return (size_t)(put(out, value < 0 ? "-Inf" : "+Inf", 4) - out);
	if (is_same(value, 0))
		return (size_t)(put(out, "0", 1) - out);
	if (value < 0)
		*at++ = '-';
	shortest_decimal(fabs(value), &d);
	bool is_long = d.point < -3 || d.point > 6;

	return (size_t)((is_long ? put_exponential(at, &d) : put_fixed(at, &d)) - out);
}
