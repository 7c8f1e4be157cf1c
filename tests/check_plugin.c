/* The real operator.so against a daemon that is none (fake_collectd.h): configuration in,
 * value lists, log lines and notifications out. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fake_collectd.h"
#include "tests/fake_server.h"
#include "tests/suite.h"

#define MODULE ".libs/operator.so"

/* Long enough for a Timeout that no machine stalls for, while the delays of the endpoints
 * "a" and "a b" behind the tick, which hang on their names, are 0.11 and 0.01 s. */
#define INTERVAL_A      12.5
#define INTERVAL_A_B    18.75
#define TIMEOUT_SECONDS 10.

/* ---- a folder for the state ---- */

static char folder[] = "/tmp/check_plugin.XXXXXX";

static void make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
	char *command = NULL;

	ck_assert_int_gt(asprintf(&command, "rm -rf '%s'", folder), 0);
	ck_assert_int_eq(system(command), 0);
	free(command);
}

/* ---- the plugin, configured ---- */

/* One endpoint, "a", at a path of the server; options outside of it. */
static void configure(struct fake_server *s, const char *path, const char *options)
{
	char *text = NULL;

	ck_assert_int_gt(
		asprintf(&text,
			"%sStateDir \"%s/state\"\n"
			"<Endpoint \"a\">\nURL \"127.0.0.1:%d%s\"\n</Endpoint>\n",
			options, folder, fake_server_port(s), path),
		0);
	ck_assert_int_eq(fake_config(text), 0);
	free(text);
}

/* Replaces each time of a page by the number of the page, counted from `first`, so that
 * what was sent can be compared; response times are 0. */
static char *with_page_numbers(char *lines, int first)
{
	char times[8][32];
	int count = 0;
	char *out = calloc(1, strlen(lines) + 1);

	ck_assert_ptr_nonnull(out);
	for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *time = strrchr(line, ' ') + 1;
		char *value = strrchr(line, ':');
		int page = 0;

		*value++ = '\0';
		while (page < count && strcmp(times[page], time) != 0)
			page++;
		if (page == count) {
			ck_assert_int_lt(count, 8);
			ck_assert_uint_lt(strlen(time), sizeof(times[0]));
			strcpy(times[count++], time);
		}
		time[-1] = '\0';
		sprintf(out + strlen(out), "%s %d:%s\n", line, first + page,
			strstr(line, "/response_time-") != NULL ? "0" : value);
	}
	free(lines);
	return out;
}

static const char page_one[] =
	"# TYPE workqueue_adds_total counter\n"
	"workqueue_adds_total{controller=\"memcached\",name=\"memcached\"} 7\n"
	"# TYPE workqueue_depth gauge\n"
	"workqueue_depth{controller=\"memcached\",name=\"memcached\",priority=\"0\"} 3\n";

static const char page_two[] =
	"# TYPE workqueue_adds_total counter\n"
	"workqueue_adds_total{controller=\"issuer\",name=\"issuer\"} 2\n"
	"workqueue_adds_total{controller=\"memcached\",name=\"memcached\"} 9\n"
	"# TYPE workqueue_depth gauge\n"
	"workqueue_depth{controller=\"memcached\",name=\"memcached\",priority=\"0\"} 4\n";

/* Reads, and waits until `count` attempts were made in all. */
static void attempt(size_t count)
{
	ck_assert_int_eq(fake_read(), 0);
	ck_assert(fake_await_attempts(count));
}

static void attempt_page(struct fake_server *s, const char *page, size_t count)
{
	fake_server_set_page(s, page, strlen(page));
	attempt(count);
}

/* Configured for one endpoint and started. */
static void begin(struct fake_server *s, const char *path, const char *options)
{
	make_folder();
	fake_load(MODULE, INTERVAL_A);
	configure(s, path, options);
	ck_assert_int_eq(fake_init(), 0);
}

static void end(struct fake_server *s)
{
	ck_assert_int_eq(fake_shutdown(), 0);
	fake_server_stop(s);
	remove_folder();
}

