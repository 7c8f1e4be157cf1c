#!/bin/bash
# daemon_thresholds.sh: what `operatorstat thresholds` prints, in a real collectd: each rule fires
# when the operator does badly and recovers afterwards. And conf/thresholds.conf is its output.
. "${srcdir:-.}/tests/daemon_lib.sh"

example=$srcdir/tests/data/thresholds/memcached-operator.txt
check 'conf/thresholds.conf is printed for the example' diff "$srcdir/conf/thresholds.conf" \
	<("$operatorstat" thresholds "$example")

# ---- what collectd says of it ----

# quiet NAME: does -T have nothing to say of that configuration?
quiet() {
	timeout 60 collectd -T -C "$work/$1.conf" && ! grep -E 'warn|err|fail' "$work/$1/log"
}

{
	header example
	cat "$srcdir/conf/thresholds.conf"
} >"$work/example.conf"
check 'collectd -T accepts it' quiet example

# ---- a bad operator ----

steer=$work/steer
echo good >"$steer"
start pages "$srcdir/tests/steered_page.py" "$steer"
port=$(port_of pages)
"$operatorstat" thresholds --interval 1 "memcached-operator=127.0.0.1:$port" >"$work/printed"
check 'the same operator, the same rules' diff <(grep Instance "$work/printed") \
	<(grep -v -- '-backup' "$srcdir/conf/thresholds.conf" | grep Instance)

# A minute, and a quarter of an hour, would take too long here.
sed -E 's/Hits .*/Hits 1/; s/WarningMin 900/WarningMin 8/; s/Hysteresis 60/Hysteresis 1/' \
	"$work/printed" >"$work/hasty"
{
	header run
	cat "$work/hasty"
	load_plugin
	cat <<-END
		<Plugin operator>
		  <Endpoint "memcached-operator">
		    URL "http://127.0.0.1:$port/metrics"
		  </Endpoint>
		</Plugin>
	END
} >"$work/run.conf"
start run collectd -f -C "$work/run.conf"

# said SEVERITY TYPE-INSTANCE...: has collectd notified of them all, in the log behind $from?
said() {
	local severity=$1 id log missing=
	shift
	log=$(tail -n "+$from" "$work/run/log" | grep "severity = $severity,")
	for id; do
		grep -q "type = ${id%%-*}, type_instance = ${id#*-}," <<<"$log" || missing+=" $id"
	done
	[ -z "$missing" ] || { echo "no $severity of$missing" && return 1; }
}

# from_now: what is said later on.
from_now() {
	from=$(($(wc -l <"$work/run/log") + 1))
}

from_now
warnings=(latency-reconcile-memcached-percentile_99 errors-terminal-memcached percent-busy-memcached)
failures=(queue_length-depth-memcached percent-error_ratio-memcached errors-panic-memcached
	latency-webhook-_validate-memcached-percentile_90)
check 'collectd answers' until_true 20 grep -q 'operator plugin' "$work/run/log"
sleep 5
is_calm() {
	! grep -E 'severity = (FAILURE|WARNING)' "$work/run/log"
}
check 'a good operator is no reason for any' is_calm

echo bad >"$steer"
check 'a bad one: failures' until_true 20 said FAILURE "${failures[@]}"
check 'and warnings' until_true 20 said WARNING "${warnings[@]}"
echo good >"$steer"
from_now
check 'all recover' until_true 20 said OKAY "${failures[@]}" "${warnings[@]}"

from_now
echo down >"$steer"
check 'down' until_true 20 said FAILURE gauge-up
echo good >"$steer"
check 'and up again' until_true 20 said OKAY gauge-up

from_now
echo restarted >"$steer"
check 'a restart' until_true 20 said WARNING uptime-process
echo good >"$steer"
check 'is over after its time' until_true 30 said OKAY uptime-process
check_stop run
done_all
