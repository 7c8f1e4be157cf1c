#include "operatorstat/kubeconfig.h"

#include <string.h>
#include <unistd.h>

#include "engine/base64.h"
#include "engine/buf.h"
#include "engine/kube.h"
#include "engine/yaml.h"

/* Files of one KUBECONFIG at most. */
#define FILE_LIMIT 32

struct file {
	const char *path; /* the arena's */
	json_t *root;     /* owned */
};

struct files {
	struct arena *arena;
	struct file at[FILE_LIMIT];
	size_t count;
};

/* An entry of a list of one of the files. */
struct entry {
	const json_t *value; /* NULL: there is none */
	const char *path;    /* of its file */
};

/* ---- files ---- */

static bool add_file(struct files *f, struct str path, struct err *e)
{
	const char *name = arena_copy(f->arena, path).at;
	json_t *root;

	if (name == NULL || f->count == FILE_LIMIT)
		return err_set(e, ERR_USAGE, "more than %d kubeconfigs", FILE_LIMIT);
	root = yaml_read_file(name, e);
	if (root == NULL)
		return false;
	f->at[f->count++] = (struct file){name, root};
	return true;
}

static bool is_there(struct files *f, struct str path)
{
	const char *name = arena_copy(f->arena, path).at;

	return name != NULL && access(name, F_OK) == 0;
}

/* One alone must be there; of several, as kubectl has it, some may be missing. */
static bool read_files(struct files *f, const char *paths, struct err *e)
{
	bool is_alone = strchr(paths, ':') == NULL;

	while (*paths != '\0') {
		struct str path = {paths, strcspn(paths, ":")};

		paths += path.len + (paths[path.len] == ':');
		if (path.len > 0 && (is_alone || is_there(f, path)) &&
			!add_file(f, path, e))
			return false;
	}
	return f->count > 0 || err_set(e, ERR_IO, "no kubeconfig is there");
}

static void close_files(struct files *f)
{
	for (size_t i = 0; i < f->count; i++)
		json_decref(f->at[i].root);
}

/* The `what` of the entry called `name` in the list `lists`. */
static struct entry find(
	const struct files *f, const char *list, struct str name, const char *what)
{
	for (size_t i = 0; i < f->count; i++) {
		const json_t *item;
		size_t n;

		json_array_foreach(json_object_get(f->at[i].root, list), n, item)
		{
			if (str_eq(kube_text(item, "name", NULL), name))
				return (struct entry){
					json_object_get(item, what), f->at[i].path};
		}
	}
	return (struct entry){NULL, NULL};
}

static struct str current_context(const struct files *f)
{
	struct str name = STR("");

	for (size_t i = 0; name.len == 0 && i < f->count; i++)
		name = kube_text(f->at[i].root, "current-context", NULL);
	return name;
}

/* ---- values ---- */

static bool add_option(struct kubeconfig *k, struct files *f, const char *name,
	struct str value, bool is_identity, struct err *e)
{
	const char *kept;

	if (value.len == 0)
		return true;
	kept = arena_copy(f->arena, value).at;
	if (kept == NULL || k->count == KUBECONFIG_OPTIONS)
		return err_set(e, ERR_MEMORY, "no memory for a kubeconfig");
	k->option[k->count++] = (struct kubeconfig_option){name, kept, is_identity};
	return true;
}

/* Paths are relative to the file that they stand in. */
static bool add_path(struct kubeconfig *k, struct files *f, const struct entry *entry,
	const char *key, const char *name, bool is_identity, struct err *e)
{
	struct str value = kube_text(entry->value, key, NULL);
	const char *slash = strrchr(entry->path, '/');
	struct buf path;

	if (value.len == 0)
		return true;
	buf_init(&path, 8192);
	if (value.at[0] != '/' && slash != NULL)
		buf_add(&path,
			(struct str){entry->path, (size_t)(slash + 1 - entry->path)});
	buf_add(&path, value);
	bool done = buf_ok(&path)
			    ? add_option(k, f, name, buf_str(&path), is_identity, e)
			    : err_set(e, ERR_USAGE, "%s: the path is too long", key);
	buf_free(&path);
	return done;
}

/* Base64 of a file that stands in the kubeconfig itself. */
static bool add_data(
	const struct entry *entry, const char *key, char **place, struct err *e)
{
	struct str coded = kube_text(entry->value, key, NULL);
	size_t size = 0;
	char *bytes;

	if (coded.len == 0)
		return true;
	bytes = base64_decode(coded, &size);
	bool done = bytes != NULL && credentials_set(place, (struct str){bytes, size});
	base64_free(bytes, size);
	return done || err_set(e, ERR_SYNTAX, "%s: %s is not base64", entry->path, key);
}

