#include "tests/failing_alloc.h"

#include <stdlib.h>

/* What stands in for malloc() takes no argument of ours: hence variables of the file. */
static size_t allocations;
static size_t fail_first;
static size_t fail_last;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_reallocarray(void *at, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_reallocarray(void *at, size_t count, size_t size);

static bool fails(void)
{
	size_t number = allocations++;

	return number >= fail_first && number < fail_last;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

void *__wrap_reallocarray(void *at, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(at, count, size);
}

static bool run(bool (*work)(void *ctx), void *ctx, size_t first, size_t last)
{
	allocations = 0;
	fail_first = first;
	fail_last = last;
	bool done = work(ctx);
	fail_first = fail_last = 0;
	return done;
}

size_t failing_alloc_count(void)
{
	return allocations;
}

size_t failing_alloc_each(bool (*work)(void *ctx), void *ctx)
{
	size_t failures = 0;

	for (size_t n = 0;; n++) {
		bool done = run(work, ctx, n, n + 1);

		if (allocations <= n)
			return done && (n == 0 || failures > 0) ? n : 0;
		failures += !done;
		failures += !run(work, ctx, n, (size_t)-1);
	}
}
