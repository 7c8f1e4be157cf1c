#include "engine/failure.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* ---- the way to it ---- */

/* Without the password that it may hold. */
static const char *proxy_of(const struct options *o)
{
	const char *at = strrchr(o->proxy, '@');

	return at != NULL ? at + 1 : o->proxy;
}

static bool proxy_failed(const struct failure *f, struct err *e)
{
	const char *why =
		f->os_error != 0 ? strerror(f->os_error) : "no such kind of proxy";
	enum err_code code = f->os_error == ECONNREFUSED ? ERR_REFUSED : ERR_NETWORK;

	return err_set(e, code, "the proxy %s cannot be used: %s; is Proxy right?",
		proxy_of(f->options), why);
}

static bool connect_failed(const struct failure *f, struct err *e)
{
	const char *where = f->options->url.socket_path != NULL
				    ? f->options->url.socket_path
				    : f->options->url.authority;

	if (f->options->proxy != NULL)
		return proxy_failed(f, e);
	switch (f->os_error) {
	case ECONNREFUSED:
		return err_set(e, ERR_REFUSED,
			"nothing listens at %s: is it running, and the address right?",
			where);
	case ENOENT:
		return err_set(e, ERR_REFUSED,
			"there is no socket %s: is it running, and the address right?",
			where);
	case EACCES:
		return err_set(e, ERR_NETWORK,
			"no right to connect to %s; its group or mode has to allow it",
			where);
	case 0:
		return err_set(e, ERR_NETWORK, "%s", f->text);
	}
	return err_set(e, ERR_NETWORK, "%s: %s", where, strerror(f->os_error));
}

/* ---- TLS ---- */

static bool unknown_authority(const struct options *o, struct err *e)
{
	const char *option = o->ca_cert != NULL ? "CACert" : "CAPath";
	const char *where = o->ca_cert != NULL ? o->ca_cert : o->ca_path;

	if (where == NULL)
		return err_set(e, ERR_TLS,
			"certificate signed by unknown authority; set CACert "
			"or VerifyPeer false");
	return err_set(e, ERR_TLS,
		"certificate signed by unknown authority, none of %s %s; put the right "
		"one there, or set VerifyPeer false",
		option, where);
}

/* What OpenSSL says of a chain (X509_V_ERR_*), and what helps. */
static bool verify_error(const struct options *o, struct err *e, long result)
{
	switch (result) {
	case 18: /* self-signed */
	case 19: /* self-signed in the chain */
	case 20: /* no local issuer */
	case 21: /* cannot verify the leaf */
		return unknown_authority(o, e);
	case 10:
		return err_set(e, ERR_TLS,
			"certificate has expired; renew it, or set VerifyPeer "
			"false");
	case 9:
		return err_set(
			e, ERR_TLS, "certificate is not valid yet; set the clocks right");
	}
	return true;
}

static bool peer_failed(const struct failure *f, struct err *e)
{
	if (!verify_error(f->options, e, f->verify_result))
		return false;
	if (contains(f->text, "subject name") || contains(f->text, "does not match"))
		return err_set(e, ERR_TLS,
			"certificate is for another host than %s; set "
			"ServerName to a name it carries, or VerifyHost false",
			f->options->server_name != NULL ? f->options->server_name
							: f->options->url.host);
	return err_set(e, ERR_TLS,
		"certificate cannot be verified (%s); set CACert or VerifyPeer "
		"false",
		f->text);
}

static bool handshake_failed(const struct failure *f, struct err *e)
{
	const char *text = f->text;

	if (contains(text, "wrong version number") || contains(text, "packet length"))
		return err_set(e, ERR_TLS,
			"the endpoint does not speak TLS; write http:// in URL");
	if (contains(text, "certificate required") || contains(text, "bad certificate") ||
		contains(text, "handshake failure"))
		return err_set(e, ERR_TLS,
			"the endpoint refused the handshake (%s); it may want "
			"ClientCert and ClientKey",
			text);
	if (contains(text, "unsupported protocol") || contains(text, "protocol version"))
		return err_set(e, ERR_TLS,
			"no common version of TLS; set MinTLSVersion lower, or "
			"have the endpoint updated");
	return err_set(e, ERR_TLS, "%s", text);
}

static bool pin_failed(const struct options *o, struct err *e)
{
	const char *pin = o->pinned_public_key;

	if (strncmp(pin, "sha256//", 8) != 0 && access(pin, R_OK) != 0)
		return err_set(e, ERR_TLS,
			"PinnedPublicKey %s cannot be read: %s; write a file, or "
			"sha256//HASH",
			pin, strerror(errno));
	return err_set(e, ERR_TLS,
		"the certificate does not have the key that PinnedPublicKey names; if "
		"its key was changed on purpose, write the new one");
}

static bool file_is_bad(const char *option, const char *file, struct err *e)
{
	return err_set(e, ERR_TLS,
		"%s %s cannot be used: is it there, readable, and PEM?", option,
		file == NULL ? "" : file);
}

