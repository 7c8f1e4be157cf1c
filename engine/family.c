#include "engine/family.h"

#include <string.h>

#define NOT_SENT .type = NULL
#define FAMILY(name_, kind_, unit_, labels_, since_, until_, ...)                        \
	{.name = name_,                                                                  \
		.name_len = sizeof(name_) - 1,                                           \
		.kind = FAMILY_##kind_,                                                  \
		.unit = unit_,                                                           \
		.labels = labels_,                                                       \
		.since = since_,                                                         \
		.until = until_,                                                         \
		__VA_ARGS__},

static const struct family families[] = {
#include "engine/families.def"
};

static const struct {
	struct str suffix;
	enum family_part part;
} suffixes[] = {
	{{"_bucket", 7}, PART_BUCKET},
	{{"_sum", 4}, PART_SUM},
	{{"_count", 6}, PART_COUNT},
	{{"_created", 8}, PART_CREATED},
};

size_t family_count(void)
{
	return sizeof(families) / sizeof(families[0]);
}

const struct family *family_at(size_t i)
{
	return &families[i];
}

static struct str name_of(const struct family *f)
{
	return (struct str){f->name, f->name_len};
}

static bool is_below(size_t i, struct str name)
{
	return str_cmp(name_of(&families[i]), name) < 0;
}

/* The first family that is not below name. It is looked for from `near` on with steps
 * that double, since what a sorted page asks for next stands little further on. */
static size_t first_from(size_t near, struct str name)
{
	size_t low = 0, high = family_count(), step = 1;

	if (near < high && !is_below(near, name)) {
		high = near;
	} else if (near < high) {
		for (low = near + 1; low + step <= high; step *= 2) {
			if (!is_below(low + step - 1, name)) {
				high = low + step - 1;
				break;
			}
			low += step;
		}
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_below(middle, name))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* near: the last family below the name that was looked for before. */
static const struct family *find_near(struct str name, size_t *near)
{
	size_t i = first_from(*near, name);

	*near = i > 0 ? i - 1 : 0;
	if (i < family_count() && str_eq(name_of(&families[i]), name))
		return &families[i];
	/* a star sorts before all that it stands for in a name */
	if (i > 0 && str_glob(name_of(&families[i - 1]), name))
		return &families[i - 1];
	return NULL;
}

const struct family *family_find(struct str name)
{
	size_t near = 0;

	return find_near(name, &near);
}

static bool kind_has(enum family_kind kind, enum family_part part)
{
	switch (kind) {
	case FAMILY_COUNTER:
	case FAMILY_GAUGE:
		return false;
	case FAMILY_HISTOGRAM:
		return true;
	case FAMILY_SUMMARY:
		return part != PART_BUCKET;
	}
	return false;
}

static enum family_part whole_part(enum family_kind kind)
{
	switch (kind) {
	case FAMILY_COUNTER:
	case FAMILY_GAUGE:
		return PART_VALUE;
	case FAMILY_HISTOGRAM:
		return PART_NATIVE;
	case FAMILY_SUMMARY:
		return PART_QUANTILE;
	}
	return PART_VALUE;
}

const struct family *family_of_series(
	struct str series, size_t *near, enum family_part *part)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!str_ends(series, suffixes[i].suffix))
			continue;
		struct str name = {series.at, series.len - suffixes[i].suffix.len};
		const struct family *f = find_near(name, near);

		if (f != NULL && kind_has(f->kind, suffixes[i].part)) {
			*part = suffixes[i].part;
			return f;
		}
		break;
	}
	const struct family *f = find_near(series, near);
	if (f != NULL)
		*part = whole_part(f->kind);
	return f;
}

bool family_has_series(const struct family *f, struct str series, enum family_part *part)
{
	struct str name = name_of(f);

	if (!str_starts(series, name))
		return false;
	struct str rest = {series.at + name.len, series.len - name.len};
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!str_eq(rest, suffixes[i].suffix))
			continue;
		*part = suffixes[i].part;
		return kind_has(f->kind, *part);
	}
	return false;
}

struct str family_guess(
	struct str series, struct str family, enum expo_type type, enum family_part *part)
{
	struct str suffix = {series.at + family.len, series.len - family.len};
	enum family_kind kind = FAMILY_GAUGE;

	switch (type) {
	case EXPO_HISTOGRAM:
	case EXPO_GAUGEHISTOGRAM:
		kind = FAMILY_HISTOGRAM;
		break;
	case EXPO_SUMMARY:
		kind = FAMILY_SUMMARY;
		break;
	case EXPO_UNKNOWN:
	case EXPO_COUNTER:
	case EXPO_GAUGE:
	case EXPO_INFO:
	case EXPO_STATESET:
		break;
	}
	*part = whole_part(kind);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (str_eq(suffix, suffixes[i].suffix))
			*part = suffixes[i].part;
	return *part == PART_VALUE ? series : family;
}

bool family_part_counts(enum family_part part, bool is_counter)
{
	switch (part) {
	case PART_VALUE:
		return is_counter;
	case PART_BUCKET:
	case PART_COUNT:
		return true;
	case PART_QUANTILE:
	case PART_SUM:
	case PART_NATIVE:
	case PART_CREATED:
		return false;
	}
	return false;
}

bool family_is_used(const struct family *f)
{
	return f->type != NULL || f->role != ROLE_NONE || f->sign_of_v01;
}

bool family_has_detail(struct str type, struct str what)
{
	static const struct str hists[] = {{"latency", 7}, {"bucket", 6}};

	for (size_t i = 0; i < sizeof(hists) / sizeof(hists[0]); i++)
		if (str_eq(type, hists[i]))
			return true;
	for (size_t i = 0; i < family_count(); i++)
		if (families[i].type != NULL && families[i].detail != NULL &&
			str_eq(str_of(families[i].type), type) &&
			str_eq(str_of(families[i].what), what))
			return true;
	return false;
}
