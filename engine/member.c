#include "engine/member.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/counter.h"

/* A histogram or summary in one piece. */
struct whole {
	struct member member;
	struct distribution distribution;
};

static struct member *new_distribution(struct pool *pool, const struct member *like)
{
	struct whole *whole = pool_alloc(pool, sizeof(*whole));

	if (whole == NULL)
		return NULL;
	struct distribution *d = &whole->distribution;
	d->sum_slot = d->count_slot = d->native_slot = MEMBER_NO_SLOT;
	if (like != NULL && like->distribution != NULL)
		d->bounds = bounds_share(like->distribution->bounds);
	whole->member.distribution = d;
	return &whole->member;
}

struct member *member_new(struct pool *pool, const struct family *family,
	enum member_kind kind, const struct member *like)
{
	bool is_plain = kind == MEMBER_GAUGE || kind == MEMBER_COUNTER;
	struct member *m =
		is_plain ? pool_alloc(pool, sizeof(*m)) : new_distribution(pool, like);

	if (m == NULL)
		return NULL;
	m->family = family;
	m->kind = kind;
	m->stamp_seconds = (double)NAN;
	m->value_slot = MEMBER_NO_SLOT;
	return m;
}

void member_forget(struct member *m)
{
	m->seen_number = 0;
	if (m->distribution != NULL)
		m->distribution->sum_total = m->distribution->sum_total_before = 0;
}

void member_release(struct member *m)
{
	struct distribution *d = m->distribution;

	if (d == NULL)
		return;
	bounds_release(d->bounds);
	bounds_release(d->upper);
	free(d->native);
	free(d->last_native);
}

void member_free(struct member *m, struct pool *pool)
{
	struct distribution *d = m->distribution;

	member_release(m);
	if (d == NULL) {
		pool_free(pool, m, sizeof(*m));
		return;
	}
	pool_free(pool, d->slots, d->slot_room * sizeof(*d->slots));
	pool_free(pool, d->last.cumulative, d->count_room * sizeof(double));
	pool_free(pool, m, sizeof(struct whole));
}

/* ---- what belongs to it ---- */

/* Room for one part more. One that has bounds before it has parts is like another one. */
static bool take_slot(struct distribution *d, struct pool *pool)
{
	size_t room = d->slot_room + d->slot_room / 4 + 4;

	if (d->part_count < d->slot_room)
		return true;
	if (d->slot_room == 0 && d->bounds != NULL)
		room = d->bounds->count;
	uint32_t *slots = pool_array(pool, d->slots, d->slot_room, room, sizeof(*slots));
	if (slots == NULL)
		return false;
	d->slots = slots;
	d->slot_room = (uint32_t)room;
	return true;
}

static bool add_part(
	struct distribution *d, struct pool *pool, double bound, uint32_t slot)
{
	uint32_t count = d->part_count;
	uint32_t i = count;

	while (i > 0 && d->bounds->at[i - 1] > bound)
		i--;
	if (!take_slot(d, pool) || !bounds_insert(&d->bounds, count, i, bound))
		return false;
	if (i < count)
		memmove(d->slots + i + 1, d->slots + i, (count - i) * sizeof(*d->slots));
	d->slots[i] = slot;
	d->part_count++;
	return true;
}

static bool bind_part(struct distribution *d, struct pool *pool, enum family_part part,
	double bound, uint32_t slot)
{
	switch (part) {
	case PART_SUM:
		d->sum_slot = slot;
		return true;
	case PART_COUNT:
		d->count_slot = slot;
		return true;
	case PART_BUCKET:
	case PART_QUANTILE:
		return add_part(d, pool, bound, slot);
	case PART_NATIVE:
		d->native_slot = slot;
		return true;
	case PART_VALUE:
	case PART_CREATED:
		break;
	}
	return true;
}

bool member_bind(struct member *m, struct pool *pool, enum family_part part, double bound,
	uint32_t slot)
{
	m->series_count++;
	if (m->distribution != NULL) {
		m->distribution->is_settled = false;
		return bind_part(m->distribution, pool, part, bound, slot);
	}
	m->value_slot = slot;
	return true;
}

bool member_set_native(struct member *m, const struct native *histogram)
{
	/* a family of the contract's table keeps its kind whatever the page says */
	if (m->distribution == NULL)
		return true;
	return native_keep(&m->distribution->native, histogram);
}

static void clear_slot(uint32_t *at, uint32_t slot)
{
	if (*at == slot)
		*at = MEMBER_NO_SLOT;
}

void member_unbind(struct member *m, uint32_t slot)
{
	struct distribution *d = m->distribution;

	m->series_count--;
	clear_slot(&m->value_slot, slot);
	if (d == NULL)
		return;
	d->is_settled = false;
	clear_slot(&d->sum_slot, slot);
	clear_slot(&d->count_slot, slot);
	clear_slot(&d->native_slot, slot);
	for (uint32_t i = 0; i < d->part_count; i++)
		clear_slot(&d->slots[i], slot);
}

