#!/bin/bash
# kubernetes.sh: the plugin in a real collectd, and operatorstat, against a real kube-apiserver
# with etcd. Objects come, change and go; the server is killed, its watches cut, tokens and
# rights taken away, etcd stopped; and there are thousands of objects.
#
# Not part of `make check`, since its programs take about ten minutes to build the first time:
# .ci/run kubernetes.
. "${srcdir:-.}/tests/kubernetes_lib.sh"
need curl curl
need ss iproute2

MANY=5000

name=csi-6b3295eebd21a40caf7fc6f446fd82d06962e2cc4753a2d91342f8fd7d61f40e
attached=operator/gauge-attached-data

# ---- helpers ----

# volume_as OPTION...: what operatorstat says of the volume, its second line, and the exit code.
volume_as() {
	local out code=0
	out=$("$operatorstat" volumeattachment --driver csi.example.com --handle vol-0001 \
		--node node-a --server "$api" --ca-cert "$work/k/ca.crt" "$@" 2>&1) || code=$?
	echo "${out#*$'\n'} $code"
}

volume() {
	volume_as --bearer-token-file "$work/token" "$@"
}

volume_by_kubeconfig() {
	local out code=0
	out=$("$operatorstat" volumeattachment --driver csi.example.com --handle vol-0001 \
		--node node-a --kubeconfig "$1" 2>&1) || code=$?
	echo "${out#*$'\n'} $code"
}

# says WANTED COMMAND...: does its output begin so?
says() {
	local wanted=$1 got
	shift
	got=$("$@")
	[[ $got == "$wanted"* ]] || { echo "$got, not $wanted"; return 1; }
}

make_attachment() {
	k create -f - <<-END
		apiVersion: storage.k8s.io/v1
		kind: VolumeAttachment
		metadata: {name: $name, finalizers: [example.com/keep]}
		spec: {attacher: ${1:-csi.example.com}, nodeName: node-a, source: {persistentVolumeName: pv-0001}}
	END
}

# status JSON: of the attachment.
status() {
	k patch volumeattachment "$name" --subresource=status --type=merge -p "{\"status\":$1}"
}

remove_attachment() {
	k delete volumeattachment "$name" --wait=false &&
		k patch volumeattachment "$name" --type=merge -p '{"metadata":{"finalizers":null}}'
}

values() {
	csv_lines "$work/kube/csv" "$1"
}

# is VALUE IDENTIFIER: the last value.
is() {
	[ "$(values "$2" | tail -n 1 | sed 's/.*,//; s/\.0*$//')" = "$1" ]
}

becomes() {
	until_true "${3:-20}" is "$1" "$2" || { values "$2" | tail -n 3; return 1; }
}

# grows IDENTIFIER SECONDS: do values come?
grows() {
	local before
	before=$(values "$1" | wc -l)
	until_true "$2" test_more "$1" "$before"
}

test_more() {
	[ "$(values "$1" | wc -l)" -gt "$2" ]
}

# stands IDENTIFIER: do values come no more? What was on its way may still have come.
stands() {
	until_true 10 stands_now "$1"
}

stands_now() {
	local before
	before=$(values "$1" | wc -l)
	sleep 4
	[ "$(values "$1" | wc -l)" = "$before" ]
}

said() {
	grep -qF "$1" "$work/kube/log"
}

# pod NAME PORT ANNOTATION...: one that runs at 127.0.0.1, of the namespace ops.
pod() {
	local pod=$1 port=$2
	shift 2
	k -n ops run "$pod" --image=none --port="$port" &&
		k -n ops annotate pod "$pod" "$@" &&
		k -n ops patch pod "$pod" --subresource=status --type=merge -p \
			'{"status":{"phase":"Running","podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}]}}'
}

remove_pod() {
	k -n ops delete pod "$1" --force --grace-period=0
}

new_token() {
	(umask 077 && k -n collectd create token collectd-operator >"$work/token.new") &&
		mv "$work/token.new" "$work/token"
}

# memory: resident bytes of collectd. cpu: its hundredths of a second so far.
memory() {
	echo $(($(awk '/VmRSS/ { print $2 }' "/proc/${pids[collectd]}/status") * 1024))
}

cpu() {
	awk '{ print $14 + $15 }' "/proc/${pids[collectd]}/stat"
}

