/* number [N]: what reading a number costs, beside strtod(); then reads N random numbers
 * (10^6 by default) in all forms and says how many differ from strtod(). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/str.h"
#include "tests/numbers.h"

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const char *text)
{
	const int repeats = 2000000;
	struct str s = str_of(text);
	double sum = 0;
	double start = now_ns();

	for (int i = 0; i < repeats; i++) {
		double value = 0;

		__asm__ volatile("" : "+r"(s.at));
		str_read_double(s, &value);
		sum += value;
	}
	double ours = now_ns() - start;
	start = now_ns();
	for (int i = 0; i < repeats; i++) {
		__asm__ volatile("" : "+r"(text));
		sum += strtod(text, NULL);
	}
	double theirs = now_ns() - start;
	printf("%-24s %6.1f ns, strtod %6.1f ns%s\n", text, ours / repeats,
		theirs / repeats, isnan(sum) ? " " : "");
}

static void say(void *ctx, const char *text)
{
	uint64_t *found = ctx;

	++*found;
	printf("differs: %s\n", text);
}

int main(int argc, char **argv)
{
	uint64_t count = 1000000;
	uint64_t found = 0;

	if (argc > 1 && !str_to_u64(str_of(argv[1]), &count)) {
		fprintf(stderr, "usage: number [N]\n");
		return 64;
	}
	measure("0");
	measure("17");
	measure("0.005");
	measure("1.208354e+06");
	measure("+Inf");
	measure("0.0012345678901234567");
	measure("1.7614520173219e+09");
	measure("3.4028234663852886e+38");
	numbers_compare(count, 1, say, &found);
	printf("%" PRIu64 " numbers in %d forms, %" PRIu64 " differ from strtod\n", count,
		NUMBERS_FORMS, found);
	return found == 0 ? 0 : 1;
}
