/* Rectangles from rows and columns. Pure: knows neither terminal nor content.
 *
 * An area is divided among parts, one under the other or side by side. A part that does
 * not get its least is left out (its size is 0), the least important one first. */
#ifndef OPERATORSTAT_LAYOUT_H
#define OPERATORSTAT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct rect {
	int y, x;
	int rows, cols;
};

struct layout_part {
	int least; /* rows or columns without which it is of no use; at least 1 */
	int most;  /* more it does not want */
	int rank;  /* the highest is left out first; 0: never, but it may be cut */
};

#define LAYOUT_PARTS 32

/* Divides area into count parts (LAYOUT_PARTS at most) from top to bottom; between two
 * that are there, gap rows stay free. What is left over after each has its least goes to
 * the parts in the order of rank, up to their most; what then is left stays free at the
 * end. */
void layout_rows(struct rect area, int gap, const struct layout_part *parts, size_t count,
	struct rect *out);

/* The same from left to right. */
void layout_columns(struct rect area, int gap, const struct layout_part *parts,
	size_t count, struct rect *out);

/* Gives part i the rows that layout_rows() left free at the end; the parts behind it move
 * down. */
void layout_fill(struct rect area, struct rect *parts, size_t count, size_t i);

/* Is b wholly inside a? An empty one is inside everything. */
bool layout_inside(struct rect a, struct rect b);

#endif
