#include "engine/counter.h"

double counter_increase(double now, double before, bool from_zero)
{
	return from_zero || now < before ? now : now - before;
}

bool counter_derive(double total, int64_t *derive)
{
	/* 2^63 is the first double above INT64_MAX */
	if (!(total >= -9223372036854775808.0 && total < 9223372036854775808.0))
		return false;
	int64_t whole = (int64_t)total;
	/* it was cut off towards 0 */
	*derive = whole - ((double)whole > total);
	return true;
}
