/* Any lines as a configuration: `OPTION VALUE...`, `<NAME` begins an endpoint, `>` ends
 * it; values are words, numbers behind `#`, true and false behind `?`. Nothing that a
 * message shows may be a secret, and what is used can be used by all who come behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/settings.h"

#include "tests/fuzz.h"

#define VALUES 4

static void look_at_line(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	require(strstr(text, "SECRET") == NULL);
	require(strlen(text) <= 1000);
}

/* The word itself, as a secret where the option takes one. */
static const char *marked(const char *option, const char *word, char *room, size_t size)
{
	const struct option_def *def = option_find(option);

	if (def == NULL ||
		(def->kind != OPTION_KIND_SECRET && def->kind != OPTION_KIND_SECRETS))
		return word;
	snprintf(room, size, "%.200sSECRET", word);
	return room;
}

static struct setting value_of(const char *word)
{
	struct setting v = {.kind = SETTING_TEXT, .text = word};

	if (word[0] == '#') {
		v.kind = SETTING_NUMBER;
		v.number = strtod(word + 1, NULL);
	} else if (word[0] == '?') {
		v.kind = SETTING_FLAG;
		v.flag = word[1] == '1';
	}
	return v;
}

static void take_line(
	struct settings *s, struct settings_target **t, bool *inside, char *line)
{
	struct setting values[VALUES];
	char room[VALUES][256];
	size_t count = 0;
	char *rest = line;
	const char *option = strsep(&rest, " ");

	if (option[0] == '<') {
		*inside = true;
		*t = settings_target(s, option + 1);
		return;
	}
	if (option[0] == '>') {
		*inside = false;
		return;
	}
	while (rest != NULL && count < VALUES) {
		const char *word = strsep(&rest, " ");

		values[count] =
			value_of(marked(option, word, room[count], sizeof(room[count])));
		count++;
	}
	if (*inside)
		settings_target_set(*t, option, values, count);
	else
		settings_set(s, option, values, count);
}

static void look_at(const struct options *o)
{
	require(o->url.address != NULL && o->url.path[0] == '/');
	require(o->instance[0] != '\0' && strlen(o->instance) <= 127);
	require(o->interval_seconds >= 0.1);
	double timeout_ms = (double)o->timeout_ms;

	require(timeout_ms > 0 && timeout_ms < o->interval_seconds * 1000);
	require(o->connect_timeout_ms > 0 && o->connect_timeout_ms <= o->timeout_ms);
	for (size_t i = 0; i < o->headers.count; i++)
		require(strpbrk(o->headers.at[i], "\r\n") == NULL);
	require(o->filter != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct log log = {NULL, look_at_line};
	struct settings *s = settings_new(SETTINGS_COLLECTD, &log);
	struct settings_target *t = NULL;
	char *text = malloc(size + 1);
	char *rest = text;
	bool inside = false;

	require(s != NULL && text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *found = text; (found = strstr(found, "SECRET")) != NULL;)
		*found = 's';
	while (rest != NULL)
		take_line(s, &t, &inside, strsep(&rest, "\n"));
	require(settings_check(s, 10));
	for (size_t i = 0; i < settings_targets(s); i++)
		look_at(settings_target_at(s, i));
	settings_free(s);
	free(text);
	return 0;
}
