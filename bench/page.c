/* page SHAPE [GENERATION]: writes a page to standard output (bench/pages.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/pages.h"

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	struct buf page;

	buf_init(&page, (size_t)1 << 30);
	for (enum bench_shape s = 0; argc > 1 && s < BENCH_SHAPES; s++) {
		if (strcmp(argv[1], bench_shape_name(s)) != 0)
			continue;
		if (!bench_page(&page, s, srcdir == NULL ? "." : srcdir,
			    argc > 2 ? atoi(argv[2]) : 0)) {
			fprintf(stderr,
				"page: srcdir=FOLDER must name the source tree\n");
			return 1;
		}
		fwrite(page.at, 1, page.len, stdout);
		buf_free(&page);
		return 0;
	}
	fprintf(stderr,
		"usage: page one|three|hundred|thousands|labels|million [GENERATION]\n");
	return 64;
}
