/* The current context of a kubeconfig: which API server, and as whom. */
#ifndef OPERATORSTAT_KUBECONFIG_H
#define OPERATORSTAT_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/arena.h"
#include "engine/attr.h"
#include "engine/credentials.h"
#include "engine/err.h"

/* Options of the server (options.def) that it comes to, at most. */
#define KUBECONFIG_OPTIONS 16

struct kubeconfig_option {
	const char *name;
	const char *value;
	bool is_identity; /* says who asks: void where the user says so otherwise */
};

struct kubeconfig {
	struct kubeconfig_option option[KUBECONFIG_OPTIONS]; /* strings are the arena's */
	size_t count;
	struct credentials credentials; /* what stands in the file itself */
};

/* paths: files, parted by colons as in KUBECONFIG; of those that are there the first that
 * has a thing decides. False: e says why it is of no use; *k is empty. Else
 * credentials_wipe() is due in the end. */
bool kubeconfig_read(struct kubeconfig *k, const char *paths, struct arena *a,
	struct err *e) MUST_CHECK;

#endif
