#include "engine/discover_listeners.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/buf.h"
#include "engine/listeners.h"
#include "engine/probe.h"
#include "engine/secret.h"
#include "engine/str.h"

/* Sockets are looked at once an interval, but not less often. */
#define LOOK_SECONDS 10

/* So many links of /proc are read in one go, and then the scrape has its turn. */
#define LINKS         2000
#define SEARCH_GAP_US 5000

/* So many sockets are asked at a time, and so far apart. */
#define ASKED_MOST 8
#define ASK_GAP_US 10000

#define LOWEST_PORT 1024

/* As long as what an endpoint showed is remembered (normalize.h), so does it stay. */
#define MEMORY_SECONDS 300

/* Operators that are gone and whose key is still known, and those that are there. */
#define OPERATOR_LIMIT 1000

/* Files of credentials. */
#define CREDENTIAL_FILES 4

/* What is closed is said once, also of one that starts again and again. */
#define SAID_LIMIT 64

enum state {
	STATE_NEW,      /* its holder is looked for */
	STATE_WAITS,    /* to be asked */
	STATE_ASKED,    /* there is no verdict yet */
	STATE_OPERATOR, /* one of the operators has it */
	STATE_TWIN,     /* of a process that has another one which is an operator's */
	STATE_CLOSED,
	STATE_OTHER, /* no operator, or not to be asked */
};

/* What is known of a socket, from its first sight to its end. */
struct socket {
	uint64_t inode;
	enum state state;
	struct probe *probe; /* owned; ASKED */
	char *url;           /* owned; CLOSED */
	char *about;         /* owned; CLOSED */
	char *remedy;        /* owned; CLOSED */
	int rank;            /* CLOSED: the lower, the surer it is the operator's page */
	pid_t pid;           /* CLOSED; 0: not known */
	bool is_there;
};

/* An operator, whatever its socket. Texts are owned. */
struct program {
	char *key;
	char *name;
	char *origin;    /* user, unit, folder, program */
	char *arguments; /* of its command line */
	char *url;
	char *about;
	struct settings_text options[16];
	size_t option_count;
	uid_t uid;
	pid_t pid; /* 0: not known */
	uint64_t start;
	uint64_t inode;  /* 0: it is gone */
	int64_t gone_us; /* since when */
	bool is_over;    /* gone for long; its key is remembered */
	bool is_listed;
};

struct finder {
	struct discover_listeners how;
	struct listeners *listeners; /* owned */
	struct socket *sockets;      /* owned */
	size_t socket_count;
	struct program *operators; /* owned */
	size_t operator_count;
	struct secret_stamp files[CREDENTIAL_FILES];
	int64_t every_us;
	int64_t look_us; /* when the sockets are looked at again */
	int64_t step_us; /* when there is more to do before that */
	size_t asked;    /* sockets that are */
	bool is_searching;
	bool has_looked;
	bool has_changed;
	struct complaint trouble;
	uint64_t said[SAID_LIMIT]; /* a ring; hashes */
	size_t said_count;
	struct discover_found *found; /* owned; lists of what is above */
	size_t found_count;
	struct discover_closed *closed; /* owned */
	size_t closed_count;
};

static int64_t now_us(const struct finder *f)
{
	return f->how.clock->monotonic_us(f->how.clock->ctx);
}

/* The text of b, which is freed; NULL: no memory. */
static char *text_of(struct buf *b)
{
	char *text = buf_take(b);

	buf_free(b);
	return text;
}

/* ---- how an operator is called ---- */

static bool is_usual(struct str name)
{
	static const char *const usual[] = {"main", "manager", "operator", "controller"};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (str_eq(name, str_of(usual[i])))
			return true;
	return str_starts(name, STR("__debug_bin"));
}

/* Folders that say nothing of what is in them. */
static bool is_usual_folder(struct str name)
{
	static const char *const usual[] = {
		"", "bin", "build", "cmd", "dist", "src", "workspace"};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (str_eq(name, str_of(usual[i])))
			return true;
	return false;
}