#define FROM "PUTVAL host.example/operator-a/"
#define AT   " interval=12.5 "

START_TEST(values_have_finished_names_and_the_time_of_their_page)
{
	struct fake_server *s = fake_server_start(NULL);

	begin(s, "/ok", "");
	attempt_page(s, page_one, 1);
	attempt_page(s, page_two, 2);
	end(s);
	char *have = with_page_numbers(fake_values(NULL), 0);

	ck_assert_str_eq(have, FROM
		"total_operations-add-memcached" AT "0:7\n" FROM
		"queue_length-depth-memcached" AT "0:3\n" FROM "gauge-up" AT "0:1\n" FROM
		"response_time-scrape" AT "0:0\n" FROM "response_code-scrape" AT
		"0:200\n" FROM "bytes-page" AT "0:201\n" FROM "objects-samples" AT
		"0:2\n" FROM "objects-series" AT "0:2\n" FROM "errors-bad_lines" AT
		"0:0\n" FROM "total_operations-add-issuer" AT "0:0\n" FROM
		"total_operations-add-memcached" AT "1:9\n" FROM
		"queue_length-depth-memcached" AT "1:4\n" FROM
		"total_operations-add-issuer" AT "1:2\n" FROM "gauge-up" AT "1:1\n" FROM
		"response_time-scrape" AT "1:0\n" FROM "response_code-scrape" AT
		"1:200\n" FROM "bytes-page" AT "1:259\n" FROM "objects-samples" AT
		"1:3\n" FROM "objects-series" AT "1:3\n" FROM "errors-bad_lines" AT
		"1:0\n");
	free(have);
}
END_TEST

START_TEST(a_stored_page_fills_the_cache_and_is_the_page_before)
{
	struct fake_server *s = fake_server_start(NULL);

	begin(s, "/ok", "");
	attempt_page(s, page_one, 1);
	ck_assert_int_eq(fake_shutdown(), 0);
	char *cached = fake_cached(NULL);

	ck_assert_str_eq(cached, "");
	free(cached);

	configure(s, "/ok", "");
	ck_assert_int_eq(fake_init(), 0);
	cached = with_page_numbers(fake_cached("/total_operations-add"), 0);
	ck_assert_str_eq(cached, FROM "total_operations-add-memcached" AT "0:7\n");
	free(cached);
	attempt_page(s, page_two, 2);
	end(s);
	char *have = with_page_numbers(fake_values("/total_operations-add"), 0);

	ck_assert_str_eq(have, FROM "total_operations-add-memcached" AT "0:7\n" FROM
				    "total_operations-add-issuer" AT "0:0\n" FROM
				    "total_operations-add-memcached" AT "1:9\n" FROM
				    "total_operations-add-issuer" AT "1:2\n");
	free(have);
}
END_TEST

START_TEST(a_page_may_say_when_it_was_so)
{
	struct fake_server *s = fake_server_start(NULL);
	long long then = (long long)time(NULL) - 5;
	char *page = NULL, *expected = NULL;

	ck_assert_int_gt(asprintf(&page, "my_x 1 %lld000\nmy_y 2\n", then), 0);
	ck_assert_int_gt(
		asprintf(&expected, FROM "gauge-my_x" AT "%lld000:1\n", then), 0);
	begin(s, "/ok", "Family \"my_*\"\nHonorTimestamps true\n");
	attempt_page(s, page, 1);
	attempt_page(s, page, 2);
	end(s);
	char *have = fake_values("/gauge-my_x");
	char *plain = fake_values("/gauge-my_y");

	ck_assert_str_eq(have, expected);
	ck_assert_ptr_nonnull(strchr(strchr(plain, '\n') + 1, '\n'));
	free(have);
	free(plain);
	free(page);
	free(expected);
}
END_TEST

