#!/bin/sh
# layers.sh: do the arrows of HACKING.md hold? Which file may include what, and who may print.
set -eu

cd "${srcdir:-.}"
passed=0
failed=0

# must_not WHAT PATTERN FILE...: no line of the files matches the pattern.
must_not() {
	what=$1
	pattern=$2
	shift 2
	if found=$(grep -nE "$pattern" "$@" /dev/null | grep -vE '^[^:]*:[0-9]+:[[:space:]]*/?\*'); then
		echo "FAIL $what:"
		echo "$found"
		failed=$((failed + 1))
	else
		echo "ok   $what"
		passed=$((passed + 1))
	fi
}

# all_but FILE FOLDER...: the .c and .h files of the folders without one.
all_but() {
	without=$1
	shift
	for folder in "$@"; do
		find "$folder" -name '*.[ch]'
	done | grep -vxF "$without"
}

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
engine=$(all_but none engine)
tool=$(all_but none operatorstat)

# shellcheck disable=SC2086 # lists of files
{
	must_not 'the engine knows neither the plugin nor the tool' \
		"$include(plugin|operatorstat|collectd)/" $engine
	must_not 'the engine knows no screen' "$include(n?cursesw?|term)\\.h" $engine
	must_not 'the engine prints nothing and never exits' \
		'(^|[^a-z_])(printf|fprintf|puts|putchar|perror|exit|_exit|abort|setlocale|signal|sigaction) *\(' \
		$engine
	must_not 'the tool knows no collectd' "$include(plugin|collectd)/" $tool
	must_not 'the plugin knows no tool' "${include}operatorstat/" plugin/*.[ch]
}
# shellcheck disable=SC2046
{
	must_not 'curl only in engine/fetch.c' "${include}curl/" \
		$(all_but engine/fetch.c engine operatorstat plugin)
	must_not 'curses only in operatorstat/terminal_curses.c' "$include(n?cursesw?|term)[./]" \
		$(all_but operatorstat/terminal_curses.c engine operatorstat plugin)
	must_not "collectd's headers only in plugin/collectd5.c and plugin/oconfig.[ch]" \
		"$include(collectd|liboconfig)/" \
		$(all_but plugin/collectd5.c engine operatorstat plugin | grep -v '^plugin/oconfig\.')
	must_not 'includes name their folder' "${include}[a-z_0-9]+\\.(h|def)\"" \
		$(all_but none engine operatorstat plugin tests)
}

echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
