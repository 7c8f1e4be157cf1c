#include "operatorstat/fmt.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Three digits of a number below 1000 (up to 1023 for bytes), and the unit. */
static const char *put_three(char out[FMT_SIZE], double value, const char *unit)
{
	double size = fabs(value);
	int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;

	snprintf(out, FMT_SIZE, "%.*f%s", decimals, value, unit);
	return out;
}

/* Divides by step until three digits do, and appends the prefix reached. */
static const char *put_scaled(char out[FMT_SIZE], double value, double step, double top)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
	static const char *const binary[] = {"B", "K", "M", "G", "T", "P", "E"};
	double scaled = value;
	size_t i = 0;

	while (fabs(scaled) >= top && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
		scaled /= step;
		i++;
	}
	if (fabs(scaled) >= top) {
		snprintf(out, FMT_SIZE, "%.0e", value);
		return out;
	}
	return put_three(out, scaled, step > 1000 ? binary[i] : prefixes[i]);
}

static const char *put_text(char out[FMT_SIZE], const char *text)
{
	snprintf(out, FMT_SIZE, "%s", text);
	return out;
}

/* What needs no digits: true if it was one of these. */
static bool put_special(char out[FMT_SIZE], double value)
{
	if (isnan(value))
		put_text(out, "-");
	else if (isinf(value))
		put_text(out, value > 0 ? "+Inf" : "-Inf");
	else
		return false;
	return true;
}

static const char *put_long(char out[FMT_SIZE], double seconds, const char *sign)
{
	long long s = llround(seconds);

	if (s < 6000)
		snprintf(out, FMT_SIZE, "%s%lldm%02llds", sign, s / 60, s % 60);
	else if (s < 48LL * 3600)
		snprintf(out, FMT_SIZE, "%s%lldh%02lldm", sign, s / 3600, s / 60 % 60);
	else if (s < 100LL * 86400)
		snprintf(out, FMT_SIZE, "%s%lldd%02lldh", sign, s / 86400, s / 3600 % 24);
	else
		snprintf(out, FMT_SIZE, "%s%.0fd", sign, seconds / 86400);
	return out;
}

const char *fmt_seconds(char out[FMT_SIZE], double seconds)
{
	double size = fabs(seconds);

	if (put_special(out, seconds))
		return out;
	if (!(size > 0))
		return put_text(out, "0s");
	if (size < 0.9995e-9)
		return put_text(out, "<1ns");
	if (size < 999.5e-9)
		return put_three(out, seconds * 1e9, "ns");
	if (size < 999.5e-6)
		return put_three(out, seconds * 1e6, "us");
	if (size < 999.5e-3)
		return put_three(out, seconds * 1e3, "ms");
	if (size < 119.5)
		return put_three(out, seconds, "s");
	if (size < 1e9)
		return put_long(out, size, seconds < 0 ? "-" : "");
	snprintf(out, FMT_SIZE, "%.0es", seconds);
	return out;
}

const char *fmt_bound(char out[FMT_SIZE], double seconds)
{
	static const struct {
		double unit;
		const char *name;
	} units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
	const size_t count = sizeof(units) / sizeof(units[0]);
	size_t i = 0;

	if (put_special(out, seconds))
		return out;
	if (!(fabs(seconds) > 0))
		return put_text(out, "0s");
	/* 9.999999999999999e-06 is Go's 10us: the tenth digit decides */
	while (i + 1 < count && fabs(seconds) < units[i].unit * (1 - 1e-9))
		i++;
	snprintf(out, FMT_SIZE, "%.4g%s", seconds / units[i].unit, units[i].name);
	return out;
}

const char *fmt_rate(char out[FMT_SIZE], double per_second)
{
	if (put_special(out, per_second))
		return out;
	if (!(fabs(per_second) > 0))
		return put_text(out, "0");
	if (fabs(per_second) < 0.005)
		return put_text(out, per_second > 0 ? "<.01" : ">-.01");
	return put_scaled(out, per_second, 1000, 999.5);
}

static bool is_whole(double value)
{
	double rest = value - trunc(value);

	return !(rest > 0) && !(rest < 0);
}

const char *fmt_count(char out[FMT_SIZE], double count)
{
	if (put_special(out, count))
		return out;
	if (is_whole(count) && fabs(count) < 10000) {
		snprintf(out, FMT_SIZE, "%.0f", count);
		return out;
	}
	if (fabs(count) < 0.005)
		return put_text(out, count > 0 ? "<.01" : ">-.01");
	return put_scaled(out, count, 1000, 999.5);
}

const char *fmt_bytes(char out[FMT_SIZE], double bytes)
{
	if (put_special(out, bytes))
		return out;
	if (fabs(bytes) < 1024) {
		snprintf(out, FMT_SIZE, "%.0fB", bytes);
		return out;
	}
	return put_scaled(out, bytes, 1024, 1023.5);
}

const char *fmt_percent(char out[FMT_SIZE], double percent)
{
	if (put_special(out, percent))
		return out;
	if (!(fabs(percent) > 0))
		return put_text(out, "0");
	if (fabs(percent) < 0.05)
		return put_text(out, percent > 0 ? "<0.1" : ">-.1");
	if (fabs(percent) >= 9999.5)
		return put_scaled(out, percent, 1000, 999.5);
	snprintf(out, FMT_SIZE, fabs(percent) < 9.95 ? "%.1f" : "%.0f", percent);
	return out;
}

static bool reads_back(const char *text, double value)
{
	double back = strtod(text, NULL);

	return !(back < value) && !(back > value);
}

/* Whole numbers without an exponent while they fit, then as many digits as do. */
const char *fmt_exact(char out[FMT_SIZE], double value, int columns)
{
	char best[FMT_SIZE] = "";
	int room = columns < 8 ? 8 : columns;

	if (put_special(out, value))
		return out;
	if (is_whole(value) && fabs(value) < 1e15 &&
		snprintf(out, FMT_SIZE, "%.0f", value) <= room)
		return out;
	for (int digits = 1; digits <= 17; digits++) {
		int length = snprintf(out, FMT_SIZE, "%.*g", digits, value);

		if (best[0] != '\0' && length > room)
			return put_text(out, best);
		if (reads_back(out, value))
			return out;
		put_text(best, out);
	}
	return out;
}

const char *fmt_age(char out[FMT_SIZE], int64_t age_ms)
{
	int64_t s = age_ms < 0 ? 0 : age_ms / 1000;

	if (s < 120)
		snprintf(out, FMT_SIZE, "%ds", (int)s);
	else if (s < 7200)
		snprintf(out, FMT_SIZE, "%dm", (int)(s / 60));
	else if (s < INT64_C(48) * 3600)
		snprintf(out, FMT_SIZE, "%dh", (int)(s / 3600));
	else
		snprintf(out, FMT_SIZE, "%lldd", (long long)(s / 86400));
	return out;
}

static const char *put_time(char out[FMT_SIZE], int64_t time_ms, bool with_date)
{
	time_t seconds = time_ms / 1000;
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL)
		return put_text(out, "-");
	if (strftime(out, FMT_SIZE, with_date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm) ==
		0)
		return put_text(out, "-");
	return out;
}

const char *fmt_clock(char out[FMT_SIZE], int64_t time_ms)
{
	return put_time(out, time_ms, false);
}

const char *fmt_date(char out[FMT_SIZE], int64_t time_ms)
{
	return put_time(out, time_ms, true);
}
