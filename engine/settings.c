#include "engine/settings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/name_filter.h"
#include "engine/naming.h"

/* Of all texts of a configuration. */
#define ARENA_CEILING ((size_t)64 << 20)

/* One process scrapes no more than that. */
#define TARGET_LIMIT 10000

/* For a whole scrape where nothing was said. */
#define TIMEOUT_MS 10000

/* What one block says; options that are not given have no value. */
struct block {
	bool given[OPTION_IDS];
	union option_value value[OPTION_IDS];
};

/* What stands in blocks of its own. */
enum kind { ENDPOINT, DISCOVERY, KUBERNETES, ATTACHMENT, SERVER, KINDS };

struct settings_target {
	struct settings *settings; /* borrowed */
	enum kind kind;
	const char *name; /* the arena's; NULL: of a <Discover> block */
	struct block block;
	struct options options;
	struct filter *filter; /* owned */
	size_t discovery;      /* KUBERNETES: number of the block it stands in */
	bool is_usable;        /* after settings_check() */
};

struct target_list {
	struct settings_target **at; /* owned */
	size_t count;
	size_t usable; /* after settings_check(): they stand first */
};

struct settings {
	enum settings_dialect dialect;
	const struct log *log;
	struct arena *arena;
	size_t complaints;
	union option_value standard[OPTION_IDS];
	struct block defaults;
	struct options options;
	struct filter *filter;  /* owned; of the defaults */
	const char *name_query; /* the arena's; of the endpoint filled in last */
	struct target_list list[KINDS];
};

struct settings *settings_new(enum settings_dialect dialect, const struct log *log)
{
	struct settings *s = calloc(1, sizeof(*s));
	bool done = s != NULL && (s->arena = arena_new(ARENA_CEILING)) != NULL;

	for (enum option_id id = 0; done && id < OPTION_IDS; id++)
		done = option_standard(s->arena, option_at(id), &s->standard[id]);
	if (!done) {
		settings_free(s);
		return NULL;
	}
	s->dialect = dialect;
	s->log = log;
	/* it is collectd that has to be spared */
	if (dialect == SETTINGS_ARGV)
		s->standard[OPTION_ID_max_values].COUNT = SIZE_MAX;
	return s;
}

/* ---- messages ---- */

static const char *block_name(enum kind kind)
{
	switch (kind) {
	case ENDPOINT:
		return "Endpoint";
	case DISCOVERY:
		return "Discover";
	case ATTACHMENT:
		return "VolumeAttachment";
	case KUBERNETES:
		return "Discover> <Kubernetes";
	case SERVER:
		return "Server";
	case KINDS:
		break;
	}
	return "";
}

PRINTF_LIKE(4, 0)
static void say(struct settings *s, const struct settings_target *t, enum log_level level,
	const char *format, va_list args)
{
	struct buf line;

	buf_init(&line, 4096);
	if (s->dialect == SETTINGS_COLLECTD) {
		buf_addf(&line, "<Plugin operator>");
		if (t != NULL && t->name != NULL)
			buf_addf(&line, " <%s \"%s\">", block_name(t->kind), t->name);
		else if (t != NULL)
			buf_addf(&line, " <%s>", block_name(t->kind));
		buf_addf(&line, ": ");
	}
	buf_vaddf(&line, format, args);
	if (level <= LOG_LEVEL_WARNING)
		s->complaints++;
	log_emit(s->log, level, "%.*s", STR_ARG(buf_str(&line)));
	buf_free(&line);
}

PRINTF_LIKE(3, 4)
static void notice(
	struct settings *s, const struct settings_target *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(s, t, LOG_LEVEL_NOTICE, format, args);
	va_end(args);
}

