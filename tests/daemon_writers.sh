#!/bin/bash
# daemon_writers.sh: a real collectd with the plugin, and each value followed from the page to
# csv, rrdtool, a real carbon-cache, write_prometheus, write_http and a second collectd;
# collectd is stopped and started again midway.
. "${srcdir:-.}/tests/daemon_lib.sh"

. "$srcdir/tests/graphite_lib.sh"
need rrdtool rrdtool
need curl curl
plugins=$(collectd -h | sed -n 's/^ *Plugin directory *//p')
for name in rrdtool write_graphite write_prometheus write_http network; do
	if ldd "$plugins/$name.so" | grep 'not found'; then
		skip_all "collectd's plugin $name lacks a library"
	fi
done

follow=$srcdir/tests/follow.py

# ---- the parts ----

mkdir -p "$work/pages"
start pages "$srcdir/tests/page_server.py" "$work/pages"
start sink "$srcdir/tests/http_sink.py" "$work/posted"
carbon_port=$(free_port)
prometheus_port=$(free_port)
network_port=$(free_port)

write_carbon_conf 127.0.0.1 "$carbon_port"
start carbon "${carbon[@]}"

{
	header receiver
	cat <<-END
		LoadPlugin network
		<Plugin network>
		  Listen "127.0.0.1" "$network_port"
		</Plugin>
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/receiver/csv"
		</Plugin>
	END
} >"$work/receiver.conf"
start receiver collectd -f -C "$work/receiver.conf"

port=$(port_of pages)
{
	header sender
	cat <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/sender/csv"
		</Plugin>
		LoadPlugin rrdtool
		<Plugin rrdtool>
		  DataDir "$work/sender/rrd"
		</Plugin>
		LoadPlugin write_graphite
		<Plugin write_graphite>
		  <Node "carbon">
		    Host "127.0.0.1"
		    Port "$carbon_port"
		    Protocol "tcp"
		  </Node>
		</Plugin>
		LoadPlugin write_prometheus
		<Plugin write_prometheus>
		  Host "127.0.0.1"
		  Port "$prometheus_port"
		</Plugin>
		LoadPlugin write_http
		<Plugin write_http>
		  <Node "sink">
		    URL "http://127.0.0.1:$(port_of sink)/"
		    Format "JSON"
		  </Node>
		</Plugin>
		LoadPlugin network
		<Plugin network>
		  Server "127.0.0.1" "$network_port"
		</Plugin>
	END
	load_plugin
	cat <<-END
		<Plugin operator>
		  <Endpoint "good">
		    URL "http://127.0.0.1:$port/good/good"
		  </Endpoint>
		</Plugin>
		<Plugin operator>
		  <Endpoint "plain">
		    URL "http://127.0.0.1:$port/plain/plain"
		  </Endpoint>
		</Plugin>
	END
} >"$work/sender.conf"

# How many pages of an endpoint the csv writer has.
pages_of() {
	csv_lines "$work/sender/csv" "operator-$1/bytes-page" | wc -l
}

has_pages() {
	[ "$(pages_of good)" -ge "$1" ] && [ "$(pages_of plain)" -ge "$1" ]
}

# ---- two lives of one collectd ----

check 'carbon listens' until_true 20 bash -c "exec 3<>/dev/tcp/127.0.0.1/$carbon_port"
start sender collectd -f -C "$work/sender.conf"
check 'pages come to csv' until_true 30 has_pages 10
sleep "$("$follow" quiet "$work/sender/csv")"
STOPS=$(date +%s.%N)
check_stop sender

start sender collectd -f -C "$work/sender.conf"
check 'pages come after a restart' until_true 30 has_pages 20
curl -s "http://127.0.0.1:$prometheus_port/metrics" >"$work/prometheus.txt"
sleep "$("$follow" quiet "$work/sender/csv")"
STOPS="$STOPS $(date +%s.%N)"
check_stop sender
export STOPS
# What was sent has been taken in: all of the last page, or as much as has come for a while.
sizes() {
	cat "$work/receiver/csv"/*/*/* "$work/posted" 2>/dev/null | wc -c
	find "$work/carbon/whisper" -newer "$work/moment" | wc -l
}
is_quiet() {
	local before
	touch "$work/moment"
	before=$(sizes)
	sleep 2
	[ "$(sizes)" = "$before" ]
}
until_true 10 is_quiet
check_stop receiver
stop carbon

# ---- what came where ----

check 'pages reach collectd' "$follow" pages "$work/sender/csv" "$work/pages"
"$operatorstat" replay --host host.example --interval 1 "$work/pages" >"$work/expected"
check 'csv' "$follow" csv "$work/sender/csv" "$work/expected"
check 'csv, by hand' "$follow" plain "$work/sender/csv"
check 'carbon' /usr/bin/python3 "$follow" whisper "$work/sender/csv" "$work/carbon/whisper"
check 'rrdtool' "$follow" rrdtool "$work/sender/csv" "$work/sender/rrd"
check 'write_prometheus' "$follow" prometheus "$work/sender/csv" "$work/prometheus.txt"
check 'write_http' "$follow" http "$work/sender/csv" "$work/posted"
check 'network' "$follow" network "$work/sender/csv" "$work/receiver/csv"

# At one page a second two may fall into one second, of which rrdtool takes the first.
warnings() {
	! grep -E 'operator|uc_update|plugin_get_interval' "$work/sender/log" |
		grep -vE 'operator plugin: version|plugin "operator" successfully|minimum one second step'
}
check 'nothing to complain of in the log' warnings
done_all
