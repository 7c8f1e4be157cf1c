/* operatorstat compare: two recordings, before a change and after. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "operatorstat/arguments.h"
#include "operatorstat/cmd.h"
#include "operatorstat/compare.h"
#include "operatorstat/figure.h"
#include "operatorstat/json.h"
#include "operatorstat/recording.h"

/* ---- JSON ---- */

static const char *presence_of(const struct compare_line *line)
{
	switch (line->presence) {
	case COMPARE_BOTH:
		return "both";
	case COMPARE_CAME:
		return "came";
	case COMPARE_WENT:
		return "went";
	}
	return "";
}

static void print_json(const struct compare_line *line)
{
	const struct compare_figure *f = line->figure;
	bool is_tested = f != NULL && line->untested == NULL;

	json_print(json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, "
			     "s:s?, s:s?}",
		"operator", line->operator, "operator_after", line->operator_after,
		"controller", line->controller, "presence", presence_of(line), "figure",
		f == NULL ? NULL : f->name, "before", json_number(line->before), "after",
		json_number(line->after), "change_percent",
		json_number(line->change_percent), "significant",
		is_tested ? json_boolean(compare_is_change(line)) : json_null(), "p",
		json_number(line->p_alone), "p_adjusted", json_number(line->p), "test",
		is_tested ? compare_test(f->kind) : NULL, "reason", line->untested));
}

/* ---- text ---- */

static const char *amount(
	char out[FMT_SIZE], const struct compare_figure *f, double value, bool is_beyond)
{
	char text[FMT_SIZE];

	if (isnan(value))
		return strcpy(out, "-");
	/* counts are of a second or of a reconcile, so not whole */
	figure_text(text, f->unit, MODEL_COUNTER, value);
	snprintf(out, FMT_SIZE, "%s%.20s", is_beyond ? ">" : "", text);
	return out;
}

/* What it means that it is more or less now. */
static const char *direction(const struct compare_line *line)
{
	bool is_more = line->after > line->before;

	if (line->figure->unit == MODEL_UNIT_SECONDS)
		return is_more ? "slower" : "faster";
	return is_more ? "more" : "less";
}

static void print_verdict(const struct compare_line *line)
{
	if (isnan(line->p))
		printf("  not tested: %s\n", line->untested);
	else if (!compare_is_change(line))
		printf("  chance (p %.2f)\n", line->p);
	else if (line->p < 0.001)
		printf("  %s (p < 0.001)\n", direction(line));
	else
		printf("  %s (p %.3f)\n", direction(line), line->p);
}

/* Ten times and more reads better so than in per cent. */
static const char *change_of(char out[FMT_SIZE], double percent)
{
	char text[FMT_SIZE];

	if (isnan(percent))
		return strcpy(out, "-");
	if (percent < 900)
		snprintf(out, FMT_SIZE, "%+.1f%%", percent);
	else
		snprintf(
			out, FMT_SIZE, "x %s", fmt_count(text, round(percent / 100 + 1)));
	return out;
}

static void print_figure(const struct compare_line *line)
{
	char before[FMT_SIZE], after[FMT_SIZE], change[FMT_SIZE];
	const struct compare_figure *f = line->figure;

	printf("  %-24s %8s %8s %9s", f->head,
		amount(before, f, line->before, line->before_is_beyond),
		amount(after, f, line->after, line->after_is_beyond),
		change_of(change, line->change_percent));
	print_verdict(line);
}

static bool is_of_one_row(const struct compare_line *a, const struct compare_line *b)
{
	return strcmp(a->operator, b->operator) == 0 &&
	       strcmp(a->controller, b->controller) == 0;
}

static void print_title(const struct compare_line *line)
{
	bool is_renamed = strcmp(line->operator, line->operator_after) != 0;

	printf("\n%s%s%s%s%s", line->operator, is_renamed ? " -> " : "",
		is_renamed ? line->operator_after : "",
		line->controller[0] != '\0' ? "/" : "", line->controller);
	switch (line->presence) {
	case COMPARE_BOTH:
		putchar('\n');
		break;
	case COMPARE_CAME:
		puts(": came, is in AFTER alone");
		break;
	case COMPARE_WENT:
		puts(": went, is in BEFORE alone");
		break;
	}
}

