#include "engine/fetch.h"

#include <curl/curl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "engine/buf.h"
#include "engine/expo.h"
#include "engine/failure.h"
#include "engine/ready.h"
#include "engine/secret.h"

/* What is asked for, best first: native histograms come in protobuf alone. */
#define ACCEPT_PROTOBUF                                                                  \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"       \
	"encoding=delimited"
#define ACCEPT_OPENMETRICS "application/openmetrics-text;version=1.0.0"
#define ACCEPT_TEXT        "text/plain;version=0.0.4"
#define ACCEPT_AUTO                                                                      \
	ACCEPT_PROTOBUF ";q=0.9," ACCEPT_OPENMETRICS ";q=0.8," ACCEPT_TEXT               \
			";q=0.6,*/*;q=0.1"

/* Bytes of all headers of an answer at most. */
#define HEADER_LIMIT 65536

/* A page may be so many times larger than what was received of it: metrics compress by 10
 * to 30, a bomb by 1000. Small pages are let be. */
#define RATIO_LIMIT      200
#define RATIO_FREE_BYTES (1 << 20)

/* Read at once. libcurl allocates and frees the room for each request; of more, glibc
 * hands so much back to the system that each page has to be cleared for the next one. */
#define READ_BYTES (32 * 1024)

#define REDIRECT_LIMIT 5

/* libcurl walks through all kept connections and all known addresses at the end of each
 * request. So those of one authority are kept with few others. */
#define SHARES 64

/* Files that a TLS connection depends on. */
#define TLS_FILES 5

struct fetch_endpoint {
	struct fetch *fetch;           /* borrowed */
	const struct options *options; /* borrowed */
	fetch_answered *answered;
	void *ctx;           /* of answered */
	CURL *easy;          /* owned; keeps its connection in the share */
	struct share *share; /* of the fetch's; the handle uses it */
	bool is_in_multi;
	struct curl_slist *headers;       /* owned */
	struct curl_slist *connect_to;    /* owned; NULL: where the URL says */
	struct secret *token;             /* owned; NULL: no file */
	struct secret *password;          /* owned; NULL: no file */
	char *token_what, *password_what; /* owned; how messages name them */
	struct secret_stamp tls_files[TLS_FILES];
	struct credentials credentials;      /* the handle points to them */
	struct credentials next_credentials; /* for the next request */
	bool has_next_credentials;
	/* of the request that is running */
	struct fetch_request request; /* of a page: all 0 */
	int64_t timeout_ms;
	bool is_running;
	bool has_failed_early; /* not sent: answer.error says why */
	bool has_retried;
	int redirects;
	int64_t started_us;
	size_t header_bytes;
	enum failure_kind broken; /* why we broke off ourselves */
	char curl_text[CURL_ERROR_SIZE];
	/* of the last answer */
	struct answer answer;
	struct buf body;
	size_t body_bytes; /* of the last one */
	struct buf content_type;
	double certificate_end; /* seconds since 1970; NaN: none */
};

struct share {
	CURLSH *handle; /* owned; NULL: nobody uses it */
	size_t users;
};

struct fetch {
	CURLM *multi; /* owned */
	struct share share[SHARES];
	struct ready ready;
	struct clock machine; /* libcurl's own, whatever the other one says */
	int64_t timer_us;     /* when libcurl wants to be called, by that one */
	struct clock clock;
	const struct log *log;            /* borrowed */
	struct fetch_endpoint **endpoint; /* owned */
	size_t count;
	size_t running;
	size_t failed_early;
	size_t read_bytes; /* of a page, by libcurl in its last turn */
	struct buf spare;  /* for the next body */
};

bool fetch_global_init(struct err *e)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	if (code == CURLE_OK)
		return true;
	return err_set(
		e, ERR_NETWORK, "libcurl cannot be used: %s", curl_easy_strerror(code));
}

const char *fetch_library(void)
{
	return curl_version();
}

/* ---- when libcurl has something to do ---- */

#define NO_TIMER INT64_MAX

static int64_t machine_us(const struct fetch *f)
{
	return f->machine.monotonic_us(f->machine.ctx);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
	const struct fetch *f = ctx;

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE)
		ready_forget(&f->ready, fd);
	else
		ready_watch(&f->ready, fd,
			(short)((what & CURL_POLL_IN ? POLLIN : 0) |
				(what & CURL_POLL_OUT ? POLLOUT : 0)));
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct fetch *f = ctx;

	(void)multi;
	f->timer_us =
		timeout_ms < 0 ? NO_TIMER : machine_us(f) + (int64_t)timeout_ms * 1000;
	return 0;
}

