#include "engine/listeners.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/buf.h"
#include "engine/str.h"

/* Of one table at most; those that listen stand first. */
#define TABLE_LIMIT ((size_t)4 << 20)

/* So many sockets are known at most. */
#define LISTENER_LIMIT 4096

/* Bytes of one small file of a process. */
#define SMALL_FILE 8192

#define TCP_LISTENS 0x0a

/* Of include/uapi/linux/net.h and socket.h. */
#define UNIX_ACCEPTS 0x10000
#define UNIX_STREAM  1

struct listeners {
	const char *root; /* borrowed */
	struct listener *at;
	size_t count;
	struct listener_process **processes; /* owned; those of `at` */
	size_t process_count;
	DIR *walk; /* owned; NULL: no search is going on */
	struct buf file;
};

struct listeners *listeners_new(const char *root)
{
	struct listeners *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->root = root;
	buf_init(&l->file, TABLE_LIMIT);
	return l;
}

static void process_free(struct listener_process *p)
{
	if (p == NULL)
		return;
	free(p->comm);
	free(p->program);
	free(p->arguments);
	free(p->folder);
	free(p->unit);
	free(p->container);
	free(p);
}

/* ---- files ---- */

static int open_file(const struct listeners *l, pid_t pid, const char *name)
{
	char path[512];
	int len = pid == 0 ? snprintf(path, sizeof(path), "%s/%s", l->root, name)
			   : snprintf(path, sizeof(path), "%s/%jd/%s", l->root,
				     (intmax_t)pid, name);

	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Has the last whole line what the rows wanted do not have? */
typedef bool is_enough(struct str text);

/* The file's beginning, up to most bytes or until it is enough, into l->file. */
static bool read_file(
	struct listeners *l, int fd, size_t most, is_enough *enough, struct err *e)
{
	ssize_t n = 1;

	buf_reset(&l->file);
	while (fd >= 0 && n > 0 && l->file.len < most) {
		size_t room = most - l->file.len < 65536 ? most - l->file.len : 65536;
		char *to = buf_reserve(&l->file, room);

		n = to == NULL ? 0 : read(fd, to, room);
		l->file.len += n > 0 ? (size_t)n : 0;
		if (enough != NULL && n > 0 && enough(buf_str(&l->file)))
			break;
	}
	int number = errno;
	if (fd >= 0)
		close(fd);
	return (fd >= 0 && n >= 0) || err_set(e, ERR_IO, "%s", strerror(number));
}

/* A small file of a process; empty if it cannot be read. Holds until the next one. */
static struct str small_file(struct listeners *l, pid_t pid, const char *name)
{
	if (!read_file(l, open_file(l, pid, name), SMALL_FILE, NULL, NULL))
		return STR("");
	return buf_str(&l->file);
}

/* ---- lines of the tables ---- */

/* The next word of the line, which then begins behind it; empty: there is none. */
static struct str next_word(struct str *line)
{
	size_t from = 0, to;

	while (from < line->len && line->at[from] == ' ')
		from++;
	to = from;
	while (to < line->len && line->at[to] != ' ')
		to++;
	struct str word = {line->at + from, to - from};
	*line = (struct str){line->at + to, line->len - to};
	return word;
}

static struct str next_line(struct str *text)
{
	const char *end = memchr(text->at, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->at);
	struct str line = {text->at, len};

	len += end != NULL;
	*text = (struct str){text->at + len, text->len - len};
	return line;
}

static bool read_hex(struct str text, uint64_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned int)(c - 'A') + 10;
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*number = value;
	return text.len > 0 && text.len <= 16;
}

/* The address as the kernel prints it: words of the network's order as numbers of this
 * machine. */
static bool read_words(struct str hex, uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t number;

		if (hex.len != 8 * count ||
			!read_hex((struct str){hex.at + 8 * i, 8}, &number))
			return false;
		words[i] = (uint32_t)number;
	}
	return true;
}

static void set_ipv4(struct listener *l, uint32_t word)
{
	uint32_t address = ntohl(word);

	if (address == INADDR_ANY)
		address = INADDR_LOOPBACK;
	l->is_loopback = address >> 24 == 127;
	(void)snprintf(l->host, sizeof(l->host), "%u.%u.%u.%u", address >> 24,
		address >> 16 & 255, address >> 8 & 255, address & 255);
}

static void set_ipv6(struct listener *l, const uint32_t *words)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	memcpy(&address, words, sizeof(address));
	if (IN6_IS_ADDR_V4MAPPED(&address)) {
		set_ipv4(l, words[3]);
		return;
	}
	/* it takes IPv4 too, unless it was asked not to; IPv6 may be switched off */
	if (IN6_IS_ADDR_UNSPECIFIED(&address)) {
		l->is_any_ipv6 = true;
		set_ipv4(l, htonl(INADDR_LOOPBACK));
		return;
	}
	l->is_loopback = IN6_IS_ADDR_LOOPBACK(&address);
	(void)inet_ntop(AF_INET6, &address, text, sizeof(text));
	(void)snprintf(l->host, sizeof(l->host), "[%s]", text);
}

