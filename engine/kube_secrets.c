#include "engine/kube_secrets.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base64.h"
#include "engine/kube.h"
#include "engine/kube_watch.h"

#define ANNOTATION "operator.collectd.org/name"

/* Annotated Secrets at most. */
#define SECRET_COUNT_LIMIT 10000

/* Between two attempts to read one that could not be read. */
#define PAUSE_US 5000000

enum state {
	WANTED, /* its data is to be asked for; credentials are those of before */
	GOOD,
	BAD, /* it has not what it should; credentials are empty */
};

struct secret {
	char *space, *name; /* owned */
	char *endpoint;     /* owned; the annotation */
	char *version;      /* owned; resourceVersion */
	enum state state;
	struct credentials credentials;
	struct err why; /* BAD */
	bool is_listed;
};

struct kube_secrets {
	const struct options *server; /* borrowed */
	struct clock clock;
	const struct log *log; /* borrowed */
	struct kube_collection collection;
	char *path;               /* owned; of the collection */
	struct kube_watch *watch; /* owned */
	struct kube_get *get;     /* owned */
	char *get_path;           /* owned; of the Secret that is asked for */
	char *space, *name;       /* owned; its */
	int64_t due_us;
	struct complaint complaint;
	struct secret *secrets; /* owned */
	size_t count;
	uint64_t version;
};

/* ---- Secrets ---- */

static void secret_free_texts(struct secret *s)
{
	credentials_wipe(&s->credentials);
	free(s->space);
	free(s->name);
	free(s->endpoint);
	free(s->version);
}

static char *copy(struct str text)
{
	return strndup(text.len == 0 ? "" : text.at, text.len);
}

static bool is_text(const char *text, struct str other)
{
	return str_eq(str_of(text), other);
}

static struct secret *find(struct kube_secrets *k, struct str space, struct str name)
{
	for (size_t i = 0; i < k->count; i++)
		if (is_text(k->secrets[i].name, name) &&
			is_text(k->secrets[i].space, space))
			return &k->secrets[i];
	return NULL;
}

static struct secret *find_object(struct kube_secrets *k, const json_t *object)
{
	return find(k, kube_text(object, "metadata", "namespace", NULL),
		kube_text(object, "metadata", "name", NULL));
}

static void remove_secret(struct kube_secrets *k, struct secret *s)
{
	size_t i = (size_t)(s - k->secrets);

	secret_free_texts(s);
	memmove(s, s + 1, (--k->count - i) * sizeof(*s));
	k->version++;
}

/* NULL: no room or memory; then it is as if it were not there. */
static struct secret *add(struct kube_secrets *k, const json_t *object)
{
	struct secret s = {.state = WANTED};
	struct secret *grown = NULL;

	if (k->count < SECRET_COUNT_LIMIT)
		grown = reallocarray(k->secrets, k->count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	k->secrets = grown;
	s.space = copy(kube_text(object, "metadata", "namespace", NULL));
	s.name = copy(kube_text(object, "metadata", "name", NULL));
	s.endpoint = strdup("");
	s.version = strdup("");
	if (s.space == NULL || s.name == NULL || s.endpoint == NULL ||
		s.version == NULL) {
		secret_free_texts(&s);
		return NULL;
	}
	k->secrets[k->count] = s;
	return &k->secrets[k->count++];
}

/* Takes text over. Is it another one? */
static bool replace(char **place, char *text)
{
	bool is_new = text == NULL || strcmp(*place, text) != 0;

	if (text == NULL)
		return true;
	free(*place);
	*place = text;
	return is_new;
}

/* Its metadata: has it an annotation, and is it another version than we have? */
static void take_metadata(struct kube_secrets *k, const json_t *object)
{
	struct str endpoint =
		kube_text(object, "metadata", "annotations", ANNOTATION, NULL);
	struct secret *s = find_object(k, object);

	if (endpoint.len == 0) {
		if (s != NULL)
			remove_secret(k, s);
		return;
	}
	if (s == NULL)
		s = add(k, object);
	if (s == NULL)
		return;
	s->is_listed = true;
	/* of another endpoint: nothing of it is meant for this one */
	if (replace(&s->endpoint, copy(endpoint)))
		credentials_wipe(&s->credentials);
	if (replace(&s->version,
		    copy(kube_text(object, "metadata", "resourceVersion", NULL)))) {
		s->state = WANTED;
		k->version++;
	}
}

static void drop_unlisted(struct kube_secrets *k)
{
	for (size_t i = k->count; i > 0; i--)
		if (!k->secrets[i - 1].is_listed)
			remove_secret(k, &k->secrets[i - 1]);
}

static void take_news(void *ctx, enum kube_news news, const json_t *object)
{
	struct kube_secrets *k = ctx;

	switch (news) {
	case KUBE_BEGINS:
		for (size_t i = 0; i < k->count; i++)
			k->secrets[i].is_listed = false;
		break;
	case KUBE_IS:
		take_metadata(k, object);
		break;
	case KUBE_GONE: {
		struct secret *s = find_object(k, object);

		if (s != NULL)
			remove_secret(k, s);
		break;
	}
	case KUBE_COMPLETE:
		drop_unlisted(k);
		break;
	}
}

/* ---- data ---- */

static bool has_control_bytes(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return true;
	return false;
}

/* A word goes into a line of a request, PEM does not. */
enum form { WORD, PEM };

static bool keep_text(
	char **place, const char *key, enum form form, struct str text, struct err *e)
{
	struct str trimmed = str_trim(text);

	if (trimmed.len == 0)
		return err_set(e, ERR_AUTH, "key %s is empty", key);
	if (form == WORD && has_control_bytes(trimmed))
		return err_set(e, ERR_AUTH, "key %s has control bytes in it", key);
	if (!credentials_set(place, form == WORD ? trimmed : text))
		return err_set(e, ERR_AUTH, "key %s has a NUL in it, or no memory", key);
	return true;
}

/* One key of `data`, base64; nothing happens if it is not there. */
static bool read_key(const json_t *object, const char *key, enum form form, char **place,
	struct err *e)
{
	struct str coded = kube_text(object, "data", key, NULL);
	size_t size = 0;
	char *bytes;

