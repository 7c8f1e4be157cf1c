/* Label sets. */
#ifndef ENGINE_LABELS_H
#define ENGINE_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/str.h"

struct label {
	struct str name;
	struct str value;
};

struct labels {
	struct label *at; /* borrowed: whoever made the set says for how long */
	size_t count;
};

/* By name, in place; equal names keep their order. */
void labels_sort(struct labels l);

/* The value of the first label of that name; an empty string where there is none, as in
 * PromQL. */
struct str labels_get(struct labels l, struct str name);

/* Order of two sorted sets: <0, 0, >0. */
int labels_cmp(struct labels a, struct labels b);

/* Of a sorted set; equal sets have equal hashes. */
uint64_t labels_hash(struct labels l);

/* Takes the labels of one name out, in place. Returns the smaller set. */
struct labels labels_without(struct labels l, struct str name);

/* Keeps only the labels named, in place. Returns the smaller set. */
struct labels labels_keep(struct labels l, const struct str *names, size_t count);

#endif
