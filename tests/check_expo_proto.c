#include "engine/expo_proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/wire.h"
#include "tests/expo_dump.h"
#include "tests/files.h"
#include "tests/guard.h"
#include "tests/proto_text.h"
#include "tests/suite.h"

#define CEILING (64 << 20)

static struct arena *new_arena(size_t ceiling)
{
	struct arena *arena = arena_new(ceiling);

	ck_assert_ptr_nonnull(arena);
	return arena;
}

/* ---- what is read ---- */

struct row {
	const char *name;
	const char *page; /* proto_text.h */
	const char *dump; /* expo_dump.h */
};

static const struct row pages[] = {
	{"an empty page", "", ""},
	{"a counter", "{1:'a_total' 2:'help\n\\\\' 3:0 4:{3:{1:<5.5>}}}",
		"1 help a_total help\\n\\\\\n1 type a_total counter\n"
		"1 sample counter a_total a_total: a_total {} 5.5\n"},
	{"type and value left out, as proto3 does", "{1:'a' 4:{3:{}}}",
		"1 type a counter\n1 sample counter a a: a {} 0\n"},
	{"a gauge with labels and a time",
		"{1:'a' 3:1 4:{1:{1:'z' 2:'1'} 1:{1:'b'} 2:{1:<-2>} 6:1500}}",
		"1 type a gauge\n1 sample gauge a a{z=\\\"1\\\",b=\\\"\\\"}: a "
		"{z=\"1\",b=\"\"} -2 @1.5\n"},
	{"the fields in another order", "{4:{2:{1:<1>} 1:{2:'c' 1:'b'}} 3:1 1:'a'}",
		"1 type a gauge\n1 sample gauge a a{b=\\\"c\\\"}: a {b=\"c\"} 1\n"},
	{"an untyped value and a unit", "{1:'a' 3:3 4:{5:{1:<nan>}} 5:'seconds'}",
		"1 type a unknown\n1 unit a seconds\n1 sample unknown a a: a {} nan\n"},
	{"names that need quotes", "{1:'a.b' 3:1 4:{1:{1:'c d' 2:'\"\\\\\n'} 2:{1:<1>}}}",
		"1 type a.b gauge\n1 sample gauge a.b {\\\"a.b\\\",\\\"c "
		"d\\\"=\\\"\\\\\\\"\\\\\\\\\\\\n\\\"}: a.b {c d=\"\\\"\\\\\\n\"} 1\n"},
	{"a quoted name without labels", "{1:'a.b' 3:1 4:{2:{1:<1>}}}",
		"1 type a.b gauge\n1 sample gauge a.b {\\\"a.b\\\"}: a.b {} 1\n"},
	{"a summary",
		"{1:'a' 3:2 4:{1:{1:'b' 2:'c'} 4:{1:7 2:<1.5> 3:{1:<0.5> 2:<0.1>} "
		"3:{1:<0.99> 2:<nan>}}}}",
		"1 type a summary\n"
		"1 sample summary a a{b=\\\"c\\\",quantile=\\\"0.5\\\"}: a "
		"{b=\"c\",quantile=\"0.5\"} 0.10000000000000001\n"
		"1 sample summary a a{b=\\\"c\\\",quantile=\\\"0.99\\\"}: a "
		"{b=\"c\",quantile=\"0.99\"} nan\n"
		"1 sample summary a a_sum{b=\\\"c\\\"}: a_sum {b=\"c\"} 1.5\n"
		"1 sample summary a a_count{b=\\\"c\\\"}: a_count {b=\"c\"} 7\n"},
	{"a summary without quantiles", "{1:'a' 3:2 4:{4:{1:7}}}",
		"1 type a summary\n1 sample summary a a_sum: a_sum {} 0\n"
		"1 sample summary a a_count: a_count {} 7\n"},
	{"a histogram, +Inf added",
		"{1:'a' 3:4 4:{7:{1:3 2:<6> 3:{1:1 2:<0.005>} 3:{1:2 2:<1e-05>}}}}",
		"1 type a histogram\n"
		"1 sample histogram a a_bucket{le=\\\"0.005\\\"}: a_bucket "
		"{le=\"0.005\"} "
		"1\n"
		"1 sample histogram a a_bucket{le=\\\"1e-05\\\"}: a_bucket "
		"{le=\"1e-05\"} "
		"2\n"
		"1 sample histogram a a_bucket{le=\\\"+Inf\\\"}: a_bucket {le=\"+Inf\"} "
		"3\n"
		"1 sample histogram a a_sum: a_sum {} 6\n"
		"1 sample histogram a a_count: a_count {} 3\n"},
	{"+Inf on the page, counts as doubles",
		"{1:'a' 3:4 4:{7:{1:3 4:<3.5> 3:{1:1 4:<2.5> 2:<inf>}}}}",
		"1 type a histogram\n"
		"1 sample histogram a a_bucket{le=\\\"+Inf\\\"}: a_bucket {le=\"+Inf\"} "
		"2.5\n"
		"1 sample histogram a a_sum: a_sum {} 0\n"
		"1 sample histogram a a_count: a_count {} 3.5\n"},
	{"exemplars",
		"{1:'a_total' 4:{3:{1:<1> 2:{1:{1:'t' 2:'x'} 2:<0.5> 3:{1:12 "
		"2:500000000}}}}}"
		"{1:'b' 3:4 4:{7:{3:{2:<1> 3:{2:<0.25>}}}}}",
		"1 type a_total counter\n1 sample counter a_total a_total: a_total {} 1 "
		"# "
		"{t=\"x\"} 0.5 @12.5\n"
		"2 type b histogram\n"
		"2 sample histogram b b_bucket{le=\\\"1\\\"}: b_bucket {le=\"1\"} 0 # {} "
		"0.25\n"
		"2 sample histogram b b_bucket{le=\\\"+Inf\\\"}: b_bucket {le=\"+Inf\"} "
		"0\n"
		"2 sample histogram b b_sum: b_sum {} 0\n"
		"2 sample histogram b b_count: b_count {} 0\n"},
	{"fields that are not known",
		"{1:'a' 3:1 9:{1:2} 4:{2:{1:<1> 77:'x'} 99:5 98:<1>}}",
		"1 type a gauge\n1 sample gauge a a: a {} 1\n"},
	{"a family without metrics", "{1:'a' 2:'h' 3:1}", "1 help a h\n1 type a gauge\n"},
};

