#!/bin/bash
# transport.sh: endpoints behind a real nginx: HTTP/2, gzip, client certificates, a proxy, a
# Unix socket, basic authentication; certificates that change while they are scraped.
. "${srcdir:-.}/tests/lib.sh"

PATH=$PATH:/usr/sbin
need nginx nginx-light
need openssl openssl

http=$(free_port) https=$(free_port) mutual=$(free_port) proxy=$(free_port)

# ---- certificates ----

new_key() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@" 2>/dev/null
}

# make_ca NAME
make_ca() {
	new_key -x509 -days 30 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem"
}

# make_leaf NAME CA
make_leaf() {
	new_key -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 20 \
		-extfile <(echo 'subjectAltName=DNS:localhost') -out "$1.pem" 2>/dev/null
}

cd "$work" || exit
make_ca ca && make_ca next && make_leaf server ca && make_leaf client ca
printf 'me:%s\n' "$(openssl passwd -apr1 secret)" >users
mkdir pages
printf '# TYPE up gauge\nup 1\n' >pages/metrics

# ---- nginx ----

cat >nginx.conf <<END
user $(id -un);
daemon off;
worker_processes 1;
error_log $work/error.log;
pid $work/nginx.pid;
events {}
http {
	client_body_temp_path $work/temp;
	proxy_temp_path $work/temp;
	fastcgi_temp_path $work/temp;
	uwsgi_temp_path $work/temp;
	scgi_temp_path $work/temp;
	default_type text/plain;
	root $work/pages;
	log_format line '\$server_port \$server_protocol \$connection \$status \$uri '
		'"\$http_authorization" "\$http_accept_encoding" "\$host" "\$ssl_client_s_dn"';
	access_log $work/access.log line;
	server {
		listen 127.0.0.1:$http;
		listen [::1]:$http;
		listen unix:$work/nginx.sock;
		location /gzip { alias $work/pages/metrics; gzip on; gzip_min_length 1; }
		location /basic { alias $work/pages/metrics; auth_basic x; auth_basic_user_file $work/users; }
		location /moved { return 302 http://127.0.0.1:$http/metrics; }
		location /away { return 302 http://localhost:$http/metrics; }
	}
	server {
		listen 127.0.0.1:$https ssl http2;
		ssl_certificate $work/server.pem;
		ssl_certificate_key $work/server.key;
	}
	server {
		listen 127.0.0.1:$mutual ssl;
		ssl_certificate $work/server.pem;
		ssl_certificate_key $work/server.key;
		ssl_client_certificate $work/ca.pem;
		ssl_verify_client on;
	}
	server {
		listen 127.0.0.1:$proxy;
		location / { proxy_pass http://127.0.0.1:$http; }
	}
}
END
start nginx nginx -c "$work/nginx.conf" -p "$work"
answers() {
	"$operatorstat" samples "$http"
}
check 'nginx is there' until_true 10 answers

# ---- checks ----

# reads WHAT OPTION... SOURCE: the page comes.
reads() {
	local what=$1
	shift
	check "$what" page_is_read "$@"
}

page_is_read() {
	local output
	output=$("$operatorstat" samples "$@" 2>&1)
	[ "$output" = 'up 1' ] || { echo "$output"; return 1; }
}

# refused WHAT WORDS OPTION... SOURCE: no answer (3), and standard error has the words.
refused() {
	local what=$1 words=$2
	shift 2
	check "$what" page_is_refused "$words" "$@"
}

page_is_refused() {
	local words=$1 output result=0
	shift
	output=$("$operatorstat" samples "$@" 2>&1) || result=$?
	if [ "$result" != 3 ] || [[ $output != *"$words"* ]]; then
		echo "exit $result: $output"
		return 1
	fi
}

# logged WHAT WORDS: nginx' last line has them, which it may write after its answer.
logged() {
	check "$1" until_true 5 last_line_has "$2"
}

last_line_has() {
	local line
	line=$(tail -n 1 access.log)
	[[ $line == *"$1"* ]] || { echo "$line"; return 1; }
}

url=https://localhost:$https/metrics
reads 'plain HTTP' "http://127.0.0.1:$http"
logged 'no compression unless asked for' ' 200 /metrics "-" "-"'
reads 'IPv6' "[::1]:$http"
reads 'a Unix socket' "unix://$work/nginx.sock"
reads 'a Unix socket, with a path' "unix://$work/nginx.sock:/gzip"
reads 'gzip' --compression=true "$http/gzip"
logged 'gzip was asked for' 'gzip'
reads 'user and password' --user me --password secret "$http/basic"
refused 'a wrong password' 'auth: HTTP status 401' --user me --password wrong "$http/basic"
refused 'no password' 'set BearerTokenFile, or User and Password' "$http/basic"
printf 'secret\n' >password && chmod 600 password
reads 'a password from a file' --user me --password-file password "$http/basic"
reads 'a token' --bearer-token abc "$http"
logged 'the token was sent' '"Bearer abc"'

reads 'HTTP/2 over TLS' --ca-cert ca.pem "$url"
logged 'HTTP/2 was spoken' 'HTTP/2.0'
refused 'an unknown authority' \
	'tls: certificate signed by unknown authority; set CACert or VerifyPeer false' "$url"
check 'not verified, and said so' grep -q 'VerifyPeer false: whoever answers' \
	<("$operatorstat" samples --verify-peer=false "$url" 2>&1)
refused 'TLS asked of plain HTTP' 'write http:// in URL' "https://localhost:$http/metrics"
refused 'plain HTTP asked of TLS' 'write https:// in URL' "http://localhost:$https/metrics"
refused 'no client certificate' 'set ClientCert and ClientKey' --ca-cert ca.pem "https://localhost:$mutual"
reads 'a client certificate' --ca-cert ca.pem --client-cert client.pem --client-key client.key \
	"https://localhost:$mutual"
logged 'the certificate was seen' '"CN=client"'

reads 'a proxy' --proxy "http://127.0.0.1:$proxy" "http://localhost:$http/metrics"
check 'the proxy was asked' until_true 5 grep -q "^$proxy " access.log
lines=$(grep -c "^$proxy " access.log)
reads 'no proxy for this host' --proxy "http://127.0.0.1:$proxy" --no-proxy localhost \
	"http://localhost:$http/metrics"
http_proxy=http://127.0.0.1:$proxy \
	reads 'the environment is not looked at' "http://localhost:$http/metrics"
check 'the proxy was not asked' test "$(grep -c "^$proxy " access.log)" = "$lines"

refused 'redirects are off' 'set FollowRedirects true' "$http/moved"
reads 'a redirect by option' --follow-redirects=true --bearer-token abc "$http/moved"
logged 'the token goes to the same host' '"Bearer abc"'
reads 'to another host without credentials' --follow-redirects=true "$http/away"
refused 'to another host with credentials' 'HTTP status 302' --follow-redirects=true \
	--bearer-token abc "$http/away"

# ---- certificates that change while they are scraped ----

# failures: attempts of the recording that gave no page.
failures() {
	awk '$2 != 200' rec/*/status | wc -l
}

attempts() {
	cat rec/*/status 2>/dev/null | wc -l
}

attempts_are() {
	[ "$(attempts)" -ge "$1" ]
}

more_attempts() {
	until_true 10 attempts_are $(($(attempts) + $1))
}

# replace FILE TEXT-FILE...: by rename, as everything that rotates does it.
replace() {
	cat "${@:2}" >new && mv new "$1"
}

replace trusted.pem ca.pem
: >access.log
start record "$operatorstat" record --interval 0.2 --ca-cert trusted.pem -w rec "op=$url"
check 'scraped again and again' until_true 10 attempts_are 5
check 'on one connection' test "$(awk -v port="$https" '$1 == port { print $3 }' access.log |
	sort -u | wc -l)" = 1
replace trusted.pem ca.pem next.pem
make_leaf rotated next && replace server.key rotated.key && replace server.pem rotated.pem
kill -HUP "$(cat nginx.pid)"
serves_rotated() {
	openssl s_client -connect "127.0.0.1:$https" </dev/null 2>/dev/null | grep -q 'CN *= *rotated'
}
check 'the new certificate is served' until_true 10 serves_rotated
check 'and on' more_attempts 10
replace trusted.pem next.pem
check 'with the new authority alone' more_attempts 5
check 'no scrape was lost' test "$(failures)" = 0
replace trusted.pem ca.pem
has_failed() {
	[ "$(failures)" -gt 0 ]
}
check 'an authority that is no longer trusted counts at once' until_true 5 has_failed
check 'it says so' grep -q 'tls: certificate signed by unknown authority' rec/op/status
stop record
check 'the recording ends well' test $? = 0

check 'nothing secret was printed' test -z "$(grep -l 'Bearer abc\|secret' ./*.out rec/*/status)"
done_all
