#include "engine/proto.h"

#include <math.h>
#include <string.h>

/* ---- shapes ---- */

/* What the bytes of a message must look like, so that whoever reads it can rely on it. */
enum form {
	FORM_UNKNOWN,
	FORM_VARINT,
	FORM_DOUBLE,
	FORM_BYTES,
	FORM_VARINTS,
	FORM_DOUBLES
};

struct shape {
	struct {
		enum form form;
		const struct shape *message; /* FORM_BYTES: is one of these */
	} fields[PROTO_HISTOGRAM_EXEMPLAR + 1];
};

static const struct shape label_shape = {{
	[PROTO_LABEL_NAME] = {FORM_BYTES, NULL},
	[PROTO_LABEL_VALUE] = {FORM_BYTES, NULL},
}};

static const struct shape timestamp_shape = {{
	[PROTO_TIMESTAMP_SECONDS] = {FORM_VARINT, NULL},
	[PROTO_TIMESTAMP_NANOS] = {FORM_VARINT, NULL},
}};

static const struct shape exemplar_shape = {{
	[PROTO_EXEMPLAR_LABEL] = {FORM_BYTES, &label_shape},
	[PROTO_EXEMPLAR_VALUE] = {FORM_DOUBLE, NULL},
	[PROTO_EXEMPLAR_TIMESTAMP] = {FORM_BYTES, &timestamp_shape},
}};

static const struct shape number_shape = {{
	[PROTO_NUMBER_VALUE] = {FORM_DOUBLE, NULL},
	[PROTO_NUMBER_EXEMPLAR] = {FORM_BYTES, &exemplar_shape},
	[PROTO_NUMBER_CREATED] = {FORM_BYTES, &timestamp_shape},
}};

static const struct shape quantile_shape = {{
	[PROTO_QUANTILE_Q] = {FORM_DOUBLE, NULL},
	[PROTO_QUANTILE_VALUE] = {FORM_DOUBLE, NULL},
}};

static const struct shape summary_shape = {{
	[PROTO_SUMMARY_COUNT] = {FORM_VARINT, NULL},
	[PROTO_SUMMARY_SUM] = {FORM_DOUBLE, NULL},
	[PROTO_SUMMARY_QUANTILE] = {FORM_BYTES, &quantile_shape},
	[PROTO_SUMMARY_CREATED] = {FORM_BYTES, &timestamp_shape},
}};

static const struct shape bucket_shape = {{
	[PROTO_BUCKET_COUNT] = {FORM_VARINT, NULL},
	[PROTO_BUCKET_UPPER] = {FORM_DOUBLE, NULL},
	[PROTO_BUCKET_EXEMPLAR] = {FORM_BYTES, &exemplar_shape},
	[PROTO_BUCKET_COUNT_FLOAT] = {FORM_DOUBLE, NULL},
}};

static const struct shape span_shape = {{
	[PROTO_SPAN_OFFSET] = {FORM_VARINT, NULL},
	[PROTO_SPAN_LENGTH] = {FORM_VARINT, NULL},
}};

static const struct shape histogram_shape = {{
	[PROTO_HISTOGRAM_COUNT] = {FORM_VARINT, NULL},
	[PROTO_HISTOGRAM_SUM] = {FORM_DOUBLE, NULL},
	[PROTO_HISTOGRAM_BUCKET] = {FORM_BYTES, &bucket_shape},
	[PROTO_HISTOGRAM_COUNT_FLOAT] = {FORM_DOUBLE, NULL},
	[PROTO_HISTOGRAM_SCHEMA] = {FORM_VARINT, NULL},
	[PROTO_HISTOGRAM_ZERO_THRESHOLD] = {FORM_DOUBLE, NULL},
	[PROTO_HISTOGRAM_ZERO_COUNT] = {FORM_VARINT, NULL},
	[PROTO_HISTOGRAM_ZERO_COUNT_FLOAT] = {FORM_DOUBLE, NULL},
	[PROTO_HISTOGRAM_NEGATIVE_SPAN] = {FORM_BYTES, &span_shape},
	[PROTO_HISTOGRAM_NEGATIVE_DELTA] = {FORM_VARINTS, NULL},
	[PROTO_HISTOGRAM_NEGATIVE_COUNT] = {FORM_DOUBLES, NULL},
	[PROTO_HISTOGRAM_POSITIVE_SPAN] = {FORM_BYTES, &span_shape},
	[PROTO_HISTOGRAM_POSITIVE_DELTA] = {FORM_VARINTS, NULL},
	[PROTO_HISTOGRAM_POSITIVE_COUNT] = {FORM_DOUBLES, NULL},
	[PROTO_HISTOGRAM_CREATED] = {FORM_BYTES, &timestamp_shape},
	[PROTO_HISTOGRAM_EXEMPLAR] = {FORM_BYTES, &exemplar_shape},
}};

