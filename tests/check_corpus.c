/* Data of others, kept outside this repository: the cases of public test suites, and
 * pages of real operators. CORPUS is the folder that holds both (by default
 * ../shared/corpus beside the source tree); without it everything here is skipped. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/buf.h"
#include "engine/expo.h"
#include "tests/expo_dump.h"
#include "tests/files.h"
#include "tests/guard.h"
#include "tests/suite.h"

static const char *corpus(void)
{
	static char beside[4096];
	const char *srcdir = getenv("srcdir");
	const char *given = getenv("CORPUS");

	snprintf(beside, sizeof(beside), "%s/../shared/corpus",
		srcdir == NULL ? "." : srcdir);
	return given != NULL ? given : beside;
}

/* ---- cases ---- */

struct test_case {
	const char *id, *tier, *wanted;
	enum expo_format format;
	json_t *samples; /* NULL: the suite names none */
	struct buf page; /* owned */
};

static void decode_base64(const char *text, struct buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0;
	int count = 0;

	for (; *text != '\0' && *text != '='; text++) {
		bits = bits << 6 | (unsigned int)(strchr(digits, *text) - digits);
		count += 6;
		if (count >= 8) {
			count -= 8;
			buf_addc(out, (char)(bits >> count));
		}
	}
}

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Calls take for each case. */
static void each_case(void (*take)(const struct test_case *))
{
	char path[4200];
	size_t count = 0;
	size_t len;

	snprintf(path, sizeof(path), "%s/parser/cases.jsonl", corpus());
	char *lines = files_read(path, &len);
	char *next = lines;
	for (char *line = strsep(&next, "\n"); line != NULL; line = strsep(&next, "\n")) {
		json_error_t why;
		json_t *object = json_loads(line, 0, &why);
		if (object == NULL)
			continue;
		struct test_case c = {
			.id = text_of(object, "id"),
			.tier = text_of(object, "tier"),
			.wanted = text_of(object, "suite_expect"),
			.format = strcmp(text_of(object, "format"), "text-0.0.4") == 0
					  ? EXPO_TEXT
					  : EXPO_OPENMETRICS,
			.samples = json_object_get(object, "samples"),
		};
		buf_init(&c.page, 16 << 20);
		decode_base64(text_of(object, "input_b64"), &c.page);
		take(&c);
		buf_free(&c.page);
		json_decref(object);
		count++;
	}
	free(lines);
	ck_assert_uint_gt(count, 100);
}

/* How many violations a scrape or a check tells. */
static size_t violations(const struct test_case *c, bool is_strict)
{
	struct buf out;
	size_t count = 0;

	buf_init(&out, 64 << 20);
	if (is_strict)
		expo_dump_check(&out, c->format, buf_str(&c->page));
	else
		expo_dump(&out, c->format, buf_str(&c->page));
	buf_addc(&out, '\0');
	if (is_strict) {
		count = out.len > 1;
	} else {
		count += strncmp(out.at, "cut: ", 5) == 0 ||
			 strstr(out.at, "\ncut: ") != NULL;
		for (const char *bad = out.at; (bad = strstr(bad, " bad: ")) != NULL;
			bad++)
			count += strspn(bad - 1, "0123456789") > 0;
	}
	buf_free(&out);
	return count;
}

static void judge_case(const struct test_case *c)
{
	bool is_told_by_scrape = violations(c, false) > 0;
	bool is_told_by_check = violations(c, true) > 0;
	bool is_rejected = strcmp(c->wanted, "reject") == 0;

	ck_assert_msg(!is_told_by_scrape || is_told_by_check,
		"%s: check tells less than scrape", c->id);
	if (strcmp(c->tier, "T1") == 0) {
		ck_assert_msg(is_told_by_scrape == is_rejected, "%s: scrape", c->id);
		ck_assert_msg(is_told_by_check == is_rejected, "%s: check", c->id);
	}
	if (strcmp(c->tier, "T2") == 0) {
		ck_assert_msg(!is_told_by_scrape, "%s: scrape", c->id);
		ck_assert_msg(is_told_by_check, "%s: check", c->id);
	}
}

START_TEST(cases_are_read_and_refused_as_they_should)
{
	each_case(judge_case);
}
END_TEST

static bool is_near(double value, const char *wanted)
{
	double number = 0;

	ck_assert_msg(str_to_double(str_of(wanted), &number), "%s", wanted);
	return isnan(number) ? isnan(value)
			     : !(fabs(value - number) > 1e-9 + 1e-15 * fabs(number));
}

static bool has_labels(struct labels labels, json_t *wanted)
{
	const char *key;
	json_t *value;

	json_object_foreach(wanted, key, value)
	{
		struct str text = {json_string_value(value), json_string_length(value)};

		if (!str_eq(labels_get(labels, str_of(key)), text))
			return false;
	}
	return labels.count == json_object_size(wanted);
}

