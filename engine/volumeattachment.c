#include "engine/volumeattachment.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "engine/buf.h"
#include "engine/kube.h"

/* Bytes of driver, handle and node together at most; Kubernetes' own limits lie below. */
#define TEXT_LIMIT 65536

/* csi_attacher.go, getAttachmentName(): no separator between the three. */
bool volumeattachment_name(const struct volumeattachment *v,
	char name[VOLUMEATTACHMENT_NAME_SIZE], struct err *e)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	struct buf text;

	buf_init(&text, TEXT_LIMIT);
	buf_add(&text, v->handle);
	buf_add(&text, v->driver);
	buf_add(&text, v->node);
	bool done = buf_ok(&text) &&
		    EVP_Digest(text.at, text.len, hash, &len, EVP_sha256(), NULL) == 1;
	buf_free(&text);
	if (!done)
		return err_set(e, ERR_MEMORY, "no memory, or more than %d bytes of text",
			TEXT_LIMIT);
	int at = sprintf(name, "csi-");

	for (unsigned int i = 0; i < len; i++)
		at += sprintf(name + at, "%02x", hash[i]);
	return true;
}

static enum volumeattachment_state state_of(const json_t *object)
{
	const json_t *attached =
		json_object_get(json_object_get(object, "status"), "attached");

	if (kube_text(object, "metadata", "deletionTimestamp", NULL).len > 0)
		return VOLUMEATTACHMENT_DETACHING;
	return json_is_true(attached) ? VOLUMEATTACHMENT_ATTACHED
				      : VOLUMEATTACHMENT_ATTACHING;
}

static const char *word_of(enum volumeattachment_state state)
{
	switch (state) {
	case VOLUMEATTACHMENT_UNKNOWN:
		return "unknown";
	case VOLUMEATTACHMENT_NONE:
		return "not attached";
	case VOLUMEATTACHMENT_ATTACHED:
		return "attached";
	case VOLUMEATTACHMENT_ATTACHING:
		return "attaching";
	case VOLUMEATTACHMENT_DETACHING:
		return "detaching";
	}
	return "";
}

static struct str trouble_of(const json_t *object, enum volumeattachment_state state)
{
	switch (state) {
	case VOLUMEATTACHMENT_ATTACHING:
		return kube_text(object, "status", "attachError", "message", NULL);
	case VOLUMEATTACHMENT_DETACHING:
		return kube_text(object, "status", "detachError", "message", NULL);
	case VOLUMEATTACHMENT_UNKNOWN:
	case VOLUMEATTACHMENT_NONE:
	case VOLUMEATTACHMENT_ATTACHED:
		break;
	}
	return STR("");
}

static enum volumeattachment_state say(
	enum volumeattachment_state state, struct str trouble, char *words, size_t size)
{
	struct buf line;

	buf_init(&line, 4096);
	buf_addf(&line, "%s%s", word_of(state), trouble.len > 0 ? ": " : "");
	buf_add(&line, trouble);
	str_printable(buf_str(&line), words, size);
	buf_free(&line);
	return state;
}

static enum volumeattachment_state collides(
	struct str attacher, struct str node, char *words, size_t size)
{
	struct err e;

	err_set(&e, ERR_SYNTAX,
		"collision: the object of this name attaches by driver \"%.*s\" to node "
		"\"%.*s\"",
		STR_ARG(attacher), STR_ARG(node));
	return say(VOLUMEATTACHMENT_UNKNOWN, str_of(e.text), words, size);
}

enum volumeattachment_state volumeattachment_read(const struct volumeattachment *v,
	const json_t *object, const struct err *why, char *words, size_t size)
{
	struct str attacher = kube_text(object, "spec", "attacher", NULL);
	struct str node = kube_text(object, "spec", "nodeName", NULL);

	if (why->code == ERR_NOT_FOUND)
		return say(VOLUMEATTACHMENT_NONE, STR(""), words, size);
	if (why->code != ERR_NONE)
		return say(VOLUMEATTACHMENT_UNKNOWN, str_of(why->text), words, size);
	if (!str_eq(attacher, v->driver) || !str_eq(node, v->node))
		return collides(attacher, node, words, size);
	enum volumeattachment_state state = state_of(object);

	return say(state, trouble_of(object, state), words, size);
}
