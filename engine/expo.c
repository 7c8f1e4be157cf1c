#include "engine/expo.h"

#include <math.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "engine/expo_proto.h"

/* ---- bytes ---- */

/* The end of the page reads as a line end, so that one comparison serves for both. */
static inline char peek(const struct expo *x, const char *p)
{
	return p < x->end ? *p : '\n';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Mostly it is one. */
static inline const char *skip_blanks(const struct expo *x, const char *p)
{
	if (x->end - p > 1 && *p == ' ' && p[1] > ' ')
		return p + 1;
	while (is_blank(peek(x, p)))
		p++;
	return p;
}

/* Between tokens inside braces and around names. */
static inline const char *gap(const struct expo *x, const char *p)
{
	return is_blank(peek(x, p)) && x->blanks_are_free ? skip_blanks(x, p) : p;
}

/* With its CR if it has one. */
static const char *find_line_end(const struct expo *x, const char *p)
{
	const char *end = memchr(p, '\n', (size_t)(x->end - p));

	return end != NULL ? end : x->end;
}

/* str_eq(), without a call. */
static inline bool is_same(struct str a, struct str b)
{
	return a.len == b.len && str_same(a.at, b.at, a.len);
}

/* What a word is made of: letters, `_` and the bytes from '0' up to `last`, which is the
 * 9 or, in names of metrics, the colon behind it. */
static inline bool is_word(char c, char last)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || (c >= '0' && c <= last) ||
	       c == '_';
}

#ifdef __SSE2__
/* Bit i: byte i of the 16 is a byte of a word. */
static inline unsigned int word_mask(const char *p, char last)
{
	const __m128i c = _mm_loadu_si128((const __m128i_u *)p);
	/* n bytes from `first` on are moved to -128 and up: one signed comparison */
	const __m128i letter =
		_mm_cmplt_epi8(_mm_add_epi8(_mm_or_si128(c, _mm_set1_epi8(0x20)),
				       _mm_set1_epi8((char)(-128 - 'a'))),
			_mm_set1_epi8(-128 + 26));
	const __m128i digit =
		_mm_cmplt_epi8(_mm_add_epi8(c, _mm_set1_epi8((char)(-128 - '0'))),
			_mm_set1_epi8((char)(-127 + last - '0')));
	const __m128i other = _mm_cmpeq_epi8(c, _mm_set1_epi8('_'));

	return (unsigned int)_mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(letter, digit), other));
}

/* Bit i: byte i of the 16 is a quote, a backslash, a line end or no ASCII. */
static inline unsigned int odd_mask(const char *p)
{
	const __m128i c = _mm_loadu_si128((const __m128i_u *)p);
	const __m128i odd =
		_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')),
				     _mm_cmpeq_epi8(c, _mm_set1_epi8('\\'))),
			_mm_cmpeq_epi8(c, _mm_set1_epi8('\n')));

	return (unsigned int)_mm_movemask_epi8(_mm_or_si128(odd, c));
}
#endif

/* Behind the word at p. */
static inline const char *find_word_end(const struct expo *x, const char *p, char last)
{
#ifdef __SSE2__
	for (; x->end - p >= 16; p += 16) {
		unsigned int outside = word_mask(p, last) ^ 0xffff;

		if (outside != 0)
			return p + __builtin_ctz(outside);
	}
#endif
	while (is_word(peek(x, p), last))
		p++;
	return p;
}

/* The first quote, backslash, line end or byte beyond ASCII. */
static inline const char *find_odd(const struct expo *x, const char *p)
{
#ifdef __SSE2__
	for (; x->end - p >= 16; p += 16) {
		unsigned int odd = odd_mask(p);

		if (odd != 0)
			return p + __builtin_ctz(odd);
	}
#endif
	for (char c = peek(x, p); c != '"' && c != '\\' && c != '\n' && (c & 0x80) == 0;)
		c = peek(x, ++p);
	return p;
}

/* The same, which is probably `len` bytes away, and 16 more can be read. If so, where it
 * is depends on len and not on the bytes, and the processor reads on behind it before it
 * has looked at them. */
static inline const char *find_odd_near(const struct expo *x, const char *p, size_t len)
{
#ifdef __SSE2__
	for (; len >= 16 && odd_mask(p) == 0; len -= 16)
		p += 16;
	if (len < 16 && odd_mask(p) << (31 - len) == 1u << 31)
		return p + len;
#endif
	return find_odd(x, p);
}

/* The same bytes? 16 can be read of both. */
static inline bool is_same_near(const char *a, const char *b, size_t len)
{
#ifdef __SSE2__
	if (len <= 16) {
		const __m128i alike =
			_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i_u *)a),
				_mm_loadu_si128((const __m128i_u *)b));

		return ((unsigned int)_mm_movemask_epi8(alike) | ~0u << len) == ~0u;
	}
#endif
	return memcmp(a, b, len) == 0;
}

/* ---- what is wrong, and memory ---- */

/* x->at stands at the beginning of the line until the line is done. Always NULL. */
static const char *bad(
	const struct expo *x, struct expo_entry *e, const char *at, const char *why)
{
	err_at(&e->error, ERR_SYNTAX, x->line, (size_t)(at - x->at) + 1, "%s", why);
	return NULL;
}