static struct str name_of_folder(struct str path)
{
	struct str name = STR("");

	while (path.len > 0 && is_usual_folder(name)) {
		const char *slash = memrchr(path.at, '/', path.len);
		size_t from = slash == NULL ? 0 : (size_t)(slash + 1 - path.at);

		name = (struct str){path.at + from, path.len - from};
		path.len = from > 0 ? from - 1 : 0;
	}
	return is_usual_folder(name) ? STR("") : name;
}

/* Of `python3 /x/operator.py --a` it is operator. */
static struct str name_of_program(const struct listener_process *p)
{
	struct str program = str_of(p->program);
	struct str script = {p->arguments, strcspn(p->arguments, " ")};
	const char *slash;

	if (!str_starts(program, STR("python")) || script.len == 0 || script.at[0] == '-')
		return program;
	slash = memrchr(script.at, '/', script.len);
	if (slash != NULL)
		script = (struct str){
			slash + 1, script.len - (size_t)(slash + 1 - script.at)};
	if (str_ends(script, STR(".py")))
		script.len -= strlen(".py");
	return script;
}

static void add_process_name(struct buf *out, const struct listener_process *p)
{
	struct str unit = str_of(p->unit), program = name_of_program(p);
	struct str folder = name_of_folder(str_of(p->folder));

	if (p->leads_unit)
		buf_add(out, (struct str){unit.at, unit.len - strlen(".service")});
	else if (is_usual(program) && folder.len > 0)
		buf_add(out, folder);
	else
		buf_add(out, program);
}

static void add_place(struct buf *out, const struct listener *l)
{
	if (l->is_unix)
		buf_addf(out, "%s", l->path);
	else
		buf_addf(out, "%s:%d", l->host, l->port);
}

static char *name_of(const struct listener *l)
{
	struct buf name;

	buf_init(&name, 8192);
	if (l->process != NULL)
		add_process_name(&name, l->process);
	else
		add_place(&name, l);
	return text_of(&name);
}

/* What stays the same when it is started again. */
static char *origin_of(const struct listener *l)
{
	const struct listener_process *p = l->process;
	struct buf origin;

	buf_init(&origin, 65536);
	if (p != NULL) {
		buf_addf(&origin, "uid %u, %s, %s, %s", (unsigned int)p->uid, p->unit,
			p->folder, p->program);
	} else {
		buf_addf(&origin, "uid %u, ", (unsigned int)l->uid);
		add_place(&origin, l);
	}
	return text_of(&origin);
}

static void add_user(struct buf *out, uid_t uid)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char room[4096];

	if (getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found != NULL)
		buf_addf(out, "user %s", found->pw_name);
	else
		buf_addf(out, "user %u", (unsigned int)uid);
}

static char *about(const struct listener *l)
{
	const struct listener_process *p = l->process;
	struct buf text;

	buf_init(&text, 8192);
	if (p != NULL)
		buf_addf(&text, "process %d (%.100s), ", (int)p->pid, p->comm);
	add_user(&text, p != NULL ? p->uid : l->uid);
	if (p != NULL && p->unit[0] != '\0')
		buf_addf(&text, ", unit %.200s", p->unit);
	if (p != NULL && p->container[0] != '\0')
		buf_addf(&text, ", container %s", p->container);
	return text_of(&text);
}

/* ---- operators ---- */

static void operator_free(struct program *o)
{
	free(o->key);
	free(o->name);
	free(o->origin);
	free(o->arguments);
	free(o->url);
	free(o->about);
}

static bool is_process(const struct program *o, const struct listener_process *p)
{
	return p != NULL && o->inode != 0 && o->pid == p->pid && o->start == p->start;
}

static const struct program *operator_of(
	const struct finder *f, const struct listener_process *p)
{
	for (size_t i = 0; i < f->operator_count; i++)
		if (is_process(&f->operators[i], p))
			return &f->operators[i];
	return NULL;
}

