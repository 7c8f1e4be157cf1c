#include "operatorstat/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Slots of one chunk: 60 seconds make a minute, 60 minutes an hour; a bit for each says
 * whether it is present. */
#define SLOTS 60

/* n / by downwards: the slot that a time lies in, the chunk that a slot lies in. */
static int64_t floor_div(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

static bool has_slot(uint64_t present, unsigned int slot)
{
	return (present >> slot & 1) != 0;
}

static unsigned int count_below(uint64_t present, unsigned int slot)
{
	return (unsigned int)__builtin_popcountll(present & ((UINT64_C(1) << slot) - 1));
}

/* ---- which slots are kept, of numbers and histograms alike ---- */

struct frame {
	bool is_empty;
	int64_t newest_slot;   /* seconds since 1970 */
	int64_t newest_minute; /* the one it lies in */
	int64_t oldest_fine;   /* first minute whose seconds are kept */
};

static size_t fine_at(int64_t minute)
{
	return (size_t)(minute % HISTORY_FINE_MINUTES);
}

static size_t coarse_at(int64_t hour)
{
	return (size_t)(hour % HISTORY_COARSE_HOURS);
}

static unsigned int slot_at(int64_t slot)
{
	return (unsigned int)(slot - floor_div(slot, SLOTS) * SLOTS);
}

/* Chunks first..last, and of each the slots from..to. */
struct range {
	int64_t first, last;
	int64_t from, to;
};

static struct range range_of(int64_t from, int64_t to)
{
	return (struct range){floor_div(from, SLOTS), floor_div(to, SLOTS), from, to};
}

/* The slots of chunk number i that a range has. */
static void range_slots(
	const struct range *r, int64_t i, unsigned int *from, unsigned int *to)
{
	*from = i == floor_div(r->from, SLOTS) ? slot_at(r->from) : 0;
	*to = i == floor_div(r->to, SLOTS) ? slot_at(r->to) : SLOTS - 1;
}

/* Minutes with seconds that touch the seconds from..to. */
static struct range fine_range(const struct frame *f, int64_t from, int64_t to)
{
	struct range r = range_of(from, to);

	r.first = r.first < f->oldest_fine ? f->oldest_fine : r.first;
	r.last = r.last > f->newest_minute ? f->newest_minute : r.last;
	return r;
}

/* Hours, for the minutes older than those with seconds that end within from..to. */
static struct range coarse_range(const struct frame *f, int64_t from, int64_t to)
{
	int64_t hour = floor_div(f->newest_minute, SLOTS) - HISTORY_COARSE_HOURS + 1;
	int64_t first = floor_div(from, SLOTS), last = floor_div(to + 1, SLOTS) - 1;

	first = first < hour * SLOTS ? hour * SLOTS : first;
	first = first < 0 ? 0 : first;
	last = last >= f->oldest_fine ? f->oldest_fine - 1 : last;
	if (last < first)
		return (struct range){0, -1, 0, -1};
	return range_of(first, last);
}

/* Chunks of the ring that hold something older than `minute`, now the newest: to be
 * cleared by the caller, first..last. */
static void frame_advance(
	struct frame *f, int64_t minute, struct range *fine, struct range *coarse)
{
	int64_t hour = floor_div(minute, SLOTS);

	*fine = (struct range){.first = f->newest_minute + 1, .last = minute};
	*coarse = (struct range){
		.first = floor_div(f->newest_minute, SLOTS) + 1, .last = hour};
	if (fine->first <= minute - HISTORY_FINE_MINUTES)
		fine->first = minute - HISTORY_FINE_MINUTES + 1;
	if (coarse->first <= hour - HISTORY_COARSE_HOURS)
		coarse->first = hour - HISTORY_COARSE_HOURS + 1;
	if (f->oldest_fine <= minute - HISTORY_FINE_MINUTES)
		f->oldest_fine = minute - HISTORY_FINE_MINUTES + 1;
	f->newest_minute = minute;
}

static void frame_start(struct frame *f, int64_t minute)
{
	f->newest_minute = f->oldest_fine = minute;
}

/* ---- numbers ---- */

/* The values of the slots that are present, one behind the other; while all are the same,
 * only that one. */
struct chunk {
	uint64_t present;
	float *at; /* owned; NULL: all are `same` */
	float same;
};

struct history {
	enum history_fold fold;
	size_t bytes;
	struct frame frame;
	struct chunk fine[HISTORY_FINE_MINUTES];
	struct chunk coarse[HISTORY_COARSE_HOURS];
};

/* Room grows in steps, so that it follows from the number of values. */
static size_t chunk_room(unsigned int values)
{
	return values <= 8 ? 8 : values <= 24 ? 24 : SLOTS;
}

static void chunk_clear(struct history *h, struct chunk *c)
{
	if (c->at != NULL)
		h->bytes -= chunk_room(count_below(c->present, SLOTS)) * sizeof(float);
	free(c->at);
	*c = (struct chunk){0};
}

/* Room for `values` values, of which `had` are there. */
static bool chunk_grow(
	struct history *h, struct chunk *c, unsigned int had, unsigned int values)
{
	size_t before = c->at != NULL ? chunk_room(had) : 0;
	size_t room = chunk_room(values);

	if (room == before)
		return true;
	float *at = reallocarray(c->at, room, sizeof(float));

	if (at == NULL)
		return false;
	if (c->at == NULL)
		for (unsigned int i = 0; i < had; i++)
			at[i] = c->same;
	c->at = at;
	h->bytes += (room - before) * sizeof(float);
	return true;
}

static double chunk_value(const struct chunk *c, unsigned int slot)
{
	return (double)(c->at == NULL ? c->same : c->at[count_below(c->present, slot)]);
}

static bool is_same(float a, float b)
{
	return isnan(a) ? isnan(b) : !(a < b || a > b);
}

/* Puts a value behind all others of the chunk, or in place of the last. */
static void chunk_put(struct history *h, struct chunk *c, unsigned int slot, float value)
{
	unsigned int had = count_below(c->present, SLOTS);
	unsigned int values = has_slot(c->present, slot) ? had : had + 1;

	if (values == 1 && c->at == NULL)
		c->same = value;
	if (c->at != NULL || !is_same(c->same, value)) {
		if (!chunk_grow(h, c, had, values))
			return;
		c->at[values - 1] = value;
	}
	c->present |= UINT64_C(1) << slot;
}

static double chunk_fold(const struct chunk *c, enum history_fold fold)
{
	unsigned int values = count_below(c->present, SLOTS);
	double sum = 0;

	for (unsigned int i = 0; i < values; i++)
		sum += (double)(c->at == NULL ? c->same : c->at[i]);
	return fold == HISTORY_SUM ? sum : sum / values;
}

struct history *history_new(enum history_fold fold)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->fold = fold;
	h->frame.is_empty = true;
	h->bytes = sizeof(*h);
	return h;
}

