#include "operatorstat/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hist.h"
#include "operatorstat/significance.h"

static const double none = (double)NAN;

static const struct compare_figure figures[] = {
#define COUNTED(name, head, scope, kind, unit, part, whole, scale)                       \
	{name, head, MODEL_##scope, COMPARE_##kind, MODEL_UNIT_##unit, TALLY_##part,     \
		TALLY_##whole, scale, TALLY_HISTOGRAMS, 0},
#define TIMED(name, head, kind, histogram, q)                                            \
	{name, head, MODEL_CONTROLLER, COMPARE_##kind, MODEL_UNIT_SECONDS,               \
		TALLY_COUNTERS, TALLY_COUNTERS, 1, TALLY_##histogram, q},
#include "operatorstat/compare.def"
};

struct compare {
	struct compare_line *lines; /* owned */
	size_t count, size;
	bool is_short;
};

/* One side of a figure. */
struct side {
	const struct tally_operator *operator;
	const struct tally_row *row;
	double part[TALLY_STRETCHES], whole[TALLY_STRETCHES];
	struct significance_sample sample;
	double value;
	bool is_beyond;
};

static struct significance_sample sample_of(struct side *s)
{
	return (struct significance_sample){s->part, s->whole, s->operator->stretches };
}

static double sum_of(const struct side *s, const double *at)
{
	return tally_sum(at, s->operator->stretches);
}

/* ---- counters ---- */

/* What has no series before it happened for the first time. */
static bool is_nothing(const struct tally_row *row, enum tally_counter_id part)
{
	return part == TALLY_ERRORS ||
	       (part == TALLY_API_429 && row->counters[TALLY_API_REQUESTS].is_there);
}

static void fill_counters(struct side *s, const struct compare_figure *f)
{
	const struct tally_counter *part = &s->row->counters[f->part],
				   *whole = &s->row->counters[f->whole];
	bool is_there =
		whole->is_there && (part->is_there || is_nothing(s->row, f->part));

	memcpy(s->part, part->at, sizeof(s->part));
	memcpy(s->whole, f->kind == COMPARE_RATE ? s->operator->seconds : whole->at,
		sizeof(s->whole));
	double sum = sum_of(s, s->whole);

	s->value = is_there && sum > 0 ? f->scale * sum_of(s, s->part) / sum : none;
}

/* ---- histograms ---- */

static const struct tally_histogram *histogram_of(
	const struct side *s, const struct compare_figure *f)
{
	return &s->row->histograms[f->histogram];
}

static void fill_mean(struct side *s, const struct compare_figure *f)
{
	const struct tally_histogram *h = histogram_of(s, f);

	memcpy(s->part, h->sum, sizeof(s->part));
	memcpy(s->whole, h->count, sizeof(s->whole));
	double count = sum_of(s, s->whole);

	s->value = count > 0 ? sum_of(s, s->part) / count : none;
}

static const double *bucket_of(const struct tally_histogram *h, size_t i)
{
	return h->cumulative + i * TALLY_STRETCHES;
}

/* The histogram of the whole recording; room for h->buckets + 1 numbers each. */
static struct hist whole_histogram(
	const struct side *s, const struct tally_histogram *h, double *upper, double *at)
{
	struct hist whole = {h->buckets, upper, at, 0, none};

	memcpy(upper, h->upper, h->buckets * sizeof(double));
	for (size_t i = 0; i < h->buckets; i++)
		at[i] = sum_of(s, bucket_of(h, i));
	whole.count = at[h->buckets - 1];
	return whole;
}

static void fill_quantile(struct side *s, const struct compare_figure *f)
{
	const struct tally_histogram *h = histogram_of(s, f);
	double low, high, *room;

	s->value = none;
	if (h->buckets == 0 || h->has_other_bounds)
		return;
	room = calloc(2 * (h->buckets + 1), sizeof(double));
	if (room == NULL)
		return;
	struct hist whole = whole_histogram(s, h, room, room + h->buckets + 1);

	s->value = hist_quantile(&whole, f->q);
	s->is_beyond = hist_bracket(&whole, f->q, &low, &high) && isinf(high);
	free(room);
}

/* A percentile differs if the share of what is above a bound does: of the bounds that the
 * one of both together lies between, that which is nearer to it. NaN: all of both lie
 * between the same two. */
static double bound_to_test(const struct hist *both, double q)
{
	double bound[2], best = none, least = (double)INFINITY;

	if (!hist_bracket(both, q, &bound[0], &bound[1]))
		return none;
	for (size_t i = 0; i < both->buckets; i++) {
		double share = both->cumulative[i] / both->cumulative[both->buckets - 1];
		bool is_one =
			!(both->upper[i] < bound[0]) && !(both->upper[i] > bound[1]);

		if (is_one && share > 0 && share < 1 && fabs(share - q) < least) {
			least = fabs(share - q);
			best = both->upper[i];
		}
	}
	return best;
}

/* Those above the bound, in each stretch. */
static void fill_above(struct side *s, const struct tally_histogram *h, double bound)
{
	const double *all = bucket_of(h, h->buckets - 1);

	for (size_t i = 0; i < h->buckets; i++) {
		if (h->upper[i] < bound || h->upper[i] > bound)
			continue;
		for (size_t k = 0; k < TALLY_STRETCHES; k++) {
			s->part[k] = all[k] - bucket_of(h, i)[k];
			s->whole[k] = all[k];
		}
	}
}

/* False: there is no bound that could tell. */
static bool fill_both_above(
	struct side *a, struct side *b, const struct compare_figure *f)
{
	const struct tally_histogram *x = histogram_of(a, f), *y = histogram_of(b, f);
	size_t room_each = x->buckets + y->buckets + 2;
	double *room = calloc(4 * room_each, sizeof(double));

	if (room == NULL)
		return false;
	struct hist both = whole_histogram(a, x, room, room + room_each);
	struct hist other =
		whole_histogram(b, y, room + 2 * room_each, room + 3 * room_each);

	hist_merge(&both, &other);
	double bound = bound_to_test(&both, f->q);

	free(room);
	if (isnan(bound))
		return false;
	fill_above(a, x, bound);
	fill_above(b, y, bound);
	return true;
}

/* ---- a figure ---- */

static void fill(struct side *s, const struct compare_figure *f)
{
	switch (f->kind) {
	case COMPARE_RATE:
	case COMPARE_SHARE:
	case COMPARE_RATIO:
		fill_counters(s, f);
		break;
	case COMPARE_MEAN:
		fill_mean(s, f);
		break;
	case COMPARE_QUANTILE:
		fill_quantile(s, f);
		break;
	}
}

static double test(struct side *a, struct side *b, enum compare_kind kind)
{
	struct significance_sample x = sample_of(a), y = sample_of(b);

	switch (kind) {
	case COMPARE_RATE:
		return significance_rates(&x, &y);
	case COMPARE_SHARE:
	case COMPARE_QUANTILE:
		return significance_shares(&x, &y);
	case COMPARE_RATIO:
	case COMPARE_MEAN:
		return significance_ratios(&x, &y);
	}
	return none;
}

const char *compare_test(enum compare_kind kind)
{
	switch (kind) {
	case COMPARE_RATE:
		return "rates";
	case COMPARE_SHARE:
	case COMPARE_QUANTILE:
		return "shares";
	case COMPARE_RATIO:
	case COMPARE_MEAN:
		return "ratios";
	}
	return "";
}

/* Does the share of what is above the bound go where the percentile goes? Between two
 * bounds a percentile is a guess, and may differ where the shares say nothing. */
static bool goes_along(struct side *a, struct side *b)
{
	double share_a = sum_of(a, a->part) / sum_of(a, a->whole);
	double share_b = sum_of(b, b->part) / sum_of(b, b->whole);

	return (share_b > share_a && b->value > a->value) ||
	       (share_b < share_a && b->value < a->value);
}

/* Tests the figure, or says why that cannot be. */
static void judge(struct compare_line *line, struct side *a, struct side *b)
{
	const struct compare_figure *f = line->figure;

	line->p_alone = none;
	if (f->kind == COMPARE_QUANTILE && (histogram_of(a, f)->has_other_bounds ||
						   histogram_of(b, f)->has_other_bounds))
		line->untested = "its buckets changed within a recording";
	else if (isnan(a->value) || isnan(b->value))
		line->untested = "not in both";
	else if (f->kind == COMPARE_QUANTILE && !fill_both_above(a, b, f))
		line->untested = "all within one bucket";
	else
		line->p_alone = test(a, b, f->kind);
	if (line->untested == NULL && isnan(line->p_alone))
		line->untested = "too few pages with any";
	if (!isnan(line->p_alone) && f->kind == COMPARE_QUANTILE && !goes_along(a, b))
		line->p_alone = 1;
}

static void add_line(struct compare *c, struct compare_line line)
{
	if (c->count == c->size) {
		size_t size = c->size * 2 + 64;
		struct compare_line *lines = reallocarray(c->lines, size, sizeof(*lines));

		if (lines == NULL) {
			c->is_short = true;
			return;
		}
		c->lines = lines;
		c->size = size;
	}
	c->lines[c->count++] = line;
}

static void compare_figure(
	struct compare *c, struct compare_line line, struct side *a, struct side *b)
{
	fill(a, line.figure);
	fill(b, line.figure);
	if (isnan(a->value) && isnan(b->value))
		return;
	line.before = a->value;
	line.after = b->value;
	line.before_is_beyond = a->is_beyond;
	line.after_is_beyond = b->is_beyond;
	line.change_percent =
		a->value > 0 ? 100 * (b->value - a->value) / a->value : none;
	judge(&line, a, b);
	add_line(c, line);
}

/* ---- rows ---- */

static void compare_rows(struct compare *c, struct compare_line line,
	const struct tally_operator *x, const struct tally_row *of_x,
	const struct tally_operator *y, const struct tally_row *of_y)
{
	enum model_scope scope =
		line.controller[0] == '\0' ? MODEL_OPERATOR : MODEL_CONTROLLER;

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		struct side a = {.operator= x, .row = of_x},
			    b = {.operator= y, .row = of_y};

		line.figure = &figures[i];
		if (figures[i].scope == scope)
			compare_figure(c, line, &a, &b);
	}
}

static void add_presence(
	struct compare *c, struct compare_line line, enum compare_presence presence)
{
	line.presence = presence;
	line.before = line.after = line.change_percent = line.p_alone = line.p = none;
	add_line(c, line);
}

static void compare_operators(
	struct compare *c, const struct tally_operator *x, const struct tally_operator *y)
{
	struct compare_line line = {
		.operator= x->row.name, .operator_after = y->row.name, .controller = ""};

	compare_rows(c, line, x, &x->row, y, &y->row);
	for (size_t i = 0; i < x->controller_count; i++) {
		const struct tally_row *row = x->controllers[i];
		const struct tally_row *other = tally_controller(y, row->name);

		line.controller = row->name;
		if (other == NULL)
			add_presence(c, line, COMPARE_WENT);
		else
			compare_rows(c, line, x, row, y, other);
	}
	for (size_t i = 0; i < y->controller_count; i++) {
		line.controller = y->controllers[i]->name;
		if (tally_controller(x, line.controller) == NULL)
			add_presence(c, line, COMPARE_CAME);
	}
}

static const struct tally_operator *partner(const struct tally_operator *operator,
	const struct tally * mine, const struct tally *others)
{
	if (tally_operators(mine) == 1 && tally_operators(others) == 1)
		return tally_operator(others, 0);
	for (size_t i = 0; i < tally_operators(others); i++)
		if (strcmp(tally_operator(others, i)->row.name, operator->row.name) == 0)
			return tally_operator(others, i);
	return NULL;
}

static void compare_all(
	struct compare *c, const struct tally *before, const struct tally *after)
{
	struct compare_line line = {.controller = ""};

	for (size_t i = 0; i < tally_operators(before); i++) {
		const struct tally_operator *x = tally_operator(before, i);
		const struct tally_operator *y = partner(x, before, after);

		line.operator= line.operator_after = x->row.name;
		if (y == NULL)
			add_presence(c, line, COMPARE_WENT);
		else
			compare_operators(c, x, y);
	}
	for (size_t i = 0; i < tally_operators(after); i++) {
		const struct tally_operator *y = tally_operator(after, i);

		line.operator= line.operator_after = y->row.name;
		if (partner(y, after, before) == NULL)
			add_presence(c, line, COMPARE_CAME);
	}
}

static bool adjust(struct compare *c)
{
	double *p = calloc(c->count + 1, sizeof(*p));
	size_t *order = calloc(c->count + 1, sizeof(*order));
	bool done = p != NULL && order != NULL;

	for (size_t i = 0; done && i < c->count; i++)
		p[i] = c->lines[i].p_alone;
	if (done)
		significance_adjust(p, order, c->count);
	for (size_t i = 0; done && i < c->count; i++)
		c->lines[i].p = p[i];
	free(p);
	free(order);
	return done;
}

struct compare *compare_new(const struct tally *before, const struct tally *after)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	compare_all(c, before, after);
	if (!c->is_short && adjust(c))
		return c;
	compare_free(c);
	return NULL;
}

size_t compare_lines(const struct compare *c)
{
	return c->count;
}

const struct compare_line *compare_line(const struct compare *c, size_t i)
{
	return &c->lines[i];
}

bool compare_is_change(const struct compare_line *line)
{
	return line->p < COMPARE_LEVEL;
}

void compare_free(struct compare *c)
{
	if (c == NULL)
		return;
	free(c->lines);
	free(c);
}