struct fetch *fetch_new(const struct clock *clock, const struct log *log)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->clock = *clock;
	f->machine = clock_system();
	f->timer_us = NO_TIMER;
	f->log = log;
	buf_init(&f->spare, SIZE_MAX);
	f->multi = curl_multi_init();
	if (f->multi == NULL || !ready_open(&f->ready)) {
		curl_multi_cleanup(f->multi);
		free(f);
		return NULL;
	}
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	/* libcurl 8 keeps four for each request that is running: here, hardly any */
	curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)INT_MAX);
	return f;
}

/* ---- what comes in ---- */

static long long_of(CURL *easy, CURLINFO info)
{
	long value = 0;

	curl_easy_getinfo(easy, info, &value);
	return value;
}

static size_t refuse(struct fetch_endpoint *x, enum failure_kind why)
{
	x->broken = why;
	return 0;
}

static size_t take_header(char *at, size_t size, size_t count, void *ctx)
{
	struct fetch_endpoint *x = ctx;

	(void)at;
	x->header_bytes += size * count;
	return x->header_bytes > HEADER_LIMIT ? refuse(x, FAILURE_HEADERS) : size * count;
}

static uint64_t wire_bytes(CURL *easy)
{
	curl_off_t received = 0;

	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	return (uint64_t)received;
}

/* Where a body comes to lie: most are about as long as the last one was, and somebody may
 * keep it. */
static void make_room(struct fetch_endpoint *x)
{
	size_t bytes = x->body_bytes;

	buf_exchange(&x->body, &x->fetch->spare);
	if (x->body.size < bytes + bytes / 64 || x->body.size > bytes + bytes / 8)
		buf_free(&x->body);
	if (x->body.at == NULL && bytes + bytes / 16 < x->options->max_page_bytes)
		(void)buf_reserve(&x->body, bytes + bytes / 16);
	buf_reset(&x->body);
}

static bool is_200(const struct fetch_endpoint *x)
{
	return long_of(x->easy, CURLINFO_RESPONSE_CODE) == 200;
}

static size_t take_body(char *at, size_t size, size_t count, void *ctx)
{
	struct fetch_endpoint *x = ctx;
	size_t len = size * count;

	if (x->request.piece != NULL && is_200(x))
		return x->request.piece(x->ctx, (struct str){at, len})
			       ? len
			       : refuse(x, FAILURE_PIECE);
	x->fetch->read_bytes += len;
	if (x->body.at == NULL)
		make_room(x);
	if (len > x->options->max_page_bytes - x->body.len)
		return refuse(x, FAILURE_PAGE);
	buf_add(&x->body, (struct str){at, len});
	if (!buf_ok(&x->body))
		return refuse(x, FAILURE_MEMORY);
	if (x->body.len > RATIO_FREE_BYTES &&
		x->body.len / RATIO_LIMIT > wire_bytes(x->easy))
		return refuse(x, FAILURE_RATIO);
	return len;
}

/* ---- how to ask ---- */

static const char *accept_of(enum option_format format)
{
	switch (format) {
	case OPTION_FORMAT_AUTO:
		return "Accept: " ACCEPT_AUTO;
	case OPTION_FORMAT_TEXT:
		return "Accept: " ACCEPT_TEXT;
	case OPTION_FORMAT_OPENMETRICS:
		return "Accept: " ACCEPT_OPENMETRICS;
	case OPTION_FORMAT_PROTOBUF:
		return "Accept: " ACCEPT_PROTOBUF;
	}
	return NULL;
}

