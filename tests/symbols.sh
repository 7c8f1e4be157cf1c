#!/bin/sh
# symbols.sh: does operator.so export module_register, and nothing that could be taken for a
# function of collectd or of another plugin?
set -eu

module=.libs/operator.so
exported=$(nm -D --defined-only "$module" | awk '{ print $3 }' | grep -v '^__asan\|^__odr_asan' || true)
echo "exported: $exported"
if [ "$exported" = module_register ]; then
	echo '1 passed, 0 failed, 0 skipped'
else
	echo '0 passed, 1 failed, 0 skipped'
	exit 1
fi
