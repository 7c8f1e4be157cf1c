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
struct settings_found;

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

/* Was this option given outside of endpoints? */
bool settings_is_given(const struct settings *s, const char *option);

/* A new endpoint; NULL (which settings_target_set() takes as well) if it cannot be used:
 * no name, or one that is there already: the first stays. The settings own it. */
struct settings_target *settings_target(struct settings *s, const char *name);

/* A new block of what is to be found (<Discover>), whose options are those of the
 * endpoints found. NULL: no memory. The settings own it. */
struct settings_target *settings_discovery(struct settings *s);

/* The same for a VolumeAttachment block. */
struct settings_target *settings_attachment(struct settings *s, const char *name);

/* An API server that a <Discover> block asks for pods and services. NULL: the URL cannot
 * be used, or no memory. */
struct settings_target *settings_kubernetes(
	struct settings_target *discovery, const char *url);

/* As settings_target(), for an API server, of which no more than Server is needed; what
 * the name is good for is up to the caller. */
struct settings_target *settings_server(struct settings *s, const char *name);

/* An option of this block, which replaces the default, lists too. Is it used? */
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

enum settings_dialect settings_dialect_of(const struct settings *s);

/* After settings_check(): the blocks of what is to be found. Their url is empty. */
size_t settings_discoveries(const struct settings *s);
const struct options *settings_discovery_at(const struct settings *s, size_t index);

/* ---- endpoints that were found, after settings_check() ---- */

/* An option as text: {"URL", "http://..."}. */
struct settings_text {
	const char *option;
	const char *value; /* NULL: none, whatever the block has; of texts and headers */
};

/* An endpoint with the options of block number `block`, but for those given here; a URL
 * must be among them. Its name becomes its plugin instance as it is. NULL: e says which
 * option is wrong. settings must outlive it. */
struct settings_found *settings_found_new(const struct settings *s, size_t block,
	const char *name, const struct settings_text *given, size_t count,
	struct err *e) MUST_CHECK;

const struct options *settings_found_options(const struct settings_found *f);

/* Wipes what was secret. f may be NULL. */
void settings_found_free(struct settings_found *f);
/* The same of VolumeAttachment blocks: `url` is their server's, `instance` the name as it
 * stands behind `attached-`. */
size_t settings_attachments(const struct settings *s);
const struct options *settings_attachment_at(const struct settings *s, size_t index);

/* The API servers of all <Discover> blocks; *block: which one's. */
size_t settings_kubernetes_servers(const struct settings *s);
const struct options *settings_kubernetes_at(
	const struct settings *s, size_t index, size_t *block);

/* After settings_check(): what this block came to; NULL: it cannot be used. */
const struct options *settings_target_options(const struct settings_target *t);

/* Wipes what was secret. s may be NULL. */
void settings_free(struct settings *s);

#endif
