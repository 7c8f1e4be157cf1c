#include "engine/str.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/numbers.h"
#include "tests/suite.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A negative zero is another one than zero; a NaN is as good as another. */
static bool same_double(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	return !(a < b) && !(a > b) && signbit(a) == signbit(b);
}

START_TEST(compares)
{
	static const struct {
		const char *name, *a, *b;
		int order;
	} rows[] = {
		{"equal", "abc", "abc", 0},
		{"both empty", "", "", 0},
		{"prefix first", "ab", "abc", -1},
		{"empty first", "", "a", -1},
		{"by byte", "abd", "abc", 1},
		{"bytes are unsigned", "\xc3", "z", 1},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct str a = str_of(rows[i].a);
		struct str b = str_of(rows[i].b);
		int order = str_cmp(a, b);

		ck_assert_msg((order > 0) - (order < 0) == rows[i].order, "%s: %d",
			rows[i].name, order);
		order = str_cmp(b, a);
		ck_assert_msg((order > 0) - (order < 0) == -rows[i].order,
			"%s, turned: %d", rows[i].name, order);
		ck_assert_msg(str_eq(a, b) == (rows[i].order == 0), "%s", rows[i].name);
	}
	ck_assert(str_eq(str_of(NULL), STR("")));
	ck_assert(!str_eq(STR("a\0b"), STR("a\0c")));
}
END_TEST

/* Of every length: one byte that differs is seen wherever it stands. */
START_TEST(equal_to_the_last_byte)
{
	for (size_t len = 0; len < 40; len++) {
		/* blocks that end with their last byte, for the sanitizer */
		char *a = malloc(len > 0 ? len : 1), *b = malloc(len > 0 ? len : 1);

		for (size_t i = 0; i < len; i++)
			a[i] = b[i] = (char)('a' + i % 26);
		ck_assert(str_eq((struct str){a, len}, (struct str){b, len}));
		for (size_t i = 0; i < len; i++) {
			b[i] ^= 1;
			ck_assert(!str_eq((struct str){a, len}, (struct str){b, len}));
			b[i] ^= 1;
		}
		free(a);
		free(b);
	}
}
END_TEST

START_TEST(knows_both_ends)
{
	ck_assert(str_starts(STR("abc"), STR("ab")));
	ck_assert(str_starts(STR("abc"), STR("")));
	ck_assert(!str_starts(STR("ab"), STR("abc")));
	ck_assert(!str_starts(STR("abc"), STR("b")));
	ck_assert(str_ends(STR("abc"), STR("bc")));
	ck_assert(str_ends(STR("abc"), STR("")));
	ck_assert(str_ends(str_of(NULL), str_of(NULL)));
	ck_assert(!str_ends(STR("bc"), STR("abc")));
	ck_assert(!str_ends(STR("abc"), STR("b")));
}
END_TEST