	if (coded.len == 0)
		return true;
	bytes = base64_decode(coded, &size);
	bool done = bytes != NULL
			    ? keep_text(place, key, form, (struct str){bytes, size}, e)
			    : err_set(e, ERR_AUTH, "key %s is not base64", key);
	base64_free(bytes, size);
	return done;
}

static bool is_whole(const struct credentials *c, struct err *e)
{
	if ((c->user == NULL) != (c->password == NULL))
		return err_set(e, ERR_AUTH, "key %s is missing: both or none",
			c->user == NULL ? "username" : "password");
	if ((c->certificate == NULL) != (c->key == NULL))
		return err_set(e, ERR_AUTH, "key %s is missing: both or none",
			c->key == NULL ? "tls.key" : "tls.crt");
	if (!credentials_identify(c) && c->ca == NULL)
		return err_set(e, ERR_AUTH,
			"none of the keys token, username, password, ca.crt, tls.crt and "
			"tls.key is there");
	return true;
}

static bool read_data(const json_t *object, struct credentials *c, struct err *e)
{
	return read_key(object, "token", WORD, &c->token, e) &&
	       read_key(object, "username", WORD, &c->user, e) &&
	       read_key(object, "password", WORD, &c->password, e) &&
	       read_key(object, "ca.crt", PEM, &c->ca, e) &&
	       read_key(object, "tls.crt", PEM, &c->certificate, e) &&
	       read_key(object, "tls.key", PEM, &c->key, e) && is_whole(c, e);
}

static void take_data(struct kube_secrets *k, struct secret *s, const json_t *object)
{
	struct credentials c = {0};

	/* the annotation has moved on meanwhile: its news are on their way */
	if (!str_eq(kube_text(object, "metadata", "annotations", ANNOTATION, NULL),
		    str_of(s->endpoint)))
		return;
	bool is_good = read_data(object, &c, &s->why);

	credentials_wipe(&s->credentials);
	s->state = is_good ? GOOD : BAD;
	if (is_good)
		s->credentials = c;
	else
		credentials_wipe(&c);
	replace(&s->version,
		copy(kube_text(object, "metadata", "resourceVersion", NULL)));
	k->version++;
}

static void take_secret(void *ctx, const json_t *object, const struct err *why)
{
	struct kube_secrets *k = ctx;
	struct secret *s = find(k, str_of(k->space), str_of(k->name));
	int64_t now_ms = k->clock.now_ms(k->clock.ctx);

	if (s == NULL)
		return;
	if (why->code == ERR_NOT_FOUND) {
		remove_secret(k, s);
		return;
	}
	if (why->code != ERR_NONE) {
		k->due_us = k->clock.monotonic_us(k->clock.ctx) + PAUSE_US;
		log_complain(k->log, &k->complaint, now_ms, LOG_LEVEL_WARNING,
			"Kubernetes at %s, Secret %s/%s: %s", k->server->url.authority,
			k->space, k->name, why->text);
		return;
	}
	log_recovered(k->log, &k->complaint, now_ms,
		"Kubernetes at %s, Secret %s/%s: was read", k->server->url.authority,
		k->space, k->name);
	take_data(k, s, object);
}

/* ---- when to ask ---- */

static struct secret *first_wanted(const struct kube_secrets *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->secrets[i].state == WANTED)
			return &k->secrets[i];
	return NULL;
}

