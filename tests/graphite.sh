#!/bin/bash
# graphite.sh: a real operator, a real collectd, a real carbon with conf/graphite and graphite-web:
# each target of each panel in conf/grafana has data of the right magnitude, and whisper's files
# keep what they should.
. "${srcdir:-.}/tests/daemon_lib.sh"

need curl curl
. "$srcdir/tests/graphite_lib.sh"
operator=$("$srcdir/tests/operator/build.sh") || exit

# The dashboards are what their script makes of its tables.
mkdir "$work/grafana"
python3 "$srcdir/conf/grafana/dashboards.py" "$work/grafana"
check 'the dashboards are those of their tables' \
	diff -r -x dashboards.py "$srcdir/conf/grafana" "$work/grafana"

start operator "$operator" --webhooks --rest-metrics --leader-election
check 'the operator starts' until_true 30 grep -q ^truth "$work/operator.out"

carbon_port=$(free_port)
write_carbon_conf 127.0.0.1 "$carbon_port"
sed 's/10s:/1s:/' "$srcdir/conf/graphite/storage-schemas.conf" >"$work/carbon/storage-schemas.conf"
cp "$srcdir/conf/graphite/storage-aggregation.conf" "$work/carbon"
start carbon "${carbon[@]}"
check 'carbon listens' until_true 20 bash -c "exec 3<>/dev/tcp/127.0.0.1/$carbon_port"

{
	header sender
	cat <<-END
		LoadPlugin write_graphite
		<Plugin write_graphite>
		  <Node "carbon">
		    Host "127.0.0.1"
		    Port "$carbon_port"
		  </Node>
		</Plugin>
	END
	load_plugin
	cat <<-END
		<Plugin operator>
		  Buckets "controller_runtime_reconcile_time_seconds" "workqueue_*_duration_seconds"
		  Family "go_memstats_*"
		  <Endpoint "memcached-operator">
		    URL "$(sed -n 's/^metrics //p' "$work/operator.out")"
		  </Endpoint>
		</Plugin>
	END
} >"$work/sender.conf"
start sender collectd -f -C "$work/sender.conf"
start_graphite_web

points_kept() {
	local target=host_example.operator-memcached-operator.gauge-up
	[ "$(curl -s "$graphite/render?target=$target&format=raw&from=-2min" | grep -o '1\.0' | wc -l)" -ge "$1" ]
}

check 'half a minute of values' until_true 60 points_kept 30
check 'the panels' "$srcdir/tests/graphite_panels.py" "$graphite" "$srcdir"/conf/grafana/*.json
check 'what whisper keeps' /usr/bin/python3 "$srcdir/tests/graphite_files.py" "$work/carbon/whisper"
check_stop sender
done_all
