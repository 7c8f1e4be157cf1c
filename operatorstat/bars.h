/* Which buckets of a histogram share a row of its chart. Pure. */
#ifndef OPERATORSTAT_BARS_H
#define OPERATORSTAT_BARS_H

#include <stddef.h>

#include "operatorstat/model.h"

/* No screen has more rows. */
#define BARS_MOST 256

struct bars {
	size_t buckets;        /* of the histogram that it was made for; 0: nothing yet */
	size_t rows;           /* that were asked for */
	size_t count;          /* that there are */
	size_t end[BARS_MOST]; /* row i has the buckets from end[i - 1] to before end[i]
				*/
};

/* Puts the buckets of h into `rows` rows at most (at least 1): real bounds alone, where
 * they are close together and little fell into them first; not those in which the
 * quantiles q lie, and never what is above the last finite bound. Bounds that are 1, 2.5
 * or 5 times a power of ten stay longer. Cuts that were made for as many buckets and rows
 * are kept, so that the picture does not jump. */
void bars_cut(struct bars *b, const struct model_histogram *h, size_t rows,
	const double *q, size_t quantiles);

/* The same rows again later would be cut anew. */
void bars_forget(struct bars *b);

struct bar {
	double low, high; /* (low, high]; low -Inf or high +Inf */
	double count;
};

struct bar bars_at(const struct bars *b, const struct model_histogram *h, size_t row);

/* The row of the bucket in which the quantile q lies; count: nothing was observed. */
size_t bars_row_of(const struct bars *b, const struct model_histogram *h, double q);

#endif