static bool read_cluster(
	struct kubeconfig *k, struct files *f, const struct entry *c, struct err *e)
{
	bool is_unverified =
		json_is_true(json_object_get(c->value, "insecure-skip-tls-verify"));
	struct str server = kube_text(c->value, "server", NULL);

	if (server.len == 0)
		return err_set(e, ERR_USAGE, "%s: the cluster has no server", c->path);
	return add_option(k, f, "Server", server, false, e) &&
	       add_path(k, f, c, "certificate-authority", "CACert", false, e) &&
	       add_data(c, "certificate-authority-data", &k->credentials.ca, e) &&
	       add_option(k, f, "ServerName",
		       kube_text(c->value, "tls-server-name", NULL), false, e) &&
	       add_option(
		       k, f, "Proxy", kube_text(c->value, "proxy-url", NULL), false, e) &&
	       add_option(k, f, "VerifyPeer", is_unverified ? STR("false") : STR(""),
		       false, e);
}

/* Programs that make credentials are not run: what they do is not ours to know. */
static bool has_no_program(const struct entry *user, struct str name, struct err *e)
{
	struct str command = kube_text(user->value, "exec", "command", NULL);

	if (json_object_get(user->value, "exec") == NULL &&
		json_object_get(user->value, "auth-provider") == NULL)
		return true;
	return err_set(e, ERR_AUTH,
		"user %.*s of %s gets its credentials from a plugin%s%.*s, which is not "
		"run: "
		"give a token (--bearer-token-file), or start kubectl proxy and give "
		"--server http://127.0.0.1:8001",
		STR_ARG(name), user->path, command.len > 0 ? ", exec " : "",
		STR_ARG(command));
}

static bool read_text(struct str text, char **place, struct err *e)
{
	return text.len == 0 || credentials_set(place, text) ||
	       err_set(e, ERR_MEMORY, "no memory for a kubeconfig");
}

/* Of a token and its file the file goes before, as in kubectl. */
static bool read_user(
	struct kubeconfig *k, struct files *f, const struct entry *u, struct err *e)
{
	bool has_token_file = kube_text(u->value, "tokenFile", NULL).len > 0;
	struct str token = has_token_file ? STR("") : kube_text(u->value, "token", NULL);

	return add_path(k, f, u, "tokenFile", "BearerTokenFile", true, e) &&
	       read_text(token, &k->credentials.token, e) &&
	       read_text(
		       kube_text(u->value, "username", NULL), &k->credentials.user, e) &&
	       read_text(kube_text(u->value, "password", NULL), &k->credentials.password,
		       e) &&
	       add_path(k, f, u, "client-certificate", "ClientCert", true, e) &&
	       add_path(k, f, u, "client-key", "ClientKey", true, e) &&
	       add_data(u, "client-certificate-data", &k->credentials.certificate, e) &&
	       add_data(u, "client-key-data", &k->credentials.key, e);
}

static bool read_context(struct kubeconfig *k, struct files *f, struct err *e)
{
	struct str name = current_context(f);
	struct entry context = find(f, "contexts", name, "context");
	struct str cluster_name = kube_text(context.value, "cluster", NULL);
	struct str user_name = kube_text(context.value, "user", NULL);
	struct entry cluster = find(f, "clusters", cluster_name, "cluster");
	struct entry user = find(f, "users", user_name, "user");

	if (name.len == 0)
		return err_set(e, ERR_USAGE,
			"%s: no current-context: kubectl config use-context NAME sets "
			"one",
			f->at[0].path);
	if (context.value == NULL || cluster.value == NULL)
		return err_set(e, ERR_USAGE,
			"%s: there is no %s of the current context \"%.*s\"",
			f->at[0].path, context.value == NULL ? "entry" : "cluster",
			STR_ARG(name));
	if (user_name.len > 0 && user.value == NULL)
		return err_set(e, ERR_USAGE, "%s: there is no user \"%.*s\"",
			f->at[0].path, STR_ARG(user_name));
	return read_cluster(k, f, &cluster, e) &&
	       (user.value == NULL || (has_no_program(&user, user_name, e) &&
					      read_user(k, f, &user, e)));
}

bool kubeconfig_read(
	struct kubeconfig *k, const char *paths, struct arena *a, struct err *e)
{
	struct files files = {.arena = a};

	*k = (struct kubeconfig){0};
	bool done = read_files(&files, paths, e) && read_context(k, &files, e);

	close_files(&files);
	if (!done) {
		credentials_wipe(&k->credentials);
		*k = (struct kubeconfig){0};
	}
	return done;
}