static const struct shape metric_shape = {{
	[PROTO_METRIC_LABEL] = {FORM_BYTES, &label_shape},
	[PROTO_METRIC_GAUGE_VALUE] = {FORM_BYTES, &number_shape},
	[PROTO_METRIC_COUNTER_VALUE] = {FORM_BYTES, &number_shape},
	[PROTO_METRIC_SUMMARY] = {FORM_BYTES, &summary_shape},
	[PROTO_METRIC_UNTYPED] = {FORM_BYTES, &number_shape},
	[PROTO_METRIC_TIMESTAMP_MS] = {FORM_VARINT, NULL},
	[PROTO_METRIC_HISTOGRAM] = {FORM_BYTES, &histogram_shape},
}};

static const struct shape family_shape = {{
	[PROTO_FAMILY_NAME] = {FORM_BYTES, NULL},
	[PROTO_FAMILY_HELP] = {FORM_BYTES, NULL},
	[PROTO_FAMILY_TYPE] = {FORM_VARINT, NULL},
	[PROTO_FAMILY_METRIC] = {FORM_BYTES, &metric_shape},
	[PROTO_FAMILY_UNIT] = {FORM_BYTES, NULL},
}};

/* The numbers of a packed field, one after the other. */
static bool are_varints(struct str bytes)
{
	struct wire w = wire_of(bytes);
	uint64_t value;

	while (w.at < w.end)
		if (!wire_varint(&w, &value))
			return false;
	return true;
}

static bool has_form(enum form form, const struct wire_field *field)
{
	switch (form) {
	case FORM_UNKNOWN:
		return true;
	case FORM_VARINT:
		return field->type == WIRE_VARINT;
	case FORM_DOUBLE:
		return field->type == WIRE_FIXED64;
	case FORM_BYTES:
		return field->type == WIRE_BYTES;
	case FORM_VARINTS:
		return field->type == WIRE_VARINT ||
		       (field->type == WIRE_BYTES && are_varints(field->bytes));
	case FORM_DOUBLES:
		return field->type == WIRE_FIXED64 ||
		       (field->type == WIRE_BYTES && field->bytes.len % 8 == 0);
	}
	return false;
}

/* The first byte of a message that is not of this shape; NULL: there is none. It calls
 * itself as deep as the shapes are nested. */
static const char *find_misfit(const struct shape *shape, struct str message)
{
	const size_t known = sizeof(shape->fields) / sizeof(shape->fields[0]);
	struct wire w = wire_of(message);
	struct wire_field field = {0};
	const char *begin = w.at;

	for (; wire_next(&w, &field); begin = w.at) {
		if (field.number >= known)
			continue;
		if (!has_form(shape->fields[field.number].form, &field))
			return begin;
		const struct shape *nested = shape->fields[field.number].message;
		const char *misfit =
			nested == NULL ? NULL : find_misfit(nested, field.bytes);

		if (misfit != NULL)
			return misfit;
	}
	return begin < w.end ? begin : NULL;
}

const char *proto_misfit(struct str family)
{
	return find_misfit(&family_shape, family);
}

bool proto_fits_metric(struct str fields)
{
	return find_misfit(&metric_shape, fields) == NULL;
}

/* ---- parts ---- */

bool proto_next(struct wire *w, uint32_t number, struct str *message)
{
	struct wire_field field = {0};

	while (wire_next(w, &field))
		if (field.number == number) {
			*message = field.bytes;
			return true;
		}
	return false;
}

struct label proto_label(struct str message)
{
	struct label label = {STR(""), STR("")};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		if (field.number == PROTO_LABEL_NAME)
			label.name = field.bytes;
		if (field.number == PROTO_LABEL_VALUE)
			label.value = field.bytes;
	}
	return label;
}

