#include "operatorstat/layout.h"

#include <assert.h>

static int least_of(
	const struct layout_part *parts, const bool *is_in, size_t count, int gap)
{
	int sum = 0, there = 0;

	for (size_t i = 0; i < count; i++)
		if (is_in[i]) {
			sum += parts[i].least;
			there++;
		}
	return sum + (there > 1 ? gap * (there - 1) : 0);
}

/* Leaves out the part of the highest rank; false when only those of rank 0 are there. */
static bool drop_one(const struct layout_part *parts, bool *is_in, size_t count)
{
	size_t worst = count;

	for (size_t i = 0; i < count; i++)
		if (is_in[i] && parts[i].rank > 0 &&
			(worst == count || parts[i].rank >= parts[worst].rank))
			worst = i;
	if (worst == count)
		return false;
	is_in[worst] = false;
	return true;
}

/* The part of the lowest rank that still wants more. */
static size_t hungriest(const struct layout_part *parts, const bool *is_in,
	const int *sizes, size_t count)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++)
		if (is_in[i] && sizes[i] < parts[i].most &&
			(best == count || parts[i].rank < parts[best].rank))
			best = i;
	return best;
}

static void share_rest(const struct layout_part *parts, const bool *is_in, int *sizes,
	size_t count, int rest)
{
	for (size_t i = hungriest(parts, is_in, sizes, count); i < count && rest > 0;
		i = hungriest(parts, is_in, sizes, count)) {
		int more = parts[i].most - sizes[i];

		if (more > rest)
			more = rest;
		sizes[i] += more;
		rest -= more;
	}
}

static void divide(
	int space, int gap, const struct layout_part *parts, size_t count, int *sizes)
{
	bool is_in[LAYOUT_PARTS];

	assert(count <= LAYOUT_PARTS);
	for (size_t i = 0; i < count; i++)
		is_in[i] = true;
	while (least_of(parts, is_in, count, gap) > space &&
		drop_one(parts, is_in, count))
		;
	for (size_t i = 0; i < count; i++)
		sizes[i] = is_in[i] ? parts[i].least : 0;
	share_rest(
		parts, is_in, sizes, count, space - least_of(parts, is_in, count, gap));
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

void layout_rows(struct rect area, int gap, const struct layout_part *parts, size_t count,
	struct rect *out)
{
	int sizes[LAYOUT_PARTS];
	int used = 0;

	divide(area.rows, gap, parts, count, sizes);
	for (size_t i = 0; i < count; i++) {
		int rows = smaller(sizes[i], area.rows - used);

		out[i] = (struct rect){
			area.y + used, area.x, rows > 0 ? rows : 0, area.cols};
		if (out[i].rows > 0)
			used = smaller(used + out[i].rows + gap, area.rows);
	}
}

void layout_columns(struct rect area, int gap, const struct layout_part *parts,
	size_t count, struct rect *out)
{
	struct rect turned = {area.x, area.y, area.cols, area.rows};

	layout_rows(turned, gap, parts, count, out);
	for (size_t i = 0; i < count; i++)
		out[i] = (struct rect){out[i].x, out[i].y, out[i].cols, out[i].rows};
}

void layout_fill(struct rect area, struct rect *parts, size_t count, size_t i)
{
	int end = area.y;

	for (size_t k = 0; k < count; k++)
		if (parts[k].rows > 0 && parts[k].y + parts[k].rows > end)
			end = parts[k].y + parts[k].rows;
	int rest = area.y + area.rows - end;
	parts[i].rows += rest;
	for (size_t k = i + 1; k < count; k++)
		parts[k].y += rest;
}

bool layout_inside(struct rect a, struct rect b)
{
	if (b.rows <= 0 || b.cols <= 0)
		return true;
	return b.y >= a.y && b.x >= a.x && b.y + b.rows <= a.y + a.rows &&
	       b.x + b.cols <= a.x + a.cols;
}