#define HISTOGRAM_DUMP(count, sum)                                                       \
	"1 type a histogram\n1 sample histogram a a_bucket{le=\\\"+Inf\\\"}: a_bucket "  \
	"{le=\"+Inf\"} " count "\n1 sample histogram a a_sum: a_sum {} " sum             \
	"\n1 sample histogram a a_count: a_count {} " count "\n"

static const struct row natives[] = {
	{"deltas, empty buckets, a gap",
		"{1:'a' 3:4 4:{7:{1:12 2:<6> 5:s3 6:<1e-09> 7:2 12:{1:s-2 2:3} 12:{1:s4 "
		"2:1} "
		"13:s3 13:s-3 13:s2 13:s3}}}",
		HISTOGRAM_DUMP(
			"12", "6") "1 native a: schema 3 zero 1.0000000000000001e-09:2 "
				   "count 12 sum 6 -2:3 0:2 "
				   "5:5\n"},
	{"packed deltas on both sides",
		"{1:'a' 3:4 4:{7:{1:9 5:s0 12:{1:s1 2:2} 13:[s4 s-1] 9:{1:s0 2:1} "
		"10:[s2]}}}",
		HISTOGRAM_DUMP("9", "0") "1 native a: schema 0 zero 0:0 count 9 sum 0 "
					 "1:4 2:3 -0:2\n"},
	{"counts as doubles",
		"{1:'a' 3:4 4:{7:{4:<1.5> 8:<0.25> 5:s-4 12:{1:s1 2:2} 14:<0.5> "
		"14:[<0.75>]}}}",
		HISTOGRAM_DUMP("1.5", "0") "1 native a: schema -4 zero 0:0.25 count 1.5 "
					   "sum 0 1:0.5 2:0.75\n"},
	{"no observation, a span of none",
		"{1:'a' 3:4 4:{7:{12:{} 15:{1:1700000000 2:123456789}}}}",
		HISTOGRAM_DUMP("0", "0") "1 native a: schema 0 zero 0:0 count 0 sum 0 "
					 "created 1700000000123\n"},
	{"exemplars of its own",
		"{1:'a' 3:4 4:{7:{6:<1> 16:{1:{1:'t' 2:'x'} 1:{1:'u' 2:'y'} 2:<1> "
		"3:{1:5}} "
		"16:{1:{1:'t' 2:'z'} 2:<2>}}}}",
		HISTOGRAM_DUMP("0", "0") "1 native a: schema 0 zero 1:0 count 0 sum 0 # "
					 "{t=\"x\",u=\"y\"} 1 @5 # "
					 "{t=\"z\"} 2\n"},
	{"custom buckets, bounds of the classic ones",
		"{1:'a' 3:4 4:{7:{1:3 5:s-53 3:{1:1 2:<1>} 3:{1:1 2:<2>} 3:{1:3 2:<inf>} "
		"12:{1:s0 2:1} 12:{1:s1 2:1} 13:s1 13:s1}}}",
		"1 type a histogram\n"
		"1 sample histogram a a_bucket{le=\\\"1\\\"}: a_bucket {le=\"1\"} 1\n"
		"1 sample histogram a a_bucket{le=\\\"2\\\"}: a_bucket {le=\"2\"} 1\n"
		"1 sample histogram a a_bucket{le=\\\"+Inf\\\"}: a_bucket {le=\"+Inf\"} "
		"3\n"
		"1 sample histogram a a_sum: a_sum {} 0\n"
		"1 sample histogram a a_count: a_count {} 3\n"
		"1 native a: schema -53 zero 0:0 count 3 sum 0 0:1 2:2 <=1 <=2\n"},
	{"a gauge histogram", "{1:'a' 3:5 4:{7:{1:1 2:<2> 12:{1:s0 2:1} 13:s1}}}",
		"1 type a gaugehistogram\n"
		"1 sample gaugehistogram a a_bucket{le=\\\"+Inf\\\"}: a_bucket "
		"{le=\"+Inf\"} 1\n"
		"1 sample gaugehistogram a a_sum: a_sum {} 2\n"
		"1 sample gaugehistogram a a_count: a_count {} 1\n"
		"1 native gauge a: schema 0 zero 0:0 count 1 sum 2 0:1\n"},
	{"an unknown schema", "{1:'a' 3:4 4:{7:{5:s9 6:<1>}}}",
		HISTOGRAM_DUMP("0",
			"0") "1:8 bad: a native histogram of an unknown schema: a\n"},
	{"fewer counts than the spans hold",
		"{1:'a' 3:4 4:{7:{12:{2:2147483648} 13:s1}}}",
		HISTOGRAM_DUMP("0", "0") "1:8 bad: fewer native buckets than their spans "
					 "hold, or a count below 0: a\n"},
	{"more counts than the spans hold", "{1:'a' 3:4 4:{7:{12:{2:1} 13:s1 13:s1}}}",
		HISTOGRAM_DUMP("0",
			"0") "1:8 bad: more native buckets than their spans hold: a\n"},
	{"a count below 0", "{1:'a' 3:4 4:{7:{12:{2:2} 13:s1 13:s-2}}}",
		HISTOGRAM_DUMP("0", "0") "1:8 bad: fewer native buckets than their spans "
					 "hold, or a count below 0: a\n"},
	{"deltas that overflow",
		"{1:'a' 3:4 4:{7:{12:{2:2} 13:s9223372036854775807 13:s1}}}",
		HISTOGRAM_DUMP("0", "0") "1:8 bad: fewer native buckets than their spans "
					 "hold, or a count below 0: a\n"},
	{"spans that go back", "{1:'a' 3:4 4:{7:{12:{2:1} 12:{1:s-1 2:1} 13:s1 13:s1}}}",
		HISTOGRAM_DUMP(
			"0", "0") "1:8 bad: native buckets whose spans overlap: a\n"},
	{"an index out of range",
		"{1:'a' 3:4 4:{7:{12:{1:s9223372036854775806 2:1} 13:s1}}}",
		HISTOGRAM_DUMP("0", "0") "1:8 bad: a native bucket out of range: a\n"},
	{"a count that is no number", "{1:'a' 3:4 4:{7:{12:{2:1} 14:<nan>}}}",
		HISTOGRAM_DUMP("0", "0") "1:8 bad: fewer native buckets than their spans "
					 "hold, or a count below 0: a\n"},
	{"a custom bucket without a bound",
		"{1:'a' 3:4 4:{7:{5:s-53 12:{1:s1 2:1} 13:s1}}}",
		HISTOGRAM_DUMP("0", "0") "1:8 bad: a custom bucket without a bound: a\n"},
};

