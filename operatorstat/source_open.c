#include "operatorstat/source_open.h"

#include <stdlib.h>
#include <string.h>

#include "engine/pages.h"
#include "operatorstat/operand.h"

/* Sources opened so far, and endpoints that are opened together at the end. */
struct opening {
	struct arguments *arguments;
	const struct source_wish *wish;
	struct source *sources; /* owned */
	size_t count;
	size_t endpoints;
};

/* What a recording's endpoints are taken to have had, for forgetting. */
#define RECORDED_SECONDS 10

static double interval_of(const struct opening *o)
{
	if (o->endpoints == 0)
		return RECORDED_SECONDS;
	return o->wish->interval_seconds > 0 ? o->wish->interval_seconds : 1;
}

static bool check_settings(struct opening *o, struct err *e)
{
	if (!settings_check(arguments_settings(o->arguments), interval_of(o)))
		return err_set(e, ERR_MEMORY, "no memory for the settings");
	return true;
}

static bool open_folder(struct opening *o, const char *path, struct err *e)
{
	struct source_pages_options options = {
		.speed = o->wish->speed,
		.at_ms = o->wish->at_ms,
		.endpoint = settings_defaults(arguments_settings(o->arguments)),
		.clock = clock_system(),
	};

	return source_pages_open(&o->sources[o->count], path, &options, e);
}

static bool open_operand(struct opening *o, const struct operand *operand, struct err *e)
{
	switch (operand->kind) {
	case OPERAND_ENDPOINT:
		return true;
	case OPERAND_FOLDER:
		if (!open_folder(o, operand->path, e))
			return false;
		break;
	case OPERAND_UNIXSOCK:
		if (!source_unixsock_open(&o->sources[o->count], operand->path,
			    o->wish->interval_seconds > 0 ? o->wish->interval_seconds : 1,
			    clock_system(), e))
			return false;
		break;
	case OPERAND_FILE:
	case OPERAND_STDIN:
		if (!source_page_open(&o->sources[o->count], operand, o->arguments, e))
			return false;
		break;
	}
	o->count++;
	return true;
}

/* Days that certificates and tokens have left. */
static bool want_details(struct opening *o, struct err *e)
{
	const struct setting yes = {.kind = SETTING_FLAG, .flag = true};

	return settings_set(arguments_settings(o->arguments), "ScrapeDetails", &yes, 1) ||
	       err_set(e, ERR_MEMORY, "no memory for the settings");
}

/* One of several that cannot be read is told, and changes nothing else. */
static bool pass_over(const struct opening *o, const struct err *e)
{
	size_t count = arguments_operands(o->arguments) - o->wish->skip;

	if (count < 2 || e->code == ERR_USAGE || e->code == ERR_MEMORY)
		return false;
	log_emit(arguments_log(o->arguments), LOG_LEVEL_WARNING, "%s", e->text);
	return true;
}

static bool is_named_anew(const struct operand *operands, size_t count,
	const struct operand *o, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (operands[i].kind == OPERAND_ENDPOINT &&
			strcmp(operands[i].instance, o->instance) == 0)
			return err_set(e, ERR_USAGE,
				"%s: an endpoint of this name is there already: write "
				"NAME= in front of one",
				o->text);
	return true;
}

/* How many were read is *count then. */
static bool read_operands(
	struct opening *o, struct operand *operands, size_t *count, struct err *e)
{
	struct settings *settings = arguments_settings(o->arguments);
	size_t given = *count;

	*count = 0;
	if (!want_details(o, e))
		return false;
	for (size_t i = 0; i < given; i++) {
		const char *text = arguments_operand(o->arguments, i + o->wish->skip);
		struct operand *operand = &operands[*count];

		if (!operand_read(arguments_arena(o->arguments), text, operand, e)) {
			if (!pass_over(o, e))
				return false;
			continue;
		}
		if (operand->kind == OPERAND_ENDPOINT &&
			!is_named_anew(operands, *count, operand, e))
			return false;
		++*count;
		if (operand->kind != OPERAND_ENDPOINT)
			continue;
		if (!operand_add(operand, settings))
			return err_set(e, ERR_USAGE, "%s: no endpoint", text);
		o->endpoints++;
	}
	return check_settings(o, e);
}

/* The sources behind the operands: endpoints are one of them. */
static bool open_operands(
	struct opening *o, const struct operand *operands, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (!open_operand(o, &operands[i], e) && !pass_over(o, e))
			return false;
	if (o->endpoints == 0)
		return o->count > 0 ||
		       err_set(e, ERR_IO, "none of the sources can be read");
	if (!source_scrape_open(
		    &o->sources[o->count], arguments_settings(o->arguments), e))
		return false;
	o->count++;
	return true;
}

static bool find_state_folder(struct opening *o, struct err *e)
{
	if (!check_settings(o, e) || !open_folder(o, SOURCE_STATE_FOLDER, e))
		return false;
	o->count++;
	return true;
}

static bool find_operators(struct opening *o, struct err *e)
{
	struct settings *settings = arguments_settings(o->arguments);
	struct settings_target *block = settings_discovery(settings);
	struct source *s = &o->sources[o->count];
	const struct setting yes = {.kind = SETTING_FLAG, .flag = true};

	o->endpoints = 1;
	if (!settings_target_set(block, "Listeners", &yes, 1) || !want_details(o, e))
		return err_set(e, ERR_MEMORY, "no memory for the settings");
	if (!check_settings(o, e) || !source_scrape_open(s, settings, e))
		return false;
	o->count++;
	return o->wish->may_be_empty ||
	       source_scrape_find(s, arguments_log(o->arguments), e);
}

static bool find_any(struct opening *o, struct err *e)
{
	struct err why;

	if (pages_are_in(SOURCE_STATE_FOLDER, &why))
		return find_state_folder(o, e);
	if (why.code != ERR_NOT_FOUND) /* which group may read it */
		log_emit(arguments_log(o->arguments), LOG_LEVEL_WARNING, "%s", why.text);
	return find_operators(o, e);
}

/* Hands the sources over: one as it is. */
static bool join_sources(struct opening *o, struct source *s, struct err *e)
{
	size_t count = o->count;

	o->count = 0;
	if (count == 1) {
		*s = o->sources[0];
		return true;
	}
	return source_many_open(s, o->sources, count, e);
}

bool source_open(struct source *s, struct arguments *a, const struct source_wish *wish,
	struct err *e)
{
	size_t count = arguments_operands(a) - wish->skip;
	struct opening o = {.arguments = a, .wish = wish};
	struct operand *operands = calloc(count + 1, sizeof(*operands));
	bool done = false;

	o.sources = calloc(count + 1, sizeof(*o.sources));
	if (operands == NULL || o.sources == NULL)
		err_set(e, ERR_MEMORY, "no memory for the sources");
	else if (count == 0)
		done = find_any(&o, e) && join_sources(&o, s, e);
	else
		done = read_operands(&o, operands, &count, e) &&
		       open_operands(&o, operands, count, e) && join_sources(&o, s, e);
	for (size_t i = 0; i < o.count; i++)
		o.sources[i].close(o.sources[i].ctx);
	free(o.sources);
	free(operands);
	return done;
}
