#include "engine/budget.h"

void budget_want(struct budget *b, enum budget_rank rank, size_t values)
{
	b->wanted[rank] += values;
}

void budget_share(struct budget *b)
{
	size_t room = b->limit;

	for (size_t rank = 0; rank < BUDGET_RANKS; rank++) {
		b->room[rank] = b->wanted[rank] < room ? b->wanted[rank] : room;
		room -= b->room[rank];
	}
}

bool budget_ask(struct budget *b, enum budget_rank rank, size_t values)
{
	if (b->left_out[rank] > 0 || values > b->room[rank]) {
		b->left_out[rank] += values;
		return false;
	}
	b->room[rank] -= values;
	return true;
}