#define GOOD      "{1:'b' 3:1 4:{2:{1:<1>}}}"
#define GOOD_DUMP "2 type b gauge\n2 sample gauge b b: b {} 1\n"
#define BROKEN    "bytes that are no metric family\n"

static const struct row bad_pages[] = {
	{"an empty message", "{}" GOOD,
		"1:1 bad: a metric family without a name\n" GOOD_DUMP},
	{"a name that is a number", "{1:5}" GOOD, "1:1 bad: " BROKEN GOOD_DUMP},
	{"a metric that is a number", "{1:'a' 4:{2:{1:<1>}} 4:5}" GOOD,
		"1:17 bad: " BROKEN GOOD_DUMP},
	{"a value of another type, deep inside", "{1:'a' 4:{3:{1:5}}}" GOOD,
		"1:8 bad: " BROKEN GOOD_DUMP},
	{"a length beyond its message", "{1:'a' 4:{x0aff7f}}" GOOD,
		"1:6 bad: " BROKEN GOOD_DUMP},
	{"a group", "{1:'a' x23}" GOOD, "1:4 bad: " BROKEN GOOD_DUMP},
	{"field number 0", "{1:'a' x0000}" GOOD, "1:4 bad: " BROKEN GOOD_DUMP},
	{"a varint of 11 bytes", "{1:'a' x18ffffffffffffffffffff01}" GOOD,
		"1:4 bad: " BROKEN GOOD_DUMP},
	{"packed doubles with a rest", "{1:'a' 3:4 4:{7:{14:'123456789'}}}" GOOD,
		"1:10 bad: " BROKEN GOOD_DUMP},
	{"an unknown type", "{1:'a' 3:6}" GOOD,
		"1:1 bad: a metric family of an unknown type: a\n" GOOD_DUMP},
	{"a name that is no UTF-8", "{x0a01ff}" GOOD,
		"1:1 bad: a metric name that is not UTF-8: \xff\n" GOOD_DUMP},
	{"one metric of three without its value",
		"{1:'a' 3:1 4:{2:{1:<1>}} 4:{3:{1:<1>}} 4:{2:{1:<3>}}}",
		"1 type a gauge\n1 sample gauge a a: a {} 1\n"
		"1:21 bad: a metric without a value of its family's type: a\n"
		"1 sample gauge a a: a {} 3\n"},
	{"a label name that stands twice",
		"{1:'a' 3:1 4:{1:{1:'b'} 1:{1:'c'} 1:{1:'b'} 2:{1:<1>}}}",
		"1 type a gauge\n1:8 bad: a label name that stands twice: a\n"},
	{"an empty label name", "{1:'a' 3:1 4:{1:{2:'b'} 2:{1:<1>}}}",
		"1 type a gauge\n1:8 bad: an empty label name: a\n"},
	{"a label called __name__", "{1:'a' 3:1 4:{1:{1:'__name__'} 2:{1:<1>}}}",
		"1 type a gauge\n1:8 bad: a label called __name__: a\n"},
	{"a label value that is no UTF-8", "{1:'a' 3:1 4:{1:{1:'b' x1201ff} 2:{1:<1>}}}",
		"1 type a gauge\n1:8 bad: a label that is not UTF-8: a\n"},
	{"a label le on a histogram", "{1:'a' 3:4 4:{1:{1:'le'} 7:{}}}",
		"1 type a histogram\n1:8 bad: a label of the name that buckets or "
		"quantiles have in text: a\n"},
	{"a page cut short", GOOD "{1:'b'}x05",
		"1 type b gauge\n1 sample gauge b b: b {} 1\n2 type b counter\n"
		"cut: message 3 does not end on the page: it was cut short\n"},
	{"a length that is none", "xffffffffffffffffffff7f",
		"cut: message 1 does not end on the page: it was cut short\n"},
};

