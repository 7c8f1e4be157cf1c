/* Source: collectd's src/unixsock.c and src/utils/cmds/{listval,getval}.c, 5.12. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/family.h"
#include "engine/index.h"
#include "engine/naming.h"
#include "operatorstat/source.h"

/* The daemon stops to read while its own answers are not taken: so no more is asked at
 * once. */
#define ASKED_MOST  200
#define ASKED_BYTES 16000

/* collectd cuts command lines at 1023 bytes and runs the rest as another. */
#define COMMAND_BYTES 1000

#define LINE_BYTES 4096UL
#define VALUES_MAX 200000

/* A poll hands the terminal back after so many pieces of LINE_BYTES. */
#define PIECES_MOST 64

/* collectd's interval, until two times have shown what it is. */
#define DAEMON_SECONDS 10

/* For each reply. */
#define PATIENCE_US 2000000

/* One value of the daemon's cache. */
struct cached {
	uint64_t hash;
	char *identifier;        /* owned */
	struct name_parts parts; /* within identifier */
	struct str type_instance;
	uint32_t operator;
	bool is_derive;
	int64_t listed_ms; /* time of the value that the daemon has */
	int64_t taken_ms;  /* time of the one we have; 0: none */
	double value;      /* of a DERIVE a rate */
	double total;      /* of a DERIVE: added up since the first sight */
	uint64_t round;    /* that it was listed in */
};

/* What one plugin instance of one host sends. */
struct machine {
	char *host;     /* owned */
	char *instance; /* owned; as in the identifier */
	char *name;     /* owned; the instance, and if another host has that too, @HOST */
	int64_t page_ms,
		before_ms; /* time of its newest values, and those before; 0: none */
	double interval_seconds; /* between them */
	bool has_news;
};

enum stage { APART, RESTING, LISTING, GETTING };

struct unixsock {
	char *path; /* owned */
	struct clock clock;
	double interval_seconds;
	int fd; /* -1: apart */
	enum stage stage;
	uint64_t round;
	int64_t due_us, deadline_us;
	struct buf in, out;
	size_t taken;      /* of `in` */
	size_t lines_left; /* of the reply that is being read; 0: its first line comes */
	struct cached *values; /* owned */
	size_t count, size;
	struct index index;
	struct machine *machines; /* owned */
	size_t machine_count;
	uint32_t *wanted; /* owned: values to get in this round */
	size_t wanted_count, wanted_size, asked, answered;
	struct source_state state;
};

static int64_t now_us(const struct unixsock *u)
{
	return u->clock.monotonic_us(u->clock.ctx);
}

static int64_t wall_ms(const struct unixsock *u)
{
	return u->clock.now_ms(u->clock.ctx);
}

/* ---- losing the connection ---- */

/* What is out of step cannot be put back into step: a new connection can. */
static void lose(struct unixsock *u, enum err_code code, const char *why)
{
	struct source_state *state = &u->state;

	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	u->stage = APART;
	if (state->condition != SOURCE_LOST) {
		state->since_ms = wall_ms(u);
		state->tries = 0;
	}
	state->condition = SOURCE_LOST;
	err_set(&state->error, code, "unix:%s: %s", u->path, why);
	state->next_try_ms = wall_ms(u) + source_pause_ms(state->tries);
	u->due_us = now_us(u) + source_pause_ms(state->tries) * 1000;
	state->tries++;
}

static const char *why_not(int error)
{
	switch (error) {
	case ENOENT:
		return "no such socket: is collectd running, and its unixsock plugin "
		       "loaded?";
	case ECONNREFUSED:
		return "connection refused: collectd is not running any more";
	case EACCES:
		return "no permission: join the group that SocketGroup of the unixsock "
		       "plugin names";
	default:
		return strerrordesc_np(error);
	}
}

static void meet(struct unixsock *u)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, u->path, strlen(u->path));
	u->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->fd < 0 ||
		connect(u->fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		lose(u, errno == EACCES ? ERR_AUTH : ERR_REFUSED, why_not(errno));
		return;
	}
	buf_reset(&u->in);
	buf_reset(&u->out);
	u->taken = u->lines_left = 0;
	u->stage = RESTING;
	u->due_us = now_us(u);
}

