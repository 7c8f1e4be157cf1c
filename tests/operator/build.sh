#!/bin/sh
# Builds the real operator and prints the program's path: build.sh [current | impatient | old]
#
# current is built on the newest controller-runtime, old on one of 2023. impatient is current
# whose metrics server believes a token for a second and not for a minute.

here=$(dirname "$0")
# shellcheck source=tests/go.sh
. "$here/../go.sh"

# patch_token_cache GO FOLDER: prints the flag that builds with a copy of controller-runtime, kept
# in the folder, of which one line is changed.
patch_token_cache() {
	copy=$2/controller-runtime
	rm -rf "$copy"
	cp -R "$("$1" list -m -f '{{.Dir}}' sigs.k8s.io/controller-runtime)" "$copy" &&
		chmod -R u+w "$copy" || return
	sed -i 's/\(\<CacheTTL: *1 \* time\.\)Minute/\1Second/' "$copy/pkg/metrics/filters/filters.go"
	if ! grep -q 'CacheTTL: *1 \* time.Second' "$copy/pkg/metrics/filters/filters.go"; then
		go_say "no CacheTTL where there was one"
		return 1
	fi
	{
		cat go.mod
		echo "replace sigs.k8s.io/controller-runtime => $copy"
	} >"$2/patched.mod"
	cp go.sum "$2/patched.sum"
	echo "-modfile=$2/patched.mod"
}

case ${1:-current} in
current) go_program "$here" operator ;;
impatient) go_program "$here" operator-impatient go.mod '' patch_token_cache ;;
old) go_program "$here" operator-old old.mod old ;;
*)
	echo "usage: $0 [current | impatient | old]" >&2
	exit 64
	;;
esac
