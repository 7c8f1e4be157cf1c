#include "engine/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Items of one list at most: nobody writes so many, and a loop might. */
#define LIST_LIMIT 1000

/* Bytes of one text at most; JWTs have up to some 4 k, a percent of that is usual. */
#define TEXT_LIMIT 65536

static const struct option_def options[] = {
#define OPTION(kind, field, name, scope, standard, minimum, maximum, argument, help)     \
	{OPTION_ID_##field, OPTION_KIND_##kind, OPTION_SCOPE_##scope, name, standard,    \
		minimum, maximum, argument, help},
#include "engine/options.def"
#undef OPTION
};

const struct option_def *option_at(enum option_id id)
{
	return &options[id];
}

const struct option_def *option_find(const char *name)
{
	for (size_t i = 0; i < OPTION_IDS; i++)
		if (strcasecmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, whatever the case; b is shorter than 32. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32];
	size_t b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool differ = strncasecmp(&a[i - 1], &b[j - 1], 1) != 0;
			size_t here = smaller(
				smaller(row[j], row[j - 1]) + 1, diagonal + differ);

			diagonal = row[j];
			row[j] = here;
		}
	}
	return row[b_len];
}

const struct option_def *option_like(const char *name)
{
	const struct option_def *best = NULL;
	size_t nearest = 3;

	for (size_t i = 0; i < OPTION_IDS && strlen(name) < 64; i++) {
		size_t d = distance(name, options[i].name);

		if (d < nearest) {
			nearest = d;
			best = &options[i];
		}
	}
	return best;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

void option_long_name(const struct option_def *def, char *out, size_t size)
{
	const char *name = def->name;
	size_t n = 0;

	/* a word begins where a capital follows a small letter, or ends a row of capitals
	 */
	for (size_t i = 0; name[i] != '\0' && n + 2 < size; i++) {
		bool begins = i > 0 && is_upper(name[i]) &&
			      (is_lower(name[i - 1]) || is_lower(name[i + 1]));

		if (begins)
			out[n++] = '-';
		out[n++] = is_upper(name[i]) ? (char)(name[i] - 'A' + 'a') : name[i];
	}
	out[n] = '\0';
}

bool option_is_list(const struct option_def *def)
{
	return def->kind == OPTION_KIND_SECRETS || def->kind == OPTION_KIND_PERCENTILES ||
	       def->kind == OPTION_KIND_CHOSEN || def->kind == OPTION_KIND_RULES ||
	       def->kind == OPTION_KIND_TEXTS;
}

/* A number and what follows it. */
static bool read_quantity(struct str text, double *number, struct str *unit)
{
	size_t len = str_read_double(text, number);

	if (len == 0 || !isfinite(*number) || *number < 0)
		return false;
	*unit = (struct str){text.at + len, text.len - len};
	return true;
}

bool option_duration_ms(struct str text, double bare_ms, double *ms)
{
	static const struct {
		struct str unit;
		double ms;
	} units[] = {{{"ms", 2}, 1}, {{"s", 1}, 1000}, {{"m", 1}, 60000}};
	double number;
	struct str unit;

	if (!read_quantity(text, &number, &unit))
		return false;
	if (unit.len == 0) {
		*ms = number * bare_ms;
		return true;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_eq(unit, units[i].unit)) {
			*ms = number * units[i].ms;
			return true;
		}
	return false;
}

static bool read_bytes(struct str text, double *bytes)
{
	static const char letters[] = "kMG";
	struct str unit;

	if (!read_quantity(text, bytes, &unit))
		return false;
	if (unit.len == 0)
		return true;
	const char *letter = unit.len == 1 ? strchr(letters, unit.at[0]) : NULL;
	if (letter == NULL)
		return false;
	*bytes *= exp2(10.0 * (double)(letter - letters + 1));
	return true;
}

/* ---- one value ---- */

static bool within(
	const struct option_def *def, double number, const char *write, struct err *e)
{
	if (number >= def->minimum && number <= def->maximum)
		return true;
	return err_set(e, ERR_USAGE, "out of range: %s, from %.15g to %.15g", write,
		def->minimum, def->maximum);
}

static bool read_duration(const struct option_def *def, const struct setting *s,
	double unit_ms, double *out, struct err *e)
{
	const char *write =
		unit_ms < 1000 ? "write milliseconds, or a suffix as in 500ms, 5s, 2m"
			       : "write seconds, or a suffix as in 500ms, 5s, 2m";
	double ms = s->number * unit_ms;

	if (s->kind == SETTING_FLAG ||
		(s->kind == SETTING_TEXT &&
			!option_duration_ms(str_of(s->text), unit_ms, &ms)))
		return err_set(e, ERR_USAGE, "not a time: %s", write);
	if (!within(def, ms / unit_ms, write, e))
		return false;
	*out = ms / unit_ms;
	return true;
}

static bool read_number(const struct option_def *def, const struct setting *s,
	uint64_t *out, struct err *e)
{
	bool is_bytes = def->kind == OPTION_KIND_BYTES;
	const char *write = is_bytes ? "write bytes, or a suffix as in 64k, 16M, 1G"
				     : "write a whole number";
	double number = s->number;
	struct str unit = STR("");

	if (s->kind == SETTING_TEXT) {
		bool read = is_bytes ? read_bytes(str_of(s->text), &number)
				     : read_quantity(str_of(s->text), &number, &unit);

		if (!read || unit.len > 0)
			return err_set(e, ERR_USAGE, "not a number: %s", write);
	}
	if (s->kind == SETTING_FLAG || number > floor(number))
		return err_set(e, ERR_USAGE, "not a number: %s", write);
	if (!within(def, number, write, e))
		return false;
	*out = (uint64_t)number;
	return true;
}

static bool read_flag(const struct setting *s, bool *out, struct err *e)
{
	static const char *const words[2][3] = {
		{"false", "no", "off"}, {"true", "yes", "on"}};

	if (s->kind == SETTING_FLAG) {
		*out = s->flag;
		return true;
	}
	for (size_t i = 0; s->kind == SETTING_TEXT && i < 6; i++)
		if (strcasecmp(s->text, words[i / 3][i % 3]) == 0) {
			*out = i >= 3;
			return true;
		}
	return err_set(e, ERR_USAGE, "neither true nor false: write one of them");
}

static char *copy(struct arena *a, const char *text)
{
	char *c = arena_alloc(a, strlen(text) + 1);

	if (c != NULL)
		strcpy(c, text);
	return c;
}

/* A number is no text: `Password 007` reaches us as 7. */
static bool read_text(struct arena *a, const struct setting *s, char **out, struct err *e)
{
	if (s->kind != SETTING_TEXT)
		return err_set(e, ERR_USAGE, "not a text: put it in quotes");
	if (strlen(s->text) > TEXT_LIMIT)
		return err_set(e, ERR_USAGE, "longer than %d bytes", TEXT_LIMIT);
	*out = copy(a, s->text);
	if (*out == NULL)
		return err_set(e, ERR_MEMORY, "no memory for it");
	return true;
}

/* An empty text takes an option back: `Proxy ""` in an endpoint. */
static bool read_optional_text(
	struct arena *a, const struct setting *s, char **out, struct err *e)
{
	if (!read_text(a, s, out, e))
		return false;
	if (*out != NULL && **out == '\0')
		*out = NULL;
	return true;
}

/* Line ends in what becomes a header would begin another one. */
static bool read_secret(
	struct arena *a, const struct setting *s, char **out, struct err *e)
{
	if (!read_optional_text(a, s, out, e))
		return false;
	if (*out == NULL || strpbrk(*out, "\r\n") == NULL)
		return true;
	return err_set(e, ERR_USAGE, "it holds a line end: write it in one line");
}

static bool read_word(const struct setting *s, const char *const *words, size_t count,
	const char *write, unsigned *out, struct err *e)
{
	char number[32];
	const char *text = s->text;

	if (s->kind == SETTING_NUMBER) {
		snprintf(number, sizeof(number), "%.1f", s->number);
		text = number;
	}
	for (unsigned i = 0; s->kind != SETTING_FLAG && i < count; i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i;
			return true;
		}
	return err_set(e, ERR_USAGE, "unknown: write one of %s", write);
}

static bool read_format(const struct setting *s, enum option_format *out, struct err *e)
{
	static const char *const words[] = {"auto", "text", "openmetrics", "protobuf"};
	unsigned word;

	if (!read_word(s, words, 4, "auto, text, openmetrics, protobuf", &word, e))
		return false;
	*out = (enum option_format)word;
	return true;
}

static bool read_tls_version(
	const struct setting *s, enum option_tls_version *out, struct err *e)
{
	static const char *const words[] = {"1.0", "1.1", "1.2", "1.3"};
	unsigned word;

	if (!read_word(s, words, 4, "1.0, 1.1, 1.2, 1.3", &word, e))
		return false;
	*out = (enum option_tls_version)word;
	return true;
}

static bool read_url(
	struct arena *a, const struct setting *s, struct url *out, struct err *e)
{
	char port[32];

	if (s->kind == SETTING_FLAG)
		return err_set(
			e, ERR_USAGE, "not a URL: write http://127.0.0.1:8080/metrics");
	if (s->kind == SETTING_TEXT)
		return url_read(a, str_of(s->text), out, e);
	snprintf(port, sizeof(port), "%.15g", s->number);
	return url_read(a, str_of(port), out, e);
}

static bool read_server(
	struct arena *a, const struct setting *s, struct url *out, struct err *e)
{
	struct url url;

	if (s->kind != SETTING_TEXT)
		return err_set(e, ERR_USAGE, "not a URL: write https://HOST:PORT");
	if (!url_read_server(a, str_of(s->text), &url, e))
		return false;
	if (strchr(url.path, '?') != NULL)
		return err_set(e, ERR_USAGE, "the URL of a server has no `?`");
	*out = url;
	return true;
}

/* ---- lists ---- */

/* Doubles at each power of two, so that the arena holds twice the list at most. */
static bool add_item(struct arena *a, struct option_list *list, char *item, struct err *e)
{
	size_t n = list->count;

	if (item == NULL)
		return err_set(e, ERR_MEMORY, "no memory for it");
	if (n == LIST_LIMIT)
		return err_set(e, ERR_USAGE, "more than %d of them", LIST_LIMIT);
	if ((n & (n - 1)) == 0) {
		char **grown = arena_array(a, n == 0 ? 1 : 2 * n, sizeof(*grown));

		if (grown == NULL)
			return err_set(e, ERR_MEMORY, "no memory for it");
		if (n > 0)
			memcpy(grown, list->at, n * sizeof(*grown));
		list->at = grown;
	}
	list->at[list->count++] = item;
	return true;
}

/* `NAME: VALUE`, the name a token of RFC 9110. */
static bool check_header(const char *text, struct err *e)
{
	size_t name_len = strspn(text, "!#$%&'*+-.^_`|~0123456789"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz");

	if (name_len > 0 && text[name_len] == ':')
		return true;
	return err_set(e, ERR_USAGE, "not a header: write \"NAME: VALUE\"");
}

static bool read_headers(struct arena *a, const struct setting *values, size_t count,
	struct option_list *list, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		char *text;

		if (!read_secret(a, &values[i], &text, e))
			return false;
		if (!check_header(text == NULL ? "" : text, e) ||
			!add_item(a, list, text, e))
			return false;
	}
	return true;
}

/* One way to write each decimal: 050.0 is 50, .5 is 0.5. False: none from 0 to 100. */
static bool clean_decimal(struct str text, char *out, size_t size)
{
	size_t point = 0;
	double number;

	for (size_t i = 0; i < text.len; i++)
		if (strchr("0123456789.", text.at[i]) == NULL)
			return false;
	if (text.len > 20 || !str_to_double(text, &number) || number > 100)
		return false;
	while (point < text.len && text.at[point] != '.')
		point++;
	while (point < text.len && strchr("0.", text.at[text.len - 1]) != NULL &&
		text.len > point)
		text.len--;
	while (text.len > 1 && text.at[0] == '0' && text.at[1] != '.') {
		text.at++;
		text.len--;
	}
	snprintf(out, size, "%s%.*s", text.len == 0 || text.at[0] == '.' ? "0" : "",
		STR_ARG(text));
	return true;
}

static bool has_item(const struct option_list *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i], item) == 0)
			return true;
	return false;
}