void settings_complain(
	struct settings *s, const struct settings_target *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(s, t, LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

static bool is_secret(const struct option_def *def)
{
	return def->kind == OPTION_KIND_SECRET || def->kind == OPTION_KIND_SECRETS;
}

/* A URL with a password in it is wrong, and still no reason to log the password. */
static bool may_be_shown(const struct option_def *def, const struct setting *v)
{
	bool is_url = def->kind == OPTION_KIND_URL || def->kind == OPTION_KIND_SERVER ||
		      def->id == OPTION_ID_proxy;

	return !is_secret(def) &&
	       !(is_url && v->kind == SETTING_TEXT && strchr(v->text, '@'));
}

static void add_value(
	struct buf *out, enum settings_dialect dialect, const struct setting *v)
{
	const char *quote = dialect == SETTINGS_COLLECTD ? "\"" : "";

	switch (v->kind) {
	case SETTING_TEXT:
		buf_addf(out, " %s%.200s%s", quote, v->text, quote);
		break;
	case SETTING_NUMBER:
		buf_addf(out, " %.15g", v->number);
		break;
	case SETTING_FLAG:
		buf_addf(out, v->flag ? " true" : " false");
		break;
	}
}

/* The option as the user wrote it, values behind it. */
static void add_line(struct buf *out, enum settings_dialect dialect,
	const struct option_def *def, const struct setting *values, size_t count)
{
	char name[64];

	option_long_name(def, name, sizeof(name));
	buf_addf(out, dialect == SETTINGS_COLLECTD ? "%s" : "--%s",
		dialect == SETTINGS_COLLECTD ? def->name : name);
	for (size_t i = 0; i < count && i < 8; i++) {
		if (may_be_shown(def, &values[i]))
			add_value(out, dialect, &values[i]);
		else
			buf_addf(out, " ...");
	}
}

static void complain_of_value(struct settings *s, const struct settings_target *t,
	const struct option_def *def, const struct setting *values, size_t count,
	const struct err *e)
{
	struct buf line;

	buf_init(&line, 4096);
	add_line(&line, s->dialect, def, values, count);
	settings_complain(s, t, "%.*s: %s%s", STR_ARG(buf_str(&line)), e->text,
		s->dialect == SETTINGS_COLLECTD ? "; the option is ignored" : "");
	buf_free(&line);
}

static void complain_of_name(
	struct settings *s, const struct settings_target *t, const char *option)
{
	const struct option_def *like = option_like(option);

	if (like != NULL)
		settings_complain(
			s, t, "unknown option %s: did you mean %s?", option, like->name);
	else
		settings_complain(s, t,
			"unknown option %s: collectd-operator(5) lists them all", option);
}

/* ---- one option ---- */

/* 5 is more often meant as seconds than as milliseconds. */
static void warn_of_short_time(struct settings *s, const struct settings_target *t,
	const struct option_def *def, const struct setting *v, int64_t ms)
{
	bool is_bare = v->kind == SETTING_NUMBER ||
		       (v->kind == SETTING_TEXT && strpbrk(v->text, "sm") == NULL);
	struct buf line;

	if (def->kind != OPTION_KIND_MS || !is_bare || ms >= 100)
		return;
	buf_init(&line, 4096);
	add_line(&line, s->dialect, def, v, 1);
	settings_complain(s, t, "%.*s means %lld ms; write %llds for seconds",
		STR_ARG(buf_str(&line)), (long long)ms, (long long)ms);
	buf_free(&line);
}

/* t: NULL outside of all blocks. */
static bool belongs(enum option_scope scope, const struct settings_target *t)
{
	switch (scope) {
	case OPTION_SCOPE_PLUGIN:
		return t == NULL;
	case OPTION_SCOPE_ENDPOINT:
		return t != NULL && t->kind == ENDPOINT;
	case OPTION_SCOPE_DISCOVER:
		return t != NULL && t->kind == DISCOVERY;
	case OPTION_SCOPE_ATTACHMENT:
		return t != NULL && (t->kind == ATTACHMENT || t->kind == SERVER ||
					    t->kind == KUBERNETES);
	case OPTION_SCOPE_KUBERNETES:
		return t != NULL && t->kind == KUBERNETES;
	case OPTION_SCOPE_BOTH:
		break;
	}
	return true;
}

static const char *place_of(enum option_scope scope)
{
	switch (scope) {
	case OPTION_SCOPE_PLUGIN:
		return "outside of <Endpoint> and <Discover> blocks";
	case OPTION_SCOPE_ENDPOINT:
		return "into an <Endpoint \"NAME\"> block";
	case OPTION_SCOPE_DISCOVER:
		return "into a <Discover> block";
	case OPTION_SCOPE_ATTACHMENT:
		return "into a <VolumeAttachment \"NAME\"> block";
	case OPTION_SCOPE_KUBERNETES:
		return "into a <Kubernetes \"URL\"> block";
	case OPTION_SCOPE_BOTH:
		break;
	}
	return "anywhere";
}

static bool set(struct settings *s, struct settings_target *t, const char *option,
	const struct setting *values, size_t count)
{
	struct block *block = t == NULL ? &s->defaults : &t->block;
	const struct option_def *def = option_find(option);
	struct err e;

	if (def == NULL) {
		complain_of_name(s, t, option);
		return false;
	}
	if (!belongs(def->scope, t)) {
		settings_complain(s, t, "%s belongs %s: write it there", def->name,
			place_of(def->scope));
		return false;
	}
	if (!option_read(s->arena, def, values, count, &block->value[def->id], &e)) {
		complain_of_value(s, t, def, values, count, &e);
		return false;
	}
	block->given[def->id] = true;
	warn_of_short_time(s, t, def, values, block->value[def->id].MS);
	return true;
}

bool settings_set(struct settings *s, const char *option, const struct setting *values,
	size_t count)
{
	return set(s, NULL, option, values, count);
}

bool settings_is_given(const struct settings *s, const char *option)
{
	return s->defaults.given[option_find(option)->id];
}

bool settings_target_set(struct settings_target *t, const char *option,
	const struct setting *values, size_t count)
{
	return t != NULL && set(t->settings, t, option, values, count);
}

/* ---- endpoints ---- */

/* As a plugin instance or, of others, as a subject; two names that are one there would be
 * one everywhere. */
static const char *instance_of(struct settings *s, enum kind kind, const char *name)
{
	struct buf escaped;

	buf_init(&escaped, 4 * (strlen(name) + NAME_LIMIT));
	if (kind == ENDPOINT)
		name_add_instance(&escaped, str_of(name));
	else
		name_add_subject(&escaped, str_of(name));
	const char *instance = arena_copy(s->arena, buf_str(&escaped)).at;
	buf_free(&escaped);
	return instance;
}

static bool is_taken(
	struct settings *s, enum kind kind, const char *name, const char *instance)
{
	for (size_t i = 0; i < s->list[kind].count; i++) {
		const struct settings_target *t = s->list[kind].at[i];

		if (strcmp(t->options.instance, instance) != 0)
			continue;
		if (strcmp(t->name, name) == 0)
			settings_complain(s, t,
				"a second block of this name: the first one "
				"stays; give the other a name of its own");
		else
			settings_complain(s, t,
				"<%s \"%s\"> would have the same %s %s: the first one "
				"stays; give the other a name that differs in letters "
				"and digits",
				block_name(kind), name,
				kind == ENDPOINT ? "plugin instance" : "identifier",
				instance);
		return true;
	}
	return false;
}

static bool make_room(struct settings *s, struct target_list *list)
{
	struct settings_target **grown;

	if (list->count == TARGET_LIMIT) {
		settings_complain(s, NULL, "more than %d endpoints", TARGET_LIMIT);
		return false;
	}
	grown = reallocarray(list->at, list->count + 1, sizeof(*grown));
	if (grown == NULL)
		return false;
	list->at = grown;
	return true;
}

/* name: NULL of a block that has none. */
static struct settings_target *add(struct settings *s, enum kind kind, const char *name)
{
	struct target_list *list = &s->list[kind];
	struct settings_target *t = make_room(s, list) ? calloc(1, sizeof(*t)) : NULL;

	if (t == NULL)
		return NULL;
	t->settings = s;
	t->kind = kind;
	t->name = name;
	list->at[list->count++] = t;
	return t;
}

static struct settings_target *add_named(
	struct settings *s, enum kind kind, const char *name)
{
	const char *instance;
	const char *own_name;
	struct settings_target *t;

	if (name[0] == '\0') {
		settings_complain(s, NULL,
			"a <%s> without a name is not used: write <%s \"NAME\">",
			block_name(kind), block_name(kind));
		return NULL;
	}
	instance = instance_of(s, kind, name);
	own_name = arena_copy(s->arena, str_of(name)).at;
	if (instance == NULL || own_name == NULL || is_taken(s, kind, name, instance))
		return NULL;
	t = add(s, kind, own_name);
	if (t != NULL)
		t->options.instance = instance;
	return t;
}

struct settings_target *settings_target(struct settings *s, const char *name)
{
	return add_named(s, ENDPOINT, name);
}

struct settings_target *settings_attachment(struct settings *s, const char *name)
{
	return add_named(s, ATTACHMENT, name);
}

struct settings_target *settings_server(struct settings *s, const char *name)
{
	return add_named(s, SERVER, name);
}

struct settings_target *settings_discovery(struct settings *s)
{
	return add(s, DISCOVERY, NULL);
}

struct settings_target *settings_kubernetes(
	struct settings_target *discovery, const char *url)
{
	struct settings *s = discovery->settings;
	struct setting value = {.kind = SETTING_TEXT, .text = url};
	/* a URL with a password in it is wrong, and no message may show it */
	bool may_show = strchr(url, '@') == NULL;
	const char *name = arena_copy(s->arena, may_show ? str_of(url) : STR("...")).at;
	struct settings_target *t = name == NULL ? NULL : add(s, KUBERNETES, name);

	if (t == NULL)
		return NULL;
	while (s->list[DISCOVERY].at[t->discovery] != discovery)
		t->discovery++;
	(void)settings_target_set(t, "Server", &value, 1);
	return t;
}

/* ---- all together ---- */

/* The block's own value, else the default of all endpoints, else the table's. */
static const union option_value *value_of(
	const struct settings *s, const struct block *own, enum option_id id)
{
	if (own->given[id])
		return &own->value[id];
	return s->defaults.given[id] ? &s->defaults.value[id] : &s->standard[id];
}

static struct filter *filter_of(const struct option_list *rules)
{
	struct filter *f = filter_new();
	bool done = f != NULL;

	for (size_t i = 0; done && i < rules->count; i++)
		done = filter_add(f, str_of(rules->at[i]), NULL);
	if (done)
		return f;
	filter_free(f);
	return NULL;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* collectd's deadlines lie below the interval, so that a scrape never meets the next one;
 * on a command line one waits as long as one likes. */
static int64_t longest_ms(const struct settings *s, const struct options *o)
{
	return s->dialect == SETTINGS_COLLECTD ? (int64_t)(o->interval_seconds * 900)
					       : INT64_MAX;
}

static void bound_times(const struct settings *s, struct options *o)
{
	int64_t most_ms = longest_ms(s, o);

	if (o->timeout_ms == 0)
		o->timeout_ms = TIMEOUT_MS;
	o->timeout_ms = least(o->timeout_ms, most_ms);
	if (o->connect_timeout_ms == 0)
		o->connect_timeout_ms = o->timeout_ms;
	o->connect_timeout_ms = least(o->connect_timeout_ms, o->timeout_ms);
}

/* What NameFilter asks for, the arena's; *last is that of an endpoint before, since most
 * have the same rules. */
static bool set_name_query(struct arena *arena, const char **last, struct options *o)
{
	struct buf query;
	struct err why;

	o->name_query = NULL;
	if (!o->name_filter)
		return true;
	buf_init(&query, 2 * NAME_FILTER_LIMIT);
	bool done = name_filter_query(o->filter, &query, &why);
	if (done && *last != NULL && !str_eq(str_of(*last), buf_str(&query)))
		*last = NULL;
	if (done && *last == NULL)
		*last = arena_copy(arena, buf_str(&query)).at;
	buf_free(&query);
	o->name_query = done ? *last : NULL;
	return !done || o->name_query != NULL;
}

/* Texts that are made are the arena's. */
static bool fill_in(const struct settings *s, const struct block *block,
	struct arena *arena, const char **last_query, struct options *o,
	struct filter **filter)
{
#define OPTION(kind, field, ...) o->field = value_of(s, block, OPTION_ID_##field)->kind;
#include "engine/options.def"
#undef OPTION
	filter_free(*filter);
	*filter = filter_of(&o->family);
	o->filter = *filter;
	bound_times(s, o);
	return *filter != NULL && set_name_query(arena, last_query, o);
}

static bool fill_in_target(struct settings *s, struct settings_target *t)
{
	return fill_in(s, &t->block, s->arena, &s->name_query, &t->options, &t->filter);
}

/* Of two options that exclude each other, the second is used. */
static void warn_of_pair(struct settings *s, const struct settings_target *t, bool both,
	const char *first, const char *second)
{
	if (both)
		settings_complain(s, t, "%s and %s exclude each other: %s is used", first,
			second, second);
}

static void check_times(
	struct settings *s, const struct settings_target *t, const struct options *o)
{
	int64_t timeout_ms = value_of(s, &t->block, OPTION_ID_timeout_ms)->MS;

	if (timeout_ms > longest_ms(s, o))
		settings_complain(s, t,
			"Timeout %lld is not well below the interval of %g s: %lld ms is "
			"used",
			(long long)timeout_ms, o->interval_seconds,
			(long long)o->timeout_ms);
}

static void check_name_filter(
	struct settings *s, const struct settings_target *t, const struct options *o)
{
	struct buf query;
	struct err why;

	if (!o->name_filter || o->name_query != NULL)
		return;
	buf_init(&query, 2 * NAME_FILTER_LIMIT);
	if (!name_filter_query(o->filter, &query, &why))
		settings_complain(s, t, "NameFilter is of no use here: %s", why.text);
	buf_free(&query);
}

static void check_pairs(
	struct settings *s, const struct settings_target *t, const struct options *o)
{
	bool has_token = o->bearer_token != NULL || o->bearer_token_file != NULL;

	warn_of_pair(s, t, o->bearer_token != NULL && o->bearer_token_file != NULL,
		"BearerToken", "BearerTokenFile");
	warn_of_pair(s, t, o->password != NULL && o->password_file != NULL, "Password",
		"PasswordFile");
	warn_of_pair(s, t, o->user != NULL && has_token, "User", "the bearer token");
	if (o->client_key != NULL && o->client_cert == NULL)
		settings_complain(
			s, t, "ClientKey without ClientCert is of no use: give both");
	if (o->user == NULL && (o->password != NULL || o->password_file != NULL))
		settings_complain(
			s, t, "a password without User is of no use: give both");
	if (!o->verify_peer && (o->url.is_tls || t->kind == DISCOVERY))
		notice(s, t,
			"VerifyPeer false: whoever answers at %s is believed; CACert or "
			"PinnedPublicKey would verify it",
			o->url.is_tls ? o->url.authority : "what is found");
}

static bool has_url(struct settings *s, const struct settings_target *t)
{
	if (t->options.url.address != NULL)
		return true;
	settings_complain(s, t,
		"no URL, so the endpoint is not used: write URL "
		"\"http://127.0.0.1:8080/metrics\"");
	return false;
}

static bool has_all(struct settings *s, const struct settings_target *t)
{
	const struct options *o = &t->options;
	const char *missing = NULL;

	if (o->node == NULL)
		missing = "Node";
	if (o->volume_handle == NULL)
		missing = "VolumeHandle";
	if (o->driver == NULL)
		missing = "Driver";
	if (o->server.address == NULL)
		missing = "Server";
	if (missing == NULL)
		return true;
	settings_complain(s, t,
		"no %s, so the block is not used: it needs Server, Driver, VolumeHandle "
		"and Node",
		missing);
	return false;
}

static bool is_usable(struct settings *s, const struct settings_target *t)
{
	switch (t->kind) {
	case ENDPOINT:
		return has_url(s, t);
	case ATTACHMENT:
		return has_all(s, t);
	case KUBERNETES:
	case SERVER:
		return t->options.server.address != NULL;
	case DISCOVERY:
	case KINDS:
		break;
	}
	return true;
}

/* Keeps the order within the usable ones. */
static void move_to(struct target_list *list, size_t from, size_t to)
{
	struct settings_target *t = list->at[from];

	list->at[from] = list->at[to];
	list->at[to] = t;
}

static bool check_block(struct settings *s, struct settings_target *t)
{
	if (!fill_in_target(s, t))
		return false;
	t->options.name = t->name;
	if (t->kind == ATTACHMENT || t->kind == SERVER || t->kind == KUBERNETES)
		t->options.url = t->options.server;
	check_times(s, t, &t->options);
	check_name_filter(s, t, &t->options);
	t->is_usable = is_usable(s, t);
	if (t->is_usable)
		check_pairs(s, t, &t->options);
	return true;
}

static bool check_list(struct settings *s, struct target_list *list)
{
	list->usable = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!check_block(s, list->at[i]))
			return false;
		if (list->at[i]->is_usable)
			move_to(list, i, list->usable++);
	}
	return true;
}

bool settings_check(struct settings *s, double interval_seconds)
{
	s->standard[OPTION_ID_interval_seconds].SECONDS = interval_seconds;
	if (!fill_in(s, &s->defaults, s->arena, &s->name_query, &s->options, &s->filter))
		return false;
	for (enum kind kind = 0; kind < KINDS; kind++)
		if (!check_list(s, &s->list[kind]))
			return false;
	return true;
}

size_t settings_complaints(const struct settings *s)
{
	return s->complaints;
}

const struct options *settings_defaults(const struct settings *s)
{
	return &s->options;
}

enum settings_dialect settings_dialect_of(const struct settings *s)
{
	return s->dialect;
}

size_t settings_discoveries(const struct settings *s)
{
	return s->list[DISCOVERY].usable;
}

const struct options *settings_discovery_at(const struct settings *s, size_t index)
{
	return &s->list[DISCOVERY].at[index]->options;
}

size_t settings_targets(const struct settings *s)
{
	return s->list[ENDPOINT].usable;
}

const struct options *settings_target_at(const struct settings *s, size_t index)
{
	return &s->list[ENDPOINT].at[index]->options;
}

size_t settings_attachments(const struct settings *s)
{
	return s->list[ATTACHMENT].usable;
}

const struct options *settings_attachment_at(const struct settings *s, size_t index)
{
	return &s->list[ATTACHMENT].at[index]->options;
}

size_t settings_kubernetes_servers(const struct settings *s)
{
	return s->list[KUBERNETES].usable;
}

const struct options *settings_kubernetes_at(
	const struct settings *s, size_t index, size_t *block)
{
	const struct settings_target *t = s->list[KUBERNETES].at[index];

	*block = t->discovery;
	return &t->options;
}

const struct options *settings_target_options(const struct settings_target *t)
{
	return t->is_usable ? &t->options : NULL;
}

static void wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
}

