#include "engine/schedule.h"

#include <stdlib.h>

bool schedule_reserve(struct schedule *s, size_t count)
{
	if (count <= s->room)
		return true;
	size_t room = count > 2 * s->room ? count : 2 * s->room;
	struct schedule_entry *grown = reallocarray(s->at, room, sizeof(*grown));

	if (grown == NULL)
		return false;
	s->at = grown;
	s->room = room;
	return true;
}

/* From the place i to where nothing above it is due later. */
static void rise(struct schedule *s, size_t i, struct schedule_entry entry)
{
	for (; i > 0 && s->at[(i - 1) / 2].due_us > entry.due_us; i = (i - 1) / 2)
		s->at[i] = s->at[(i - 1) / 2];
	s->at[i] = entry;
}

/* From the place i, which is free, the earlier children move up; the last one fills what
 * they leave. */
static void drop(struct schedule *s, size_t i)
{
	struct schedule_entry last = s->at[--s->count];

	for (size_t child; (child = 2 * i + 1) < s->count; i = child) {
		if (child + 1 < s->count && s->at[child + 1].due_us < s->at[child].due_us)
			child++;
		s->at[i] = s->at[child];
	}
	if (i < s->count)
		rise(s, i, last);
}

void schedule_add(struct schedule *s, int64_t due_us, void *who)
{
	rise(s, s->count++, (struct schedule_entry){due_us, who});
}

int64_t schedule_first_us(const struct schedule *s)
{
	return s->count > 0 ? s->at[0].due_us : SCHEDULE_NEVER;
}

void *schedule_take(struct schedule *s, int64_t now_us)
{
	if (s->count == 0 || s->at[0].due_us > now_us)
		return NULL;
	void *who = s->at[0].who;
	drop(s, 0);
	return who;
}

void schedule_remove(struct schedule *s, const void *who)
{
	size_t i = 0;

	while (i < s->count && s->at[i].who != who)
		i++;
	if (i < s->count)
		drop(s, i);
}

void schedule_clear(struct schedule *s)
{
	s->count = 0;
}

void schedule_free(struct schedule *s)
{
	free(s->at);
	*s = (struct schedule){0};
}
