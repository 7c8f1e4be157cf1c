#include <string.h>

#include "engine/family.h"

#include "tests/suite.h"

START_TEST(catalogue_is_sorted)
{
	for (size_t i = 1; i < family_count(); i++)
		ck_assert_msg(strcmp(family_at(i - 1)->name, family_at(i)->name) < 0,
			"%s stands behind %s", family_at(i)->name,
			family_at(i - 1)->name);
}
END_TEST

START_TEST(every_family_is_found_by_its_name)
{
	for (size_t i = 0; i < family_count(); i++)
		ck_assert_ptr_eq(family_find(str_of(family_at(i)->name)), family_at(i));
	ck_assert_ptr_null(family_find(STR("workqueue_dept")));
	ck_assert_ptr_nonnull(family_find(
		STR("go_godebug_non_default_behavior_gotypesalias_events_total")));
}
END_TEST

START_TEST(rows_are_whole)
{
	for (size_t i = 0; i < family_count(); i++) {
		const struct family *f = family_at(i);

		if (f->type == NULL)
			continue;
		ck_assert_msg(
			f->what != NULL && strchr(f->what, '-') == NULL, "%s", f->name);
		ck_assert_msg(f->kind < FAMILY_HISTOGRAM || f->sends != 0, "%s", f->name);
		ck_assert_msg(f->instead_of == NULL ||
				      family_find(str_of(f->instead_of)) != NULL,
			"%s", f->name);
	}
}
END_TEST

static const struct series_row {
	const char *series;
	const char *family; /* NULL: none */
	enum family_part part;
} series_rows[] = {
	{"workqueue_depth", "workqueue_depth", PART_VALUE},
	{"workqueue_depth_sum", NULL, PART_VALUE},
	{"controller_runtime_reconcile_time_seconds_bucket",
		"controller_runtime_reconcile_time_seconds", PART_BUCKET},
	{"controller_runtime_reconcile_time_seconds_created",
		"controller_runtime_reconcile_time_seconds", PART_CREATED},
	{"controller_runtime_reconcile_time_seconds",
		"controller_runtime_reconcile_time_seconds", PART_NATIVE},
	{"go_gc_duration_seconds", "go_gc_duration_seconds", PART_QUANTILE},
	{"go_gc_duration_seconds_count", "go_gc_duration_seconds", PART_COUNT},
	{"go_gc_duration_seconds_bucket", NULL, PART_VALUE},
	{"_sum", NULL, PART_VALUE},
	{"", NULL, PART_VALUE},
};

START_TEST(series_to_family)
{
	for (size_t i = 0; i < sizeof(series_rows) / sizeof(series_rows[0]); i++) {
		const struct series_row *row = &series_rows[i];
		enum family_part part;
		size_t near = 0;
		const struct family *f =
			family_of_series(str_of(row->series), &near, &part);

		ck_assert_msg((f == NULL) == (row->family == NULL), "%s", row->series);
		if (f == NULL)
			continue;
		ck_assert_str_eq(f->name, row->family);
		ck_assert_int_eq(part, row->part);
	}
}
END_TEST

START_TEST(a_search_may_begin_anywhere)
{
	for (size_t from = 0; from <= family_count(); from++) {
		for (size_t i = 0; i < family_count(); i++) {
			struct str name = str_of(family_at(i)->name);
			struct str shorter = {name.at, name.len - 1};
			enum family_part part;
			size_t near = from;

			ck_assert_ptr_eq(
				family_of_series(name, &near, &part), family_at(i));
			near = from;
			ck_assert_ptr_eq(family_of_series(shorter, &near, &part),
				family_find(shorter));
		}
	}
}
END_TEST

static const struct guess_row {
	const char *name;
	const char *series, *declared;
	enum expo_type type;
	const char *family;
	enum family_part part;
} guess_rows[] = {
	{"a gauge", "x", "x", EXPO_GAUGE, "x", PART_VALUE},
	{"nothing declared", "x_bucket", "x_bucket", EXPO_UNKNOWN, "x_bucket",
		PART_VALUE},
	{"a bucket", "x_bucket", "x", EXPO_HISTOGRAM, "x", PART_BUCKET},
	{"a summary called _sum", "x_sum", "x_sum", EXPO_SUMMARY, "x_sum", PART_QUANTILE},
	{"its sum", "x_sum_sum", "x_sum", EXPO_SUMMARY, "x_sum", PART_SUM},
	{"OpenMetrics' counter", "x_total", "x", EXPO_COUNTER, "x_total", PART_VALUE},
	{"and its creation", "x_created", "x", EXPO_COUNTER, "x", PART_CREATED},
	{"OpenMetrics' info", "x_info", "x", EXPO_INFO, "x_info", PART_VALUE},
};

START_TEST(guesses)
{
	for (size_t i = 0; i < sizeof(guess_rows) / sizeof(guess_rows[0]); i++) {
		const struct guess_row *row = &guess_rows[i];
		enum family_part part;
		struct str family = family_guess(
			str_of(row->series), str_of(row->declared), row->type, &part);

		ck_assert_msg(str_eq(family, str_of(row->family)) && part == row->part,
			"%s: %.*s, part %d", row->name, STR_ARG(family), (int)part);
	}
}
END_TEST

START_TEST(details)
{
	ck_assert(family_has_detail(STR("latency"), STR("reconcile")));
	ck_assert(family_has_detail(STR("total_operations"), STR("reconcile")));
	ck_assert(!family_has_detail(STR("total_operations"), STR("add")));
	ck_assert(family_has_detail(STR("http_response_codes"), STR("api")));
	ck_assert(!family_has_detail(STR("threads"), STR("max")));
}
END_TEST

SUITE("family", catalogue_is_sorted, every_family_is_found_by_its_name, rows_are_whole,
	series_to_family, a_search_may_begin_anywhere, guesses, details)
