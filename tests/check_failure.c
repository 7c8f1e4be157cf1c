/* What check_fetch's server does not do. */
#include "engine/failure.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"

static const struct options plain = {.url = {.host = "op", .authority = "op:8443"}};
static const struct options tls = {
	.url = {.host = "op", .authority = "op:8443", .is_tls = true}};
static const struct options named = {.url = {.host = "op"}, .server_name = "metrics"};
static const struct options trusting = {.ca_cert = "/etc/ca.pem"};
static const struct options pinning = {.pinned_public_key = "sha256//x"};

START_TEST(each_says_what_helps)
{
	static const struct {
		enum failure_kind kind;
		const struct options *options;
		const char *text;
		int number; /* whatever of its numbers counts */
		int status;
		const char *body;
		enum err_code code;
		const char *said; /* a part of it */
	} rows[] = {
		{FAILURE_CONNECT, &plain, "x", EACCES, 0, "", ERR_NETWORK,
			"no right to connect to op:8443"},
		{FAILURE_CONNECT, &plain, "x", ENETUNREACH, 0, "", ERR_NETWORK,
			"op:8443: Network is unreachable"},
		{FAILURE_CONNECT, &plain, "its words", 0, 0, "", ERR_NETWORK,
			"its words"},
		{FAILURE_PEER, &plain, "x", 20, 0, "", ERR_TLS,
			"authority; set CACert or VerifyPeer false"},
		{FAILURE_PEER, &trusting, "x", 18, 0, "", ERR_TLS,
			"none of CACert /etc/ca.pem"},
		{FAILURE_PEER, &plain, "x", 10, 0, "", ERR_TLS, "has expired"},
		{FAILURE_PEER, &plain, "x", 9, 0, "", ERR_TLS, "is not valid yet"},
		{FAILURE_PEER, &plain, "subject name does not", 0, 0, "", ERR_TLS,
			"another host than op;"},
		{FAILURE_PEER, &named, "subject name does not", 0, 0, "", ERR_TLS,
			"another host than metrics;"},
		{FAILURE_PEER, &plain, "its words", 0, 0, "", ERR_TLS, "(its words)"},
		{FAILURE_HANDSHAKE, &tls, "certificate required", 0, 0, "", ERR_TLS,
			"ClientCert and ClientKey"},
		{FAILURE_HANDSHAKE, &tls, "unsupported protocol", 0, 0, "", ERR_TLS,
			"MinTLSVersion"},
		{FAILURE_HANDSHAKE, &tls, "its words", 0, 0, "", ERR_TLS, "its words"},
		{FAILURE_PIN, &pinning, "x", 0, 0, "", ERR_TLS,
			"the key that PinnedPublicKey names"},
		{FAILURE_AUTHORITIES, &plain, "x", 0, 0, "", ERR_TLS,
			"install ca-certificates"},
		{FAILURE_LOST, &tls, "alert handshake failure", 0, 0, "", ERR_TLS,
			"refused the handshake"},
		{FAILURE_LOST, &plain, "alert handshake failure", 0, 0, "", ERR_NETWORK,
			"alert"},
		{FAILURE_LOST, &tls, "alert", 0, 200, "", ERR_TRUNCATED,
			"ended before the page did"},
		{FAILURE_RATIO, &plain, "x", 7, 0, "", ERR_LIMIT, "grew to 7 times"},
		{FAILURE_MEMORY, &plain, "x", 0, 0, "", ERR_MEMORY, "no memory"},
		{FAILURE_STATUS, &plain, "", 0, 400, "speak HTTPS", ERR_STATUS,
			"400; the endpoint speaks TLS"},
		{FAILURE_STATUS, &tls, "", 0, 400, "no certificate", ERR_STATUS,
			"ClientCert and ClientKey"},
		{FAILURE_STATUS, &plain, "", 0, 418, "", ERR_STATUS, "HTTP status 418"},
		{FAILURE_STATUS, &plain, "", 0, 500, "Authentication failed", ERR_AUTH,
			"set BearerTokenFile"},
		{FAILURE_STATUS, &plain, "", 1, 401, "", ERR_AUTH, "no longer"},
		{FAILURE_OTHER, &plain, "its words", 0, 0, "", ERR_NETWORK, "its words"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e;
		struct failure failure = {.kind = rows[i].kind,
			.options = rows[i].options,
			.text = rows[i].text,
			.status = rows[i].status,
			.body = str_of(rows[i].body),
			.has_credentials = rows[i].number != 0,
			.os_error = rows[i].number,
			.verify_result = rows[i].number,
			.limit = rows[i].number};

		ck_assert(!failure_say(&failure, &e));
		ck_assert_msg(e.code == rows[i].code, "row %zu, \"%s\": %s", i,
			rows[i].said, err_name(e.code));
		ck_assert_msg(
			strstr(e.text, rows[i].said) != NULL, "row %zu: %s", i, e.text);
	}
}
END_TEST

SUITE("failure", each_says_what_helps)
