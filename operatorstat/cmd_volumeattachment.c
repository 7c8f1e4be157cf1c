/* operatorstat volumeattachment: the name of the object that says whether a volume is
 * attached to a node, and what an API server says of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/fetch.h"
#include "engine/kube.h"
#include "engine/volumeattachment.h"
#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/kubeconfig.h"

#define VOLUMES_PATH "/api/v1/persistentvolumes"

struct attachment {
	struct arguments *arguments;
	const char *driver, *handle, *node, *volume; /* as given; NULL: not */
	const char *server;
	const char *kubeconfig; /* paths, if no server was given; NULL: none */
	struct credentials credentials;
	const struct options *options; /* of the server; NULL: none was given */
	struct volumeattachment v;
	/* of the object that was asked for last */
	json_t *object; /* owned */
	struct err why;
};

static void take(void *ctx, const json_t *object, const struct err *why)
{
	struct attachment *a = ctx;

	json_decref(a->object);
	a->object = json_deep_copy(object);
	a->why = *why;
}

/* False: the object could not be asked for; else take() has it, or why not. */
static bool ask(
	struct attachment *a, const char *collection, const char *name, struct err *e)
{
	struct clock clock = clock_system();
	struct kube_get *get = NULL;
	struct fetch *f;

	if (!fetch_global_init(e))
		return false;
	f = fetch_new(&clock, arguments_log(a->arguments));
	if (f != NULL)
		get = kube_get_new(f, a->options, false);
	if (get != NULL && !kube_get_use(get, &a->credentials)) {
		kube_get_free(get);
		get = NULL;
	}
	if (get != NULL) {
		kube_get_start(get, collection, name, take, a);
		while (fetch_running(f) > 0)
			fetch_run(f, 1000);
	}
	kube_get_free(get);
	fetch_free(f);
	return get != NULL || err_set(e, ERR_MEMORY, "no memory");
}

/* Driver and handle of a PersistentVolume. */
static bool read_volume(struct attachment *a, struct err *e)
{
	if (!ask(a, VOLUMES_PATH, a->volume, e))
		return false;
	if (a->why.code != ERR_NONE) {
		*e = a->why;
		return err_wrap(e, "PersistentVolume %s", a->volume);
	}
	struct arena *arena = arguments_arena(a->arguments);

	a->v.driver =
		arena_copy(arena, kube_text(a->object, "spec", "csi", "driver", NULL));
	a->v.handle = arena_copy(
		arena, kube_text(a->object, "spec", "csi", "volumeHandle", NULL));
	if (a->v.driver.len > 0 && a->v.handle.len > 0)
		return true;
	return err_set(e, ERR_NOT_FOUND,
		"PersistentVolume %s is not one of a CSI driver: it has no spec.csi with "
		"driver and volumeHandle",
		a->volume);
}

static int exit_of(enum volumeattachment_state state)
{
	switch (state) {
	case VOLUMEATTACHMENT_UNKNOWN:
		return CMD_NO_ANSWER;
	case VOLUMEATTACHMENT_NONE:
		return CMD_NO;
	case VOLUMEATTACHMENT_ATTACHED:
	case VOLUMEATTACHMENT_ATTACHING:
	case VOLUMEATTACHMENT_DETACHING:
		break;
	}
	return CMD_DONE;
}

static int fail(const struct err *e)
{
	fprintf(stderr, "operatorstat: %s\n", e->text);
	return CMD_NO_ANSWER;
}

static int run(struct attachment *a)
{
	char name[VOLUMEATTACHMENT_NAME_SIZE];
	char words[2048];
	struct err e;

	if (a->volume != NULL && !read_volume(a, &e))
		return fail(&e);
	if (!volumeattachment_name(&a->v, name, &e))
		return fail(&e);
	puts(name);
	fflush(stdout);
	if (a->options == NULL)
		return CMD_DONE;
	if (!ask(a, VOLUMEATTACHMENT_PATH, name, &e))
		return fail(&e);
	enum volumeattachment_state state =
		volumeattachment_read(&a->v, a->object, &a->why, words, sizeof(words));

	puts(words);
	return exit_of(state);
}

static bool set(struct settings_target *t, const char *name, const char *value)
{
	struct setting setting = {.kind = SETTING_TEXT, .text = value};

	return settings_target_set(t, name, &setting, 1);
}

/* Does the command line say who asks? */
static bool has_identity(const struct settings *s)
{
	static const char *const options[] = {
		"BearerToken", "BearerTokenFile", "User", "ClientCert"};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (settings_is_given(s, options[i]))
			return true;
	return false;
}

/* What the command line says goes before what the kubeconfig says. */
static bool set_from_kubeconfig(
	struct attachment *a, struct settings_target *t, struct kubeconfig *k)
{
	struct settings *s = arguments_settings(a->arguments);
	bool is_named = has_identity(s);
	char **const identity[] = {&k->credentials.token, &k->credentials.user,
		&k->credentials.password, &k->credentials.certificate,
		&k->credentials.key};
	bool done = true;