static void no_memory(const struct expo *x, struct expo_entry *e)
{
	err_at(&e->error, ERR_MEMORY, x->line, 1, "no memory for a line of this length");
}

/* The first one of a line is kept. */
static void note_lapse(
	const struct expo *x, struct expo_entry *e, const char *at, const char *what)
{
	if (e->lapse != NULL)
		return;
	e->lapse = what;
	e->lapse_column = (size_t)(at - x->at) + 1;
}

/* Room for `need` bytes until the next line; NULL: no memory. A block that is outgrown
 * stays as it is, since strings of this line may lie in it. */
static char *take_scratch(struct expo *x, size_t need)
{
	if (need > x->scratch_size - x->scratch_used) {
		size_t size = x->scratch_size == 0 ? 256 : 2 * x->scratch_size;

		size = size > need ? size : need;
		char *block = arena_alloc(x->arena, size);
		if (block == NULL)
			return NULL;
		x->scratch = block;
		x->scratch_size = size;
		x->scratch_used = 0;
	}
	char *at = x->scratch + x->scratch_used;
	x->scratch_used += need;
	return at;
}

/* \\, \n and, inside quotes, \" are escapes; any other backslash stands for itself, as
 * Prometheus has it. */
static bool unescape(struct expo *x, struct str *s, bool is_quoted)
{
	const char *p = s->at;
	const char *end = p + s->len;
	char *start = take_scratch(x, s->len);
	char *out = start;

	if (start == NULL)
		return false;
	while (p < end) {
		char next = *p == '\\' && p + 1 < end ? p[1] : '\0';
		bool is_escape =
			next == '\\' || next == 'n' || (next == '"' && is_quoted);

		*out++ = !is_escape ? *p : next == 'n' ? '\n' : next;
		p += is_escape ? 2 : 1;
	}
	*s = (struct str){start, (size_t)(out - start)};
	return true;
}

/* ---- names and labels ---- */

/* From the opening quote, when something stands before the closing one that is more than
 * itself; p: that place. */
static const char *read_odd_quoted(struct expo *x, struct expo_entry *e,
	const char *quote, const char *p, struct str *s)
{
	bool has_escapes = false;

	while (peek(x, p) != '"' && peek(x, p) != '\n') {
		bool is_escape = *p == '\\' && peek(x, p + 1) != '\n';

		has_escapes |= is_escape;
		p += is_escape ? 2 : 1;
	}
	if (peek(x, p) != '"')
		return bad(x, e, quote, "quotes that are not closed");
	struct str raw = {quote + 1, (size_t)(p - quote - 1)};
	const char *invalid = raw.at + str_utf8_len(raw);
	if (invalid < p)
		return bad(x, e, invalid, "a byte that is not UTF-8");
	if (has_escapes && !unescape(x, &raw, true)) {
		no_memory(x, e);
		return NULL;
	}
	*s = raw;
	return p + 1;
}

/* p: the opening quote. Returns what is behind the closing one. */
static const char *read_quoted(
	struct expo *x, struct expo_entry *e, const char *p, struct str *s)
{
	const char *odd = find_odd(x, p + 1);

	if (peek(x, odd) != '"')
		return read_odd_quoted(x, e, p, odd, s);
	*s = (struct str){p + 1, (size_t)(odd - p - 1)};
	return odd + 1;
}

/* A set in the making: the labels from first on. */
struct set {
	size_t first;
	bool is_odd; /* something was unescaped, or is not ASCII */
};

/* Above this number of labels duplicates are looked for by sorting. */
enum { FEW_LABELS = 64 };

static bool is_in_set(const struct expo *x, const struct set *set, struct str name)
{
	for (size_t i = set->first; i < x->label_count; i++)
		if (str_eq(x->labels[i].name, name))
			return true;
	return false;
}

/* Sorted in the second half of the labels' memory. */
static bool has_duplicates(const struct expo *x, const struct set *set)
{
	struct labels sorted = {x->labels + x->labels_size, x->label_count - set->first};

	memcpy(sorted.at, x->labels + set->first, sorted.count * sizeof(sorted.at[0]));
	labels_sort(sorted);
	for (size_t i = 1; i < sorted.count; i++)
		if (str_eq(sorted.at[i - 1].name, sorted.at[i].name))
			return true;
	return false;
}

static bool grow_labels(struct expo *x)
{
	size_t size = x->labels_size == 0 ? 16 : 2 * x->labels_size;
	struct label *larger = arena_array(x->arena, 2 * size, sizeof(larger[0]));

	if (larger == NULL)
		return false;
	if (x->label_count > 0)
		memcpy(larger, x->labels, x->label_count * sizeof(larger[0]));
	x->labels = larger;
	x->labels_size = size;
	return true;
}

static bool add_label(struct expo *x, struct expo_entry *e, struct set *set,
	const char *at, const struct label *l)
{
	if (l->name.len == 8 && memcmp(l->name.at, "__name__", 8) == 0)
		return bad(x, e, at, "a label called __name__") != NULL;
	if (x->label_count - set->first < FEW_LABELS && is_in_set(x, set, l->name))
		return bad(x, e, at, "a label name that stands twice") != NULL;
	if (x->label_count == x->labels_size && !grow_labels(x)) {
		no_memory(x, e);
		return false;
	}
	x->labels[x->label_count++] = *l;
	return true;
}

