#!/bin/bash
# daemon_queue.sh: a real collectd whose write queue is limited, 1,000 endpoints, one with
# thousands of values at once, and a writer that is slower than they come. collectd 5.12 throws
# away nearly all that is in the queue above its lower limit; every value of every page must
# be written.
. "${srcdir:-.}/tests/daemon_lib.sh"

mkdir -p "$work/pages"
start pages "$srcdir/tests/page_server.py" "$work/pages"
port=$(port_of pages)
{
	echo 'WriteQueueLimitLow 1000'
	echo 'WriteQueueLimitHigh 2000'
	header queue
	cat <<-END
		PluginDir "$PWD/.libs"
		LoadPlugin slow_writer
		<Plugin slow_writer>
		  File "$work/written"
		  Microseconds 30
		</Plugin>
	END
	load_plugin
	echo '<Plugin operator>'
	echo '  Interval 10'
	printf '  <Endpoint "many">\n    URL "http://127.0.0.1:%s/queues/many"\n  </Endpoint>\n' "$port"
	for ((i = 1; i <= 1000; i++)); do
		printf '  <Endpoint "n%d">\n    URL "http://127.0.0.1:%s/plain/n%d"\n  </Endpoint>\n' $i "$port" $i
	done
	echo '</Plugin>'
} >"$work/queue.conf"

# has_pages N: of the endpoint with thousands, and of another.
has_pages() {
	local name
	for name in many n1000; do
		[ "$(grep -c "^$name .*objects-series" "$work/written")" -ge "$1" ] || return
	done
}

# lost END: pages that were asked for before END, in ms, and have not come, or not as a whole.
# How many values its series have, a page says itself; another 7 are of the scrape. The zero
# of a new counter stands with the page before.
lost() {
	{
		find "$work/pages" -name '*.txt' -printf 'asked %P\n' | tr /. '  '
		cat "$work/written"
	} | awk -v end="$1" '
		$1 == "asked" { asked[$2] += $3 < end; next }
		$2 >= end || ($3 ~ /-late$/ && $4 == 0) { next }
		{ values[$1 " " $2]++ }
		$3 == "objects-series" { series[$1 " " $2] = $4; pages[$1]++ }
		END {
			for (page in values)
				if (values[page] != series[page] + 7)
					print page ": " values[page] " of " series[page] " + 7 values"
			for (name in asked)
				if (pages[name] < asked[name])
					print name ": " pages[name] + 0 " of " asked[name] " pages"
		}'
}

nothing_is_lost() {
	! lost "$1" | grep .
}

start queue collectd -f -C "$work/queue.conf"
check 'pages come' until_true 60 has_pages 3
end=$(date +%s%3N)
sleep 2
check_stop queue
check "no value of $(grep -c objects-series "$work/written") pages is lost" nothing_is_lost "$end"
done_all
