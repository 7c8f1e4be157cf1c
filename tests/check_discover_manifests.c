#include "engine/discover_manifests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/said.h"
#include "tests/suite.h"

struct scene {
	char folder[32];
	int64_t now_us;
	struct said said;
	struct clock clock;
	struct options options;
	struct discover_source source;
};

static int64_t now_us(void *ctx)
{
	return ((const struct scene *)ctx)->now_us;
}

static int64_t now_ms(void *ctx)
{
	return now_us(ctx) / 1000;
}

static void set_up(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->folder, "/tmp/check_manifests.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	said_init(&s->said);
	s->clock = (struct clock){s, now_ms, now_us};
	s->options.pod_manifests = s->folder;
	s->options.interval_seconds = 10;
	ck_assert(discover_manifests_open(
		&s->source, &s->options, &s->clock, &s->said.log));
	ck_assert(!s->source.has_looked(s->source.ctx));
}

static void tear_down(struct scene *s)
{
	char command[64];

	s->source.free(s->source.ctx);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->folder);
	ck_assert_int_eq(system(command), 0);
}

static void put(const struct scene *s, const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void drop(const struct scene *s, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	ck_assert_int_eq(unlink(path), 0);
}

/* A look one interval later; the list as `NAME URL`, a line each. */
static void expect(struct scene *s, bool is_new, const char *wanted)
{
	char text[1024] = "";
	size_t count;
	const struct discover_found *f;

	s->now_us += 10000000;
	ck_assert_int_eq(s->source.look(s->source.ctx), is_new);
	ck_assert_msg(!s->source.look(s->source.ctx), "before the next interval");
	ck_assert_int_eq(s->source.next_us(s->source.ctx), s->now_us + 10000000);
	ck_assert(s->source.has_looked(s->source.ctx));
	f = s->source.found(s->source.ctx, &count);
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s %s\n", f[i].name,
			f[i].options[0].value);
	}
	ck_assert_str_eq(text, wanted);
}

#define POD(name, port)                                                                  \
	"apiVersion: v1\nkind: Pod\nmetadata:\n  name: " name                            \
	"\n  namespace: kube-system\n  annotations:\n    prometheus.io/scrape: "         \
	"\"true\"\n"                                                                     \
	"    prometheus.io/port: \"" port "\"\nspec:\n  hostNetwork: true\n"

START_TEST(manifests_come_change_and_go)
{
	struct scene s;

	set_up(&s);
	expect(&s, false, "");
	put(&s, "a.yaml", POD("a", "8080"));
	put(&s, ".hidden.yaml", POD("h", "1"));
	expect(&s, true, "kube-system-a http://127.0.0.1:8080/metrics\n");
	expect(&s, false, "kube-system-a http://127.0.0.1:8080/metrics\n");
	put(&s, "b.json",
		"{\"metadata\":{\"name\":\"b\",\"annotations\":{"
		"\"prometheus.io/scrape\":\"true\",\"operator.collectd.org/"
		"name\":\"own\"}"
		"},\"spec\":{\"hostNetwork\":true,\"containers\":[{\"ports\":[{"
		"\"containerPort\":81}]}]}}");
	put(&s, "a.yaml", POD("a", "18080"));
	expect(&s, true,
		"kube-system-a http://127.0.0.1:18080/metrics\n"
		"own http://127.0.0.1:81/metrics\n");
	drop(&s, "a.yaml");
	expect(&s, true, "own http://127.0.0.1:81/metrics\n");
	ck_assert_str_eq(s.said.text, "");
	tear_down(&s);
}
END_TEST

START_TEST(what_is_wrong_is_said_and_left_out_alone)
{
	struct scene s;

	set_up(&s);
	put(&s, "a.yaml", POD("a", "8080"));
	put(&s, "bad.yaml", POD("bad", "none"));
	put(&s, "broken.yaml", "a: [\n");
	put(&s, "other.yaml", "kind: ConfigMap\n");
	for (int i = 0; i < 3; i++)
		expect(&s, i == 0, "kube-system-a http://127.0.0.1:8080/metrics\n");
	ck_assert_uint_eq(s.said.lines, 2);
	ck_assert_ptr_nonnull(
		strstr(s.said.text, "static pod kube-system/bad is left out: annotation "
				    "prometheus.io/port: "));
	ck_assert_ptr_nonnull(strstr(s.said.text, "/broken.yaml: line 2, column 1"));
	tear_down(&s);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_said)
{
	struct scene s;

	set_up(&s);
	ck_assert_int_eq(rmdir(s.folder), 0);
	expect(&s, false, "");
	ck_assert_ptr_nonnull(strstr(s.said.text, "No such file or directory"));
	tear_down(&s);
}
END_TEST

SUITE("discover_manifests", manifests_come_change_and_go,
	what_is_wrong_is_said_and_left_out_alone, a_folder_that_is_not_there_is_said)
