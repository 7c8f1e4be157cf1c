#!/bin/bash
# secure.sh: controller-runtime's own secure metrics server, recorded over a change of token and
# of certificate without a lost page, even where the old token ends while a page is asked for.
. "${srcdir:-.}/tests/lib.sh"

need curl curl
need openssl openssl

recording=$work/pages/secure

# issue NAME: an authority of its own and, signed by it, a certificate for the operator.
issue() {
	local folder=$work/$1
	mkdir "$folder"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1 authority" \
		-keyout "$folder/ca.key" -out "$folder/ca.crt" &&
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1 operator" \
			-CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
			-addext subjectAltName=IP:127.0.0.1 \
			-addext basicConstraints=critical,CA:false \
			-keyout "$folder/tls.key" -out "$folder/tls.crt"
} 2>"$work/issue.out"

# install_file FILE FROM...: the contents of FILE, replaced at once.
install_file() {
	local file=$1
	shift
	(umask 077 && cat "$@" >"$file.new") && mv "$file.new" "$file"
}

set_token() {
	printf '%s\n' "$1" | install_file "$work/token" -
}

pages() {
	find "$recording" -name '[0-9]*' 2>/dev/null | wc -l
}

# more_pages N WHAT: so many more come.
more_pages() {
	check "pages come $2" until_true 20 has_pages $(($(pages) + $1))
}

has_pages() {
	[ "$(pages)" -ge "$1" ]
}

serves() {
	openssl s_client -connect "${metrics#https://}" </dev/null 2>/dev/null |
		grep -q "CN *= *$1 operator"
}

all_answered() {
	! grep -v '^[0-9]* 200 ' "$recording/status"
}

# refused WORDS OPTION...: a scrape that fails and says why.
refused() {
	local words=$1
	shift
	"$operatorstat" record --count 1 -w "$work/refused" "$@" "$metrics" >"$work/why" 2>&1
	[ $? = 3 ] && grep -E "$words" "$work/why"
}

# begin PROGRAM OPTION...: the operator, until it answers; sets metrics and tokens.
begin() {
	start operator "$@" --secure --cert-dir "$work/certificates" --token 'first,barred!'
	check 'the operator starts' until_true 20 grep -q ^truth "$work/operator.out"
	metrics=$(sed -n 's,^metrics \(.*\)/metrics$,\1,p' "$work/operator.out")
	tokens=$(sed -n 's,^truth \(.*\)truth$,\1tokens,p' "$work/operator.out")
}

reviews() {
	curl -sf "$tokens" | grep "$1"
}

operator=$("$srcdir/tests/operator/build.sh") || exit
impatient=$("$srcdir/tests/operator/build.sh" impatient) || exit
check 'a certificate' issue old
check 'another certificate' issue new
mkdir "$work/certificates"
install_file "$work/certificates/tls.key" "$work/old/tls.key"
install_file "$work/certificates/tls.crt" "$work/old/tls.crt"
install_file "$work/ca.crt" "$work/old/ca.crt"
set_token first
begin "$operator"

ours=(--ca-cert "$work/ca.crt")
check 'no token' refused '401.*BearerToken' "${ours[@]}"
check 'an unknown token' refused '500; the credentials' "${ours[@]}" --bearer-token unknown
check 'a token without the right' refused '403' "${ours[@]}" --bearer-token barred
check 'an unknown authority' refused 'CACert' --bearer-token first

start record "$operatorstat" record --interval 0.5 -w "$work/pages" \
	"${ours[@]}" --bearer-token-file "$work/token" "secure=$metrics"
more_pages 3 'with the first token'
check 'a second token' curl -sf -d 'first,second' "$tokens"
set_token second
more_pages 3 'with the second token'
check 'the first token ends' curl -sf -d 'second' "$tokens"
more_pages 3 'after the end of the first'

install_file "$work/ca.crt" "$work/old/ca.crt" "$work/new/ca.crt"
more_pages 3 'with two authorities'
install_file "$work/certificates/tls.key" "$work/new/tls.key"
install_file "$work/certificates/tls.crt" "$work/new/tls.crt"
check 'the operator takes the new certificate' until_true 30 serves new
more_pages 3 'with the new certificate'
install_file "$work/ca.crt" "$work/new/ca.crt"
more_pages 3 'with the new authority alone'

check_stop record
check 'no page is lost' all_answered
check_stop operator

# A token ends while it is asked for a page with: the server says so, the file has a new one.
begin "$impatient"
recording=$work/expired/secure
set_token first
start record "$operatorstat" record --interval 0.5 -w "$work/expired" \
	"${ours[@]}" --bearer-token-file "$work/token" "secure=$metrics"
more_pages 3 'with a token that is about to end'
check 'it ends' curl -sf -d second "$tokens?hold"
check 'a page is asked for with it' until_true 20 reviews 'waiting [^0]'
check 'nothing was refused so far' reviews 'refused 0'
set_token second
check 'the API server says that it has ended' curl -sf -d second "$tokens"
more_pages 3 'with the new token'
check 'the old one was refused' reviews 'refused 1'
check 'still no page is lost' all_answered
check 'all tokens end' curl -sf -d third "$tokens"
check 'that is seen' until_true 20 grep -q ' 500 .* auth: HTTP status 500' "$recording/status"
set_token third
more_pages 3 'with a third token'
check_stop record
check_stop operator
done_all
