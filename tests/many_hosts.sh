#!/bin/bash
# many_hosts.sh: two hosts, each with an operator and a collectd with conf/network, and a machine
# with a collectd, carbon-relay and carbon, in network namespaces of their own. The link of one
# host is cut for a while: in Graphite there is a gap then, and nothing wrong afterwards.
. "${srcdir:-.}/tests/daemon_lib.sh"

need ip iproute2
need openssl openssl
. "$srcdir/tests/graphite_lib.sh"
need carbon-relay graphite-carbon

central=operator-central-$$
hosts=(one two)
if ! { ip netns add "$central" && ip netns exec "$central" true; } 2>/dev/null; then
	ip netns del "$central" 2>/dev/null
	skip_all 'network namespaces cannot be made here (by root alone)'
fi

leave() {
	local host
	finish
	for host in "${hosts[@]}"; do
		ip netns delete "operator-$host-$$" 2>/dev/null
	done
	ip netns delete "$central"
}
trap leave EXIT

# at PLACE COMMAND...: in that namespace. `ip netns exec` and `ip -n` mount things, which in a chroot
# cannot be done.
at() {
	local place=$1
	shift
	nsenter --net="/run/netns/$place" "$@"
}

# A host and its link to the central machine: 10.77.N.2 and 10.77.N.1.
make_host() {
	local place=operator-$1-$$ net=10.77.$2
	ip netns add "$place" &&
		at "$place" ip link add to-central type veth peer name "to-$1" netns "$central" &&
		at "$place" ip addr add "$net.2/24" dev to-central &&
		at "$central" ip addr add "$net.1/24" dev "to-$1" &&
		at "$place" ip link set lo up &&
		at "$place" ip link set to-central up &&
		at "$central" ip link set "to-$1" up
}

# ---- the central machine ----

at "$central" ip link set lo up
check 'host one' make_host one 1
check 'host two' make_host two 2

write_carbon_conf 127.0.0.1 20031
write_relay_conf 2013
start carbon nsenter --net="/run/netns/$central" "${carbon[@]}"
start relay nsenter --net="/run/netns/$central" "${relay[@]}"
check 'carbon-relay listens' until_true 20 at "$central" bash -c 'exec 3<>/dev/tcp/127.0.0.1/2013'
check 'carbon listens' until_true 20 at "$central" bash -c "exec 3<>/dev/tcp/127.0.0.1/$pickle_port"

echo 'hosts: change me' >"$work/network.passwd"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=central \
	-addext subjectAltName=IP:10.77.1.1,IP:10.77.2.1 -days 2 -keyout "$work/key" \
	-out "$work/central.pem" 2>/dev/null
cat "$work/central.pem" "$work/key" >"$work/sink.pem"
start sink nsenter --net="/run/netns/$central" "$srcdir/tests/http_sink.py" "$work/posted" 0.0.0.0 "$work/sink.pem"
sink_port=$(port_of sink)

{
	header central
	sed "s,/etc/collectd/network.passwd,$work/network.passwd," "$srcdir/conf/network/central.conf"
} >"$work/central.conf"
start central nsenter --net="/run/netns/$central" collectd -f -C "$work/central.conf"

# ---- the hosts ----

# start_operator NAME NUMBER
start_operator() {
	start "operator-$1" nsenter --net="/run/netns/operator-$1-$$" \
		python3 "$srcdir/demo/memcached_operator.py" --port 8080 --seed "$2"
	until_true 10 test -s "$work/operator-$1.out"
}

# start_collectd NAME NUMBER PLACE: as the host NAME, on the link NUMBER, in the namespace of PLACE;
# what comes on standard input stands first in its configuration.
start_collectd() {
	{
		header "$1" | sed "s/host.example/$1/"
		cat
		sed "s,central.example:8443,10.77.$2.1:$sink_port,; s,/etc/collectd/central.pem,$work/central.pem," \
			"$srcdir/conf/network/host-http.conf"
		cat <<-END
			WriteThreads 1
			LoadPlugin csv
			<Plugin csv>
			  DataDir "$work/$1/csv"
			</Plugin>
		END
		load_plugin
		cat <<-END
			<Plugin operator>
			  StateDir "$work/$1/state"
			  <Endpoint "memcached-operator">
			    URL "http://127.0.0.1:8080/metrics"
			  </Endpoint>
			</Plugin>
		END
	} >"$work/$1.conf"
	start "$1" nsenter --net="/run/netns/operator-$3-$$" collectd -f -C "$work/$1.conf"
}

# to_central NUMBER: how a host sends there.
to_central() {
	sed "s/central.example/10.77.$1.1/" "$srcdir/conf/network/host.conf"
}

# points_of HOST: values that its own csv writer has.
points_of() {
	cat "$work/$1/csv/$1/operator-memcached-operator/gauge-up"-* | wc -l
}

has_points() {
	[ "$(points_of "$1")" -gt "$2" ]
}

start_operator one 1
start_operator two 2
start_collectd one 1 one < <(to_central 1)
start_collectd two 2 two < <(to_central 2)
start_collectd wrong 2 two < <(to_central 2 | sed 's/change me/guess/')
start_collectd open 2 two < <(to_central 2 | grep -vE 'SecurityLevel|Username|Password')
check 'values are read' until_true 30 has_points two 8

down=$(date +%s.%N)
at "operator-one-$$" ip link set to-central down
points=$(points_of two)
check 'they are without the link' until_true 30 has_points two "$((points + 6))"
at "operator-one-$$" ip link set to-central up
up=$(date +%s.%N)
check 'they are with the link again' until_true 30 has_points two "$((points + 16))"

for host in "${hosts[@]}" wrong open; do
	check_stop "$host"
done
# Each hands on what it has; carbon-relay and carbon do not wait for more. So nobody is stopped
# before nothing more comes to the end.
is_quiet() {
	touch "$work/moment"
	sleep 2
	[ -z "$(find "$work/carbon/whisper" -newer "$work/moment")" ]
}
until_true 10 is_quiet
check_stop central
until_true 10 is_quiet
stop relay
until_true 10 is_quiet
stop carbon

# ---- what came where ----

check 'what is in Graphite' /usr/bin/python3 "$srcdir/tests/many_hosts.py" \
	"$work" "$down" "$up"
check 'a wrong password lets nothing in' test ! -e "$work/carbon/whisper/wrong"
check 'nor does none' test ! -e "$work/carbon/whisper/open"
done_all