static bool has_key(const struct finder *f, const char *key)
{
	for (size_t i = 0; i < f->operator_count; i++)
		if (strcmp(f->operators[i].key, key) == 0)
			return true;
	return false;
}

/* Started again: of what is gone the one that is called with the same arguments, or else
 * the only one of this origin. NULL: it is none of them. */
static struct program *returned(
	struct finder *f, const char *origin, const char *arguments)
{
	struct program *only = NULL;
	size_t count = 0;

	for (size_t i = 0; i < f->operator_count; i++) {
		struct program *o = &f->operators[i];

		if (o->inode != 0 || strcmp(o->origin, origin) != 0)
			continue;
		if (strcmp(o->arguments, arguments) == 0)
			return o;
		only = o;
		count++;
	}
	return count == 1 ? only : NULL;
}

/* Origin and arguments, and the address where there are two of these; NULL: no memory. */
static char *new_key(const struct finder *f, const char *origin, const char *arguments,
	const char *url)
{
	struct buf key;

	buf_init(&key, 1 << 20);
	buf_addf(&key, "%s, %s", origin, arguments);
	buf_addc(&key, '\0');
	if (buf_ok(&key) && has_key(f, key.at)) {
		key.len--;
		buf_addf(&key, ", %s", url);
		buf_addc(&key, '\0');
	}
	bool is_new = buf_ok(&key) && !has_key(f, key.at);
	char *text = text_of(&key);
	if (is_new)
		return text;
	free(text);
	return NULL;
}

/* The first that is over makes room. */
static bool make_room(struct finder *f)
{
	size_t i = 0;

	if (f->operator_count < OPERATOR_LIMIT)
		return true;
	while (i < f->operator_count && !f->operators[i].is_over)
		i++;
	if (i == f->operator_count)
		return false;
	operator_free(&f->operators[i]);
	memmove(&f->operators[i], &f->operators[i + 1],
		(--f->operator_count - i) * sizeof(*f->operators));
	return true;
}

static struct program *new_operator(
	struct finder *f, const struct listener *l, const char *origin, const char *url)
{
	const char *arguments = l->process == NULL ? "" : l->process->arguments;
	struct program *grown;

	/* what is listed is about to move */
	f->has_changed = true;
	if (!make_room(f))
		return NULL;
	grown = reallocarray(f->operators, f->operator_count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	f->operators = grown;
	struct program *o = &f->operators[f->operator_count];
	*o = (struct program){.key = new_key(f, origin, arguments, url),
		.name = name_of(l),
		.origin = strdup(origin),
		.arguments = strdup(arguments),
		.is_over = true};
	if (o->key == NULL || o->name == NULL || o->origin == NULL ||
		o->arguments == NULL) {
		operator_free(o);
		return NULL;
	}
	f->operator_count++;
	return o;
}

/* Where nobody asked for credentials none are sent. */
static void set_options(struct program *o, bool with_credentials)
{
	static const char *const credentials[] = {"BearerToken", "BearerTokenFile",
		"User", "Password", "PasswordFile", "Header", "ClientCert", "ClientKey"};

	o->options[0] = (struct settings_text){"URL", o->url};
	o->option_count = 1;
	for (size_t i = 0;
		!with_credentials && i < sizeof(credentials) / sizeof(credentials[0]);
		i++)
		o->options[o->option_count++] =
			(struct settings_text){credentials[i], NULL};
}

static void replace(char **text, char *with)
{
	free(*text);
	*text = with;
}

/* The operator listens here now. */
static bool move(struct program *o, const struct listener *l, const struct probe *probe)
{
	char *url = strdup(probe_url(probe)), *what = about(l);
	const char *arguments = l->process == NULL ? "" : l->process->arguments;
	char *copy = strdup(arguments);

	if (url == NULL || what == NULL || copy == NULL) {
		free(url);
		free(what);
		free(copy);
		return false;
	}
	replace(&o->url, url);
	replace(&o->about, what);
	replace(&o->arguments, copy);
	set_options(o, probe_used_credentials(probe));
	o->uid = l->process == NULL ? l->uid : l->process->uid;
	o->pid = l->process == NULL ? 0 : l->process->pid;
	o->start = l->process == NULL ? 0 : l->process->start;
	o->inode = l->inode;
	o->is_over = false;
	return true;
}

/* Others that were at this address are not any more. */
static void end_others(struct finder *f, const struct program *there)
{
	for (size_t i = 0; i < f->operator_count; i++) {
		struct program *o = &f->operators[i];

		if (o != there && o->inode == 0 && o->url != NULL &&
			strcmp(o->url, there->url) == 0)
			o->is_over = true;
	}
}

static bool add_operator(
	struct finder *f, const struct listener *l, const struct probe *probe)
{
	char *origin = origin_of(l);
	struct program *o = NULL;