static void ask_for(struct kube_secrets *k, const struct secret *s)
{
	free(k->space);
	free(k->name);
	free(k->get_path);
	k->space = strdup(s->space);
	k->name = strdup(s->name);
	k->get_path = kube_collection_path(s->space, "secrets");
	k->due_us = 0;
	if (k->space != NULL && k->name != NULL && k->get_path != NULL)
		kube_get_start(k->get, k->get_path, k->name, take_secret, k);
}

void kube_secrets_send(struct kube_secrets *k)
{
	const struct secret *wanted = first_wanted(k);

	kube_watch_send(k->watch);
	if (wanted != NULL && !kube_get_is_running(k->get) &&
		k->clock.monotonic_us(k->clock.ctx) >= k->due_us)
		ask_for(k, wanted);
}

int64_t kube_secrets_due_us(const struct kube_secrets *k)
{
	int64_t watch_us = kube_watch_due_us(k->watch);

	if (first_wanted(k) == NULL || kube_get_is_running(k->get) ||
		watch_us < k->due_us)
		return watch_us;
	return k->due_us;
}

/* ---- who gets it ---- */

uint64_t kube_secrets_version(const struct kube_secrets *k)
{
	return k->version;
}

/* Is this Secret for that endpoint? */
static bool is_for(const struct secret *s, const char *endpoint)
{
	const char *slash = strrchr(endpoint, '/');

	if (slash == NULL)
		return strcmp(s->endpoint, endpoint) == 0;
	return strcmp(s->endpoint, slash + 1) == 0 &&
	       is_text(s->space, (struct str){endpoint, (size_t)(slash - endpoint)});
}

static enum kube_secret verdict_of(
	const struct secret *s, const struct credentials **credentials, struct err *e)
{
	switch (s->state) {
	case WANTED:
		break;
	case GOOD:
		*credentials = &s->credentials;
		return KUBE_SECRET_USE;
	case BAD:
		*e = s->why;
		err_wrap(e, "Secret %s/%s", s->space, s->name);
		break;
	}
	return KUBE_SECRET_KEEP;
}

enum kube_secret kube_secrets_find(const struct kube_secrets *k, const char *endpoint,
	const struct credentials **credentials, struct err *e)
{
	const struct secret *found = NULL;

	err_ok(e);
	for (size_t i = 0; i < k->count; i++) {
		const struct secret *s = &k->secrets[i];

		if (!is_for(s, endpoint))
			continue;
		if (found != NULL) {
			err_set(e, ERR_AUTH,
				"two Secrets are annotated with its name: %s/%s and "
				"%s/%s",
				found->space, found->name, s->space, s->name);
			return KUBE_SECRET_KEEP;
		}
		found = s;
	}
	return found == NULL ? KUBE_SECRET_NONE : verdict_of(found, credentials, e);
}

/* ---- start and end ---- */

struct kube_secrets *kube_secrets_new(struct fetch *f, const struct options *server,
	const struct clock *clock, const struct log *log)
{
	const struct kube_times times = kube_times_standard();
	struct kube_secrets *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->server = server;
	k->clock = *clock;
	k->log = log;
	k->version = 1;
	k->path = kube_collection_path(server->kube_namespace, "secrets");
	k->collection = (struct kube_collection){.what = "secrets",
		.path = k->path,
		.metadata_only = true,
		.told = take_news,
		.ctx = k};
	if (k->path != NULL) {
		k->watch = kube_watch_new(f, server, &k->collection, &times, clock, log);
		k->get = kube_get_new(f, server, true);
	}
	if (k->watch != NULL && k->get != NULL)
		return k;
	kube_secrets_free(k);
	return NULL;
}

void kube_secrets_free(struct kube_secrets *k)
{
	if (k == NULL)
		return;
	kube_watch_free(k->watch);
	kube_get_free(k->get);
	for (size_t i = 0; i < k->count; i++)
		secret_free_texts(&k->secrets[i]);
	free(k->secrets);
	free(k->path);
	free(k->get_path);
	free(k->space);
	free(k->name);
	free(k);
}
