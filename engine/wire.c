#include "engine/wire.h"

bool wire_long_varint(struct wire *w, uint64_t *value)
{
	const char *at = w->at;
	uint64_t sum = 0;

	for (int shift = 0; at < w->end && shift < 64; shift += 7) {
		uint64_t byte = (unsigned char)*at++;

		sum |= (byte & 0x7f) << shift;
		if (byte < 0x80) {
			if (shift == 63 && byte > 1)
				return false;
			w->at = at;
			*value = sum;
			return true;
		}
	}
	return false;
}
