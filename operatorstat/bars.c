#include "operatorstat/bars.h"

#include <math.h>
#include <string.h>

/* Rows are merged where the sum of these is least: decades that the row would span, what
 * part of all observations it would hold, and how well known a bound it would hide. */
#define COST_OF_ALL       3.0
#define COST_OF_DECADE    1.0
#define COST_OF_FIVE      0.5
#define COST_OF_PROTECTED 1e6

static double low_of(const struct model_histogram *h, size_t bucket)
{
	if (bucket > 0)
		return h->upper_bound[bucket - 1];
	return h->upper_bound[0] > 0 ? 0 : -INFINITY;
}

static double decades(double low, double high)
{
	if (!(high > 0))
		return 1;
	return low > 0 ? log10(high / low) : 1;
}

static double cost_of_bound(double bound)
{
	static const double fives[] = {1, 2.5, 5};

	if (!(bound > 0))
		return COST_OF_DECADE;
	double lead = bound / pow(10, floor(log10(bound) + 1e-9));
	for (size_t i = 0; i < 3; i++)
		if (fabs(lead - fives[i]) < 1e-6)
			return i == 0 ? COST_OF_DECADE : COST_OF_FIVE;
	return 0;
}

static size_t begin_of(const struct bars *b, size_t row)
{
	return row > 0 ? b->end[row - 1] : 0;
}

struct bar bars_at(const struct bars *b, const struct model_histogram *h, size_t row)
{
	struct bar bar = {
		low_of(h, begin_of(b, row)), h->upper_bound[b->end[row] - 1], 0};

	for (size_t i = begin_of(b, row); i < b->end[row]; i++)
		bar.count += h->increase[i];
	return bar;
}

static double cost_of_merging(const struct bars *b, const struct model_histogram *h,
	size_t row, const bool *is_protected)
{
	struct bar first = bars_at(b, h, row), second = bars_at(b, h, row + 1);
	double cost = decades(first.low, second.high) + cost_of_bound(first.high);

	if (h->observed > 0)
		cost += COST_OF_ALL * (first.count + second.count) / h->observed;
	for (size_t i = begin_of(b, row); i < b->end[row + 1]; i++)
		if (is_protected[i])
			cost += COST_OF_PROTECTED;
	return cost;
}

static void merge(struct bars *b, size_t row)
{
	memmove(b->end + row, b->end + row + 1, (b->count - row - 1) * sizeof(b->end[0]));
	b->count--;
}

/* The last row stays alone while there are others to merge. */
static void merge_cheapest(
	struct bars *b, const struct model_histogram *h, const bool *is_protected)
{
	size_t pairs = b->count > 2 ? b->count - 2 : 1;
	size_t best = 0;
	double least = INFINITY;

	for (size_t row = 0; row < pairs; row++) {
		double cost = cost_of_merging(b, h, row, is_protected);

		if (cost < least) {
			least = cost;
			best = row;
		}
	}
	merge(b, best);
}

static size_t bucket_of(const struct model_histogram *h, double q)
{
	double high = NAN;

	if (isnan(model_quantile(h, q, NULL, &high)))
		return h->count;
	for (size_t i = 0; i < h->count; i++)
		if (h->upper_bound[i] >= high)
			return i;
	return h->count;
}

/* More buckets than rows could ever be: neighbours share one to begin with. */
static void start(struct bars *b, size_t buckets)
{
	b->count = buckets < BARS_MOST ? buckets : BARS_MOST;
	for (size_t i = 0; i < b->count; i++)
		b->end[i] = (i + 1) * buckets / b->count;
}

void bars_cut(struct bars *b, const struct model_histogram *h, size_t rows,
	const double *q, size_t quantiles)
{
	bool is_protected[4096] = {false};

	if (rows < 1)
		rows = 1;
	if (b->buckets == h->count && b->rows == rows)
		return;
	b->buckets = h->count;
	b->rows = rows;
	start(b, h->count);
	if (h->count > sizeof(is_protected))
		return;
	for (size_t i = 0; i < quantiles; i++) {
		size_t bucket = bucket_of(h, q[i]);

		if (bucket < h->count)
			is_protected[bucket] = true;
	}
	while (b->count > rows)
		merge_cheapest(b, h, is_protected);
}

void bars_forget(struct bars *b)
{
	b->buckets = 0;
}

size_t bars_row_of(const struct bars *b, const struct model_histogram *h, double q)
{
	size_t bucket = bucket_of(h, q);

	for (size_t row = 0; row < b->count && bucket < h->count; row++)
		if (bucket < b->end[row])
			return row;
	return b->count;
}
