#include "operatorstat/layout.h"

#include "tests/suite.h"

#define PARTS 6

/* A screen such as those of the tool: summary, rows, reasons, events, ... */
static const struct layout_part screens[][PARTS] = {
	{{1, 1, 0}, {3, 8, 2}, {5, 40, 0}, {3, 9, 3}, {5, 9, 4}, {2, 2, 1}},
	{{2, 2, 0}, {1, 7, 4}, {4, 1000, 0}, {1, 2, 3}, {1, 5, 2}, {6, 14, 5}},
	{{14, 36, 0}, {6, 6, 5}, {6, 6, 1}, {6, 6, 3}, {9, 24, 9}, {1, 1, 2}},
	{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
};
#define SCREENS (sizeof(screens) / sizeof(screens[0]))

static bool overlap(struct rect a, struct rect b)
{
	if (a.rows == 0 || b.rows == 0 || a.cols == 0 || b.cols == 0)
		return false;
	return a.y < b.y + b.rows && b.y < a.y + a.rows && a.x < b.x + b.cols &&
	       b.x < a.x + a.cols;
}

/* Inside, apart, in order, and none larger than it wants to be: what is wrong, or NULL.
 * One assertion for all, since libcheck takes microseconds for each. */
static const char *fault(struct rect area, const struct layout_part *parts,
	const struct rect *out, bool is_rows)
{
	int end = is_rows ? area.y : area.x;

	for (size_t i = 0; i < PARTS; i++) {
		int size = is_rows ? out[i].rows : out[i].cols;
		int begin = is_rows ? out[i].y : out[i].x;

		if (!layout_inside(area, out[i]))
			return "a part is outside";
		if (size < 0 || size > parts[i].most)
			return "a part is larger than it wants to be";
		if (size == 0)
			continue;
		if (begin < end)
			return "parts are out of order";
		if (size < parts[i].least && parts[i].rank != 0)
			return "only parts that are never left out are cut";
		end = begin + size;
		for (size_t k = 0; k < i; k++)
			if (overlap(out[i], out[k]))
				return "parts overlap";
	}
	return NULL;
}

static void check_parts(struct rect area, const struct layout_part *parts,
	const struct rect *out, bool is_rows)
{
	const char *what = fault(area, parts, out, is_rows);

	ck_assert_msg(what == NULL, "%d x %d: %s", area.rows, area.cols, what);
}

START_TEST(at_every_size)
{
	struct rect out[PARTS];

	for (int rows = 1; rows <= 200; rows++)
		for (int cols = 1; cols <= 300; cols++)
			for (size_t s = 0; s < SCREENS; s++) {
				struct rect area = {rows % 3, cols % 5, rows, cols};

				layout_rows(area, 0, screens[s], PARTS, out);
				check_parts(area, screens[s], out, true);
				layout_columns(area, 1, screens[s], PARTS, out);
				check_parts(area, screens[s], out, false);
			}
}
END_TEST

START_TEST(the_least_important_goes_first)
{
	struct rect out[PARTS];

	layout_rows((struct rect){0, 0, 18, 10}, 0, screens[0], PARTS, out);
	ck_assert_int_eq(out[4].rows, 0);
	ck_assert_int_ge(out[3].rows, 3);
	layout_rows((struct rect){0, 0, 8, 10}, 0, screens[0], PARTS, out);
	ck_assert_int_eq(out[1].rows, 0);
	ck_assert_int_eq(out[3].rows, 0);
	ck_assert_int_eq(out[0].rows, 1);
	ck_assert_int_eq(out[2].rows, 5);
	ck_assert_int_eq(out[5].rows, 2);
}
END_TEST

START_TEST(more_space_never_drops_a_part)
{
	struct rect less[PARTS], more[PARTS];

	for (size_t s = 0; s < SCREENS; s++)
		for (int rows = 1; rows < 120; rows++) {
			layout_rows(
				(struct rect){0, 0, rows, 1}, 0, screens[s], PARTS, less);
			layout_rows((struct rect){0, 0, rows + 1, 1}, 0, screens[s],
				PARTS, more);
			for (size_t i = 0; i < PARTS; i++)
				ck_assert(less[i].rows == 0 || more[i].rows > 0);
		}
}
END_TEST

START_TEST(gaps_stay_free)
{
	static const struct layout_part parts[] = {{3, 3, 0}, {4, 4, 1}, {5, 5, 2}};
	struct rect out[3];

	layout_columns((struct rect){0, 0, 1, 14}, 1, parts, 3, out);
	ck_assert_int_eq(out[1].x, 4);
	ck_assert_int_eq(out[2].x, 9);
	ck_assert_int_eq(out[2].cols, 5);
	layout_columns((struct rect){0, 0, 1, 13}, 1, parts, 3, out);
	ck_assert_int_eq(out[2].cols, 0);
}
END_TEST

START_TEST(filled_to_the_end)
{
	static const struct layout_part parts[] = {{1, 1, 0}, {2, 3, 0}, {2, 2, 1}};
	struct rect area = {4, 0, 20, 10}, out[3];

	layout_rows(area, 0, parts, 3, out);
	layout_fill(area, out, 3, 1);
	ck_assert_int_eq(out[1].rows, 17);
	ck_assert_int_eq(out[2].y + out[2].rows, 24);
}
END_TEST

SUITE("layout", at_every_size, the_least_important_goes_first,
	more_space_never_drops_a_part, gaps_stay_free, filled_to_the_end)
