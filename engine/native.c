#include "engine/native.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- bounds ---- */

/* 2^(2^-i), by which a bound of schema i is larger than the one before it. Multiplied in
 * this order, and with the first as it is here (one bit below the square root of 2), they
 * give bit by bit the bounds that client_golang and Prometheus have in their tables: a
 * zero threshold that is one of these bounds must compare equal to it. */
static const double growth[NATIVE_SCHEMA_MAX + 1] = {
	2,
	1.414213562373095,
	1.189207115002721,
	1.0905077326652577,
	1.0442737824274138,
	1.0218971486541166,
	1.0108892860517005,
	1.0054299011128027,
	1.0027112750502025,
};

static double power_of_two(int64_t exponent)
{
	if (exponent > 1024)
		return HUGE_VAL;
	return exponent < -1100 ? 0 : ldexp(1, (int)exponent);
}

/* The upper bound of a bucket. Of the last one that holds numbers it would be 2^1024,
 * which is the infinity that has a bucket of its own: there it is the largest number. */
static double exponential_bound(int32_t schema, int64_t index)
{
	if (schema < 0) {
		int64_t exponent = index * (INT64_C(1) << -schema);

		return exponent == 1024 ? DBL_MAX : power_of_two(exponent);
	}
	int64_t whole = index >> schema;
	double fraction = 0.5;

	for (int i = 1; i <= schema; i++)
		if (index >> (schema - i) & 1)
			fraction *= growth[i];
	if (index == INT64_C(1024) << schema)
		return DBL_MAX;
	if (whole + 1 > 1024)
		return HUGE_VAL;
	return whole < -1100 ? 0 : ldexp(fraction, (int)whole + 1);
}

static bool is_custom(const struct native *n)
{
	return n->schema == NATIVE_CUSTOM_SCHEMA;
}

static double upper_bound(const struct native *n, int64_t index)
{
	if (!is_custom(n))
		return exponential_bound(n->schema, index);
	if (index < 0)
		return -HUGE_VAL;
	return (size_t)index < n->custom_bound_count ? n->custom_bound[index] : HUGE_VAL;
}

static double lower_bound(const struct native *n, int64_t index)
{
	return upper_bound(n, index - 1);
}

static bool same_bounds(const struct native *a, const struct native *b)
{
	if (!is_custom(a))
		return true;
	if (a->custom_bound_count != b->custom_bound_count)
		return false;
	for (size_t i = 0; i < a->custom_bound_count; i++)
		if (a->custom_bound[i] < b->custom_bound[i] ||
			a->custom_bound[i] > b->custom_bound[i])
			return false;
	return true;
}

/* ---- buckets of one side in a coarser resolution ---- */

struct walk {
	const struct native_bucket *at;
	const struct native_bucket *end;
	int shift; /* how many schemas coarser */
};

static int32_t coarser(const struct walk *w, int32_t index)
{
	return (int32_t)((((int64_t)index - 1) >> w->shift) + 1);
}

static bool walk_next(struct walk *w, struct native_bucket *bucket)
{
	if (w->at == w->end)
		return false;
	*bucket = (struct native_bucket){coarser(w, w->at->index), 0};
	while (w->at < w->end && coarser(w, w->at->index) == bucket->index)
		bucket->count += w->at++->count;
	return true;
}

/* The buckets of n in `schema` that do not lie within the zero bucket of that threshold.
 */
static struct walk walk_of(
	const struct native *n, bool positive, int32_t schema, double threshold)
{
	const struct native_bucket *at = positive ? n->positive : n->negative;
	struct walk w = {at, at, n->schema - schema};
	struct walk behind = w;
	struct native_bucket bucket;

	w.end = behind.end = at + (positive ? n->positive_count : n->negative_count);
	if (is_custom(n))
		return w;
	while (walk_next(&behind, &bucket) &&
		exponential_bound(schema, bucket.index) <= threshold)
		w.at = behind.at;
	return w;
}

/* ---- the zero bucket ---- */

/* Adds the buckets that a zero bucket of *threshold would swallow. If it ends within one
 * that is not empty, it is enlarged to that one's bound. True if it was. */
static bool swallow(const struct native *n, const struct native_bucket *bucket,
	size_t count, double *threshold, double *sum)
{
	for (size_t i = 0; i < count; i++) {
		if (lower_bound(n, bucket[i].index) >= *threshold)
			return false;
		*sum += bucket[i].count;
		double upper = upper_bound(n, bucket[i].index);

		if (upper > *threshold) {
			if (!(bucket[i].count > 0))
				return false;
			*threshold = upper;
			return true;
		}
	}
	return false;
}

/* What n's zero bucket would hold if its threshold were *threshold, which is not below
 * its own and may be enlarged. */
static double zero_count_within(const struct native *n, double *threshold)
{
	double sum;

	if (!(*threshold > n->zero_threshold))
		return n->zero_count;
	do {
		sum = n->zero_count;
		swallow(n, n->positive, n->positive_count, threshold, &sum);
	} while (swallow(n, n->negative, n->negative_count, threshold, &sum));
	return sum;
}

