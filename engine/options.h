/* The table of options (options.def), and how the value of one is read.
 *
 * Values come typed from collectd's configuration and as strings from a command line;
 * both are a struct setting. */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/err.h"
#include "engine/filter.h"
#include "engine/str.h"
#include "engine/url.h"

enum option_format {
	OPTION_FORMAT_AUTO,
	OPTION_FORMAT_TEXT,
	OPTION_FORMAT_OPENMETRICS,
	OPTION_FORMAT_PROTOBUF,
};

enum option_tls_version {
	OPTION_TLS_1_0,
	OPTION_TLS_1_1,
	OPTION_TLS_1_2,
	OPTION_TLS_1_3
};

struct option_list {
	char **at; /* read only, but for those who wipe secrets */
	size_t count;
};

/* true, false, or those that match. */
struct option_chosen {
	bool all;
	struct option_list globs; /* empty: none, unless all */
};

/* One for each type of value; URL, TEXT, ... of options.def. */
enum option_kind {
	OPTION_KIND_URL,
	OPTION_KIND_SERVER, /* a URL without a path of its own */
	OPTION_KIND_TEXT,
	OPTION_KIND_SECRET,  /* a text that no message shows */
	OPTION_KIND_SECRETS, /* a list of them */
	OPTION_KIND_FLAG,
	OPTION_KIND_SECONDS,
	OPTION_KIND_MS,
	OPTION_KIND_BYTES,
	OPTION_KIND_COUNT,
	OPTION_KIND_PERCENTILES,
	OPTION_KIND_CHOSEN,
	OPTION_KIND_RULES,
	OPTION_KIND_TEXTS,
	OPTION_KIND_FORMAT,
	OPTION_KIND_TLS_VERSION,
};

/* The type of a field of each kind. Texts are NULL where nothing was given. */
#define OPTION_TYPE_URL         struct url
#define OPTION_TYPE_SERVER      struct url
#define OPTION_TYPE_TEXT        const char *
#define OPTION_TYPE_SECRET      char *
#define OPTION_TYPE_SECRETS     struct option_list
#define OPTION_TYPE_FLAG        bool
#define OPTION_TYPE_SECONDS     double
#define OPTION_TYPE_MS          int64_t
#define OPTION_TYPE_BYTES       uint64_t
#define OPTION_TYPE_COUNT       uint64_t
#define OPTION_TYPE_PERCENTILES struct option_list
#define OPTION_TYPE_CHOSEN      struct option_chosen
#define OPTION_TYPE_RULES       struct option_list
#define OPTION_TYPE_TEXTS       struct option_list
#define OPTION_TYPE_FORMAT      enum option_format
#define OPTION_TYPE_TLS_VERSION enum option_tls_version

union option_value {
	OPTION_TYPE_URL URL;
	OPTION_TYPE_SERVER SERVER;
	OPTION_TYPE_TEXT TEXT;
	OPTION_TYPE_SECRET SECRET;
	OPTION_TYPE_SECRETS SECRETS;
	OPTION_TYPE_FLAG FLAG;
	OPTION_TYPE_SECONDS SECONDS;
	OPTION_TYPE_MS MS;
	OPTION_TYPE_BYTES BYTES;
	OPTION_TYPE_COUNT COUNT;
	OPTION_TYPE_PERCENTILES PERCENTILES;
	OPTION_TYPE_CHOSEN CHOSEN;
	OPTION_TYPE_RULES RULES;
	OPTION_TYPE_TEXTS TEXTS;
	OPTION_TYPE_FORMAT FORMAT;
	OPTION_TYPE_TLS_VERSION TLS_VERSION;
};

enum option_id {
#define OPTION(kind, field, ...) OPTION_ID_##field,
#include "engine/options.def"
#undef OPTION
	OPTION_IDS, /* how many there are */
};

enum option_scope {
	OPTION_SCOPE_PLUGIN,
	OPTION_SCOPE_ENDPOINT,
	OPTION_SCOPE_DISCOVER,
	OPTION_SCOPE_ATTACHMENT,
	OPTION_SCOPE_KUBERNETES,
	OPTION_SCOPE_BOTH,
};

/* One row of options.def. */
struct option_def {
	enum option_id id;
	enum option_kind kind;
	enum option_scope scope;
	const char *name;
	const char *standard; /* the default, as one would write it; "" none */
	double minimum, maximum;
	const char *argument;
	const char *help;
};

/* All that holds for one endpoint, defaults filled in (settings.h). */
struct options {
	const char *name;            /* as the user wrote it */
	const char *instance;        /* the same as a plugin instance (naming.md 1) */
	const struct filter *filter; /* the rules of `family`, ready for use */
	const char *name_query; /* query for `name_filter`, without `?`; NULL: none */
#define OPTION(kind, field, ...) OPTION_TYPE_##kind field;
#include "engine/options.def"
#undef OPTION
};

/* A value as the user gave it. */
enum setting_kind { SETTING_TEXT, SETTING_NUMBER, SETTING_FLAG };

struct setting {
	enum setting_kind kind;
	const char *text; /* borrowed for the call */
	double number;
	bool flag;
};

/* Row number id. */
const struct option_def *option_at(enum option_id id);

/* By its name in the configuration, whatever the case of letters; NULL: none. */
const struct option_def *option_find(const char *name);

/* The option whose name is most like `name`; NULL if none is near. */
const struct option_def *option_like(const char *name);

/* Its name on the command line, without the dashes: `bearer-token-file`. size: of out; 32
 * are enough. */
void option_long_name(const struct option_def *def, char *out, size_t size);

/* May several lines of it be given, that add up? */
bool option_is_list(const struct option_def *def);

/* Reads one line's values into *value, whose strings are then the arena's. Lists are
 * appended to what *value has. False: e says what to write instead; *value is as it was.
 * Secrets never stand in e. */
bool option_read(struct arena *a, const struct option_def *def,
	const struct setting *values, size_t count, union option_value *value,
	struct err *e) MUST_CHECK;

/* The option's default into *value; false when there is no memory. */
bool option_standard(struct arena *a, const struct option_def *def,
	union option_value *value) MUST_CHECK;

/* `500ms`, `5s`, `2m`, or a bare number of units of bare_ms milliseconds (1000 for
 * seconds). False for anything else, and for what is negative or not finite. */
bool option_duration_ms(struct str text, double bare_ms, double *ms);

#endif
