#include "engine/labels.h"

#include <stdbool.h>

/* By insertion: sets are small, and most pages have them in order already. */
void labels_sort(struct labels l)
{
	for (size_t i = 1; i < l.count; i++) {
		struct label label = l.at[i];
		size_t to = i;

		for (; to > 0 && str_cmp(l.at[to - 1].name, label.name) > 0; to--)
			l.at[to] = l.at[to - 1];
		l.at[to] = label;
	}
}

struct str labels_get(struct labels l, struct str name)
{
	for (size_t i = 0; i < l.count; i++)
		if (str_eq(l.at[i].name, name))
			return l.at[i].value;
	return STR("");
}

int labels_cmp(struct labels a, struct labels b)
{
	for (size_t i = 0; i < a.count && i < b.count; i++) {
		int order = str_cmp(a.at[i].name, b.at[i].name);

		if (order == 0)
			order = str_cmp(a.at[i].value, b.at[i].value);
		if (order != 0)
			return order;
	}
	return (a.count > b.count) - (a.count < b.count);
}

uint64_t labels_hash(struct labels l)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = l.count;

	for (size_t i = 0; i < l.count; i++) {
		hash = (hash ^ str_hash(l.at[i].name)) * odd;
		hash ^= hash >> 32;
		hash = (hash ^ str_hash(l.at[i].value)) * odd;
		hash ^= hash >> 32;
	}
	return hash;
}

static bool is_among(struct str name, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static struct labels only(
	struct labels l, const struct str *names, size_t count, bool wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < l.count; i++)
		if (is_among(l.at[i].name, names, count) == wanted)
			l.at[kept++] = l.at[i];
	return (struct labels){l.at, kept};
}

struct labels labels_without(struct labels l, struct str name)
{
	return only(l, &name, 1, false);
}

struct labels labels_keep(struct labels l, const struct str *names, size_t count)
{
	return only(l, names, count, true);
}
