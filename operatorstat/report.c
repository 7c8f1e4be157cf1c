#include "operatorstat/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "engine/buf.h"
#include "operatorstat/fmt.h"
#include "operatorstat/json.h"

static const char *const format_names[] = {
	[REPORT_TEXT] = "text",
	[REPORT_TABLE] = "table",
	[REPORT_VALUES] = "values",
	[REPORT_JSON] = "json",
	[REPORT_JSONL] = "jsonl",
	[REPORT_CSV] = "csv",
	[REPORT_PROM] = "prom",
};

bool report_format_named(const char *name, enum report_format *format)
{
	for (size_t i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
		if (strcmp(format_names[i], name) != 0)
			continue;
		*format = (enum report_format)i;
		return true;
	}
	return false;
}

int64_t report_newest_ms(struct model *m)
{
	int64_t newest_ms = 0;

	for (size_t i = 0; i < model_operators(m); i++) {
		int64_t page_ms = model_state(m, model_operator(m, i)).page_ms;

		newest_ms = page_ms > newest_ms ? page_ms : newest_ms;
	}
	return newest_ms;
}

static bool controllers(struct model *m, const char *operator, struct model_rows * rows)
{
	const struct model_view view = {.scope = MODEL_CONTROLLER, .operator= operator};

	return model_rows(m, &view, rows);
}

/* ---- the table ---- */

static const struct {
	enum model_field field;
	int columns;
} columns[] = {
	{MODEL_WORKERS, 5},
	{MODEL_WORKERS_MAX, 5},
	{MODEL_BUSY, 6},
	{MODEL_DEPTH, 6},
	{MODEL_RECONCILES, 6},
	{MODEL_ERROR_PERCENT, 5},
	{MODEL_RECONCILE_P50, 7},
	{MODEL_RECONCILE_P99, 7},
	{MODEL_QUEUE_P99, 7},
	{MODEL_LONGEST, 7},
};

static const char *figure(char out[FMT_SIZE], enum model_field field, double value)
{
	const struct model_field_info *info = model_field_info(field);

	switch (info->unit) {
	case MODEL_UNIT_COUNT:
	case MODEL_UNIT_BOOL:
	case MODEL_UNIT_DAYS:
		return info->kind == MODEL_COUNTER ? fmt_rate(out, value)
						   : fmt_count(out, value);
	case MODEL_UNIT_PERCENT:
		return fmt_percent(out, value);
	case MODEL_UNIT_SECONDS:
		return fmt_seconds(out, value);
	case MODEL_UNIT_BYTES:
		return fmt_bytes(out, value);
	}
	return "";
}

static void print_table(FILE *out, struct model *m)
{
	struct model_rows rows = {0};
	char text[FMT_SIZE];

	fprintf(out, "%-40s", "OPERATOR/CONTROLLER");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(out, " %*s", columns[i].columns,
			model_field_info(columns[i].field)->head);
	fputc('\n', out);
	for (size_t k = 0; controllers(m, NULL, &rows) && k < rows.count; k++) {
		const struct model_row *row = rows.at[k];
		int width = 39 - (int)strlen(row->operator);

		fprintf(out, "%s/%-*s", row->operator, width> 0 ? width : 0, row->name);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			fprintf(out, " %*s", columns[i].columns,
				figure(text, columns[i].field,
					row->value[columns[i].field]));
		fputc('\n', out);
	}
	model_rows_free(&rows);
}

/* ---- CSV ---- */