	if (origin != NULL)
		o = returned(f, origin, l->process == NULL ? "" : l->process->arguments);
	if (o == NULL && origin != NULL)
		o = new_operator(f, l, origin, probe_url(probe));
	free(origin);
	if (o == NULL || !move(o, l, probe))
		return false;
	end_others(f, o);
	f->has_changed = true;
	return true;
}

/* Its socket is no longer there, nor does another of its process answer yet. */
static void lose(struct finder *f, uint64_t inode)
{
	for (size_t i = 0; i < f->operator_count; i++) {
		struct program *o = &f->operators[i];

		if (o->inode != inode)
			continue;
		o->inode = 0;
		o->gone_us = now_us(f);
	}
}

static void end_old(struct finder *f)
{
	double ten = f->how.block->interval_seconds * 10;
	int64_t memory_us =
		(int64_t)((ten > MEMORY_SECONDS ? ten : MEMORY_SECONDS) * 1e6);

	for (size_t i = 0; i < f->operator_count; i++) {
		struct program *o = &f->operators[i];

		if (o->inode != 0 || o->is_over || now_us(f) - o->gone_us < memory_us)
			continue;
		o->is_over = true;
		f->has_changed = true;
	}
}

static bool is_at(const struct program *o, const struct listener *l)
{
	struct buf place;

	buf_init(&place, 8192);
	if (l->is_unix)
		buf_addf(&place, "unix://%s", l->path);
	else
		buf_addf(&place, "://%s:%d/", l->host, l->port);
	buf_addc(&place, '\0');
	bool is_there = buf_ok(&place) && strstr(o->url, place.at) != NULL;
	buf_free(&place);
	return is_there;
}

/* A stranger who took the address of one that is gone must not get what was sent there.
 */
static void end_where_strangers_are(struct finder *f, const struct listener *l)
{
	uid_t uid = l->process == NULL ? l->uid : l->process->uid;

	for (size_t i = 0; i < f->operator_count; i++) {
		struct program *o = &f->operators[i];

		if (o->inode != 0 || o->is_over || o->uid == uid || !is_at(o, l))
			continue;
		o->is_over = true;
		f->has_changed = true;
	}
}

/* ---- sockets ---- */

static void socket_clear(struct finder *f, struct socket *s)
{
	f->asked -= s->probe != NULL;
	probe_free(s->probe);
	free(s->url);
	free(s->about);
	free(s->remedy);
	s->probe = NULL;
	s->url = s->about = s->remedy = NULL;
}

static const struct listener *listener_of(const struct finder *f, const struct socket *s)
{
	for (size_t i = 0; i < listeners_count(f->listeners); i++)
		if (listeners_at(f->listeners, i)->inode == s->inode)
			return listeners_at(f->listeners, i);
	return NULL;
}

static struct socket *socket_of(struct finder *f, uint64_t inode)
{
	for (size_t i = 0; i < f->socket_count; i++)
		if (f->sockets[i].inode == inode)
			return &f->sockets[i];
	return NULL;
}

static bool add_socket(struct finder *f, uint64_t inode)
{
	struct socket *grown =
		reallocarray(f->sockets, f->socket_count + 1, sizeof(*grown));

	if (grown == NULL)
		return false;
	f->sockets = grown;
	f->sockets[f->socket_count++] =
		(struct socket){.inode = inode, .state = STATE_NEW, .is_there = true};
	return true;
}

static void forget_those_that_are_gone(struct finder *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->socket_count; i++) {
		struct socket *s = &f->sockets[i];

		if (s->is_there) {
			f->sockets[kept++] = *s;
			continue;
		}
		f->has_changed |= s->state == STATE_CLOSED;
		if (s->state == STATE_OPERATOR)
			lose(f, s->inode);
		socket_clear(f, s);
	}
	f->socket_count = kept;
}