/* ---- what there is ---- */

static uint64_t hash_of_value(const void *owner, uint32_t i)
{
	const struct unixsock *u = owner;

	return u->values[i].hash;
}

static char *copy(struct str s)
{
	char *at = malloc(s.len + 1);

	if (at == NULL)
		return NULL;
	memcpy(at, s.at, s.len);
	at[s.len] = '\0';
	return at;
}

/* "a", or "a@host" where another host was first. */
static char *name_machine(const struct unixsock *u, struct str host, struct str instance)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add(&b, instance);
	for (size_t i = 0; i < u->machine_count; i++)
		if (str_eq(str_of(u->machines[i].instance), instance))
			buf_addf(&b, "@%.*s", STR_ARG(host));
	return buf_take(&b);
}

static bool machine_of(
	struct unixsock *u, const struct name_parts *parts, uint32_t *number)
{
	for (size_t i = 0; i < u->machine_count; i++)
		if (str_eq(str_of(u->machines[i].instance), parts->instance) &&
			str_eq(str_of(u->machines[i].host), parts->host)) {
			*number = (uint32_t)i;
			return true;
		}
	struct machine *at = reallocarray(u->machines, u->machine_count + 1, sizeof(*at));

	if (at == NULL)
		return false;
	u->machines = at;
	struct machine m = {.host = copy(parts->host),
		.instance = copy(parts->instance),
		.name = name_machine(u, parts->host, parts->instance),
		.interval_seconds = DAEMON_SECONDS};

	if (m.host == NULL || m.instance == NULL || m.name == NULL) {
		free(m.host);
		free(m.instance);
		free(m.name);
		return false;
	}
	u->machines[u->machine_count] = m;
	*number = (uint32_t)u->machine_count++;
	return true;
}

static bool is_derive(struct str type)
{
	static const char *const derives[] = {"derive", "errors", "http_response_codes",
		"total_operations", "total_time_in_ms"};

	for (size_t i = 0; i < sizeof(derives) / sizeof(derives[0]); i++)
		if (str_eq(type, str_of(derives[i])))
			return true;
	return false;
}

/* The last word of what name_parse() leaves together, where the catalogue says that it is
 * a DETAIL. */
static void split_detail(struct name_parts *parts)
{
	const char *dash = parts->subject.len == 0
				   ? NULL
				   : memrchr(parts->subject.at, '-', parts->subject.len);

	if (!family_has_detail(parts->type, parts->what) || parts->subject.len == 0)
		return;
	if (dash == NULL) {
		parts->detail = parts->subject;
		parts->subject.len = 0;
		return;
	}
	parts->detail = (struct str){
		dash + 1, (size_t)(parts->subject.at + parts->subject.len - dash - 1)};
	parts->subject.len = (size_t)(dash - parts->subject.at);
}

static struct cached *value_new(struct unixsock *u, struct str identifier)
{
	struct cached v = {.hash = str_hash(identifier), .value = (double)NAN};
	struct err e;

	if (u->count == u->size) {
		size_t size = u->size == 0 ? 256 : u->size * 2;
		struct cached *at = reallocarray(u->values, size, sizeof(*at));

		if (at == NULL)
			return NULL;
		u->values = at;
		u->size = size;
	}
	v.identifier = copy(identifier);
	if (v.identifier == NULL ||
		!name_parse((struct str){v.identifier, identifier.len}, &v.parts, &e) ||
		!machine_of(u, &v.parts, &v.operator)) {
		free(v.identifier);
		return NULL;
	}
	const char *rest = v.parts.type.at + v.parts.type.len + 1;

	v.type_instance = str_of(rest);
	v.is_derive = is_derive(v.parts.type);
	split_detail(&v.parts);
	u->values[u->count] = v;
	if (!index_put(&u->index, hash_of_value, u, (uint32_t)u->count)) {
		free(v.identifier);
		return NULL;
	}
	return &u->values[u->count++];
}

