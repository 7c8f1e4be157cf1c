#!/bin/bash
# prometheus.sh: Prometheus scrapes real operators; replay of the very pages it got gives the
# same counters and gauges.
. "${srcdir:-.}/tests/lib.sh"

need prometheus prometheus
need curl curl
need python3 python3

# try PROGRAM NAME OPTION...: some scrapes of an operator that is busy.
try() {
	local program=$1 name=$2 port
	shift 2
	start "$name" "$program" --webhooks --own-families --leader-election "$@"
	check "$name starts" until_true 20 grep -q ^metrics "$work/$name.out" || return
	start "$name-proxy" python3 "$srcdir/tests/recording_proxy.py" \
		"$(sed -n 's/^metrics //p' "$work/$name.out")" "$work/$name/$name"
	port=$(free_port)
	configure "$(port_of "$name-proxy")" >"$work/$name.yml"
	start "$name-prometheus" prometheus --config.file="$work/$name.yml" \
		--storage.tsdb.path="$work/$name-data" --web.listen-address="127.0.0.1:$port"
	check "$name is scraped" until_true 30 has_pages "$work/$name/$name" 10
	stop "$name-proxy"
	"$operatorstat" replay --family '*' "$work/$name" >"$work/$name.values"
	check "$name: counters and gauges as Prometheus has them" python3 \
		"$srcdir/tests/prometheus_values.py" "http://127.0.0.1:$port" "$work/$name.values"
	stop "$name-prometheus"
	stop "$name"
}

configure() {
	cat <<-END
		global: {scrape_interval: 1s, scrape_timeout: 1s}
		scrape_configs:
		- job_name: operator
		  static_configs: [{targets: ['127.0.0.1:$1']}]
	END
}

has_pages() {
	[ "$(find "$1" -name '[0-9]*' | wc -l)" -ge "$2" ]
}

current=$("$srcdir/tests/operator/build.sh") || exit
old=$("$srcdir/tests/operator/build.sh" old) || exit
try "$current" current --rest-metrics
try "$current" openmetrics --openmetrics
try "$old" old
done_all