START_TEST(trims)
{
	static const struct {
		const char *raw, *trimmed;
	} rows[] = {
		{"", ""},
		{" \t\r\n", ""},
		{"a", "a"},
		{"\ta b\r\n", "a b"},
		{"\va\f", "\va\f"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		ck_assert_msg(
			str_eq(str_trim(str_of(rows[i].raw)), str_of(rows[i].trimmed)),
			"row %zu", i);
}
END_TEST

START_TEST(shows_control_bytes_and_cuts)
{
	static const struct {
		const char *name, *raw;
		size_t size;
		const char *shown;
	} rows[] = {
		{"empty", "", 4, ""},
		{"as it is", "abc", 4, "abc"},
		{"cut to dots alone", "abcd", 4, "..."},
		{"cut", "abcdefgh", 8, "abcd..."},
		{"fits just", "abcdefg", 8, "abcdefg"},
		{"newline and escape", "a\n\x1b[m", 32, "a\\x0a\\x1b[m"},
		{"delete", "\x7f", 32, "\\x7f"},
		{"UTF-8 stays", "gr\xc3\xbc\xc3\x9f", 32, "gr\xc3\xbc\xc3\x9f"},
		{"C1 control", "\xc2\x9b", 32, "\\xc2\\x9b"},
		{"no C1 control", "\xc2\xa0", 32, "\xc2\xa0"},
		{"no half escape", "abcdef\n", 8, "abcd..."},
		{"no half escape 2", "ab\nefgh", 8, "ab..."},
		{"no half character",
			"abc\xc3\xbc"
			"defgh",
			8, "abc..."},
		{"no half character of four", "a\xf0\x9f\x98\x80 and more", 8, "a..."},
		{"a whole character of four", "a\xf0\x9f\x98\x80 and more", 9,
			"a\xf0\x9f\x98\x80..."},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		char out[32];
		size_t len = str_printable(str_of(rows[i].raw), out, rows[i].size);

		ck_assert_msg(
			strcmp(out, rows[i].shown) == 0, "%s: %s", rows[i].name, out);
		ck_assert_msg(len == strlen(out), "%s: length %zu", rows[i].name, len);
	}
}
END_TEST

/* Values of the published test vectors of FNV. */
START_TEST(hashes_as_fnv1a)
{
	ck_assert_uint_eq(str_fnv1a(STR("")), 0x811c9dc5);
	ck_assert_uint_eq(str_fnv1a(STR("a")), 0xe40c292c);
	ck_assert_uint_eq(str_fnv1a(STR("foobar")), 0xbf9cf968);
}
END_TEST

/* The 64-bit hash: whatever single bit changes, about half of the hash does. */
START_TEST(hash_spreads)
{
	char key[64];
	unsigned int changed = 0;
	unsigned int pairs = 0;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)('a' + i % 26);
	for (size_t len = 1; len <= sizeof(key); len++) {
		uint64_t hash = str_hash((struct str){key, len});

		for (size_t bit = 0; bit < len * 8; bit++) {
			key[bit / 8] = (char)(key[bit / 8] ^ 1 << bit % 8);
			uint64_t other = str_hash((struct str){key, len});
			key[bit / 8] = (char)(key[bit / 8] ^ 1 << bit % 8);
			int bits = __builtin_popcountll(hash ^ other);

			ck_assert_msg(
				bits >= 10, "length %zu, bit %zu: %d", len, bit, bits);
			changed += (unsigned int)bits;
			pairs++;
		}
	}
	ck_assert_double_ge(changed / (double)pairs, 31.8);
	ck_assert_double_le(changed / (double)pairs, 32.2);
	ck_assert(str_hash(STR("")) != str_hash(STR("\0")));
	ck_assert(str_hash(STR("\0")) != str_hash(STR("\0\0")));
}
END_TEST

/* A word that makes one factor 0 must not make the rest of the key meaningless. */
START_TEST(hash_has_no_blind_spot)
{
	char key[48] = "\x15\x7c\x4a\x7f\xb9\x79\x37\x9e";

	for (size_t len = 9; len <= sizeof(key); len++) {
		uint64_t hash = str_hash((struct str){key, len});

		key[len - 1] = 'x';
		ck_assert_uint_ne(str_hash((struct str){key, len}), hash);
		key[len - 1] = '\0';
	}
}
END_TEST

START_TEST(globs)
{
	static const struct {
		const char *pattern, *s;
		bool matches;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"*", "", true},
		{"**", "", true},
		{"?", "", false},
		{"?", "a", true},
		{"?", "ab", false},
		{"*", "anything", true},
		{"go_*", "go_goroutines", true},
		{"go_*", "go", false},
		{"*_total", "a_total", true},
		{"*_total", "_total_total", true},
		{"*_total", "a_total_b", false},
		{"a*b*c", "a__b__b__c", true},
		{"a*b*c", "a__c__b", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*?", "", false},
		{"*?", "a", true},
		{"[ab]", "a", true},
		{"[ab]", "c", false},
		{"[!ab]", "c", true},
		{"[!ab]", "b", false},
		{"[^a]*", "ba", true},
		{"x[a-c-]z", "xbz", true},
		{"x[a-c-]z", "x-z", true},
		{"x[a-c]z", "xdz", false},
		{"[]a]", "]", true},
		{"my_s[ae]*", "my_secret", true},
		{"[ab", "[ab", true},
		{"[ab", "a", false},
		{"\\*", "*", false},
		{"\\*", "\\x", true},
		{"a*", "A", false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		ck_assert_msg(str_glob(str_of(rows[i].pattern), str_of(rows[i].s)) ==
				      rows[i].matches,
			"%s against %s", rows[i].pattern, rows[i].s);
}
END_TEST

/* A matcher that goes back at every star would not come to an end here. */
START_TEST(glob_is_not_exponential)
{
	char s[2000];

	memset(s, 'a', sizeof(s));
	ck_assert(!str_glob(STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"),
		(struct str){s, sizeof(s)}));
}
END_TEST

START_TEST(reads_whole_numbers)
{
	static const struct {
		const char *s;
		int64_t i64;
		uint64_t u64;
		bool is_i64, is_u64;
	} rows[] = {
		{"0", 0, 0, true, true},
		{"-0", 0, 0, true, true},
		{"+7", 7, 7, true, true},
		{"007", 7, 7, true, true},
		{"-1", -1, 0, true, false},
		{"9223372036854775807", INT64_MAX, INT64_MAX, true, true},
		{"9223372036854775808", 0, UINT64_C(9223372036854775808), false, true},
		{"-9223372036854775808", INT64_MIN, 0, true, false},
		{"-9223372036854775809", 0, 0, false, false},
		{"18446744073709551615", 0, UINT64_MAX, false, true},
		{"18446744073709551616", 0, 0, false, false},
		{"99999999999999999999", 0, 0, false, false},
		{"", 0, 0, false, false},
		{"-", 0, 0, false, false},
		{"+-1", 0, 0, false, false},
		{"1 ", 0, 0, false, false},
		{" 1", 0, 0, false, false},
		{"1.0", 0, 0, false, false},
		{"0x1", 0, 0, false, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t i64 = 42;
		uint64_t u64 = 42;

		ck_assert_msg(str_to_i64(str_of(rows[i].s), &i64) == rows[i].is_i64, "%s",
			rows[i].s);
		ck_assert_msg(
			i64 == (rows[i].is_i64 ? rows[i].i64 : 42), "%s", rows[i].s);
		ck_assert_msg(str_to_u64(str_of(rows[i].s), &u64) == rows[i].is_u64, "%s",
			rows[i].s);
		ck_assert_msg(
			u64 == (rows[i].is_u64 ? rows[i].u64 : 42), "%s", rows[i].s);
	}
}
END_TEST

/* What is a number, how much of the text it takes, and its value, as Go has them. */
START_TEST(reads_doubles)
{
	static const struct {
		const char *s;
		size_t taken;
		double value;
	} rows[] = {
		{"0", 1, 0.0},
		{"-0", 2, -0.0},
		{"+1", 2, 1},
		{"1.", 2, 1},
		{".5", 2, 0.5},
		{"-.5e1", 5, -5},
		{"0.005", 5, 0.005},
		{"1.208354e+06", 12, 1208354},
		{"1E3", 3, 1000},
		{"1e", 1, 1},
		{"1e+", 1, 1},
		{"1.5.5", 3, 1.5},
		{"1 2", 1, 1},
		{"1_000", 1, 1},
		{"1,5", 1, 1},
		{"00000000000000000000000000000012", 32, 12},
		{"0.00000000000000000000000000012", 31, 1.2e-28},
		{"9007199254740993", 16, 9007199254740992.0},
		{"9007199254740993.0000000000000000000000000000000000000000001", 60,
			9007199254740994.0},
		{"1.7976931348623157e308", 22, DBL_MAX},
		{"1.7976931348623158e308", 22, DBL_MAX},
		{"4.9e-324", 8, 4.9406564584124654e-324},
		{"2.4703282292062327e-324", 23, 0},
		{"2.4703282292062328e-324", 23, 4.9406564584124654e-324},
		{"2.2250738585072011e-308", 23, 2.2250738585072011e-308},
		{"1e-400", 6, 0},
		{"-1e-99999999999999999999", 24, -0.0},
		{"0e999999999999", 14, 0},
		{"inf", 3, INFINITY},
		{"+Inf", 4, INFINITY},
		{"-INFINITY", 9, -INFINITY},
		{"infinit", 3, INFINITY},
		{"NaN", 3, NAN},
		{"nan(1)", 3, NAN},
		{"0x1p-3", 6, 0.125},
		{"0X1.8P1", 7, 3},
		{"0x.8p0", 6, 0.5},
		{"0x1.p0", 6, 1},
		{"-0x1.fffffffffffff7p0", 21, -0x1.fffffffffffffp0},
		{"0x1.fffffffffffff8p0", 20, 2},
		{"0x1.00000000000008p0", 20, 1},
		{"0x1.000000000000080000000000000000001p0", 39, 0x1.0000000000001p0},
		{"0x10000000000000000000000000p-100", 33, 1},
		{"0x1p-1074", 9, 4.9406564584124654e-324},
		{"0x1p-1075", 9, 0},
		{"0x1.8p-1075", 11, 4.9406564584124654e-324},
		{"0x1p-9999999", 12, 0},
		{"0x0p99999999", 12, 0},
		{"0x1", 1, 0},
		{"0x", 1, 0},
		{"0xp1", 1, 0},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct str s = str_of(rows[i].s);
		double value = 42;
		size_t taken = str_read_double(s, &value);
		bool is_whole = rows[i].taken == s.len;

		ck_assert_msg(taken == rows[i].taken, "%s: %zu bytes", rows[i].s, taken);
		ck_assert_msg(
			same_double(value, rows[i].value), "%s: %.17g", rows[i].s, value);
		value = 42;
		ck_assert_msg(str_to_double(s, &value) == is_whole, "%s", rows[i].s);
		ck_assert_msg(same_double(value, is_whole ? rows[i].value : 42),
			"%s: %.17g", rows[i].s, value);
	}
}
END_TEST

START_TEST(refuses_what_is_no_double)
{
	static const char *const rows[] = {"", "-", "+", ".", "-.", "e1", ".e1", "--1",
		"+-1", " 1", "in", "na", "+nan", "-NaN", "x", "p1", "1e309", "-1e309",
		"1.7976931348623159e308", "1e99999999999999999999", "0x1p1024",
		"0x1.fffffffffffff8p1023", "\0"};

	for (size_t i = 0; i < ROWS(rows); i++) {
		double value = 42;

		ck_assert_msg(
			str_read_double(str_of(rows[i]), &value) == 0, "%s", rows[i]);
		ck_assert_msg(!str_to_double(str_of(rows[i]), &value), "%s", rows[i]);
		ck_assert_msg(same_double(value, 42), "%s", rows[i]);
	}
	double value = 42;
	ck_assert(!str_to_double((struct str){NULL, 0}, &value));
	ck_assert(!str_to_double(STR("1\0"), &value));
}
END_TEST

static void fail_on(void *ctx, const char *text)
{
	(void)ctx;
	ck_abort_msg("differs from strtod: %s", text);
}

START_TEST(reads_what_strtod_reads)
{
	numbers_compare(100000, 20, fail_on, NULL);
}
END_TEST

/* Digits that run on beside the point half-way, far behind what 64 bits hold. */
START_TEST(rounds_exactly_however_long)
{
	static const struct {
		double even;
		const char *half_way;
	} rows[] = {
		{9007199254740992.0, "9007199254740993."},
		{1.0, "1.00000000000000011102230246251565404236316680908203125"},
		{0.5, "0.500000000000000055511151231257827021181583404541015625"},
		{18014398509481984.0, "18014398509481986.0"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		char text[3000];
		size_t len = strlen(rows[i].half_way);
		double value;

		memset(text, '0', sizeof(text));
		memcpy(text, rows[i].half_way, len);
		for (size_t more = 0; len + more < sizeof(text); more += 7) {
			struct str s = {text, len + more + 1};

			ck_assert(str_to_double(s, &value));
			ck_assert_msg(same_double(value, rows[i].even), "%s, %zu zeros",
				rows[i].half_way, more);
			text[len + more] = '1';
			ck_assert(str_to_double(s, &value));
			ck_assert_msg(
				same_double(value, nextafter(rows[i].even, INFINITY)),
				"%s, %zu zeros and 1", rows[i].half_way, more);
			text[len + more] = '0';
		}
	}
}
END_TEST

/* The texts are those of Go's strconv.FormatFloat(value, 'g', -1, 64), but for 0. */
START_TEST(writes_doubles_as_go_does)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0"},
		{-0.0, "0"},
		{1, "1"},
		{-2.5, "-2.5"},
		{0.005, "0.005"},
		{0.1, "0.1"},
		{0.30000000000000004, "0.30000000000000004"},
		{0.0001, "0.0001"},
		{0.00001, "1e-05"},
		{1e-8, "1e-08"},
		{9.999999999999999e-06, "9.999999999999999e-06"},
		{100000, "100000"},
		{123456, "123456"},
		{1000000, "1e+06"},
		{1234567, "1.234567e+06"},
		{1e15, "1e+15"},
		{123456789012345678.0, "1.2345678901234568e+17"},
		{1e22, "1e+22"},
		{1e23, "1e+23"},
		{9223372036854775807.0, "9.223372036854776e+18"},
		{0x1p-44, "5.684341886080802e-14"},
		{0x1p-1074, "5e-324"},
		{-0x1p-1022, "-2.2250738585072014e-308"},
		{0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
		{HUGE_VAL, "+Inf"},
		{-HUGE_VAL, "-Inf"},
		{(double)NAN, "NaN"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[STR_DOUBLE_MAX];
		struct str have = {text, str_write_double(text, rows[i].value)};

		ck_assert_msg(str_eq(have, str_of(rows[i].text)), "%.*s, not %s",
			STR_ARG(have), rows[i].text);
	}
}
END_TEST

START_TEST(what_is_written_reads_back)
{
	uint64_t state = 1;

	for (int i = 0; i < 20000; i++) {
		char text[STR_DOUBLE_MAX];
		double value, back = 0;

		state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
		memcpy(&value, &state, sizeof(value));
		if (isnan(value) || isinf(value))
			continue;
		size_t len = str_write_double(text, value);
		ck_assert_uint_le(len, 24);
		ck_assert(str_to_double((struct str){text, len}, &back));
		ck_assert(same_double(back, value));
	}
}
END_TEST

START_TEST(finds_the_end_of_utf8)
{
	static const struct {
		const char *name;
		struct str bytes;
		size_t len;
	} rows[] = {
		{"nothing", {NULL, 0}, 0},
		{"ASCII", {"a\0b", 3}, 3},
		{"two, three and four bytes", {"\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80", 9},
			9},
		{"a byte that begins nothing", {"ab\x80", 3}, 2},
		{"cut short", {"a\xe2\x82", 3}, 1},
		{"an overlong form", {"\xc0\xaf", 2}, 0},
		{"half of a surrogate pair", {"\xed\xa0\x80", 3}, 0},
		{"above U+10FFFF", {"\xf4\x90\x80\x80", 4}, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
			str_utf8_len(rows[i].bytes) == rows[i].len, "%s", rows[i].name);
}
END_TEST

SUITE("str", compares, equal_to_the_last_byte, knows_both_ends, trims,
	shows_control_bytes_and_cuts, hashes_as_fnv1a, hash_spreads,
	hash_has_no_blind_spot, globs, glob_is_not_exponential, reads_whole_numbers,
	reads_doubles, refuses_what_is_no_double, reads_what_strtod_reads,
	rounds_exactly_however_long, writes_doubles_as_go_does,
	what_is_written_reads_back, finds_the_end_of_utf8)
