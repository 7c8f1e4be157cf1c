#include "engine/answer.h"

#include <math.h>

struct answer answer_at(int64_t time_ms)
{
	return (struct answer){.time_ms = time_ms,
		.dns_seconds = (double)NAN,
		.connect_seconds = (double)NAN,
		.tls_seconds = (double)NAN,
		.first_byte_seconds = (double)NAN,
		.transfer_seconds = (double)NAN,
		.certificate_days = (double)NAN,
		.token_days = (double)NAN};
}
