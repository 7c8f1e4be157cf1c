#include "engine/bounds.h"

#include <stdlib.h>
#include <string.h>

struct bounds *bounds_new(size_t room)
{
	struct bounds *b;

	if (room > UINT32_MAX)
		return NULL;
	b = malloc(sizeof(*b) + room * sizeof(b->at[0]));
	if (b != NULL)
		*b = (struct bounds){.users = 1, .room = (uint32_t)room};
	return b;
}

struct bounds *bounds_share(struct bounds *b)
{
	if (b != NULL)
		b->users++;
	return b;
}

/* Bounds are what was printed, so equal ones are equal to the last bit. */
static bool has(const struct bounds *b, uint32_t i, double bound)
{
	return b != NULL && i < b->count && !(b->at[i] < bound || b->at[i] > bound);
}

/* With room for one more. */
bool bounds_own(struct bounds **b, uint32_t count)
{
	if (*b != NULL && (*b)->users == 1 && (*b)->room > count)
		return true;
	struct bounds *own = bounds_new((size_t)count + count / 4 + 4);
	if (own == NULL)
		return false;
	if (count > 0)
		memcpy(own->at, (*b)->at, count * sizeof(own->at[0]));
	bounds_release(*b);
	own->count = count;
	*b = own;
	return true;
}

bool bounds_insert(struct bounds **b, uint32_t count, uint32_t i, double bound)
{
	if (i == count && has(*b, i, bound))
		return true;
	if (!bounds_own(b, count))
		return false;
	double *place = (*b)->at + i;
	memmove(place + 1, place, (count - i) * sizeof(*place));
	*place = bound;
	(*b)->count = count + 1;
	return true;
}

void bounds_release(struct bounds *b)
{
	if (b != NULL && --b->users == 0)
		free(b);
}