start_collectd() {
	start collectd collectd -f -C "$work/kube.conf"
}

# ---- the servers, and who may do what ----

programs=$("$srcdir/tests/kubernetes/build.sh") || exit
start_kubernetes
check 'the manifests that are installed' k apply -f "$srcdir/conf/kubernetes.yaml"
check 'a namespace' k create namespace ops
check 'a token' new_token

# ---- operatorstat ----

check 'not attached' says 'not attached 1' volume
check 'an attachment' make_attachment
check attaching says 'attaching 0' volume
check 'an error' status '{"attached":false,"attachError":{"message":"max attach limit"}}'
check 'attaching, and why not' says 'attaching: max attach limit 0' volume
check 'it is attached' status '{"attached":true,"attachError":null}'
check attached says 'attached 0' volume
check 'a volume' k create -f - <<-'END'
	apiVersion: v1
	kind: PersistentVolume
	metadata: {name: pv-0001}
	spec:
	  capacity: {storage: 1Gi}
	  accessModes: [ReadWriteOnce]
	  csi: {driver: csi.example.com, volumeHandle: vol-0001}
END
by_volume() {
	"$operatorstat" volumeattachment --pv pv-0001 --node node-a --server "$api" \
		--ca-cert "$work/k/ca.crt" --bearer-token-file "$work/token" | tail -n 1
}
check 'by its PersistentVolume' says attached by_volume
check 'no token' says 'unknown: HTTP status 403' volume_as
check 'a wrong token' says 'unknown: HTTP status 401' volume_as --bearer-token wrong

# by a certificate, in files and within a kubeconfig
certified() {
	volume_as --client-cert "$work/k/client.crt" --client-key "$work/k/client.key"
}
check 'a certificate without the right' says \
	'unknown: HTTP status 403: volumeattachments.storage.k8s.io' certified
check 'tells who it is' grep -qF 'User "certified"' <(certified)
check 'its right' k create clusterrolebinding certified \
	--clusterrole=collectd-operator-attachments --group=monitors
check 'a certificate' until_true 10 says 'attached 0' certified
kubeconfig "client-certificate-data: $(base64 -w 0 "$work/k/client.crt")," \
	"client-key-data: $(base64 -w 0 "$work/k/client.key")" >"$work/certified.conf"
check 'a certificate within a kubeconfig' says 'attached 0' \
	volume_by_kubeconfig "$work/certified.conf"
check 'it is removed' remove_attachment
check 'not attached again' says 'not attached 1' volume

# ---- the plugin ----

mkdir "$work/pages"
start pages "$srcdir/tests/page_server.py" "$work/pages"
pages=$(port_of pages)
echo token-one-4711 >"$work/wanted"
start secured "$srcdir/tests/token_server.py" "$work/wanted"
secured=$(port_of secured)
{
	header kube
	cat <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/kube/csv"
		</Plugin>
		LoadPlugin logfile
		<Plugin logfile>
		  LogLevel info
		</Plugin>
	END
	load_plugin
	cat <<-END
		<Plugin operator>
		  StateDir "$work/state"
		  Notifications true
		  <VolumeAttachment "data">
		    Server "$api"
		    BearerTokenFile "$work/token"
		    CACert "$work/k/ca.crt"
		    Driver "csi.example.com"
		    VolumeHandle "vol-0001"
		    Node "node-a"
		  </VolumeAttachment>
		  <VolumeAttachment "certified">
		    Server "$api"
		    ClientCert "$work/k/client.crt"
		    ClientKey "$work/k/client.key"
		    CACert "$work/k/ca.crt"
		    Driver "csi.example.com"
		    VolumeHandle "vol-0001"
		    Node "node-a"
		  </VolumeAttachment>
		  <Endpoint "configured">
		    URL "http://127.0.0.1:$secured/metrics"
		  </Endpoint>
		  <Discover>
		    <Kubernetes "$api">
		      BearerTokenFile "$work/token"
		      CACert "$work/k/ca.crt"
		      Secrets true
		    </Kubernetes>
		  </Discover>
		</Plugin>
	END
} >"$work/kube.conf"
start_collectd