static void check_rows(const struct row *rows, size_t count)
{
	struct buf page, dump;

	buf_init(&page, CEILING);
	buf_init(&dump, CEILING);
	for (size_t i = 0; i < count; i++) {
		buf_reset(&page);
		buf_reset(&dump);
		proto_text_add(&page, rows[i].page);
		expo_dump(&dump, EXPO_PROTOBUF, buf_str(&page));
		ck_assert_msg(str_eq(buf_str(&dump), str_of(rows[i].dump)),
			"%s:\n%.*s, not\n%s", rows[i].name, STR_ARG(buf_str(&dump)),
			rows[i].dump);
	}
	buf_free(&page);
	buf_free(&dump);
}

START_TEST(pages_are_read)
{
	check_rows(pages, sizeof(pages) / sizeof(pages[0]));
}
END_TEST

START_TEST(native_histograms_are_read)
{
	check_rows(natives, sizeof(natives) / sizeof(natives[0]));
}
END_TEST

START_TEST(what_is_bad_is_passed_over)
{
	check_rows(bad_pages, sizeof(bad_pages) / sizeof(bad_pages[0]));
}
END_TEST

/* ---- real pages ---- */

/* For free(). */
static char *read_twin(const char *suffix, struct str *page)
{
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "tests/data/twins/operator.%s", suffix);
	struct files files = files_match(pattern);
	char *bytes = files_read(files.paths[0], &page->len);
	page->at = bytes;
	files_free(&files);
	return bytes;
}