/* Ours? False for what other plugins send, without a look at more than its beginning. */
static bool is_ours(struct str identifier)
{
	const char *slash = memchr(identifier.at, '/', identifier.len);
	struct str rest = {slash,
		slash == NULL ? 0 : identifier.len - (size_t)(slash - identifier.at)};

	return str_starts(rest, STR("/operator-")) &&
	       identifier.len <= COMMAND_BYTES - 20;
}

/* ---- replies ---- */

static void want(struct unixsock *u, uint32_t i)
{
	if (u->wanted_count == u->wanted_size) {
		size_t size = u->wanted_size == 0 ? 256 : u->wanted_size * 2;
		uint32_t *at = reallocarray(u->wanted, size, sizeof(*at));

		if (at == NULL)
			return;
		u->wanted = at;
		u->wanted_size = size;
	}
	u->wanted[u->wanted_count++] = i;
}

/* "1795406506.000 host/plugin-instance/type-instance". False: nothing of the kind. */
static bool take_listed(struct unixsock *u, struct str line)
{
	double time;
	size_t digits = str_read_double(line, &time);
	struct str identifier = {line.at + digits + 1, line.len - digits - 1};
	uint32_t i;

	if (digits == 0 || digits + 1 >= line.len || line.at[digits] != ' ' ||
		!(time >= 0 && time < 1e12))
		return false;
	if (!is_ours(identifier))
		return true;
	if (!index_find(&u->index, hash_of_value, u, str_hash(identifier), &i)) {
		if (u->count == VALUES_MAX || value_new(u, identifier) == NULL)
			return true;
		i = (uint32_t)u->count - 1;
	}
	struct cached *v = &u->values[i];

	v->round = u->round;
	v->listed_ms = (int64_t)(time * 1000 + 0.5);
	if (v->listed_ms != v->taken_ms)
		want(u, i);
	return true;
}

/* "value=1.234560e+00"; "value=NaN" or "value=nan" is none. */
static bool take_got(struct unixsock *u, struct str line)
{
	struct cached *v = &u->values[u->wanted[u->answered]];
	const char *equals = line.len == 0 ? NULL : memchr(line.at, '=', line.len);

	if (equals == NULL)
		return false;
	struct str number = {equals + 1, (size_t)(line.at + line.len - equals - 1)};

	return str_to_double(str_trim(number), &v->value);
}

static bool take_data(struct unixsock *u, struct str line)
{
	return u->stage == LISTING ? take_listed(u, line) : take_got(u, line);
}

/* "7 Values found" or "-1 No such value". */
static bool take_status(struct unixsock *u, struct str line, int64_t *lines)
{
	const char *blank = line.len == 0 ? NULL : memchr(line.at, ' ', line.len);
	struct str number = {line.at, blank == NULL ? 0 : (size_t)(blank - line.at)};

	if (!str_to_i64(number, lines))
		return false;
	/* a value may be gone since it was listed; a list may not fail */
	if (*lines < 0 && u->stage == GETTING) {
		u->values[u->wanted[u->answered]].value = (double)NAN;
		*lines = 0;
	}
	return *lines >= 0 && (u->stage == LISTING || *lines <= 64);
}

static void end_reply(struct unixsock *u)
{
	u->deadline_us = now_us(u) + PATIENCE_US;
	if (u->stage == LISTING) {
		u->stage = GETTING;
		u->asked = u->answered = 0;
	} else {
		u->answered++;
	}
}

static bool take_line(struct unixsock *u, struct str line)
{
	int64_t lines;

	/* nothing was asked that this could be the answer to */
	if (u->stage == RESTING || (u->stage == GETTING && u->answered == u->asked))
		return false;
	if (u->lines_left > 0) {
		if (!take_data(u, line))
			return false;
		u->lines_left--;
	} else {
		if (!take_status(u, line, &lines))
			return false;
		u->lines_left = (size_t)lines;
	}
	if (u->lines_left == 0)
		end_reply(u);
	return true;
}