static void forget_numbers(struct history *h)
{
	for (size_t i = 0; i < HISTORY_FINE_MINUTES; i++)
		chunk_clear(h, &h->fine[i]);
	for (size_t i = 0; i < HISTORY_COARSE_HOURS; i++)
		chunk_clear(h, &h->coarse[i]);
	h->frame.is_empty = true;
}

/* The newest minute is whole and goes into its hour; `minute` is the newest now. */
static void advance_numbers(struct history *h, int64_t minute)
{
	int64_t whole = h->frame.newest_minute;
	double folded = chunk_fold(&h->fine[fine_at(whole)], h->fold);
	struct range fine, coarse;

	chunk_put(h, &h->coarse[coarse_at(floor_div(whole, SLOTS))], slot_at(whole),
		(float)folded);
	frame_advance(&h->frame, minute, &fine, &coarse);
	for (int64_t i = fine.first; i <= fine.last; i++)
		chunk_clear(h, &h->fine[fine_at(i)]);
	for (int64_t i = coarse.first; i <= coarse.last; i++)
		chunk_clear(h, &h->coarse[coarse_at(i)]);
}

void history_push(struct history *h, int64_t time_ms, double value)
{
	int64_t slot = floor_div(time_ms, 1000);
	int64_t minute = floor_div(slot, SLOTS);

	if (isnan(value) || time_ms < 0)
		return;
	if (!h->frame.is_empty && slot < h->frame.newest_slot)
		forget_numbers(h);
	if (h->frame.is_empty)
		frame_start(&h->frame, minute);
	else if (minute > h->frame.newest_minute)
		advance_numbers(h, minute);

	struct chunk *c = &h->fine[fine_at(minute)];

	if (has_slot(c->present, slot_at(slot)) && h->fold == HISTORY_SUM)
		value += chunk_value(c, slot_at(slot));
	chunk_put(h, c, slot_at(slot), (float)value);
	h->frame.is_empty = false;
	h->frame.newest_slot = slot;
}