/* The same operator, asked for text and for protobuf 18 ms apart: the same series in the
 * same order. Of values only those that do not move may be compared. */
START_TEST(a_page_has_the_series_of_its_text_twin)
{
	struct str text, proto;
	char *text_bytes = read_twin("txt", &text);
	char *proto_bytes = read_twin("pb", &proto);
	struct arena *arena = new_arena(CEILING);
	struct expo t, p;
	struct expo_entry a, b;
	size_t samples = 0, equal = 0, natives_seen = 0;

	expo_init(&t, EXPO_TEXT, text, arena);
	expo_init(&p, EXPO_PROTOBUF, proto, arena);
	while (expo_next(&p, &b)) {
		natives_seen += b.kind == EXPO_NATIVE;
		if (b.kind == EXPO_NATIVE || b.kind == EXPO_UNIT)
			continue;
		ck_assert(expo_next(&t, &a));
		ck_assert_int_eq(a.kind, b.kind);
		ck_assert_msg(str_eq(a.name, b.name), "%.*s", STR_ARG(a.name));
		if (a.kind == EXPO_TYPE)
			ck_assert_int_eq(a.type, b.type);
		if (a.kind == EXPO_HELP)
			ck_assert(str_eq(a.help_or_unit, b.help_or_unit));
		if (a.kind != EXPO_SAMPLE)
			continue;
		ck_assert_msg(str_eq(a.series, b.series), "%.*s, not %.*s",
			STR_ARG(b.series), STR_ARG(a.series));
		ck_assert(str_eq(a.family, b.family));
		ck_assert_int_eq(a.type, b.type);
		ck_assert_uint_eq(a.labels.count, b.labels.count);
		for (size_t i = 0; i < a.labels.count; i++) {
			ck_assert(str_eq(a.labels.at[i].name, b.labels.at[i].name));
			ck_assert(str_eq(a.labels.at[i].value, b.labels.at[i].value));
		}
		ck_assert_int_eq(a.has_timestamp, b.has_timestamp);
		samples++;
		equal += !(a.value < b.value) && !(a.value > b.value);
	}
	ck_assert(!expo_next(&t, &a));
	ck_assert_uint_gt(samples, 500);
	ck_assert_uint_gt(equal, samples * 9 / 10);
	ck_assert_uint_gt(natives_seen, 5);
	arena_free(arena);
	free(text_bytes);
	free(proto_bytes);
}
END_TEST

/* ---- hostile pages ---- */

/* Entries read until the end; is the page whole? */
static bool read_all(struct str page, size_t *samples)
{
	struct arena *arena = new_arena(CEILING);
	struct expo_entry e;
	struct expo x;

	*samples = 0;
	expo_init(&x, EXPO_PROTOBUF, page, arena);
	while (expo_next(&x, &e))
		*samples += e.kind == EXPO_SAMPLE;
	bool is_whole = expo_whole(&x, NULL);

	arena_free(arena);
	return is_whole;
}