static void free_headers(struct curl_slist *headers)
{
	for (struct curl_slist *h = headers; h != NULL; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(headers);
}

static bool add_header(struct curl_slist **headers, const char *text)
{
	struct curl_slist *grown = curl_slist_append(*headers, text);

	if (grown == NULL)
		return false;
	*headers = grown;
	return true;
}

/* Text that may hold a secret: wiped behind. */
static bool add_secret_header(
	struct curl_slist **headers, const char *before, struct str secret)
{
	struct buf b;

	buf_init(&b, SECRET_LIMIT + 256);
	buf_addf(&b, "%s%.*s", before, STR_ARG(secret));
	buf_addc(&b, '\0');
	bool done = buf_ok(&b) && add_header(headers, b.at);
	if (b.at != NULL)
		explicit_bzero(b.at, b.len);
	buf_free(&b);
	return done;
}

/* The bearer token; empty: there is none. */
static bool token_of(struct fetch_endpoint *x, bool anew, struct str *token)
{
	if (x->credentials.token != NULL || x->credentials.user != NULL) {
		*token = str_of(x->credentials.token);
		return true;
	}
	*token = str_of(x->options->bearer_token);
	return x->token == NULL || secret_get(x->token, anew, token, &x->answer.error);
}

static double days_left(const struct fetch *f, double end_seconds)
{
	return (end_seconds - (double)f->clock.now_ms(f->clock.ctx) / 1000) / 86400;
}

/* A name for SNI goes into the URL, since libcurl takes it from there; then the Host
 * header has to be ours. */
static bool set_host(struct fetch_endpoint *x, struct curl_slist **headers)
{
	const struct options *o = x->options;
	struct buf b;

	if (o->server_name == NULL || !o->url.is_tls)
		return true;
	buf_init(&b, 1024);
	buf_addf(&b, "Host: %s", o->url.authority);
	buf_addc(&b, '\0');
	bool done = buf_ok(&b) && add_header(headers, b.at);
	buf_free(&b);
	return done;
}

static bool add_accept(
	const struct fetch_endpoint *x, struct curl_slist **headers, struct buf *line)
{
	if (x->request.accept == NULL)
		return add_header(headers, accept_of(x->options->format));
	buf_addf(line, "Accept: %s", x->request.accept);
	buf_addc(line, '\0');
	return buf_ok(line) && add_header(headers, line->at);
}

static bool set_headers(struct fetch_endpoint *x, bool anew)
{
	const struct options *o = x->options;
	struct curl_slist *headers = NULL;
	struct str token;

	if (!token_of(x, anew, &token))
		return false;
	x->answer.token_days = days_left(x->fetch, secret_jwt_end(token));
	struct buf line;
	buf_init(&line, 1024);
	bool done = add_accept(x, &headers, &line) && set_host(x, &headers);
	buf_free(&line);
	if (token.len > 0)
		done = done &&
		       add_secret_header(&headers, "Authorization: Bearer ", token);
	for (size_t i = 0; i < o->headers.count; i++)
		done = done && add_header(&headers, o->headers.at[i]);
	if (!done) {
		free_headers(headers);
		return err_set(&x->answer.error, ERR_MEMORY, "no memory for a request");
	}
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, headers);
	free_headers(x->headers);
	x->headers = headers;
	return true;
}

/* The user of basic authentication; NULL: there is none. */
static const char *user_of(const struct fetch_endpoint *x)
{
	const struct options *o = x->options;

	if (x->credentials.token != NULL || x->credentials.user != NULL)
		return x->credentials.token != NULL ? NULL : x->credentials.user;
	return o->bearer_token != NULL || x->token != NULL ? NULL : o->user;
}

static bool set_password(struct fetch_endpoint *x, bool anew)
{
	const char *user = user_of(x);
	bool is_ours = user != NULL && user == x->credentials.user;
	struct str password =
		str_of(is_ours ? x->credentials.password : x->options->password);
	char *terminated;

	if (user == NULL)
		return true;
	if (!is_ours && x->password != NULL &&
		!secret_get(x->password, anew, &password, &x->answer.error))
		return false;
	terminated = strndup(password.len == 0 ? "" : password.at, password.len);
	if (terminated == NULL)
		return err_set(&x->answer.error, ERR_MEMORY, "no memory for a request");
	curl_easy_setopt(x->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(x->easy, CURLOPT_USERNAME, user);
	curl_easy_setopt(x->easy, CURLOPT_PASSWORD, terminated);
	explicit_bzero(terminated, password.len);
	free(terminated);
	return true;
}

static long tls_version_of(enum option_tls_version version)
{
	switch (version) {
	case OPTION_TLS_1_0:
		return CURL_SSLVERSION_TLSv1_0;
	case OPTION_TLS_1_1:
		return CURL_SSLVERSION_TLSv1_1;
	case OPTION_TLS_1_2:
		return CURL_SSLVERSION_TLSv1_2;
	case OPTION_TLS_1_3:
		return CURL_SSLVERSION_TLSv1_3;
	}
	return CURL_SSLVERSION_TLSv1_2;
}

/* The handle points to the text, which outlives it. */
static void set_blob(CURL *easy, CURLoption option, char *text)
{
	struct curl_blob blob = {.data = text, .flags = CURL_BLOB_NOCOPY};

	if (text == NULL)
		return;
	blob.len = strlen(text);
	curl_easy_setopt(easy, option, &blob);
}

static void set_credentials(CURL *easy, const struct credentials *c)
{
	if (c->ca != NULL) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		set_blob(easy, CURLOPT_CAINFO_BLOB, c->ca);
	}
	if (c->certificate == NULL)
		return;
	curl_easy_setopt(easy, CURLOPT_SSLCERT, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, NULL);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, c->certificate);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, c->key);
}

static void set_tls(CURL *easy, const struct options *o)
{
	bool own_authorities = o->ca_cert != NULL || o->ca_path != NULL;

	/* a certificate that nobody vouches for proves nothing by the name it carries */
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, o->verify_peer ? 1L : 0L);
	curl_easy_setopt(
		easy, CURLOPT_SSL_VERIFYHOST, o->verify_peer && o->verify_host ? 2L : 0L);
	if (own_authorities) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_cert);
		curl_easy_setopt(easy, CURLOPT_CAPATH, o->ca_path);
		/* libcurl would go on for a day with what it read once */
		curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	}
	curl_easy_setopt(easy, CURLOPT_SSLCERT, o->client_cert);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, o->client_key);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, tls_version_of(o->min_tls_version));
	curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, o->pinned_public_key);
	curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	/* a resumed session is not verified again; libcurl 8 keeps it past the handle */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