/* Without options it is the system's file, which a minimal Debian does not have. */
static bool authorities_missing(const struct options *o, struct err *e)
{
	if (o->ca_cert == NULL && o->ca_path == NULL)
		return err_set(e, ERR_TLS,
			"this system trusts no authority; set CACert or VerifyPeer "
			"false, or install ca-certificates");
	return o->ca_cert != NULL ? file_is_bad("CACert", o->ca_cert, e)
				  : file_is_bad("CAPath", o->ca_path, e);
}

/* ---- what came ---- */

/* In the midst of a page, or before it. */
static bool connection_lost(const struct failure *f, struct err *e)
{
	if (f->status == 0 && f->options->url.is_tls && contains(f->text, "alert"))
		return handshake_failed(f, e);
	if (f->status != 0)
		return err_set(
			e, ERR_TRUNCATED, "the connection ended before the page did");
	return err_set(e, ERR_NETWORK, "%s", f->text);
}

static bool has(struct str body, const char *text)
{
	return body.len > 0 && memmem(body.at, body.len, text, strlen(text)) != NULL;
}

/* controller-runtime's answer to a token that has expired is 500. */
bool failure_is_denial(int status, struct str body)
{
	return status == 401 || status == 403 ||
	       (status == 500 && has(body, "Authentication failed"));
}

static bool denied(const struct failure *f, struct err *e)
{
	const char *help = "the credentials are not, or no longer, good for it";

	if (!f->has_credentials)
		help = "set BearerTokenFile, or User and Password";
	else if (f->status == 403)
		help = "the account needs the right to get this path";
	return err_set(e, ERR_AUTH, "HTTP status %d; %s", f->status, help);
}

static bool wrong_status(const struct failure *f, struct err *e)
{
	int status = f->status;
	const char *help = "";

	if (failure_is_denial(status, f->body))
		return denied(f, e);
	if (status == 400 && has(f->body, "HTTPS"))
		help = "; the endpoint speaks TLS: write https:// in URL";
	else if (status == 400 && has(f->body, "certificate"))
		help = "; the endpoint wants a certificate: set ClientCert and ClientKey";
	else if (status == 414 && f->options->name_query != NULL)
		help = "; that is too long a URL for it: set NameFilter false";
	else if (status == 404)
		help = "; is the path of URL right?";
	else if (status / 100 == 3)
		help = "; write the address it names in URL, or set FollowRedirects true";
	else if (status / 100 == 5)
		help = "; the operator's own log says why";
	return err_set(e, ERR_STATUS, "HTTP status %d%s", status, help);
}

/* ---- all of it ---- */

bool failure_say(const struct failure *f, struct err *e)
{
	const struct options *o = f->options;

	switch (f->kind) {
	case FAILURE_HOST_NAME:
		return err_set(
			e, ERR_DNS, "no address for %s; is URL right?", o->url.host);
	case FAILURE_PROXY_NAME:
		return err_set(e, ERR_DNS, "no address for the proxy %s; is Proxy right?",
			proxy_of(o));
	case FAILURE_CONNECT:
		return connect_failed(f, e);
	case FAILURE_PEER:
		return peer_failed(f, e);
	case FAILURE_HANDSHAKE:
		return handshake_failed(f, e);
	case FAILURE_PIN:
		return pin_failed(o, e);
	case FAILURE_AUTHORITIES:
		return authorities_missing(o, e);
	case FAILURE_CERTIFICATE:
		return file_is_bad("ClientCert or ClientKey", o->client_cert, e);
	case FAILURE_SILENCE:
		return err_set(e, ERR_NETWORK,
			"the connection was closed without an answer; is it the metrics "
			"port, and does it want https://?");
	case FAILURE_LOST:
		return connection_lost(f, e);
	case FAILURE_NOT_HTTP:
		return err_set(e, ERR_CONTENT,
			"the answer is not HTTP; is it the metrics port, "
			"and does it want https://?");
	case FAILURE_COMPRESSION:
		return err_set(e, ERR_CONTENT,
			"the page cannot be decompressed; set Compression "
			"false");
	case FAILURE_STATUS:
		return wrong_status(f, e);
	case FAILURE_LONG_HEADER:
		return err_set(e, ERR_LIMIT,
			"a header that is longer than libcurl takes, or no memory");
	case FAILURE_PAGE:
		return err_set(e, ERR_LIMIT,
			"the page is larger than %llu bytes; MaxPageSize "
			"allows more",
			(unsigned long long)o->max_page_bytes);
	case FAILURE_PIECE:
		return err_set(e, ERR_LIMIT, "a part of the answer is too large");
	case FAILURE_RATIO:
		return err_set(e, ERR_LIMIT,
			"the page grew to %d times what was received; set "
			"Compression false",
			f->limit);
	case FAILURE_HEADERS:
		return err_set(e, ERR_LIMIT, "more than %d bytes of headers", f->limit);
	case FAILURE_MEMORY:
		return err_set(e, ERR_MEMORY, "no memory for the page");
	case FAILURE_TIME:
		return err_set(e, ERR_TIMEOUT,
			"waited %lld ms, last for %s; Timeout and ConnectTimeout say how "
			"long",
			(long long)f->waited_ms, f->phase);
	case FAILURE_NONE:
	case FAILURE_OTHER:
		break;
	}
	return err_set(e, ERR_NETWORK, "%s", f->text);
}