/* Where the messages of a page begin. */
static bool is_boundary(struct str page, size_t at)
{
	struct wire w = wire_of(page);
	struct str message;

	while (w.at < page.at + at)
		ck_assert(wire_bytes(&w, &message));
	return w.at == page.at + at;
}

START_TEST(every_prefix_is_cut_short_but_between_messages)
{
	enum { LONGEST = 6000 };
	struct guard guard = guard_new(LONGEST);
	struct str page;
	char *bytes = read_twin("pb", &page);
	size_t samples;

	for (size_t len = 0; len <= LONGEST; len++) {
		struct str prefix = guard_copy(&guard, (struct str){page.at, len});

		ck_assert_msg(
			read_all(prefix, &samples) == is_boundary(page, len), "%zu", len);
	}
	guard_free(&guard);
	free(bytes);
}
END_TEST

/* Each byte in turn, changed in three ways: nothing is read outside of the page, nothing
 * hangs. */
START_TEST(changed_bytes_do_no_harm)
{
	static const unsigned char flips[] = {0x01, 0x80, 0xff};
	struct guard guard;
	struct buf page;

	buf_init(&page, CEILING);
	for (size_t i = 0; i < sizeof(natives) / sizeof(natives[0]); i++)
		proto_text_add(&page, natives[i].page);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		proto_text_add(&page, pages[i].page);
	guard = guard_new(page.len);
	struct str copy = guard_copy(&guard, buf_str(&page));
	size_t samples, before;

	ck_assert(read_all(copy, &before));
	ck_assert_uint_gt(before, 50);
	for (size_t i = 0; i < copy.len; i++)
		for (size_t f = 0; f < sizeof(flips); f++) {
			guard.pages[guard.size - copy.len + i] ^= (char)flips[f];
			(void)read_all(copy, &samples);
			ck_assert_uint_lt(samples, 2 * before);
			guard.pages[guard.size - copy.len + i] ^= (char)flips[f];
		}
	guard_free(&guard);
	buf_free(&page);
}
END_TEST

/* Whatever the ceiling, the page is read to its end; what had no room is said. */
START_TEST(an_arena_that_is_too_small_is_said)
{
	struct buf page;
	bool was_said = false, was_whole = false;

	buf_init(&page, CEILING);
	for (size_t i = 0; i < sizeof(natives) / sizeof(natives[0]); i++)
		proto_text_add(&page, natives[i].page);
	for (size_t ceiling = 0; ceiling < 16384; ceiling += 16) {
		struct arena *arena = new_arena(ceiling);
		struct expo_entry e;
		struct expo x;
		size_t without_memory = 0;

		expo_init(&x, EXPO_PROTOBUF, buf_str(&page), arena);
		while (expo_next(&x, &e))
			without_memory +=
				e.kind == EXPO_BAD && e.error.code == ERR_MEMORY;
		ck_assert(expo_whole(&x, NULL));
		was_said |= without_memory > 0;
		was_whole |= without_memory == 0;
		arena_free(arena);
	}
	ck_assert(was_said && was_whole);
	buf_free(&page);
}
END_TEST

/* Labels are compared with each other, but not each with each. */
START_TEST(many_labels_take_no_square_time)
{
	enum { LABELS = 50000 };
	struct buf page, message;
	char text[64];

	buf_init(&page, CEILING);
	buf_init(&message, CEILING);
	buf_add(&message, STR("{1:'a' 3:1 4:{2:{1:<1>}"));
	for (int i = 0; i < LABELS; i++) {
		snprintf(text, sizeof(text), " 1:{1:'l%d'}", i);
		buf_add(&message, str_of(text));
	}
	buf_add(&message, STR("}}"));
	buf_addc(&message, '\0');
	proto_text_add(&page, message.at);
	size_t samples;

	ck_assert(read_all(buf_str(&page), &samples));
	ck_assert_uint_eq(samples, 1);
	buf_free(&page);
	buf_free(&message);
}
END_TEST

SUITE("expo_proto", pages_are_read, native_histograms_are_read,
	what_is_bad_is_passed_over, a_page_has_the_series_of_its_text_twin,
	every_prefix_is_cut_short_but_between_messages, changed_bytes_do_no_harm,
	an_arena_that_is_too_small_is_said, many_labels_take_no_square_time)
