/* Who is due first, of many: a heap, so that neither that question nor an answer to it
 * costs a walk through all of them.
 *
 *   struct schedule s = {0};
 *   if (schedule_reserve(&s, 1))
 *       schedule_add(&s, due_us, who);
 *   while ((who = schedule_take(&s, now_us)) != NULL)
 *       ...
 *   schedule_free(&s); */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/attr.h"

#define SCHEDULE_NEVER INT64_MAX

struct schedule_entry {
	int64_t due_us;
	void *who; /* borrowed */
};

/* All 0: empty. */
struct schedule {
	struct schedule_entry *at; /* owned; each is due no later than its children */
	size_t count, room;
};

/* Room for so many in all. False: no memory, and it is as it was. */
bool schedule_reserve(struct schedule *s, size_t count) MUST_CHECK;

/* There must be room. */
void schedule_add(struct schedule *s, int64_t due_us, void *who);

/* SCHEDULE_NEVER: nobody is in it. */
int64_t schedule_first_us(const struct schedule *s);

/* Takes out who is due first, if that is now or before. NULL: nobody is. */
void *schedule_take(struct schedule *s, int64_t now_us);

/* Takes it out, whenever it is due; one that is not in it is no mistake. */
void schedule_remove(struct schedule *s, const void *who);

void schedule_clear(struct schedule *s);
void schedule_free(struct schedule *s);

#endif