static void drop_swallowed(
	const struct native *n, const struct native_bucket **bucket, size_t *count)
{
	while (*count > 0 && lower_bound(n, (*bucket)->index) < n->zero_threshold) {
		++*bucket;
		--*count;
	}
}

/* Enlarges the zero bucket of n until it holds that of other and ends within no bucket of
 * either. Returns what other's would hold. */
static double reconcile_zero(struct native *n, const struct native *other)
{
	double count = other->zero_count;
	double threshold = other->zero_threshold; /* the one that count is for */

	while (n->zero_threshold < threshold || n->zero_threshold > threshold) {
		if (n->zero_threshold > threshold) {
			threshold = n->zero_threshold;
			count = zero_count_within(other, &threshold);
			continue;
		}
		double enlarged = threshold;

		n->zero_count = zero_count_within(n, &enlarged);
		n->zero_threshold = enlarged;
		drop_swallowed(n, &n->positive, &n->positive_count);
		drop_swallowed(n, &n->negative, &n->negative_count);
	}
	return count;
}

/* ---- resets ---- */

static bool buckets_fell(struct walk now, struct walk before)
{
	struct native_bucket was, is = {INT32_MIN, 0};
	bool has = true;

	while (walk_next(&before, &was)) {
		while (has && is.index < was.index)
			has = walk_next(&now, &is);
		if (was.count > (has && is.index == was.index ? is.count : 0))
			return true;
	}
	return false;
}

bool native_is_reset(const struct native *n, const struct native *before)
{
	if (n->created_ms != before->created_ms && n->created_ms != 0 &&
		before->created_ms != 0)
		return true;
	if (n->count < before->count || n->schema > before->schema ||
		is_custom(n) != is_custom(before))
		return true;
	if (!same_bounds(n, before))
		return false;
	double threshold = n->zero_threshold;
	double zero_count = zero_count_within(before, &threshold);

	if (threshold > n->zero_threshold || n->zero_threshold < before->zero_threshold ||
		n->zero_count < zero_count)
		return true;
	return buckets_fell(walk_of(n, true, n->schema, threshold),
		       walk_of(before, true, n->schema, threshold)) ||
	       buckets_fell(walk_of(n, false, n->schema, threshold),
		       walk_of(before, false, n->schema, threshold));
}

/* ---- arithmetic ---- */

/* a + sign * b, without what comes to 0. */
static bool merge(struct walk a, struct walk b, double sign, struct arena *arena,
	const struct native_bucket **out, size_t *count)
{
	struct native_bucket left, right;
	size_t used = 0;
	struct native_bucket *sum = arena_array(
		arena, (size_t)(a.end - a.at) + (size_t)(b.end - b.at) + 1, sizeof(*sum));

	if (sum == NULL)
		return false;
	bool has_left = walk_next(&a, &left);
	bool has_right = walk_next(&b, &right);

	while (has_left || has_right) {
		bool take_left = has_left && (!has_right || left.index <= right.index);
		bool take_right = has_right && (!has_left || right.index <= left.index);

		sum[used] =
			(struct native_bucket){take_left ? left.index : right.index, 0};
		if (take_left) {
			sum[used].count = left.count;
			has_left = walk_next(&a, &left);
		}
		if (take_right) {
			sum[used].count += sign * right.count;
			has_right = walk_next(&b, &right);
		}
		if (sum[used].count < 0 || sum[used].count > 0)
			used++;
	}
	*out = sum;
	*count = used;
	return true;
}

static bool combine(struct native left, const struct native *right, double sign,
	struct arena *arena, struct native *out)
{
	if (is_custom(&left) != is_custom(right) || !same_bounds(&left, right))
		return false;
	if (!is_custom(&left)) {
		double zero_count = reconcile_zero(&left, right);

		left.zero_count += sign * zero_count;
	}
	left.count += sign * right->count;
	left.sum += sign * right->sum;
	*out = left;
	if (right->schema < left.schema)
		out->schema = right->schema;
	return merge(walk_of(&left, true, out->schema, -1),
		       walk_of(right, true, out->schema, left.zero_threshold), sign,
		       arena, &out->positive, &out->positive_count) &&
	       merge(walk_of(&left, false, out->schema, -1),
		       walk_of(right, false, out->schema, left.zero_threshold), sign,
		       arena, &out->negative, &out->negative_count);
}

bool native_add(const struct native *a, const struct native *b, struct arena *arena,
	struct native *out)
{
	return combine(*a, b, 1, arena, out);
}

bool native_subtract(const struct native *n, const struct native *before,
	struct arena *arena, struct native *out)
{
	return combine(*n, before, -1, arena, out);
}

/* ---- quantiles ---- */

struct range {
	double lower;
	double upper;
	double count;
};

static bool has_zero_bucket(const struct native *n)
{
	return n->zero_count > 0;
}

