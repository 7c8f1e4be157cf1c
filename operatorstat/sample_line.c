#include "operatorstat/sample_line.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/labels.h"
#include "engine/native.h"

/* ---- numbers ---- */

/* Room for any value_text() and seconds_text(). */
enum { NUMBER_SIZE = 32 };

static const char *value_text(double value, char out[NUMBER_SIZE])
{
	if (isnan(value))
		return "NaN";
	if (isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	snprintf(out, NUMBER_SIZE, "%.17g", value);
	return out;
}

/* Significant digits that give the same number again; times have 13 to 16. */
static int digits_of(double seconds)
{
	char text[NUMBER_SIZE];
	int digits = 14;
	double again;

	do {
		snprintf(text, sizeof(text), "%.*g", ++digits, seconds);
	} while (digits < 17 && (!str_to_double(str_of(text), &again) ||
					again < seconds || again > seconds));
	return digits;
}

/* ---- names and labels ---- */

static bool is_bare(struct str name, bool colons)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				 c == '_' || (c == ':' && colons);

		if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return name.len > 0;
}

static void add_quoted(struct buf *out, struct str s)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\n')
			buf_add(out, STR("\\n"));
		else if (s.at[i] == '"' || s.at[i] == '\\')
			buf_addf(out, "\\%c", s.at[i]);
		else
			buf_addc(out, s.at[i]);
	}
	buf_addc(out, '"');
}

static void add_name(struct buf *out, struct str name, bool colons)
{
	if (is_bare(name, colons))
		buf_add(out, name);
	else
		add_quoted(out, name);
}

static bool has_label(struct labels labels, struct str name)
{
	for (size_t i = 0; i < labels.count; i++)
		if (str_eq(labels.at[i].name, name))
			return true;
	return false;
}

/* What the i-th label is called on a line that has an instance of its own: as Prometheus
 * calls it, where exported_instance is there as well. */
static struct str name_of(struct labels labels, size_t i, struct str instance)
{
	static const char longest[] = "exported_exported_exported_exported_instance";
	const size_t step = strlen("exported_");
	size_t at = sizeof(longest) - 1 - strlen("exported_instance");

	if (instance.len == 0 || !str_eq(labels.at[i].name, STR("instance")))
		return labels.at[i].name;
	while (at >= step && has_label(labels, str_of(longest + at)))
		at -= step;
	return str_of(longest + at);
}

/* One label; separator: what stands before it. */
static void add_label(
	struct buf *out, const char *separator, struct str name, struct str value)
{
	buf_add(out, str_of(separator));
	add_name(out, name, false);
	buf_addc(out, '=');
	add_quoted(out, value);
}

void sample_line_series(struct buf *out, const struct expo_entry *e, struct str instance)
{
	bool name_is_outside = is_bare(e->name, true);
	const char *separator = name_is_outside ? "{" : ",";

	if (!name_is_outside)
		buf_addc(out, '{');
	add_name(out, e->name, true);
	if (instance.len > 0) {
		add_label(out, separator, STR("instance"), instance);
		separator = ",";
	}
	for (size_t i = 0; i < e->labels.count; i++) {
		add_label(out, separator, name_of(e->labels, i, instance),
			e->labels.at[i].value);
		separator = ",";
	}
	if (!name_is_outside || separator[0] == ',')
		buf_addc(out, '}');
}

/* ---- text ---- */

static void add_value(struct buf *out, double value)
{
	char text[NUMBER_SIZE];

	buf_add(out, str_of(value_text(value, text)));
}

static void add_buckets(
	struct buf *out, const char *name, const struct native_bucket *at, size_t count)
{
	buf_addf(out, ",%s:[", name);
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "%s%d:", i > 0 ? "," : "", at[i].index);
		add_value(out, at[i].count);
	}
	buf_addc(out, ']');
}

static void add_native(struct buf *out, const struct native *n)
{
	buf_add(out, STR("{count:"));
	add_value(out, n->count);
	buf_add(out, STR(",sum:"));
	add_value(out, n->sum);
	buf_addf(out, ",schema:%d,zero_threshold:", n->schema);
	add_value(out, n->zero_threshold);
	buf_add(out, STR(",zero_count:"));
	add_value(out, n->zero_count);
	if (n->custom_bound_count > 0)
		buf_add(out, STR(",custom_bounds:["));
	for (size_t i = 0; i < n->custom_bound_count; i++) {
		add_value(out, n->custom_bound[i]);
		buf_addc(out, i + 1 < n->custom_bound_count ? ',' : ']');
	}
	add_buckets(out, "positive", n->positive, n->positive_count);
	add_buckets(out, "negative", n->negative, n->negative_count);
	buf_addc(out, '}');
}