/* Decided here, never left to a default or to the environment. */
static void set_transport(CURL *easy, const struct options *o)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* else a name look-up that hangs holds up all others when its time is over */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "collectd-operator/" OPERATOR_VERSION);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, o->compression ? "" : NULL);
	curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy == NULL ? "" : o->proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, o->no_proxy == NULL ? "" : o->no_proxy);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, o->url.socket_path);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)o->max_page_bytes);
}

static bool share_open(struct share *share)
{
	share->handle = curl_share_init();
	return share->handle != NULL &&
	       curl_share_setopt(share->handle, CURLSHOPT_SHARE,
		       CURL_LOCK_DATA_CONNECT) == CURLSHE_OK &&
	       curl_share_setopt(share->handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) ==
		       CURLSHE_OK;
}

/* The same for all endpoints of an authority: they take each other's connections. */
static bool use_share(struct fetch_endpoint *x)
{
	uint64_t number = str_hash(str_of(x->options->url.authority)) % SHARES;
	struct share *share = &x->fetch->share[number];

	x->share = share;
	return (share->users++ > 0 || share_open(share)) &&
	       curl_easy_setopt(x->easy, CURLOPT_SHARE, share->handle) == CURLE_OK;
}

/* What is left in one that nobody uses would stay open, as nobody looks at it. */
static void leave_share(struct fetch_endpoint *x)
{
	struct share *share = x->share;

	x->share = NULL;
	if (share == NULL || --share->users > 0)
		return;
	curl_share_cleanup(share->handle);
	share->handle = NULL;
}

static void set_callbacks(struct fetch_endpoint *x)
{
	curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->curl_text);
	curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
}

static void leave_multi(struct fetch_endpoint *x)
{
	if (x->is_in_multi)
		curl_multi_remove_handle(x->fetch->multi, x->easy);
	x->is_in_multi = false;
}

static void drop_easy(struct fetch_endpoint *x)
{
	leave_multi(x);
	curl_easy_cleanup(x->easy);
	x->easy = NULL;
	leave_share(x);
	free_headers(x->headers);
	x->headers = NULL;
}

/* ---- new connections where files changed ---- */

static void stamp_tls_files(const struct options *o, struct secret_stamp *stamps)
{
	const char *const files[TLS_FILES] = {o->ca_cert, o->ca_path, o->client_cert,
		o->client_key, o->pinned_public_key};

	for (size_t i = 0; i < TLS_FILES; i++)
		stamps[i] = secret_stamp_of(files[i]);
}

static bool have_tls_files_changed(struct fetch_endpoint *x)
{
	struct secret_stamp now[TLS_FILES];
	bool changed = false;

	stamp_tls_files(x->options, now);
	for (size_t i = 0; i < TLS_FILES; i++)
		changed = changed || !secret_stamp_eq(now[i], x->tls_files[i]);
	memcpy(x->tls_files, now, sizeof(now));
	return changed;
}

/* The kept connection was made with the old files: libcurl finds it shut down. */
static void close_connection(struct fetch_endpoint *x)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (x->is_in_multi)
		curl_easy_getinfo(x->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RDWR);
	drop_easy(x);
}

/* What stands behind scheme, host and port. */
static const char *path_of(const char *address)
{
	const char *host = strstr(address, "://") + strlen("://");

	return host + strcspn(host, "/?");
}

/* The name that TLS asks for stands in the URL, and the connection goes where it should.
 */
static bool set_connect_to(struct fetch_endpoint *x)
{
	struct buf text;

	buf_init(&text, 1024);
	buf_addf(&text, "::%s", x->options->url.authority);
	buf_addc(&text, '\0');
	if (x->connect_to == NULL && buf_ok(&text))
		x->connect_to = curl_slist_append(NULL, text.at);
	buf_free(&text);
	return x->connect_to != NULL &&
	       curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to) == CURLE_OK;
}

static bool set_address(struct fetch_endpoint *x)
{
	const struct options *o = x->options;
	bool is_page = x->request.address == NULL;
	const char *address = is_page ? o->url.address : x->request.address;
	bool has_other_name = o->server_name != NULL && o->url.is_tls;
	struct buf text;

	buf_init(&text, 32768);
	if (has_other_name)
		buf_addf(&text, "https://%s:%d%s", o->server_name, o->url.port,
			path_of(address));
	else
		buf_add(&text, str_of(address));
	if (is_page && o->name_query != NULL)
		buf_addf(&text, "%c%s", strchr(o->url.path, '?') != NULL ? '&' : '?',
			o->name_query);
	buf_addc(&text, '\0');
	bool done = buf_ok(&text) &&
		    curl_easy_setopt(x->easy, CURLOPT_URL, text.at) == CURLE_OK;
	buf_free(&text);
	return done && (!has_other_name || set_connect_to(x));
}

