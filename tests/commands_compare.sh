#!/bin/bash
# commands_compare.sh: two recordings beside each other. Of every recording of real operators the
# figures are worked out anew from its pages; a recording is no different from itself.
. "${srcdir:-.}/tests/lib.sh"

need python3 python3
corpus=${CORPUS:-$srcdir/../shared/corpus}

figures() {
	"$operatorstat" compare -j "$1" "$1" | python3 "$srcdir/tests/compare_figures.py" "$1"
}

if [ -d "$corpus/pages" ]; then
	for folder in "$corpus"/pages/*/*/; do
		if compgen -G "$folder*.txt" >/dev/null; then
			check "$(basename "$(dirname "$folder")")/$(basename "$folder")" figures "$folder"
		fi
	done
else
	skipped=$((skipped + 1))
	echo "skipped: no recordings in $corpus: set CORPUS"
fi

# ---- what goes wrong ----

# says CODE WORDS COMMAND...
says() {
	local code=$1 words=$2 result=0
	shift 2
	"$@" >"$work/out" 2>&1 || result=$?
	cat "$work/out"
	[ "$result" = "$code" ] && grep -qF -- "$words" "$work/out"
}

mkdir -p "$work/single/op" "$work/empty"
cat >"$work/single/op/1000.txt" <<-'END'
	# TYPE workqueue_adds_total counter
	workqueue_adds_total{name="q"} 1
END
check 'one operand is wrong' says 64 'two recordings' "$operatorstat" compare "$work/single"
check 'three are wrong' says 64 'two recordings' "$operatorstat" compare a b c
check 'one page has no increase' says 3 'two pages' "$operatorstat" compare "$work/single" "$work/single"
check 'an empty folder' says 3 "$work/empty" "$operatorstat" compare "$work/empty" "$work/single"
check 'no folder' says 3 "$work/none" "$operatorstat" compare "$work/none" "$work/single"
done_all