void sample_line_text(struct buf *out, const struct expo_entry *e, struct str instance)
{
	sample_line_series(out, e, instance);
	buf_addc(out, ' ');
	if (e->kind == EXPO_NATIVE)
		add_native(out, e->native);
	else
		add_value(out, e->value);
	if (e->has_timestamp)
		buf_addf(out, " %.*g", digits_of(e->timestamp_seconds),
			e->timestamp_seconds);
	buf_addc(out, '\n');
}

/* ---- JSON ---- */

static json_t *json_value(double value)
{
	char text[NUMBER_SIZE];

	return json_string(value_text(value, text));
}

static json_t *json_labels(const struct expo_entry *e, struct str instance)
{
	json_t *labels = json_object();

	if (instance.len > 0)
		json_object_set_new(
			labels, "instance", json_stringn(instance.at, instance.len));
	for (size_t i = 0; i < e->labels.count; i++) {
		struct str name = name_of(e->labels, i, instance);
		struct str value = e->labels.at[i].value;

		json_object_setn_new(
			labels, name.at, name.len, json_stringn(value.at, value.len));
	}
	return labels;
}

static json_t *json_buckets(const struct native_bucket *at, size_t count)
{
	json_t *buckets = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(buckets,
			json_pack("[i,o]", at[i].index, json_value(at[i].count)));
	return buckets;
}

static json_t *json_native(const struct native *n)
{
	json_t *histogram = json_pack("{s:o,s:o,s:i,s:o,s:o}", "count",
		json_value(n->count), "sum", json_value(n->sum), "schema", n->schema,
		"zero_threshold", json_value(n->zero_threshold), "zero_count",
		json_value(n->zero_count));
	json_t *bounds = json_array();

	for (size_t i = 0; i < n->custom_bound_count; i++)
		json_array_append_new(bounds, json_value(n->custom_bound[i]));
	if (n->custom_bound_count > 0)
		json_object_set(histogram, "custom_bounds", bounds);
	json_decref(bounds);
	json_object_set_new(
		histogram, "positive", json_buckets(n->positive, n->positive_count));
	json_object_set_new(
		histogram, "negative", json_buckets(n->negative, n->negative_count));
	return histogram;
}

static int add_piece(const char *piece, size_t len, void *out)
{
	buf_add(out, (struct str){piece, len});
	return buf_ok(out) ? 0 : -1;
}

bool sample_line_json(struct buf *out, const struct expo_entry *e, struct str instance)
{
	bool is_native = e->kind == EXPO_NATIVE;
	int digits = e->has_timestamp ? digits_of(e->timestamp_seconds) : 17;
	json_t *line = json_object();

	json_object_set_new(line, "name", json_stringn(e->name.at, e->name.len));
	json_object_set_new(line, "labels", json_labels(e, instance));
	if (is_native)
		json_object_set_new(line, "histogram", json_native(e->native));
	else
		json_object_set_new(line, "value", json_value(e->value));
	json_object_set_new(line, "timestamp",
		e->has_timestamp ? json_real(e->timestamp_seconds) : json_null());
	bool done = json_object_size(line) == 4 &&
		    json_dump_callback(line, add_piece, out,
			    JSON_COMPACT | JSON_REAL_PRECISION((size_t)digits)) == 0;
	json_decref(line);
	buf_addc(out, '\n');
	return done && buf_ok(out);
}

/* C0, DEL, or either byte of a C1 in UTF-8. */
static bool is_control(struct str text, size_t i)
{
	unsigned char byte = (unsigned char)text.at[i];
	unsigned char before = i > 0 ? (unsigned char)text.at[i - 1] : 0;
	unsigned char behind = i + 1 < text.len ? (unsigned char)text.at[i + 1] : 0xff;

	return byte < ' ' || byte == 0x7f || (before == 0xc2 && byte < 0xa0) ||
	       (byte == 0xc2 && behind < 0xa0);
}

void sample_line_print(struct str text)
{
	size_t end = text.len;

	if (isatty(STDOUT_FILENO) == 0) {
		fwrite(text.at, 1, text.len, stdout);
		return;
	}
	/* the line's own end is no control byte of its labels */
	end -= str_ends(text, STR("\n")) ? 1 : 0;
	for (size_t i = 0; i < end; i++)
		if (is_control(text, i))
			printf("\\x%02x", (unsigned int)(unsigned char)text.at[i]);
		else
			putchar(text.at[i]);
	if (end < text.len)
		putchar('\n');
}