/* What is sent of a family that the page of the process before lacks. */
static char *after_a_page_without_it(const char *options)
{
	static const char less[] = "# TYPE go_threads gauge\ngo_threads 3\n";
	struct fake_server *s = fake_server_start(NULL);

	begin(s, "/ok", options);
	attempt_page(s, less, 1);
	ck_assert_int_eq(fake_shutdown(), 0);
	configure(s, "/ok", options);
	ck_assert_int_eq(fake_init(), 0);
	attempt_page(s, page_one, 2);
	end(s);
	return with_page_numbers(fake_values("/total_operations-add"), 0);
}

START_TEST(a_family_that_was_not_there_has_counted_from_zero)
{
	char *have = after_a_page_without_it("");

	ck_assert_str_eq(have, FROM "total_operations-add-memcached" AT "0:0\n" FROM
				    "total_operations-add-memcached" AT "1:7\n");
	free(have);
}
END_TEST

/* Nobody knows what that process asked for. */
START_TEST(a_family_that_may_not_have_been_asked_for_has_not)
{
	char *have = after_a_page_without_it("NameFilter true\n");

	ck_assert_str_eq(have, FROM "total_operations-add-memcached" AT "0:7\n");
	free(have);
}
END_TEST

START_TEST(each_interval_has_one_read_callback)
{
	fake_load(MODULE, 10);
	ck_assert_int_eq(
		fake_config("StateDir \"\"\n"
			    "<Endpoint \"a\">\nURL \"127.0.0.1:1\"\n</Endpoint>\n"
			    "<Endpoint \"b\">\nURL \"127.0.0.1:1\"\nInterval "
			    "2.5\n</Endpoint>\n"
			    "<Endpoint \"c\">\nURL \"127.0.0.1:1\"\n</Endpoint>\n"),
		0);
	ck_assert_int_eq(fake_config("<Endpoint \"d\">\nURL \"127.0.0.1:1\"\nInterval "
				     "2.5\n</Endpoint>\n"),
		0);
	ck_assert_int_eq(fake_init(), 0);
	ck_assert_uint_eq(fake_reads(), 2);
	ck_assert_double_eq_tol(fake_read_interval(0), 10, 1e-6);
	ck_assert_double_eq_tol(fake_read_interval(1), 2.5, 1e-6);
	ck_assert_int_eq(fake_shutdown(), 0);
	char *log = fake_log("4 endpoints: 2 every 10 s, 2 every 2.5 s; 0 warnings");

	ck_assert_str_ne(log, "");
	free(log);
}
END_TEST

static double seconds_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

START_TEST(an_endpoint_that_hangs_holds_nobody)
{
	struct fake_server *s = fake_server_start(NULL);
	struct timespec from;

	begin(s, "/hang", "");
	clock_gettime(CLOCK_MONOTONIC, &from);
	ck_assert_int_eq(fake_read(), 0);
	end(s);
	ck_assert_double_lt(seconds_since(&from), TIMEOUT_SECONDS / 2);
}
END_TEST

/* What is wrong with a block, and what one line of the log says of it. Each endpoint that
 * is left has a name of its own. */
