#include "engine/name_filter.h"

#include <string.h>

#include "engine/family.h"

/* As it may stand in a query. */
static void add_escaped(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '_' || c == ':';

		if (is_plain)
			buf_addc(b, c);
		else
			buf_addf(b, "%%%02X", (unsigned char)c);
	}
}

static void add(struct buf *query, struct str name)
{
	if (query->len > 0)
		buf_addc(query, '&');
	buf_add(query, STR("name%5B%5D="));
	add_escaped(query, name);
}

/* Is it needed for what the table sends? A drop concerns what is sent, not what is worked
 * out. */
static bool is_needed(const struct filter *rules, const struct family *f)
{
	return f->role != ROLE_NONE || f->sign_of_v01 ||
	       (f->type != NULL &&
		       filter_of_family(rules, str_of(f->name)) != FILTER_DROP);
}

/* A family that only a rule sends. OpenMetrics shows a counter `x` as `x_total`, which is
 * then the name in the rule. */
static void add_other(void *ctx, struct str name)
{
	struct buf *query = ctx;
	const struct family *f = family_find(name);
	struct str total = STR("_total");

	if (f != NULL && family_is_used(f))
		return;
	add(query, name);
	if (f == NULL && str_ends(name, total))
		add(query, (struct str){name.at, name.len - total.len});
}

bool name_filter_query(const struct filter *rules, struct buf *query, struct err *e)
{
	struct str glob;

	buf_reset(query);
	for (size_t i = 0; i < family_count(); i++)
		if (is_needed(rules, family_at(i)))
			add(query, str_of(family_at(i)->name));
	if (!filter_each_sent(rules, add_other, query, &glob))
		err_set(e, ERR_USAGE,
			"Family \"%.*s\" stands for many names; write each in full",
			STR_ARG(glob));
	else if (!buf_ok(query) || query->len > NAME_FILTER_LIMIT)
		err_set(e, ERR_LIMIT,
			"its URL would have more than %lu bytes; write fewer Family "
			"rules",
			NAME_FILTER_LIMIT);
	else
		return true;
	buf_reset(query);
	return false;
}
