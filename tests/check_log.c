#include "engine/log.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

struct written {
	int count;
	enum log_level level;
	char text[1100];
};

static void keep(void *ctx, enum log_level level, const char *text)
{
	struct written *w = ctx;

	w->count++;
	w->level = level;
	snprintf(w->text, sizeof(w->text), "%s", text);
}

START_TEST(writes_one_escaped_line)
{
	struct written w = {.count = 0};
	struct log log = {&w, keep};

	log_emit(&log, LOG_LEVEL_INFO, "%s\n%d", "a", 5);
	ck_assert_int_eq(w.count, 1);
	ck_assert_int_eq(w.level, LOG_LEVEL_INFO);
	ck_assert_str_eq(w.text, "a\\x0a5");
}
END_TEST

START_TEST(cuts_the_text_but_not_the_count)
{
	struct written w = {.count = 0};
	struct log log = {&w, keep};
	struct complaint c = {.pause_ms = 0};
	char text[1200];

	memset(text, 'a', sizeof(text));
	log_emit(&log, LOG_LEVEL_INFO, "%.*s", 1000, text);
	ck_assert_uint_eq(strlen(w.text), 1000);
	ck_assert_int_eq(w.text[999], 'a');
	log_emit(&log, LOG_LEVEL_INFO, "%.*s", 1001, text);
	ck_assert_uint_eq(strlen(w.text), 1000);
	ck_assert_str_eq(w.text + 996, "a...");
	for (int64_t now_ms = 0; now_ms <= 60000; now_ms += 30000)
		log_complain(&log, &c, now_ms, LOG_LEVEL_WARNING, "%.*s", 1100, text);
	ck_assert_uint_eq(strlen(w.text), 1000);
	ck_assert_ptr_nonnull(strstr(w.text, "a... (2 times since the last message)"));
}
END_TEST

/* A failure every 10 s for 5 h: the lines come at 0, 1, 3, 7, 15, 31, 63, 127, 191, 255
 * min. */
START_TEST(complains_with_growing_pauses)
{
	static const int64_t minutes[] = {0, 1, 3, 7, 15, 31, 63, 127, 191, 255};
	const int64_t start_ms = INT64_C(1700000000000);
	struct written w = {.count = 0};
	struct log log = {&w, keep};
	struct complaint c = {.pause_ms = 0};
	const int64_t end = 18000;

	for (int64_t t = 0; t < end; t += 10) {
		int before = w.count;

		log_complain(&log, &c, start_ms + t * 1000, LOG_LEVEL_WARNING, "no");
		if (w.count == before)
			continue;
		ck_assert_int_lt(before, 10);
		ck_assert_int_eq(t, minutes[before] * 60);
		ck_assert_int_eq(w.level, LOG_LEVEL_WARNING);
		if (before == 0)
			ck_assert_str_eq(w.text, "no");
		if (before == 1)
			ck_assert_str_eq(w.text, "no (6 times since the last message)");
		if (before == 2)
			ck_assert_str_eq(w.text, "no (12 times since the last message)");
	}
	ck_assert_int_eq(w.count, 10);
	log_recovered(&log, &c, start_ms + end * 1000, "well");
	ck_assert_int_eq(w.count, 11);
	ck_assert_int_eq(w.level, LOG_LEVEL_NOTICE);
	ck_assert_str_eq(w.text, "well (after 18000 s)");
	log_recovered(&log, &c, start_ms + end * 1000, "well");
	ck_assert_int_eq(w.count, 11);
	log_complain(&log, &c, start_ms + end * 1000, LOG_LEVEL_ERROR, "again");
	ck_assert_int_eq(w.count, 12);
	ck_assert_str_eq(w.text, "again");
}
END_TEST

/* Every second for 5 h it fails, and is well again: said, with its end, at 0, 0, 2, 6,
 * 14, 30, 62, 126, 190, 254 min and some seconds. Then it fails for good, and is well. */
START_TEST(complains_of_what_comes_and_goes_with_growing_pauses)
{
	static const int64_t minutes[] = {0, 0, 2, 6, 14, 30, 62, 126, 190, 254};
	const int64_t start_ms = INT64_C(1700000000000);
	const int64_t end_ms = start_ms + INT64_C(18000) * 1000;
	struct written w = {.count = 0};
	struct log log = {&w, keep};
	struct complaint c = {.pause_ms = 0};
	int64_t now_ms;

	for (now_ms = start_ms; now_ms < end_ms; now_ms += 1000) {
		int before = w.count;

		log_complain(&log, &c, now_ms, LOG_LEVEL_WARNING, "no");
		if (w.count != before) {
			ck_assert_int_lt(before / 2, 10);
			ck_assert_int_eq(
				(now_ms - start_ms) / 60000, minutes[before / 2]);
		}
		log_recovered(&log, &c, now_ms + 500, "well");
		ck_assert_int_eq(w.count % 2, 0);
	}
	ck_assert_int_eq(w.count, 20);
	for (; w.count == 20; now_ms += 1000)
		log_complain(&log, &c, now_ms, LOG_LEVEL_WARNING, "no");
	ck_assert_int_eq((now_ms - start_ms) / 60000, 318);
	log_recovered(&log, &c, now_ms, "well");
	ck_assert_int_eq(w.count, 22);
	log_complain(&log, &c, now_ms + 3840000, LOG_LEVEL_WARNING, "no");
	ck_assert_int_eq(w.count, 23);
	ck_assert_str_eq(w.text, "no");
}
END_TEST

START_TEST(goes_on_when_the_clock_is_set_back)
{
	struct written w = {.count = 0};
	struct log log = {&w, keep};
	struct complaint c = {.pause_ms = 0};

	log_complain(&log, &c, INT64_C(1700000000000), LOG_LEVEL_WARNING, "no");
	log_complain(&log, &c, INT64_C(1600000000000), LOG_LEVEL_WARNING, "no");
	ck_assert_int_eq(w.count, 2);
	log_complain(&log, &c, INT64_C(1600000001000), LOG_LEVEL_WARNING, "no");
	ck_assert_int_eq(w.count, 2);
}
END_TEST

START_TEST(nobody_may_listen)
{
	struct complaint c = {.pause_ms = 0};

	log_emit(NULL, LOG_LEVEL_ERROR, "a");
	log_complain(NULL, &c, 0, LOG_LEVEL_WARNING, "no");
	ck_assert_int_gt(c.pause_ms, 0);
	log_recovered(NULL, &c, 1000, "well");
	ck_assert_int_eq(c.pause_ms, 0);
}
END_TEST

SUITE("log", nobody_may_listen, writes_one_escaped_line, cuts_the_text_but_not_the_count,
	complains_with_growing_pauses,
	complains_of_what_comes_and_goes_with_growing_pauses,
	goes_on_when_the_clock_is_set_back)
