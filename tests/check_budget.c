#include "engine/budget.h"

#include <string.h>

#include "tests/suite.h"

/* One that wants so many values of that rank. */
struct want {
	char name;
	enum budget_rank rank;
	size_t values;
};

#define T(name, values)                                                                  \
	{                                                                                \
		name, BUDGET_TABLE, values                                               \
	}
#define R(name, values)                                                                  \
	{                                                                                \
		name, BUDGET_RULES, values                                               \
	}
#define B(name, values)                                                                  \
	{                                                                                \
		name, BUDGET_BUCKETS, values                                             \
	}

START_TEST(what_is_left_out_first)
{
	static const struct {
		const char *name;
		size_t limit;
		struct want want[5];
		const char *sent;
		size_t left_out[BUDGET_RANKS];
	} rows[] = {
		{"room for all", 9, {B('b', 4), R('r', 3), T('t', 2)}, "brt", {0, 0, 0}},
		{"buckets go first", 8, {B('b', 4), R('r', 3), T('t', 2)}, "rt",
			{0, 0, 4}},
		{"then rules", 4, {B('b', 4), R('r', 3), T('t', 2)}, "t", {0, 3, 4}},
		{"then the table", 1, {B('b', 4), R('r', 3), T('t', 2)}, "", {2, 3, 4}},
		{"what was there first stays", 5, {R('a', 2), R('b', 2), R('c', 2)}, "ab",
			{0, 2, 0}},
		{"a later one of the table takes the place of rules", 5,
			{R('a', 2), R('b', 2), T('t', 2)}, "at", {0, 2, 0}},
		{"nothing slips in behind", 5,
			{R('a', 2), R('b', 4), R('c', 1), T('t', 1)}, "at", {0, 5, 0}},
		{"who wants nothing is not left out", 2, {T('a', 2), B('b', 0)}, "ab",
			{0, 0, 0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct budget b = {.limit = rows[i].limit};
		char sent[6] = "";
		size_t length = 0;

		for (const struct want *w = rows[i].want; w->name != '\0'; w++)
			budget_want(&b, w->rank, w->values);
		budget_share(&b);
		for (const struct want *w = rows[i].want; w->name != '\0'; w++)
			if (budget_ask(&b, w->rank, w->values))
				sent[length++] = w->name;
		ck_assert_msg(
			strcmp(sent, rows[i].sent) == 0, "%s: %s", rows[i].name, sent);
		ck_assert_msg(
			memcmp(b.left_out, rows[i].left_out, sizeof(b.left_out)) == 0,
			"%s: %zu, %zu, %zu", rows[i].name, b.left_out[0], b.left_out[1],
			b.left_out[2]);
	}
}
END_TEST

SUITE("budget", what_is_left_out_first)
