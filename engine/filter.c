#include "engine/filter.h"

#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/lexer.h"

/* Rules are typed by people; far more than that is a mistake. */
#define TEXT_CEILING ((size_t)1024 * 1024)

struct condition {
	struct condition *next;
	struct str label;
	struct str glob;
};

struct rule {
	struct rule *next;
	struct str family; /* a glob */
	bool is_drop;
	struct condition *conditions; /* all must hold */
};

struct filter {
	struct arena *arena; /* owned; holds the rules */
	struct rule *first;
	struct rule **end;
};

struct filter *filter_new(void)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->arena = arena_new(TEXT_CEILING);
	f->end = &f->first;
	if (f->arena == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

static bool no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "no memory for another rule");
}

static bool read_condition(struct lexer *l, struct condition **end, struct err *e)
{
	struct condition *c = arena_alloc(l->arena, sizeof(*c));

	if (c == NULL)
		return no_memory(e);
	if (lexer_at_string(l)) {
		if (!lexer_string(l, &c->label, e))
			return false;
	} else {
		c->label = lexer_name(l, false);
		if (c->label.len == 0)
			return lexer_expected(l, "the name of a label", e);
	}
	if (!lexer_take(l, "="))
		return lexer_expected(l, "= behind the name of the label", e);
	*end = c;
	return lexer_string(l, &c->glob, e);
}

static bool read_conditions(struct lexer *l, struct rule *rule, struct err *e)
{
	struct condition **end = &rule->conditions;

	while (!lexer_take(l, "}")) {
		if (!read_condition(l, end, e))
			return false;
		end = &(*end)->next;
		if (lexer_take(l, "}"))
			break;
		if (!lexer_take(l, ","))
			return lexer_expected(l, ", or }", e);
	}
	return true;
}

static struct str read_glob(struct lexer *l)
{
	struct str rest = {l->text.at + l->at, l->text.len - l->at};
	size_t len = 0;

	while (len < rest.len && strchr("{} \t\r\n\"!,", rest.at[len]) == NULL)
		len++;
	l->at += len;
	return (struct str){rest.at, len};
}

bool filter_add(struct filter *f, struct str rule, struct err *e)
{
	struct lexer l = {arena_copy(f->arena, rule), 0, f->arena};
	struct rule *r = arena_alloc(f->arena, sizeof(*r));

	if (l.text.at == NULL || r == NULL)
		return no_memory(e);
	r->is_drop = lexer_take(&l, "!");
	lexer_at_end(&l);
	r->family = read_glob(&l);
	if (r->family.len == 0)
		return lexer_expected(
			&l, "a family name, with * and ? as in file names,", e);
	if (lexer_take(&l, "{") && !read_conditions(&l, r, e))
		return false;
	if (!lexer_at_end(&l))
		return lexer_expected(&l, "{ or the end of the rule", e);
	*f->end = r;
	f->end = &r->next;
	return true;
}

static bool matches(const struct rule *r, struct str family, struct labels labels)
{
	if (!str_glob(r->family, family))
		return false;
	for (const struct condition *c = r->conditions; c != NULL; c = c->next)
		if (!str_glob(c->glob, labels_get(labels, c->label)))
			return false;
	return true;
}

enum filter_verdict filter_allows(
	const struct filter *f, struct str family, struct labels labels)
{
	for (const struct rule *r = f->first; r != NULL; r = r->next)
		if (matches(r, family, labels))
			return r->is_drop ? FILTER_DROP : FILTER_SEND;
	return FILTER_NONE;
}

bool filter_knows(const struct filter *f, struct str family)
{
	for (const struct rule *r = f->first; r != NULL; r = r->next)
		if (str_glob(r->family, family))
			return true;
	return false;
}

enum filter_verdict filter_of_family(const struct filter *f, struct str family)
{
	for (const struct rule *r = f->first; r != NULL; r = r->next) {
		if (!str_glob(r->family, family))
			continue;
		if (!r->is_drop)
			return FILTER_SEND;
		if (r->conditions == NULL)
			return FILTER_DROP;
	}
	return FILTER_NONE;
}

static bool is_sent_before(const struct filter *f, const struct rule *rule)
{
	const struct rule *r = f->first;

	while (r != rule && (r->is_drop || !str_eq(r->family, rule->family)))
		r = r->next;
	return r != rule;
}

bool filter_each_sent(const struct filter *f, void (*name)(void *ctx, struct str family),
	void *ctx, struct str *glob)
{
	for (const struct rule *r = f->first; r != NULL; r = r->next) {
		if (r->is_drop || is_sent_before(f, r))
			continue;
		*glob = r->family;
		for (size_t i = 0; i < r->family.len; i++)
			if (strchr("*?[", r->family.at[i]) != NULL)
				return false;
		if (filter_of_family(f, r->family) == FILTER_SEND)
			name(ctx, r->family);
	}
	return true;
}

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	arena_free(f->arena);
	free(f);
}
