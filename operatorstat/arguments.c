#include "operatorstat/arguments.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/buf.h"
#include "engine/fetch.h"
#include "operatorstat/cmd.h"
#include "operatorstat/operand.h"

/* Room for the own options of one subcommand. */
#define OWN_LIMIT 32

/* What getopt_long() returns for the options of endpoints, from here on. */
#define FIRST_ENDPOINT_OPTION 0x1000

#define ARENA_CEILING ((size_t)16 << 20)

struct arguments {
	int argc;
	char **argv;                     /* borrowed */
	const struct arguments_use *use; /* borrowed */
	struct log log;
	struct settings *settings; /* owned */
	struct arena *arena;       /* owned */
	struct option *known;      /* owned; for getopt_long() */
	char letters[2 * OWN_LIMIT + 8];
	int at;            /* index of the first operand, once all options are read */
	const char *value; /* borrowed */
	bool has_ended;
	bool must_exit;
	int code;
};

static void print_line(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "operatorstat: %s\n", text);
}

/* ---- which options there are ---- */

static size_t own_count(const struct arguments_use *use)
{
	size_t n = 0;

	while (use->own != NULL && use->own[n].letter != 0)
		n++;
	return n;
}

static bool is_printable(int letter)
{
	return letter > ' ' && letter < 0x7f;
}

static void add_letter(struct arguments *a, int letter, bool takes)
{
	size_t n = strlen(a->letters);

	a->letters[n++] = (char)letter;
	if (takes)
		a->letters[n++] = ':';
	a->letters[n] = '\0';
}

static bool has_own(const struct arguments_use *use, const char *name)
{
	for (size_t i = 0; i < own_count(use); i++)
		if (use->own[i].name != NULL && strcmp(use->own[i].name, name) == 0)
			return true;
	return false;
}

/* `--verify-peer` and `--buckets` alone mean true. */
static int argument_of(enum option_kind kind)
{
	bool may_stand_alone = kind == OPTION_KIND_FLAG || kind == OPTION_KIND_CHOSEN;

	return may_stand_alone ? optional_argument : required_argument;
}

static bool is_for_endpoints(
	const struct arguments *a, const struct option_def *def, const char *name)
{
	return def->scope == OPTION_SCOPE_BOTH && !has_own(a->use, name);
}

/* A flag may stand alone. */
static int own_argument_of(const struct arguments_own *o)
{
	return o->argument == NULL                      ? no_argument
	       : strcmp(o->argument, "true|false") == 0 ? optional_argument
							: required_argument;
}

/* The lists that getopt_long() wants. */
static bool list_options(struct arguments *a)
{
	size_t own = own_count(a->use);
	size_t n = 0;

	a->known = calloc(own + OPTION_IDS + 3, sizeof(*a->known));
	if (a->known == NULL || own > OWN_LIMIT)
		return false;
	strcpy(a->letters, ":hV");
	for (size_t i = 0; i < own; i++) {
		const struct arguments_own *o = &a->use->own[i];

		if (is_printable(o->letter))
			add_letter(a, o->letter, o->argument != NULL);
		if (o->name != NULL)
			a->known[n++] = (struct option){
				o->name, own_argument_of(o), NULL, o->letter};
	}
	a->known[n++] = (struct option){"help", no_argument, NULL, 'h'};
	a->known[n++] = (struct option){"version", no_argument, NULL, 'V'};
	for (enum option_id id = 0; id < OPTION_IDS; id++) {
		const struct option_def *def = option_at(id);
		char name[64];

		option_long_name(def, name, sizeof(name));
		if (!is_for_endpoints(a, def, name))
			continue;
		a->known[n].name = arena_copy(a->arena, str_of(name)).at;
		if (a->known[n].name == NULL)
			return false;
		a->known[n].has_arg = argument_of(def->kind);
		a->known[n++].val = FIRST_ENDPOINT_OPTION + (int)id;
	}
	return true;
}

struct arguments *arguments_new(int argc, char **argv, const struct arguments_use *use)
{
	struct arguments *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->argc = argc;
	a->argv = argv;
	a->use = use;
	a->log = (struct log){NULL, print_line};
	a->arena = arena_new(ARENA_CEILING);
	a->settings = settings_new(SETTINGS_ARGV, &a->log);
	if (a->arena == NULL || a->settings == NULL || !list_options(a)) {
		arguments_free(a);
		return NULL;
	}
	optind = 0; /* glibc: begin anew */
	opterr = 0; /* messages are ours */
	return a;
}

/* ---- help ---- */