struct proto_timestamp proto_timestamp(struct str message)
{
	struct proto_timestamp t = {0, 0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		if (field.number == PROTO_TIMESTAMP_SECONDS)
			t.seconds = (int64_t)field.bits;
		if (field.number == PROTO_TIMESTAMP_NANOS)
			t.nanos = (int64_t)field.bits;
	}
	return t;
}

/* 0 outside of what milliseconds can tell. */
static int64_t read_created_ms(struct str message)
{
	struct proto_timestamp t = proto_timestamp(message);
	int64_t ms;

	if (__builtin_mul_overflow(t.seconds, INT64_C(1000), &ms) ||
		__builtin_add_overflow(ms, t.nanos / 1000000, &ms))
		return 0;
	return ms;
}

/* Counts stand as a whole number or as a double; a double above 0 is the one that holds.
 */
struct count {
	double whole;
	double fractional;
};

static double count_of(struct count c)
{
	return c.fractional > 0 ? c.fractional : c.whole;
}

struct proto_totals proto_histogram(struct str message)
{
	struct proto_totals s = {0};
	struct count count = {0, 0}, zero_count = {0, 0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field))
		switch ((enum proto_histogram_field)field.number) {
		case PROTO_HISTOGRAM_COUNT:
			count.whole = (double)field.bits;
			break;
		case PROTO_HISTOGRAM_COUNT_FLOAT:
			count.fractional = wire_double(field.bits);
			break;
		case PROTO_HISTOGRAM_SUM:
			s.sum = wire_double(field.bits);
			break;
		case PROTO_HISTOGRAM_SCHEMA:
			s.schema = wire_signed(field.bits);
			break;
		case PROTO_HISTOGRAM_ZERO_THRESHOLD:
			s.zero_threshold = wire_double(field.bits);
			break;
		case PROTO_HISTOGRAM_ZERO_COUNT:
			zero_count.whole = (double)field.bits;
			break;
		case PROTO_HISTOGRAM_ZERO_COUNT_FLOAT:
			zero_count.fractional = wire_double(field.bits);
			break;
		case PROTO_HISTOGRAM_NEGATIVE_SPAN:
		case PROTO_HISTOGRAM_POSITIVE_SPAN:
			s.is_native = true;
			break;
		case PROTO_HISTOGRAM_NEGATIVE_COUNT:
		case PROTO_HISTOGRAM_POSITIVE_COUNT:
			s.is_float = true;
			break;
		case PROTO_HISTOGRAM_CREATED:
			s.created_ms = read_created_ms(field.bytes);
			break;
		case PROTO_HISTOGRAM_EXEMPLAR:
		case PROTO_HISTOGRAM_BUCKET:
		case PROTO_HISTOGRAM_NEGATIVE_DELTA:
		case PROTO_HISTOGRAM_POSITIVE_DELTA:
			break;
		}
	s.count = count_of(count);
	s.zero_count = count_of(zero_count);
	s.is_float |= count.fractional > 0 || zero_count.fractional > 0;
	s.is_native |= s.zero_threshold > 0 || s.zero_count > 0;
	return s;
}

struct proto_part proto_bucket(struct str message)
{
	struct proto_part part = {0};
	struct count count = {0, 0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		switch ((enum proto_bucket_field)field.number) {
		case PROTO_BUCKET_COUNT:
			count.whole = (double)field.bits;
			break;
		case PROTO_BUCKET_UPPER:
			part.at = wire_double(field.bits);
			break;
		case PROTO_BUCKET_EXEMPLAR:
			part.exemplar = field.bytes;
			part.has_exemplar = true;
			break;
		case PROTO_BUCKET_COUNT_FLOAT:
			count.fractional = wire_double(field.bits);
			break;
		}
	}
	part.value = count_of(count);
	return part;
}

struct proto_part proto_quantile(struct str message)
{
	struct proto_part part = {0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		if (field.number == PROTO_QUANTILE_Q)
			part.at = wire_double(field.bits);
		if (field.number == PROTO_QUANTILE_VALUE)
			part.value = wire_double(field.bits);
	}
	return part;
}

/* Gauge, Counter, Untyped. */
struct proto_part proto_number(struct str message)
{
	struct proto_part part = {0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		if (field.number == PROTO_NUMBER_VALUE)
			part.value = wire_double(field.bits);
		if (field.number == PROTO_NUMBER_EXEMPLAR) {
			part.exemplar = field.bytes;
			part.has_exemplar = true;
		}
	}
	return part;
}

