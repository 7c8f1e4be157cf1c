#include "engine/kube.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of what a server says that are passed on. */
#define WORDS_LIMIT 280

struct kube_get {
	struct fetch_endpoint *endpoint; /* the fetch's */
	const struct options *options;   /* borrowed */
	struct buf address;
	bool is_secret;
	char *name; /* owned; asked for */
	kube_got *got;
	void *ctx;
};

/* ---- to ask ---- */

void kube_add_escaped(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (const char *c = text; *c != '\0'; c++)
		if (strchr(plain, *c) != NULL)
			buf_addc(out, *c);
		else
			buf_addf(out, "%%%02X", (unsigned char)*c);
}

/* The URL may have a path of its own, as behind a gateway; a query it cannot use. */
void kube_add_address(struct buf *out, const struct options *options, const char *path)
{
	struct str base = str_of(options->url.address);

	while (base.len > 0 && base.at[base.len - 1] == '/')
		base.len--;
	buf_add(out, base);
	buf_add(out, str_of(path));
}

char *kube_collection_path(const char *space, const char *plural)
{
	struct buf path;

	buf_init(&path, KUBE_ADDRESS_LIMIT);
	buf_addf(&path, "/api/v1/");
	if (space != NULL) {
		buf_addf(&path, "namespaces/");
		kube_add_escaped(&path, space);
		buf_addc(&path, '/');
	}
	buf_addf(&path, "%s", plural);
	char *taken = buf_take(&path);
	buf_free(&path);
	return taken;
}

/* ---- to understand ---- */

struct str kube_text_at(const json_t *object, const char *const *keys)
{
	while (*keys != NULL)
		object = json_object_get(object, *keys++);
	return json_is_string(object) ? (struct str){json_string_value(object),
						json_string_length(object)}
				      : STR("");
}

struct str kube_message(const json_t *status)
{
	return kube_text(status, "message", NULL);
}

/* A proxy answers in plain text. */
static struct str words_of(const struct answer *answer, const json_t *status)
{
	struct str message = kube_message(status);

	if (message.len == 0 && status == NULL)
		message = str_trim(answer->body);
	return message;
}

static const char *help_of(const struct answer *answer, struct str words)
{
	static const char anonymous[] = "system:anonymous";

	if (answer->status == 401)
		return "; the credentials are not, or no longer, good for this server";
	if (answer->status == 403 && words.len > 0 &&
		memmem(words.at, words.len, anonymous, strlen(anonymous)) != NULL)
		return "; no credentials were sent: set BearerTokenFile, or ClientCert "
		       "and ClientKey";
	if (answer->status == 404)
		return "; is this an API server, and its URL right?";
	return "";
}

static enum err_code code_of(
	const struct answer *answer, const char *name, const json_t *status)
{
	struct str named = kube_text(status, "details", "name", NULL);

	if (answer->status == 401 || answer->status == 403)
		return ERR_AUTH;
	if (answer->status == 404 && name != NULL && name[0] != '\0' &&
		str_eq(named, str_of(name)))
		return ERR_NOT_FOUND;
	return ERR_STATUS;
}

bool kube_judge(const struct answer *answer, const char *name, struct err *e)
{
	if (answer->error.code != ERR_NONE) {
		*e = answer->error;
		return false;
	}
	if (answer->status == 200)
		return true;
	json_t *status = json_loadb(answer->body.at == NULL ? "" : answer->body.at,
		answer->body.len, JSON_ALLOW_NUL, NULL);
	struct str words = words_of(answer, status);
	const char *help = help_of(answer, words);
	enum err_code code = code_of(answer, name, status);
	/* what helps must have room behind it */
	int most = help[0] == '\0' ? WORDS_LIMIT : WORDS_LIMIT / 2;

	err_set(e, code, "HTTP status %d%s%.*s%s", answer->status,
		words.len > 0 ? ": " : "",
		words.len > (size_t)most ? most : (int)words.len, words.at, help);
	json_decref(status);
	return false;
}

/* ---- one object ---- */

/* Whatever answers 200 to everything, a page to log in for one, has no such object. */
static json_t *read_object(
	const struct kube_get *g, const struct answer *answer, struct err *e)
{
	json_error_t where;
	json_t *object;

	if (!kube_judge(answer, g->name, e))
		return NULL;
	object = json_loadb(answer->body.at == NULL ? "" : answer->body.at,
		answer->body.len, JSON_ALLOW_NUL, &where);
	if (object == NULL)
		err_set(e, ERR_SYNTAX, "the answer is no JSON (%s): is it an API server?",
			where.text);
	else if (!str_eq(kube_text(object, "metadata", "name", NULL), str_of(g->name)))
		err_set(e, ERR_SYNTAX, "the answer is not the object that was asked for");
	else
		return object;
	json_decref(object);
	return NULL;
}

/* All texts of it, deep down. */
static void wipe(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		wipe(member);
	}
	json_array_foreach(value, i, member)
	{
		wipe(member);
	}
	if (json_is_string(value))
		explicit_bzero((char *)(uintptr_t)json_string_value(value),
			json_string_length(value));
}

static void take_object(void *ctx, struct fetch_endpoint *x, const struct answer *answer)
{
	struct kube_get *g = ctx;
	struct err why;

	(void)x;
	err_ok(&why);
	json_t *object = read_object(g, answer, &why);

	g->got(g->ctx, object, &why);
	if (g->is_secret)
		wipe(object);
	json_decref(object);
}

struct kube_get *kube_get_new(
	struct fetch *f, const struct options *options, bool is_secret)
{
	struct kube_get *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	buf_init(&g->address, KUBE_ADDRESS_LIMIT);
	g->options = options;
	g->is_secret = is_secret;
	g->endpoint = fetch_add(f, options, take_object, g);
	if (g->endpoint != NULL)
		return g;
	kube_get_free(g);
	return NULL;
}

void kube_get_start(struct kube_get *g, const char *collection, const char *name,
	kube_got *got, void *ctx)
{
	struct fetch_request request = {.accept = "application/json",
		.timeout_ms = g->options->timeout_ms,
		.is_secret = g->is_secret};

	g->got = got;
	g->ctx = ctx;
	free(g->name);
	g->name = strdup(name);
	buf_reset(&g->address);
	kube_add_address(&g->address, g->options, collection);
	buf_addc(&g->address, '/');
	kube_add_escaped(&g->address, name);
	buf_addc(&g->address, '\0');
	/* without memory nothing is sent, which is a failure like any other */
	request.address =
		buf_ok(&g->address) && g->name != NULL ? g->address.at : "http://";
	fetch_ask(g->endpoint, &request);
}

bool kube_get_is_running(const struct kube_get *g)
{
	return fetch_is_running(g->endpoint);
}

bool kube_get_use(struct kube_get *g, const struct credentials *c)
{
	return fetch_use(g->endpoint, c);
}

void kube_get_free(struct kube_get *g)
{
	if (g == NULL)
		return;
	fetch_remove(g->endpoint);
	buf_free(&g->address);
	free(g->name);
	free(g);
}