/* ---- the connection ---- */

static void take_lines(struct unixsock *u)
{
	while (u->stage != APART) {
		struct str rest = {u->in.at + u->taken, u->in.len - u->taken};
		const char *end = rest.len == 0 ? NULL : memchr(rest.at, '\n', rest.len);

		if (end == NULL && rest.len < LINE_BYTES)
			break;
		if (end == NULL ||
			!take_line(u, (struct str){rest.at, (size_t)(end - rest.at)})) {
			lose(u, ERR_SYNTAX,
				"an answer that is none of the unixsock plugin's");
			return;
		}
		u->taken += (size_t)(end - rest.at) + 1;
	}
	/* what is left is less than a line */
	if (u->taken > 0)
		memmove(u->in.at, u->in.at + u->taken, u->in.len - u->taken);
	u->in.len -= u->taken;
	u->taken = 0;
}

static void receive(struct unixsock *u)
{
	for (int i = 0; u->stage != APART && i < PIECES_MOST; i++) {
		char *at = buf_reserve(&u->in, LINE_BYTES);
		ssize_t got = at == NULL ? -1 : recv(u->fd, at, LINE_BYTES, 0);

		if (at == NULL)
			lose(u, ERR_MEMORY, "no memory for its answers");
		else if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		else if (got <= 0)
			lose(u, ERR_NETWORK, "collectd closed the connection");
		else {
			u->in.len += (size_t)got;
			take_lines(u);
		}
	}
}

static void add_getval(struct unixsock *u, const struct cached *v)
{
	buf_add(&u->out, STR("GETVAL \""));
	for (const char *p = v->identifier; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(&u->out, '\\');
		buf_addc(&u->out, *p);
	}
	buf_add(&u->out, STR("\"\n"));
}

/* Puts the next commands behind what is still to be sent, as far as the daemon can take.
 */
static void ask(struct unixsock *u)
{
	while (u->stage == GETTING && u->asked < u->wanted_count &&
		u->asked - u->answered < ASKED_MOST && u->out.len < ASKED_BYTES)
		add_getval(u, &u->values[u->wanted[u->asked++]]);
}

static void transmit(struct unixsock *u)
{
	while (u->stage != APART && u->out.len > 0) {
		ssize_t sent = send(u->fd, u->out.at, u->out.len, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0) {
			lose(u, ERR_NETWORK, "collectd closed the connection");
			return;
		}
		memmove(u->out.at, u->out.at + sent, u->out.len - (size_t)sent);
		u->out.len -= (size_t)sent;
	}
}

/* ---- what came, to the sink ---- */

static void send_metric(const struct unixsock *u, const struct cached *v, int64_t time_ms,
	const struct sink *sink)
{
	const struct machine *machine = &u->machines[v->operator];
	struct metric m = {
		.host = str_of(machine->host),
		.instance = str_of(machine->name),
		.type = v->parts.type,
		.type_instance = v->type_instance,
		.what = v->parts.what,
		.subject = v->parts.subject,
		.detail = v->parts.detail,
		.kind = v->is_derive ? METRIC_DERIVE : METRIC_GAUGE,
		.gauge = v->value,
		.total = v->total,
		.derive = (int64_t)v->total,
		.time_ms = time_ms,
		.interval_seconds = machine->interval_seconds,
	};

	sink->metric(sink->ctx, &m);
}

/* What of the scrape itself is an attempt's. */
static void note_scrape(const struct cached *v, struct attempt *a)
{
	struct str name = v->type_instance;

	if (isnan(v->value))
		return;
	if (str_eq(name, STR("up")))
		a->is_page = v->value > 0.5;
	else if (str_eq(v->parts.type, STR("response_time")) &&
		 str_eq(name, STR("scrape")))
		a->duration_seconds = v->value;
	else if (str_eq(v->parts.type, STR("response_code")) &&
		 str_eq(name, STR("scrape")))
		a->status = (int)v->value;
	else if (str_eq(v->parts.type, STR("bytes")) && str_eq(name, STR("page")))
		a->page_bytes = (size_t)v->value;
	else if (str_eq(v->parts.type, STR("objects")) && str_eq(name, STR("samples")))
		a->samples = (uint64_t)v->value;
}