static bool add_percentile(
	struct arena *a, struct str text, struct option_list *list, struct err *e)
{
	char decimal[32];

	if (!clean_decimal(text, decimal, sizeof(decimal)))
		return err_set(e, ERR_USAGE,
			"not a percentile: write decimals from 0 to 100, as "
			"in 50 90 99.9");
	return has_item(list, decimal) || add_item(a, list, copy(a, decimal), e);
}

static bool read_percentiles(struct arena *a, const struct setting *values, size_t count,
	struct option_list *list, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		char number[32] = "";
		const char *text =
			values[i].kind == SETTING_TEXT ? values[i].text : number;

		if (values[i].kind == SETTING_NUMBER)
			snprintf(number, sizeof(number), "%.15g", values[i].number);
		do {
			struct str item = {text, strcspn(text, ", ")};

			if (!add_percentile(a, item, list, e))
				return false;
			text += item.len;
		} while (*text++ != '\0');
	}
	return true;
}

/* A single true or false replaces what was chosen before. */
static bool read_chosen(struct arena *a, const struct setting *values, size_t count,
	struct option_chosen *chosen, struct err *e)
{
	bool all;

	if (count == 1 && read_flag(&values[0], &all, NULL)) {
		*chosen = (struct option_chosen){.all = all};
		return true;
	}
	chosen->all = false;
	for (size_t i = 0; i < count; i++) {
		char *text = NULL;

		if (values[i].kind != SETTING_TEXT || values[i].text[0] == '\0')
			return err_set(
				e, ERR_USAGE, "write true, false, or names in quotes");
		if (!read_text(a, &values[i], &text, e) ||
			!add_item(a, &chosen->globs, text, e))
			return false;
	}
	return true;
}