bool member_stands(const struct member *m)
{
	return m->series_count > 0;
}

static uint32_t next_part(const struct distribution *d, uint32_t i)
{
	while (i < d->part_count && d->slots[i] == MEMBER_NO_SLOT)
		i++;
	return i;
}

/* Parts whose series are gone leave. */
static bool drop_parts(struct distribution *d)
{
	uint32_t kept = 0;

	while (kept < d->part_count && d->slots[kept] != MEMBER_NO_SLOT)
		kept++;
	uint32_t i = next_part(d, kept);
	if (i < d->part_count && !bounds_own(&d->bounds, d->part_count))
		return false;
	for (; i < d->part_count; i = next_part(d, i + 1)) {
		d->bounds->at[kept] = d->bounds->at[i];
		d->slots[kept++] = d->slots[i];
	}
	d->part_count = kept;
	return true;
}

/* Ascending, each once, the last +Inf: as a histogram wants them. */
static bool are_whole(const double *at, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (!(at[i - 1] < at[i]))
			return false;
	return count > 0 && at[count - 1] > DBL_MAX;
}

/* The bounds of a histogram, each once and +Inf behind them. NULL: no memory. */
static struct bounds *upper_of(const struct distribution *d)
{
	struct bounds *upper;

	if (d->part_count > 0 && are_whole(d->bounds->at, d->part_count) &&
		d->bounds->count == d->part_count)
		return bounds_share(d->bounds);
	upper = bounds_new((size_t)d->part_count + 1);
	if (upper == NULL)
		return NULL;
	for (uint32_t i = 0; i < d->part_count; i++) {
		double bound = d->bounds->at[i];

		if (upper->count == 0 || upper->at[upper->count - 1] < bound)
			upper->at[upper->count++] = bound;
	}
	if (upper->count == 0 || upper->at[upper->count - 1] < (double)INFINITY)
		upper->at[upper->count++] = (double)INFINITY;
	return upper;
}

/* Bounds that are others need other counts. */
static bool take_upper(struct distribution *d, struct pool *pool, struct bounds *upper)
{
	struct hist *last = &d->last;
	struct hist now = {.buckets = upper->count, .upper = upper->at};

	if (!hist_same_bounds(&now, last)) {
		double *counts = pool_array(pool, last->cumulative, d->count_room,
			upper->count, sizeof(*counts));

		if (counts == NULL)
			return false;
		last->cumulative = counts;
		d->count_room = upper->count;
		d->has_other_bounds = true;
	}
	last->buckets = now.buckets;
	last->upper = now.upper;
	bounds_release(d->upper);
	d->upper = upper;
	return true;
}

static bool settle_histogram(struct distribution *d, struct pool *pool)
{
	bool has_inf = d->part_count > 0 && d->bounds->at[d->part_count - 1] > DBL_MAX;
	struct bounds *upper;

	d->is_usable = has_inf || d->count_slot != MEMBER_NO_SLOT;
	if (!d->is_usable)
		return true;
	upper = upper_of(d);
	if (upper != NULL && take_upper(d, pool, upper))
		return true;
	bounds_release(upper);
	return false;
}

bool member_settle(struct member *m, struct pool *pool)
{
	struct distribution *d = m->distribution;

	if (d == NULL || d->is_settled)
		return true;
	if (!drop_parts(d) || (m->kind == MEMBER_HISTOGRAM && !settle_histogram(d, pool)))
		return false;
	d->is_settled = true;
	return true;
}

void member_look(struct member *m)
{
	const struct distribution *d = m->distribution;

	m->is_present = d == NULL ? m->value_slot != MEMBER_NO_SLOT
				  : d->sum_slot != MEMBER_NO_SLOT ||
					    d->count_slot != MEMBER_NO_SLOT ||
					    d->part_count > 0;
}

/* ---- a page ---- */

static double value_or_nan(const struct page_context *page, uint32_t slot)
{
	return slot == MEMBER_NO_SLOT ? (double)NAN : page->values[slot];
}

/* The counts of buckets as they stand on the page; of two spellings of one bound the
 * first counts. Room: one more than there are parts. */
static void gather(struct member *m, const double *values, struct hist *now)
{
	const struct distribution *d = m->distribution;
	double *counts = now->cumulative;
	double bound = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < d->part_count; i++) {
		if (n > 0 && !(bound < d->bounds->at[i]))
			continue;
		bound = d->bounds->at[i];
		counts[n] = values[d->slots[i]];
		m->is_odd |= n > 0 && counts[n] < counts[n - 1];
		n++;
	}
	m->is_odd |= n > 0 && bound < (double)INFINITY;
	now->buckets = n;
}

