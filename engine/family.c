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

const struct family *family_find(struct str name)
{
	size_t low = 0, high = family_count();

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(name_of(&families[middle]), name);

		if (order == 0)
			return &families[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* a star sorts before all that it stands for in a name */
	if (low > 0 && str_glob(name_of(&families[low - 1]), name))
		return &families[low - 1];
	return NULL;
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

const struct family *family_of_series(struct str series, enum family_part *part)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!str_ends(series, suffixes[i].suffix))
			continue;
		struct str name = {series.at, series.len - suffixes[i].suffix.len};
		const struct family *f = family_find(name);

		if (f != NULL && kind_has(f->kind, suffixes[i].part)) {
			*part = suffixes[i].part;
			return f;
		}
		break;
	}
	const struct family *f = family_find(series);
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