/* A quoted string alone inside braces is the metric's name (text 1.0.0). */
static bool take_name(
	struct expo *x, struct expo_entry *e, const char *at, struct str name)
{
	if (e->name.len > 0)
		return bad(x, e, at, "a label without a value") != NULL;
	if (name.len == 0)
		return bad(x, e, at, "an empty metric name") != NULL;
	if (x->label_count > 0)
		note_lapse(x, e, at, "the metric name stands behind a label");
	e->name = name;
	x->blanks_are_free = true;
	return true;
}

/* One label, or the metric's name, however it is written. */
static const char *read_label(
	struct expo *x, struct expo_entry *e, struct set *set, const char *p)
{
	const char *start = p;
	struct label l;

	if (peek(x, p) == '"') {
		p = read_quoted(x, e, p, &l.name);
		if (p == NULL)
			return NULL;
		char next = peek(x, gap(x, p));
		if (next == ',' || next == '}')
			return take_name(x, e, start, l.name) ? p : NULL;
	} else {
		p = find_word_end(x, p, '9');
		l.name = (struct str){start, (size_t)(p - start)};
	}
	if (l.name.len == 0 || is_digit(*start))
		return bad(x, e, start, "no label name");
	p = gap(x, p);
	if (peek(x, p) != '=')
		return bad(x, e, p, "no = behind the label name");
	p = gap(x, p + 1);
	if (peek(x, p) != '"')
		return bad(x, e, p, "a label value without quotes");
	p = read_quoted(x, e, p, &l.value);
	return p != NULL && add_label(x, e, set, start, &l) ? p : NULL;
}

/* NAME="VALUE" without blanks, escapes and bytes beyond ASCII, as nearly all labels are.
 * NULL: something else, for read_label(). */
static const char *read_plain_label(const struct expo *x, const char *p, struct label *l)
{
	const char *name_end = find_word_end(x, p, '9');
	const char *value = name_end + 2;

	if (name_end == p || is_digit(*p) || x->end - name_end < 3 ||
		name_end[0] != '=' || name_end[1] != '"')
		return NULL;
	const char *quote = find_odd(x, value);
	if (quote == x->end || *quote != '"')
		return NULL;
	l->name = (struct str){p, (size_t)(name_end - p)};
	l->value = (struct str){value, (size_t)(quote - value)};
	return quote + 1;
}

/* One label, or the metric's name. */
static const char *read_new_label(
	struct expo *x, struct expo_entry *e, struct set *set, const char *p)
{
	struct label l;
	const char *behind = read_plain_label(x, p, &l);

	set->is_odd |= behind == NULL;
	if (behind == NULL)
		return read_label(x, e, set, p);
	return add_label(x, e, set, p, &l) ? behind : NULL;
}

/* What stands between two labels, or before the closing brace. Returns what is behind it.
 */
static const char *read_separator(
	const struct expo *x, struct expo_entry *e, const char *p)
{
	if (x->end - p > 1 && *p == ',' && p[1] > ' ' && p[1] != '}')
		return p + 1;
	p = gap(x, p);
	char c = peek(x, p);
	if (c == ',') {
		p = gap(x, p + 1);
		if (peek(x, p) == '}' && x->format == EXPO_OPENMETRICS)
			return bad(x, e, p, "no label behind the comma");
	} else if (c != '}') {
		if (x->format == EXPO_OPENMETRICS || !(c == '"' || is_word(c, '9')))
			return bad(x, e, p, "neither , nor } behind a label");
		note_lapse(x, e, p, "no comma between two labels");
	}
	return p;
}

/* p: where a label or the closing brace stands. Returns what is behind the brace; the
 * labels are x->labels from set->first on. */
static const char *read_labels(
	struct expo *x, struct expo_entry *e, struct set *set, const char *p)
{
	const char *start = p;

	while (peek(x, p) != '}') {
		p = read_new_label(x, e, set, p);
		if (p != NULL && peek(x, p) != '}')
			p = read_separator(x, e, p);
		if (p == NULL)
			return NULL;
	}
	if (x->label_count - set->first > FEW_LABELS && has_duplicates(x, set))
		return bad(x, e, start, "a label name that stands twice");
	return p + 1;
}

/* The lines of a family have labels of the same names, in the same order: of those that
 * are named as at their place in the line before only the values are read. before: what
 * stood there where p is here. Returns the quote behind the last value read, or p. */
static inline const char *read_alike(struct expo *x, const char *p, const char *before)
{
	for (; x->label_count < x->alike_labels; x->label_count++) {
		struct str *value = &x->labels[x->label_count].value;
		/* NAME{LABEL=" or ",LABEL=" */
		size_t lead = (size_t)(value->at - before);

		/* where the page is about to end, it is read byte by byte */
		if ((size_t)(x->end - p) < lead + value->len + 16 ||
			!is_same_near(p, before, lead))
			break;
		const char *quote = find_odd_near(x, p + lead, value->len);
		if (quote == x->end || *quote != '"')
			break;
		before = value->at + value->len;
		*value = (struct str){p + lead, (size_t)(quote - p) - lead};
		p = quote;
	}
	return p;
}

