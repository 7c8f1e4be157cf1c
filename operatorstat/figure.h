/* A figure with its unit, as it stands in a sentence: 12.3/s is 12.3, 5% is 5%. */
#ifndef OPERATORSTAT_FIGURE_H
#define OPERATORSTAT_FIGURE_H

#include "operatorstat/fmt.h"
#include "operatorstat/model.h"

/* kind: a counter is a rate. Returns out. */
const char *figure_text(
	char out[FMT_SIZE], enum model_unit unit, enum model_kind kind, double value);

#endif
