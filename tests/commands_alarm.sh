#!/bin/bash
# commands_alarm.sh: `operatorstat alarm` as a monitoring system runs it: one line, exit codes, and
# performance data that follow the guidelines of the Monitoring Plugins.
. "${srcdir:-.}/tests/lib.sh"

need python3 python3

# says CODE PATTERN ARGUMENTS...: of the one line on standard output.
says() {
	local code=$1 pattern=$2 result=0
	shift 2
	"$operatorstat" alarm "$@" >"$work/line" 2>"$work/errors" || result=$?
	cut -c 1-300 "$work/line"
	cat "$work/errors"
	[ "$result" = "$code" ] || { echo "exit code $result" && return 1; }
	[ "$code" = 64 ] && { grep -qE -- "$pattern" "$work/errors" && [ ! -s "$work/line" ]; return; }
	[ "$(wc -l <"$work/line")" = 1 ] && grep -qE -- "$pattern" "$work/line" && well_formed
}

# 'label'=value[UOM];[warn];[crit], parted by blanks, behind the only bar.
well_formed() {
	python3 - "$work/line" <<-'END'
		import re, sys
		line = open(sys.argv[1]).read().rstrip('\n')
		text, _, data = line.partition('|')
		number = r'-?\d+(\.\d+)?(e[-+]\d+)?'
		span = r'(@?((~|%s):)?(%s)?)' % (number, number)
		item = r"'[^'=]+'=(U|%s)(s|%%|B)?;%s;%s" % (number, span, span)
		assert re.fullmatch(r'OPERATOR (OK|WARNING|CRITICAL|UNKNOWN): \S.*', text), text
		assert '|' not in data, data
		assert re.fullmatch(r'( %s)*' % item, data), data
	END
}

# ---- an endpoint ----

steer=$work/steer
echo good >"$steer"
start pages "$srcdir/tests/steered_page.py" "$steer"
endpoint=op=127.0.0.1:$(port_of pages)
rules='op/memcached:p99 > 1s warn, > 10s crit; errors% > 5 crit; depth 0:50 crit'

check 'a good operator' says 0 '^OPERATOR OK: .*reconcile_p99.*;~:1;~:10' "$rules" --for 2 "$endpoint"
check 'with findings' says 0 '^OPERATOR OK' "$rules; findings" --for 2 "$endpoint"
echo bad >"$steer"
check 'a bad one' says 2 '^OPERATOR CRITICAL: .*p99 .*errors% ' "$rules" --for 2 "$endpoint"
check 'a warning' says 1 '^OPERATOR WARNING: op/memcached depth 60' 'depth > 50 warn' --for 2 "$endpoint"
echo good >"$steer"
check 'not for all of the time' says 0 '^OPERATOR OK' 'depth > 50 crit' --for 2 "$endpoint"
echo down >"$steer"
check 'an operator that is down is unknown' says 3 '^OPERATOR UNKNOWN: op: HTTP status 500' "$rules" \
	--for 1 "$endpoint"
check 'or critical, if that is asked' says 2 '^OPERATOR CRITICAL: op: gives no page' 'down' \
	--for 1 "$endpoint"
stop pages
check 'nothing listens' says 3 '^OPERATOR UNKNOWN: op: ' "$rules" --for 1 "$endpoint"

# ---- a recording, and none ----

mkdir -p "$work/state/op"
cat >"$work/state/op/1700000000000.txt" <<-'END'
	# TYPE workqueue_depth gauge
	workqueue_depth{name="q"} 7
END
check 'a state folder that nobody writes' says 3 'UNKNOWN: op: the last page is [0-9]+d old' \
	'depth > 5 crit' --for 1 "$work/state"
check 'no such folder' says 3 '^OPERATOR UNKNOWN: .*none' 'depth > 5 crit' "$work/none"
check 'no such controller' says 3 'UNKNOWN: nothing has depth of op/other' 'op/other:depth > 5 crit' \
	"$work/state/op/1700000000000.txt"
check 'a page' says 2 'CRITICAL: op/q depth 7' 'depth > 5 crit' "$work/state/op/1700000000000.txt"

# ---- the command line ----

check 'no rules' says 64 'takes RULES'
check 'a rule that cannot be read' says 64 'column 12: write warn or crit' 'errors% > 5' "$endpoint"
check 'no time' says 64 'not a time' 'errors% > 5 crit' --for ever "$endpoint"
done_all