static void wipe_block(struct block *block)
{
	for (enum option_id id = 0; id < OPTION_IDS; id++) {
		enum option_kind kind = option_at(id)->kind;

		if (kind == OPTION_KIND_SECRET)
			wipe(block->value[id].SECRET);
		for (size_t i = 0;
			kind == OPTION_KIND_SECRETS && i < block->value[id].SECRETS.count;
			i++)
			wipe(block->value[id].SECRETS.at[i]);
	}
}

static void target_free(struct settings_target *t)
{
	wipe_block(&t->block);
	filter_free(t->filter);
	free(t);
}

/* ---- endpoints that were found ---- */

struct settings_found {
	struct arena *arena; /* owned */
	struct block own;    /* what was given for it alone */
	struct options options;
	struct filter *filter; /* owned */
};

/* Of all texts of one of them. */
#define FOUND_CEILING ((size_t)1 << 20)

static bool give(
	struct settings_found *f, const struct settings_text *text, struct err *e)
{
	const struct option_def *def = option_find(text->option);
	const struct setting value = {.kind = SETTING_TEXT, .text = text->value};

	if (def == NULL ||
		(def->scope != OPTION_SCOPE_ENDPOINT && def->scope != OPTION_SCOPE_BOTH))
		return err_set(
			e, ERR_USAGE, "%s is no option of an endpoint", text->option);
	if (text->value != NULL &&
		!option_read(f->arena, def, &value, 1, &f->own.value[def->id], e))
		return err_wrap(e, "%s", def->name);
	f->own.given[def->id] = true;
	return true;
}

