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

# ---- a gap in a recording ----

# What happened while nobody looked is forgotten, and so is the time that it took.
mkdir -p "$work/gap/op"
while read -r ms count; do
	printf 'controller_runtime_reconcile_total{controller="c",result="success"} %d\n' "$count" \
		>"$work/gap/op/$ms.txt"
done <<-'END'
	1700000000000 100
	1700000010000 150
	1700001010000 5000
	1700001020000 5020
END
rate_is() {
	"$operatorstat" compare -j "$work/gap" "$work/gap" | grep -F '"figure":"reconciles","before":3.5,' &&
		"$operatorstat" once -o csv "$work/gap" | grep '^op,c,3.5,'
}
check 'is forgotten' rate_is

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
