#include "engine/member.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/counter.h"

struct member *member_new(
	uint64_t hash, const struct family *family, enum member_kind kind)
{
	struct member *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->hash = hash;
	m->family = family;
	m->kind = kind;
	m->stamp_seconds = (double)NAN;
	m->value_slot = m->sum_slot = m->count_slot = m->native_slot = MEMBER_NO_SLOT;
	return m;
}

void member_forget(struct member *m)
{
	m->seen_number = 0;
	m->sum_total = m->sum_total_before = 0;
}

void member_free(struct member *m)
{
	if (m == NULL)
		return;
	free(m->parts);
	free(m->last_hist.upper);
	free(m->last_hist.cumulative);
	free(m->native);
	free(m->last_native);
	free(m);
}

static bool add_part(struct member *m, double bound, uint32_t slot)
{
	size_t i = m->part_count;

	if (m->part_count == m->part_room) {
		size_t room = m->part_room + m->part_room / 4 + 4;
		struct member_part *parts = reallocarray(m->parts, room, sizeof(*parts));

		if (parts == NULL)
			return false;
		m->parts = parts;
		m->part_room = room;
	}
	while (i > 0 && m->parts[i - 1].bound > bound)
		i--;
	memmove(m->parts + i + 1, m->parts + i, (m->part_count - i) * sizeof(*m->parts));
	m->parts[i] = (struct member_part){bound, slot};
	m->part_count++;
	return true;
}

bool member_bind(struct member *m, enum family_part part, double bound, uint32_t slot)
{
	m->series_count++;
	switch (part) {
	case PART_VALUE:
		m->value_slot = slot;
		return true;
	case PART_SUM:
		m->sum_slot = slot;
		return true;
	case PART_COUNT:
		m->count_slot = slot;
		return true;
	case PART_BUCKET:
	case PART_QUANTILE:
		return add_part(m, bound, slot);
	case PART_NATIVE:
		m->native_slot = slot;
		return true;
	case PART_CREATED:
		break;
	}
	return true;
}

bool member_set_native(struct member *m, const struct native *histogram)
{
	return native_keep(&m->native, histogram);
}

static void clear_slot(uint32_t *at, uint32_t slot)
{
	if (*at == slot)
		*at = MEMBER_NO_SLOT;
}

void member_unbind(struct member *m, uint32_t slot)
{
	size_t kept = 0;

	m->series_count--;
	clear_slot(&m->value_slot, slot);
	clear_slot(&m->sum_slot, slot);
	clear_slot(&m->count_slot, slot);
	clear_slot(&m->native_slot, slot);
	for (size_t i = 0; i < m->part_count; i++)
		if (m->parts[i].slot != slot)
			m->parts[kept++] = m->parts[i];
	m->part_count = kept;
}

static double value_or_nan(const struct page_context *page, uint32_t slot)
{
	return slot == MEMBER_NO_SLOT ? (double)NAN : series_value(page->series, slot);
}

bool member_stands(const struct member *m)
{
	return m->series_count > 0;
}

void member_look(struct member *m)
{
	m->is_present = m->value_slot != MEMBER_NO_SLOT ||
			m->sum_slot != MEMBER_NO_SLOT ||
			m->count_slot != MEMBER_NO_SLOT || m->part_count > 0;
}

/* Room for so many buckets; the second half of one allocation is the counts. */
static bool take_room(struct arena *arena, struct hist *h, size_t buckets)
{
	double *room = arena_array(arena, buckets, 2 * sizeof(*room));

	if (room == NULL)
		return false;
	h->upper = room;
	h->cumulative = room + buckets;
	return true;
}

/* The histogram as it stands on the page. Of two spellings of one bound the first counts.
 */
static bool gather(struct member *m, const struct page_context *page, struct hist *now)
{
	if (!take_room(page->arena, now, m->part_count + 1))
		return false;
	now->buckets = 0;
	now->count = value_or_nan(page, m->count_slot);
	now->sum = value_or_nan(page, m->sum_slot);
	if (m->kind == MEMBER_SUMMARY)
		return true;
	for (size_t i = 0; i < m->part_count; i++) {
		double bound = m->parts[i].bound;

		if (now->buckets > 0 && !(now->upper[now->buckets - 1] < bound))
			continue;
		now->upper[now->buckets] = bound;
		now->cumulative[now->buckets] =
			series_value(page->series, m->parts[i].slot);
		m->is_odd |=
			now->buckets > 0 &&
			now->cumulative[now->buckets] < now->cumulative[now->buckets - 1];
		now->buckets++;
	}
	m->is_odd |= now->buckets > 0 && now->upper[now->buckets - 1] < (double)INFINITY;
	return true;
}

