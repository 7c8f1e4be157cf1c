/* Who gets credentials out of which Secret: between the endpoints and all API servers
 * whose Secrets are looked for (kube_secrets.h). */
#ifndef ENGINE_SECRETS_H
#define ENGINE_SECRETS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/attr.h"
#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/log.h"
#include "engine/options.h"
#include "engine/settings.h"

struct secrets;

/* settings, which were checked, f and log must outlive it. NULL: no memory. */
struct secrets *secrets_new(const struct settings *settings, struct fetch *f,
	const struct clock *clock, const struct log *log) MUST_CHECK;

/* Sends what is due; when that is, on the monotonic clock. */
void secrets_send(struct secrets *s);
int64_t secrets_due_us(const struct secrets *s);

/* An endpoint as a user of them; zero it when it is made. */
struct secrets_user {
	uint64_t version; /* in which its credentials were looked up; 0: never */
	bool has_secret;  /* it uses one */
	struct complaint trouble;
	uint64_t trouble_hash; /* of what was said last */
};

/* Before each request of the endpoint: what it is asked with from now on. */
void secrets_apply(const struct secrets *s, struct secrets_user *user,
	struct fetch_endpoint *x, const struct options *options);

/* Before its fetch. s may be NULL. */
void secrets_free(struct secrets *s);

#endif