static bool read_address(struct str text, struct listener *l)
{
	const char *colon = memchr(text.at, ':', text.len);
	uint32_t words[4];
	uint64_t port;

	if (colon == NULL)
		return false;
	struct str host = {text.at, (size_t)(colon - text.at)};
	struct str digits = {colon + 1, text.len - host.len - 1};

	if (!read_hex(digits, &port) || port == 0 || port > 65535)
		return false;
	l->port = (int)port;
	if (read_words(host, words, 1))
		set_ipv4(l, words[0]);
	else if (read_words(host, words, 4))
		set_ipv6(l, words);
	else
		return false;
	return true;
}

/* sl local remote state queues timer retransmits uid timeout inode ... */
static bool read_tcp(struct str line, struct listener *l)
{
	struct str word[10];
	uint64_t state, uid;

	for (size_t i = 0; i < 10; i++)
		word[i] = next_word(&line);
	*l = (struct listener){0};
	if (!read_hex(word[3], &state) || state != TCP_LISTENS ||
		!read_address(word[1], l) || !str_to_u64(word[7], &uid) ||
		!str_to_u64(word[9], &l->inode) || l->inode == 0)
		return false;
	l->uid = (uid_t)uid;
	return true;
}

/* num: count protocol flags type state inode path */
static bool read_unix(struct str line, struct listener *l)
{
	struct str word[7];
	uint64_t flags, type;

	for (size_t i = 0; i < 7; i++)
		word[i] = next_word(&line);
	*l = (struct listener){.is_unix = true, .is_loopback = true};
	if (line.len < 2 || line.at[0] != ' ' || line.at[1] != '/' ||
		memchr(line.at, '\0', line.len) != NULL)
		return false;
	if (!read_hex(word[3], &flags) || (flags & UNIX_ACCEPTS) == 0 ||
		!read_hex(word[4], &type) || type != UNIX_STREAM ||
		!str_to_u64(word[6], &l->inode) || l->inode == 0)
		return false;
	l->path = strndup(line.at + 1, line.len - 1);
	return l->path != NULL;
}

/* In the tables of TCP those that listen stand before all others. */
static bool others_have_begun(struct str text)
{
	struct listener ignored;
	size_t end = text.len, begin;

	while (end > 0 && text.at[end - 1] != '\n')
		end--;
	begin = end > 0 ? end - 1 : 0;
	while (begin > 0 && text.at[begin - 1] != '\n')
		begin--;
	return begin > 0 &&
	       !read_tcp((struct str){text.at + begin, end - begin - 1}, &ignored);
}

/* ---- the sockets ---- */

struct list {
	struct listener *at; /* owned */
	size_t count, room;
};

static bool add(struct list *list, const struct listener *l)
{
	if (list->count == list->room) {
		size_t room = list->room * 2 + 64;
		struct listener *grown = reallocarray(list->at, room, sizeof(*grown));

		if (list->count == LISTENER_LIMIT || grown == NULL)
			return false;
		list->at = grown;
		list->room = room;
	}
	list->at[list->count++] = *l;
	return true;
}

static void add_lines(struct list *list, struct str text,
	bool (*read_line)(struct str line, struct listener *l))
{
	(void)next_line(&text); /* the heading */
	while (text.len > 0) {
		struct listener l;

		if (read_line(next_line(&text), &l) && !add(list, &l))
			free(l.path);
	}
}

static bool add_table(
	struct listeners *l, struct list *list, const char *name, struct err *e)
{
	bool is_tcp = strcmp(name, "net/unix") != 0;

	if (!read_file(l, open_file(l, 0, name), TABLE_LIMIT,
		    is_tcp ? others_have_begun : NULL, e))
		return err_wrap(e, "%.200s/%s", l->root, name);
	add_lines(list, buf_str(&l->file), is_tcp ? read_tcp : read_unix);
	return true;
}

static const struct listener *of_inode(const struct listeners *l, uint64_t inode)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].inode == inode)
			return &l->at[i];
	return NULL;
}

static void keep_known(const struct listeners *l, struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct listener *known = of_inode(l, list->at[i].inode);

		if (known == NULL)
			continue;
		list->at[i].is_searched = known->is_searched;
		list->at[i].process = known->process;
	}
}

static bool is_used(const struct listeners *l, const struct listener_process *p)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].process == p)
			return true;
	return false;
}

static void forget_processes(struct listeners *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->process_count; i++) {
		if (is_used(l, l->processes[i]))
			l->processes[kept++] = l->processes[i];
		else
			process_free(l->processes[i]);
	}
	l->process_count = kept;
}

