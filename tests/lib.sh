# Shell functions of the tests with real parts; sourced by them, in the build folder, or
# elsewhere with OPERATORSTAT and MODULE_FOLDER naming what was installed. All happens in
# $work, on free ports of loopback, as any user.
# shellcheck shell=bash disable=SC2034

set -uo pipefail
export LC_ALL=C
srcdir=$(realpath "${srcdir:-.}")
operatorstat=${OPERATORSTAT:-$PWD/bin/operatorstat}
passed=0 failed=0 skipped=0
declare -A pids=()

# skip_all WHY: nothing of this script can be run.
skip_all() {
	echo "skipped: $*"
	exit 77
}

# need PROGRAM PACKAGE
need() {
	command -v "$1" >/dev/null || skip_all "no $1: install the Debian package $2"
}

# check WHAT COMMAND...: one check; its output is shown if it fails.
check() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok   $what${output:+: $output}"
	else
		failed=$((failed + 1))
		echo "FAIL $what"
		head -n 40 <<<"$output"
	fi
}

# start NAME COMMAND...: in the background, its output in $work/NAME.out.
start() {
	local name=$1
	shift
	: >"$work/$name.out" # now: what an earlier one wrote must not be taken for its
	"$@" >>"$work/$name.out" 2>&1 &
	pids[$name]=$!
}

# stop NAME: ends it; its exit code. Not in a $(...), which it would be no child of.
stop() {
	local pid=${pids[$1]} result=0
	unset "pids[$1]"
	kill "$pid" 2>/dev/null
	wait "$pid" || result=$?
	return $result
}

# check_stop NAME: does it end in order, and at once? Nobody waits for what hangs: ten seconds.
check_stop() {
	local result=0 before took
	before=$(date +%s%N)
	stop "$1" || result=$?
	took=$((($(date +%s%N) - before) / 1000000))
	check "$1 ends in order" test $result = 0
	check "$1 ends at once ($took ms)" test $took -lt 8000
}

is_up() {
	kill -0 "${pids[$1]}"
}

# until_true SECONDS COMMAND...: again and again; four times as long where a machine is busy.
until_true() {
	local end=$((SECONDS + 4 * $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			echo "not within its time: $*"
			return 1
		fi
		sleep 0.1
	done
}

# port_of NAME: the port that a server of ours printed.
port_of() {
	until_true 10 test -s "$work/$1.out" || return
	head -n 1 "$work/$1.out"
}

# A port of loopback where nobody listens: no two are the same within a script, and none is of
# those that the kernel gives to others meanwhile.
free_port() {
	/usr/bin/python3 - "$work/ports" <<-'END'
		import random, socket, sys
		with open(sys.argv[1], 'a+') as taken:
		    taken.seek(0)
		    ports = set(taken.read().split())
		    while True:
		        port = random.randrange(10000, 32000)
		        try:
		            with socket.socket() as s:
		                s.bind(('127.0.0.1', port))
		        except OSError:
		            continue
		        if str(port) not in ports:
		            break
		    print(port, file=taken)
		print(port)
	END
}

finish() {
	local name
	for name in "${!pids[@]}"; do
		kill "${pids[$name]}" 2>/dev/null
	done
	wait
	if [ "$failed" -gt 0 ]; then
		tail -n 30 "$work"/*/log "$work"/*.out 2>/dev/null
	fi
	rm -rf "$work"
}

done_all() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}

work=$(mktemp -d)
trap finish EXIT
trap 'exit 130' INT TERM HUP
