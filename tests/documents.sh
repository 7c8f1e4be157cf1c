#!/bin/bash
# documents.sh: every example in README.md and in the two manuals. Commands run on real operators,
# one of them behind HTTPS and a token; what belongs into collectd's configuration is read by a
# collectd with the plugin.
. "${srcdir:-.}/tests/daemon_lib.sh"

need openssl openssl
operator=$("$srcdir/tests/operator/build.sh") || exit

mkdir "$work/certificate" "$work/run"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=operator \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$work/certificate/tls.key" \
	-out "$work/certificate/tls.crt" 2>/dev/null
cp "$work/certificate/tls.crt" "$work/run/ca.pem"
echo good >"$work/run/token"

start plain "$operator" --webhooks --own-families
start secure "$operator" --secure --token good --cert-dir "$work/certificate"
for name in plain secure; do
	check "the operator $name starts" until_true 30 grep -q ^truth "$work/$name.out"
done

plain=$(sed -n 's/^metrics //p' "$work/plain.out")
secure=$(sed -n 's/^metrics //p' "$work/secure.out")

sed "s,@VERSION@,0,; s,@[A-Z_]*@,," "$srcdir/operatorstat/operatorstat.1.in" >"$work/operatorstat.1"
header daemon >"$work/collectd.conf"
load_plugin >>"$work/collectd.conf"
cd "$work/run" || exit
PATH=${operatorstat%/*}:$PATH
export COLLECTD_CONF="$work/collectd.conf"
for document in README.md plugin/collectd-operator.5 conf/operator.conf; do
	check "$document" python3 "$srcdir/tests/documents.py" "$srcdir/$document" \
		"$plain" "$secure"
done
operatorstat record --count 4 --interval 0.3 -w recording "$plain"
check 'operatorstat.1' python3 "$srcdir/tests/documents.py" "$work/operatorstat.1" \
	"$plain" "$secure"
done_all