/* The daemon gives rates at once, a model wants totals: so the first ones have counted
 * from 0 since a page that came an interval earlier. */
static void send_first(struct unixsock *u, uint32_t number, const struct sink *sink)
{
	struct machine *machine = &u->machines[number];
	struct err none;

	err_ok(&none);
	machine->before_ms = machine->page_ms - INT64_C(1000) * DAEMON_SECONDS;
	for (size_t i = 0; i < u->count; i++)
		if (u->values[i].operator== number && u->values[i].is_derive)
			send_metric(u, &u->values[i], machine->before_ms, sink);
	sink->end(sink->ctx, &(struct attempt){.instance = str_of(machine->name),
				     .time_ms = machine->before_ms,
				     .is_page = true,
				     .status = 200,
				     .error = &none});
}

static void send_machine(struct unixsock *u, uint32_t number, const struct sink *sink)
{
	struct machine *machine = &u->machines[number];
	struct err error;
	struct attempt a = {.instance = str_of(machine->name),
		.time_ms = machine->page_ms,
		.is_page = true,
		.error = &error};

	err_ok(&error);
	if (machine->before_ms == 0)
		send_first(u, number, sink);
	else
		machine->interval_seconds =
			(double)(machine->page_ms - machine->before_ms) / 1000;
	for (size_t i = 0; i < u->count; i++) {
		struct cached *v = &u->values[i];
		double seconds = (double)(machine->page_ms - machine->before_ms) / 1000;

		if (v->operator!= number || v->taken_ms != machine->page_ms)
			continue;
		note_scrape(v, &a);
		if (v->is_derive && v->value > 0)
			v->total += v->value * seconds;
		if (!isnan(v->value))
			send_metric(u, v, machine->page_ms, sink);
	}
	if (!a.is_page)
		err_set(&error, ERR_STATUS, "the plugin gets no page (status %d)",
			a.status);
	sink->end(sink->ctx, &a);
	machine->before_ms = machine->page_ms;
}

/* All was got: each machine whose values are newer than before is a page. */
static void deliver(struct unixsock *u, const struct sink *sink)
{
	for (size_t k = 0; k < u->wanted_count; k++) {
		struct cached *v = &u->values[u->wanted[k]];
		struct machine *machine = &u->machines[v->operator];

		v->taken_ms = v->listed_ms;
		if (v->listed_ms <= machine->page_ms)
			continue;
		machine->page_ms = v->listed_ms;
		machine->has_news = true;
	}
	for (size_t i = 0; i < u->machine_count; i++) {
		struct machine *machine = &u->machines[i];

		if (machine->page_ms > u->state.data_ms)
			u->state.data_ms = machine->page_ms;
		if (machine->has_news)
			send_machine(u, (uint32_t)i, sink);
		machine->has_news = false;
	}
}

/* ---- the source ---- */

static void begin_round(struct unixsock *u)
{
	u->round++;
	u->stage = LISTING;
	u->wanted_count = 0;
	u->deadline_us = now_us(u) + PATIENCE_US;
	buf_add(&u->out, STR("LISTVAL\n"));
}

static bool end_round(struct unixsock *u, const struct sink *sink)
{
	bool came = u->wanted_count > 0;

	deliver(u, sink);
	u->stage = RESTING;
	u->due_us = now_us(u) + (int64_t)(u->interval_seconds * 1e6);
	u->state.condition = SOURCE_OKAY;
	err_ok(&u->state.error);
	return came;
}