/* Of a process whose page is gone another socket may have it. */
static void ask_orphaned_twins(struct finder *f)
{
	for (size_t i = 0; i < f->socket_count; i++) {
		struct socket *s = &f->sockets[i];
		const struct listener *l =
			s->state == STATE_TWIN ? listener_of(f, s) : NULL;

		if (l != NULL && operator_of(f, l->process) == NULL)
			s->state = STATE_WAITS;
	}
}

static void take_listeners(struct finder *f)
{
	for (size_t i = 0; i < f->socket_count; i++)
		f->sockets[i].is_there = false;
	for (size_t i = 0; i < listeners_count(f->listeners); i++) {
		uint64_t inode = listeners_at(f->listeners, i)->inode;
		struct socket *s = socket_of(f, inode);

		if (s != NULL)
			s->is_there = true;
		else if (add_socket(f, inode))
			f->is_searching = true;
	}
	forget_those_that_are_gone(f);
	ask_orphaned_twins(f);
}

/* When a file of the credentials is another, those who wanted better ones are asked
 * again. */
static void look_at_credentials(struct finder *f)
{
	const struct options *o = f->how.block;
	const char *const files[CREDENTIAL_FILES] = {
		o->bearer_token_file, o->password_file, o->ca_cert, o->client_cert};
	bool changed = false;

	for (size_t i = 0; i < CREDENTIAL_FILES; i++) {
		struct secret_stamp stamp = secret_stamp_of(files[i]);

		changed |= !secret_stamp_eq(stamp, f->files[i]);
		f->files[i] = stamp;
	}
	for (size_t i = 0; changed && i < f->socket_count; i++)
		if (f->sockets[i].state == STATE_CLOSED) {
			socket_clear(f, &f->sockets[i]);
			f->sockets[i].state = STATE_WAITS;
			f->has_changed = true;
		}
}

static void look_at_sockets(struct finder *f)
{
	int64_t now_ms = f->how.clock->now_ms(f->how.clock->ctx);
	struct err e;

	if (!listeners_read(f->listeners, &e)) {
		log_complain(f->how.log, &f->trouble, now_ms, LOG_LEVEL_WARNING,
			"Listeners: no sockets can be seen: %s", e.text);
		f->has_looked = true;
		return;
	}
	log_recovered(
		f->how.log, &f->trouble, now_ms, "Listeners: sockets are seen again");
	take_listeners(f);
	end_old(f);
	look_at_credentials(f);
}

/* ---- whom to ask ---- */

static bool is_to_be_asked(const struct finder *f, const struct listener *l)
{
	const struct listener_process *p = l->process;

	if (p != NULL && (p->pid == 1 || p->pid == getpid()))
		return false;
	if (f->how.is_command_line && (p == NULL || !l->is_loopback))
		return false;
	return l->is_unix ? p != NULL : l->port >= LOWEST_PORT;
}

static void decide_whom_to_ask(struct finder *f)
{
	for (size_t i = 0; i < f->socket_count; i++) {
		struct socket *s = &f->sockets[i];
		const struct listener *l =
			s->state == STATE_NEW ? listener_of(f, s) : NULL;

		if (l == NULL)
			continue;
		end_where_strangers_are(f, l);
		s->state = is_to_be_asked(f, l) ? STATE_WAITS : STATE_OTHER;
	}
}

