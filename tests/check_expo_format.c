#include "engine/expo_format.h"

#include "tests/suite.h"

START_TEST(content_types)
{
	static const struct {
		const char *type;
		bool is_ours;
		enum expo_format format;
	} rows[] = {
		{"", true, EXPO_TEXT},
		{"text/plain", true, EXPO_TEXT},
		{"Text/Plain; version=0.0.4; charset=utf-8; escaping=values", true,
			EXPO_TEXT},
		{"text/plain; version=1.0.0", true, EXPO_TEXT},
		{"application/openmetrics-text; version=1.0.0; charset=utf-8", true,
			EXPO_OPENMETRICS},
		{"application/vnd.google.protobuf; "
		 "proto=io.prometheus.client.MetricFamily; "
		 "encoding=delimited",
			true, EXPO_PROTOBUF},
		{"application/vnd.google.protobuf;encoding=delimited;"
		 "proto=io.prometheus.client.MetricFamily;escaping=underscores",
			true, EXPO_PROTOBUF},
		{"application/vnd.google.protobuf; "
		 "proto=io.prometheus.client.MetricFamily; "
		 "encoding=text",
			false, EXPO_TEXT},
		{"application/vnd.google.protobuf", false, EXPO_TEXT},
		{"text/html; charset=utf-8", false, EXPO_TEXT},
		{"text/plainer", false, EXPO_TEXT},
		{"application/json", false, EXPO_TEXT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum expo_format format = EXPO_TEXT;
		struct err e;

		err_ok(&e);
		ck_assert_msg(expo_format_of(str_of(rows[i].type), &format, &e) ==
				      rows[i].is_ours,
			"%s", rows[i].type);
		ck_assert_msg(format == rows[i].format, "%s", rows[i].type);
		ck_assert_msg(
			(e.code == ERR_CONTENT) != rows[i].is_ours, "%s", rows[i].type);
	}
}
END_TEST

START_TEST(formats_are_guessed)
{
	static const struct {
		const char *name;
		struct str page;
		enum expo_format format;
	} rows[] = {
		{"nothing", {"", 0}, EXPO_TEXT},
		{"text", {"# HELP a b\na 1\n", 15}, EXPO_TEXT},
		{"empty lines", {"\n\n# HELP a b\na 1\n", 17}, EXPO_TEXT},
		{"the end of OpenMetrics", {"a 1\n# EOF\n", 10}, EXPO_OPENMETRICS},
		{"the same, no last line end", {"# EOF", 5}, EXPO_OPENMETRICS},
		{"a short message",
			{"\x05\x0a\x01"
			 "a\x18\x00",
				6},
			EXPO_PROTOBUF},
		{"a message of 300 bytes",
			{"\xac\x02\x0a\x01"
			 "a",
				5},
			EXPO_PROTOBUF},
		{"a length alone", {"\xac", 1}, EXPO_TEXT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(expo_format_guess(rows[i].page) == rows[i].format, "%s",
			rows[i].name);
}
END_TEST

START_TEST(files_end_in_their_format)
{
	enum expo_format format = EXPO_TEXT;

	for (enum expo_format f = EXPO_TEXT; f <= EXPO_PROTOBUF; f++) {
		ck_assert(expo_format_of_suffix(str_of(expo_format_suffix(f)), &format));
		ck_assert_int_eq(format, f);
	}
	ck_assert(!expo_format_of_suffix(STR("text"), &format));
}
END_TEST

SUITE("expo_format", content_types, formats_are_guessed, files_end_in_their_format)
