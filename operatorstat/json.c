#include "operatorstat/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without the bytes that UTF-8 cannot have, or has only in the right company. */
static json_t *ascii_text(struct str s)
{
	char *copy = malloc(s.len + 1);

	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < s.len; i++)
		copy[i] = (unsigned char)s.at[i] < 0x80 ? s.at[i] : '?';
	json_t *text = json_stringn(copy, s.len);

	free(copy);
	return text;
}

json_t *json_text(struct str s)
{
	json_t *text = s.len == 0 ? json_string("") : json_stringn(s.at, s.len);

	return text != NULL ? text : ascii_text(s);
}

json_t *json_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

void json_print(json_t *line)
{
	if (line == NULL)
		return;
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}
