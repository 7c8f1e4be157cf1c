#include "engine/labels.h"

#include <stdio.h>

#include "tests/suite.h"

#define LABEL(name, value)                                                               \
	{                                                                                \
		STR(name), STR(value)                                                    \
	}
#define LABELS(array) ((struct labels){array, sizeof(array) / sizeof((array)[0])})

START_TEST(sorts_by_name_and_keeps_equal_ones)
{
	struct label at[] = {LABEL("b", "1"), LABEL("a", "2"), LABEL("b", "0"),
		LABEL("", "3"), LABEL("a", "1")};
	static const char *const expected[] = {"3", "2", "1", "1", "0"};

	labels_sort(LABELS(at));
	for (size_t i = 0; i < 5; i++)
		ck_assert_msg(str_eq(at[i].value, str_of(expected[i])), "%zu", i);
	labels_sort((struct labels){NULL, 0});
}
END_TEST

/* Long sets go another way; 100000 labels by insertion would take minutes. */
START_TEST(sorts_long_sets)
{
	static const size_t counts[] = {31, 32, 33, 64, 65, 100, 1000, 100000};
	static char numbers[100000][8];
	static struct label at[100000];
	uint32_t state = 1;

	for (size_t i = 0; i < 100000; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%05zu", i);
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		for (size_t i = 0; i < counts[c]; i++) {
			state = state * 1664525 + 1013904223;
			at[i].name = str_of(numbers[(state >> 8) % (counts[c] / 2)]);
			at[i].value = str_of(numbers[i]);
		}
		labels_sort((struct labels){at, counts[c]});
		for (size_t i = 1; i < counts[c]; i++) {
			int order = str_cmp(at[i - 1].name, at[i].name);

			ck_assert_int_le(order, 0);
			if (order == 0)
				ck_assert_int_lt(
					str_cmp(at[i - 1].value, at[i].value), 0);
		}
	}
}
END_TEST

START_TEST(finds_the_first_or_nothing)
{
	struct label at[] = {LABEL("b", "1"), LABEL("a", "2"), LABEL("a", "3")};

	ck_assert(str_eq(labels_get(LABELS(at), STR("a")), STR("2")));
	ck_assert(str_eq(labels_get(LABELS(at), STR("c")), STR("")));
	ck_assert(str_eq(labels_get((struct labels){NULL, 0}, STR("c")), STR("")));
}
END_TEST

START_TEST(compares_and_hashes)
{
	struct label one[] = {LABEL("a", "1"), LABEL("b", "2")};
	struct label same[] = {LABEL("a", "1"), LABEL("b", "2")};
	struct label value[] = {LABEL("a", "1"), LABEL("b", "3")};
	struct label name[] = {LABEL("a", "1"), LABEL("c", "2")};
	struct label shifted[] = {LABEL("a", "1b"), LABEL("", "2")};
	struct labels shorter = {one, 1};

	ck_assert_int_eq(labels_cmp(LABELS(one), LABELS(same)), 0);
	ck_assert_int_lt(labels_cmp(LABELS(one), LABELS(value)), 0);
	ck_assert_int_gt(labels_cmp(LABELS(name), LABELS(one)), 0);
	ck_assert_int_lt(labels_cmp(shorter, LABELS(one)), 0);
	ck_assert_int_gt(labels_cmp(LABELS(one), shorter), 0);
	ck_assert_uint_eq(labels_hash(LABELS(one)), labels_hash(LABELS(same)));
	ck_assert_uint_ne(labels_hash(LABELS(one)), labels_hash(LABELS(value)));
	ck_assert_uint_ne(labels_hash(LABELS(one)), labels_hash(LABELS(name)));
	ck_assert_uint_ne(labels_hash(LABELS(one)), labels_hash(LABELS(shifted)));
	ck_assert_uint_ne(labels_hash(LABELS(one)), labels_hash(shorter));
}
END_TEST

START_TEST(takes_out_and_keeps)
{
	struct label at[] = {
		LABEL("a", "1"), LABEL("b", "2"), LABEL("a", "3"), LABEL("c", "4")};
	const struct str names[] = {STR("c"), STR("x"), STR("a")};
	struct labels l = labels_keep(LABELS(at), names, 3);

	ck_assert_uint_eq(l.count, 3);
	ck_assert(str_eq(l.at[1].value, STR("3")));
	ck_assert(str_eq(l.at[2].value, STR("4")));
	l = labels_without(l, STR("a"));
	ck_assert_uint_eq(l.count, 1);
	ck_assert(str_eq(l.at[0].value, STR("4")));
	l = labels_keep(l, NULL, 0);
	ck_assert_uint_eq(l.count, 0);
}
END_TEST

SUITE("labels", sorts_by_name_and_keeps_equal_ones, sorts_long_sets,
	finds_the_first_or_nothing, compares_and_hashes, takes_out_and_keeps)