struct proto_totals proto_summary(struct str message)
{
	struct proto_totals s = {0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		if (field.number == PROTO_SUMMARY_COUNT)
			s.count = (double)field.bits;
		if (field.number == PROTO_SUMMARY_SUM)
			s.sum = wire_double(field.bits);
	}
	return s;
}

/* ---- native buckets ---- */

bool proto_make_room(struct proto_room *room, struct arena *arena, size_t used,
	size_t count, size_t size)
{
	if (count <= room->size / size)
		return true;
	void *larger = arena_array(arena, 2 * count, size);

	if (larger == NULL)
		return false;
	if (used > 0)
		memcpy(larger, room->at, used * size);
	*room = (struct proto_room){larger, 2 * count * size};
	return true;
}

/* The numbers of a repeated field, packed or not. */
struct numbers {
	struct wire message;
	struct wire packed;
	uint32_t number; /* of the field */
	bool are_doubles;
};

static struct numbers numbers_of(struct str message, uint32_t number, bool are_doubles)
{
	return (struct numbers){
		wire_of(message), {message.at, message.at}, number, are_doubles};
}

static bool next_bits(struct numbers *n, uint64_t *bits)
{
	struct wire_field field = {0};

	for (;;) {
		if (n->packed.at < n->packed.end)
			return n->are_doubles ? wire_fixed64(&n->packed, bits)
					      : wire_varint(&n->packed, bits);
		do {
			if (!wire_next(&n->message, &field))
				return false;
		} while (field.number != n->number);
		if (field.type != WIRE_BYTES) {
			*bits = field.bits;
			return true;
		}
		n->packed = wire_of(field.bytes);
	}
}

struct span {
	int64_t offset; /* from behind the span before; of the first one: the index */
	uint64_t length;
};

static struct span read_span(struct str message)
{
	struct span span = {0, 0};
	struct wire w = wire_of(message);
	struct wire_field field = {0};

	while (wire_next(&w, &field)) {
		if (field.number == PROTO_SPAN_OFFSET)
			span.offset = wire_signed(field.bits);
		if (field.number == PROTO_SPAN_LENGTH)
			span.length = field.bits;
	}
	return span;
}

/* A side being read. */
struct buckets {
	struct numbers numbers;
	int64_t whole; /* count of the bucket before, for deltas */
	int64_t index;
	struct arena *arena;
	struct proto_room *room;
	size_t used;
};

/* The next bucket's count; false: there is none, or it is no count. */
static bool next_count(struct buckets *b, double *count)
{
	uint64_t bits;

	if (!next_bits(&b->numbers, &bits))
		return false;
	if (b->numbers.are_doubles) {
		*count = wire_double(bits);
		return *count >= 0 && !isinf(*count);
	}
	if (__builtin_add_overflow(b->whole, wire_signed(bits), &b->whole))
		return false;
	*count = (double)b->whole;
	return b->whole >= 0;
}

static bool no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "no memory for so many native buckets");
}

/* The buckets of a span. However long it says it is, there are no more than the message
 * has counts. */
static bool read_buckets(struct buckets *b, uint64_t length, struct err *e)
{
	for (; length > 0; length--, b->index++) {
		double count;

		if (!next_count(b, &count))
			return err_set(e, ERR_SYNTAX,
				"fewer native buckets than their spans hold, or a "
				"count below 0");
		if (b->index <= INT32_MIN || b->index >= INT32_MAX)
			return err_set(e, ERR_SYNTAX, "a native bucket out of range");
		if (!(count > 0))
			continue;
		if (!proto_make_room(b->room, b->arena, b->used, b->used + 1,
			    sizeof(struct native_bucket)))
			return no_memory(e);
		struct native_bucket *at = b->room->at;

		at[b->used++] = (struct native_bucket){(int32_t)b->index, count};
	}
	return true;
}

static bool read_side(
	struct buckets *b, struct str histogram, uint32_t span_number, struct err *e)
{
	struct wire w = wire_of(histogram);
	struct str message;
	bool is_first = true;
	uint64_t left;

	while (proto_next(&w, span_number, &message)) {
		struct span span = read_span(message);

		if (span.offset < 0 && !is_first)
			return err_set(
				e, ERR_SYNTAX, "native buckets whose spans overlap");
		b->index += span.offset;
		if (!read_buckets(b, span.length, e))
			return false;
		is_first = false;
	}
	if (next_bits(&b->numbers, &left))
		return err_set(
			e, ERR_SYNTAX, "more native buckets than their spans hold");
	return true;
}

