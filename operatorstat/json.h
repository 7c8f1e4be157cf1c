/* JSON in the outputs of batch commands, one object a line. */
#ifndef OPERATORSTAT_JSON_H
#define OPERATORSTAT_JSON_H

#include <jansson.h>

#include "engine/str.h"

/* A string; bytes that are no UTF-8 become `?`. NULL: no memory. */
json_t *json_text(struct str s);

/* A number; NaN and infinities, which JSON does not have, are null. */
json_t *json_number(double value);

/* Prints a line and frees it. NULL (no memory): nothing. */
void json_print(json_t *line);

#endif