/* No handle may point to the old ones, nor a connection have been made with them. */
static void take_next_credentials(struct fetch_endpoint *x)
{
	if (!x->has_next_credentials)
		return;
	close_connection(x);
	credentials_wipe(&x->credentials);
	x->credentials = x->next_credentials;
	x->next_credentials = (struct credentials){0};
	x->has_next_credentials = false;
}

static bool make_easy(struct fetch_endpoint *x)
{
	take_next_credentials(x);
	if (have_tls_files_changed(x) && x->easy != NULL)
		close_connection(x);
	if (x->easy != NULL)
		return true;
	x->easy = curl_easy_init();
	if (x->easy == NULL || !use_share(x)) {
		drop_easy(x);
		return err_set(&x->answer.error, ERR_MEMORY, "no memory for a request");
	}
	set_callbacks(x);
	set_transport(x->easy, x->options);
	set_tls(x->easy, x->options);
	set_credentials(x->easy, &x->credentials);
	return true;
}

/* ---- sending ---- */

static int64_t monotonic_us(const struct fetch *f)
{
	return f->clock.monotonic_us(f->clock.ctx);
}

static int64_t ms_left(const struct fetch_endpoint *x)
{
	return x->timeout_ms - (monotonic_us(x->fetch) - x->started_us) / 1000;
}

static int64_t at_least_one(int64_t ms)
{
	return ms < 1 ? 1 : ms;
}

/* Sends what the handle is set up for, within what is left of the time. */
static bool send_request(struct fetch_endpoint *x)
{
	struct fetch *f = x->fetch;
	int64_t left_ms = at_least_one(ms_left(x));
	int64_t connect_ms = x->options->connect_timeout_ms;

	buf_reset(&x->body);
	x->header_bytes = 0;
	x->broken = FAILURE_NONE;
	x->curl_text[0] = '\0';
	x->answer.time_ms = f->clock.now_ms(f->clock.ctx);
	curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
	curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(connect_ms < left_ms ? connect_ms : left_ms));
	leave_multi(x);
	CURLMcode code = curl_multi_add_handle(f->multi, x->easy);
	if (code != CURLM_OK)
		return err_set(
			&x->answer.error, ERR_NETWORK, "%s", curl_multi_strerror(code));
	x->is_in_multi = true;
	return true;
}

static bool prepare(struct fetch_endpoint *x, bool anew)
{
	if (!make_easy(x) || !set_headers(x, anew) || !set_password(x, anew))
		return false;
	return set_address(x) ||
	       err_set(&x->answer.error, ERR_MEMORY, "no memory for a request");
}

static void start(struct fetch_endpoint *x)
{
	struct fetch *f = x->fetch;

	x->answer = answer_at(f->clock.now_ms(f->clock.ctx));
	x->started_us = monotonic_us(f);
	x->redirects = 0;
	x->has_retried = false;
	x->is_running = true;
	f->running++;
	x->has_failed_early = !prepare(x, false) || !send_request(x);
	if (x->has_failed_early)
		f->failed_early++;
}

void fetch_start(struct fetch_endpoint *x)
{
	x->request = (struct fetch_request){0};
	x->timeout_ms = x->options->timeout_ms;
	start(x);
}

void fetch_ask(struct fetch_endpoint *x, const struct fetch_request *request)
{
	x->request = *request;
	x->timeout_ms = request->timeout_ms;
	start(x);
}

bool fetch_use(struct fetch_endpoint *x, const struct credentials *credentials)
{
	x->has_next_credentials = credentials_copy(&x->next_credentials, credentials);
	return x->has_next_credentials;
}

bool fetch_is_running(const struct fetch_endpoint *x)
{
	return x->is_running;
}

size_t fetch_running(const struct fetch *f)
{
	return f->running;
}

/* ---- why it failed ---- */

/* Of a request that took too long. */
static const char *last_phase(CURL *easy)
{
	const char *phase = "the page";
	static const struct {
		CURLINFO info;
		const char *phase;
	} phases[] = {
		{CURLINFO_STARTTRANSFER_TIME_T, "the first byte"},
		{CURLINFO_PRETRANSFER_TIME_T, "the connection"},
		{CURLINFO_NAMELOOKUP_TIME_T, "the name look-up"},
	};

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		curl_off_t at = 0;

		curl_easy_getinfo(easy, phases[i].info, &at);
		if (at == 0)
			phase = phases[i].phase;
	}
	return phase;
}

