#include "engine/counter.h"

#include <math.h>

double counter_increase(double now, double before, bool from_zero)
{
	return from_zero || now < before ? now : now - before;
}

bool counter_derive(double total, int64_t *derive)
{
	double whole = floor(total);

	/* 2^63 is the first double above INT64_MAX */
	if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0))
		return false;
	*derive = (int64_t)whole;
	return true;
}