static bool check_rule(const char *rule, struct err *e)
{
	struct filter *f = filter_new();

	if (f == NULL)
		return err_set(e, ERR_MEMORY, "no memory for it");
	bool good = filter_add(f, str_of(rule), e);
	filter_free(f);
	return good;
}

static bool read_rules(struct arena *a, const struct setting *values, size_t count,
	struct option_list *list, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		char *rule = NULL;

		if (!read_text(a, &values[i], &rule, e) || !check_rule(rule, e) ||
			!add_item(a, list, rule, e))
			return false;
	}
	return true;
}

static bool read_texts(struct arena *a, const struct setting *values, size_t count,
	struct option_list *list, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		char *text = NULL;

		if (!read_text(a, &values[i], &text, e) || !add_item(a, list, text, e))
			return false;
	}
	return true;
}

/* ---- any option ---- */

static bool read_kind(struct arena *a, const struct option_def *def,
	const struct setting *values, size_t count, union option_value *v, struct err *e)
{
	double ms = 0;
	char *text = NULL;

	switch (def->kind) {
	case OPTION_KIND_URL:
		return read_url(a, values, &v->URL, e);
	case OPTION_KIND_SERVER:
		return read_server(a, values, &v->SERVER, e);
	case OPTION_KIND_TEXT:
		if (!read_optional_text(a, values, &text, e))
			return false;
		v->TEXT = text;
		return true;
	case OPTION_KIND_SECRET:
		return read_secret(a, values, &v->SECRET, e);
	case OPTION_KIND_SECRETS:
		return read_headers(a, values, count, &v->SECRETS, e);
	case OPTION_KIND_FLAG:
		return read_flag(values, &v->FLAG, e);
	case OPTION_KIND_SECONDS:
		return read_duration(def, values, 1000, &v->SECONDS, e);
	case OPTION_KIND_MS:
		if (!read_duration(def, values, 1, &ms, e))
			return false;
		v->MS = (int64_t)ms;
		return true;
	case OPTION_KIND_BYTES:
		return read_number(def, values, &v->BYTES, e);
	case OPTION_KIND_COUNT:
		return read_number(def, values, &v->COUNT, e);
	case OPTION_KIND_PERCENTILES:
		return read_percentiles(a, values, count, &v->PERCENTILES, e);
	case OPTION_KIND_CHOSEN:
		return read_chosen(a, values, count, &v->CHOSEN, e);
	case OPTION_KIND_RULES:
		return read_rules(a, values, count, &v->RULES, e);
	case OPTION_KIND_TEXTS:
		return read_texts(a, values, count, &v->TEXTS, e);
	case OPTION_KIND_FORMAT:
		return read_format(values, &v->FORMAT, e);
	case OPTION_KIND_TLS_VERSION:
		return read_tls_version(values, &v->TLS_VERSION, e);
	}
	return false;
}

bool option_read(struct arena *a, const struct option_def *def,
	const struct setting *values, size_t count, union option_value *value,
	struct err *e)
{
	union option_value read = *value;

	if (count == 0)
		return err_set(
			e, ERR_USAGE, "no value: write %s %s", def->name, def->argument);
	if (count > 1 && !option_is_list(def))
		return err_set(e, ERR_USAGE, "more than one value: write %s %s",
			def->name, def->argument);
	if (!read_kind(a, def, values, count, &read, e))
		return false;
	*value = read;
	return true;
}

bool option_standard(
	struct arena *a, const struct option_def *def, union option_value *value)
{
	struct setting standard = {.kind = SETTING_TEXT, .text = def->standard};

	memset(value, 0, sizeof(*value));
	return def->standard[0] == '\0' || option_read(a, def, &standard, 1, value, NULL);
}