check 'the plugin: not attached' becomes 0 $attached
check 'an attachment' make_attachment
check 'the plugin: attached' becomes 1 $attached
check 'and by a certificate' becomes 1 operator/gauge-attached-certified
check 'its error' status '{"attached":false,"attachError":{"message":"max attach limit"}}'
check 'is said' until_true 10 said 'attaching: max attach limit'
check 'it is removed' remove_attachment
check 'the plugin: not attached again' becomes 0 $attached
check 'a collision' make_attachment other.example.com
check 'is said' until_true 10 said 'collision: the object of this name attaches by driver'
check 'and is no value' stands $attached
check 'the collision ends' remove_attachment
check 'the plugin goes on' becomes 0 $attached

# ---- endpoints by annotation ----

up() {
	echo "operator-$1/gauge-up"
}

check 'a pod' pod one "$pages" prometheus.io/scrape=true prometheus.io/path=/good/one
check 'is read' becomes 1 "$(up ops-one)"
check 'a pod with a name' pod two "$pages" operator.collectd.org/scrape=true \
	operator.collectd.org/path=/good/two operator.collectd.org/name=named
check 'is read under it' becomes 1 "$(up named)"
check 'a pod whose port is wrong' pod bad "$pages" prometheus.io/scrape=true \
	prometheus.io/port=none
check 'is left out, with its name and key' until_true 10 \
	said 'pod ops/bad is left out: annotation prometheus.io/port: "none"'
check 'a service' k -n ops create service clusterip svc --tcp="$pages"
check 'with an annotation' k -n ops annotate service svc prometheus.io/scrape=true
check 'is found' until_true 10 said "found: service ops/svc"
check 'another path' k -n ops annotate --overwrite pod one prometheus.io/path=/404
check 'is taken' becomes 404 operator-ops-one/response_code-scrape
check 'the right one again' k -n ops annotate --overwrite pod one \
	prometheus.io/path=/good/one
check 'is taken too' becomes 1 "$(up ops-one)"
check 'the pod goes' remove_pod one
check 'and is no longer read' stands "$(up ops-one)"
check 'a pod replaces the one with a name' pod three "$pages" prometheus.io/scrape=true \
	prometheus.io/path=/good/three operator.collectd.org/name=named
check 'the old one goes' remove_pod two
check 'the name goes on' grows "$(up named)" 10

# ---- credentials by annotation ----

secret() {
	local secret=$1 endpoint=$2
	shift 2
	k -n ops create secret generic "$secret" "$@" &&
		k -n ops annotate secret "$secret" "operator.collectd.org/name=$endpoint"
}

check 'nobody has the token' becomes 0 "$(up configured)"
check 'a Secret' secret a configured --from-literal=token=token-one-4711
check 'its token is used' becomes 1 "$(up configured)"
echo token-two-4711 >"$work/wanted"
check 'another token is wanted' becomes 0 "$(up configured)"
check 'a new version' k -n ops patch secret a --type=merge -p '{"stringData":{"token":"token-two-4711"}}'
check 'is used' becomes 1 "$(up configured)"
check 'a second Secret' secret b configured --from-literal=token=token-three-4711
check 'is said' until_true 10 said 'two Secrets are annotated with its name: ops/a and ops/b'
check 'and changes nothing' grows "$(up configured)" 5
check 'it is up still' becomes 1 "$(up configured)"
check 'the second goes' k -n ops delete secret b
check 'a version without its key' k -n ops patch secret a --type=json -p \
	'[{"op":"replace","path":"/data","value":{"tokn":"eA=="}}]'
check 'is said' until_true 10 said 'Secret ops/a: none of the keys'
check 'and changes nothing either' becomes 1 "$(up configured)"
check 'the Secret goes' k -n ops delete secret a
check 'and its token with it' becomes 0 "$(up configured)"
check 'a pod that wants a token' pod four "$secured" prometheus.io/scrape=true \
	prometheus.io/path=/four
check 'a Secret of its own' secret c four --from-literal=token=token-two-4711
check 'opens it' becomes 1 "$(up ops-four)"

# ---- what goes wrong ----

kill_hard api
check 'no server: no value' stands $attached
check 'what was found is read on' grows "$(up named)" 5
start_api
check 'the server is back' until_true 60 api_is_ready
check 'a value again' grows $attached 20
check 'watches go on' pod five "$pages" prometheus.io/scrape=true \
	prometheus.io/path=/good/five