static enum failure_kind kind_of(CURLcode code)
{
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return FAILURE_HOST_NAME;
	case CURLE_COULDNT_RESOLVE_PROXY:
		return FAILURE_PROXY_NAME;
	case CURLE_COULDNT_CONNECT:
		return FAILURE_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return FAILURE_TIME;
	case CURLE_PEER_FAILED_VERIFICATION:
		return FAILURE_PEER;
	case CURLE_SSL_CONNECT_ERROR:
		return FAILURE_HANDSHAKE;
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return FAILURE_PIN;
	case CURLE_SSL_CACERT_BADFILE:
		return FAILURE_AUTHORITIES;
	case CURLE_SSL_CERTPROBLEM:
		return FAILURE_CERTIFICATE;
	case CURLE_OUT_OF_MEMORY: /* as libcurl calls a header line of over 100 kB */
	case 100:                 /* CURLE_TOO_LARGE, as it calls it from 8.6 on */
		return FAILURE_LONG_HEADER;
	case CURLE_FILESIZE_EXCEEDED:
		return FAILURE_PAGE;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return FAILURE_LOST;
	case CURLE_GOT_NOTHING:
		return FAILURE_SILENCE;
	case CURLE_BAD_CONTENT_ENCODING:
		return FAILURE_COMPRESSION;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return FAILURE_NOT_HTTP;
	default:
		return FAILURE_OTHER;
	}
}

static bool has_credentials(const struct fetch_endpoint *x)
{
	const struct options *o = x->options;

	return credentials_identify(&x->credentials) || o->user != NULL ||
	       o->bearer_token != NULL || o->bearer_token_file != NULL ||
	       o->client_cert != NULL || o->headers.count > 0;
}

static bool failed(const struct fetch_endpoint *x, enum failure_kind kind,
	const char *text, struct err *e)
{
	struct failure failure = {.kind = kind,
		.options = x->options,
		.text = text,
		.status = x->answer.status,
		.body = buf_str(&x->body),
		.has_credentials = has_credentials(x),
		.os_error = (int)long_of(x->easy, CURLINFO_OS_ERRNO),
		.verify_result = long_of(x->easy, CURLINFO_SSL_VERIFYRESULT),
		.limit = kind == FAILURE_RATIO ? RATIO_LIMIT : HEADER_LIMIT,
		.waited_ms = (monotonic_us(x->fetch) - x->started_us) / 1000,
		.phase = last_phase(x->easy)};

	return failure_say(&failure, e);
}

static bool transfer_failed(const struct fetch_endpoint *x, CURLcode code, struct err *e)
{
	return failed(x, x->broken != FAILURE_NONE ? x->broken : kind_of(code),
		x->curl_text[0] != '\0' ? x->curl_text : curl_easy_strerror(code), e);
}

/* ---- what was answered ---- */

static double seconds_of(CURL *easy, CURLINFO info)
{
	curl_off_t us = 0;

	curl_easy_getinfo(easy, info, &us);
	return (double)us / 1e6;
}

/* A phase that did not take place, or not to its end, has no time. */
static double phase(double from, double to)
{
	if (to > 0 && to >= from)
		return to - from;
	return NAN;
}

static void take_times(struct fetch_endpoint *x, bool is_whole)
{
	struct answer *a = &x->answer;
	double dns = seconds_of(x->easy, CURLINFO_NAMELOOKUP_TIME_T);
	double connect = seconds_of(x->easy, CURLINFO_CONNECT_TIME_T);
	double tls = seconds_of(x->easy, CURLINFO_APPCONNECT_TIME_T);
	double sent = seconds_of(x->easy, CURLINFO_PRETRANSFER_TIME_T);
	double first = seconds_of(x->easy, CURLINFO_STARTTRANSFER_TIME_T);
	double total = seconds_of(x->easy, CURLINFO_TOTAL_TIME_T);

	if (long_of(x->easy, CURLINFO_NUM_CONNECTS) > 0) {
		a->dns_seconds = phase(0, dns);
		a->connect_seconds = phase(dns, connect);
		a->tls_seconds = phase(connect, tls);
	}
	a->first_byte_seconds = phase(sent, first);
	if (is_whole)
		a->transfer_seconds = phase(first, total);
	a->duration_seconds = (double)(monotonic_us(x->fetch) - x->started_us) / 1e6;
	a->wire_bytes = wire_bytes(x->easy);
}

/* Of the first certificate, the endpoint's own. Known after a new connection alone. */
static void take_certificate(struct fetch_endpoint *x)
{
	static const char key[] = "Expire date:";
	struct curl_certinfo *info = NULL;

	curl_easy_getinfo(x->easy, CURLINFO_CERTINFO, &info);
	if (info == NULL || info->num_of_certs < 1)
		return;
	for (const struct curl_slist *s = info->certinfo[0]; s != NULL; s = s->next)
		if (strncmp(s->data, key, strlen(key)) == 0) {
			time_t end = curl_getdate(s->data + strlen(key), NULL);

			if (end >= 0)
				x->certificate_end = (double)end;
		}
}