static bool poll_unixsock(void *ctx, const struct sink *sink)
{
	struct unixsock *u = ctx;
	bool came = false;

	if (u->stage == APART && now_us(u) >= u->due_us)
		meet(u);
	if (u->stage == RESTING && now_us(u) >= u->due_us)
		begin_round(u);
	if (u->stage == APART)
		return false;
	transmit(u);
	receive(u);
	ask(u);
	transmit(u);
	if (!buf_ok(&u->out))
		lose(u, ERR_MEMORY, "no memory for commands");
	if (u->stage == GETTING && u->answered == u->wanted_count)
		came = end_round(u, sink);
	if ((u->stage == LISTING || u->stage == GETTING) && now_us(u) > u->deadline_us)
		lose(u, ERR_TIMEOUT, "no answer for 2 s");
	return came;
}

static int wait_ms(void *ctx)
{
	const struct unixsock *u = ctx;
	bool is_idle = u->stage == APART || u->stage == RESTING;
	int64_t wait = ((is_idle ? u->due_us : u->deadline_us) - now_us(u)) / 1000 + 1;

	return wait < 0 ? 0 : wait > 60000 ? 60000 : (int)wait;
}

static size_t fds(void *ctx, struct pollfd *out, size_t most)
{
	const struct unixsock *u = ctx;

	if (u->fd < 0 || most == 0)
		return 0;
	out[0] = (struct pollfd){u->fd, u->out.len > 0 ? POLLIN | POLLOUT : POLLIN, 0};
	return 1;
}

static void poll_now(void *ctx)
{
	struct unixsock *u = ctx;

	u->due_us = now_us(u);
}

static void set_interval(void *ctx, double seconds)
{
	struct unixsock *u = ctx;

	u->interval_seconds = seconds;
}

static double interval(void *ctx)
{
	const struct unixsock *u = ctx;

	return u->interval_seconds;
}

static void describe(void *ctx, struct buf *out)
{
	const struct unixsock *u = ctx;

	buf_addf(out, "unix:%s", u->path);
}

static void state(void *ctx, struct source_state *out)
{
	const struct unixsock *u = ctx;

	*out = u->state;
}

static void where(void *ctx, struct str instance, struct buf *out)
{
	const struct unixsock *u = ctx;

	for (size_t i = 0; i < u->machine_count; i++)
		if (str_eq(str_of(u->machines[i].name), instance))
			buf_addf(out, "unix:%s %s", u->path, u->machines[i].host);
}

static int64_t now_ms(void *ctx)
{
	const struct unixsock *u = ctx;

	return wall_ms(u);
}

static void close_unixsock(void *ctx)
{
	struct unixsock *u = ctx;

	if (u->fd >= 0)
		close(u->fd);
	for (size_t i = 0; i < u->count; i++)
		free(u->values[i].identifier);
	for (size_t i = 0; i < u->machine_count; i++) {
		free(u->machines[i].host);
		free(u->machines[i].instance);
		free(u->machines[i].name);
	}
	free(u->values);
	free(u->machines);
	free(u->wanted);
	free(u->path);
	index_free(&u->index);
	buf_free(&u->in);
	buf_free(&u->out);
	free(u);
}

bool source_unixsock_open(struct source *s, const char *path, double interval_seconds,
	struct clock clock, struct err *e)
{
	struct unixsock *u;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return err_set(e, ERR_USAGE,
			"unix:%s: longer than a socket's path may be", path);
	u = calloc(1, sizeof(*u));
	if (u == NULL || (u->path = strdup(path)) == NULL) {
		free(u);
		return err_set(e, ERR_MEMORY, "no memory for the source");
	}
	u->clock = clock;
	u->interval_seconds = interval_seconds;
	u->fd = -1;
	buf_init(&u->in, 4 * LINE_BYTES);
	buf_init(&u->out, ASKED_BYTES + 2 * LINE_BYTES);
	*s = (struct source){
		.ctx = u,
		.wait_ms = wait_ms,
		.fds = fds,
		.poll = poll_unixsock,
		.poll_now = poll_now,
		.set_interval = set_interval,
		.interval = interval,
		.describe = describe,
		.state = state,
		.where = where,
		.now_ms = now_ms,
		.close = close_unixsock,
	};
	return true;
}