static bool remember(struct hist *last, const struct hist *now)
{
	if (last->buckets != now->buckets) {
		double *upper =
			reallocarray(last->upper, now->buckets + 1, sizeof(*upper));

		if (upper == NULL)
			return false;
		last->upper = upper;
		double *cumulative = reallocarray(
			last->cumulative, now->buckets + 1, sizeof(*cumulative));
		if (cumulative == NULL)
			return false;
		last->cumulative = cumulative;
	}
	last->buckets = now->buckets;
	last->count = now->count;
	last->sum = now->sum;
	if (now->buckets > 0) {
		memcpy(last->upper, now->upper, now->buckets * sizeof(*now->upper));
		memcpy(last->cumulative, now->cumulative,
			now->buckets * sizeof(*now->cumulative));
	}
	return true;
}

/* Has everything on this page counted from 0 since the page before, or since a restart?
 */
static bool counts_from_zero(const struct member *m, const struct page_context *page)
{
	return m->seen_number == 0 || m->seen_number < page->restart;
}

static bool has_native(const struct member *m)
{
	return m->native_slot != MEMBER_NO_SLOT;
}

/* Native buckets are used where this page and, unless all has counted from 0, the page
 * compared with have them. A custom histogram whose bounds changed has no increase. */
static void update_native(
	struct member *m, const struct page_context *page, bool from_zero)
{
	bool is_new = counts_from_zero(m, page);

	if (!m->has_increase || !has_native(m) || !(is_new || m->had_native))
		return;
	if (from_zero) {
		m->native_delta = m->native;
		return;
	}
	struct native *delta = arena_alloc(page->arena, sizeof(*delta));
	if (delta != NULL &&
		native_subtract(m->native, m->last_native, page->arena, delta))
		m->native_delta = delta;
}

/* The page's becomes the last one; the memory of the last one is the next page's. The
 * increase may point into the page's. */
static void remember_native(struct member *m)
{
	struct native *last = m->last_native;

	m->had_native = has_native(m);
	if (!m->had_native)
		return;
	m->last_native = m->native;
	m->native = last;
}

static void add_to_sum_total(struct member *m, const struct hist *now, bool from_zero)
{
	double increase = from_zero ? now->sum : now->sum - m->last_hist.sum;

	m->sum_total_before = m->sum_total;
	if (isfinite(increase))
		m->sum_total += increase;
}

static bool update_hist(struct member *m, const struct page_context *page)
{
	struct hist now;

	m->delta.buckets = 0;
	if (!gather(m, page, &now) || !take_room(page->arena, &m->delta, now.buckets + 1))
		return false;
	if (m->kind == MEMBER_HISTOGRAM && !hist_build(&now))
		m->is_present = false;
	if (m->kind == MEMBER_SUMMARY && isnan(now.count))
		now.count = m->last_hist.count;
	if (!m->is_present)
		return true;
	bool is_known = m->seen_number != 0;
	bool is_same = !is_known || hist_same_bounds(&now, &m->last_hist);
	bool fell = is_known && (is_same ? hist_fell(&now, &m->last_hist)
					 : now.count < m->last_hist.count);
	if (is_known && has_native(m) && m->had_native)
		fell |= native_is_reset(m->native, m->last_native);
	bool from_zero = counts_from_zero(m, page) || fell;

	m->was_reset = is_known && from_zero;
	m->has_increase = page->has_before && is_same;
	m->increase = counter_increase(now.count, m->last_hist.count, from_zero);
	add_to_sum_total(m, &now, from_zero);
	if (m->has_increase)
		hist_delta(&m->delta, &now, from_zero ? NULL : &m->last_hist);
	update_native(m, page, from_zero);
	remember_native(m);
	return remember(&m->last_hist, &now);
}

static void update_counter(struct member *m, const struct page_context *page)
{
	bool from_zero = counts_from_zero(m, page);

	m->value = series_value(page->series, m->value_slot);
	m->was_reset = m->seen_number != 0 && (from_zero || m->value < m->last);
	m->has_increase = page->has_before;
	m->increase = counter_increase(m->value, m->last, from_zero);
	m->last = m->value;
}

bool member_update(struct member *m, const struct page_context *page)
{
	m->has_increase = m->was_reset = m->is_odd = false;
	m->native_delta = NULL;
	m->is_first_sight = m->seen_number == 0;
	if (!m->is_present)
		return true;
	switch (m->kind) {
	case MEMBER_GAUGE:
		m->value = series_value(page->series, m->value_slot);
		m->increase = m->seen_number != 0 ? m->value - m->last : 0;
		m->last = m->value;
		break;
	case MEMBER_COUNTER:
		update_counter(m, page);
		break;
	case MEMBER_HISTOGRAM:
	case MEMBER_SUMMARY:
		if (!update_hist(m, page))
			return false;
		break;
	}
	if (m->is_present) {
		m->seen_ms = page->time_ms;
		m->seen_number = page->number;
	}
	return true;
}
