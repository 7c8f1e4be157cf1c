#include "engine/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

START_TEST(yaml_is_json)
{
	static const struct {
		const char *yaml;
		const char *json; /* NULL: cannot be read */
		const char *said;
	} rows[] = {
		{"a: 1\nb: [x, \"2\", '3', true, null, ~, false, -7, 1.5]\n",
			"{\"a\":1,\"b\":[\"x\",\"2\",\"3\",true,null,null,false,-7,\"1."
			"5\"]}",
			NULL},
		{"- a: b\n  c: |\n    one\n    two\n- {d: }\n",
			"[{\"a\":\"b\",\"c\":\"one\\ntwo\\n\"},{\"d\":null}]", NULL},
		{"x: &a {y: 1}\nz: *a\n", "{\"x\":{\"y\":1},\"z\":{\"y\":1}}", NULL},
		{"", "null", NULL},
		{"# nothing\n", "null", NULL},
		{"a: 1\n---\nb: 2\n", "{\"a\":1}", NULL},
		{"{\"json\": [1, \"two\"]}", "{\"json\":[1,\"two\"]}", NULL},
		{"a: [1\n", NULL, "line 2, column 1"},
		{"a: *b\n", NULL, "line 1, column 4"},
		{"? [a]\n: b\n", NULL, "a key that is no text"},
		{"a: &a [*a]\n", NULL, "too deep"},
		{"a: \xff\n", NULL, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e;
		json_t *value = yaml_read(str_of(rows[i].yaml), &e);
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		if (rows[i].json != NULL) {
			ck_assert_msg(value != NULL, "%s: %s", rows[i].yaml, e.text);
			ck_assert_str_eq(text, rows[i].json);
		} else {
			ck_assert_msg(value == NULL, "%s", rows[i].yaml);
			ck_assert_msg(strstr(e.text, rows[i].said) != NULL, "%s: %s",
				rows[i].yaml, e.text);
		}
		free(text);
		json_decref(value);
	}
}
END_TEST

START_TEST(aliases_of_aliases_end)
{
	static const char laughs[] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
				     "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
				     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
				     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
				     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
				     "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
	struct err e;

	ck_assert_ptr_null(yaml_read(str_of(laughs), &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
}
END_TEST

START_TEST(every_beginning_of_a_text_is_read_or_refused)
{
	static const char text[] =
		"a: &x {b: [1, \"two\\u00fc\", 'three']}\nc: |\n  d\ne: *x\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		struct err e;

		json_decref(yaml_read((struct str){text, len}, &e));
	}
}
END_TEST

SUITE("yaml", yaml_is_json, aliases_of_aliases_end,
	every_beginning_of_a_text_is_read_or_refused)
