#include "tests/guard.h"

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard guard_new(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t rounded = (size + page) / page * page;
	char *pages = mmap(NULL, rounded + page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + rounded, page, PROT_NONE), 0);
	return (struct guard){pages, rounded};
}

struct str guard_copy(const struct guard *g, struct str s)
{
	char *at = g->pages + g->size - s.len;

	ck_assert_uint_le(s.len, g->size);
	if (s.len > 0)
		memcpy(at, s.at, s.len);
	return (struct str){at, s.len};
}

void guard_free(struct guard *g)
{
	munmap(g->pages, g->size + (size_t)sysconf(_SC_PAGESIZE));
	g->pages = NULL;
}