static void print_counts(const struct compare *c)
{
	size_t tested = 0, changed = 0, untested = 0;

	for (size_t i = 0; i < compare_lines(c); i++) {
		const struct compare_line *line = compare_line(c, i);

		tested += isnan(line->p) ? 0 : 1;
		untested += line->untested != NULL;
		changed += compare_is_change(line);
	}
	printf("\n%zu of %zu figures changed by more than chance (p < %g over all of "
	       "them)",
		changed, tested, COMPARE_LEVEL);
	if (untested > 0)
		printf("; %zu not tested", untested);
	putchar('\n');
}

static void print_text(const struct compare *c)
{
	for (size_t i = 0; i < compare_lines(c); i++) {
		const struct compare_line *line = compare_line(c, i);

		if (i == 0 || !is_of_one_row(line, compare_line(c, i - 1)))
			print_title(line);
		if (line->figure != NULL)
			print_figure(line);
	}
	print_counts(c);
}

/* What is compared: "before  FOLDER/INSTANCE: 120 pages in 2m00s, 1 restart". */
static void print_recording(const char *word, const char *folder, const struct tally *t)
{
	char text[FMT_SIZE];

	for (size_t i = 0; i < tally_operators(t); i++) {
		const struct tally_operator *o = tally_operator(t, i);

		printf("%-7s %s: %s, %zu page%s in %s", word, folder, o->row.name,
			o->pages, o->pages == 1 ? "" : "s",
			fmt_seconds(text, (double)(o->last_ms - o->first_ms) / 1000));
		if (o->failures > 0)
			printf(", %zu failed scrape%s", o->failures,
				o->failures == 1 ? "" : "s");
		if (o->restarts > 0)
			printf(", %zu restart%s", o->restarts,
				o->restarts == 1 ? "" : "s");
		putchar('\n');
	}
}

/* ---- the command ---- */

static bool read_one(struct arguments *a, size_t operand, struct tally *t, struct err *e)
{
	struct sink sink = tally_sink(t);
	const char *folder = arguments_operand(a, operand);
	size_t pages = 0;

	if (!recording_read(folder, settings_defaults(arguments_settings(a)),
		    arguments_log(a), &sink, e))
		return false;
	if (tally_is_short(t))
		return err_set(e, ERR_MEMORY, "%s: no memory for it", folder);
	for (size_t i = 0; i < tally_operators(t); i++)
		if (tally_operator(t, i)->pages > pages)
			pages = tally_operator(t, i)->pages;
	if (pages < 2)
		return err_set(e, ERR_NOT_FOUND,
			"%s: nothing to compare: it takes two pages of an operator",
			folder);
	return true;
}

static bool set_families(struct arguments *a)
{
	struct setting families[] = {
		{.kind = SETTING_TEXT, .text = tally_families[0]},
		{.kind = SETTING_TEXT, .text = tally_families[1]},
	};

	return settings_set(arguments_settings(a), "Family", families, 2) &&
	       settings_check(arguments_settings(a), SETTINGS_INTERVAL);
}

static int compare(struct arguments *a, bool as_json)
{
	struct tally *before = tally_new(), *after = tally_new();
	struct compare *c = NULL;
	struct err e;
	int code = CMD_DONE;

	err_set(&e, ERR_MEMORY, "no memory to compare");
	if (before != NULL && after != NULL && set_families(a) &&
		read_one(a, 0, before, &e) && read_one(a, 1, after, &e))
		c = compare_new(before, after);
	if (c == NULL)
		code = arguments_fail(a, &e);
	if (c != NULL && !as_json) {
		print_recording("before", arguments_operand(a, 0), before);
		print_recording("after", arguments_operand(a, 1), after);
		print_text(c);
	}
	for (size_t i = 0; c != NULL && as_json && i < compare_lines(c); i++)
		print_json(compare_line(c, i));
	compare_free(c);
	tally_free(before);
	tally_free(after);
	return code;
}

int cmd_compare(int argc, char **argv)
{
	static const struct arguments_own own[] = {
		{'j', NULL, NULL, "one JSON object a line"},
		{0, NULL, NULL, NULL},
	};
	static const struct arguments_use use = {"compare [-j] BEFORE AFTER",
		"Compares two recordings, before a change and after: each figure, its "
		"change, and\nwhether it is more than chance.",
		own};
	struct arguments *a = arguments_new(argc, argv, &use);
	bool as_json = false;
	int code;

	if (a == NULL)
		return CMD_NO_ANSWER;
	while (arguments_next(a) != ARGUMENTS_END)
		as_json = true;
	if (!arguments_exit(a, &code)) {
		if (arguments_operands(a) != 2)
			code = arguments_usage(a, "compare takes two recordings");
		else
			code = compare(a, as_json);
	}
	arguments_free(a);
	return code;
}
