# Shell functions of the tests with a real kube-apiserver; sourced by tests/kubernetes.sh.
# shellcheck shell=bash disable=SC2154,SC2034,SC2120

. "${srcdir:-.}/tests/daemon_lib.sh"
need openssl openssl

# certificates FOLDER: an authority, and by it a server's certificate and that of a client.
certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=authority -keyout "$1/ca.key" -out "$1/ca.crt" &&
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj /CN=kube-apiserver -CA "$1/ca.crt" -CAkey "$1/ca.key" \
			-addext subjectAltName=IP:127.0.0.1 \
			-addext basicConstraints=critical,CA:false \
			-keyout "$1/tls.key" -out "$1/tls.crt" &&
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj /O=monitors/CN=certified -CA "$1/ca.crt" -CAkey "$1/ca.key" \
			-addext basicConstraints=critical,CA:false \
			-addext extendedKeyUsage=clientAuth \
			-keyout "$1/client.key" -out "$1/client.crt" &&
		openssl genrsa -out "$1/sa.key" 2048 &&
		openssl rsa -in "$1/sa.key" -pubout -out "$1/sa.pub"
} 2>"$work/openssl.out"

start_etcd() {
	start etcd "$programs/etcd" --data-dir "$work/etcd" --log-level error \
		--listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
		--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
		--initial-cluster "default=$peer" --unsafe-no-fsync
}

# start_api OPTION...: more of them for the server.
start_api() {
	start api "$programs/kube-apiserver" --etcd-servers="$etcd" --bind-address=127.0.0.1 \
		--secure-port="$api_port" --advertise-address=192.0.2.1 \
		--endpoint-reconciler-type=none --tls-cert-file="$work/k/tls.crt" \
		--tls-private-key-file="$work/k/tls.key" --cert-dir="$work/k" \
		--client-ca-file="$work/k/ca.crt" \
		--service-cluster-ip-range=10.0.0.0/24 \
		--service-account-key-file="$work/k/sa.pub" \
		--service-account-signing-key-file="$work/k/sa.key" \
		--service-account-issuer=https://kubernetes.default.svc \
		--token-auth-file="$work/k/tokens.csv" --authorization-mode=RBAC \
		--disable-admission-plugins=ServiceAccount "$@"
}

api_is_ready() {
	[ "$(curl -s -m 2 --cacert "$work/k/ca.crt" -H 'Authorization: Bearer admintok' \
		"$api/readyz")" = ok ]
}

# A SIGTERM would take a minute while a watch is open.
kill_hard() {
	local pid=${pids[$1]}
	unset "pids[$1]"
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
}

# k ARGUMENT...: kubectl as one who may do everything.
k() {
	HOME=$work "$programs/kubectl" --server="$api" --token=admintok \
		--certificate-authority="$work/k/ca.crt" "$@"
}

# kubeconfig USER...: one for the server; USER are fields of its user, in YAML.
kubeconfig() {
	cat <<-END
		apiVersion: v1
		kind: Config
		current-context: c
		contexts: [{name: c, context: {cluster: c, user: u}}]
		clusters: [{name: c, cluster: {server: "$api", certificate-authority: k/ca.crt}}]
		users: [{name: u, user: {$*}}]
	END
}

# start_kubernetes OPTION...: a server of our own; `programs` are those of tests/kubernetes/build.sh.
start_kubernetes() {
	mkdir "$work/k"
	etcd=http://127.0.0.1:$(free_port) peer=http://127.0.0.1:$(free_port)
	api_port=$(free_port) api=https://127.0.0.1:$api_port
	echo 'admintok,admin,u-admin,"system:masters"' >"$work/k/tokens.csv"
	check certificates certificates "$work/k"
	start_etcd
	start_api "$@"
	check 'the API server is ready' until_true 60 api_is_ready
}