static void print_csv_text(FILE *out, const char *text)
{
	if (text[strcspn(text, "\",\r\n")] == '\0') {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static bool is_of_controllers(enum model_field field)
{
	return (model_field_info(field)->scopes & MODEL_IN_CONTROLLER) != 0;
}

static void print_csv(FILE *out, struct model *m)
{
	struct model_rows rows = {0};

	fputs("operator,controller", out);
	for (enum model_field f = 0; f < MODEL_FIELDS; f++)
		if (is_of_controllers(f))
			fprintf(out, ",%s", model_field_info(f)->name);
	fputs("\r\n", out);
	for (size_t k = 0; controllers(m, NULL, &rows) && k < rows.count; k++) {
		print_csv_text(out, rows.at[k]->operator);
		fputc(',', out);
		print_csv_text(out, rows.at[k]->name);
		for (enum model_field f = 0; f < MODEL_FIELDS; f++) {
			double value = rows.at[k]->value[f];

			if (!is_of_controllers(f))
				continue;
			fputc(',', out);
			if (!isnan(value))
				fprintf(out, "%.17g", value);
		}
		fputs("\r\n", out);
	}
	model_rows_free(&rows);
}

/* ---- values ---- */

/* Values from collectd have the host that they came with. */
static const char *host_of(const struct model_number *n, const char *host)
{
	return n->host[0] != '\0' ? n->host : host;
}

static void print_values(FILE *out, struct model *m, const char *host, bool has_time)
{
	char text[32];

	for (size_t i = 0; i < model_numbers(m); i++) {
		struct model_number n = model_number(m, i);

		if (isnan(n.value))
			continue;
		if (has_time)
			fprintf(out, "%.3f ", (double)report_newest_ms(m) / 1000);
		fprintf(out, "%s/operator-%s/%s-%s %.*s\n", host_of(&n, host), n.operator,
			n.type, n.type_instance, (int)str_write_double(text, n.value),
			text);
	}
}

/* A metric name for each TYPE of types.db; a counter's total. */
static void print_prom(FILE *out, struct model *m, const char *host)
{
	char text[32];

	for (size_t i = 0; i < model_numbers(m); i++) {
		struct model_number n = model_number(m, i);
		bool is_first = true, is_counter = n.kind == METRIC_DERIVE;

		for (size_t k = 0; k < i; k++)
			is_first &= strcmp(model_number(m, k).type, n.type) != 0;
		for (size_t k = i; is_first && k < model_numbers(m); k++) {
			struct model_number same = model_number(m, k);
			double value = is_counter ? same.total : same.value;

			if (strcmp(same.type, n.type) != 0 || isnan(value))
				continue;
			if (k == i)
				fprintf(out, "# TYPE operator_%s%s %s\n", n.type,
					is_counter ? "_total" : "",
					is_counter ? "counter" : "gauge");
			/* identifiers have no quote, backslash or newline */
			fprintf(out,
				"operator_%s%s{host=\"%s\",instance=\"%s\",name=\"%s\"} "
				"%.*s\n",
				n.type, is_counter ? "_total" : "", host_of(&same, host),
				same.operator, same.type_instance,
				(int)str_write_double(text, value), text);
		}
	}
}

/* ---- JSON (operatorstat(1)) ---- */

static json_t *json_figures(
	const struct model_row *row, const double *figures, enum model_kind kind)
{
	json_t *object = json_object();

	for (enum model_field f = 0; f < MODEL_FIELDS; f++)
		if (is_of_controllers(f) && model_field_info(f)->kind == kind)
			json_object_set_new(object, model_field_info(f)->name,
				json_number(
					figures != NULL ? figures[f] : row->value[f]));
	return object;
}

static json_t *json_quantile(const struct model_histogram *h, double q)
{
	double low = NAN, high = NAN, value = model_quantile(h, q, &low, &high);

	return json_pack("{s:o, s:o, s:o}", "value", json_number(value), "lo",
		json_number(low), "hi", json_number(high));
}

static json_t *json_histogram(
	struct model *m, const struct model_row *row, enum model_hist which)
{
	struct model_histogram h = {0};
	json_t *buckets;

	if (!model_histogram(m, row, which, 0, model_at_ms(m), &h)) {
		model_histogram_free(&h);
		return json_null();
	}
	buckets = json_array();
	for (size_t i = 0; i < h.count; i++) {
		double le = h.upper_bound[i];

		json_array_append_new(buckets,
			json_pack("{s:o, s:o}", "le",
				isinf(le) ? json_string("+Inf") : json_number(le), "n",
				json_number(h.increase[i])));
	}
	json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o}}", "window_s",
		json_number((double)model_window_ms(m) / 1000), "count",
		json_number(h.observed), "sum", json_number(h.sum), "buckets", buckets,
		"quantiles", "0.5", json_quantile(&h, 0.5), "0.9", json_quantile(&h, 0.9),
		"0.99", json_quantile(&h, 0.99));
	model_histogram_free(&h);
	return object;
}