bool expo_is_suffix_of(enum expo_type type, struct str suffix)
{
	if (suffix.len == 0)
		return true;
	bool is_created = str_eq(suffix, STR("_created"));
	bool is_sum_or_count =
		str_eq(suffix, STR("_sum")) || str_eq(suffix, STR("_count"));
	bool is_bucket = str_eq(suffix, STR("_bucket"));

	switch (type) {
	case EXPO_UNKNOWN:
	case EXPO_GAUGE:
	case EXPO_STATESET:
		return false;
	case EXPO_COUNTER:
		return is_created || str_eq(suffix, STR("_total"));
	case EXPO_HISTOGRAM:
		return is_created || is_sum_or_count || is_bucket;
	case EXPO_SUMMARY:
		return is_created || is_sum_or_count;
	case EXPO_INFO:
		return str_eq(suffix, STR("_info"));
	case EXPO_GAUGEHISTOGRAM:
		return is_bucket || is_sum_or_count || str_eq(suffix, STR("_gsum")) ||
		       str_eq(suffix, STR("_gcount"));
	}
	return false;
}

bool expo_name_stays(const struct expo_entry *entry)
{
	return entry->name.at >= entry->text.at &&
	       entry->name.at < entry->text.at + entry->text.len;
}

static bool is_declared(const struct expo *x, struct str name)
{
	size_t len = x->family.len;

	return len > 0 && str_starts(name, x->family) &&
	       expo_is_suffix_of(x->type, (struct str){name.at + len, name.len - len});
}

/* Behind the name of the family last declared, if that and more stands at p; else p. The
 * names of a family's lines begin so, and need not be looked at again. */
static inline const char *skip_family(const struct expo *x, const char *p)
{
	size_t len = x->family.len;

	return x->family_is_bare && (size_t)(x->end - p) > len &&
			       memcmp(p, x->family.at, len) == 0
		       ? p + len
		       : p;
}

/* The bare name at p; NULL: there is none (nothing is reported). */
static inline const char *read_name(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *suffix = skip_family(x, p);

	if (suffix > p && (*suffix == ' ' || *suffix == '{')) {
		x->last_is_declared = true;
		e->name = (struct str){p, x->family.len};
		return suffix;
	}
	const char *end = find_word_end(x, suffix, ':');
	if (end == p || is_digit(*p))
		return NULL;
	struct str name = {p, (size_t)(end - p)};
	x->last_is_declared =
		suffix > p ? expo_is_suffix_of(x->type,
				     (struct str){suffix, (size_t)(end - suffix)})
			   : is_declared(x, name);
	e->name = name;
	return end;
}

/* The labels that are not alike, of the series that begins at start. p: behind the
 * opening brace, or behind the last one that is. */
static const char *read_other_labels(
	struct expo *x, struct expo_entry *e, const char *start, const char *p)
{
	struct set set = {.first = 0};

	x->last_name.len = 0;
	x->alike_labels = 0;
	if (x->label_count > 0 && peek(x, p) != '}')
		p = read_separator(x, e, p);
	if (p != NULL)
		p = read_labels(x, e, &set, p);
	if (p != NULL && e->name.len == 0)
		return bad(x, e, start, "no metric name");
	if (p != NULL && x->label_count > 0 && !set.is_odd && e->lapse == NULL &&
		*start != '{') {
		x->last_name = (struct str){start, e->name.len};
		x->alike_labels = x->label_count;
	}
	return p;
}

/* Of another name or first label than the line before. */
static const char *read_new_series(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *start = p;

	x->last_name.len = 0;
	if (*start == '{')
		e->name = (struct str){NULL, 0};
	else
		p = read_name(x, e, start);
	if (p == NULL)
		return bad(x, e, start, "no metric name");
	const char *brace = gap(x, p);
	if (peek(x, brace) != '{') {
		/* an exemplar may take their place */
		x->alike_labels = 0;
		return p;
	}
	p = gap(x, brace + 1);
	if (x->alike_labels > 0) {
		const struct label *first = x->labels;
		const char *quote =
			read_alike(x, p, first->value.at - first->name.len - 2);

		p = x->label_count > 0 ? quote + 1 : p;
	}
	return read_other_labels(x, e, start, p);
}

/* Lines mostly begin as the one before, up to the value of their last label: then what
 * was read there holds here, some bytes further on. Returns the quote behind the last
 * value read; NULL: not even name and first label are those of the line before. */
static inline const char *read_like_last(struct expo *x, const char *p)
{
	const char *before = x->last_name.at;
	size_t last = x->alike_labels - 1;

	if (x->last_name.len == 0)
		return NULL;
	size_t shared = (size_t)(x->labels[last].value.at - before);
	if ((size_t)(x->end - p) <= shared || memcmp(p, before, shared) != 0) {
		p = read_alike(x, p, before);
		return x->label_count > 0 ? p : NULL;
	}
	const char *quote = find_odd(x, p + shared);
	if (quote == x->end || *quote != '"')
		return NULL;
	for (size_t i = 0; i < last; i++)
		x->labels[i].value.at += p - before;
	x->labels[last].value = (struct str){p + shared, (size_t)(quote - p) - shared};
	x->label_count = x->alike_labels;
	return quote;
}