/* A unit of the system proves nothing: cron's has the jobs of all users. */
static bool is_trusted(const struct listener *l)
{
	uid_t uid = l->process == NULL ? l->uid : l->process->uid;

	return uid == 0 || uid == geteuid();
}

static void ask(struct finder *f, struct socket *s, const struct listener *l)
{
	const struct probe_where where = {.host = l->is_unix ? NULL : l->host,
		.port = l->port,
		.path = l->path,
		.next_host = l->is_any_ipv6 ? "[::1]" : NULL,
		.is_trusted = is_trusted(l)};

	s->probe = probe_new(f->how.fetch, f->how.block, &where);
	s->state = s->probe == NULL ? STATE_OTHER : STATE_ASKED;
	f->asked += s->probe != NULL;
}

/* True: a request was sent, so that a pause is due. */
static bool ask_or_pass_over(struct finder *f, struct socket *s)
{
	const struct listener *l = listener_of(f, s);

	if (l == NULL)
		return false;
	if (operator_of(f, l->process) != NULL) {
		s->state = STATE_TWIN;
		return false;
	}
	ask(f, s, l);
	return true;
}

static void ask_next(struct finder *f)
{
	bool has_asked = false;

	if (f->is_searching || now_us(f) < f->step_us)
		return;
	for (size_t i = 0; i < f->socket_count && !has_asked && f->asked < ASKED_MOST;
		i++)
		if (f->sockets[i].state == STATE_WAITS)
			has_asked = ask_or_pass_over(f, &f->sockets[i]);
	if (has_asked)
		f->step_us = now_us(f) + ASK_GAP_US;
}

/* ---- what was answered ---- */

static const char *remedy_of(const struct finder *f, enum probe_verdict verdict)
{
	bool is_command_line = f->how.is_command_line;

	switch (verdict) {
	case PROBE_NEEDS_CA:
		return is_command_line
			       ? "--ca-cert FILE, or --verify-peer=false; and "
				 "--bearer-token-file FILE if it wants a token"
			       : "CACert, or VerifyPeer false; and BearerTokenFile "
				 "if it wants a token";
	case PROBE_NEEDS_CERTIFICATE:
		return is_command_line ? "--client-cert FILE and --client-key FILE"
				       : "ClientCert and ClientKey";
	case PROBE_NEEDS_CREDENTIALS:
		return is_command_line ? "--bearer-token-file FILE, or --user NAME and "
					 "--password-file FILE"
				       : "BearerTokenFile, or User and PasswordFile";
	case PROBE_NEEDS_TRUST:
		return is_command_line
			       ? "--ca-cert FILE, or its address as SOURCE: without a "
				 "certificate that can be verified, credentials go to "
				 "processes of yours and of root alone"
			       : "CACert, or an <Endpoint> of its own: without a "
				 "certificate that can be verified, credentials go to "
				 "processes of root and of our own user alone";
	case PROBE_NEEDS_OTHERS:
	case PROBE_OPERATOR:
	case PROBE_OTHER:
		break;
	}
	return "other credentials";
}

static bool close_socket(struct finder *f, struct socket *s, const struct listener *l)
{
	enum probe_verdict verdict = probe_verdict(s->probe);
	struct buf remedy;

	buf_init(&remedy, 2048);
	buf_addf(&remedy, "%s", remedy_of(f, verdict));
	if (verdict == PROBE_NEEDS_OTHERS)
		buf_addf(&remedy, " (%s)", probe_why(s->probe));
	s->url = strdup(probe_url(s->probe));
	s->about = about(l);
	s->remedy = text_of(&remedy);
	s->pid = l->process == NULL ? 0 : l->process->pid;
	s->rank = verdict == PROBE_NEEDS_CA ? 1 : 0;
	f->has_changed = true;
	return s->url != NULL && s->about != NULL && s->remedy != NULL;
}

