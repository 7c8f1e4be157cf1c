/* The VolumeAttachment blocks of a configuration: each asks its API server once an
 * interval, and says what it learned to a sink.
 *
 * A value is sent only where it is known whether the object exists; why it is not, a
 * collision, and what Kubernetes itself says of attaching and detaching go to the log.
 *
 * One thread, that of the scrape. */
#ifndef ENGINE_ATTACHMENTS_H
#define ENGINE_ATTACHMENTS_H

#include <stdint.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/metric.h"
#include "engine/settings.h"

struct attachments;

/* settings, which were checked, f and log must outlive it. NULL: no memory. */
struct attachments *attachments_new(const struct settings *settings, struct fetch *f,
	const struct clock *clock, const struct log *log) MUST_CHECK;

/* As scrape_tick(). */
void attachments_tick(struct attachments *a, double interval_seconds, int64_t tick_us);

/* Sends what is due. What comes of it goes to sink, which must hold for the next
 * fetch_run(). */
void attachments_send(struct attachments *a, const struct sink *sink);

/* When attachments_send() has something to do, on the monotonic clock; TARGET_NEVER: not
 * before a tick. */
int64_t attachments_due_us(const struct attachments *a);

/* Before its fetch. a may be NULL. */
void attachments_free(struct attachments *a);

#endif
