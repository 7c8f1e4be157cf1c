#!/bin/bash
# daemon_unixsock.sh: the terminal tool on the unixsock plugin of a real collectd: the values that
# it has from the plugin, names of any length, and what is said when the daemon goes.
. "${srcdir:-.}/tests/daemon_lib.sh"

plugins=$(collectd -h | sed -n 's/^ *Plugin directory *//p')
[ -e "$plugins/unixsock.so" ] || skip_all "collectd has no unixsock plugin"

# longer than the 63 bytes at which libcollectdclient cuts
long=a-name-of-ninety-bytes-$(printf 'x%.0s' {1..67})
mkdir -p "$work/pages"
start pages "$srcdir/tests/page_server.py" "$work/pages"
port=$(port_of pages)
socket=$work/sock
{
	header daemon
	cat <<-END
		LoadPlugin unixsock
		<Plugin unixsock>
		  SocketFile "$socket"
		  SocketGroup "$(id -gn)"
		</Plugin>
	END
	load_plugin
	cat <<-END
		<Plugin operator>
		  <Endpoint "plain">
		    URL "http://127.0.0.1:$port/plain/plain"
		    Buckets true
		  </Endpoint>
		  <Endpoint "$long">
		    URL "http://127.0.0.1:$port/good/long"
		  </Endpoint>
		  <Endpoint "gone">
		    URL "http://127.0.0.1:$(free_port)/metrics"
		  </Endpoint>
		</Plugin>
	END
} >"$work/daemon.conf"
start daemon collectd -f -C "$work/daemon.conf"

once() {
	"$operatorstat" once --wait "$1" -o "${@:2}" "unix:$socket"
}

# has_all WORDS...: once has them all, each a pattern.
has_all() {
	local word
	once 4 values >"$work/values" || return
	for word in "$@"; do
		grep -E -m 1 -- "$word" "$work/values" || {
			echo "no value like $word of $(wc -l <"$work/values")"
			return 1
		}
	done
}

# asked IDENTIFIER: what the daemon itself says, by one line of its protocol.
asked() {
	python3 - "$socket" "$1" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(('GETVAL "%s"\n' % sys.argv[2]).encode())
		lines = s.makefile()
		lines.readline()
		print(lines.readline().split('=')[1].strip())
	END
}

check 'values come' until_true 20 has_all 'operator-plain/gauge-up 1$'
check 'gauges, rates, times and buckets of all operators' until_true 20 has_all \
	'^host.example/operator-plain/queue_length-depth-plain [0-9]+$' \
	'^host.example/operator-plain/total_operations-add-plain [0-9.]+$' \
	'^host.example/operator-plain/latency-work-plain-percentile_50 0\.05' \
	'^host.example/operator-plain/bucket-work-plain-10ms_100ms [0-9.]+$' \
	"^host.example/operator-$long/gauge-up 1\$" \
	'^host.example/operator-gone/gauge-up 0$'

# The depth is the number of the request: what we have is what the daemon had then or now.
same_as_daemon() {
	local id=host.example/operator-plain/queue_length-depth-plain before ours after
	before=$(asked "$id") || return
	ours=$(once 0 values | sed -n "s,^$id ,,p")
	after=$(asked "$id") || return
	echo "$before <= $ours <= $after"
	python3 -c 'import sys; a, b, c = map(float, sys.argv[1:]); sys.exit(not a <= b <= c)' \
		"$before" "$ours" "$after"
}
check "the daemon's own numbers" same_as_daemon

rates() {
	once 3 json | python3 -c '
import json, sys
o = {x["name"]: x for x in json.load(sys.stdin)["operators"]}["plain"]
c = {x["name"]: x for x in o["controllers"]}["plain"]
print(c["depth"], c["rates"]["adds"])
sys.exit(not (o["up"] and 13 < c["rates"]["adds"] < 15))'
}
# a page that is late makes it another rate
check 'rates of controllers' until_true 20 rates

why() {
	"$operatorstat" why --wait 3 "unix:$socket" | grep -E -m 1 'gone.*gives no page'
}
check 'why it is slow' until_true 20 why

# said_and_3 WORDS COMMAND...: exit code 3 and these words.
said_and_3() {
	local words=$1 output result=0
	shift
	output=$("$@" 2>&1) || result=$?
	echo "$output" | head -n 3
	[ "$result" = 3 ] && grep -qF -- "$words" <<<"$output"
}
check 'query says that there are no series' \
	said_and_3 'unix:' "$operatorstat" query workqueue_depth "unix:$socket"

check 'collectd is up after all this' is_up daemon
check_stop daemon
check 'a daemon that has gone is told' said_and_3 'is collectd running' once 0 values

python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])' "$work/left"
check 'a socket that was left behind is told' said_and_3 'not running any more' \
	"$operatorstat" once --wait 0 "unix:$work/left"

# What answers nonsense, or nothing, is told and costs no more than its time.
cat >"$work/nonsense.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
print('listening', flush=True)
while True:
  c, _ = s.accept()
  c.sendall(bytes.fromhex(sys.argv[2]))
END
number=0
while IFS='|' read -r name bytes words; do
	number=$((number + 1))
	start "nonsense$number" python3 "$work/nonsense.py" "$work/nonsense$number.sock" "$bytes"
	until_true 5 test -s "$work/nonsense$number.out"
	check "told: $name" said_and_3 "$words" timeout 20 \
		"$operatorstat" once --wait 0 "unix:$work/nonsense$number.sock"
done <<END
bytes|00ff7f0a|none of the unixsock
HTTP|$(printf 'HTTP/1.1 400 Bad Request\r\n\r\n' | od -An -tx1 | tr -d ' \n')|none of the unixsock
a line without end|$(printf '%08192d' 0 | sed 's/0/61/g')|none of the unixsock
a list that is none|$(printf '2 Values found\nx\ny\n' | od -An -tx1 | tr -d ' \n')|none of the unixsock
silence||no answer for 2 s
END

done_all