/* The histogram or summary as it stands on the page. False: no memory. */
static bool stand(struct member *m, const struct page_context *page, struct hist *now)
{
	const struct distribution *d = m->distribution;

	*now = (struct hist){.upper = d->last.upper,
		.count = value_or_nan(page, d->count_slot),
		.sum = value_or_nan(page, d->sum_slot)};
	if (m->kind == MEMBER_SUMMARY) {
		if (isnan(now->count))
			now->count = d->last.count;
		return true;
	}
	now->cumulative =
		arena_array(page->arena, (size_t)d->part_count + 1, sizeof(double));
	if (now->cumulative == NULL)
		return false;
	gather(m, page->values, now);
	if (!d->is_usable || !hist_build(now))
		m->is_present = false;
	return true;
}

/* Has everything on this page counted from 0 since the page before, or since a restart?
 */
static bool counts_from_zero(const struct member *m, const struct page_context *page)
{
	return m->seen_number == 0 || m->seen_number < page->restart;
}

static bool has_native(const struct distribution *d)
{
	return d->native_slot != MEMBER_NO_SLOT;
}

/* Native buckets are used where this page and, unless all has counted from 0, the page
 * compared with have them. A custom histogram whose bounds changed has no increase. */
static void update_native(
	struct member *m, const struct page_context *page, bool from_zero)
{
	struct distribution *d = m->distribution;
	bool is_new = counts_from_zero(m, page);

	if (!m->has_increase || !has_native(d) || !(is_new || d->had_native))
		return;
	if (from_zero) {
		d->native_delta = d->native;
		return;
	}
	struct native *delta = arena_alloc(page->arena, sizeof(*delta));
	if (delta != NULL &&
		native_subtract(d->native, d->last_native, page->arena, delta))
		d->native_delta = delta;
}

/* The page's becomes the last one; the memory of the last one is the next page's. The
 * increase may point into the page's. */
static void remember_native(struct distribution *d)
{
	struct native *last = d->last_native;

	d->had_native = has_native(d);
	if (!d->had_native)
		return;
	d->last_native = d->native;
	d->native = last;
}

static void add_to_sum_total(
	struct distribution *d, const struct hist *now, bool from_zero)
{
	double increase = from_zero ? now->sum : now->sum - d->last.sum;

	d->sum_total_before = d->sum_total;
	if (isfinite(increase))
		d->sum_total += increase;
}

static bool update_distribution(struct member *m, const struct page_context *page)
{
	struct distribution *d = m->distribution;
	struct hist now;

	assert(d != NULL); /* as all of its kinds have one */
	d->native_delta = NULL;
	if (!stand(m, page, &now))
		return false;
	if (!m->is_present)
		return true;
	bool is_known = m->seen_number != 0;
	bool is_same = !is_known || !d->has_other_bounds;
	bool fell = is_known &&
		    (is_same ? hist_fell(&now, &d->last) : now.count < d->last.count);
	if (is_known && has_native(d) && d->had_native)
		fell |= native_is_reset(d->native, d->last_native);
	bool from_zero = counts_from_zero(m, page) || fell;

	m->was_reset = is_known && from_zero;
	m->has_increase = page->has_before && is_same;
	m->increase = counter_increase(now.count, d->last.count, from_zero);
	add_to_sum_total(d, &now, from_zero);
	update_native(m, page, from_zero);
	remember_native(d);
	hist_advance(&now, &d->last, from_zero || !is_same);
	d->delta = now;
	d->has_other_bounds = false;
	return true;
}

/* A gauge's increase is its change. */
static void update_gauge(struct member *m, double value)
{
	m->increase = m->seen_number != 0 ? value - m->value : 0;
	m->value = value;
}

static void update_counter(
	struct member *m, const struct page_context *page, double value)
{
	bool from_zero = counts_from_zero(m, page);

	m->was_reset = m->seen_number != 0 && (from_zero || value < m->value);
	m->has_increase = page->has_before;
	m->increase = counter_increase(value, m->value, from_zero);
	m->value = value;
}

bool member_update(struct member *m, const struct page_context *page)
{
	m->has_increase = m->was_reset = m->is_odd = false;
	m->is_first_sight = m->seen_number == 0;
	m->updated = page->number;
	member_look(m);
	if (!m->is_present)
		return true;
	switch (m->kind) {
	case MEMBER_GAUGE:
		update_gauge(m, page->values[m->value_slot]);
		break;
	case MEMBER_COUNTER:
		update_counter(m, page, page->values[m->value_slot]);
		break;
	case MEMBER_HISTOGRAM:
	case MEMBER_SUMMARY:
		if (!update_distribution(m, page))
			return false;
		break;
	}
	if (m->is_present) {
		m->seen_ms = page->time_ms;
		m->seen_number = page->number;
	}
	return true;
}
