#!/bin/sh
# batch.sh: what once and watch print of two pages worked out by hand, in every format.
set -u

tool=$PWD/bin/operatorstat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
LC_ALL=C.UTF-8
export LC_ALL

# page TIME RECONCILES DEPTH
page() {
	cat >"$work/rec/op/$1.txt" <<END
# TYPE controller_runtime_reconcile_total counter
controller_runtime_reconcile_total{controller="a,b",result="success"} $2
# TYPE workqueue_depth gauge
workqueue_depth{name="a,b"} $3
END
}

# expect NAME EXIT PATTERN ARGUMENT...: standard output has a line like that (basic regexp).
expect() {
	name=$1 code=$2 pattern=$3
	shift 3
	"$tool" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	if [ $got = "$code" ] && { [ -z "$pattern" ] || grep -q -- "$pattern" "$work/out"; }; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL $name: exit $got, not $code, or no line like $pattern in"
	cat "$work/out" "$work/err"
}

mkdir -p "$work/rec/op"
page 1700000000000 100 3
page 1700000010000 150 7
rec=$work/rec

expect 'a counter is its rate' 0 \
	'^localhost/operator-op/total_operations-reconcile-a_b-success 5$' once -o values "$rec"
expect 'a gauge is itself' 0 '^localhost/operator-op/queue_length-depth-a_b 7$' once -o values "$rec"
expect 'host' 0 '^h1/operator-op/gauge-up 1$' once --host h1 -o values "$rec"
expect 'the time first' 0 '^1700000010\.000 localhost/operator-op/gauge-up 1$' watch -n 1 -o values "$rec"
expect 'table' 0 '^op/a_b .* 7 *5\.00' once -o table "$rec"
expect 'text has the table' 0 '^OPERATOR/CONTROLLER' once "$rec"
expect 'text has the values' 0 '^localhost/operator-op/gauge-up 1$' once -o text "$rec"
expect 'CSV has a header' 0 '^operator,controller,reconciles,' once -o csv "$rec"
expect 'CSV has a row' 0 '^op,a_b,5,5,' once -o csv "$rec"
expect 'prom has totals' 0 \
	'^operator_total_operations_total{host="localhost",instance="op",name="reconcile-a_b-success"} 150$' \
	once -o prom "$rec"
expect 'JSON has values' 0 '"localhost/operator-op/queue_length-depth-a_b": 7' once -o json "$rec"
expect 'JSON of a controller' 0 '"depth": 7' once -o json "$rec"
expect 'one line' 0 '^{"time": 1700000010\.0, "version": 1, .*}$' once -o jsonl "$rec"
expect 'an unknown format' 64 '' once -o xml "$rec"
expect 'no recording' 3 '' once "$work/none"
expect 'a recording that cannot be kept' 3 '' record --count 1 -w "$work/page.txt/rec" 127.0.0.1:1
expect 'two endpoints of one name' 64 '' once 127.0.0.1:1 127.0.0.1:1/other
expect 'nothing listens' 3 '' once --wait 0.1 127.0.0.1:1
expect 'not a time' 64 '' once --wait soon "$rec"

# expect_code NAME CODE GOT
expect_code() {
	if [ "$3" = "$2" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL $1: exit $3, not $2"
}

# A folder with one page is followed for ever, unless nobody reads on.
mkdir -p "$work/state/op"
cp "$rec/op/1700000000000.txt" "$work/state/op"
{
	timeout 20 "$tool" watch -d 0.1 -o values "$work/state"
	echo $? >"$work/code"
} | head -1 >"$work/out"
expect_code 'a watch ends with its reader' 0 "$(cat "$work/code")"
for command in once replay 'check --tolerant'; do
	# shellcheck disable=SC2086
	"$tool" $command "$rec" >/dev/full 2>"$work/err"
	expect_code "$command to a full device" 3 $?
done

"$tool" once -o prom "$rec" >"$work/page.txt"
expect 'prom is a valid page' 0 ', 0 violations$' check "$work/page.txt"

echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