/* Name and labels. */
static inline const char *read_series(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *quote = read_like_last(x, p);

	if (quote == NULL)
		return read_new_series(x, e, p);
	e->name = (struct str){p, x->last_name.len};
	if (x->label_count < x->alike_labels || peek(x, quote + 1) != '}')
		return read_other_labels(x, e, p, quote + 1);
	x->last_name.at = p;
	return quote + 2;
}

/* ---- samples ---- */

/* Hexadecimal numbers are Go's since 1.13 only, and no format has them. */
static inline bool is_hexadecimal(const char *p, size_t len)
{
	p += *p == '-' || *p == '+';
	return len > 2 && p[0] == '0' && (p[1] | 0x20) == 'x';
}

const char *expo_long_number(const char *at, const char *end, double *value)
{
	size_t len = str_read_double((struct str){at, (size_t)(end - at)}, value);

	return len == 0 || is_hexadecimal(at, len) ? NULL : at + len;
}

static inline const char *read_number(
	const struct expo *x, struct expo_entry *e, const char *p, double *value)
{
	const char *behind = expo_number(p, x->end, value);
	char c = behind == NULL ? '\0' : peek(x, behind);

	return c == '\n' || is_blank(c) || c == '\r' ? behind : bad(x, e, p, "no number");
}

/* p, if the line ends there. */
static inline const char *read_line_end(
	const struct expo *x, struct expo_entry *e, const char *p)
{
	if (peek(x, p) == '\n')
		return p;
	if (*p != '\r' || peek(x, p + 1) != '\n' || x->format != EXPO_TEXT)
		return bad(x, e, p, "something behind the end of the sample");
	note_lapse(x, e, p, "the line ends in CR LF");
	return p;
}

/* Milliseconds. */
static const char *read_text_timestamp(
	const struct expo *x, struct expo_entry *e, const char *p)
{
	const char *end = p + (*p == '-');
	int64_t ms;

	while (is_digit(peek(x, end)))
		end++;
	char behind = peek(x, end);
	if (!(behind == '\n' || is_blank(behind) || behind == '\r') ||
		!str_to_i64((struct str){p, (size_t)(end - p)}, &ms))
		return bad(
			x, e, p, "a timestamp that is no whole number of milliseconds");
	e->has_timestamp = true;
	e->timestamp_seconds = (double)ms / 1000;
	return end;
}

/* What stands behind the series in text: value, perhaps a timestamp. */
static inline const char *read_text_value(
	struct expo *x, struct expo_entry *e, const char *p)
{
	const char *value = skip_blanks(x, p);

	if (value == p && p[-1] != '}')
		note_lapse(x, e, p, "no blank between name and value");
	p = read_number(x, e, value, &e->value);
	if (p == NULL || peek(x, p) == '\n')
		return p;
	p = skip_blanks(x, p);
	if (peek(x, p) != '\n' && *p != '\r') {
		p = read_text_timestamp(x, e, p);
		if (p == NULL)
			return NULL;
		p = skip_blanks(x, p);
	}
	return read_line_end(x, e, p);
}

/* A blank and seconds. */
static const char *read_seconds(
	const struct expo *x, struct expo_entry *e, const char *p, double *seconds)
{
	const char *end = read_number(x, e, p + 1, seconds);

	if (end != NULL && !isfinite(*seconds))
		return bad(x, e, p + 1, "a timestamp that is not finite");
	return end;
}

/* p: the brace of ` # {...} VALUE [TIMESTAMP]`. */
static const char *read_exemplar(struct expo *x, struct expo_entry *e, const char *p)
{
	if (!str_ends(e->name, STR("_total")) && !str_ends(e->name, STR("_bucket")))
		return bad(x, e, p - 2,
			"an exemplar where neither a counter nor a bucket is");
	struct set set = {.first = x->label_count};
	x->blanks_are_free = false;
	p = read_labels(x, e, &set, p + 1);
	if (p == NULL)
		return NULL;
	e->exemplar.labels.count = x->label_count - set.first;
	e->exemplar.labels.at =
		e->exemplar.labels.count == 0 ? NULL : x->labels + set.first;
	if (peek(x, p) != ' ')
		return bad(x, e, p, "an exemplar without a value");
	p = read_number(x, e, p + 1, &e->exemplar.value);
	e->has_exemplar = true;
	e->exemplar.has_timestamp = p != NULL && peek(x, p) == ' ';
	return !e->exemplar.has_timestamp
		       ? p
		       : read_seconds(x, e, p, &e->exemplar.timestamp_seconds);
}

/* What stands behind the series in OpenMetrics: each token behind exactly one blank. */
static const char *read_openmetrics_value(
	struct expo *x, struct expo_entry *e, const char *p)
{
	if (peek(x, p) != ' ')
		return bad(x, e, p, "no blank before the value");
	p = read_number(x, e, p + 1, &e->value);
	if (p != NULL && peek(x, p) == ' ' && peek(x, p + 1) != '#') {
		p = read_seconds(x, e, p, &e->timestamp_seconds);
		e->has_timestamp = true;
	}
	if (p != NULL && x->end - p >= 4 && memcmp(p, " # {", 4) == 0)
		p = read_exemplar(x, e, p + 3);
	return p == NULL ? NULL : read_line_end(x, e, p);
}

