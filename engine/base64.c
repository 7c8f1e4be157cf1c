#include "engine/base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* The library counts what is padded as bytes. */
static size_t padding_of(struct str coded)
{
	size_t n = 0;

	while (n < 2 && n < coded.len && coded.at[coded.len - 1 - n] == '=')
		n++;
	return n;
}

char *base64_decode(struct str coded, size_t *size)
{
	unsigned char *bytes = coded.len > INT_MAX ? NULL : malloc(coded.len + 1);
	int len;

	if (bytes == NULL)
		return NULL;
	/* the types of the library's interface */
	len = EVP_DecodeBlock(bytes, (const unsigned char *)coded.at, (int)coded.len);
	if (len < 0 || (size_t)len < padding_of(coded)) {
		free(bytes);
		return NULL;
	}
	*size = (size_t)len - padding_of(coded);
	return (char *)bytes;
}

void base64_free(char *bytes, size_t size)
{
	if (bytes != NULL)
		explicit_bzero(bytes, size);
	free(bytes);
}
