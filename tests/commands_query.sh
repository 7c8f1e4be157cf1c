#!/bin/bash
# commands_query.sh: what `operatorstat query` prints of a recording, and how it exits.
set -u
export LC_ALL=C
operatorstat=$PWD/bin/operatorstat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

mkdir -p "$work/one/a" "$work/two/a" "$work/two/b"
printf 'depth{name="x",instance="i"} 1\nother 7\n' >"$work/one/a/1000.txt"
printf 'depth{name="x",instance="i"} 2\ndepth{name="y"} 3\nother 7\n' >"$work/one/a/2000.txt"
cp "$work/one/a/2000.txt" "$work/two/a"
printf 'depth 9\n' >"$work/two/b/2000.txt"

# expect WHAT EXIT ARGUMENT...: standard output is what stands on standard input.
expect() {
	local what=$1 wanted=$2 code=0
	shift 2
	"$operatorstat" query "$@" >"$work/out" 2>/dev/null </dev/null || code=$?
	cat >"$work/wanted"
	if [ "$code" = "$wanted" ] && diff "$work/wanted" "$work/out"; then
		echo "ok   $what"
	else
		echo "FAIL $what: exit $code, not $wanted"
		failed=1
	fi
}

expect 'the newest page' 0 depth "$work/one" <<'END'
depth{name="x",instance="i"} 2
depth{name="y"} 3
END
expect 'an absent label is empty' 0 'depth{instance=""}' "$work/one" <<'END'
depth{name="y"} 3
END
expect 'JSON' 0 -j 'depth{name=~"x|z"}' "$work/one" <<'END'
{"name":"depth","labels":{"name":"x","instance":"i"},"value":"2","timestamp":null}
END
expect 'several instances' 0 depth "$work/two" <<'END'
depth{instance="a",name="x",exported_instance="i"} 2
depth{instance="a",name="y"} 3
depth{instance="b"} 9
END
printf 'm{exported_instance="e",instance="i"} 1\n' >"$work/exported.txt"
expect 'an instance that was exported before' 0 m "$work/exported.txt" "$work/one" <<'END'
m{instance="exported",exported_instance="e",exported_exported_instance="i"} 1
END
expect 'nothing matches' 1 nothing "$work/one" </dev/null
expect 'no selector' 64 'depth{' "$work/one" </dev/null
expect 'all match the empty string' 64 '{name=~".*"}' "$work/one" </dev/null
expect 'no such folder' 3 depth "$work/none" </dev/null
expect 'values, not series' 3 depth "unix:$work/sock" </dev/null
expect 'no operand' 64 </dev/null
exit $failed