/* Bucket number i in the order of values: negative ones, the zero bucket, positive ones.
 */
static double count_at(const struct native *n, size_t i)
{
	if (i < n->negative_count)
		return n->negative[n->negative_count - 1 - i].count;
	i -= n->negative_count;
	if (has_zero_bucket(n) && i-- == 0)
		return n->zero_count;
	return n->positive[i].count;
}

static struct range range_at(const struct native *n, size_t i)
{
	struct range r = {0, 0, count_at(n, i)};

	if (i < n->negative_count) {
		int32_t index = n->negative[n->negative_count - 1 - i].index;

		r.lower = -upper_bound(n, index);
		r.upper = -lower_bound(n, index);
		if (r.upper < 0 && r.upper > -n->zero_threshold)
			r.upper = -n->zero_threshold;
		return r;
	}
	i -= n->negative_count;
	if (has_zero_bucket(n) && i-- == 0) {
		r.lower = -n->zero_threshold;
		r.upper = n->zero_threshold;
		return r;
	}
	r.lower = lower_bound(n, n->positive[i].index);
	r.upper = upper_bound(n, n->positive[i].index);
	if (r.lower > 0 && r.lower < n->zero_threshold)
		r.lower = n->zero_threshold;
	return r;
}

/* The first bucket, from the lowest or the highest on, with which *count reaches rank; or
 * the last one there is. */
static struct range range_of_rank(
	const struct native *n, double rank, bool from_lowest, double *count)
{
	size_t total =
		n->negative_count + (has_zero_bucket(n) ? 1 : 0) + n->positive_count;
	size_t chosen = total;

	*count = 0;
	for (size_t i = 0; i < total; i++) {
		chosen = from_lowest ? i : total - 1 - i;
		double here = count_at(n, chosen);

		*count += here;
		if (here > 0 && *count >= rank)
			break;
	}
	return chosen < total ? range_at(n, chosen) : (struct range){0, 0, 0};
}

/* Where a histogram has values on one side only, its zero bucket is taken to end at 0. */
static void narrow_zero_bucket(const struct native *n, struct range *r)
{
	if (!(r->lower < 0 && r->upper > 0))
		return;
	if (n->negative_count == 0 && n->positive_count > 0)
		r->lower = 0;
	else if (n->positive_count == 0 && n->negative_count > 0)
		r->upper = 0;
}

static double interpolate(const struct range *r, double fraction, bool is_linear)
{
	if (is_linear || (r->lower <= 0 && r->upper >= 0))
		return r->lower + (r->upper - r->lower) * fraction;
	double lower = log2(fabs(r->lower));
	double upper = log2(fabs(r->upper));

	if (r->lower > 0)
		return exp2(lower + (upper - lower) * fraction);
	return -exp2(upper + (lower - upper) * (1 - fraction));
}

double native_quantile(const struct native *n, double q)
{
	if (!(n->count > 0))
		return (double)NAN;
	/* NaNs are in count and sum, but in no bucket: only from below is the rank known
	 * then. */
	bool from_lowest = isnan(n->sum) || q < 0.5;
	double rank = from_lowest ? q * n->count : (1 - q) * n->count;
	double count;
	struct range r = range_of_rank(n, rank, from_lowest, &count);

	if (!is_custom(n)) {
		narrow_zero_bucket(n, &r);
	} else if (isinf(r.lower)) {
		if (r.upper <= 0)
			return r.upper;
		r.lower = 0;
	} else if (isinf(r.upper)) {
		return r.lower;
	}
	if (count > n->count)
		count = n->count;
	if (count < rank)
		return isnan(n->sum) ? (double)NAN : r.upper;
	rank = from_lowest ? rank - (count - r.count) : count - rank;
	return interpolate(&r, rank / r.count, is_custom(n));
}

/* ---- keeping ---- */

static size_t size_of(const struct native *n)
{
	return sizeof(*n) +
	       (n->positive_count + n->negative_count) * sizeof(*n->positive) +
	       n->custom_bound_count * sizeof(*n->custom_bound);
}

/* Copies an array to *at, which moves behind it. */
static void *put(char **at, const void *array, size_t count, size_t size)
{
	void *copy = *at;

	if (count > 0)
		memcpy(copy, array, count * size);
	*at += count * size;
	return copy;
}

bool native_keep(struct native **kept, const struct native *n)
{
	struct native *copy = *kept;

	if (copy == NULL || size_of(copy) < size_of(n))
		copy = realloc(copy, size_of(n));
	if (copy == NULL)
		return false;
	char *at = (char *)(copy + 1);

	*copy = *n;
	copy->positive = put(&at, n->positive, n->positive_count, sizeof(*n->positive));
	copy->negative = put(&at, n->negative, n->negative_count, sizeof(*n->negative));
	copy->custom_bound = put(
		&at, n->custom_bound, n->custom_bound_count, sizeof(*n->custom_bound));
	*kept = copy;
	return true;
}