/* Returns the line end; NULL: the line is bad. */
static inline const char *read_sample(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *start = p;

	e->kind = EXPO_SAMPLE;
	e->has_timestamp = false;
	e->has_exemplar = false;
	p = read_series(x, e, p);
	if (p == NULL)
		return NULL;
	e->series = (struct str){start, (size_t)(p - start)};
	size_t count = x->label_count;
	p = x->format == EXPO_TEXT ? read_text_value(x, e, p)
				   : read_openmetrics_value(x, e, p);
	e->labels = (struct labels){x->labels, count};
	bool belongs = *start == '{' ? is_declared(x, e->name) : x->last_is_declared;
	e->family = belongs ? x->family : e->name;
	e->type = belongs ? x->type : EXPO_UNKNOWN;
	return p;
}

/* ---- lines that begin with # ---- */

static const struct {
	struct str word;
	enum expo_type type;
	bool is_text;
	bool is_openmetrics;
} types[] = {
	{{"counter", 7}, EXPO_COUNTER, true, true},
	{{"gauge", 5}, EXPO_GAUGE, true, true},
	{{"histogram", 9}, EXPO_HISTOGRAM, true, true},
	{{"summary", 7}, EXPO_SUMMARY, true, true},
	{{"untyped", 7}, EXPO_UNKNOWN, true, false},
	{{"unknown", 7}, EXPO_UNKNOWN, false, true},
	{{"info", 4}, EXPO_INFO, false, true},
	{{"stateset", 8}, EXPO_STATESET, false, true},
	{{"gaugehistogram", 14}, EXPO_GAUGEHISTOGRAM, false, true},
};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

/* Text pages may use OpenMetrics' words, not the other way round. */
static bool read_type(const struct expo *x, struct expo_entry *e, struct str word)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (!is_same(types[i].word, word))
			continue;
		if (x->format == EXPO_OPENMETRICS && !types[i].is_openmetrics)
			break;
		if (x->format == EXPO_TEXT && !types[i].is_text)
			note_lapse(x, e, word.at, "a type that text 0.0.4 does not have");
		e->type = types[i].type;
		return true;
	}
	return bad(x, e, word.at, "no type that the format has") != NULL;
}

#ifdef __SSE2__
/* Sign bit i: byte i of the 16 is a backslash or no ASCII. */
static inline __m128i odd_bytes(const char *p)
{
	const __m128i c = _mm_loadu_si128((const __m128i_u *)p);

	return _mm_or_si128(c, _mm_cmpeq_epi8(c, _mm_set1_epi8('\\')));
}
#endif

/* Neither a backslash nor a byte beyond ASCII? */
static inline bool is_plain(struct str text)
{
#ifdef __SSE2__
	if (text.len >= 16) {
		/* the last 16 bytes may overlap those before */
		const char *last = text.at + text.len - 16;
		__m128i odd = odd_bytes(last);

		for (const char *p = text.at; p < last; p += 16)
			odd = _mm_or_si128(odd, odd_bytes(p));
		return _mm_movemask_epi8(odd) == 0;
	}
#endif
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\\' || (text.at[i] & 0x80) != 0)
			return false;
	return true;
}

static bool read_help(struct expo *x, struct expo_entry *e)
{
	struct str *text = &e->help_or_unit;

	if (is_plain(*text))
		return true;
	const char *invalid = text->at + str_utf8_len(*text);
	if (invalid < text->at + text->len)
		return bad(x, e, invalid, "a byte that is not UTF-8") != NULL;
	if (memchr(text->at, '\\', text->len) != NULL &&
		!unescape(x, text, x->format == EXPO_OPENMETRICS)) {
		no_memory(x, e);
		return false;
	}
	return true;
}

static bool read_unit(const struct expo *x, struct expo_entry *e, struct str unit)
{
	struct str before = {e->name.at, e->name.len - unit.len};

	if (unit.len > 0 && !(unit.len < e->name.len && str_ends(e->name, unit) &&
				    str_ends(before, STR("_"))))
		return bad(x, e, unit.at, "a unit that the name does not end in") != NULL;
	return true;
}

/* From now on samples belong to the family of that name. */
static inline void begin_family(struct expo *x, struct str name, bool is_bare)
{
	if (!is_same(x->family, name)) {
		x->family = name;
		x->type = EXPO_UNKNOWN;
	}
	x->family_is_bare = is_bare;
	x->last_name.len = 0;
}

/* A name that was unescaped must outlive its line. */
static bool declare(struct expo *x, struct expo_entry *e)
{
	bool is_in_page = e->name.at >= x->page.at && e->name.at < x->end;
	struct str name = is_in_page || is_same(x->family, e->name)
				  ? e->name
				  : arena_copy(x->arena, e->name);

	if (name.at == NULL) {
		x->family.len = 0;
		no_memory(x, e);
		return false;
	}
	begin_family(x, name, is_in_page && e->name.at[-1] != '"');
	if (e->kind == EXPO_TYPE)
		x->type = e->type;
	return true;
}

