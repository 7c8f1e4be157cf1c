#!/bin/bash
# daemon_bad.sh: a real collectd whose endpoints and configuration are bad in every way, beside
# one that is good: collectd stays up, the good one goes on, each message says what and where,
# and the log stays short.
. "${srcdir:-.}/tests/daemon_lib.sh"

PAGES=11

mkdir -p "$work/pages"
start pages "$srcdir/tests/page_server.py" "$work/pages"
port=$(port_of pages)
closed=$(free_port)

# path on the server | up | response code | in the log, or nothing | a value, or nothing
paths='404|0|404|HTTP status 404|
500|0|500|HTTP status 500|
503|0|503|HTTP status 503|
html|0|200|text/html|
empty|1|200||objects-samples 0
binary|0|200|could be read|
truncated|0|200|before the page did|
wrong-type|0|200|application/json|
one-bad-line|1|200|1 lines of the page could not be used; line|queue_length-depth-q 3
duplicate|1|200|1 series stand more than once|queue_length-depth-q 3
huge-line|1|200||queue_length-depth-q 3
million|1|200||objects-samples 1000000
invalid-utf8|1|200|UTF-8|queue_length-depth-q 3
le-not-a-number|1|200|is no number|queue_length-depth-q 3
buckets-out-of-order|1|200||queue_length-depth-q 3
buckets-falling|1|200|1 histograms have buckets that fall|queue_length-depth-q 3
missing-inf|1|200|none for +Inf|queue_length-depth-q 3
redirect|0|302|HTTP status 302|
endless-header|0|200|a header that is longer|
hang|0|0|timeout|'

endpoint() {
	printf '  <Endpoint "%s">\n    URL "%s"\n  </Endpoint>\n' "$@"
}

{
	header bad
	cat <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/bad/csv"
		</Plugin>
	END
	load_plugin
	echo '<Plugin operator>'
	echo '  StateDir "/proc/no-such-folder"'
	while IFS='|' read -r path _; do
		if [ "$path" != million ]; then
			endpoint "$path" "http://127.0.0.1:$port/$path"
		fi
	done <<<"$paths"
	endpoint million "http://127.0.0.1:$port/million" | sed '/URL/a Interval 5'
	endpoint refused "http://127.0.0.1:$closed/metrics"
	endpoint no-name "http://no-such-host.invalid/metrics"
	endpoint no-socket "unix://$work/no.sock"
	endpoint no-host "http:///metrics"
	endpoint no-scheme "gopher://127.0.0.1/"
	endpoint plain "http://127.0.0.1:$port/plain/plain"
	endpoint plain "http://127.0.0.1:$port/plain/second"
	cat <<-END
		  Colour "blue"
		  Timout 5
		  VerifyPeer "maybe"
		  Interval "often"
		  <Endpoint>
		    URL "http://127.0.0.1:$port/plain/unnamed"
		  </Endpoint>
		  <Endpoint "no-url">
		  </Endpoint>
		  <Endpoint "half-good">
		    URL "http://127.0.0.1:$port/plain/half-good"
		    Percentiles 50 200
		    Timeout true
		    StateDir "/tmp"
		  </Endpoint>
		  <Endpint "typing">
		    URL "http://127.0.0.1:$port/plain/typing"
		  </Endpint>
		</Plugin>
	END
} >"$work/bad.conf"

# ---- the configuration ----

sed "s,$work/bad/log,$work/bad/log-T," "$work/bad.conf" >"$work/T.conf"
check 'collectd -T finds it bearable' timeout 60 collectd -T -C "$work/T.conf"

# said FILE WORDS...: one line has all of them.
said() {
	local file=$1 lines word
	shift
	lines=$(<"$file")
	for word in "$@"; do
		lines=$(grep -F -- "$word" <<<"$lines") || {
			echo "no line with: $*"
			grep 'operator plugin' "$file"
			return 1
		}
	done
	head -n 1 <<<"$lines" | cut -c 23-250
}

