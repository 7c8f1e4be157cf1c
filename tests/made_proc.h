/* A /proc made of files, for tests of what reads it. */
#ifndef TESTS_MADE_PROC_H
#define TESTS_MADE_PROC_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/attr.h"

struct made_proc {
	char root[40];
	char tcp[8192], tcp6[4096], unix_[4096];
};

/* A process; NULL or 0: it has none of it. */
struct made_process {
	int pid, parent, start, uid;
	const char *comm, *folder, *group;
	const char *arguments[6];
	unsigned int inodes[6]; /* of its sockets */
};

PRINTF_LIKE(4, 0)
static inline void made_path(const struct made_proc *m, char *out, size_t size,
	const char *format, va_list args)
{
	char name[200];

	vsnprintf(name, sizeof(name), format, args);
	snprintf(out, size, "%s/%s", m->root, name);
}

PRINTF_LIKE(2, 3)
static inline void made_folder(const struct made_proc *m, const char *format, ...)
{
	char path[300];
	va_list args;

	va_start(args, format);
	made_path(m, path, sizeof(path), format, args);
	va_end(args);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

PRINTF_LIKE(2, 3)
static inline FILE *made_file(const struct made_proc *m, const char *format, ...)
{
	char path[300];
	va_list args;

	va_start(args, format);
	made_path(m, path, sizeof(path), format, args);
	va_end(args);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	return f;
}

PRINTF_LIKE(3, 4)
static inline void made_link(
	const struct made_proc *m, const char *target, const char *format, ...)
{
	char path[300];
	va_list args;

	va_start(args, format);
	made_path(m, path, sizeof(path), format, args);
	va_end(args);
	ck_assert_int_eq(symlink(target, path), 0);
}

static inline void made_write(
	const struct made_proc *m, const char *name, const char *head, const char *lines)
{
	FILE *f = made_file(m, "%s", name);

	fprintf(f, "%s\n%s", head, lines);
	fclose(f);
}

/* Writes the tables as they are now. */
static inline void made_tables(const struct made_proc *m)
{
	static const char tcp_head[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
		"retrnsmt   uid  timeout inode";

	made_write(m, "net/tcp", tcp_head, m->tcp);
	made_write(m, "net/tcp6", tcp_head, m->tcp6);
	made_write(m, "net/unix",
		"Num       RefCount Protocol Flags    Type St Inode Path", m->unix_);
}

static inline void made_begin(struct made_proc *m)
{
	memset(m, 0, sizeof(*m));
	strcpy(m->root, "/tmp/made_proc.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(m->root));
	made_folder(m, "net");
	made_tables(m);
}

static inline void made_end(const struct made_proc *m)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", m->root);
	ck_assert_int_eq(system(command), 0);
}

/* A line of a TCP table: state 0A listens. */
static inline void made_tcp(char *table, const char *address, int port, int state,
	int uid, unsigned int inode)
{
	sprintf(table + strlen(table),
		"   0: %s:%04X %.*s:0000 %02X 00000000:00000000 00:00000000 00000000 %5d "
		"       0 %u 1 0000000000000000 100 0 0 10 0\n",
		address, (unsigned int)port, (int)strlen(address),
		"00000000000000000000000000000000", (unsigned int)state, uid, inode);
}

/* 127.0.0.1, as this machine's kernel prints it. */
static inline const char *made_loopback(void)
{
	static char text[9];
	const unsigned char bytes[4] = {127, 0, 0, 1};
	unsigned int word;

	memcpy(&word, bytes, 4);
	snprintf(text, sizeof(text), "%08X", word);
	return text;
}

static inline void made_unix(
	struct made_proc *m, const char *path, const char *flags, unsigned int inode)
{
	sprintf(m->unix_ + strlen(m->unix_),
		"0000000000000000: 00000002 00000000 %s 0001 01 %u %s\n", flags, inode,
		path);
}

static inline void made_process_files(
	const struct made_proc *m, const struct made_process *p)
{
	FILE *f = made_file(m, "%d/stat", p->pid);

	fprintf(f, "%d (a) b) S %d 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 %d 23\n",
		p->pid, p->parent, p->start);
	fclose(f);
	f = made_file(m, "%d/status", p->pid);
	fprintf(f, "Name:\tx\nUid:\t%d\t0\t0\t0\nGid:\t0\t0\t0\t0\n", p->uid);
	fclose(f);
	f = made_file(m, "%d/comm", p->pid);
	fprintf(f, "%s\n", p->comm);
	fclose(f);
	f = made_file(m, "%d/cmdline", p->pid);
	for (size_t i = 0; i < 6 && p->arguments[i] != NULL; i++)
		fwrite(p->arguments[i], 1, strlen(p->arguments[i]) + 1, f);
	fclose(f);
	f = made_file(m, "%d/cgroup", p->pid);
	fprintf(f, "%s\n", p->group == NULL ? "0::/" : p->group);
	fclose(f);
}

static inline void made_process(const struct made_proc *m, const struct made_process *p)
{
	made_folder(m, "%d", p->pid);
	made_process_files(m, p);
	if (p->folder != NULL)
		made_link(m, p->folder, "%d/cwd", p->pid);
	made_folder(m, "%d/fd", p->pid);
	made_link(m, "/dev/null", "%d/fd/0", p->pid);
	for (size_t i = 0; i < 6 && p->inodes[i] != 0; i++) {
		char target[40];

		snprintf(target, sizeof(target), "socket:[%u]", p->inodes[i]);
		made_link(m, target, "%d/fd/%zu", p->pid, i + 3);
	}
}

static inline void made_process_ends(const struct made_proc *m, int pid)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s/%d", m->root, pid);
	ck_assert_int_eq(system(command), 0);
}

#endif
