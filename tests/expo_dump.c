#include "tests/expo_dump.h"

#include <check.h>
#include <inttypes.h>

#include "engine/native.h"

#include "engine/expo_check.h"

static void add_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c == '\n')
			buf_add(out, STR("\\n"));
		else if (c < ' ' || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
	}
}

static void add_labels(struct buf *out, struct labels labels)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < labels.count; i++) {
		if (i > 0)
			buf_addc(out, ',');
		add_escaped(out, labels.at[i].name);
		buf_add(out, STR("=\""));
		add_escaped(out, labels.at[i].value);
		buf_addc(out, '"');
	}
	buf_addc(out, '}');
}

static void add_value(struct buf *out, double value, bool has_timestamp, double seconds)
{
	buf_addf(out, " %.17g", value);
	if (has_timestamp)
		buf_addf(out, " @%.17g", seconds);
}

static void add_exemplar(struct buf *out, const struct expo_exemplar *exemplar)
{
	buf_add(out, STR(" # "));
	add_labels(out, exemplar->labels);
	add_value(out, exemplar->value, exemplar->has_timestamp,
		exemplar->timestamp_seconds);
}

static void add_sample(struct buf *out, const struct expo_entry *e)
{
	buf_addf(out, "sample %s ", expo_type_name(e->type, EXPO_OPENMETRICS));
	add_escaped(out, e->family);
	buf_addc(out, ' ');
	add_escaped(out, e->series);
	buf_add(out, STR(": "));
	add_escaped(out, e->name);
	buf_addc(out, ' ');
	add_labels(out, e->labels);
	add_value(out, e->value, e->has_timestamp, e->timestamp_seconds);
	if (e->has_exemplar)
		add_exemplar(out, &e->exemplar);
}

static void add_buckets(struct buf *out, const char *side,
	const struct native_bucket *bucket, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_addf(out, " %s%d:%.17g", side, bucket[i].index, bucket[i].count);
}

static void add_native(struct buf *out, const struct expo_entry *e)
{
	const struct native *n = e->native;

	buf_addf(out, "%s ", n->is_gauge ? "native gauge" : "native");
	add_escaped(out, e->series);
	buf_addf(out, ": schema %d zero %.17g:%.17g count %.17g sum %.17g", n->schema,
		n->zero_threshold, n->zero_count, n->count, n->sum);
	add_buckets(out, "", n->positive, n->positive_count);
	add_buckets(out, "-", n->negative, n->negative_count);
	for (size_t i = 0; i < n->custom_bound_count; i++)
		buf_addf(out, " <=%.17g", n->custom_bound[i]);
	if (n->created_ms != 0)
		buf_addf(out, " created %" PRId64, n->created_ms);
	for (size_t i = 0; i < e->exemplar_count; i++)
		add_exemplar(out, &e->exemplars[i]);
}

static void add_metadata(
	struct buf *out, const char *word, struct str name, struct str text)
{
	buf_addf(out, "%s ", word);
	add_escaped(out, name);
	buf_addc(out, ' ');
	add_escaped(out, text);
}

static void add_entry(struct buf *out, const struct expo_entry *e)
{
	if (e->kind == EXPO_BAD) {
		buf_addf(out, "%zu:%zu bad: %s\n", e->error.line, e->error.column,
			e->error.text);
		return;
	}
	buf_addf(out, "%zu ", e->line);
	switch (e->kind) {
	case EXPO_SAMPLE:
		add_sample(out, e);
		break;
	case EXPO_HELP:
		add_metadata(out, "help", e->name, e->help_or_unit);
		break;
	case EXPO_TYPE:
		add_metadata(out, "type", e->name,
			str_of(expo_type_name(e->type, EXPO_OPENMETRICS)));
		break;
	case EXPO_UNIT:
		add_metadata(out, "unit", e->name, e->help_or_unit);
		break;
	case EXPO_COMMENT:
		buf_add(out, STR("comment"));
		break;
	case EXPO_EOF:
		buf_add(out, STR("eof"));
		break;
	case EXPO_NATIVE:
		add_native(out, e);
		break;
	case EXPO_BAD:
		break;
	}
	buf_addc(out, '\n');
	if (e->lapse != NULL)
		buf_addf(out, "%zu:%zu lapse: %s\n", e->line, e->lapse_column, e->lapse);
}

void expo_dump(struct buf *out, enum expo_format format, struct str page)
{
	struct arena *arena = arena_new(64 << 20);
	struct expo_entry e;
	struct expo x;
	struct err why;

	ck_assert_ptr_nonnull(arena);
	expo_init(&x, format, page, arena);
	while (expo_next(&x, &e))
		add_entry(out, &e);
	if (!expo_whole(&x, &why))
		buf_addf(out, "cut: %s\n", why.text);
	ck_assert(buf_ok(out));
	arena_free(arena);
}

static void add_violation(void *ctx, const struct err *why, struct str text)
{
	(void)text;
	buf_addf(ctx, "%zu:%zu: %s\n", why->line, why->column, why->text);
}

void expo_dump_check(struct buf *out, enum expo_format format, struct str page)
{
	struct expo_check *c =
		expo_check_new(format, (struct expo_violations){out, add_violation});
	struct arena *arena = arena_new(64 << 20);
	struct expo_entry entry;
	struct expo x;
	struct err e;

	ck_assert(c != NULL && arena != NULL);
	expo_init(&x, format, page, arena);
	while (expo_next(&x, &entry))
		expo_check_entry(c, &entry);
	ck_assert(expo_check_end(c, &x, &e));
	ck_assert(buf_ok(out));
	expo_check_free(c);
	arena_free(arena);
}