/* p: behind the word. Returns what is behind the name. */
static const char *read_family_name(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *name = skip_blanks(x, p);
	bool is_quoted = peek(x, name) == '"';

	if (x->format == EXPO_OPENMETRICS && (name != p + 1 || *p != ' '))
		return bad(x, e, p, "not one blank before the metric name");
	p = is_quoted ? read_quoted(x, e, name, &e->name)
		      : find_word_end(x, skip_family(x, name), ':');
	if (p == NULL)
		return NULL;
	if (!is_quoted)
		e->name = (struct str){name, (size_t)(p - name)};
	if (e->name.len == 0 || is_digit(*name))
		return bad(x, e, name, "no metric name");
	return p;
}

/* p: behind the name. Returns where the type, help or unit begins: in OpenMetrics behind
 * exactly one blank. */
static const char *find_rest(
	const struct expo *x, struct expo_entry *e, const char *p, const char *end)
{
	if (x->format == EXPO_OPENMETRICS)
		return p < end && *p == ' '
			       ? p + 1
			       : bad(x, e, p, "no blank behind the metric name");
	if (p == end || is_blank(*p))
		return skip_blanks(x, p);
	if (e->kind == EXPO_TYPE)
		return bad(x, e, p, "no blank behind the metric name");
	note_lapse(x, e, p, "no blank behind the metric name");
	return p;
}

/* p: behind the word. Returns the line end; NULL: the line is bad. */
static const char *read_metadata(struct expo *x, struct expo_entry *e, const char *p)
{
	bool is_strict = x->format == EXPO_OPENMETRICS;

	p = read_family_name(x, e, p);
	if (p == NULL)
		return NULL;
	const char *end = find_line_end(x, p);
	if (end > p && end[-1] == '\r' && (!is_strict || e->kind == EXPO_HELP))
		note_lapse(x, e, --end, "the line ends in CR LF");
	p = find_rest(x, e, p, end);
	if (p == NULL)
		return NULL;
	struct str rest = {p, p < end ? (size_t)(end - p) : 0};
	if (!is_strict && e->kind == EXPO_TYPE)
		while (rest.len > 0 && is_blank(rest.at[rest.len - 1]))
			rest.len--;
	e->help_or_unit = rest;
	bool is_read = e->kind == EXPO_TYPE   ? read_type(x, e, rest)
		       : e->kind == EXPO_UNIT ? read_unit(x, e, rest)
					      : read_help(x, e);
	return is_read && declare(x, e) ? end : NULL;
}

/* `# HELP NAME TEXT` as programs write it: a bare name, single blanks, no escapes, no
 * byte beyond ASCII. p: the name. Returns the line end; NULL: it is not so. */
static inline const char *read_plain_help(
	struct expo *x, struct expo_entry *e, const char *p)
{
	const char *end = memchr(p, '\n', (size_t)(x->end - p));
	const char *name_end = find_word_end(x, p, ':');

	if (end == NULL || name_end == p || is_digit(*p) || *name_end != ' ' ||
		is_blank(name_end[1]) || end[-1] == '\r')
		return NULL;
	struct str help = {name_end + 1, (size_t)(end - name_end) - 1};
	if (!is_plain(help))
		return NULL;
	e->kind = EXPO_HELP;
	e->name = (struct str){p, (size_t)(name_end - p)};
	e->help_or_unit = help;
	begin_family(x, e->name, true);
	return end;
}

/* `# TYPE NAME WORD` of the family that the line before was about. */
static inline const char *read_plain_type(
	struct expo *x, struct expo_entry *e, const char *p)
{
	const char *blank = skip_family(x, p);
	const char *word = blank + 1;

	if (blank == p || *blank != ' ')
		return NULL;
	for (size_t i = 0; i < TYPES; i++) {
		struct str type = types[i].word;

		if ((size_t)(x->end - word) <= type.len || word[type.len] != '\n' ||
			!str_same(word, type.at, type.len) || !types[i].is_text ||
			!types[i].is_openmetrics)
			continue;
		e->kind = EXPO_TYPE;
		e->name = (struct str){p, x->family.len};
		e->help_or_unit = (struct str){word, type.len};
		e->type = types[i].type;
		x->type = e->type;
		x->last_name.len = 0;
		return word + type.len;
	}
	return NULL;
}

static inline const char *read_plain_comment(
	struct expo *x, struct expo_entry *e, const char *p)
{
	if (x->end - p < 8)
		return NULL;
	if (memcmp(p, "# HELP ", 7) == 0)
		return read_plain_help(x, e, p + 7);
	if (memcmp(p, "# TYPE ", 7) == 0)
		return read_plain_type(x, e, p + 7);
	return NULL;
}

/* The word of four letters at p and what kind of line it makes; EXPO_COMMENT: none. */
static enum expo_kind kind_of(const struct expo *x, const char *p)
{
	if (x->end - p < 4)
		return EXPO_COMMENT;
	if (memcmp(p, "HELP", 4) == 0)
		return EXPO_HELP;
	if (memcmp(p, "TYPE", 4) == 0)
		return EXPO_TYPE;
	if (x->format == EXPO_OPENMETRICS && memcmp(p, "UNIT", 4) == 0)
		return EXPO_UNIT;
	return EXPO_COMMENT;
}