static enum state state_after(
	struct finder *f, struct socket *s, const struct listener *l)
{
	if (operator_of(f, l->process) != NULL)
		return STATE_TWIN;
	switch (probe_verdict(s->probe)) {
	case PROBE_OPERATOR:
		return add_operator(f, l, s->probe) ? STATE_OPERATOR : STATE_OTHER;
	case PROBE_OTHER:
		return STATE_OTHER;
	case PROBE_NEEDS_CA:
	case PROBE_NEEDS_CERTIFICATE:
	case PROBE_NEEDS_CREDENTIALS:
	case PROBE_NEEDS_OTHERS:
	case PROBE_NEEDS_TRUST:
		break;
	}
	return close_socket(f, s, l) ? STATE_CLOSED : STATE_OTHER;
}

static void take_verdicts(struct finder *f)
{
	for (size_t i = 0; i < f->socket_count; i++) {
		struct socket *s = &f->sockets[i];
		const struct listener *l = listener_of(f, s);

		if (s->state != STATE_ASKED || l == NULL || !probe_go_on(s->probe))
			continue;
		s->state = state_after(f, s, l);
		probe_free(s->probe);
		s->probe = NULL;
		f->asked--;
	}
}

static bool has_verdict(const struct finder *f)
{
	for (size_t i = 0; i < f->socket_count; i++)
		if (f->sockets[i].state == STATE_ASKED &&
			probe_is_due(f->sockets[i].probe))
			return true;
	return false;
}

static bool is_any_waiting(const struct finder *f)
{
	for (size_t i = 0; i < f->socket_count; i++)
		if (f->sockets[i].state == STATE_WAITS)
			return true;
	return false;
}

static bool is_at_rest(const struct finder *f)
{
	return !f->is_searching && f->asked == 0 && !is_any_waiting(f);
}

/* ---- lists ---- */

/* One socket tells of a process: of several that are closed the surest. */
static bool speaks_for_its_process(const struct finder *f, const struct socket *s)
{
	const struct listener *l = listener_of(f, s);

	if (l == NULL || operator_of(f, l->process) != NULL)
		return false;
	for (size_t i = 0; s->pid != 0 && i < f->socket_count; i++) {
		const struct socket *other = &f->sockets[i];

		if (other->state == STATE_CLOSED && other->pid == s->pid &&
			(other->rank < s->rank || (other->rank == s->rank && other < s)))
			return false;
	}
	return true;
}

static bool make_room_for_lists(struct finder *f)
{
	struct discover_found *found =
		reallocarray(f->found, f->operator_count + 1, sizeof(*found));
	struct discover_closed *closed =
		reallocarray(f->closed, f->socket_count + 1, sizeof(*closed));

	f->found = found != NULL ? found : f->found;
	f->closed = closed != NULL ? closed : f->closed;
	f->found_count = f->closed_count = 0;
	return found != NULL && closed != NULL;
}

