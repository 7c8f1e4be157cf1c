#include "operatorstat/figure.h"

#include <stdio.h>
#include <string.h>

const char *figure_text(
	char out[FMT_SIZE], enum model_unit unit, enum model_kind kind, double value)
{
	switch (unit) {
	case MODEL_UNIT_COUNT:
		return kind == MODEL_COUNTER ? fmt_rate(out, value)
					     : fmt_count(out, value);
	case MODEL_UNIT_PERCENT:
		fmt_percent(out, value);
		return strcat(out, "%");
	case MODEL_UNIT_SECONDS:
		return fmt_seconds(out, value);
	case MODEL_UNIT_BYTES:
		return fmt_bytes(out, value);
	case MODEL_UNIT_BOOL:
		snprintf(out, FMT_SIZE, "%.0f", value);
		break;
	case MODEL_UNIT_DAYS:
		if (value < 2)
			return fmt_seconds(out, value * 86400);
		snprintf(out, FMT_SIZE, "%.0f days", value);
		break;
	}
	return out;
}
