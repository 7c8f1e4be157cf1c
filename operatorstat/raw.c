#include "operatorstat/raw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/selector.h"

/* Unescaped labels of one page. */
#define ARENA_BYTES ((size_t)64 << 20)

/* HELP texts that are kept, of all operators; a page has some hundred. */
#define FAMILIES_MOST 20000

struct family {
	char *name; /* owned */
	char *help; /* owned */
	enum expo_type type;
};

struct page {
	char *instance; /* owned */
	int64_t time_ms;
	struct raw_series *at; /* owned, as are the strings of each */
	size_t count, size;
	size_t left_out;
	size_t *slots;     /* owned; index + 1 of series by hash, 0: free */
	size_t slot_count; /* power of two; 0: not built for this page */
};

struct raw {
	struct page **pages; /* owned */
	size_t page_count;
	struct family *families; /* owned */
	size_t family_count, family_size;
	size_t series_count;
	struct arena *arena;              /* owned */
	uint64_t version;                 /* grows with each page */
	const struct raw_series **chosen; /* owned */
	size_t chosen_count;
	struct raw_choice choice; /* that it was made by; its strings point nowhere */
	uint64_t choice_hash;     /* of its strings */
	uint64_t choice_version;
};

struct raw *raw_new(void)
{
	struct raw *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->arena = arena_new(ARENA_BYTES);
	if (r->arena == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

static char *copy(struct str s)
{
	char *out = malloc(s.len + 1);

	if (out == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(out, s.at, s.len);
	out[s.len] = '\0';
	return out;
}

static struct page *page_of(struct raw *r, struct str instance)
{
	for (size_t i = 0; i < r->page_count; i++)
		if (str_eq(str_of(r->pages[i]->instance), instance))
			return r->pages[i];
	struct page **pages = reallocarray(r->pages, r->page_count + 1, sizeof(*pages));
	if (pages == NULL)
		return NULL;
	r->pages = pages;
	struct page *page = calloc(1, sizeof(*page));
	if (page == NULL)
		return NULL;
	page->instance = copy(instance);
	if (page->instance == NULL) {
		free(page);
		return NULL;
	}
	r->pages[r->page_count++] = page;
	return page;
}

/* The family of that name; made if it is new. NULL: no memory, or too many. */
static struct family *family_of(struct raw *r, struct str name)
{
	for (size_t i = 0; i < r->family_count; i++)
		if (str_eq(str_of(r->families[i].name), name))
			return &r->families[i];
	if (r->family_count >= FAMILIES_MOST)
		return NULL;
	if (r->family_count == r->family_size) {
		size_t size = r->family_size * 2 + 64;
		struct family *more = reallocarray(r->families, size, sizeof(*more));

		if (more == NULL)
			return NULL;
		r->families = more;
		r->family_size = size;
	}
	struct family *family = &r->families[r->family_count];
	*family = (struct family){copy(name), NULL, EXPO_UNKNOWN};
	if (family->name == NULL)
		return NULL;
	r->family_count++;
	return family;
}

/* The old page, while a new one is read beside it. */
static void build_slots(struct page *page)
{
	size_t count = 64;

	while (count < page->count * 2)
		count *= 2;
	page->slots = calloc(count, sizeof(*page->slots));
	if (page->slots == NULL)
		return;
	page->slot_count = count;
	for (size_t i = 0; i < page->count; i++) {
		size_t slot = (size_t)str_hash(str_of(page->at[i].series)) & (count - 1);

		while (page->slots[slot] != 0)
			slot = (slot + 1) & (count - 1);
		page->slots[slot] = i + 1;
	}
}

static struct raw_series *find_anywhere(struct page *old, struct str series)
{
	if (old->slot_count == 0)
		build_slots(old);
	if (old->slot_count == 0)
		return NULL;
	size_t slot = (size_t)str_hash(series) & (old->slot_count - 1);
	for (; old->slots[slot] != 0; slot = (slot + 1) & (old->slot_count - 1)) {
		struct raw_series *s = &old->at[old->slots[slot] - 1];

		if (s->series != NULL && str_eq(str_of(s->series), series))
			return s;
	}
	return NULL;
}

/* Pages keep their order: the series behind the last one found is nearly always the one.
 */
static struct raw_series *find(struct page *old, size_t *next, struct str series)
{
	if (*next < old->count && old->at[*next].series != NULL &&
		str_eq(str_of(old->at[*next].series), series))
		return &old->at[(*next)++];
	struct raw_series *s = find_anywhere(old, series);
	if (s != NULL)
		*next = (size_t)(s - old->at) + 1;
	return s;
}

bool raw_is_counting(const struct raw_series *s)
{
	size_t len = strlen(s->series);
	const char *brace = memchr(s->series, '{', len);
	struct str name = {s->series, brace != NULL ? (size_t)(brace - s->series) : len};

	switch (s->type) {
	case EXPO_COUNTER:
	case EXPO_HISTOGRAM:
		return true;
	case EXPO_SUMMARY:
		return str_ends(name, STR("_count")) || str_ends(name, STR("_sum"));
	case EXPO_UNKNOWN:
		return str_ends(name, STR("_total"));
	case EXPO_GAUGE:
	case EXPO_INFO:
	case EXPO_STATESET:
	case EXPO_GAUGEHISTOGRAM:
		break;
	}
	return false;
}

double raw_change(const struct raw_series *s)
{
	double seconds = (double)(s->time_ms - s->previous_ms) / 1000;

	if (!raw_is_counting(s))
		return s->value - s->previous;
	if (s->value < s->previous)
		return s->value / seconds; /* it began anew */
	return (s->value - s->previous) / seconds;
}

static double moved(double average, double value, size_t count, size_t most)
{
	return average + (value - average) / (double)(count < most ? count : most);
}

/* varnishstat's averages: a mean over all until there are n, then a moving one. */
static void average(struct raw_series *s)
{
	double value = raw_is_counting(s) ? raw_change(s) : s->value;

	if (isnan(value))
		return;
	if (s->averaged++ == 0)
		s->average_10 = s->average_100 = 0;
	s->average_10 = moved(s->average_10, value, s->averaged, 10);
	s->average_100 = moved(s->average_100, value, s->averaged, 100);
	s->min = fmin(s->min, value);
	s->max = fmax(s->max, value);
	s->past[s->past_count++ % RAW_PAST] = (float)value;
}

/* The next of page, beginning as `old` was (whose string it takes) or as new. */
static struct raw_series *add(
	struct page *page, struct raw_series *old, struct str series)
{
	if (page->count == page->size) {
		size_t size = page->size * 2 + 256;
		struct raw_series *more = reallocarray(page->at, size, sizeof(*more));

		if (more == NULL)
			return NULL;
		page->at = more;
		page->size = size;
	}
	struct raw_series *s = &page->at[page->count];
	if (old != NULL) {
		*s = *old;
		old->series = NULL;
	} else {
		*s = (struct raw_series){.instance = page->instance,
			.value = NAN,
			.min = NAN,
			.max = NAN,
			.average_10 = NAN,
			.average_100 = NAN};
		s->series = copy(series);
	}
	if (s->series == NULL)
		return NULL;
	page->count++;
	return s;
}

static void free_series(struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		free(page->at[i].series);
	free(page->at);
	free(page->slots);
}

static bool is_of(struct str sample, struct str family)
{
	return family.len > 0 && str_starts(sample, family);
}

static void set_help(struct family *family, struct str help)
{
	if (family->help == NULL)
		family->help = copy(help);
}

/* What a page is read into and from. */
struct reading {
	struct raw *raw;
	struct page *old;
	struct page *page;
	size_t next;           /* position in old */
	struct family *family; /* last declared */
};

static bool take_sample(struct reading *in, const struct expo_entry *entry)
{
	if (in->raw->series_count - in->old->count + in->page->count >= RAW_MOST) {
		in->page->left_out++;
		return true;
	}
	struct raw_series *old = find(in->old, &in->next, entry->series);
	struct raw_series *s = add(in->page, old, entry->series);
	if (s == NULL)
		return false;
	bool has_family =
		in->family != NULL && is_of(entry->name, str_of(in->family->name));
	s->help = has_family && in->family->help != NULL ? in->family->help : "";
	s->type = has_family ? in->family->type : EXPO_UNKNOWN;
	s->previous = s->value;
	s->previous_ms = s->time_ms;
	s->value = entry->value;
	s->time_ms = in->page->time_ms;
	average(s);
	return true;
}

static bool take_entry(struct reading *in, const struct expo_entry *entry)
{
	switch (entry->kind) {
	case EXPO_SAMPLE:
		return take_sample(in, entry);
	case EXPO_HELP:
		in->family = family_of(in->raw, entry->name);
		if (in->family != NULL)
			set_help(in->family, entry->help_or_unit);
		break;
	case EXPO_TYPE:
		in->family = family_of(in->raw, entry->name);
		if (in->family != NULL)
			in->family->type = entry->type;
		break;
	case EXPO_NATIVE:
	case EXPO_UNIT:
	case EXPO_COMMENT:
	case EXPO_EOF:
	case EXPO_BAD:
		break;
	}
	return true;
}

static bool read_page(struct reading *in, enum expo_format format, struct str body)
{
	struct expo expo;
	struct expo_entry entry;

	arena_reset(in->raw->arena);
	expo_init(&expo, format, body, in->raw->arena);
	while (expo_next(&expo, &entry))
		if (!take_entry(in, &entry))
			return false;
	return true;
}

bool raw_take(struct raw *r, struct str instance, int64_t time_ms,
	enum expo_format format, struct str body, struct err *e)
{
	struct page *page = page_of(r, instance);

	if (page == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the raw series");
	if (page->time_ms == time_ms && page->count > 0)
		return true;
	struct page old = *page;
	*page = (struct page){.instance = old.instance, .time_ms = time_ms};
	struct reading in = {r, &old, page, 0, NULL};
	bool is_read = read_page(&in, format, body);
	r->series_count = r->series_count - old.count + page->count;
	free_series(&old);
	r->version++;
	r->chosen_count = 0; /* it points into the old page */
	return is_read || err_set(e, ERR_MEMORY, "no memory for the raw series");
}

size_t raw_count(const struct raw *r)
{
	return r->series_count;
}

/* ---- choosing ---- */

static bool is_active(const struct raw_series *s)
{
	double value = raw_is_counting(s) ? s->average_100 : s->value;

	return value > 0 || value < 0;
}

/* Reads a series' labels as the page's parser does. */
static bool selects(struct raw *r, const struct selector *selector, const char *series)
{
	struct buf line;
	struct expo expo;
	struct expo_entry entry;

	arena_reset(r->arena);
	buf_init(&line, 1 << 20);
	buf_addf(&line, "%s 0\n", series);
	expo_init(&expo, EXPO_TEXT, buf_str(&line), r->arena);
	bool is_match = expo_next(&expo, &entry) && entry.kind == EXPO_SAMPLE &&
			selector_matches(selector, entry.name, entry.labels);
	buf_free(&line);
	return is_match;
}

static bool passes(struct raw *r, const struct raw_choice *choice,
	const struct selector *selector, const struct raw_series *s)
{
	bool is_inverted = choice->filter[0] == '!';
	const char *filter = choice->filter + (is_inverted ? 1 : 0);

	if (choice->only_active && !is_active(s))
		return false;
	if (filter[0] == '\0')
		return true;
	bool is_match = selector != NULL ? selects(r, selector, s->series)
					 : strcasestr(s->series, filter) != NULL;
	return is_match != is_inverted;
}

static double key_of(const struct raw_series *s, enum raw_order order)
{
	switch (order) {
	case RAW_BY_VALUE:
		return s->value;
	case RAW_BY_CHANGE:
		return raw_change(s);
	case RAW_BY_10:
		return s->average_10;
	case RAW_BY_100:
		return s->average_100;
	case RAW_AS_ON_PAGE:
	case RAW_BY_NAME:
		break;
	}
	return 0;
}

/* NaN comes last either way. */
static int compare_series(const void *a, const void *b, void *ctx)
{
	const struct raw_series *const *x = a, *const *y = b;
	const struct raw_choice *choice = ctx;
	int sign = choice->descending ? -1 : 1;

	if (choice->order == RAW_BY_NAME && choice->descending)
		return strcmp((*y)->series, (*x)->series);
	if (choice->order == RAW_BY_NAME)
		return strcmp((*x)->series, (*y)->series);
	double left = key_of(*x, choice->order), right = key_of(*y, choice->order);
	if (isnan(left) || isnan(right))
		return isnan(left) - isnan(right);
	return left < right ? -sign : left > right ? sign : 0;
}

static uint64_t hash_of(const struct raw_choice *choice)
{
	return str_hash(str_of(choice->filter)) * 31 + str_hash(str_of(choice->instance));
}

static bool is_as_before(const struct raw *r, const struct raw_choice *choice)
{
	return r->choice_version == r->version && r->choice_hash == hash_of(choice) &&
	       r->choice.only_active == choice->only_active &&
	       r->choice.order == choice->order &&
	       r->choice.descending == choice->descending;
}

static void choose_from(struct raw *r, const struct page *page,
	const struct raw_choice *choice, const struct selector *selector)
{
	if (choice->instance != NULL && strcmp(choice->instance, page->instance) != 0)
		return;
	for (size_t i = 0; i < page->count; i++)
		if (passes(r, choice, selector, &page->at[i]))
			r->chosen[r->chosen_count++] = &page->at[i];
}

bool raw_choose(struct raw *r, const struct raw_choice *choice)
{
	const char *filter = choice->filter + (choice->filter[0] == '!' ? 1 : 0);
	struct err e;

	if (is_as_before(r, choice))
		return true;
	const struct raw_series **chosen =
		reallocarray(r->chosen, r->series_count + 1, sizeof(struct raw_series *));
	if (chosen == NULL)
		return false;
	r->chosen = chosen;
	r->chosen_count = 0;
	struct selector *selector =
		strchr(filter, '{') != NULL ? selector_parse(str_of(filter), &e) : NULL;
	for (size_t i = 0; i < r->page_count; i++)
		choose_from(r, r->pages[i], choice, selector);
	selector_free(selector);
	r->choice = *choice;
	r->choice_hash = hash_of(choice);
	r->choice_version = r->version;
	if (choice->order != RAW_AS_ON_PAGE)
		qsort_r(r->chosen, r->chosen_count, sizeof(*r->chosen), compare_series,
			&r->choice);
	return true;
}

size_t raw_chosen(const struct raw *r)
{
	return r->chosen_count;
}

const struct raw_series *raw_at(const struct raw *r, size_t i)
{
	return r->chosen[i];
}

size_t raw_left_out(const struct raw *r)
{
	size_t sum = 0;

	for (size_t i = 0; i < r->page_count; i++)
		sum += r->pages[i]->left_out;
	return sum;
}

void raw_reset(struct raw *r)
{
	for (size_t i = 0; i < r->page_count; i++)
		for (size_t k = 0; k < r->pages[i]->count; k++) {
			struct raw_series *s = &r->pages[i]->at[k];

			s->min = s->max = s->average_10 = s->average_100 = NAN;
			s->averaged = 0;
		}
}

void raw_free(struct raw *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->page_count; i++) {
		free_series(r->pages[i]);
		free(r->pages[i]->instance);
		free(r->pages[i]);
	}
	for (size_t i = 0; i < r->family_count; i++) {
		free(r->families[i].name);
		free(r->families[i].help);
	}
	free(r->pages);
	free(r->chosen);
	free(r->families);
	arena_free(r->arena);
	free(r);
}