static void free_sockets(struct listener *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(at[i].path);
	free(at);
}

bool listeners_read(struct listeners *l, struct err *e)
{
	struct list list = {0};

	/* a kernel without IPv6 has no such table, and one may do without the third */
	if (!add_table(l, &list, "net/tcp", e))
		return false;
	(void)add_table(l, &list, "net/tcp6", NULL);
	(void)add_table(l, &list, "net/unix", NULL);
	keep_known(l, &list);
	free_sockets(l->at, l->count);
	l->at = list.at;
	l->count = list.count;
	forget_processes(l);
	return true;
}

/* ---- one process ---- */

static char *copy(struct str s)
{
	return strndup(s.len == 0 ? "" : s.at, s.len);
}

/* A word of /proc/PID/stat, counted from 1 as in proc(5), from the third on. */
static uint64_t stat_number(struct listeners *l, pid_t pid, size_t number)
{
	struct str text = small_file(l, pid, "stat");
	const char *behind = text.len == 0 ? NULL : memrchr(text.at, ')', text.len);
	uint64_t value = 0;

	if (behind == NULL)
		return 0;
	struct str rest = {behind + 1, text.len - (size_t)(behind + 1 - text.at)};
	for (size_t i = 3; i < number; i++)
		(void)next_word(&rest);
	return str_to_u64(next_word(&rest), &value) ? value : 0;
}

/* Of the line "Uid:" the first, that of the user who started it. */
static uid_t user_of(struct listeners *l, pid_t pid)
{
	struct str text = small_file(l, pid, "status");
	uint64_t uid = UINT32_MAX;

	while (text.len > 0) {
		struct str line = next_line(&text);

		if (!str_starts(line, STR("Uid:\t")))
			continue;
		line = (struct str){line.at + 5, line.len - 5};
		const char *end = memchr(line.at, '\t', line.len);
		line.len = end == NULL ? line.len : (size_t)(end - line.at);
		(void)str_to_u64(line, &uid);
	}
	return (uid_t)uid;
}

static struct str last_part(struct str path)
{
	const char *slash = path.len == 0 ? NULL : memrchr(path.at, '/', path.len);
	size_t from = slash == NULL ? 0 : (size_t)(slash + 1 - path.at);

	return (struct str){path.at + from, path.len - from};
}

/* argv[0] and what is behind it. */
static bool read_command(struct listeners *l, struct listener_process *p)
{
	struct str text = small_file(l, p->pid, "cmdline");
	size_t first = text.len == 0 ? 0 : strnlen(text.at, text.len);
	struct str rest = {text.at + first, text.len - first};
	struct str program = last_part((struct str){text.at, first});

	while (rest.len > 0 && rest.at[0] == '\0')
		rest = (struct str){rest.at + 1, rest.len - 1};
	while (rest.len > 0 && rest.at[rest.len - 1] == '\0')
		rest.len--;
	p->program = program.len > 0 ? copy(program) : strdup(p->comm);
	p->arguments = malloc(rest.len + 1);
	if (p->program == NULL || p->arguments == NULL)
		return false;
	for (size_t i = 0; i < rest.len; i++)
		p->arguments[i] = rest.at[i] == '\0' ? ' ' : rest.at[i];
	p->arguments[rest.len] = '\0';
	return true;
}

static bool read_folder(const struct listeners *l, struct listener_process *p)
{
	char path[512], target[4096];

	(void)snprintf(path, sizeof(path), "%s/%jd/cwd", l->root, (intmax_t)p->pid);
	ssize_t len = readlink(path, target, sizeof(target));
	p->folder = copy((struct str){target, len < 0 ? 0 : (size_t)len});
	return p->folder != NULL;
}

