/* Several ways through the same bytes, measured in turn for some rounds: what each costs,
 * and how many times as much as the first two, within a round. Shown are medians: a busy
 * machine moves the figures of a round together, and the ratios little. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

struct measure_way {
	const char *name;
	/* Once through everything; what it returns keeps the compiler from leaving it
	 * out. */
	double (*run)(void *subject);
	/* what the project has promised; 0: nothing */
	double most_ns;       /* a sample */
	double most_of_first; /* times the first way */
};

enum { MEASURE_WAYS = 16 };

/* The names of the columns; the first two ways are called so. */
void measure_print_head(const char *first, const char *second);

/* Prints a row for each way: ns of processor time a sample, and the two ratios. count: at
 * most MEASURE_WAYS. */
void measure(const char *page, const struct measure_way *ways, size_t count,
	void *subject, size_t samples);

#endif
