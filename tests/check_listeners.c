#include "engine/listeners.h"

#include "engine/str.h"
#include "tests/made_proc.h"
#include "tests/suite.h"

static const struct listener *of_inode(const struct listeners *l, unsigned int inode)
{
	for (size_t i = 0; i < listeners_count(l); i++)
		if (listeners_at(l, i)->inode == inode)
			return listeners_at(l, i);
	ck_abort_msg("no listener has the inode %u", inode);
	return NULL;
}

static struct listeners *read_all(const struct made_proc *m)
{
	struct listeners *l = listeners_new(m->root);
	struct err e;

	ck_assert_ptr_nonnull(l);
	made_tables(m);
	ck_assert_msg(listeners_read(l, &e), "%s", e.text);
	return l;
}

/* As on a machine of this byte order. */
static const char *words(const unsigned char *bytes, size_t count)
{
	static char text[40];

	for (size_t i = 0; i < count; i += 4) {
		unsigned int word;

		memcpy(&word, bytes + i, 4);
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%08X", word);
	}
	return text;
}

START_TEST(addresses_are_those_to_connect_to)
{
	static const struct {
		unsigned char bytes[16];
		size_t count;
		const char *host;
		bool is_any_ipv6, is_loopback;
	} rows[] = {
		{{127, 0, 0, 1}, 4, "127.0.0.1", false, true},
		{{127, 1, 2, 3}, 4, "127.1.2.3", false, true},
		{{0}, 4, "127.0.0.1", false, true},
		{{192, 168, 1, 2}, 4, "192.168.1.2", false, false},
		{{0}, 16, "127.0.0.1", true, true},
		{{[15] = 1}, 16, "[::1]", false, true},
		{{[10] = 255, 255, 127, 0, 0, 1}, 16, "127.0.0.1", false, true},
		{{0xfd, 1, [15] = 2}, 16, "[fd01::2]", false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made_proc m;

		made_begin(&m);
		made_tcp(rows[i].count == 4 ? m.tcp : m.tcp6,
			words(rows[i].bytes, rows[i].count), 8080, 10, 1000, 77);
		struct listeners *l = read_all(&m);
		ck_assert_msg(listeners_count(l) == 1, "%s", rows[i].host);
		const struct listener *at = listeners_at(l, 0);
		ck_assert_str_eq(at->host, rows[i].host);
		ck_assert_msg(at->is_any_ipv6 == rows[i].is_any_ipv6 &&
				      at->is_loopback == rows[i].is_loopback,
			"%s", rows[i].host);
		ck_assert(at->port == 8080 && at->uid == 1000 && at->inode == 77);
		ck_assert(!at->is_unix && at->path == NULL);
		listeners_free(l);
		made_end(&m);
	}
}
END_TEST

START_TEST(only_sockets_that_listen)
{
	struct made_proc m;

	made_begin(&m);
	made_tcp(m.tcp, made_loopback(), 8080, 10, 1000, 1);
	made_tcp(m.tcp, made_loopback(), 8081, 10, 1000, 2);
	made_tcp(m.tcp, made_loopback(), 8082, 1, 1000, 3);
	made_tcp(m.tcp6, "00000000000000000000000001000000", 8083, 6, 1000, 4);
	made_unix(&m, "/run/a b.sock", "00010000", 5);
	made_unix(&m, "/run/connected", "00000000", 6);
	made_unix(&m, "@abstract", "00010000", 7);
	made_unix(&m, "", "00010000", 8);
	struct listeners *l = read_all(&m);
	ck_assert_uint_eq(listeners_count(l), 3);
	ck_assert_ptr_nonnull(of_inode(l, 1));
	ck_assert_ptr_nonnull(of_inode(l, 2));
	ck_assert_str_eq(of_inode(l, 5)->path, "/run/a b.sock");
	ck_assert(of_inode(l, 5)->is_unix);
	listeners_free(l);
	made_end(&m);
}
END_TEST

/* Behind those that listen, a table may go on for megabytes. */
START_TEST(a_long_table_is_not_read_to_its_end)
{
	struct made_proc m;
	struct err e;

	made_begin(&m);
	made_tcp(m.tcp, made_loopback(), 8080, 10, 1000, 1);
	FILE *f = made_file(&m, "net/tcp");
	fprintf(f, "heading\n%s", m.tcp);
	m.tcp[0] = '\0';
	made_tcp(m.tcp, made_loopback(), 9000, 1, 0, 2);
	for (size_t i = 0; i < 40000; i++)
		fputs(m.tcp, f);
	m.tcp[0] = '\0';
	made_tcp(m.tcp, made_loopback(), 9001, 10, 0, 3);
	fputs(m.tcp, f);
	fclose(f);
	struct listeners *l = listeners_new(m.root);
	ck_assert(listeners_read(l, &e));
	ck_assert_uint_eq(listeners_count(l), 1);
	listeners_free(l);
	made_end(&m);
}
END_TEST

START_TEST(lines_that_are_none_are_passed_over)
{
	static const char *const lines[] = {
		"",
		"\n\n\n",
		"   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0",
		"   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 0",
		"   0: 0100007F:0000 00000000:0000 0A 0:0 00:0 0 1000 0 5",
		"   0: 0100007F:10000 00000000:0000 0A 0:0 00:0 0 1000 0 5",
		"   0: 0100007F 00000000:0000 0A 0:0 00:0 0 1000 0 5",
		"   0: 0100007G:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 5",
		"   0: 010000:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 5",
		"   0: 0100007F:1F90 00000000:0000 XX 0:0 00:0 0 1000 0 5",
		"   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 -1 0 5",
		"   0: 0100007F:1F90 0:0 0A 0:0 00:0 0 1000 0 99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct made_proc m;

		made_begin(&m);
		strcpy(m.tcp, lines[i]);
		struct listeners *l = read_all(&m);
		ck_assert_msg(listeners_count(l) == 0, "%s", lines[i]);
		listeners_free(l);
		made_end(&m);
	}
}
END_TEST

START_TEST(without_a_table_it_says_so)
{
	struct listeners *l = listeners_new("/nonexistent");
	struct err e;

	ck_assert(!listeners_read(l, &e));
	ck_assert_str_eq(e.text, "/nonexistent/net/tcp: No such file or directory");
	ck_assert(listeners_find_holders(l, 1));
	listeners_free(l);
}
END_TEST

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(processes_are_described)
{
	static const struct {
		struct made_process made;
		const char *program, *arguments, *unit, *container;
		bool leads;
	} rows[] = {
		{{.pid = 20,
			 .comm = "manager",
			 .arguments = {"/opt/manager", "--a", "-b c"}},
			"manager", "--a -b c", "", "", false},
		{{.pid = 20, .comm = "kworker"}, "kworker", "", "", "", false},
		{{.pid = 20,
			 .parent = 1,
			 .comm = "x",
			 .group = "0::/system.slice/op.service"},
			"x", "", "op.service", "", true},
		{{.pid = 20,
			 .parent = 19,
			 .comm = "x",
			 .group = "0::/system.slice/cron.service/sub"},
			"x", "", "cron.service", "", false},
		{{.pid = 20,
			 .parent = 18,
			 .comm = "x",
			 .group = "0::/user.slice/user-1.slice/user@1.service/app.slice/"
				  "op.service"},
			"x", "", "op.service", "", true},
		{{.pid = 20,
			 .parent = 1,
			 .comm = "x",
			 .group =
				 "0::/user.slice/user-1.slice/user@1.service/init.scope"},
			"x", "", "", "", false},
		{{.pid = 20,
			 .comm = "x",
			 .group = "0::/system.slice/docker-" ID ".scope"},
			"x", "", "", "0123456789ab", false},
		{{.pid = 20,
			 .comm = "x",
			 .group = "12:memory:/kubepods/pod1/" ID
				  "\n1:name=systemd:/system.slice/"
				  "containerd.service"},
			"x", "", "containerd.service", "0123456789ab", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made_proc m;
		struct made_process p = rows[i].made;
		const struct made_process systemd = {.pid = 18, .comm = "systemd"};
		const struct made_process shell = {.pid = 19, .comm = "sh"};

		p.start = 4711;
		p.uid = 1001;
		p.folder = "/home/x";
		p.inodes[0] = 5;
		made_begin(&m);
		made_process(&m, &systemd);
		made_process(&m, &shell);
		made_process(&m, &p);
		made_tcp(m.tcp, made_loopback(), 8080, 10, 1000, 5);
		struct listeners *l = read_all(&m);
		ck_assert_ptr_null(listeners_at(l, 0)->process);
		ck_assert(listeners_find_holders(l, 1000));
		const struct listener_process *seen = listeners_at(l, 0)->process;
		ck_assert_msg(seen != NULL, "row %zu", i);
		ck_assert(seen->pid == 20 && seen->uid == 1001 && seen->start == 4711);
		ck_assert_str_eq(seen->comm, p.comm);
		ck_assert_str_eq(seen->folder, "/home/x");
		ck_assert_str_eq(seen->program, rows[i].program);
		ck_assert_str_eq(seen->arguments, rows[i].arguments);
		ck_assert_str_eq(seen->unit, rows[i].unit);
		ck_assert_str_eq(seen->container, rows[i].container);
		ck_assert_msg(seen->leads_unit == rows[i].leads, "row %zu", i);
		listeners_free(l);
		made_end(&m);
	}
}
END_TEST

START_TEST(a_search_goes_on_where_it_was)
{
	struct made_proc m;
	struct err e;
	size_t steps = 1;

	made_begin(&m);
	for (int pid = 10; pid < 30; pid++)
		made_process(&m,
			&(struct made_process){
				.pid = pid, .comm = "x", .inodes = {(unsigned int)pid}});
	made_tcp(m.tcp, made_loopback(), 8080, 10, 1000, 29);
	made_tcp(m.tcp, made_loopback(), 8081, 10, 1000, 99);
	struct listeners *l = read_all(&m);
	while (!listeners_find_holders(l, 4))
		steps++;
	ck_assert_uint_ge(steps, 10);
	ck_assert_int_eq(of_inode(l, 29)->process->pid, 29);
	ck_assert(of_inode(l, 99)->is_searched && of_inode(l, 99)->process == NULL);

	/* what is known stays, and is not looked for again */
	made_process_ends(&m, 29);
	ck_assert(listeners_read(l, &e));
	ck_assert(listeners_find_holders(l, 1));
	ck_assert_int_eq(of_inode(l, 29)->process->pid, 29);
	m.tcp[0] = '\0';
	made_tables(&m);
	ck_assert(listeners_read(l, &e));
	ck_assert_uint_eq(listeners_count(l), 0);
	listeners_free(l);
	made_end(&m);
}
END_TEST

START_TEST(several_sockets_of_a_process_have_one)
{
	struct made_proc m;

	made_begin(&m);
	made_process(&m, &(struct made_process){
				 .pid = 10, .start = 5, .comm = "x", .inodes = {1, 2}});
	/* a child that has inherited one of them */
	made_process(&m,
		&(struct made_process){.pid = 9, .start = 6, .comm = "y", .inodes = {2}});
	made_tcp(m.tcp, made_loopback(), 8080, 10, 1000, 1);
	made_tcp(m.tcp, made_loopback(), 8081, 10, 1000, 2);
	struct listeners *l = read_all(&m);
	ck_assert(listeners_find_holders(l, 1000));
	ck_assert_ptr_eq(of_inode(l, 1)->process, of_inode(l, 2)->process);
	ck_assert_int_eq(of_inode(l, 1)->process->pid, 10);
	listeners_free(l);
	made_end(&m);
}
END_TEST

START_TEST(this_machine_can_be_read)
{
	struct listeners *l = listeners_new("/proc");
	struct err e;

	ck_assert_msg(listeners_read(l, &e), "%s", e.text);
	ck_assert(listeners_find_holders(l, 1000000));
	listeners_free(l);
}
END_TEST

SUITE("listeners", addresses_are_those_to_connect_to, only_sockets_that_listen,
	a_long_table_is_not_read_to_its_end, lines_that_are_none_are_passed_over,
	without_a_table_it_says_so, processes_are_described,
	a_search_goes_on_where_it_was, several_sockets_of_a_process_have_one,
	this_machine_can_be_read)