/* The block's options below those given. */
static struct block laid_over(const struct block *below, const struct block *above)
{
	struct block both = *below;

	for (enum option_id id = 0; id < OPTION_IDS; id++) {
		if (!above->given[id])
			continue;
		both.given[id] = true;
		both.value[id] = above->value[id];
	}
	return both;
}

static bool fill_in_found(const struct settings *s, size_t block, const char *name,
	struct settings_found *f, struct err *e)
{
	struct block both = laid_over(&s->list[DISCOVERY].at[block]->block, &f->own);
	const char *query = NULL;

	if (!f->own.given[OPTION_ID_url])
		return err_set(e, ERR_USAGE, "%s: no URL", name);
	if (!fill_in(s, &both, f->arena, &query, &f->options, &f->filter))
		return err_set(e, ERR_MEMORY, "no memory for %s", name);
	f->options.name = arena_copy(f->arena, str_of(name)).at;
	f->options.instance = f->options.name;
	return f->options.name != NULL ||
	       err_set(e, ERR_MEMORY, "no memory for %s", name);
}

struct settings_found *settings_found_new(const struct settings *s, size_t block,
	const char *name, const struct settings_text *given, size_t count, struct err *e)
{
	struct settings_found *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->arena = arena_new(FOUND_CEILING)) == NULL) {
		free(f);
		err_set(e, ERR_MEMORY, "no memory for %s", name);
		return NULL;
	}
	bool done = true;
	for (size_t i = 0; done && i < count; i++)
		done = give(f, &given[i], e);
	if (done && fill_in_found(s, block, name, f, e))
		return f;
	settings_found_free(f);
	return NULL;
}

const struct options *settings_found_options(const struct settings_found *f)
{
	return &f->options;
}

void settings_found_free(struct settings_found *f)
{
	if (f == NULL)
		return;
	wipe_block(&f->own);
	filter_free(f->filter);
	arena_free(f->arena);
	free(f);
}

void settings_free(struct settings *s)
{
	if (s == NULL)
		return;
	for (enum kind kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < s->list[kind].count; i++)
			target_free(s->list[kind].at[i]);
		free(s->list[kind].at);
	}
	wipe_block(&s->defaults);
	filter_free(s->filter);
	arena_free(s->arena);
	free(s);
}
