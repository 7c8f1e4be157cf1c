/* What shows who asks, and whom to trust, held in memory alone: out of a Secret or a
 * kubeconfig. Every text is wiped when it goes; none may stand in a message. */
#ifndef ENGINE_CREDENTIALS_H
#define ENGINE_CREDENTIALS_H

#include <stdbool.h>

#include "engine/attr.h"
#include "engine/str.h"

/* Texts are owned; NULL: none. Zero it before its first use. */
struct credentials {
	char *token;
	char *user;
	char *password;
	char *ca;          /* PEM: the authorities that are trusted */
	char *certificate; /* PEM */
	char *key;         /* PEM */
};

/* Replaces one text of it. False: no memory, or a NUL in it; the old one stays. */
bool credentials_set(char **text, struct str value) MUST_CHECK;

/* Wipes and frees one text of it. */
void credentials_drop(char **text);

/* *to, which is wiped, becomes a copy of from (NULL: empty). False: no memory, and *to is
 * empty. */
bool credentials_copy(struct credentials *to, const struct credentials *from) MUST_CHECK;

bool credentials_eq(const struct credentials *a, const struct credentials *b);

/* Is there anything in it that shows who asks? */
bool credentials_identify(const struct credentials *c);

/* Wipes and frees all of it. */
void credentials_wipe(struct credentials *c);

#endif
