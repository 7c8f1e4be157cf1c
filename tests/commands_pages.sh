#!/bin/bash
# commands_pages.sh: what `operatorstat samples` and `operatorstat check` print of the pages in
# tests/data/expo, and how they exit.
set -u
export LC_ALL=C
srcdir=$(realpath "${srcdir:-.}")
operatorstat=$PWD/bin/operatorstat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$srcdir/tests/data/expo" || exit 99
failed=0

# expect WHAT EXIT COMMAND...: standard output, then standard error, are what stands on
# standard input.
expect() {
	local what=$1 wanted=$2 code=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	cat >"$work/wanted"
	if [ "$code" = "$wanted" ] && cat "$work/out" "$work/err" | diff "$work/wanted" - >"$work/diff"; then
		echo "ok   $what"
	else
		echo "FAIL $what: exit $code, not $wanted"
		cat "$work/diff"
		failed=1
	fi
}

expect 'samples of text' 0 "$operatorstat" samples escapes.txt <<'END'
a{b="\\",c="\n",d="\"",e="\\q",f="\\n"} 1
a{b="C:\\DIR\\",c="} 2",d=",="} 2
{"a\"\\\n","\"\\"="x"} 3
END

# A terminal would obey them; a pipe has them as they are on the page.
printf 'a{b="\033[31m\302\2331m",c="gr\303\266\303\237e"} 1\n' >"$work/control.txt"
if command -v script >/dev/null; then
	expect 'control bytes on a terminal' 0 \
		script -qec "stty -onlcr; $operatorstat samples $work/control.txt" /dev/null <<'END'
a{b="\x1b[31m\xc2\x9b1m",c="größe"} 1
END
fi
expect 'control bytes in a pipe' 0 "$operatorstat" samples "$work/control.txt" < <(cat "$work/control.txt")

expect 'blanks and timestamps' 0 "$operatorstat" samples blanks.txt <<'END'
a{b="c",d="e"} 1 -0.015
a 2
a 3 0.017
a{f="g"} 4
END

expect 'a selector' 0 "$operatorstat" samples everything.om 'a_seconds_bucket{le="0.5"}' <<'END'
a_seconds_bucket{b="c",le="0.5"} 1 1520879607.789
END

expect 'samples as JSON' 0 "$operatorstat" samples -j everything.om '{__name__=~"j.k|n|e_info|a_seconds_sum"}' <<'END'
{"name":"a_seconds_sum","labels":{"b":"c"},"value":"2.5","timestamp":1520879607.789}
{"name":"e_info","labels":{"version":"1.0"},"value":"1","timestamp":null}
{"name":"j.k","labels":{"l":"m"},"value":"-Inf","timestamp":1000.0}
{"name":"n","labels":{},"value":"NaN","timestamp":null}
END

expect 'what the specification forbids is read' 0 "$operatorstat" samples lapses.txt 'c{d="e"}' <<'END'
c{d="e",f="g"} 1
c{d="e",h="g"} 2
END

mkdir -p "$work/bad/op"
for time in 1700000000000 1700000010000; do
	printf 'a_total 1x\ngo_goroutines 5\n' >"$work/bad/op/$time.txt"
done
expect 'a recording with bad lines' 0 "$operatorstat" once -o values "$work/bad" <<'END'
localhost/operator-op/threads-goroutines 5
localhost/operator-op/gauge-up 1
localhost/operator-op/response_time-scrape 0
localhost/operator-op/response_code-scrape 200
localhost/operator-op/bytes-page 27
localhost/operator-op/objects-samples 1
localhost/operator-op/objects-series 1
localhost/operator-op/errors-bad_lines 0.1
END

mkdir "$work/empty"
printf 'go_goroutines 5\n' >"$work/page.txt"
expect 'of several sources some cannot be read' 0 "$operatorstat" once -o values \
	"$work/nosuch" "$work/empty" "$work/page.txt" "unix:$work/socket" < <(
		cat <<-'END'
			localhost/operator-page/threads-goroutines 5
			localhost/operator-page/gauge-up 1
			localhost/operator-page/response_time-scrape 0
			localhost/operator-page/response_code-scrape 200
			localhost/operator-page/bytes-page 16
			localhost/operator-page/objects-samples 1
			localhost/operator-page/objects-series 1
		END
		echo "operatorstat: $work/nosuch: No such file or directory"
		echo "operatorstat: $work/empty: no stored pages in it (files like" \
			"1700000000000.txt, or folders that hold such)"
		echo "operatorstat: unix:$work/socket: no such socket: is collectd running," \
			"and its unixsock plugin loaded?"
	)

expect 'none of several sources can be read' 3 "$operatorstat" why "$work/nosuch" "$work/none" < <(
	echo "operatorstat: $work/nosuch: No such file or directory"
	echo "operatorstat: $work/none: No such file or directory"
	echo "operatorstat: none of the sources can be read"
)

expect 'bad lines of samples' 1 "$operatorstat" samples html.txt <<'END'
html.txt:1:1: no metric name: <!DOCTYPE html>
html.txt:2:1: no metric name: <html>
html.txt:3:1: no metric name: <head><title>Operator</title></head>
html.txt:4:1: no metric name: <body>
html.txt:5:1: no metric name: <a href="/metrics">Metrics</a>
html.txt:6:1: no metric name: </body>
html.txt:7:1: no metric name: </html>
END

expect 'check of a good page' 0 "$operatorstat" check operator.txt <<'END'
operator.txt: 12 samples, 0 violations
END

expect 'check of bad pages' 1 "$operatorstat" check crlf.txt behind-eof.om nosuch <<'END'
crlf.txt:1:11: the line ends in CR LF: # HELP a b
crlf.txt:2:15: the line ends in CR LF: # TYPE a gauge
crlf.txt:3:11: the line ends in CR LF: a{b="c"} 1
crlf.txt:5:6: the line ends in CR LF: a 2 7
crlf.txt:6:6: the line ends in CR LF: # end
crlf.txt: 2 samples, 5 violations
behind-eof.om:3:1: something stands behind # EOF
behind-eof.om: 1 samples, 1 violations
operatorstat: nosuch: No such file or directory; an endpoint is written HOST:PORT or as a URL
END

expect 'tolerant check' 0 "$operatorstat" check --tolerant crlf.txt <<'END'
crlf.txt: 2 samples, 0 violations
END

expect 'a tolerant check of a page that was cut' 1 "$operatorstat" check --tolerant cut.om <<'END'
cut.om:3:12: cut short: the last line has no line end: a{b="d"} 12
cut.om:4:1: no # EOF: the page was cut short
cut.om: 1 samples, 2 violations
END

expect 'a page on standard input, format guessed' 0 "$operatorstat" check - <<'END'
-: 0 samples, 0 violations
END

expect 'nothing could be read' 3 "$operatorstat" check nosuch <<'END'
operatorstat: nosuch: No such file or directory; an endpoint is written HOST:PORT or as a URL
END

expect 'no source' 64 "$operatorstat" check <<'END'
operatorstat: check needs a SOURCE; see operatorstat check --help
END

expect 'a selector that cannot be read' 64 "$operatorstat" samples operator.txt 'a{' <<'END'
operatorstat: selector, column 3: the name of a label expected
END

[ $failed = 0 ]