static void take_content_type(struct fetch_endpoint *x)
{
	const char *type = NULL;

	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	buf_reset(&x->content_type);
	if (type != NULL)
		buf_add(&x->content_type, str_of(type));
	x->answer.content_type = buf_str(&x->content_type);
}

static void take_status(struct fetch_endpoint *x)
{
	x->answer.status = (int)long_of(x->easy, CURLINFO_RESPONSE_CODE);
}

static void judge(struct fetch_endpoint *x, CURLcode code)
{
	struct answer *a = &x->answer;

	if (code != CURLE_OK)
		transfer_failed(x, code, &a->error);
	else if (x->request.address == NULL && a->status != 200)
		failed(x, FAILURE_STATUS, "", &a->error);
	else if (x->request.address != NULL ||
		 expo_format_of(a->content_type, &a->format, &a->error))
		err_ok(&a->error);
}

/* ---- a second request for the same answer ---- */

/* The new token may be there since a moment ago. */
static bool retries_with_new_secret(struct fetch_endpoint *x, CURLcode code)
{
	if (code != CURLE_OK || !failure_is_denial(x->answer.status, buf_str(&x->body)) ||
		x->has_retried || ms_left(x) < 1)
		return false;
	if (x->token == NULL && x->password == NULL)
		return false;
	x->has_retried = true;
	return set_headers(x, true) && set_password(x, true) && send_request(x);
}

static char *origin_part(const char *address, CURLUPart part)
{
	CURLU *url = curl_url();
	char *text = NULL;

	if (url != NULL && curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK)
		curl_url_get(url, part, &text, CURLU_DEFAULT_PORT);
	curl_url_cleanup(url);
	return text;
}

static bool is_same_origin(const char *a, const char *b)
{
	static const CURLUPart parts[] = {
		CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	bool same = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *x = origin_part(a, parts[i]);
		char *y = origin_part(b, parts[i]);

		same = same && x != NULL && y != NULL && strcasecmp(x, y) == 0;
		curl_free(x);
		curl_free(y);
	}
	return same;
}

/* Followed here and not by libcurl, which would take our headers along. */
static bool follows_redirect(struct fetch_endpoint *x, CURLcode code)
{
	const char *to = NULL;
	const char *from = NULL;

	if (code != CURLE_OK || x->answer.status / 100 != 3 ||
		!x->options->follow_redirects)
		return false;
	curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &to);
	curl_easy_getinfo(x->easy, CURLINFO_EFFECTIVE_URL, &from);
	if (to == NULL || from == NULL || ms_left(x) < 1)
		return false;
	if (++x->redirects > REDIRECT_LIMIT)
		return false;
	if (has_credentials(x) && !is_same_origin(from, to))
		return false;
	return curl_easy_setopt(x->easy, CURLOPT_URL, to) == CURLE_OK && send_request(x);
}

/* ---- handing out ---- */

static void end(struct fetch_endpoint *x)
{
	size_t body_bytes = x->answer.body.len;
	struct buf *spare = &x->fetch->spare;

	x->is_running = false;
	x->fetch->running--;
	bool is_secret = x->request.is_secret;

	x->answered(x->ctx, x, &x->answer);
	if (is_secret && x->body.at != NULL)
		explicit_bzero(x->body.at, x->body.size);
	x->body_bytes = body_bytes;
	if (x->body.size > spare->size)
		buf_exchange(&x->body, spare);
	buf_free(&x->body);
}

static void finish(struct fetch_endpoint *x, CURLcode code)
{
	struct answer *a = &x->answer;

	take_status(x);
	take_content_type(x);
	take_certificate(x);
	if (retries_with_new_secret(x, code) || follows_redirect(x, code))
		return;
	take_times(x, code == CURLE_OK);
	a->certificate_days = days_left(x->fetch, x->certificate_end);
	a->body = buf_str(&x->body);
	a->holder = &x->body;
	judge(x, code);
	end(x);
}

static void end_failed_early(struct fetch *f)
{
	for (size_t i = 0; f->failed_early > 0 && i < f->count; i++) {
		struct fetch_endpoint *x = f->endpoint[i];

		if (!x->has_failed_early)
			continue;
		x->has_failed_early = false;
		f->failed_early--;
		end(x);
	}
}

static void end_finished(struct fetch *f)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(f->multi, &left)) != NULL) {
		struct fetch_endpoint *x = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
		finish(x, message->data.result);
	}
}

/* ---- a turn ---- */

