#!/bin/bash
# operator.sh: real operators on controller-runtime, a current and an old one, read as text and
# as protobuf. What they count themselves arrives as values, every line of their pages is
# explained, and all their histograms, native ones too, are what Prometheus makes of them.
# With NameFilter the current one renders what is sent and no more, and the values are the same.
. "${srcdir:-.}/tests/lib.sh"

need curl curl
need python3 python3
own_families='memcached_*'
percentiles=50,90,99,99.9

# try PROGRAM NAME OPTION...: one operator from its start until it has settled.
try() {
	local program=$1 name=$2 format pages
	shift 2
	start "$name" "$program" --quiet-after 8s --webhooks --own-families "$@"
	check "$name starts" until_true 20 grep -q ^truth "$work/$name.out" || return
	local metrics truth
	metrics=$(sed -n 's/^metrics //p' "$work/$name.out")
	truth=$(sed -n 's/^truth //p' "$work/$name.out")
	for format in text protobuf; do
		start "$name-$format" "$operatorstat" record --format $format --interval 0.5 \
			-w "$work/$name-$format" "$name=$metrics"
	done
	start "$name-named" "$operatorstat" record --format text --name-filter --interval 0.5 \
		-w "$work/$name-named" "$name=$metrics"
	check "$name settles" until_true 60 settled "$name" "$truth"
	for format in text protobuf named; do
		pages=$(pages_of "$name-$format")
		until_true 20 has_pages "$name-$format" $((pages + 2))
	done
	for format in text protobuf named; do
		check_stop "$name-$format"
	done
	curl -s "$truth" >>"$work/$name.truth"
	compare "$name"
	check_stop "$name"
}

# settled NAME URL: keeps the truth of a moment; is it the last?
settled() {
	sleep 0.6
	curl -s "$2" | tee -a "$work/$1.truth" | grep -q '"settled": true'
}

# pages_of RECORDING
pages_of() {
	find "$work/$1" -name '[0-9]*' 2>/dev/null | wc -l
}

has_pages() {
	[ "$(pages_of "$1")" -ge "$2" ]
}

# page_of NAME FORMAT: the last one.
page_of() {
	find "$work/$1-$2/$1" -name '[0-9]*' | sort | tail -n 1
}

compare() {
	local name=$1 format page
	for format in text protobuf; do
		replay "$name" $format --family "$own_families" >"$work/$name.$format.values"
		check "$name, $format: its counts arrive" python3 "$srcdir/tests/operator_truth.py" \
			"$operatorstat" "$work/$name.truth" "$work/$name.$format.values" "$work/$name-$format/$name"
		page=$(page_of "$name" $format)
		check "$name, $format: all is explained" all_explained "$page" "$work/explained"
		check "$name, $format: histograms as Prometheus has them" judged "$name" $format
	done
	check "$name: text and protobuf end alike" alike \
		"$work/$name.text.values" "$work/$name.protobuf.values"
	for format in text named; do
		replay "$name" $format >"$work/$name.$format.values"
	done
	check "$name: NameFilter changes no value" alike \
		"$work/$name.text.values" "$work/$name.named.values" '|objects-samples'
	check "$name: NameFilter leaves out the others" is_filtered "$name"
}

# families NAME FORMAT: of the last page.
families() {
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$(page_of "$1" "$2")"
}

# is_filtered NAME: nothing is left on the page that nothing is made of; of an old operator, who
# ignores the filter, all is.
is_filtered() {
	if [ "$1" = old ]; then
		diff <(families "$1" named) <(families "$1" text)
		return
	fi
	"$operatorstat" explain -j "$(page_of "$1" named)" >"$work/explained" &&
		! grep 'not sent by default' "$work/explained" &&
		echo "$(families "$1" named | wc -l) of $(families "$1" text | wc -l) families"
}

# replay NAME FORMAT OPTION...
replay() {
	local folder=$work/$1-$2
	shift 2
	"$operatorstat" replay --interval 0.5 "$@" "$folder"
}

# all_explained PAGE FILE: each sample feeds an identifier or has a reason why not.
all_explained() {
	"$operatorstat" explain -j "$1" >"$2" && "$operatorstat" samples "$1" >"$2.samples" &&
		python3 - "$2" "$2.samples" <<-'END'
			import json, sys
			lines = [json.loads(line) for line in open(sys.argv[1])]
			silent = [l['series'] for l in lines if not l['identifiers'] and not l['reason']]
			samples = sum(1 for line in open(sys.argv[2]))
			print(*silent, *['%d lines, %d samples' % (len(lines), samples)], sep='\n')
			sys.exit(bool(silent) or len(lines) != samples)
		END
}

judged() {
	replay "$1" "$2" --family '*' --percentiles "$percentiles" |
		"$judge" -percentiles "$percentiles" "$work/$1-$2"
}

# at_rest FILE: the last of all values that stand still when the operator does.
at_rest() {
	sed -E 's/^PUTVAL "[^/]*\/[^/]*\/([^"]*)" [^ ]* [^:]*:/\1 /' "$1" |
		awk '{ last[$1] = $2 } END { for (i in last) print i, last[i] }' |
		grep -vE "^($moving$2)" | sort
}

# alike FILE FILE [|MORE]: but for what moves, and MORE.
alike() {
	at_rest "$1" "${3-}" >"$1.rest" && at_rest "$2" "${3-}" >"$2.rest" &&
		diff "$1.rest" "$2.rest" &&
		echo "$(wc -l <"$1.rest") values"
}

# The runtime's, the scrape's, what is worked out from an interval, and the count of a histogram
# that starts anew every second.
moving='memory-|file_handles-|threads-(goroutines|os) |uptime-|total_time_in_ms-'
moving+='|total_operations-(gc|memcached_flush_seconds) |latency-|percent-'
moving+='|[a-z]*-memcached_[a-z_]*-(average|percentile)|bytes-|response_time-|objects-series '

current=$("$srcdir/tests/operator/build.sh") || exit
old=$("$srcdir/tests/operator/build.sh" old) || exit
judge=$("$srcdir/tests/promql/build.sh") || exit
try "$current" current --rest-metrics
try "$old" old
done_all
