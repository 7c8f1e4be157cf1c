#include "engine/naming.h"

#include <string.h>

#include "tests/suite.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char *text_of(struct buf *b)
{
	buf_addc(b, '\0');
	ck_assert(buf_ok(b));
	return b->at;
}

START_TEST(escapes)
{
	static const struct {
		const char *raw, *instance, *subject, *detail;
	} rows[] = {
		{"", "_", "_", "_"},
		{"memcached", "memcached", "memcached", "memcached"},
		{"10.0.0.1:8080", "10.0.0.1:8080", "10.0.0.1:8080", "10.0.0.1:8080"},
		{"a-b_c", "a-b_c", "a-b_c", "a_b_c"},
		{"/validate-v1", "_validate-v1", "_validate-v1", "_validate_v1"},
		{"<error>", "_error_", "_error_", "_error_"},
		{"gr\xc3\xb6\xc3\x9f", "gr____", "gr____", "gr____"},
		{"a b\n;=", "a_b___", "a_b___", "a_b___"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		name_add_instance(&b, str_of(rows[i].raw));
		buf_addc(&b, '|');
		name_add_subject(&b, str_of(rows[i].raw));
		buf_addc(&b, '|');
		name_add_detail(&b, str_of(rows[i].raw));
		buf_addc(&b, '|');
		name_add_escaped(&b, str_of(rows[i].raw));

		struct buf expected;
		buf_init(&expected, 1000);
		buf_addf(&expected, "%s|%s|%s|%s", rows[i].instance, rows[i].subject,
			rows[i].detail, rows[i].subject);
		ck_assert_str_eq(text_of(&b), text_of(&expected));
		buf_free(&b);
		buf_free(&expected);
	}
}
END_TEST

START_TEST(takes_nul_for_an_odd_byte)
{
	struct buf b;

	buf_init(&b, 100);
	name_add_subject(&b, STR("a\0b"));
	ck_assert_str_eq(text_of(&b), "a_b");
	buf_free(&b);
}
END_TEST

/* Hashes by an FNV-1a/32 written in another language. */
START_TEST(shortens)
{
	char raw[200];
	struct buf b;

	memset(raw, 'a', sizeof(raw));
	raw[0] = '/';
	buf_init(&b, 1000);

	name_add_subject(&b, (struct str){raw, 90});
	ck_assert_uint_eq(b.len, 90);
	ck_assert_int_eq(b.at[89], 'a');
	buf_reset(&b);
	name_add_subject(&b, (struct str){raw, 91});
	ck_assert_uint_eq(b.len, 90);
	ck_assert_str_eq(text_of(&b) + 79, "aa_2122745c");
	buf_reset(&b);
	name_add_instance(&b, (struct str){raw, 127});
	ck_assert_uint_eq(b.len, 127);
	ck_assert_int_eq(b.at[126], 'a');
	buf_reset(&b);
	name_add_instance(&b, (struct str){raw, 128});
	ck_assert_uint_eq(b.len, 127);
	ck_assert_str_eq(text_of(&b) + 116, "aa_8dea8c7b");
	buf_reset(&b);
	name_add_detail(&b, (struct str){raw, 200});
	ck_assert_uint_eq(b.len, 200);
	buf_free(&b);
}
END_TEST

START_TEST(shortens_several_values_as_one)
{
	char raw[80];
	struct buf b;
	struct buf whole;

	memset(raw, 'b', sizeof(raw));
	raw[79] = '-';
	buf_init(&b, 1000);
	buf_init(&whole, 1000);
	buf_add(&b, STR("gauge-"));
	size_t from = b.len;
	name_add_escaped(&b, (struct str){raw, 80});
	name_add_escaped(&b, (struct str){raw, 30});
	name_limit_subject(&b, from);
	buf_add(&whole, (struct str){raw, 80});
	buf_add(&whole, (struct str){raw, 30});
	uint32_t hash = str_fnv1a(buf_str(&whole));
	buf_reset(&whole);
	buf_addf(&whole, "gauge-%.80sb_%08x", raw, hash);
	ck_assert_str_eq(text_of(&b), text_of(&whole));
	buf_free(&b);
	buf_free(&whole);
}
END_TEST

START_TEST(adds_nothing_to_a_failed_buffer)
{
	struct buf b;

	buf_init(&b, 50);
	name_add_subject(&b, STR("12345678901234567890123456789012345678901234567890"
				 "12345678901234567890123456789012345678901234567890"));
	ck_assert(!buf_ok(&b));
	ck_assert_uint_eq(b.len, 0);
	name_add_instance(&b, STR("x"));
	name_limit_subject(&b, 0);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
}
END_TEST

START_TEST(parses_identifiers)
{
	static const struct {
		const char *identifier, *parts; /* NULL: not ours */
	} rows[] = {
		{"h/operator-x/latency-reconcile-a-b-percentile_99",
			"h|x|latency|reconcile|a-b-percentile_99|"},
		{"operator-x/gauge-up", "|x|gauge|up||"},
		{"a.b/operator-x-y/gauge-up", "a.b|x-y|gauge|up||"},
		{"h/operator/gauge-attached-csi-1", "h||gauge|attached|csi-1|"},
		{"operator/gauge-attached-csi-1", "||gauge|attached|csi-1|"},
		{"operator-x/derive-go_sched-", "|x|derive|go_sched||"},
		{"", NULL},
		{"operator-x", NULL},
		{"operator-x/", NULL},
		{"operator-x/gauge", NULL},
		{"operator-x/gauge-", NULL},
		{"operator-x/-up", NULL},
		{"operator-/gauge-up", NULL},
		{"operators-x/gauge-up", NULL},
		{"operator2/gauge-up", NULL},
		{"load/load", NULL},
		{"h/cpu-0/cpu-idle", NULL},
		{"/operator-x/gauge-up", NULL},
		{"h/h/operator-x/gauge-up", NULL},
		{"h/operator-x/gauge-up/y", NULL},
		{"h/operator-x/gauge-a-b/y", NULL},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct name_parts p;
		struct err e;
		bool is_ours = name_parse(str_of(rows[i].identifier), &p, &e);

		ck_assert_msg(
			is_ours == (rows[i].parts != NULL), "%s", rows[i].identifier);
		if (!is_ours) {
			ck_assert_int_eq(e.code, ERR_SYNTAX);
			continue;
		}
		struct buf b;
		buf_init(&b, 1000);
		buf_addf(&b, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(p.host),
			STR_ARG(p.instance), STR_ARG(p.type), STR_ARG(p.what),
			STR_ARG(p.subject), STR_ARG(p.detail));
		ck_assert_str_eq(text_of(&b), rows[i].parts);
		buf_free(&b);
	}
}
END_TEST

/* By the rules of collectd 5.12's format_graphite.c. */
START_TEST(writes_graphite_paths)
{
	static const struct {
		const char *host, *instance, *type, *type_instance, *path;
	} rows[] = {
		{"node1.example.com", "cert-manager", "total_operations",
			"reconcile-certificates-success",
			"node1_example_com.operator-cert-manager."
			"total_operations-reconcile-certificates-success"},
		{"h", "10.0.0.1:8080", "latency", "webhook-_a.b-percentile_99",
			"h.operator-10_0_0_1_8080.latency-webhook-_a_b-percentile_99"},
		{"h", "", "gauge", "attached-x", "h.operator.gauge-attached-x"},
		{"h", "x", "gauge", "", "h.operator-x.gauge"},
		{"a b\t\n\x7f\"\\:!,/()", "x", "gauge", "=;{}[]*\xc3\xbc",
			"a_b___________.operator-x.gauge-=;{}[]*\xc3\xbc"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		name_add_graphite(&b, str_of(rows[i].host), str_of(rows[i].instance),
			str_of(rows[i].type), str_of(rows[i].type_instance));
		ck_assert_str_eq(text_of(&b), rows[i].path);
		buf_free(&b);
	}
}
END_TEST

SUITE("naming", escapes, takes_nul_for_an_odd_byte, shortens,
	shortens_several_values_as_one, adds_nothing_to_a_failed_buffer,
	parses_identifiers, writes_graphite_paths)
