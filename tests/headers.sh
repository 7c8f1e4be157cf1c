#!/bin/sh
# headers.sh: every header compiles alone, and twice.
set -eu

build=$PWD
cd "${srcdir:-.}"
passed=0
failed=0

for header in $(find engine operatorstat plugin tests -name '*.h' | sort); do
	if printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
			-I. -I"$build" -x c -; then
		passed=$((passed + 1))
	else
		echo "FAIL $header"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