static const struct {
	const char *config;
	const char *said[4];
} bad_configs[] = {
	{"Colour \"blue\"\n", {"<Plugin operator>", "Colour"}},
	{"<Endpoint \"a\">\nURL \":1\"\nTimout 1000\n</Endpoint>\n",
		{"<Endpoint \"a\">", "Timout", "Timeout"}},
	{"<Endpoint \"b\">\nURL \":1\"\nVerifyPeer \"maybe\"\n</Endpoint>\n",
		{"<Endpoint \"b\">", "VerifyPeer", "\"maybe\""}},
	{"<Endpoint \"no-url\">\n</Endpoint>\n", {"<Endpoint \"no-url\">", "URL"}},
	{"<Endpoint>\nURL \":1\"\n</Endpoint>\n", {"<Endpoint>", "needs one name"}},
	{"<Endpoint 5>\nURL \":1\"\n</Endpoint>\n", {"<Endpoint>", "needs one name"}},
	{"<Endpoint \"a\">\nURL \":2\"\n</Endpoint>\n", {"<Endpoint \"a\">"}},
	{"<Endpint \"c\">\nURL \":1\"\n</Endpint>\n", {"<Endpint>", "no such block"}},
	{"<Endpoint \"d\">\nURL \":1\"\n<Header>\nX \"1\"\n</Header>\n</Endpoint>\n",
		{"<Endpoint \"d\">", "<Header>", "no such block"}},
	{"<VolumeAttachment>\nNode \"n\"\n</VolumeAttachment>\n",
		{"<VolumeAttachment>", "needs one name"}},
	{"<VolumeAttachment \"v\">\nURL \":1\"\n</VolumeAttachment>\n",
		{"<VolumeAttachment \"v\">", "URL belongs", "<Endpoint"}},
	{"<VolumeAttachment \"w\">\nServer \":1\"\nDriver \"d\"\nVolumeHandle "
	 "\"h\"\n</VolumeAttachment>\n",
		{"<VolumeAttachment \"w\">", "no Node"}},
	{"<VolumeAttachment \"x\">\nServer \"ftp://h\"\nNode \"n\"\nVolumeHandle "
	 "\"h\"\n</VolumeAttachment>\n",
		{"<VolumeAttachment \"x\">", "Server \"ftp://h\"", "scheme"}},
	{"<Discover>\nURL \":1\"\n</Discover>\n", {"<Discover>: URL belongs into"}},
	{"<Discover \"x\">\n</Discover>\n", {"<Discover>", "takes no name"}},
	{"Listeners true\n", {"Listeners belongs into a <Discover> block"}},
};

/* Is there a warning with all these words in it? */
static bool is_said(const char *const words[4])
{
	char *log = fake_log(" operator plugin: <Plugin operator>");
	bool found = false;

	for (char *line = strtok(log, "\n"); line != NULL && !found;
		line = strtok(NULL, "\n")) {
		found = true;
		for (size_t i = 0; i < 4 && words[i] != NULL; i++)
			found = found && strstr(line, words[i]) != NULL;
	}
	free(log);
	return found;
}