while IFS='|' read -r -a words; do
	check "-T says ${words[*]}" said "$work/bad/log-T" '<Plugin operator>' "${words[@]}"
done <<'END'
Colour
Timout|Timeout
VerifyPeer|"maybe"
Interval|"often"
<Endpoint>|name
<Endpoint "no-url">|URL
<Endpoint "no-host">|URL
<Endpoint "no-scheme">|URL|gopher
<Endpoint "half-good">|Percentiles|200
<Endpoint "half-good">|Timeout
<Endpoint "half-good">|StateDir
<Endpoint "plain">
Endpint
END

# ---- the endpoints ----

start bad collectd -f -C "$work/bad.conf"
# all have come to something, and the good one for a while
ran() {
	local name
	[ "$(csv_lines "$work/bad/csv" operator-plain/bytes-page | wc -l)" -ge "$PAGES" ] || return
	for name in $(cut -d '|' -f 1 <<<"$paths") refused no-name no-socket half-good; do
		csv_lines "$work/bad/csv" "operator-$name/gauge-up" | grep -q . || return
	done
	csv_lines "$work/bad/csv" operator-million/objects-samples | grep -q .
}
check 'it goes on for a while' until_true 30 ran
check 'collectd is up' is_up bad
check_stop bad

# newest INSTANCE TYPE-INSTANCE
newest() {
	csv_lines "$work/bad/csv" "operator-$1/$2" | tail -n 1 | cut -d , -f 2
}

# has INSTANCE TYPE-INSTANCE VALUE
has() {
	local value
	value=$(newest "$1" "$2")
	awk -v have="${value:-nothing}" -v want="$3" 'BEGIN { exit !(have + 0 == want && have != "nothing") }' || {
		echo "$1/$2 is ${value:-not there}, not $3"
		return 1
	}
}

while IFS='|' read -r path up code _ value; do
	check "$path: up $up" has "$path" gauge-up "$up"
	check "$path: response $code" has "$path" response_code-scrape "$code"
	if [ -n "$value" ]; then
		check "$path: $value" has "$path" "${value% *}" "${value#* }"
	fi
done <<<"$paths"
check 'refused: up 0' has refused gauge-up 0
check 'no name: up 0' has no-name gauge-up 0
check 'no socket: up 0' has no-socket gauge-up 0
# of the last page it may not have been written any more
is_counted() {
	local pages
	pages=$(csv_lines "$work/bad/csv" operator-one-bad-line/gauge-up | wc -l)
	has one-bad-line errors-bad_lines "$pages" || has one-bad-line errors-bad_lines $((pages - 1))
}
check 'one bad line is counted' is_counted
check 'the rest of a half good endpoint holds' has half-good gauge-up 1

# The good one, second by second; a million samples of another may take most of one, and the
# machine may stall now and then.
goes_on() {
	csv_lines "$work/bad/csv" operator-plain/bytes-page | cut -d , -f 1 | awk '
		NR > 1 && $1 - last > 1.9 { print "from " last " to " $1; late++ }
		{ last = $1 }
		END { print NR " pages"; exit late > NR / 4 }'
}
check 'the good endpoint goes on' goes_on

while IFS='|' read -r path _ _ words _; do
	if [ -n "$words" ]; then
		check "the log says why $path" said "$work/bad/log" "$path" "$words"
	fi
done <<<"$paths"
check 'the log says why refused' said "$work/bad/log" refused "$closed"
check 'the log says why no-name' said "$work/bad/log" no-such-host.invalid
check 'the log says that StateDir cannot be' said "$work/bad/log" /proc/no-such-folder

# Twenty-odd bad endpoints, asked every second: a few lines each at most.
is_short() {
	local lines longest
	lines=$(grep -c 'operator plugin' "$work/bad/log")
	longest=$(awk '{ if (length > n) n = length } END { print n }' "$work/bad/log")
	echo "$lines lines, the longest of $longest bytes"
	[ "$lines" -lt 80 ] && [ "$longest" -lt 1100 ]
}
check 'the log stays short' is_short
done_all