static bool is_digit_of_id(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* An id of 64 hexadecimal digits, wherever an engine puts it. */
static struct str container_in(struct str path)
{
	size_t run = 0;

	for (size_t i = 0; i < path.len; i++) {
		run = is_digit_of_id(path.at[i]) ? run + 1 : 0;
		if (run == 64)
			return (struct str){path.at + i - 63, 12};
	}
	return STR("");
}

/* The innermost service; that in which a user's own systemd runs is none. */
static struct str unit_in(struct str path)
{
	while (path.len > 0) {
		struct str part = last_part(path);

		if (str_ends(part, STR(".service")) && !str_starts(part, STR("user@")))
			return part;
		path.len -= part.len;
		path.len -= path.len > 0;
	}
	return STR("");
}

/* Lines are ID:CONTROLLERS:PATH; that of version 2, or else that of systemd, tells. */
static bool read_group(struct listeners *l, struct listener_process *p)
{
	struct str text = small_file(l, p->pid, "cgroup");
	struct str unit = STR(""), container = STR("");

	while (text.len > 0) {
		struct str line = next_line(&text);

		if (unit.len == 0)
			unit = unit_in(line);
		if (container.len == 0)
			container = container_in(line);
	}
	p->unit = copy(unit);
	p->container = copy(container);
	return p->unit != NULL && p->container != NULL;
}

static bool read_name(struct listeners *l, struct listener_process *p)
{
	p->comm = copy(str_trim(small_file(l, p->pid, "comm")));
	return p->comm != NULL;
}

static bool is_systemd(struct listeners *l, pid_t pid)
{
	return pid == 1 || str_eq(str_trim(small_file(l, pid, "comm")), STR("systemd"));
}

static struct listener_process *read_process(struct listeners *l, pid_t pid)
{
	struct listener_process *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->pid = pid;
	p->start = stat_number(l, pid, 22);
	p->uid = user_of(l, pid);
	if (!read_name(l, p) || !read_command(l, p) || !read_folder(l, p) ||
		!read_group(l, p)) {
		process_free(p);
		return NULL;
	}
	p->leads_unit =
		p->unit[0] != '\0' && is_systemd(l, (pid_t)stat_number(l, pid, 4));
	return p;
}

/* Of a pid that is known already the process; else a new one. NULL: no memory. */
static const struct listener_process *process_of(struct listeners *l, pid_t pid)
{
	struct listener_process **grown;

	for (size_t i = 0; i < l->process_count; i++)
		if (l->processes[i]->pid == pid &&
			l->processes[i]->start == stat_number(l, pid, 22))
			return l->processes[i];
	grown = reallocarray(
		l->processes, l->process_count + 1, sizeof(struct listener_process *));
	if (grown == NULL)
		return NULL;
	l->processes = grown;
	struct listener_process *p = read_process(l, pid);
	if (p != NULL)
		l->processes[l->process_count++] = p;
	return p;
}

/* ---- who holds which ---- */

/* "socket:[123]" */
static bool read_link(int folder, const char *name, uint64_t *inode)
{
	static const char before[] = "socket:[";
	char target[64];
	ssize_t len = readlinkat(folder, name, target, sizeof(target));
	struct str text = {target, len < 0 ? 0 : (size_t)len};

	if (!str_starts(text, str_of(before)) || !str_ends(text, STR("]")))
		return false;
	text.at += strlen(before);
	text.len -= strlen(before) + 1;
	return str_to_u64(text, inode);
}

/* Of several that share a socket the oldest has made it. */
static void found_holder(struct listeners *l, uint64_t inode, pid_t pid)
{
	for (size_t i = 0; i < l->count; i++) {
		struct listener *at = &l->at[i];
		const struct listener_process *p = at->inode == inode && !at->is_searched
							   ? process_of(l, pid)
							   : NULL;

		if (p != NULL && (at->process == NULL || p->start < at->process->start))
			at->process = p;
	}
}

/* Returns the links read. */
static size_t search_process(struct listeners *l, pid_t pid)
{
	int fd = open_file(l, pid, "fd");
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t links = 1;

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return links;
	}
	while ((entry = readdir(folder)) != NULL) {
		uint64_t inode;

		links++;
		if (read_link(dirfd(folder), entry->d_name, &inode))
			found_holder(l, inode, pid);
	}
	closedir(folder);
	return links;
}

static bool is_any_unsearched(const struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->at[i].is_searched)
			return true;
	return false;
}

static void end_search(struct listeners *l)
{
	if (l->walk != NULL)
		closedir(l->walk);
	l->walk = NULL;
	for (size_t i = 0; i < l->count; i++)
		l->at[i].is_searched = true;
}

bool listeners_find_holders(struct listeners *l, size_t most)
{
	if (l->walk == NULL && is_any_unsearched(l)) {
		l->walk = opendir(l->root);
		if (l->walk == NULL)
			end_search(l);
	}
	for (size_t links = 0; l->walk != NULL && links < most;) {
		const struct dirent *entry = readdir(l->walk);
		int64_t pid = 0;

		if (entry == NULL)
			end_search(l);
		else if (str_to_i64(str_of(entry->d_name), &pid) && pid > 0)
			links += search_process(l, (pid_t)pid);
	}
	return l->walk == NULL;
}

size_t listeners_count(const struct listeners *l)
{
	return l->count;
}

const struct listener *listeners_at(const struct listeners *l, size_t i)
{
	return &l->at[i];
}

void listeners_free(struct listeners *l)
{
	if (l == NULL)
		return;
	free_sockets(l->at, l->count);
	for (size_t i = 0; i < l->process_count; i++)
		process_free(l->processes[i]);
	free(l->processes);
	if (l->walk != NULL)
		closedir(l->walk);
	buf_free(&l->file);
	free(l);
}
