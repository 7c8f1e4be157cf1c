#!/bin/sh
# configure.sh: does configure say, for each thing that is not there, which Debian package has it?
set -u

configure=$(realpath "${srcdir:-.}")/configure
if [ ! -x "$configure" ]; then
	echo "skipped: no $configure; autoreconf -i makes it"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/pc" "$work/programs"
cd "$work" || exit
passed=0
failed=0

# says WORDS ARGUMENT...: configure with these arguments fails with these words.
says() {
	words=$1
	shift
	if ! "$configure" -q -C "$@" >output 2>&1 && grep -F "$words" output; then
		passed=$((passed + 1))
	else
		echo "FAIL no '$words':"
		tail -n 5 output
		failed=$((failed + 1))
	fi
}

# without PACKAGE WORDS: as if pkg-config did not know it.
without() {
	mv "pc/$1.pc" kept
	says "$2" PKG_CONFIG_LIBDIR="$work/pc"
	mv kept "pc/$1.pc"
}

for folder in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
	cp "$folder"/*.pc pc 2>/dev/null
done
without libcurl 'install the Debian package libcurl4-openssl-dev'
without ncursesw 'install the Debian package libncurses-dev'
without jansson 'install the Debian package libjansson-dev'
without libcrypto 'install the Debian package libssl-dev'
without yaml-0.1 'install the Debian package libyaml-dev'
says 'install the Debian package collectd-dev' --with-collectd-includedir=/nonexistent

# a machine without some programs
for program in /usr/bin/* /bin/*; do
	case ${program##*/} in
	*pkg-config* | *pkgconf*) ;;
	*) ln -sf "$program" programs ;;
	esac
done
rm config.cache
says 'install the Debian package pkgconf' PATH="$work/programs" PKG_CONFIG=
rm -f config.cache programs/*gcc* programs/*clang* programs/cc
says 'install the Debian packages gcc' PATH="$work/programs" CC= PKG_CONFIG=
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