static void span_add(struct history_span *s, int64_t end_ms, double value)
{
	if (s->count++ == 0) {
		s->sum = 0;
		s->min = s->max = s->first = value;
		s->first_ms = end_ms;
	}
	s->sum += value;
	s->min = value < s->min ? value : s->min;
	s->max = value > s->max ? value : s->max;
	s->last = value;
	s->last_ms = end_ms;
}

static void span_chunk(struct history_span *s, const struct chunk *c,
	const struct range *r, int64_t number, int64_t slot_ms)
{
	unsigned int from, to;

	range_slots(r, number, &from, &to);
	for (unsigned int i = from; c->present != 0 && i <= to; i++)
		if (has_slot(c->present, i))
			span_add(s, (number * SLOTS + i + 1) * slot_ms - 1,
				chunk_value(c, i));
}

struct history_span history_span(const struct history *h, int64_t from_ms, int64_t to_ms)
{
	struct history_span s = {
		.sum = NAN, .min = NAN, .max = NAN, .first = NAN, .last = NAN};
	int64_t from = floor_div(from_ms, 1000) + 1, to = floor_div(to_ms, 1000);

	if (h->frame.is_empty || to < from)
		return s;
	struct range coarse = coarse_range(&h->frame, from, to);
	struct range fine = fine_range(&h->frame, from, to);

	for (int64_t i = coarse.first; i <= coarse.last; i++)
		span_chunk(&s, &h->coarse[coarse_at(i)], &coarse, i, 60000);
	for (int64_t i = fine.first; i <= fine.last; i++)
		span_chunk(&s, &h->fine[fine_at(i)], &fine, i, 1000);
	return s;
}

int64_t history_newest_ms(const struct history *h)
{
	return h->frame.is_empty ? 0 : (h->frame.newest_slot + 1) * 1000 - 1;
}

bool history_drop_minute(struct history *h)
{
	if (h->frame.is_empty || h->frame.oldest_fine >= h->frame.newest_minute)
		return false;
	chunk_clear(h, &h->fine[fine_at(h->frame.oldest_fine)]);
	h->frame.oldest_fine++;
	return true;
}

size_t history_bytes(const struct history *h)
{
	return h->bytes;
}

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	forget_numbers(h);
	free(h);
}

/* ---- histograms ---- */

/* Records of the slots that are present, one behind the other: how many buckets grew; if
 * any, the sum as a float, and of each its distance from the one before and its increase.
 * Whole numbers take 7 bits a byte, the lowest first. */
struct records {
	uint64_t present;
	uint8_t *at; /* owned */
	uint32_t len, size;
	uint32_t newest; /* where the newest record begins */
};

struct buckets {
	size_t count;
	size_t bytes;
	struct frame frame;
	double *upper_bound; /* owned */
	double *work; /* owned: count + 1; the last is what _count has beyond +Inf */
	struct records fine[HISTORY_FINE_MINUTES];
	struct records coarse[HISTORY_COARSE_HOURS];
};

static uint8_t *put_number(uint8_t *p, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		*p++ = (uint8_t)(n | 0x80);
	*p++ = (uint8_t)n;
	return p;
}

static const uint8_t *get_number(const uint8_t *p, uint64_t *n)
{
	unsigned int shift = 0;

	*n = 0;
	do {
		*n |= (uint64_t)(*p & 0x7f) << shift;
		shift += 7;
	} while ((*p++ & 0x80) != 0);
	return p;
}

