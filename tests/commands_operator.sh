#!/bin/bash
# commands_operator.sh: a real operator as commands see it. Each trouble of its controllers is
# found, and none of the one that is healthy; a controller that was made faster is said to be
# faster, and no other.
. "${srcdir:-.}/tests/lib.sh"

need python3 python3
program=$("$srcdir/tests/operator/build.sh") || exit

# begin NAME OPTION...: an operator.
begin() {
	local name=$1
	shift
	start "$name" "$program" --rest-metrics "$@"
	check "the operator starts ($name)" until_true 20 grep -q ^truth "$work/$name.out"
}

# record NAME: half a minute of it.
record() {
	start "$1-record" "$operatorstat" record --interval 0.5 --count 60 -w "$work/$1-recording" \
		"op=$(sed -n 's/^metrics //p' "$work/$1.out")"
}

# Both at once, so that what else the machine does makes no difference between them.
begin before
begin after --median slow=20ms
sleep 4 # what they begin with is no trouble
record before
record after
for name in before after; do
	wait "${pids[$name-record]}"
	check "it is recorded ($name)" test $? = 0
	unset "pids[$name-record]"
	check_stop "$name"
done

# ---- why ----

"$operatorstat" why -j "$work/before-recording" >"$work/why"

# finds RULE CONTROLLER
finds() {
	grep -q "\"rule\":\"$1\".*\"controller\":\"$2\"" "$work/why"
}

only_there() {
	local others
	others=$(grep "\"rule\":\"$1\"" "$work/why" | grep -v "\"controller\":\"$2\"")
	echo "$others"
	[ -z "$others" ]
}

while read -r rule controller; do
	check "why finds $rule of ${controller:-the operator}" finds "$rule" "$controller"
	check "and of no other" only_there "$rule" "$controller"
done <<-'END'
	panics panicking
	terminal_errors terminal
	hot_requeue requeue
	api_429
	api_errors
END
check 'why finds error_percent of failing' finds error_percent failing
# On a busy machine others may wait as well.
for rule in queue_grows workers_busy queue_wait; do
	check "why finds $rule of growing" finds $rule growing
done
is_healthy() {
	! grep '"controller":"healthy"' "$work/why"
}
check 'the healthy controller has none' is_healthy

# ---- alarm ----

# exits CODE RULES
exits() {
	local result=0
	"$operatorstat" alarm "$2" "$work/before-recording" || result=$?
	[ "$result" = "$1" ]
}
check 'alarm: healthy is well' exits 0 'op/healthy:findings; op/healthy:errors% > 5 crit'
check 'alarm: growing is not' exits 2 'op/growing:depth > 20 crit'
check 'alarm: panics' exits 2 'panics'

# ---- compare ----

# changed CONTROLLER: the figures that are said to have changed, and by a quarter at least, with the
# direction: what a busy machine adds to some and not to others is a change too, but a small one.
"$operatorstat" compare -j "$work/before-recording" "$work/after-recording" >"$work/compared"
changed() {
	python3 - "$work/compared" "$1" <<-'END'
		import json, sys
		for line in open(sys.argv[1]):
		    got = json.loads(line)
		    if got['controller'] != sys.argv[2] or not got['significant']:
		        continue
		    if abs(got['after'] - got['before']) > got['before'] / 4:
		        print(got['figure'], 'less' if got['after'] < got['before'] else 'more')
	END
}

# is_faster FIGURE
is_faster() {
	changed slow | grep -x "$1 less"
}

# Times of work alone: a machine that is busy makes others wait, or not.
is_unchanged() {
	! changed "$1" | grep -E '^(reconcile|work)'
}

for figure in reconcile_mean reconcile_p50 work_mean work_p50; do
	check "slow: $figure is less" is_faster $figure
done
for controller in healthy growing failing; do
	check "$controller: no time of a reconcile changed" is_unchanged $controller
done
check 'as text' grep -E 'reconcile p50 .* faster \(p' <("$operatorstat" compare \
	"$work/before-recording" "$work/after-recording")
done_all
