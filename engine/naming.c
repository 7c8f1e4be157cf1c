#include "engine/naming.h"

#include <string.h>

#define PLUGIN "operator"

/* `_` and eight hexadecimal digits. */
#define HASH_LEN 9

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' || c == '-';
}

static void escape(struct buf *out, struct str raw, bool keeps_hyphens)
{
	char *at = buf_reserve(out, raw.len > 0 ? raw.len : 1);

	if (at == NULL)
		return;
	if (raw.len == 0)
		at[0] = '_';
	for (size_t i = 0; i < raw.len; i++) {
		at[i] = raw.at[i];
		if (!is_plain(at[i]) || (at[i] == '-' && !keeps_hyphens))
			at[i] = '_';
	}
	out->len += raw.len > 0 ? raw.len : 1;
}

/* The hash tells apart what begins alike. */
static void shorten(struct buf *out, size_t from, size_t limit)
{
	if (!buf_ok(out) || out->len - from <= limit)
		return;
	uint32_t hash = str_fnv1a((struct str){out->at + from, out->len - from});
	out->len = from + limit - HASH_LEN;
	buf_addf(out, "_%08x", hash);
}

void name_add_instance(struct buf *out, struct str raw)
{
	size_t from = out->len;

	escape(out, raw, true);
	shorten(out, from, NAME_LIMIT);
}

void name_add_subject(struct buf *out, struct str raw)
{
	size_t from = out->len;

	escape(out, raw, true);
	shorten(out, from, NAME_SUBJECT_LIMIT);
}

void name_add_detail(struct buf *out, struct str raw)
{
	escape(out, raw, false);
}

void name_add_escaped(struct buf *out, struct str raw)
{
	escape(out, raw, true);
}

void name_limit_subject(struct buf *out, size_t from)
{
	shorten(out, from, NAME_SUBJECT_LIMIT);
}

/* Cuts s at the first c: what stands before it, and in *s what stands behind. Without a c
 * all of s, and *s is empty. */
static struct str cut_at(struct str *s, char c)
{
	const char *found = s->len == 0 ? NULL : memchr(s->at, c, s->len);
	size_t len = found == NULL ? s->len : (size_t)(found - s->at);
	size_t taken = found == NULL ? len : len + 1;
	struct str before = {s->at, len};

	*s = (struct str){s->len == 0 ? s->at : s->at + taken, s->len - taken};
	return before;
}

static bool not_ours(struct str identifier, struct err *e)
{
	return err_set(e, ERR_SYNTAX,
		"%.*s is not of the form [HOST/]operator-INSTANCE/TYPE-WHAT[-SUBJECT]",
		STR_ARG(identifier));
}

static bool has_slash(struct str s)
{
	return s.len > 0 && memchr(s.at, '/', s.len) != NULL;
}

bool name_parse(struct str identifier, struct name_parts *parts, struct err *e)
{
	struct str rest = identifier;
	struct name_parts found = {.host = STR("")};
	struct str plugin = cut_at(&rest, '/');

	if (has_slash(rest)) {
		found.host = plugin;
		if (found.host.len == 0)
			return not_ours(identifier, e);
		plugin = cut_at(&rest, '/');
	}
	found.instance = plugin;
	bool is_plugin = str_eq(cut_at(&found.instance, '-'), STR(PLUGIN));
	bool has_instance = plugin.len > strlen(PLUGIN);
	if (!is_plugin || has_instance != (found.instance.len > 0) || has_slash(rest))
		return not_ours(identifier, e);
	found.type = cut_at(&rest, '-');
	found.what = cut_at(&rest, '-');
	found.subject = rest;
	if (found.type.len == 0 || found.what.len == 0)
		return not_ours(identifier, e);
	*parts = found;
	return true;
}

/* What gr_copy_escape_part() of collectd's format_graphite.c replaces by default. */
static bool is_graphite_forbidden(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || strchr(".\"\\:!,/()", c) != NULL;
}

static void add_graphite(struct buf *out, struct str part)
{
	char *at = buf_reserve(out, part.len);

	if (at == NULL)
		return;
	for (size_t i = 0; i < part.len; i++) {
		at[i] = part.at[i];
		if (is_graphite_forbidden(at[i]))
			at[i] = '_';
	}
	out->len += part.len;
}

void name_add_graphite(struct buf *out, struct str host, struct str instance,
	struct str type, struct str type_instance)
{
	add_graphite(out, host);
	buf_add(out, STR("." PLUGIN));
	if (instance.len > 0)
		buf_addc(out, '-');
	add_graphite(out, instance);
	buf_addc(out, '.');
	add_graphite(out, type);
	if (type_instance.len > 0)
		buf_addc(out, '-');
	add_graphite(out, type_instance);
}