static uint64_t whole(double increase)
{
	return increase >= 0x1p62 ? UINT64_C(1) << 62 : (uint64_t)llround(increase);
}

static uint8_t *put_record(uint8_t *p, const double *increase, size_t count, double sum)
{
	uint64_t grown = 0;
	size_t before = 0;
	float kept_sum = (float)sum;

	for (size_t i = 0; i < count; i++)
		grown += whole(increase[i]) != 0;
	p = put_number(p, grown);
	if (grown == 0)
		return p;
	memcpy(p, &kept_sum, sizeof(kept_sum));
	p += sizeof(kept_sum);
	for (size_t i = 0; i < count; i++) {
		if (whole(increase[i]) == 0)
			continue;
		p = put_number(put_number(p, i - before), whole(increase[i]));
		before = i;
	}
	return p;
}

/* Adds the record at p to increase[] and *sum; returns where the next one begins. */
static const uint8_t *add_record(const uint8_t *p, double *increase, double *sum)
{
	uint64_t grown, gap, n;
	size_t bucket = 0;
	float kept_sum;

	p = get_number(p, &grown);
	if (grown == 0)
		return p;
	memcpy(&kept_sum, p, sizeof(kept_sum));
	p += sizeof(kept_sum);
	*sum += (double)kept_sum;
	for (; grown > 0; grown--) {
		p = get_number(get_number(p, &gap), &n);
		bucket += gap;
		increase[bucket] += (double)n;
	}
	return p;
}

static const uint8_t *skip_record(const uint8_t *p)
{
	uint64_t grown, ignored;

	p = get_number(p, &grown);
	p += grown == 0 ? 0 : sizeof(float);
	for (; grown > 0; grown--)
		p = get_number(get_number(p, &ignored), &ignored);
	return p;
}

static void records_clear(struct buckets *b, struct records *r)
{
	b->bytes -= r->size;
	free(r->at);
	*r = (struct records){0};
}

static bool records_resize(struct buckets *b, struct records *r, uint32_t size)
{
	uint8_t *at = realloc(r->at, size);

	if (at == NULL)
		return false;
	b->bytes += size;
	b->bytes -= r->size;
	r->at = at;
	r->size = size;
	return true;
}

/* Puts work[] behind all other records. */
static void records_put(
	struct buckets *b, struct records *r, unsigned int slot, double sum)
{
	/* two numbers of 10 bytes at most for each bucket, their count, the sum */
	uint32_t longest = (uint32_t)(b->count + 1) * 20 + 14;

	if (r->size - r->len < longest &&
		!records_resize(b, r, r->len + r->len / 2 + longest))
		return;
	r->newest = r->len;
	r->len = (uint32_t)(put_record(r->at + r->len, b->work, b->count + 1, sum) -
			    r->at);
	r->present |= UINT64_C(1) << slot;
}

/* Gives back what records do not need. */
static void records_trim(struct buckets *b, struct records *r)
{
	if (r->len > 0 && r->len < r->size)
		(void)records_resize(b, r, r->len);
}

static void records_add(const struct records *r, unsigned int from, unsigned int to,
	double *increase, double *sum)
{
	const uint8_t *p = r->at;

	for (unsigned int i = 0; r->present != 0 && i <= to; i++)
		if (has_slot(r->present, i))
			p = i < from ? skip_record(p) : add_record(p, increase, sum);
}

struct buckets *buckets_new(const double *upper_bound, size_t count)
{
	struct buckets *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->upper_bound = reallocarray(NULL, count, sizeof(double));
	b->work = reallocarray(NULL, count + 1, sizeof(double));
	if (b->upper_bound == NULL || b->work == NULL) {
		buckets_free(b);
		return NULL;
	}
	memcpy(b->upper_bound, upper_bound, count * sizeof(double));
	b->count = count;
	b->frame.is_empty = true;
	b->bytes = sizeof(*b) + (2 * count + 1) * sizeof(double);
	return b;
}

size_t buckets_count(const struct buckets *b)
{
	return b->count;
}

const double *buckets_bounds(const struct buckets *b)
{
	return b->upper_bound;
}

