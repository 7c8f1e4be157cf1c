#include "engine/credentials.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS 6

/* All texts of c, for those who treat them alike. */
static void list_texts(const struct credentials *c, const char *texts[TEXTS])
{
	const char *all[TEXTS] = {
		c->token, c->user, c->password, c->ca, c->certificate, c->key};

	memcpy(texts, all, sizeof(all));
}

void credentials_drop(char **text)
{
	if (*text == NULL)
		return;
	explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

bool credentials_set(char **text, struct str value)
{
	char *copy;

	if (value.len > 0 && memchr(value.at, '\0', value.len) != NULL)
		return false;
	copy = strndup(value.len == 0 ? "" : value.at, value.len);
	if (copy == NULL)
		return false;
	credentials_drop(text);
	*text = copy;
	return true;
}

void credentials_wipe(struct credentials *c)
{
	credentials_drop(&c->token);
	credentials_drop(&c->user);
	credentials_drop(&c->password);
	credentials_drop(&c->ca);
	credentials_drop(&c->certificate);
	credentials_drop(&c->key);
}

bool credentials_copy(struct credentials *to, const struct credentials *from)
{
	const char *texts[TEXTS];
	char **const places[TEXTS] = {&to->token, &to->user, &to->password, &to->ca,
		&to->certificate, &to->key};

	credentials_wipe(to);
	if (from == NULL)
		return true;
	list_texts(from, texts);
	for (size_t i = 0; i < TEXTS; i++)
		if (texts[i] != NULL && !credentials_set(places[i], str_of(texts[i]))) {
			credentials_wipe(to);
			return false;
		}
	return true;
}

bool credentials_eq(const struct credentials *a, const struct credentials *b)
{
	const char *left[TEXTS];
	const char *right[TEXTS];

	list_texts(a, left);
	list_texts(b, right);
	for (size_t i = 0; i < TEXTS; i++)
		if ((left[i] == NULL) != (right[i] == NULL) ||
			(left[i] != NULL && strcmp(left[i], right[i]) != 0))
			return false;
	return true;
}

bool credentials_identify(const struct credentials *c)
{
	return c->token != NULL || c->user != NULL || c->certificate != NULL;
}
