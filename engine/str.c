#include "engine/str.h"
#include "engine/str_inline.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct str str_of(const char *terminated)
{
	return (struct str){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && str_same(a.at, b.at, a.len);
}

int str_cmp(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.at, b.at, common);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq((struct str){s.at, prefix.len}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 ||
		       memcmp(s.at + (s.len - suffix.len), suffix.at, suffix.len) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	return s;
}

/* U+0080 to U+009F too: to a terminal 0xC2 0x9B is what ESC [ is. */
static size_t control_bytes(const unsigned char *at, size_t left)
{
	if (at[0] < 0x20 || at[0] == 0x7f)
		return 1;
	return left > 1 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0 ? 2 : 0;
}

/* Ends out at or before `len`, never within a character of UTF-8. */
static size_t cut(char *out, size_t len)
{
	while (len > 0 && ((unsigned char)out[len] & 0xc0) == 0x80)
		len--;
	memcpy(out + len, "...", 4);
	return len + 3;
}

size_t str_printable(struct str raw, char *out, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;
	size_t room_for_dots = 0; /* the last place to cut at */
	size_t control = 0; /* bytes of a control character that are still to come */

	for (size_t i = 0; i < raw.len; i++) {
		unsigned char byte = (unsigned char)raw.at[i];
		char shown[] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};

		if (control == 0)
			control = control_bytes(
				(const unsigned char *)raw.at + i, raw.len - i);
		size_t width = control > 0 ? sizeof(shown) : 1;
		if (len + 4 <= size)
			room_for_dots = len;
		if (len + width >= size) {
			out[len] = '\0';
			return cut(out, room_for_dots);
		}
		memcpy(out + len, control > 0 ? shown : raw.at + i, width);
		len += width;
		control -= control > 0;
	}
	out[len] = '\0';
	return len;
}

uint32_t str_fnv1a(struct str s)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.at[i]) * 16777619U;
	return hash;
}

uint64_t str_hash(struct str s)
{
	return str_hash_bytes(s.at, s.len);
}

/* What stands between [ and ] against one byte; *p is behind the bracket afterwards. A
 * bracket that never ends is itself. */
static bool glob_class(struct str pattern, size_t *p, char c)
{
	size_t i = *p + 1;
	bool negated = i < pattern.len && (pattern.at[i] == '!' || pattern.at[i] == '^');
	bool found = false;

	i += negated;
	for (size_t first = i; i < pattern.len; i++) {
		if (pattern.at[i] == ']' && i > first) {
			*p = i + 1;
			return found != negated;
		}
		bool is_range = i + 2 < pattern.len && pattern.at[i + 1] == '-' &&
				pattern.at[i + 2] != ']';
		if (is_range) {
			found |= c >= pattern.at[i] && c <= pattern.at[i + 2];
			i += 2;
		} else {
			found |= c == pattern.at[i];
		}
	}
	(*p)++;
	return c == '[';
}

/* One byte of s against what stands at *p, which is behind it afterwards if it fits. */
static bool glob_byte(struct str pattern, size_t *p, char c)
{
	size_t at = *p;
	bool fits;

	if (at >= pattern.len)
		return false;
	if (pattern.at[at] == '[') {
		fits = glob_class(pattern, &at, c);
	} else {
		fits = pattern.at[at] == '?' || pattern.at[at] == c;
		at++;
	}
	if (fits)
		*p = at;
	return fits;
}

bool str_glob(struct str pattern, struct str s)
{
	size_t p = 0;
	size_t i = 0;
	size_t star = SIZE_MAX; /* the last `*`, and what it has taken up to */
	size_t taken = 0;

	while (i < s.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			taken = i;
		} else if (glob_byte(pattern, &p, s.at[i])) {
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

/* The digits that are the whole of s as a number up to limit. */
static bool read_whole(struct str s, uint64_t limit, uint64_t *value)
{
	uint64_t sum = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned int digit = (unsigned int)s.at[i] - '0';

		if (digit > 9 || digit > limit || sum > (limit - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

/* Takes a sign off the front of s; true: it is a minus. */
static bool take_sign(struct str *s)
{
	bool is_negative = s->len > 0 && s->at[0] == '-';

	if (is_negative || (s->len > 0 && s->at[0] == '+')) {
		s->at++;
		s->len--;
	}
	return is_negative;
}

bool str_to_i64(struct str s, int64_t *value)
{
	bool is_negative = take_sign(&s);
	uint64_t magnitude;

	if (!read_whole(s, (uint64_t)INT64_MAX + is_negative, &magnitude))
		return false;
	*value = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

bool str_to_u64(struct str s, uint64_t *value)
{
	bool is_negative = take_sign(&s);

	return read_whole(s, is_negative ? 0 : UINT64_MAX, value);
}

/* Bytes of the character of UTF-8 at p, 0 if there is none: no overlong forms, no halves
 * of surrogate pairs, nothing above U+10FFFF. */
static size_t read_utf8(const unsigned char *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool is_valid = !(p[0] == 0xe0 && p[1] < 0xa0) &&
			!(p[0] == 0xed && p[1] > 0x9f) &&
			!(p[0] == 0xf0 && p[1] < 0x90) && !(p[0] == 0xf4 && p[1] > 0x8f);
	return is_valid ? len : 0;
}

static const char *skip_ascii(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned int beyond = (unsigned int)_mm_movemask_epi8(
			_mm_loadu_si128((const __m128i_u *)p));

		if (beyond != 0)
			return p + __builtin_ctz(beyond);
	}
#endif
	while (p < end && (*p & 0x80) == 0)
		p++;
	return p;
}

size_t str_utf8_len(struct str s)
{
	const char *end = s.at + s.len;
	const char *p = skip_ascii(s.at, end);

	while (p < end) {
		size_t len = read_utf8((const unsigned char *)p, (size_t)(end - p));

		if (len == 0)
			break;
		p = skip_ascii(p + len, end);
	}
	return (size_t)(p - s.at);
}
