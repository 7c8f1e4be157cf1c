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

#define VOLUMES_PATH "/api/v1/persistentvolumes"

struct attachment {
	struct arguments *arguments;
	const char *driver, *handle, *node, *volume; /* as given; NULL: not */
	const char *server;
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
		get = kube_get_new(f, a->options);
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

/* False: it has been said why it cannot be used. */
static bool set_server(struct attachment *a)
{
	struct settings *s = arguments_settings(a->arguments);
	struct setting value = {.kind = SETTING_TEXT, .text = a->server};
	struct settings_target *t;

	if (a->server == NULL)
		return true;
	t = settings_server(s, "server");
	if (!settings_target_set(t, "Server", &value, 1) ||
		!settings_check(s, SETTINGS_INTERVAL))
		return false;
	a->options = settings_target_options(t);
	return true;
}

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int start(struct attachment *a)
{
	bool has_pair = is_given(a->driver) && is_given(a->handle);

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
	if (is_given(a->volume) && a->server == NULL)
		return arguments_usage(
			a->arguments, "--pv needs --server, which knows the volume");
	if (!set_server(a))
		return CMD_USAGE;
	a->v = (struct volumeattachment){.driver = str_of(a->driver),
		.handle = str_of(a->handle),
		.node = str_of(a->node)};
	return run(a);
}

/* Options without a letter. */
enum { DRIVER = 0x100, HANDLE, NODE, VOLUME, SERVER };

int cmd_volumeattachment(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{DRIVER, "driver", "NAME", "the CSI driver"},
		{HANDLE, "handle", "HANDLE", "its volumeHandle"},
		{NODE, "node", "NAME", "the name of the Node object"},
		{VOLUME, "pv", "NAME", "PersistentVolume to take driver and handle from"},
		{SERVER, "server", "URL", "API server to ask"},
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
		else
			a.server = value;
	}
	if (!arguments_exit(a.arguments, &code))
		code = start(&a);
	json_decref(a.object);
	arguments_free(a.arguments);
	return code;
}