static int by_key(const void *a, const void *b)
{
	const struct discover_found *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* Those that are new are listed together, once all are asked, and in the order of their
 * keys: which of two gets a name must not depend on who answered first. */
static void make_lists(struct finder *f)
{
	if (!make_room_for_lists(f))
		return;
	for (size_t i = 0; i < f->operator_count; i++) {
		struct program *o = &f->operators[i];

		o->is_listed |= is_at_rest(f);
		if (!o->is_over && o->is_listed)
			f->found[f->found_count++] = (struct discover_found){
				o->key, o->name, o->about, o->options, o->option_count};
	}
	for (size_t i = 0; i < f->socket_count; i++) {
		const struct socket *s = &f->sockets[i];

		if (s->state == STATE_CLOSED && speaks_for_its_process(f, s))
			f->closed[f->closed_count++] =
				(struct discover_closed){s->url, s->about, s->remedy};
	}
	qsort(f->found, f->found_count, sizeof(*f->found), by_key);
}

static bool is_any_unlisted(const struct finder *f)
{
	for (size_t i = 0; i < f->operator_count; i++)
		if (!f->operators[i].is_listed)
			return true;
	return false;
}

/* Was this said before? From now on it was. */
static bool was_said(struct finder *f, const struct discover_closed *c)
{
	struct buf text;

	buf_init(&text, 65536);
	buf_addf(&text, "%s %s", c->address, c->remedy);
	uint64_t hash = str_hash(buf_str(&text));
	buf_free(&text);
	for (size_t i = 0; i < f->said_count && i < SAID_LIMIT; i++)
		if (f->said[i] == hash)
			return true;
	f->said[f->said_count++ % SAID_LIMIT] = hash;
	return false;
}

/* Once all are asked: before, it might be a lesser socket of an operator. */
static void say_what_is_closed(struct finder *f)
{
	for (size_t i = 0; i < f->closed_count; i++) {
		const struct discover_closed *c = &f->closed[i];

		if (!was_said(f, c))
			log_emit(f->how.log, LOG_LEVEL_NOTICE,
				"%s (%s) is secured; if it is an operator, this would "
				"open it: %s",
				c->address, c->about, c->remedy);
	}
}

static void end_look(struct finder *f)
{
	say_what_is_closed(f);
	if (!f->has_looked)
		log_emit(f->how.log, LOG_LEVEL_INFO,
			"Listeners: %zu operators and %zu secured endpoints among %zu "
			"sockets that listen",
			f->found_count, f->closed_count, f->socket_count);
	f->has_looked = true;
}

/* ---- the source ---- */

static void go_on_searching(struct finder *f)
{
	if (!f->is_searching || now_us(f) < f->step_us)
		return;
	f->step_us = now_us(f) + SEARCH_GAP_US;
	if (!listeners_find_holders(f->listeners, LINKS))
		return;
	f->is_searching = false;
	decide_whom_to_ask(f);
}

static bool look(void *ctx)
{
	struct finder *f = ctx;

	f->has_changed = false;
	if (!f->is_searching && now_us(f) >= f->look_us) {
		f->look_us = now_us(f) + f->every_us;
		look_at_sockets(f);
	}
	go_on_searching(f);
	take_verdicts(f);
	ask_next(f);
	f->has_changed |= is_at_rest(f) && is_any_unlisted(f);
	if (f->has_changed)
		make_lists(f);
	if (is_at_rest(f))
		end_look(f);
	return f->has_changed;
}

static int64_t next_us(void *ctx)
{
	const struct finder *f = ctx;
	bool may_ask = f->asked < ASKED_MOST && is_any_waiting(f);

	if (has_verdict(f))
		return 0;
	if (f->is_searching || may_ask)
		return f->step_us;
	return f->look_us;
}

static const struct discover_found *found(void *ctx, size_t *count)
{
	const struct finder *f = ctx;

	*count = f->found_count;
	return f->found;
}

static const struct discover_closed *closed(void *ctx, size_t *count)
{
	const struct finder *f = ctx;

	*count = f->closed_count;
	return f->closed;
}

static bool has_looked(void *ctx)
{
	return ((const struct finder *)ctx)->has_looked;
}

static void free_finder(void *ctx)
{
	struct finder *f = ctx;

	for (size_t i = 0; i < f->socket_count; i++)
		socket_clear(f, &f->sockets[i]);
	for (size_t i = 0; i < f->operator_count; i++)
		operator_free(&f->operators[i]);
	free(f->sockets);
	free(f->operators);
	free(f->found);
	free(f->closed);
	listeners_free(f->listeners);
	free(f);
}

bool discover_listeners_open(
	struct discover_source *source, const struct discover_listeners *how)
{
	struct finder *f = calloc(1, sizeof(*f));
	double seconds = how->block->interval_seconds;

	if (f == NULL || (f->listeners = listeners_new(how->root)) == NULL) {
		free(f);
		return false;
	}
	f->how = *how;
	f->every_us = (int64_t)((seconds < LOOK_SECONDS ? seconds : LOOK_SECONDS) * 1e6);
	f->look_us = now_us(f);
	*source = (struct discover_source){.ctx = f,
		.look = look,
		.next_us = next_us,
		.found = found,
		.closed = closed,
		.has_looked = has_looked,
		.free = free_finder};
	return true;
}
