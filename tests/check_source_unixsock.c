#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "operatorstat/model.h"
#include "operatorstat/source.h"
#include "tests/suite.h"

/* ---- a daemon in the hands of the test ---- */

struct daemon {
	char folder[64];
	char path[100];
	int listener, fd;
	int64_t now_ms;
	char commands[1 << 16]; /* received, not answered */
	size_t asked_most;      /* at once */
};

static int64_t now_ms(void *ctx)
{
	const struct daemon *d = ctx;

	return d->now_ms;
}

static int64_t monotonic_us(void *ctx)
{
	return now_ms(ctx) * 1000;
}

static void daemon_listen(struct daemon *d)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", d->path);
	d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
		bind(d->listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(d->listener, 4), 0);
}

static void daemon_start(struct daemon *d)
{
	*d = (struct daemon){.listener = -1, .fd = -1, .now_ms = 1700000000000};
	snprintf(d->folder, sizeof(d->folder), "/tmp/check_unixsock.XXXXXX");
	ck_assert(mkdtemp(d->folder) != NULL);
	snprintf(d->path, sizeof(d->path), "%s/sock", d->folder);
}

static void daemon_stop(struct daemon *d)
{
	if (d->fd >= 0)
		close(d->fd);
	if (d->listener >= 0)
		close(d->listener);
	d->fd = d->listener = -1;
	unlink(d->path);
}

/* Takes what was sent; true if there is a whole command, which is put into line. */
static bool daemon_command(struct daemon *d, char *line, size_t size)
{
	size_t len = strlen(d->commands);

	if (d->fd < 0)
		d->fd = accept4(d->listener, NULL, NULL, SOCK_NONBLOCK);
	if (d->fd >= 0) {
		ssize_t got =
			recv(d->fd, d->commands + len, sizeof(d->commands) - len - 1, 0);

		if (got == 0) {
			close(d->fd);
			d->fd = -1;
			d->commands[0] = '\0';
		} else if (got > 0) {
			d->commands[len + (size_t)got] = '\0';
		}
	}
	size_t waiting = 0;

	for (const char *p = d->commands; (p = strchr(p, '\n')) != NULL; p++)
		waiting++;
	d->asked_most = waiting > d->asked_most ? waiting : d->asked_most;
	char *end = strchr(d->commands, '\n');

	if (end == NULL)
		return false;
	snprintf(line, size, "%.*s", (int)(end - d->commands), d->commands);
	memmove(d->commands, end + 1, strlen(end));
	return true;
}

