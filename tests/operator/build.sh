#!/bin/sh
# Builds the real operator and prints the program's path: build.sh [current | old]
#
# current is built on the newest controller-runtime, old on one of 2023.

here=$(dirname "$0")
. "$here/../go.sh"

case ${1:-current} in
current) go_program "$here" operator ;;
old) go_program "$here" operator-old old.mod old ;;
*)
	echo "usage: $0 [current | old]" >&2
	exit 64
	;;
esac
