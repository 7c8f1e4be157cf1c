/* What the user asked for, whoever read it: collectd's configuration or a command line.
 *
 * Whatever cannot be used is said to the log, with block, endpoint, option, value and
 * what to write instead, and passed over; all else goes on. So a false from here is for
 * those who want to give up: nothing more needs to be said.
 *
 * Order: settings_new(); settings_set() and settings_target() with settings_target_set(),
 * in any order, several blocks add up; settings_check(); then the readers, while nothing
 * changes any more. One thread at a time. */
#ifndef ENGINE_SETTINGS_H
#define ENGINE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/log.h"
#include "engine/options.h"

/* Between scrapes, in seconds, where neither the user nor collectd says so. */
#define SETTINGS_INTERVAL 10.0

struct settings;
struct settings_target;

/* How messages name what the user wrote. */
enum settings_dialect {
	SETTINGS_COLLECTD, /* <Plugin operator> <Endpoint "a">: VerifyPeer "maybe": ... */
	SETTINGS_ARGV,     /* --verify-peer maybe: ... */
};

/* log must outlive the settings. NULL: no memory. */
struct settings *settings_new(
	enum settings_dialect dialect, const struct log *log) MUST_CHECK;

/* An option outside of endpoints: the default for all. A list's lines add up within a
 * block; of all else the last line holds. Is it used? */
bool settings_set(struct settings *s, const char *option, const struct setting *values,
	size_t count);

/* A new endpoint; NULL (which settings_target_set() takes as well) if it cannot be used:
 * no name, or one that is there already: the first stays. The settings own it. */
struct settings_target *settings_target(struct settings *s, const char *name);

/* An option of this endpoint, which replaces the default, lists too. Is it used? */
bool settings_target_set(struct settings_target *t, const char *option,
	const struct setting *values, size_t count);

/* Says of something else in a block, which the embedder found, what is wrong with it, the
 * place in front; t: NULL outside of endpoints. */
void settings_complain(struct settings *s, const struct settings_target *t,
	const char *format, ...) PRINTF_LIKE(3, 4);

/* Fills in the defaults, and looks at what concerns more than one option. Endpoints that
 * cannot be used are passed over. interval_seconds: of those that have none. False: there
 * is no memory. */
bool settings_check(struct settings *s, double interval_seconds) MUST_CHECK;

/* Lines said so far: errors and warnings. */
size_t settings_complaints(const struct settings *s);

/* After settings_check(): what holds outside of endpoints (its url is empty). */
const struct options *settings_defaults(const struct settings *s);

/* After settings_check(): the endpoints that can be used, in the order of the
 * configuration. All hold until settings_free(). */
size_t settings_targets(const struct settings *s);
const struct options *settings_target_at(const struct settings *s, size_t index);

/* Wipes what was secret. s may be NULL. */
void settings_free(struct settings *s);

#endif
