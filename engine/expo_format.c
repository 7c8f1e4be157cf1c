#include "engine/expo_format.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool is_media_type(struct str type, struct str wanted)
{
	return type.len == wanted.len && strncasecmp(type.at, wanted.at, wanted.len) == 0;
}

/* Up to the separator, trimmed; *rest becomes what is behind it. */
static struct str cut_off(struct str *rest, char separator)
{
	const char *at = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);
	struct str piece = {rest->at, at == NULL ? rest->len : (size_t)(at - rest->at)};
	size_t taken = at == NULL ? piece.len : piece.len + 1;

	if (taken > 0)
		*rest = (struct str){rest->at + taken, rest->len - taken};
	return str_trim(piece);
}

/* Of protobuf there are other messages and other encodings too. */
static bool is_delimited_family(struct str parameters)
{
	bool is_family = false;
	bool is_delimited = false;

	while (parameters.len > 0) {
		struct str value = cut_off(&parameters, ';');
		struct str name = cut_off(&value, '=');

		value = str_trim(value);
		if (is_media_type(name, STR("proto")))
			is_family =
				str_eq(value, STR("io.prometheus.client.MetricFamily"));
		if (is_media_type(name, STR("encoding")))
			is_delimited = is_media_type(value, STR("delimited"));
	}
	return is_family && is_delimited;
}

bool expo_format_of(struct str content_type, enum expo_format *format, struct err *e)
{
	struct str rest = content_type;
	struct str type = cut_off(&rest, ';');

	if (type.len == 0 || is_media_type(type, STR("text/plain")))
		*format = EXPO_TEXT;
	else if (is_media_type(type, STR("application/openmetrics-text")))
		*format = EXPO_OPENMETRICS;
	else if (is_media_type(type, STR("application/vnd.google.protobuf")) &&
		 is_delimited_family(rest))
		*format = EXPO_PROTOBUF;
	else
		return err_set(e, ERR_CONTENT,
			"the answer is `%.*s`, no metrics page: does the URL end in the "
			"path "
			"of the metrics, usually /metrics?",
			content_type.len < 200 ? (int)content_type.len : 200,
			content_type.at);
	return true;
}

/* A message of protobuf begins with its length, then the tag 0x0a and the length of a
 * name that fits into it; on a text page that begins with 0x0a bytes the lengths do not
 * fit. */
static bool looks_like_protobuf(struct str page)
{
	uint64_t length = 0;
	size_t i = 0;

	for (unsigned int shift = 0; i < page.len && shift < 35; shift += 7) {
		unsigned char byte = (unsigned char)page.at[i++];

		length |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			break;
	}
	return i > 0 && i + 1 < page.len && page.at[i] == 0x0a &&
	       (unsigned char)page.at[i + 1] + UINT64_C(2) <= length;
}

enum expo_format expo_format_guess(struct str page)
{
	if (looks_like_protobuf(page))
		return EXPO_PROTOBUF;
	if (str_ends(page, STR("# EOF\n")) || str_ends(page, STR("# EOF")))
		return EXPO_OPENMETRICS;
	return EXPO_TEXT;
}

static const char *const suffixes[] = {
	[EXPO_TEXT] = "txt",
	[EXPO_OPENMETRICS] = "om",
	[EXPO_PROTOBUF] = "pb",
};

const char *expo_format_suffix(enum expo_format format)
{
	return suffixes[format];
}

bool expo_format_of_suffix(struct str suffix, enum expo_format *format)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (str_eq(suffix, str_of(suffixes[i]))) {
			*format = (enum expo_format)i;
			return true;
		}
	return false;
}
