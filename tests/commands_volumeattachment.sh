#!/bin/bash
# commands_volumeattachment.sh: what `operatorstat volumeattachment` prints and how it exits,
# with an API server made of three answers.
. "${srcdir:-.}/tests/lib.sh"
need python3 python3
unset KUBECONFIG

name=csi-6b3295eebd21a40caf7fc6f446fd82d06962e2cc4753a2d91342f8fd7d61f40e
volume=(--driver csi.example.com --handle vol-0001 --node node-a)

# expect WHAT EXIT ARGUMENT...: standard output is what stands on standard input.
expect() {
	local what=$1 wanted=$2 code=0
	shift 2
	"$operatorstat" volumeattachment "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	cat >"$work/wanted"
	check "$what" diff "$work/wanted" "$work/out"
	check "$what: exit $wanted" test "$code" = "$wanted"
}

# 404 for all but one object, which is what stands in $work/object; PVs are one.
cat >"$work/server.py" <<'END'
import http.server, json, sys
folder, wanted = sys.argv[1:]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(folder + '/seen', 'w') as file:
            file.write(str(self.headers))
        kind, _, name = self.path.rpartition('/')
        status, body = 404, {'kind': 'Status', 'message': name + ' not found',
                             'reason': 'NotFound', 'details': {'name': name}, 'code': 404}
        if kind.startswith('/none'):
            body = {'kind': 'Status', 'message': 'no such API', 'details': {}, 'code': 404}
        elif kind == '/api/v1/persistentvolumes' and name == 'pv-1':
            status, body = 200, {'metadata': {'name': name}, 'spec': {'csi': {
                'driver': 'csi.example.com', 'volumeHandle': 'vol-0001'}}}
        elif kind == '/api/v1/persistentvolumes' and name == 'pv-nfs':
            status, body = 200, {'metadata': {'name': name}, 'spec': {'nfs': {}}}
        elif name == wanted and open(folder + '/object').read():
            status, body = 200, json.load(open(folder + '/object'))
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
: >"$work/object"
start server python3 "$work/server.py" "$work" "$name"
port=$(port_of server)
server=(--server "http://127.0.0.1:$port")

# object ATTACHER NODE STATUS [METADATA]
object() {
	cat >"$work/object" <<-END
		{"metadata":{"name":"$name"${4:+,$4}},"spec":{"attacher":"$1","nodeName":"$2"},"status":{$3}}
	END
}

expect 'the name alone' 0 "${volume[@]}" <<<"$name"
expect 'not attached' 1 "${volume[@]}" "${server[@]}" <<<"$name
not attached"
object csi.example.com node-a '"attached":true'
expect attached 0 "${volume[@]}" "${server[@]}" <<<"$name
attached"
expect 'by its volume' 0 --pv pv-1 --node node-a "${server[@]}" <<<"$name
attached"
object csi.example.com node-a '"attached":false,"attachError":{"message":"limit"}'
expect attaching 0 "${volume[@]}" "${server[@]}" <<<"$name
attaching: limit"
object csi.example.com node-a '"attached":true,"detachError":{"message":"busy"}' \
	'"deletionTimestamp":"2026-11-23T23:00:00Z"'
expect detaching 0 "${volume[@]}" "${server[@]}" <<<"$name
detaching: busy"
object other.example.com node-a '"attached":true'
expect collision 3 "${volume[@]}" "${server[@]}" <<<"$name
unknown: collision: the object of this name attaches by driver \"other.example.com\" to node \"node-a\""
expect 'no such API' 3 "${volume[@]}" --server "http://127.0.0.1:$port/none" <<<"$name
unknown: HTTP status 404: no such API; is this an API server, and its URL right?"
expect 'nothing listens' 3 "${volume[@]}" --server http://127.0.0.1:1 <<<"$name
unknown: nothing listens at 127.0.0.1:1: is it running, and the address right?"
expect 'no such volume' 3 --pv pv-2 --node node-a "${server[@]}" </dev/null
expect 'a volume without CSI' 3 --pv pv-nfs --node node-a "${server[@]}" </dev/null
check 'is said so' grep -q 'not one of a CSI driver' "$work/err"

# kubeconfig USER CLUSTER FILE: its current context is these two.
kubeconfig() {
	cat >"$work/$3" <<-END
		apiVersion: v1
		kind: Config
		current-context: here
		contexts:
		- name: elsewhere
		  context: {cluster: c, user: other}
		- name: here
		  context: {cluster: c, user: u}
		clusters:
		- name: c
		  cluster: {server: "http://127.0.0.1:$port"$2}
		users:
		- name: u
		  user: {$1}
	END
}

: >"$work/object"
expect_token() {
	check "$1" grep -qx "Authorization: $2" "$work/seen"
}

kubeconfig 'token: sesame' '' config
expect 'a kubeconfig' 1 "${volume[@]}" --kubeconfig "$work/config" <<<"$name
not attached"
expect_token 'its token' 'Bearer sesame'
kubeconfig 'username: me, password: word' '' config
KUBECONFIG=$work/none:$work/config expect 'KUBECONFIG' 1 "${volume[@]}" <<<"$name
not attached"
expect_token 'its user' 'Basic bWU6d29yZA=='
mkdir "$work/sub"
echo from-file >"$work/sub/token"
chmod 600 "$work/sub/token"
kubeconfig 'tokenFile: token' '' sub/config
expect 'paths are relative to the file' 1 "${volume[@]}" --kubeconfig "$work/sub/config" <<<"$name
not attached"
expect_token 'the token of its file' 'Bearer from-file'
expect 'an option goes before' 1 "${volume[@]}" --kubeconfig "$work/sub/config" \
	--bearer-token mine <<<"$name
not attached"
expect_token 'its token' 'Bearer mine'
kubeconfig 'exec: {command: aws, args: [eks]}' '' config
expect 'an exec plugin' 3 "${volume[@]}" --kubeconfig "$work/config" </dev/null
check 'is said not to be run' grep -q 'exec aws, which is not run' "$work/err"
kubeconfig 'token: x' ', certificate-authority-data: "!"' config
expect 'no base64' 3 "${volume[@]}" --kubeconfig "$work/config" </dev/null
echo 'current-context: nobody' >"$work/config"
expect 'no such context' 3 "${volume[@]}" --kubeconfig "$work/config" </dev/null
echo '{' >"$work/config"
expect 'no YAML' 3 "${volume[@]}" --kubeconfig "$work/config" </dev/null
check 'says where' grep -q "config: line [0-9]*, column" "$work/err"
expect 'no such file' 3 "${volume[@]}" --kubeconfig "$work/none" </dev/null
expect 'two servers' 64 "${volume[@]}" --kubeconfig "$work/config" "${server[@]}" </dev/null
KUBECONFIG=$work/config expect 'a server goes before KUBECONFIG' 1 "${volume[@]}" "${server[@]}" \
	<<<"$name
not attached"

expect 'no node' 64 --driver a --handle b </dev/null
expect 'no handle' 64 --driver a --node c </dev/null
expect 'a volume without server' 64 --pv pv-1 --node node-a </dev/null
expect 'volume and driver' 64 --pv pv-1 --driver a --node node-a "${server[@]}" </dev/null
expect 'no URL' 64 "${volume[@]}" --server ftp://x </dev/null
expect 'an operand' 64 "${volume[@]}" x </dev/null
done_all
