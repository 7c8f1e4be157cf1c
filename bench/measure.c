#include "bench/measure.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9 };

/* As many runs as fill this are one measurement. */
static const double measurement_ns = 20e6;

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ns a run. */
static double cost(const struct measure_way *way, void *subject)
{
	volatile double sink = 0;
	double start = now_ns();
	double spent;
	size_t runs = 0;

	do {
		sink = sink + way->run(subject);
		runs++;
		spent = now_ns() - start;
	} while (spent < measurement_ns);
	return spent / (double)runs;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

void measure_print_head(const char *first, const char *second)
{
	printf("%-10s %-18s %8s /%-8s /%-8s\n", "page", "what", "ns", first, second);
}

/* What was promised, and whether it is kept. */
static void print_promise(const struct measure_way *way, double ns, double of_first)
{
	bool is_kept = true;

	if (way->most_ns > 0) {
		printf("  at most %g ns", way->most_ns);
		is_kept = ns <= way->most_ns;
	}
	if (way->most_of_first > 0) {
		printf("  at most %g times", way->most_of_first);
		is_kept = of_first <= way->most_of_first;
	}
	printf("%s\n", is_kept ? "" : ": MISSED");
}

void measure(const char *page, const struct measure_way *ways, size_t count,
	void *subject, size_t samples)
{
	double rounds[MEASURE_WAYS][ROUNDS];

	for (size_t r = 0; r < ROUNDS; r++)
		for (size_t w = 0; w < count; w++)
			rounds[w][r] = cost(&ways[w], subject) / (double)samples;
	for (size_t w = 0; w < count; w++) {
		double ns[ROUNDS], of_first[ROUNDS], of_second[ROUNDS];

		for (size_t r = 0; r < ROUNDS; r++) {
			ns[r] = rounds[w][r];
			of_first[r] = ns[r] / rounds[0][r];
			of_second[r] = ns[r] / rounds[1][r];
		}
		printf("%-10s %-18s %8.1f %8.2f %9.2f", page, ways[w].name, median(ns),
			median(of_first), median(of_second));
		print_promise(&ways[w], median(ns), median(of_first));
	}
}
