/* Is the difference between two samples more than chance? Pure.
 *
 * A sample is what was counted or added up in each of some stretches of time, so that the
 * scatter between stretches tells how much chance there is: work comes in bursts, and
 * what is slow at one moment is slow at the next, so single reconciles are not
 * independent, and a test that took them for it would find a difference in everything.
 *
 * Counts are divided by their design effect before an exact test: how much more they
 * scatter than independent events would, at least 1 (J. N. K. Rao and A. J. Scott, A
 * simple method for the analysis of clustered binary data, Biometrics 48, 1992, and for
 * Poisson data, Statistics in Medicine 18, 1999).
 *
 * Results are two-sided: twice the smaller tail, at most 1. NaN: it cannot be tested. */
#ifndef OPERATORSTAT_SIGNIFICANCE_H
#define OPERATORSTAT_SIGNIFICANCE_H

#include <stddef.h>

/* Stretches that a sample must have: of fewer the scatter is not known. */
#define SIGNIFICANCE_STRETCHES 4

/* The figure is the sum of part over the sum of whole: events and seconds, errors and
 * reconciles, seconds and reconciles. Stretches with nothing in whole do not count. */
struct significance_sample {
	const double *part, *whole;
	size_t count;
};

/* Stretches that count. */
size_t significance_stretches(const struct significance_sample *s);

/* part: events, whole: seconds. Given how many there are in all, those of one sample are
 * binomial if the rates are equal (J. Przyborowski and H. Wilenski, Homogeneity of
 * results in testing samples from Poisson series, Biometrika 31, 1940). */
double significance_rates(
	const struct significance_sample *a, const struct significance_sample *b);

/* part: those of whole that have a property. R. A. Fisher's exact test (Statistical
 * Methods for Research Workers, 5th edition, 1934, 21.02). */
double significance_shares(
	const struct significance_sample *a, const struct significance_sample *b);

/* Any two sums. B. L. Welch's t (Biometrika 34, 1947) of the two ratios, whose variance
 * is that of a ratio of sums over stretches (W. G. Cochran, Sampling Techniques, 3rd
 * edition, 1977, 6.3). */
double significance_ratios(
	const struct significance_sample *a, const struct significance_sample *b);

/* Makes each p what it is among all: that one of them is below 0.05 by chance alone
 * happens in one of twenty comparisons, however many there are and however they hang
 * together (S. Holm, Scandinavian Journal of Statistics 6, 1979). NaN stay and do not
 * count. order: room for count numbers. */
void significance_adjust(double *p, size_t *order, size_t count);

#endif
