#!/bin/bash
# discover.sh: endpoints that are found, by a real collectd and by operatorstat without a source:
# a real operator that starts again on another port, a secured one, a web server that is none, and
# targets in a file that changes while collectd runs. All happens in a network of its own, where
# nobody else listens.
set -u
here=$(dirname "$0")

# lo_up: this network's loopback, without a package for it.
lo_up() {
	python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))'
}

if [ -z "${DISCOVER_OPERATOR-}" ]; then
	operator=$("$here/operator/build.sh") || exit
	if ! unshare -rmn true 2>/dev/null; then
		echo "skipped: no namespaces of users and networks (unshare -rmn)"
		exit 77
	fi
	DISCOVER_OPERATOR=$operator exec unshare -rmn "$0" "$@"
fi
mount -t tmpfs none /run && lo_up || exit 1
. "${srcdir:-.}/tests/daemon_lib.sh"

# run_in NAME COMMAND...: started in a folder of that name, which it is called by.
run_in() {
	local name=$1
	shift
	mkdir -p "$work/$name"
	start "$name" env -C "$work/$name" "$@"
}

start_operator() {
	run_in memcached-operator "$DISCOVER_OPERATOR" --metrics "$1"
	check "the operator starts on $1" until_true 30 grep -q '^truth' \
		"$work/memcached-operator.out"
}

# told WORDS OPTION...: what operatorstat says of what it cannot read.
told() {
	local words=$1
	shift
	"$operatorstat" once -o values "$@" >"$work/values" 2>"$work/said"
	grep -F -e "$words" "$work/said"
}

has_values() {
	"$operatorstat" once -o values "${@:2}" 2>/dev/null | grep -q "operator-$1/gauge-up 1"
}

# ups INSTANCE: the newest value of gauge-up, without its fraction.
ups() {
	csv_lines "$work/found/csv" "operator-$1/gauge-up" | tail -n 1 | sed 's/.*,//; s/\..*//'
}

is_up_in_collectd() {
	[ "$(ups "$1")" = "$2" ]
}

instances() {
	(cd "$work/found/csv/host.example" && printf '%s ' operator-*)
}

requests() {
	grep -c GET "$work/web.out"
}

in_log() {
	grep -F -e "$1" "$work/found/log"
}

targets() {
	printf '%s\n' "$1" >"$work/targets.new"
	mv "$work/targets.new" "$work/targets/a.json"
}

# screen WORDS: do they stand on the screen?
screen() {
	tmux -S "$work/tmux" capture-pane -p | grep -F -e "$1"
}

# ---- operatorstat without a source ----

check 'nobody listens' told 'no operator; give an endpoint'
"$operatorstat" once >/dev/null 2>&1
check 'nothing found is no answer' test $? = 3
if command -v tmux >/dev/null; then
	TERM=xterm tmux -S "$work/tmux" -f /dev/null new-session -d -x 80 -y 24 "$operatorstat"
	check 'the screen says what was tried' until_true 10 screen 'No operator is found yet.'
	check 'and what to type' screen 'operatorstat :8080'
else
	skipped=$((skipped + 1))
	echo 'skipped: no tmux: install the Debian package tmux'
fi
run_in web python3 -u -m http.server 0 --bind 127.0.0.1
until_true 10 grep -q Serving "$work/web.out"
start_operator "127.0.0.1:$(free_port)"
check 'it is found' has_values memcached-operator
if [ -S "$work/tmux" ]; then
	check 'on the screen too' until_true 10 screen '1/1 up'
fi
check 'and asked for its series' \
	"$operatorstat" query 'controller_runtime_active_workers{controller="healthy"}'

run_in secured-operator "$DISCOVER_OPERATOR" --secure --token good
until_true 30 grep -q '^truth' "$work/secured-operator.out"
check 'a secured one is named' told '--verify-peer=false; and --bearer-token-file FILE'
if [ -S "$work/tmux" ]; then
	tmux -S "$work/tmux" send-keys 1
	check 'on the screen below the operators' until_true 10 screen 'this opens it: --ca-cert FILE'
	tmux -S "$work/tmux" kill-server
fi
check 'with what is lacking still' told 'opens it: --bearer-token-file FILE' --verify-peer=false
(umask 077 && echo good >"$work/token")
check 'a token opens it' has_values secured-operator --verify-peer=false \
	--bearer-token-file "$work/token"
check 'the other gets no token' has_values memcached-operator --bearer-token-file "$work/token"
stop secured-operator
rm "$work/token"

# ---- a collectd that finds ----

start pages "$srcdir/tests/page_server.py" "$work/pages"
page_port=$(port_of pages)
mkdir "$work/targets"
targets "[{\"targets\": [\"127.0.0.1:$page_port\"],
	\"labels\": {\"__metrics_path__\": \"/plain/x\", \"instance\": \"from-file\"}}]"
{
	header found
	cat <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/found/csv"
		</Plugin>
	END
	load_plugin
	cat <<-END
		<Plugin operator>
		  StateDir "$work/found/state"
		  <Discover>
		    Listeners true
		    VerifyPeer false
		    BearerTokenFile "$work/token"
		  </Discover>
		  <Discover>
		    Files "$work/targets/*.json"
		  </Discover>
		</Plugin>
	END
} >"$work/found.conf"
before=$(requests)
start collectd collectd -f -C "$work/found.conf"
check 'it tells of its first look' until_true 20 in_log 'Listeners: 1 operators and 0 secured'
check 'a listener is found' until_true 20 is_up_in_collectd memcached-operator 1
check 'a target is found' until_true 20 is_up_in_collectd from-file 1

# on another port; in between it is down
stop memcached-operator
check 'it is down' until_true 20 is_up_in_collectd memcached-operator 0
second=$(free_port)
start_operator "0.0.0.0:$second"
check 'it is up again' until_true 20 is_up_in_collectd memcached-operator 1
check 'at the new port' in_log "127.0.0.1:$second/metrics: found: process"

run_in secured-operator "$DISCOVER_OPERATOR" --secure --token good
check 'a secured one is named in the log' until_true 30 in_log 'would open it: other credentials'
(umask 077 && echo good >"$work/token")
check 'a token that comes opens it' until_true 20 is_up_in_collectd secured-operator 1

# the file
targets '[{"targets": ['
check 'a broken file is told of' until_true 10 in_log 'the 1 targets it had before stay'
check 'its target stays' is_up_in_collectd from-file 1
targets "[{\"targets\": [\"127.0.0.1:$page_port\"],
	\"labels\": {\"__metrics_path__\": \"/plain/y\", \"instance\": \"other\"}}]"
check 'a new target is found' until_true 10 is_up_in_collectd other 1
check 'the old one is gone' in_log 'from-file, http://127.0.0.1:'"$page_port"'/plain/x: is no longer'
check 'a web server was asked once' test "$(($(requests) - before))" = 1
check 'nothing else was found' test "$(instances)" = \
	'operator-from-file operator-memcached-operator operator-other operator-secured-operator '
check_stop collectd
done_all