static bool read_positive(struct proto_native *n, struct arena *arena,
	struct str histogram, bool is_float, struct err *e)
{
	uint32_t number = is_float ? PROTO_HISTOGRAM_POSITIVE_COUNT
				   : PROTO_HISTOGRAM_POSITIVE_DELTA;
	struct buckets b = {.numbers = numbers_of(histogram, number, is_float),
		.arena = arena,
		.room = &n->positive};

	if (!read_side(&b, histogram, PROTO_HISTOGRAM_POSITIVE_SPAN, e))
		return false;
	n->native.positive = n->positive.at;
	n->native.positive_count = b.used;
	return true;
}

static bool read_negative(struct proto_native *n, struct arena *arena,
	struct str histogram, bool is_float, struct err *e)
{
	uint32_t number = is_float ? PROTO_HISTOGRAM_NEGATIVE_COUNT
				   : PROTO_HISTOGRAM_NEGATIVE_DELTA;
	struct buckets b = {.numbers = numbers_of(histogram, number, is_float),
		.arena = arena,
		.room = &n->negative};

	if (!read_side(&b, histogram, PROTO_HISTOGRAM_NEGATIVE_SPAN, e))
		return false;
	n->native.negative = n->negative.at;
	n->native.negative_count = b.used;
	return true;
}

/* Custom buckets have no bounds of their own on the wire: those of the classic ones hold.
 */
static bool read_custom_bounds(
	struct proto_native *n, struct arena *arena, struct str histogram, struct err *e)
{
	struct wire w = wire_of(histogram);
	struct str message;
	size_t used = 0;

	while (proto_next(&w, PROTO_HISTOGRAM_BUCKET, &message)) {
		double upper = proto_bucket(message).at;

		if (isinf(upper) && upper > 0)
			continue;
		if (!proto_make_room(&n->bound, arena, used, used + 1, sizeof(upper)))
			return no_memory(e);
		double *bound = n->bound.at;

		if (used > 0 && !(bound[used - 1] < upper))
			return err_set(e, ERR_SYNTAX,
				"custom buckets whose bounds do not ascend");
		bound[used++] = upper;
	}
	n->native.custom_bound = n->bound.at;
	n->native.custom_bound_count = used;
	return true;
}

static bool check_custom(const struct native *n, struct err *e)
{
	if (n->negative_count > 0 || n->zero_threshold > 0 || n->zero_count > 0)
		return err_set(e, ERR_SYNTAX,
			"custom buckets beside a zero bucket or negative ones");
	for (size_t i = 0; i < n->positive_count; i++)
		if (n->positive[i].index < 0 ||
			(size_t)n->positive[i].index > n->custom_bound_count)
			return err_set(e, ERR_SYNTAX, "a custom bucket without a bound");
	return true;
}

static bool is_finite_count(double value)
{
	return value >= 0 && !isinf(value);
}

bool proto_read_native(struct proto_native *n, struct arena *arena, struct str histogram,
	const struct proto_totals *totals, bool is_gauge, struct err *e)
{
	bool is_custom = totals->schema == NATIVE_CUSTOM_SCHEMA;

	if (!is_custom && (totals->schema < NATIVE_SCHEMA_MIN ||
				  totals->schema > NATIVE_SCHEMA_MAX))
		return err_set(e, ERR_SYNTAX, "a native histogram of an unknown schema");
	if (!is_finite_count(totals->zero_threshold) ||
		!is_finite_count(totals->zero_count) || !is_finite_count(totals->count))
		return err_set(
			e, ERR_SYNTAX, "a native histogram with a number out of range");
	n->native = (struct native){
		.schema = (int32_t)totals->schema,
		.zero_threshold = totals->zero_threshold,
		.zero_count = totals->zero_count,
		.count = totals->count,
		.sum = totals->sum,
		.is_gauge = is_gauge,
		.created_ms = totals->created_ms,
	};
	if (!read_positive(n, arena, histogram, totals->is_float, e) ||
		!read_negative(n, arena, histogram, totals->is_float, e))
		return false;
	return !is_custom || (read_custom_bounds(n, arena, histogram, e) &&
				     check_custom(&n->native, e));
}
