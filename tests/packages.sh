#!/bin/sh
# packages.sh: does everything that lists what a build needs list each Debian package that
# configure names?
set -eu

srcdir=${srcdir:-.}
passed=0
failed=0

for package in $(grep -oE '\[lib[a-z0-9-]+-dev\]|package collectd-dev' "$srcdir/configure.ac" |
	sed 's/^package //' | tr -d '[]' | sort -u); do
	for list in quickstart debian/control README.md HACKING.md; do
		if grep -qE "(^|[^a-z-])$package([^a-z-]|\$)" "$srcdir/$list"; then
			passed=$((passed + 1))
		else
			echo "FAIL $list lacks $package"
			failed=$((failed + 1))
		fi
	done
done
if [ $passed -lt 20 ]; then
	echo "FAIL only $passed found: how does configure.ac name packages now?"
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
