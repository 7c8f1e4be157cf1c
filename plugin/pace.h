/* How fast values go to collectd's write queue: in portions, each waited for.
 *
 * A long page must not stand in the queue as a whole: there it costs memory, and above
 * WriteQueueLimitLow values are thrown away (nearly all of them by collectd 5.12, whose
 * rule is inverted). The length of the queue cannot be asked for, but whether a value has
 * left it can, if it is one that the cache does not have yet: a probe.
 *
 *   pace_page(&p, missed_has_come);
 *   if (pace_is_half(&p) && the last page has come)
 *       pace_has_come(&p);
 *   for each value:
 *       is_probe = pace_is_full(&p) && the cache does not have it;
 *       dispatch it
 *       pace_sent(&p, is_probe, has_come, ctx);
 *
 * Waiting has an end: most_ms for a page, since other endpoints wait meanwhile, and
 * nothing while a writer hangs. One thread. */
#ifndef PLUGIN_PACE_H
#define PLUGIN_PACE_H

#include <stdbool.h>
#include <stddef.h>

struct pace {
	size_t portion;
	int most_ms;
	/* Sleeps for a millisecond. */
	void (*rest)(void);

	size_t sent;         /* of this portion */
	int left_ms;         /* of most_ms, for this page */
	bool hangs;          /* a probe was missed */
	double ms_per_value; /* as the last probes had it */
};

/* A page begins. missed_has_come: has the probe that pace_await() missed, if any, come to
 * the cache since? */
void pace_page(struct pace *p, bool missed_has_come);

/* Half a portion was sent, and the next page may fill it: whoever knows now that all of
 * it has come saves the wait. */
bool pace_is_half(const struct pace *p);
void pace_has_come(struct pace *p);

/* Is it time for a probe? Behind a portion, that is for one value in some. */
bool pace_is_full(const struct pace *p);

/* One more value was sent. After a probe it waits; also when a second portion went by
 * without one, as long as portions took before. False: a probe was missed for the first
 * time; whoever keeps it can tell pace_page() when it comes. */
bool pace_sent(struct pace *p, bool is_probe, bool (*has_come)(void *ctx), void *ctx);

/* Waits for the value sent last, whatever is in the portion. False as above. */
bool pace_await(struct pace *p, bool (*has_come)(void *ctx), void *ctx);

#endif