static void act(const struct fetch *f, curl_socket_t fd, int what)
{
	int at_work;

	/* what goes wrong is told as the end of a request */
	(void)curl_multi_socket_action(f->multi, fd, what, &at_work);
}

/* Requests that were started, and time limits. */
static void act_in_time(struct fetch *f)
{
	if (f->timer_us > machine_us(f))
		return;
	f->timer_us = NO_TIMER;
	act(f, CURL_SOCKET_TIMEOUT, 0);
}

/* What broke is read as well: that says why. */
static int what_is_ready(short revents)
{
	return (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
	       (revents & (POLLIN | POLLHUP | POLLERR) ? CURL_CSELECT_IN : 0);
}

/* What was read in one go left more behind, mostly. */
static void act_on(struct fetch *f, const struct pollfd *ready)
{
	do {
		f->read_bytes = 0;
		act(f, ready->fd, what_is_ready(ready->revents));
	} while (f->read_bytes > READ_BYTES / 2);
}

/* Of both; -1: no bound. */
static int64_t bounded_ms(const struct fetch *f, int64_t wait_ms)
{
	if (f->failed_early > 0)
		return 0;
	if (f->timer_us == NO_TIMER)
		return wait_ms;
	int64_t left_us = f->timer_us - machine_us(f);
	int64_t left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;

	return wait_ms < 0 || left_ms < wait_ms ? left_ms : wait_ms;
}

void fetch_run(struct fetch *f, int64_t wait_ms)
{
	struct pollfd fds[READY_MOST];
	size_t before = f->running;

	end_failed_early(f);
	act_in_time(f);
	end_finished(f);
	if (f->running != before)
		return;
	size_t count = ready_wait(&f->ready, bounded_ms(f, wait_ms), fds);
	for (size_t i = 0; i < count; i++) {
		act_on(f, &fds[i]);
		end_finished(f);
	}
	act_in_time(f);
	end_finished(f);
}

int fetch_fd(const struct fetch *f, int64_t *wait_ms)
{
	*wait_ms = bounded_ms(f, -1);
	return f->ready.epoll;
}

void fetch_wake(struct fetch *f)
{
	ready_wake(&f->ready);
}

/* ---- endpoints ---- */

static char *what_of(const char *option, const struct options *o)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_addf(&b, "%s of %s:", option, o->name == NULL ? "" : o->name);
	char *what = buf_take(&b);
	buf_free(&b);
	return what;
}

/* A file that one of the options names. */
static bool add_secret(struct secret **secret, char **what, const char *option,
	const char *path, const struct fetch_endpoint *x)
{
	if (path == NULL)
		return true;
	*what = what_of(option, x->options);
	if (*what != NULL)
		*secret = secret_new(path, *what, x->fetch->log);
	return *secret != NULL;
}

static void endpoint_free(struct fetch_endpoint *x)
{
	drop_easy(x);
	credentials_wipe(&x->credentials);
	credentials_wipe(&x->next_credentials);
	curl_slist_free_all(x->connect_to);
	secret_free(x->token);
	secret_free(x->password);
	free(x->token_what);
	free(x->password_what);
	buf_free(&x->body);
	buf_free(&x->content_type);
	free(x);
}

struct fetch_endpoint *fetch_add(struct fetch *f, const struct options *options,
	fetch_answered *answered, void *ctx)
{
	struct fetch_endpoint **grown =
		reallocarray(f->endpoint, f->count + 1, sizeof(struct fetch_endpoint *));
	struct fetch_endpoint *x = calloc(1, sizeof(*x));

	if (grown != NULL)
		f->endpoint = grown;
	if (grown == NULL || x == NULL) {
		free(x);
		return NULL;
	}
	x->fetch = f;
	x->options = options;
	x->answered = answered;
	x->ctx = ctx;
	x->certificate_end = NAN;
	buf_init(&x->body, options->max_page_bytes);
	buf_init(&x->content_type, HEADER_LIMIT);
	if (!add_secret(&x->token, &x->token_what, "BearerTokenFile",
		    options->bearer_token_file, x) ||
		!add_secret(&x->password, &x->password_what, "PasswordFile",
			options->password_file, x)) {
		endpoint_free(x);
		return NULL;
	}
	f->endpoint[f->count++] = x;
	return x;
}

void fetch_remove(struct fetch_endpoint *x)
{
	if (x == NULL)
		return;
	struct fetch *f = x->fetch;
	size_t i = 0;

	while (f->endpoint[i] != x)
		i++;
	f->endpoint[i] = f->endpoint[--f->count];
	f->running -= x->is_running;
	f->failed_early -= x->has_failed_early;
	close_connection(x);
	endpoint_free(x);
}

void fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		endpoint_free(f->endpoint[i]);
	free(f->endpoint);
	curl_multi_cleanup(f->multi);
	ready_close(&f->ready);
	buf_free(&f->spare);
	free(f);
}