/* Words of text, from column 30 on, within 80. */
static void print_wrapped(const char *text)
{
	size_t column = 30;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		bool is_new_line = column + 1 + len > 79;

		if (is_new_line)
			printf("\n%30s", "");
		else if (column > 30)
			putchar(' ');
		column = (is_new_line ? 30 : column + (column > 30)) + len;
		printf("%.*s", (int)len, text);
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void print_option(const char *spelling, const char *help)
{
	if (strlen(spelling) > 27)
		printf("  %s\n%30s", spelling, "");
	else
		printf("  %-27s ", spelling);
	print_wrapped(help);
}

static void print_own(const struct arguments_own *o)
{
	struct buf b;

	buf_init(&b, 256);
	if (is_printable(o->letter))
		buf_addf(&b, "-%c%s", o->letter, o->name != NULL ? ", " : "");
	if (o->name != NULL)
		buf_addf(&b, "--%s", o->name);
	if (o->argument != NULL)
		buf_addf(&b, own_argument_of(o) == optional_argument ? "[=%s]" : " %s",
			o->argument);
	buf_addc(&b, '\0');
	print_option(buf_str(&b).at, o->help);
	buf_free(&b);
}

static void print_endpoint_option(const struct arguments *a, const struct option_def *def)
{
	char name[64];
	char spelling[128];

	option_long_name(def, name, sizeof(name));
	if (!is_for_endpoints(a, def, name))
		return;
	snprintf(spelling, sizeof(spelling), "--%s%s%s", name,
		argument_of(def->kind) == optional_argument ? "=" : " ", def->argument);
	print_option(spelling, def->help);
}

static void print_help(const struct arguments *a)
{
	printf("usage: operatorstat %s\n\n%s\n", a->use->usage, a->use->summary);
	printf("\nOptions:\n");
	for (size_t i = 0; i < own_count(a->use); i++)
		print_own(&a->use->own[i]);
	print_option("-h, --help", "This text");
	print_option(
		"-V, --version", "The versions of operatorstat and of its libraries");
	printf("\nOptions of endpoints, as in collectd-operator(5):\n");
	for (enum option_id id = 0; id < OPTION_IDS; id++)
		print_endpoint_option(a, option_at(id));
	printf("\nSources and all else: operatorstat(1)\n");
}

/* ---- reading ---- */

static int stop(struct arguments *a, int code)
{
	a->must_exit = true;
	a->has_ended = true;
	a->code = code;
	return ARGUMENTS_END;
}

int arguments_usage(struct arguments *a, const char *format, ...)
{
	struct buf line;
	va_list args;

	buf_init(&line, 4096);
	va_start(args, format);
	buf_vaddf(&line, format, args);
	va_end(args);
	log_emit(&a->log, LOG_LEVEL_ERROR, "%.*s", STR_ARG(buf_str(&line)));
	buf_free(&line);
	stop(a, CMD_USAGE);
	return CMD_USAGE;
}

int arguments_fail(struct arguments *a, const struct err *e)
{
	log_emit(&a->log, LOG_LEVEL_ERROR, "%s", e->text);
	return operand_exit(e);
}

/* getopt_long() has the text of a long option behind it already, a letter in optopt. */
static int refuse(struct arguments *a, bool lacks_argument)
{
	const char *what = lacks_argument ? "needs an argument" : "is unknown here";

	if (is_printable(optopt))
		arguments_usage(a, "option -%c %s; see --help", optopt, what);
	else
		arguments_usage(a, "option %s %s; see --help", a->argv[optind - 1], what);
	return ARGUMENTS_END;
}

static bool set_endpoint_option(struct arguments *a, enum option_id id)
{
	struct setting value = {.kind = SETTING_TEXT, .text = optarg ? optarg : "true"};

	return settings_set(a->settings, option_at(id)->name, &value, 1);
}

int arguments_next(struct arguments *a)
{
	int c;

	while (!a->has_ended) {
		c = getopt_long(a->argc, a->argv, a->letters, a->known, NULL);
		a->value = optarg != NULL ? optarg : "true";
		if (c >= FIRST_ENDPOINT_OPTION) {
			if (!set_endpoint_option(
				    a, (enum option_id)(c - FIRST_ENDPOINT_OPTION)))
				return stop(a, CMD_USAGE);
			continue;
		}
		switch (c) {
		case 'h':
			print_help(a);
			return stop(a, CMD_DONE);
		case 'V':
			cmd_print_version();
			return stop(a, CMD_DONE);
		case ':':
		case '?':
			return refuse(a, c == ':');
		case -1:
			a->at = optind;
			a->has_ended = true;
			break;
		default:
			return c;
		}
	}
	return ARGUMENTS_END;
}

const char *arguments_value(const struct arguments *a)
{
	return a->value;
}

bool arguments_exit(const struct arguments *a, int *code)
{
	*code = a->code;
	return a->must_exit;
}

bool arguments_seconds(struct arguments *a, double *seconds)
{
	double ms;

	if (option_duration_ms(str_of(a->value), 1000, &ms)) {
		*seconds = ms / 1000;
		return true;
	}
	arguments_usage(a,
		"not a time: %s; write seconds, or a suffix as in 500ms, 5s, 2m",
		a->value);
	return false;
}

bool arguments_count(struct arguments *a, size_t *count)
{
	uint64_t number;

	if (str_to_u64(str_of(a->value), &number) && number > 0 && number <= SIZE_MAX) {
		*count = (size_t)number;
		return true;
	}
	arguments_usage(a, "not a number from 1: %s", a->value);
	return false;
}

size_t arguments_operands(const struct arguments *a)
{
	return (size_t)(a->argc - a->at);
}

const char *arguments_operand(const struct arguments *a, size_t i)
{
	return a->argv[(size_t)a->at + i];
}

struct settings *arguments_settings(struct arguments *a)
{
	return a->settings;
}

struct arena *arguments_arena(struct arguments *a)
{
	return a->arena;
}

const struct log *arguments_log(const struct arguments *a)
{
	return &a->log;
}

void arguments_free(struct arguments *a)
{
	if (a == NULL)
		return;
	settings_free(a->settings);
	arena_free(a->arena);
	free(a->known);
	free(a);
}
