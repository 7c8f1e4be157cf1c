#!/bin/sh
# version.sh: is the version of configure.ac, the only one that is written by hand and used, also
# the newest one in NEWS.md and debian/changelog, which tell what it brought?
set -eu

srcdir=${srcdir:-.}
passed=0
failed=0
version=$(sed -n 's/^AC_INIT(\[collectd-operator\], \[\([0-9.]*\)\].*/\1/p' "$srcdir/configure.ac")

# same WHERE VERSION
same() {
	if [ -n "$version" ] && [ "$2" = "$version" ]; then
		echo "ok   $1: $2"
		passed=$((passed + 1))
	else
		echo "FAIL $1 says '$2', configure.ac '$version'"
		failed=$((failed + 1))
	fi
}

same NEWS.md "$(sed -n 's/^## \([0-9.]*\).*/\1/p' "$srcdir/NEWS.md" | head -n 1)"
same debian/changelog "$(sed -n '1s/^collectd-operator (\([0-9.]*\)[^.0-9].*/\1/p' "$srcdir/debian/changelog")"
same 'operatorstat --version' "$(bin/operatorstat --version | sed -n '1s/^operatorstat //p')"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
