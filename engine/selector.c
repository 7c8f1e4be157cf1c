#include "engine/selector.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/lexer.h"

#define TEXT_CEILING ((size_t)1024 * 1024)

#define NAME_LABEL STR("__name__")

struct matcher {
	struct matcher *next;
	struct str label;
	struct str value;
	bool is_regex;
	bool is_negated;
	bool is_compiled;
	regex_t regex; /* if is_compiled */
};

struct selector {
	struct arena *arena; /* owned; holds the matchers */
	struct matcher *first;
	struct matcher **end;
};

static struct selector *selector_new(void)
{
	struct selector *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->arena = arena_new(TEXT_CEILING);
	s->end = &s->first;
	if (s->arena == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

/* Appended at once, so that selector_free() finds it whatever comes next. */
static struct matcher *add_matcher(struct selector *s, struct err *e)
{
	struct matcher *m = arena_alloc(s->arena, sizeof(*m));

	if (m == NULL) {
		err_set(e, ERR_MEMORY, "no memory for the selector");
		return NULL;
	}
	*s->end = m;
	s->end = &m->next;
	return m;
}

/* ^(re)$, but the expression has to stand on its own feet first: `a)(b` does not. */
static bool compile(struct selector *s, struct matcher *m, size_t column, struct err *e)
{
	const int flags = REG_EXTENDED | REG_NOSUB;
	char *anchored = arena_alloc(s->arena, m->value.len + sizeof("^()$"));
	char reason[128];

	if (anchored == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the selector");
	if (memchr(m->value.at, '\0', m->value.len) != NULL)
		return err_at(
			e, ERR_SYNTAX, 0, column, "a NUL in the regular expression");
	memcpy(anchored + 2, m->value.at, m->value.len);
	int failure = regcomp(&m->regex, anchored + 2, flags);
	if (failure == 0) {
		regfree(&m->regex);
		anchored[0] = '^';
		anchored[1] = '(';
		anchored[2 + m->value.len] = ')';
		anchored[3 + m->value.len] = '$';
		failure = regcomp(&m->regex, anchored, flags);
	}
	if (failure != 0) {
		regerror(failure, &m->regex, reason, sizeof(reason));
		return err_at(e, ERR_SYNTAX, 0, column, "regular expression: %s", reason);
	}
	m->is_compiled = true;
	return true;
}

static bool read_operator(struct lexer *l, struct matcher *m, struct err *e)
{
	if (lexer_take(l, "=~"))
		m->is_regex = true;
	else if (lexer_take(l, "!~"))
		m->is_regex = m->is_negated = true;
	else if (lexer_take(l, "!="))
		m->is_negated = true;
	else if (!lexer_take(l, "="))
		return lexer_expected(l, "=, !=, =~ or !~", e);
	return true;
}

static bool named_twice(size_t column, struct err *e)
{
	return err_at(e, ERR_SYNTAX, 0, column, "the name of the series is given twice");
}

static bool is_on_name(const struct matcher *m)
{
	return str_eq(m->label, NAME_LABEL);
}

/* A matcher, or the quoted name of the series alone. has_name: it stood before the
 * braces. */
static bool read_matcher(
	struct selector *s, struct lexer *l, bool has_name, struct err *e)
{
	struct matcher *m = add_matcher(s, e);
	bool is_quoted = lexer_at_string(l);
	size_t column = l->at + 1;

	if (m == NULL)
		return false;
	if (is_quoted) {
		if (!lexer_string(l, &m->label, e))
			return false;
	} else {
		m->label = lexer_name(l, false);
		if (m->label.len == 0)
			return lexer_expected(l, "the name of a label", e);
	}
	if (is_quoted && (lexer_at_end(l) || strchr(",}", l->text.at[l->at]) != NULL)) {
		m->value = m->label;
		m->label = NAME_LABEL;
		return !has_name || named_twice(column, e);
	}
	if (has_name && is_on_name(m))
		return named_twice(column, e);
	if (!read_operator(l, m, e))
		return false;
	if (!lexer_at_string(l))
		return lexer_expected(l, "a quoted string", e);
	column = l->at + 1;
	return lexer_string(l, &m->value, e) &&
	       (!m->is_regex || compile(s, m, column, e));
}

static bool read_matchers(
	struct selector *s, struct lexer *l, bool has_name, struct err *e)
{
	while (!lexer_take(l, "}")) {
		if (!read_matcher(s, l, has_name, e))
			return false;
		if (lexer_take(l, "}"))
			break;
		if (!lexer_take(l, ","))
			return lexer_expected(l, ", or }", e);
	}
	return true;
}

static bool matches(const struct matcher *m, struct str value)
{
	bool is_match;

	if (m->is_regex) {
		/* values are not terminated and may hold NULs */
		regmatch_t whole = {0, (regoff_t)value.len};
		const char *at = value.len == 0 ? "" : value.at;

		is_match = regexec(&m->regex, at, 1, &whole, REG_STARTEND) == 0;
	} else {
		is_match = str_eq(m->value, value);
	}
	return is_match != m->is_negated;
}

static bool excludes_empty(const struct selector *s)
{
	for (const struct matcher *m = s->first; m != NULL; m = m->next)
		if (!matches(m, STR("")))
			return true;
	return false;
}

static bool read_selector(struct selector *s, struct str text, struct err *e)
{
	struct lexer l = {arena_copy(s->arena, text), 0, s->arena};

	if (l.text.at == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the selector");
	struct str name = lexer_name(&l, true);
	if (name.len > 0) {
		struct matcher *m = add_matcher(s, e);

		if (m == NULL)
			return false;
		m->label = NAME_LABEL;
		m->value = name;
	}
	bool has_braces = lexer_take(&l, "{");
	if (!has_braces && name.len == 0)
		return lexer_expected(&l, "the name of a series or {", e);
	if (has_braces && !read_matchers(s, &l, name.len > 0, e))
		return false;
	if (!lexer_at_end(&l))
		return lexer_expected(&l,
			has_braces ? "the end of the selector"
				   : "{ or the end of the selector",
			e);
	if (!excludes_empty(s))
		return err_at(e, ERR_USAGE, 0, 1,
			"at least one matcher must not match the empty string");
	return true;
}

struct selector *selector_parse(struct str text, struct err *e)
{
	struct selector *s = selector_new();

	if (s == NULL) {
		err_set(e, ERR_MEMORY, "no memory for the selector");
		return NULL;
	}
	if (!read_selector(s, text, e)) {
		selector_free(s);
		return NULL;
	}
	return s;
}

bool selector_matches(const struct selector *s, struct str name, struct labels labels)
{
	for (const struct matcher *m = s->first; m != NULL; m = m->next)
		if (!matches(m, is_on_name(m) ? name : labels_get(labels, m->label)))
			return false;
	return true;
}

void selector_free(struct selector *s)
{
	if (s == NULL)
		return;
	for (struct matcher *m = s->first; m != NULL; m = m->next)
		if (m->is_compiled)
			regfree(&m->regex);
	arena_free(s->arena);
	free(s);
}