static void daemon_say(const struct daemon *d, const char *text)
{
	ck_assert_int_eq(
		send(d->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static struct source source_of(struct daemon *d)
{
	struct source s;
	struct err e;
	struct clock clock = {d, now_ms, monotonic_us};

	ck_assert_msg(source_unixsock_open(&s, d->path, 1, clock, &e), "%s", e.text);
	return s;
}

/* ---- what it may say ---- */

static const char good_list[] =
	"4 Values found\n"
	"1699999999.000 a/cpu-0/cpu-idle\n"
	"1699999999.500 a/operator-x/gauge-up\n"
	"1699999999.500 a/operator-x/queue_length-depth-some-thing\n"
	"1699999999.500 a/operator-x/total_operations-add-some-thing\n";

struct reply {
	const char *command; /* that it answers: its beginning */
	const char *text;    /* NULL: the connection is closed */
};

static const struct {
	const char *name;
	struct reply replies[6];
	enum source_condition condition;
	enum err_code code;
	const char *words; /* in the error */
	double depth, adds;
} dialogues[] = {
	{"all well",
		{{"LISTVAL", good_list},
			{"GETVAL \"a/operator-x/gauge-up\"",
				"1 Value found\nvalue=1.000000e+00\n"},
			{"GETVAL \"a/operator-x/queue",
				"1 Value found\nvalue=7.000000e+00\n"},
			{"GETVAL \"a/operator-x/total",
				"1 Value found\nvalue=2.500000e+00\n"}},
		SOURCE_OKAY, ERR_NONE, "", 7, 2.5},
	{"a rate that is none yet",
		{{"LISTVAL", good_list}, {"GETVAL", "1 Value found\nvalue=1\n"},
			{"GETVAL", "1 Value found\nvalue=7\n"},
			{"GETVAL", "1 Value found\nvalue=NaN\n"}},
		SOURCE_OKAY, ERR_NONE, "", 7, NAN},
	{"a value that is gone",
		{{"LISTVAL", good_list}, {"GETVAL", "1 Value found\nvalue=1\n"},
			{"GETVAL", "-1 No such value.\n"},
			{"GETVAL", "1 Value found\nvalue=3\n"}},
		SOURCE_OKAY, ERR_NONE, "", NAN, 3},
	{"an empty line too many",
		{{"LISTVAL", good_list}, {"GETVAL", "-1 Type `gauge' is unknown.\n\n"},
			{"GETVAL", "1 Value found\nvalue=7\n"}},
		SOURCE_LOST, ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"nothing there", {{"LISTVAL", "0 Values found\n"}}, SOURCE_OKAY, ERR_NONE, "",
		NAN, NAN},
	{"others alone", {{"LISTVAL", "1 Value found\n5.000 a/cpu-0/cpu-idle\n"}},
		SOURCE_OKAY, ERR_NONE, "", NAN, NAN},
	{"no list", {{"LISTVAL", "-1 Unknown command: LISTVAL.\n"}}, SOURCE_LOST,
		ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"HTTP", {{"LISTVAL", "HTTP/1.1 400 Bad Request\r\n\r\n"}}, SOURCE_LOST,
		ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"bytes", {{"LISTVAL", "\x7f\xff\x01\n"}}, SOURCE_LOST, ERR_SYNTAX,
		"none of the unixsock", NAN, NAN},
	{"a list of nonsense", {{"LISTVAL", "1 Value found\nnonsense\n"}}, SOURCE_LOST,
		ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"a time of nonsense",
		{{"LISTVAL", "1 Value found\n-1e99 a/operator-x/gauge-up\n"}},
		SOURCE_LOST, ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"a value of nonsense",
		{{"LISTVAL", good_list}, {"GETVAL", "1 Value found\nvalue=one\n"}},
		SOURCE_LOST, ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"a thousand values in one",
		{{"LISTVAL", good_list}, {"GETVAL", "1000 Values found\n"}}, SOURCE_LOST,
		ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"what was not asked", {{"LISTVAL", "0 Values found\n3 Values found\n"}},
		SOURCE_LOST, ERR_SYNTAX, "none of the unixsock", NAN, NAN},
	{"closed in a reply", {{"LISTVAL", "4 Values found\n"}, {"", NULL}}, SOURCE_LOST,
		ERR_NETWORK, "closed", NAN, NAN},
	{"silent", {{"LISTVAL", "4 Values found\n"}}, SOURCE_LOST, ERR_TIMEOUT, "2 s",
		NAN, NAN},
};

/* Polls and answers until all was said and taken in; then time passes, if need be, until
 * the source gives up. */
static void talk(struct daemon *d, struct source *s, const struct reply *replies,
	const struct sink *sink)
{
	struct source_state state;
	char command[2048];

	s->state(s->ctx, &state);
	unsigned int tries = state.tries;

	for (int turn = 0, said = 0; turn < 100; turn++) {
		s->poll(s->ctx, sink);
		if (replies->command != NULL && replies->text == NULL && d->fd >= 0) {
			close(d->fd);
			d->fd = -1;
			replies++;
		}
		while (replies->command != NULL &&
			daemon_command(d, command, sizeof(command))) {
			ck_assert_msg(strncmp(command, replies->command,
					      strlen(replies->command)) == 0,
				"%s", command);
			daemon_say(d, replies->text);
			replies++;
		}
		s->state(s->ctx, &state);
		said += replies->command == NULL;
		if (state.tries != tries || (said > 3 && state.condition == SOURCE_OKAY))
			return;
		if (said > 20)
			d->now_ms += 100;
	}
}

static double value_of(struct model *m, enum model_field f)
{
	struct model_row *row = model_find(m, MODEL_CONTROLLER, "x", "some-thing");

	return row == NULL ? (double)NAN : row->value[f];
}

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : fabs(a - b) < 1e-6;
}

START_TEST(whatever_the_daemon_says)
{
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
		struct daemon d;
		struct model *m = model_new(MODEL_BYTES);
		struct sink sink = model_sink(m);
		struct source_state state;

		daemon_start(&d);
		daemon_listen(&d);
		struct source s = source_of(&d);

		talk(&d, &s, dialogues[i].replies, &sink);
		s.state(s.ctx, &state);
		ck_assert_msg(state.condition == dialogues[i].condition, "%s: %d: %s",
			dialogues[i].name, (int)state.condition, state.error.text);
		ck_assert_msg(state.error.code == dialogues[i].code, "%s: %s",
			dialogues[i].name, state.error.text);
		ck_assert_msg(strstr(state.error.text, dialogues[i].words) != NULL,
			"%s: %s", dialogues[i].name, state.error.text);
		ck_assert_msg(same(value_of(m, MODEL_DEPTH), dialogues[i].depth),
			"%s: depth %g", dialogues[i].name, value_of(m, MODEL_DEPTH));
		ck_assert_msg(same(value_of(m, MODEL_ADDS), dialogues[i].adds),
			"%s: adds %g", dialogues[i].name, value_of(m, MODEL_ADDS));
		s.close(s.ctx);
		daemon_stop(&d);
		rmdir(d.folder);
		model_free(m);
	}
}
END_TEST

START_TEST(a_line_without_end)
{
	struct daemon d;
	struct model *m = model_new(MODEL_BYTES);
	struct sink sink = model_sink(m);
	struct source_state state;
	char command[100], line[5000];

	daemon_start(&d);
	daemon_listen(&d);
	struct source s = source_of(&d);

	s.poll(s.ctx, &sink);
	ck_assert(daemon_command(&d, command, sizeof(command)));
	memset(line, '7', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	daemon_say(&d, line);
	s.poll(s.ctx, &sink);
	s.state(s.ctx, &state);
	ck_assert_int_eq(state.condition, SOURCE_LOST);
	s.close(s.ctx);
	daemon_stop(&d);
	rmdir(d.folder);
	model_free(m);
}
END_TEST

/* No more than 200 commands are under way, and only what changed is asked for again. */
START_TEST(five_hundred_values)
{
	struct daemon d;
	struct model *m = model_new(MODEL_BYTES);
	struct sink sink = model_sink(m);
	char command[2048], list[50000];
	size_t lists = 0, gets = 0;

	daemon_start(&d);
	daemon_listen(&d);
	struct source s = source_of(&d);

	for (int turn = 0; lists < 3 && turn < 10000; turn++) {
		s.poll(s.ctx, &sink);
		while (daemon_command(&d, command, sizeof(command))) {
			if (strcmp(command, "LISTVAL") == 0) {
				size_t len = (size_t)sprintf(list, "500 Values found\n");

				/* the third list has one new value */
				for (int i = 0; i < 500; i++)
					len += (size_t)sprintf(list + len,
						"%s "
						"a/operator-x/queue_length-depth-c%d\n",
						lists == 2 && i == 7 ? "1700000009.000"
								     : "1699999999.000",
						i);
				daemon_say(&d, list);
				lists++;
			} else {
				ck_assert_msg(strncmp(command, "GETVAL \"a/operator-x/",
						      20) == 0,
					"%s", command);
				daemon_say(&d, "1 Value found\nvalue=1\n");
				gets++;
			}
		}
		if (gets == 500 || gets == 501)
			d.now_ms += 1000;
	}
	for (int turn = 0; turn < 20; turn++) {
		s.poll(s.ctx, &sink);
		while (daemon_command(&d, command, sizeof(command))) {
			daemon_say(&d, "1 Value found\nvalue=1\n");
			gets++;
		}
	}
	ck_assert_uint_eq(gets, 501);
	ck_assert_uint_le(d.asked_most, 200);
	ck_assert_uint_ge(d.asked_most, 50);
	s.close(s.ctx);
	daemon_stop(&d);
	rmdir(d.folder);
	model_free(m);
}
END_TEST

START_TEST(it_comes_back)
{
	struct daemon d;
	struct model *m = model_new(MODEL_BYTES);
	struct sink sink = model_sink(m);
	struct source_state state;

	daemon_start(&d);
	struct source s = source_of(&d);

	s.poll(s.ctx, &sink);
	s.state(s.ctx, &state);
	ck_assert_int_eq(state.condition, SOURCE_LOST);
	ck_assert_msg(strstr(state.error.text, "is collectd running") != NULL, "%s",
		state.error.text);
	ck_assert_int_eq(state.next_try_ms, d.now_ms + 1000);
	daemon_listen(&d);
	s.poll(s.ctx, &sink);
	s.state(s.ctx, &state);
	ck_assert_int_eq(state.condition, SOURCE_LOST);
	d.now_ms += 1000;
	talk(&d, &s, dialogues[0].replies, &sink);
	s.state(s.ctx, &state);
	ck_assert_int_eq(state.condition, SOURCE_OKAY);
	ck_assert_int_eq(state.data_ms, 1699999999500);
	s.close(s.ctx);
	daemon_stop(&d);
	rmdir(d.folder);
	model_free(m);
}
END_TEST

/* Rates of the daemon become totals, whose rates are the same again. */
START_TEST(rates_stay_rates)
{
	static const struct reply rounds[][6] = {
		{{"LISTVAL", "2 Values found\n"
			     "1700000000.000 a/operator-x/gauge-up\n"
			     "1700000000.000 a/operator-x/errors-reconcile-some-thing\n"},
			{"GETVAL", "1 Value found\nvalue=1\n"},
			{"GETVAL", "1 Value found\nvalue=4\n"}},
		{{"LISTVAL", "2 Values found\n"
			     "1700000010.000 a/operator-x/gauge-up\n"
			     "1700000010.000 a/operator-x/errors-reconcile-some-thing\n"},
			{"GETVAL", "1 Value found\nvalue=1\n"},
			{"GETVAL", "1 Value found\nvalue=2\n"}},
	};
	struct daemon d;
	struct model *m = model_new(MODEL_BYTES);
	struct sink sink = model_sink(m);

	daemon_start(&d);
	daemon_listen(&d);
	struct source s = source_of(&d);

	talk(&d, &s, rounds[0], &sink);
	ck_assert(same(value_of(m, MODEL_ERRORS), 4));
	d.now_ms += 10000;
	s.poll(s.ctx, &sink);
	talk(&d, &s, rounds[1], &sink);
	ck_assert(same(value_of(m, MODEL_ERRORS), 3));
	model_look(m, 0, 10000);
	ck_assert(same(value_of(m, MODEL_ERRORS), 2));
	s.close(s.ctx);
	daemon_stop(&d);
	rmdir(d.folder);
	model_free(m);
}
END_TEST

SUITE("source_unixsock", whatever_the_daemon_says, a_line_without_end,
	five_hundred_values, it_comes_back, rates_stay_rates)
