#include "engine/secrets.h"

#include <stdlib.h>

#include "engine/kube_secrets.h"
#include "engine/str.h"

struct secrets {
	struct clock clock;
	const struct log *log;    /* borrowed */
	struct kube_secrets **at; /* owned; one for each API server */
	size_t count;
};

struct secrets *secrets_new(const struct settings *settings, struct fetch *f,
	const struct clock *clock, const struct log *log)
{
	size_t servers = settings_kubernetes_servers(settings);
	struct secrets *s = calloc(1, sizeof(*s));
	bool done = s != NULL &&
		    (s->at = calloc(servers + 1, sizeof(struct kube_secrets *))) != NULL;

	if (done) {
		s->clock = *clock;
		s->log = log;
	}
	for (size_t i = 0; done && i < servers; i++) {
		size_t block;
		const struct options *o = settings_kubernetes_at(settings, i, &block);

		if (!o->secrets)
			continue;
		s->at[s->count] = kube_secrets_new(f, o, clock, log);
		done = s->at[s->count] != NULL;
		s->count += done;
	}
	if (done)
		return s;
	secrets_free(s);
	return NULL;
}

void secrets_send(struct secrets *s)
{
	for (size_t i = 0; i < s->count; i++)
		kube_secrets_send(s->at[i]);
}

int64_t secrets_due_us(const struct secrets *s)
{
	int64_t first_us = INT64_MAX;

	for (size_t i = 0; i < s->count; i++) {
		int64_t due_us = kube_secrets_due_us(s->at[i]);

		if (due_us < first_us)
			first_us = due_us;
	}
	return first_us;
}

/* Of all together: another whenever that of one is. */
static uint64_t version_of(const struct secrets *s)
{
	uint64_t version = 0;

	for (size_t i = 0; i < s->count; i++)
		version += kube_secrets_version(s->at[i]);
	return version;
}

/* The first server that has a Secret for the endpoint decides. */
static enum kube_secret find(const struct secrets *s, const struct options *o,
	const struct credentials **credentials, struct err *e)
{
	enum kube_secret found = KUBE_SECRET_NONE;

	for (size_t i = 0; found == KUBE_SECRET_NONE && i < s->count; i++)
		found = kube_secrets_find(s->at[i],
			o->secret != NULL ? o->secret : o->name, credentials, e);
	return found;
}

/* Without memory it stays with what it had. */
static void use(const struct secrets *s, struct secrets_user *user,
	struct fetch_endpoint *x, const struct options *o,
	const struct credentials *credentials)
{
	if (!fetch_use(x, credentials))
		return;
	user->has_secret = credentials != NULL;
	log_emit(s->log, LOG_LEVEL_INFO, "endpoint %s, %s: %s", o->name, o->url.address,
		user->has_secret ? "uses the credentials of its Secret"
				 : "its Secret is gone, and so are those credentials");
}

/* Another fault than the last one is said at once. */
static void say(const struct secrets *s, struct secrets_user *user,
	const struct options *o, const struct err *why)
{
	uint64_t hash = str_hash(str_of(why->text));

	if (hash != user->trouble_hash)
		user->trouble = (struct complaint){0};
	user->trouble_hash = hash;
	log_complain(s->log, &user->trouble, s->clock.now_ms(s->clock.ctx),
		LOG_LEVEL_ERROR,
		"endpoint %s, %s: %s; it stays with the credentials it had", o->name,
		o->url.address, why->text);
}

void secrets_apply(const struct secrets *s, struct secrets_user *user,
	struct fetch_endpoint *x, const struct options *o)
{
	uint64_t version = version_of(s);
	const struct credentials *credentials = NULL;
	struct err why;

	if (version == user->version)
		return;
	user->version = version;
	err_ok(&why);
	enum kube_secret found = find(s, o, &credentials, &why);

	if (found == KUBE_SECRET_USE || (found == KUBE_SECRET_NONE && user->has_secret))
		use(s, user, x, o, credentials);
	if (why.code != ERR_NONE)
		say(s, user, o, &why);
	else if (found == KUBE_SECRET_USE)
		log_recovered(s->log, &user->trouble, s->clock.now_ms(s->clock.ctx),
			"endpoint %s, %s: its Secret is in order", o->name,
			o->url.address);
}

void secrets_free(struct secrets *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		kube_secrets_free(s->at[i]);
	free(s->at);
	free(s);
}