	for (size_t i = 0; is_named && i < sizeof(identity) / sizeof(identity[0]); i++)
		credentials_drop(identity[i]);
	if (settings_is_given(s, "CACert") || settings_is_given(s, "CAPath"))
		credentials_drop(&k->credentials.ca);
	for (size_t i = 0; done && i < k->count; i++) {
		const struct kubeconfig_option *o = &k->option[i];

		if (!(o->is_identity && is_named) && !settings_is_given(s, o->name))
			done = set(t, o->name, o->value);
	}
	a->credentials = k->credentials;
	return done;
}

/* False: it has been said why it cannot be used; *code is the exit code. */
static bool set_server(struct attachment *a, int *code)
{
	struct settings *s = arguments_settings(a->arguments);
	struct settings_target *t = settings_server(s, "server");
	struct kubeconfig k;
	struct err e;

	*code = CMD_USAGE;
	if (a->server != NULL && !set(t, "Server", a->server))
		return false;
	if (a->server == NULL &&
		!kubeconfig_read(&k, a->kubeconfig, arguments_arena(a->arguments), &e)) {
		*code = fail(&e);
		return false;
	}
	if ((a->server == NULL && !set_from_kubeconfig(a, t, &k)) ||
		!settings_check(s, SETTINGS_INTERVAL))
		return false;
	a->options = settings_target_options(t);
	return a->options != NULL;
}

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int start(struct attachment *a)
{
	bool has_pair = is_given(a->driver) && is_given(a->handle);
	int code;

	if (arguments_operands(a->arguments) > 0)
		return arguments_usage(a->arguments, "unexpected %s",
			arguments_operand(a->arguments, 0));
	if (!is_given(a->node))
		return arguments_usage(a->arguments,
			"--node is needed: the name of the node, as kubectl get nodes "
			"has it");
	if (is_given(a->volume) ? a->driver != NULL || a->handle != NULL : !has_pair)
		return arguments_usage(
			a->arguments, "give either --driver and --handle, or --pv alone");
	if (a->server != NULL && a->kubeconfig != NULL)
		return arguments_usage(
			a->arguments, "--server and --kubeconfig exclude each other");
	if (a->server == NULL && a->kubeconfig == NULL && is_given(getenv("KUBECONFIG")))
		a->kubeconfig = getenv("KUBECONFIG");
	if (a->server == NULL && a->kubeconfig == NULL) {
		if (is_given(a->volume))
			return arguments_usage(a->arguments,
				"--pv needs --server, which knows the volume");
	} else if (!set_server(a, &code))
		return code;
	a->v = (struct volumeattachment){.driver = str_of(a->driver),
		.handle = str_of(a->handle),
		.node = str_of(a->node)};
	return run(a);
}

/* Options without a letter. */
enum { DRIVER = 0x100, HANDLE, NODE, VOLUME, SERVER, KUBECONFIG };

int cmd_volumeattachment(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{DRIVER, "driver", "NAME", "the CSI driver"},
		{HANDLE, "handle", "HANDLE", "its volumeHandle"},
		{NODE, "node", "NAME", "the name of the Node object"},
		{VOLUME, "pv", "NAME", "PersistentVolume to take driver and handle from"},
		{SERVER, "server", "URL", "API server to ask"},
		{KUBECONFIG, "kubeconfig", "FILE",
			"the server of its current context; else KUBECONFIG of the "
			"environment"},
		{0, NULL, NULL, NULL},
	};
	static const struct arguments_use use = {
		"volumeattachment --driver NAME --handle HANDLE --node NAME [--server "
		"URL]\n"
		"       operatorstat volumeattachment --pv NAME --node NAME --server URL",
		"Prints the name of the VolumeAttachment and, with a server, whether it "
		"exists:\n"
		"attached, attaching, detaching (exit 0), not attached (1), unknown (3).",
		own};
	struct attachment a = {.arguments = arguments_new(argc, argv, &use)};
	int c, code = CMD_NO_ANSWER;

	if (a.arguments == NULL)
		return code;
	while ((c = arguments_next(a.arguments)) != ARGUMENTS_END) {
		const char *value = arguments_value(a.arguments);

		if (c == DRIVER)
			a.driver = value;
		else if (c == HANDLE)
			a.handle = value;
		else if (c == NODE)
			a.node = value;
		else if (c == VOLUME)
			a.volume = value;
		else if (c == KUBECONFIG)
			a.kubeconfig = value;
		else
			a.server = value;
	}
	if (!arguments_exit(a.arguments, &code))
		code = start(&a);
	json_decref(a.object);
	credentials_wipe(&a.credentials);
	arguments_free(a.arguments);
	return code;
}