static const char *read_text_comment(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *word = skip_blanks(x, p + 1);

	e->kind = word > p + 1 ? kind_of(x, word) : EXPO_COMMENT;
	if (e->kind != EXPO_COMMENT && is_blank(peek(x, word + 4)))
		return read_metadata(x, e, word + 4);
	const char *end = find_line_end(x, p);
	if (end > p && end[-1] == '\r')
		note_lapse(x, e, --end, "the line ends in CR LF");
	if (e->kind != EXPO_COMMENT && end == word + 4)
		note_lapse(x, e, word, "no metric name");
	e->kind = EXPO_COMMENT;
	return end;
}

static const char *read_openmetrics_comment(
	struct expo *x, struct expo_entry *e, const char *p)
{
	if (x->end - p >= 5 && memcmp(p, "# EOF", 5) == 0 && peek(x, p + 5) == '\n') {
		e->kind = EXPO_EOF;
		x->saw_eof = true;
		return p + 5;
	}
	e->kind = peek(x, p + 1) == ' ' ? kind_of(x, p + 2) : EXPO_COMMENT;
	if (e->kind == EXPO_COMMENT)
		return bad(x, e, p, "none of # HELP, # TYPE, # UNIT, # EOF");
	return read_metadata(x, e, p + 6);
}

static const char *read_comment(struct expo *x, struct expo_entry *e, const char *p)
{
	const char *end = read_plain_comment(x, e, p);

	if (end != NULL)
		return end;
	return x->format == EXPO_TEXT ? read_text_comment(x, e, p)
				      : read_openmetrics_comment(x, e, p);
}

/* ---- the page ---- */

void expo_init(
	struct expo *x, enum expo_format format, struct str page, struct arena *arena)
{
	*x = (struct expo){
		.format = format,
		.page = page,
		.at = page.at,
		.line = 1,
		.arena = arena,
		.end = page.len == 0 ? page.at : page.at + page.len,
	};
}

void expo_seek(struct expo *x, const char *at, size_t line)
{
	/* lines are compared with such as stand before them: is_same_near() */
	if (at < x->at) {
		x->alike_labels = 0;
		x->last_name.len = 0;
	}
	x->at = at;
	x->line = line;
}

/* Text: leading blanks and empty lines mean nothing. */
static inline const char *skip_to_text(struct expo *x)
{
	if (x->at<x->end && * x->at> ' ')
		return x->at;
	for (;;) {
		const char *p = skip_blanks(x, x->at);

		if (peek(x, p) == '\r' && peek(x, p + 1) == '\n')
			p++;
		if (p == x->end || *p != '\n')
			return p;
		x->at = p + 1;
		x->line++;
	}
}

/* One that is bad (p: NULL), or ends at p in CR LF or with the page. */
static void end_odd_line(struct expo *x, struct expo_entry *e, const char *p)
{
	if (p == x->end && x->format == EXPO_OPENMETRICS && e->kind != EXPO_EOF)
		p = bad(x, e, p, "cut short: the last line has no line end");
	if (p == NULL) {
		e->kind = EXPO_BAD;
		p = find_line_end(x, x->at);
	}
	e->text = (struct str){x->at, (size_t)(p - x->at)};
	p += p < x->end && *p == '\r';
	x->at = p < x->end ? p + 1 : p;
	x->line++;
}

bool expo_next(struct expo *x, struct expo_entry *entry)
{
	if (x->format == EXPO_PROTOBUF)
		return expo_proto_next(x, entry);
	const char *p = x->format == EXPO_TEXT ? skip_to_text(x) : x->at;

	if (p == x->end || x->saw_eof)
		return false;
	entry->line = x->line;
	entry->lapse = NULL;
	x->label_count = 0;
	x->scratch_used = 0;
	x->blanks_are_free = x->format == EXPO_TEXT;
	p = *p == '#' ? read_comment(x, entry, p) : read_sample(x, entry, p);
	if (p == NULL || p == x->end || *p != '\n') {
		end_odd_line(x, entry, p);
		return true;
	}
	entry->text = (struct str){x->at, (size_t)(p - x->at)};
	x->at = p + 1;
	x->line++;
	return true;
}

bool expo_whole(const struct expo *x, struct err *e)
{
	if (x->format == EXPO_PROTOBUF)
		return expo_proto_whole(x, e);
	if (x->format != EXPO_OPENMETRICS)
		return true;
	if (!x->saw_eof)
		return err_at(
			e, ERR_TRUNCATED, x->line, 1, "no # EOF: the page was cut short");
	if (x->at < x->end)
		return err_at(e, ERR_SYNTAX, x->line, 1, "something stands behind # EOF");
	return true;
}

/* ---- words ---- */

const char *expo_type_name(enum expo_type type, enum expo_format format)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type &&
			(type != EXPO_UNKNOWN ||
				types[i].is_text == (format == EXPO_TEXT)))
			return types[i].word.at;
	return "untyped";
}
