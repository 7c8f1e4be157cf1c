/* Base64 with padding (RFC 4648), as Kubernetes writes what is secret. */
#ifndef ENGINE_BASE64_H
#define ENGINE_BASE64_H

#include <stddef.h>

#include "engine/attr.h"
#include "engine/str.h"

/* What was coded, of *size bytes, for the caller to base64_free(); NULL: it is not
 * base64, or no memory. */
char *base64_decode(struct str coded, size_t *size) MUST_CHECK;

/* Wipes it. bytes may be NULL. */
void base64_free(char *bytes, size_t size);

#endif