check 'and see what is new' becomes 1 "$(up ops-five)" 90

cut_connections() {
	ss -K dst 127.0.0.1 dport = "$api_port" 2>/dev/null | grep -q ESTAB
}
if ! cut_connections; then
	echo 'skipped: no connection can be cut here (ss -K, as root)'
	skipped=$((skipped + 1))
fi
check 'watches that are cut go on too' pod six "$pages" prometheus.io/scrape=true \
	prometheus.io/path=/good/six
check 'and see what is new' becomes 1 "$(up ops-six)" 30

check 'the account goes, and its tokens' k -n collectd delete serviceaccount collectd-operator
check 'no value' stands $attached
check 'and why' says 'unknown: HTTP status 401' volume
check 'what was found is read on' grows "$(up named)" 5
check 'the account is back' k -n collectd create serviceaccount collectd-operator
check 'with a new token' new_token
check 'which is taken from the file' grows $attached 20

check 'the right goes' k delete clusterrolebinding collectd-operator-attachments \
	collectd-operator-discover
check 'no value' stands $attached
check 'and why' says 'unknown: HTTP status 403: volumeattachments' volume
check 'what was found is read on' grows "$(up named)" 5
check 'the right is back' k apply -f "$srcdir/conf/kubernetes.yaml"
check 'a value again' grows $attached 20

kill_hard etcd
check 'etcd is dead: no value' stands $attached
check 'and not attached is not said' says 'unknown: ' volume --timeout 3s
check 'what was found is read on' grows "$(up named)" 5
start_etcd
check 'a value again' grows $attached 60

# ---- an operator whose metrics the real server guards ----

operator=$("$srcdir/tests/operator/build.sh") || exit
kubeconfig 'token: admintok' >"$work/operator.conf"
start operator "$operator" --secure --reviews "$work/operator.conf"
check 'an operator' until_true 20 grep -q ^truth "$work/operator.out"
guarded=$(sed -n 's/^metrics //p' "$work/operator.out")
page() {
	"$operatorstat" samples --verify-peer=false "$@" "$guarded" 2>&1 |
		grep -c controller_runtime_reconcile_total
}
check 'with the right: its page' test "$(page --bearer-token-file "$work/token")" -gt 0
check 'without a token none' test "$(page)" = 0
check 'another account' k -n ops create serviceaccount stranger
(umask 077 && k -n ops create token stranger >"$work/stranger")
check 'is refused' test "$(page --bearer-token-file "$work/stranger")" = 0
check 'the right is given' k create clusterrolebinding stranger \
	--clusterrole=collectd-operator-metrics --serviceaccount=ops:stranger
is_read() {
	[ "$(page --bearer-token-file "$work/stranger")" -gt 0 ]
}
# the operator keeps a refusal for half a minute
check 'and the page with it' until_true 60 is_read
check 'its own kubeconfig opens the API server to us' says 'not attached 1' \
	volume_by_kubeconfig "$work/operator.conf"
check_stop operator

# ---- thousands ----

before=$(memory)
check "$MANY Secrets and $MANY VolumeAttachments" "$srcdir/tests/kubernetes_fill.py" "$api" \
	"$work/k/ca.crt" $MANY
check 'among them one more' secret z configured --from-literal=token=token-two-4711
check 'is found' becomes 1 "$(up configured)" 60
check 'values come' grows $attached 10
grown=$((($(memory) - before) / 1048576))
check "collectd has grown by less than 32 MB ($grown)" test $grown -lt 32
check_stop collectd
start_collectd
check 'after a new start it is found at once' until_true 10 grows "$(up configured)" 2
check 'and read' becomes 1 "$(up configured)" 10
spent=$(cpu)
check "which takes less than 3 s of CPU ($spent/100)" test "$spent" -lt 300
check "and less than 64 MB ($(($(memory) / 1048576)))" test "$(memory)" -lt $((64 << 20))
check 'the volume is found' says 'not attached 1' volume
check_stop collectd

# ---- no secret anywhere ----

# as it is, and as the API server tells it
check 'no token on disk or in the log' bash -c "! grep -rlE -e '-4711|dG9rZW4t' \
	'$work/kube' '$work/state'"
check 'no crash' test ! -e core
done_all