static void forget_records(struct buckets *b)
{
	for (size_t i = 0; i < HISTORY_FINE_MINUTES; i++)
		records_clear(b, &b->fine[i]);
	for (size_t i = 0; i < HISTORY_COARSE_HOURS; i++)
		records_clear(b, &b->coarse[i]);
	b->frame.is_empty = true;
}

/* As advance_numbers(). */
static void advance_records(struct buckets *b, int64_t minute)
{
	int64_t done = b->frame.newest_minute;
	struct records *r = &b->fine[fine_at(done)];
	struct records *hour = &b->coarse[coarse_at(floor_div(done, SLOTS))];
	struct range fine, coarse;
	double sum = 0;

	memset(b->work, 0, (b->count + 1) * sizeof(double));
	records_add(r, 0, SLOTS - 1, b->work, &sum);
	records_put(b, hour, slot_at(done), sum);
	records_trim(b, r);
	records_trim(b, hour);
	frame_advance(&b->frame, minute, &fine, &coarse);
	for (int64_t i = fine.first; i <= fine.last; i++)
		records_clear(b, &b->fine[fine_at(i)]);
	for (int64_t i = coarse.first; i <= coarse.last; i++)
		records_clear(b, &b->coarse[coarse_at(i)]);
}

/* work[]: the increases of the buckets, each alone. */
static void take_increases(
	struct buckets *b, const double *cumulative, double count_increase)
{
	double below = 0;

	for (size_t i = 0; i < b->count; i++) {
		b->work[i] = cumulative[i] > below ? cumulative[i] - below : 0;
		below = cumulative[i] > below ? cumulative[i] : below;
	}
	b->work[b->count] = count_increase > below ? count_increase - below : 0;
}

void buckets_push(struct buckets *b, int64_t time_ms, const double *cumulative,
	double sum_increase, double count_increase)
{
	int64_t slot = floor_div(time_ms, 1000);
	int64_t minute = floor_div(slot, SLOTS);

	if (time_ms < 0)
		return;
	if (!b->frame.is_empty && slot < b->frame.newest_slot)
		forget_records(b);
	if (b->frame.is_empty)
		frame_start(&b->frame, minute);
	else if (minute > b->frame.newest_minute)
		advance_records(b, minute);

	struct records *r = &b->fine[fine_at(minute)];

	take_increases(b, cumulative, count_increase);
	if (has_slot(r->present, slot_at(slot))) {
		add_record(r->at + r->newest, b->work, &sum_increase);
		r->len = r->newest;
	}
	records_put(b, r, slot_at(slot), sum_increase);
	b->frame.is_empty = false;
	b->frame.newest_slot = slot;
}

void buckets_span(const struct buckets *b, int64_t from_ms, int64_t to_ms,
	double *increase, double *sum)
{
	int64_t from = floor_div(from_ms, 1000) + 1, to = floor_div(to_ms, 1000);
	unsigned int first, last;

	if (b->frame.is_empty || to < from)
		return;
	struct range coarse = coarse_range(&b->frame, from, to);
	struct range fine = fine_range(&b->frame, from, to);

	for (int64_t i = coarse.first; i <= coarse.last; i++) {
		range_slots(&coarse, i, &first, &last);
		records_add(&b->coarse[coarse_at(i)], first, last, increase, sum);
	}
	for (int64_t i = fine.first; i <= fine.last; i++) {
		range_slots(&fine, i, &first, &last);
		records_add(&b->fine[fine_at(i)], first, last, increase, sum);
	}
}

bool buckets_drop_minute(struct buckets *b)
{
	if (b->frame.is_empty || b->frame.oldest_fine >= b->frame.newest_minute)
		return false;
	records_clear(b, &b->fine[fine_at(b->frame.oldest_fine)]);
	b->frame.oldest_fine++;
	return true;
}

size_t buckets_bytes(const struct buckets *b)
{
	return b->bytes;
}

void buckets_free(struct buckets *b)
{
	if (b == NULL)
		return;
	forget_records(b);
	free(b->upper_bound);
	free(b->work);
	free(b);
}
