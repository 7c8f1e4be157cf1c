#include "operatorstat/violation.h"

void violation_print(FILE *to, const char *page, const struct err *why, struct str line)
{
	size_t before = why->column > 0 && why->column <= line.len ? why->column - 1 : 0;
	char shown[160] = "";

	if (line.len > 0)
		str_printable((struct str){line.at + before, line.len - before}, shown,
			sizeof(shown));
	fprintf(to, "%s:%zu:%zu: %s%s%s\n", page, why->line, why->column, why->text,
		shown[0] != '\0' ? ": " : "", shown);
}