static json_t *json_controller(struct model *m, const struct model_row *row)
{
	return json_pack("{s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
		json_text(str_of(row->name)), "workers", "active",
		json_number(row->value[MODEL_WORKERS]), "max",
		json_number(row->value[MODEL_WORKERS_MAX]), "depth",
		json_number(row->value[MODEL_DEPTH]), "rates",
		json_figures(row, NULL, MODEL_COUNTER), "totals",
		json_figures(row, row->total, MODEL_COUNTER), "window",
		json_figures(row, NULL, MODEL_WINDOW), "reconcile_time",
		json_histogram(m, row, MODEL_HIST_RECONCILE), "queue_time",
		json_histogram(m, row, MODEL_HIST_QUEUE), "work_time",
		json_histogram(m, row, MODEL_HIST_WORK));
}

static json_t *json_values(struct model *m, const char *operator, const char * host)
{
	json_t *object = json_object();
	struct buf name;

	buf_init(&name, 4096);
	for (size_t i = 0; i < model_numbers(m); i++) {
		struct model_number n = model_number(m, i);

		if (isnan(n.value) || strcmp(n.operator, operator) != 0)
			continue;
		buf_reset(&name);
		buf_addf(&name, "%s/operator-%s/%s-%s", host_of(&n, host), n.operator,
			n.type, n.type_instance);
		json_object_setn_new(object, name.at, name.len, json_number(n.value));
	}
	buf_free(&name);
	return object;
}

static json_t *json_operator(
	struct model *m, const struct model_row *row, const char *host)
{
	struct model_rows rows = {0};
	json_t *list = json_array();

	for (size_t i = 0; controllers(m, row->operator, & rows) && i < rows.count; i++)
		json_array_append_new(list, json_controller(m, rows.at[i]));
	model_rows_free(&rows);
	return json_pack("{s:o, s:b, s:o, s:o}", "name", json_text(str_of(row->operator)),
		"up", model_state(m, row).is_up, "controllers", list, "values",
		json_values(m, row->operator, host));
}

static void print_json(FILE *out, struct model *m, const struct source *s,
	const char *host, size_t indent)
{
	json_t *operators = json_array();
	struct buf source;

	buf_init(&source, 4096);
	s->describe(s->ctx, &source);
	for (size_t i = 0; i < model_operators(m); i++)
		json_array_append_new(
			operators, json_operator(m, model_operator(m, i), host));
	json_t *all = json_pack("{s:o, s:i, s:o, s:{s:o}, s:o}", "time",
		json_number((double)report_newest_ms(m) / 1000), "version", 1, "interval",
		json_number(source_interval(s)), "source", "name",
		json_text(buf_str(&source)), "operators", operators);
	buf_free(&source);
	if (all != NULL)
		json_dumpf(all, out, JSON_ENSURE_ASCII | JSON_INDENT(indent));
	fputc('\n', out);
	json_decref(all);
}

void report_print(FILE *out, struct model *m, const struct source *s,
	enum report_format format, const char *host, bool has_time)
{
	model_look(m, 0, 0);
	switch (format) {
	case REPORT_TEXT:
		print_table(out, m);
		fputc('\n', out);
		print_values(out, m, host, has_time);
		break;
	case REPORT_TABLE:
		print_table(out, m);
		break;
	case REPORT_VALUES:
		print_values(out, m, host, has_time);
		break;
	case REPORT_JSON:
		print_json(out, m, s, host, 2);
		break;
	case REPORT_JSONL:
		print_json(out, m, s, host, 0);
		break;
	case REPORT_CSV:
		print_csv(out, m);
		break;
	case REPORT_PROM:
		print_prom(out, m, host);
		break;
	}
	fflush(out);
}