static bool is_sample(const struct expo_entry *e, enum expo_format format, json_t *wanted)
{
	json_t *exemplar = json_object_get(wanted, "exemplar");
	const char *timestamp = text_of(wanted, "ts");

	if (format == EXPO_OPENMETRICS &&
		!str_eq(e->name, str_of(text_of(wanted, "name"))))
		return false;
	if (e->has_timestamp != (timestamp != NULL) ||
		(e->has_timestamp && !is_near(e->timestamp_seconds, timestamp)))
		return false;
	if (e->has_exemplar != json_is_object(exemplar) ||
		(e->has_exemplar && !has_labels(e->exemplar.labels,
					    json_object_get(exemplar, "labels"))))
		return false;
	return has_labels(e->labels, json_object_get(wanted, "labels")) &&
	       is_near(e->value, text_of(wanted, "value"));
}

/* Each sample that the suite's parser names is one of ours, in the same order; it leaves
 * out some of one timestamp. */
static void compare_samples(const struct test_case *c)
{
	struct arena *arena = arena_new(64 << 20);
	struct expo_entry e;
	struct expo x;
	size_t found = 0;

	ck_assert_ptr_nonnull(arena);
	expo_init(&x, c->format, buf_str(&c->page), arena);
	while (expo_next(&x, &e))
		if (e.kind == EXPO_SAMPLE && found < json_array_size(c->samples))
			found += is_sample(
				&e, c->format, json_array_get(c->samples, found));
	ck_assert_msg(found == json_array_size(c->samples) || strcmp(c->tier, "T1") != 0,
		"%s: sample %zu", c->id, found);
	arena_free(arena);
}

START_TEST(samples_of_cases_are_what_others_read)
{
	each_case(compare_samples);
}
END_TEST

static void read_prefixes(const struct test_case *c)
{
	struct guard guard = guard_new(c->page.len);
	size_t step = 1 + c->page.len / 1000;

	for (size_t len = 0; len <= c->page.len; len += step) {
		struct str page = guard_copy(&guard, (struct str){c->page.at, len});
		struct arena *arena = arena_new(64 << 20);
		struct expo_entry e;
		struct expo x;

		ck_assert_ptr_nonnull(arena);
		expo_init(&x, c->format, page, arena);
		while (expo_next(&x, &e))
			ck_assert_uint_le(e.text.len, len);
		arena_free(arena);
	}
	guard_free(&guard);
}

START_TEST(prefixes_of_cases_are_read_and_nothing_behind_them)
{
	each_case(read_prefixes);
}
END_TEST

/* ---- pages ---- */

/* The HTTP status of a page, from the status file beside it. */
static int status_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char status_path[4200];
	int status = 200;
	size_t len;

	snprintf(status_path, sizeof(status_path), "%.*s/status", (int)(slash - path),
		path);
	char *lines = files_read(status_path, &len);
	char *next = lines;
	for (char *line = strsep(&next, "\n"); line != NULL; line = strsep(&next, "\n"))
		if (strncmp(line, slash + 1, strcspn(line, " ")) == 0 && *line != '\0')
			status = atoi(line + strcspn(line, " "));
	free(lines);
	return status;
}

static void read_page(const char *path)
{
	struct arena *arena = arena_new(64 << 20);
	struct expo_entry e;
	struct expo x;
	struct err why;
	enum expo_format format;
	size_t samples = 0;
	size_t len;
	char *page = files_read(path, &len);

	ck_assert(expo_format_of_suffix(str_of(strrchr(path, '.') + 1), &format));
	expo_init(&x, format, (struct str){page, len}, arena);
	while (expo_next(&x, &e)) {
		ck_assert_msg(e.kind != EXPO_BAD, "%s:%zu:%zu: %s", path, e.error.line,
			e.error.column, e.error.text);
		ck_assert_msg(e.lapse == NULL, "%s:%zu: %s", path, e.line, e.lapse);
		samples += e.kind == EXPO_SAMPLE;
	}
	ck_assert_msg(expo_whole(&x, &why), "%s: %s", path, why.text);
	ck_assert_msg(samples > 100, "%s: %zu samples", path, samples);
	arena_free(arena);
	free(page);
}

START_TEST(pages_of_real_operators_have_no_bad_line)
{
	char pattern[4200];

	snprintf(pattern, sizeof(pattern), "%s/pages/*/*/*.{txt,om}", corpus());
	struct files pages = files_match(pattern);
	for (size_t i = 0; i < pages.count; i++)
		if (status_of(pages.paths[i]) == 200)
			read_page(pages.paths[i]);
	files_free(&pages);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		cases_are_read_and_refused_as_they_should,
		samples_of_cases_are_what_others_read,
		prefixes_of_cases_are_read_and_nothing_behind_them,
		pages_of_real_operators_have_no_bad_line,
	};

	if (access(corpus(), R_OK) != 0) {
		printf("skipped: no folder %s; CORPUS=DIR names another\n", corpus());
		return 77;
	}
	return suite_run("corpus", tests, sizeof(tests) / sizeof(tests[0]));
}