START_TEST(bad_configuration_is_left_out_and_named)
{
	const size_t count = sizeof(bad_configs) / sizeof(bad_configs[0]);

	fake_load(MODULE, 10);
	ck_assert_int_eq(fake_config("StateDir \"\"\n"), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(fake_config(bad_configs[i].config), 0);
	ck_assert_int_eq(fake_init(), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(is_said(bad_configs[i].said), "nothing said of %s; but\n%s",
			bad_configs[i].config, fake_log(NULL));
	char *started =
		fake_log("3 endpoints: 3 every 10 s, and those found; 18 warnings");

	ck_assert_msg(*started != '\0', "%s", fake_log(NULL));
	free(started);
	ck_assert_int_eq(fake_shutdown(), 0);
}
END_TEST

/* ---- endpoints that are found ---- */

static void write_targets(const char *json)
{
	char *path = NULL;

	ck_assert_int_gt(asprintf(&path, "%s/targets.json", folder), 0);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(json, f);
	fclose(f);
	free(path);
}

/* The server's /token is a target. */
static void configure_discovery(struct fake_server *s)
{
	char *text = NULL;

	ck_assert_int_gt(
		asprintf(&text,
			"[{\"targets\": [\"127.0.0.1:%d\"], \"labels\": {"
			"\"__metrics_path__\": \"/token\", \"instance\": \"a b\"}}]",
			fake_server_port(s)),
		0);
	write_targets(text);
	free(text);
	ck_assert_int_gt(asprintf(&text,
				 "StateDir \"%s/state\"\nBearerToken \"wrong\"\n"
				 "<Discover>\nFiles \"%s/*.json\"\nHost \"other\"\n"
				 "BearerToken \"abc\"\n</Discover>\n",
				 folder, folder),
		0);
	ck_assert_int_eq(fake_config(text), 0);
	free(text);
}

/* lines: fake_log or fake_cached. */
static void await(char *lines(const char *match), const char *match)
{
	bool is_there = false;

	while (!is_there) {
		char *have = lines(match);

		is_there = *have != '\0';
		free(have);
		sched_yield();
	}
}

START_TEST(what_is_found_is_read_with_the_options_of_its_block)
{
	struct fake_server *s = fake_server_start(NULL);

	make_folder();
	fake_load(MODULE, 2);
	fake_server_set_token(s, "abc");
	configure_discovery(s);
	ck_assert_int_eq(fake_init(), 0);
	ck_assert_uint_eq(fake_reads(), 1);
	await(fake_log, "a_b, http://127.0.0.1:");
	attempt_page(s, page_one, 1);
	ck_assert_int_eq(fake_shutdown(), 0);
	char *have = fake_values("PUTVAL other/operator-a_b/gauge-up ");
	ck_assert_ptr_nonnull(strstr(have, ":1\n"));
	free(have);

	/* what it showed before is known once it is found again */
	configure_discovery(s);
	ck_assert_int_eq(fake_init(), 0);
	await(fake_cached, "other/operator-a_b/total_operations-add-memcached");
	attempt_page(s, page_two, 2);
	end(s);
	have = with_page_numbers(fake_values("/total_operations-add-issuer"), 0);
	ck_assert_ptr_nonnull(strstr(have, " 0:0\n"));
	ck_assert_ptr_nonnull(strstr(have, " 1:2\n"));
	free(have);
}
END_TEST

START_TEST(without_a_block_nothing_is_read)
{
	fake_load(MODULE, 10);
	ck_assert_int_eq(fake_init(), 0);
	ck_assert_uint_eq(fake_reads(), 0);
	ck_assert_int_eq(fake_shutdown(), 0);
}
END_TEST

START_TEST(a_collectd_of_other_sizes_is_refused)
{
	fake_load(MODULE, 10);
	fake_break_data_sets();
	ck_assert_int_eq(fake_config("<Endpoint \"a\">\nURL \":1\"\n</Endpoint>\n"), 0);
	ck_assert_int_eq(fake_init(), 0);
	ck_assert_uint_eq(fake_reads(), 0);
	char *log =
		fake_log("3 operator plugin: this collectd has no usable type \"gauge\"");

	ck_assert_str_ne(log, "");
	free(log);
	ck_assert_int_eq(fake_shutdown(), 0);
}
END_TEST

START_TEST(notifications_wait_for_a_read_callback)
{
	struct fake_server *s = fake_server_start(NULL);
	static const char broken[] = "no page\n";

	begin(s, "/ok", "Notifications true\nHost \"edge7\"\n");
	attempt_page(s, page_one, 1);
	attempt_page(s, broken, 2);
	attempt_page(s, broken, 3);
	attempt_page(s, page_two, 4);
	attempt_page(s, page_two, 5);
	ck_assert_int_eq(fake_read(), 0);
	char *have = fake_notifications(NULL);

	ck_assert_msg(strncmp(have, "1 edge7 a ", 10) == 0, "%s", have);
	ck_assert_msg(strstr(have, "\n4 edge7 a ") != NULL, "%s", have);
	free(have);
	end(s);
}
END_TEST

SUITE("plugin", values_have_finished_names_and_the_time_of_their_page,
	a_stored_page_fills_the_cache_and_is_the_page_before,
	a_page_may_say_when_it_was_so, a_family_that_was_not_there_has_counted_from_zero,
	a_family_that_may_not_have_been_asked_for_has_not,
	each_interval_has_one_read_callback, an_endpoint_that_hangs_holds_nobody,
	bad_configuration_is_left_out_and_named, without_a_block_nothing_is_read,
	what_is_found_is_read_with_the_options_of_its_block,
	a_collectd_of_other_sizes_is_refused, notifications_wait_for_a_read_callback)
