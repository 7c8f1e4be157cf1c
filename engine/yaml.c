#include "engine/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "engine/buf.h"

#define DEPTH_LIMIT 64

/* Values at most: aliases of aliases would otherwise grow without end. */
#define VALUE_LIMIT 1000000

#define FILE_LIMIT ((size_t)16 << 20)

struct reading {
	yaml_document_t document;
	size_t values;
	struct err *e;
};

static struct str text_of(const yaml_node_t *node)
{
	return (struct str){
		(const char *)node->data.scalar.value, node->data.scalar.length};
}

static json_t *plain(struct str text)
{
	int64_t number;

	if (text.len == 0 || str_eq(text, STR("null")) || str_eq(text, STR("~")))
		return json_null();
	if (str_eq(text, STR("true")) || str_eq(text, STR("false")))
		return json_boolean(text.at[0] == 't');
	if (str_to_i64(text, &number))
		return json_integer(number);
	return json_stringn(text.at, text.len);
}

static json_t *scalar(const yaml_node_t *node)
{
	struct str text = text_of(node);

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
		       ? plain(text)
		       : json_stringn(text.at, text.len);
}

/* Takes child over, NULL too. */
static bool put(struct reading *r, json_t *object, int key, json_t *child)
{
	const yaml_node_t *node = yaml_document_get_node(&r->document, key);
	struct str name;

	if (child == NULL || node == NULL || node->type != YAML_SCALAR_NODE) {
		json_decref(child);
		return child != NULL &&
		       err_set(r->e, ERR_SYNTAX, "YAML with a key that is no text");
	}
	name = text_of(node);
	return json_object_setn_new(object, name.at, name.len, child) == 0;
}

/* Children are put in by a stack of calls no deeper than DEPTH_LIMIT: a value that holds
 * itself comes to that as well. */
static json_t *convert(struct reading *r, int index, unsigned int depth)
{
	const yaml_node_t *node = yaml_document_get_node(&r->document, index);
	json_t *value = NULL;
	bool done = true;

	if (node == NULL || depth > DEPTH_LIMIT || ++r->values > VALUE_LIMIT) {
		err_set(r->e, ERR_LIMIT, "YAML that is too deep or too large");
		return NULL;
	}
	switch (node->type) {
	case YAML_NO_NODE:
		return json_null();
	case YAML_SCALAR_NODE:
		value = scalar(node);
		break;
	case YAML_SEQUENCE_NODE:
		value = json_array();
		for (const yaml_node_item_t *i = node->data.sequence.items.start;
			done && i < node->data.sequence.items.top; i++)
			done = json_array_append_new(value, convert(r, *i, depth + 1)) ==
			       0;
		break;
	case YAML_MAPPING_NODE:
		value = json_object();
		for (const yaml_node_pair_t *i = node->data.mapping.pairs.start;
			done && i < node->data.mapping.pairs.top; i++)
			done = put(r, value, i->key, convert(r, i->value, depth + 1));
		break;
	}
	if (value != NULL && done)
		return value;
	json_decref(value);
	return NULL;
}

/* The root of a document; a text without one is null. */
static json_t *convert_document(struct reading *r)
{
	bool is_empty = yaml_document_get_root_node(&r->document) == NULL;

	return is_empty ? json_null() : convert(r, 1, 0);
}

static void say_where(const yaml_parser_t *parser, struct err *e)
{
	err_at(e, ERR_SYNTAX, parser->problem_mark.line + 1,
		parser->problem_mark.column + 1, "line %zu, column %zu: %s",
		parser->problem_mark.line + 1, parser->problem_mark.column + 1,
		parser->problem == NULL ? "no YAML" : parser->problem);
}

json_t *yaml_read(struct str text, struct err *e)
{
	struct reading r = {.e = e};
	yaml_parser_t parser;
	json_t *value = NULL;

	err_set(e, ERR_MEMORY, "no memory, or a text that is not UTF-8");
	if (yaml_parser_initialize(&parser) == 0)
		return NULL;
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)(text.len > 0 ? text.at : ""), text.len);
	if (yaml_parser_load(&parser, &r.document) == 0)
		say_where(&parser, e);
	else {
		value = convert_document(&r);
		yaml_document_delete(&r.document);
	}
	yaml_parser_delete(&parser);
	return value;
}

static bool read_all(FILE *f, struct buf *text)
{
	size_t n;

	do {
		char *at = buf_reserve(text, 65536);

		if (at == NULL)
			return false;
		n = fread(at, 1, 65536, f);
		text->len += n;
	} while (n > 0);
	return ferror(f) == 0;
}

json_t *yaml_read_file(const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	json_t *value = NULL;
	struct buf text;

	if (f == NULL) {
		err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		return NULL;
	}
	buf_init(&text, FILE_LIMIT);
	if (!read_all(f, &text))
		err_set(e, ERR_IO, "%s: cannot be read, or is larger than 16 MB", path);
	else {
		value = yaml_read(buf_str(&text), e);
		if (value == NULL)
			err_wrap(e, "%s", path);
	}
	/* it may hold keys */
	if (text.at != NULL)
		explicit_bzero(text.at, text.len);
	buf_free(&text);
	fclose(f);
	return value;
}
