/* Pages to measure with, shaped as real ones: the page of a real operator of three
 * controllers (bench/operator.txt: controller-runtime v0.25.2, its defaults), the same
 * with other numbers of controllers, and one of kube-state-metrics' kind, with few
 * families, many series and long labels. */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/buf.h"

enum bench_shape {
	BENCH_ONE,       /* controller: 330 samples */
	BENCH_THREE,     /* controllers: 508 samples, 84 kB */
	BENCH_HUNDRED,   /* 9,700 samples, 1 MB */
	BENCH_THOUSANDS, /* 2,000 controllers: 189,000 samples, 20 MB */
	BENCH_LABELS,    /* 160,000 samples of 5,000 pods, 33 MB */
	BENCH_MILLION,   /* 11,300 controllers: 10^6 samples, 107 MB */
	BENCH_SHAPES,
};

/* "three", "hundred", ... */
const char *bench_shape_name(enum bench_shape shape);

/* Appends a page. Pages of one shape have the same series in the same order; two of three
 * values (of the pods: one of 200) move upwards from one generation to the next.
 * False: bench/operator.txt is not below srcdir, or no memory. */
bool bench_page(
	struct buf *out, enum bench_shape shape, const char *srcdir, int generation);

/* Puts the samples of each family into another order, as a page of kube-state-metrics has
 * them on each scrape. False: no memory. */
bool bench_shuffle(struct buf *page, uint64_t seed);

/* Appends a text page as a server that is asked for protobuf would send it: delimited
 * messages, with the times when counters and histograms were made. False: no memory. */
bool bench_protobuf(struct buf *out, struct str text);

#endif
