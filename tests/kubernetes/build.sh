#!/bin/sh
# Builds kube-apiserver, etcd and kubectl and prints the folder that holds them. The first
# time takes about ten minutes and 3.6 GB of Go's caches; only the programs are kept.

here=$(dirname "$0")
# shellcheck source=../go.sh disable=SC1091
. "$here/../go.sh"

# Without optimization it builds in half the time, and is fast enough for a test.
build() {
	"$go" build -gcflags='all=-N -l' -ldflags "-s -w $2" -o "$folder/" "$1" >&2
}

cd "$here" || exit 1
export GOTOOLCHAIN=local GOFLAGS='-mod=readonly -trimpath -buildvcs=false' CGO_ENABLED=0 GOGC=400
# shellcheck disable=SC2154 # of go.sh
folder=$go_cache/kubernetes-$(cat go.mod go.sum | sha256sum | cut -c1-16)
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ ! -e "$folder/complete" ]; then
	go=$(go_find "$(sed -n 's/^go //p' go.mod)") || exit 77
	if ! "$go" mod download >&2; then
		go_say 'the modules of kubernetes cannot be had'
		exit 77
	fi
	go_say "building kube-apiserver, etcd and kubectl in $folder (ten minutes)"
	version=$(sed -n 's/^require k8s.io\/kubernetes //p' go.mod)
	build k8s.io/kubernetes/cmd/kube-apiserver \
		"-X k8s.io/component-base/version.gitVersion=$version" &&
		build go.etcd.io/etcd/server/v3 "" && mv "$folder/server" "$folder/etcd" &&
		build k8s.io/kubernetes/cmd/kubectl '' || exit 1
	touch "$folder/complete"
fi
echo "$folder"
