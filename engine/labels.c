#include "engine/labels.h"

#include <stdbool.h>

static bool is_before(const struct label *a, const struct label *b)
{
	return str_cmp(a->name, b->name) < 0;
}

static void insertion_sort(struct label *at, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct label label = at[i];
		size_t to = i;

		for (; to > 0 && is_before(&label, &at[to - 1]); to--)
			at[to] = at[to - 1];
		at[to] = label;
	}
}

static void reverse(struct label *at, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct label label = at[i];

		at[i] = at[count - 1 - i];
		at[count - 1 - i] = label;
	}
}

/* Two blocks change places. */
static void rotate(struct label *at, size_t left, size_t right)
{
	reverse(at, left);
	reverse(at + left, right);
	reverse(at, left + right);
}

/* How many of sorted labels come before label; with equal ones or without. */
static size_t count_before(
	const struct label *at, size_t count, const struct label *label, bool with_equal)
{
	size_t from = 0;

	while (from < count) {
		size_t middle = from + (count - from) / 2;

		if (is_before(&at[middle], label) ||
			(with_equal && !is_before(label, &at[middle])))
			from = middle + 1;
		else
			count = middle;
	}
	return from;
}

/* Two sorted blocks become one, in place: the larger is cut in the middle, the other
 * where that label belongs, and the inner parts change places. */
static void merge(struct label *at, size_t left, size_t right)
{
	size_t left_cut = left / 2;
	size_t right_cut = right - right / 2;

	if (left == 0 || right == 0 || !is_before(&at[left], &at[left - 1]))
		return;
	if (left > right)
		right_cut = count_before(at + left, right, &at[left_cut], false);
	else
		left_cut = count_before(at, left, &at[left + right_cut - 1], true);
	rotate(at + left_cut, left - left_cut, right_cut);
	merge(at, left_cut, right_cut);
	merge(at + left_cut + right_cut, left - left_cut, right - right_cut);
}

/* Sets are small, and most pages have them in order already; but a page may be hostile,
 * and then the time must not grow with the square of its length. */
void labels_sort(struct labels l)
{
	const size_t small = 32;

	if (l.count <= small) {
		insertion_sort(l.at, l.count);
		return;
	}
	size_t left = l.count / 2;
	labels_sort((struct labels){l.at, left});
	labels_sort((struct labels){l.at + left, l.count - left});
	merge(l.at, left, l.count - left);
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
