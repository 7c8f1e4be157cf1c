#!/bin/sh
# manual.sh FILE.in: prints the manual with its lists filled in from the tables of the code: a
# line `@KEYS@`, `@TOP@` and so on of FILE.in is replaced by that list (mdoc).
# srcdir: where the tables are; CC: whose preprocessor reads them.
set -eu
srcdir=${srcdir:-.}

# rows MACRO FILE: a line for each use of the macro: fields parted by tabs, without quotes.
rows() {
	printf '%s\n#include "%s"\n' "$1" "$2" |
		${CC:-cc} -E -P -I "$srcdir" -x c - | tr '\n' ' ' | tr '$' '\n' |
		awk -F ' @ ' -v OFS='\t' '
		NF > 1 {
			for (i = 1; i <= NF; i++) {
				gsub(/^ +| +$/, "", $i)
				gsub(/^"|"$/, "", $i)
				gsub(/" +"/, "", $i)
				gsub(/\\"/, "\\(dq", $i)
				gsub(/\\\\/, "\\e", $i)
			}
			$1 = $1
			print
		}'
}

keys() {
	rows '#define ACTION(name, word, keys, group, where, help) group @ keys @ word @ help $' \
		operatorstat/keys.def | awk -F '\t' '
	$1 != group {
		if (group != "")
			print ".El"
		group = $1
		title = toupper(substr(group, 1, 1)) tolower(substr(group, 2))
		print ".Ss " title "\n.Bl -tag -width \"Backspace Esc\" -compact"
	}
	{
		# mdoc takes these for punctuation
		n = split($2, names, " ")
		line = ""
		for (i = 1; i <= n; i++)
			line = line " " (names[i] ~ /^[].,:;()[?!|]$/ ? "\\&" : "") names[i]
		printf ".It Li%s\n%s\n.Pq Li :%s\n", line, $4, $3
	}
	END { print ".El" }'
}

top_options() {
	rows '#define SETTING(set, name, argument, help) : @ name @ argument @ help $
#define STARTING(letter, name, argument, help) - @ name @ argument @ help $' \
		operatorstat/top.def | awk -F '\t' '{
		argument = $3 ~ /NULL|void/ ? "" : $3 ~ /true/ ? " Ns Op = Ns Ar " $3 : " Ar " $3
		gsub(/\|/, " | ", argument)
		printf ".It Fl \\-%s%s\n%s.%s\n", $2, argument, toupper(substr($4, 1, 1)) \
			substr($4, 2), $1 == ":" ? "\nAlso by\n.Ql :set ." : ""
	}'
}

endpoint_options() {
	rows '#define OPTION(kind, field, name, scope, standard, low, high, argument, help) #scope @ name @ argument @ help $' \
		engine/options.def | awk -F '\t' '
	# BearerTokenFile is bearer-token-file, CACert ca-cert, MinTLSVersion min-tls-version
	function long_name(name, out, i, rest) {
		for (i = 1; i <= length(name); i++) {
			rest = substr(name, i)
			if (i > 1 && (rest ~ /^[A-Z][a-z]/ || (rest ~ /^[A-Z]/ &&
				substr(name, i - 1, 1) ~ /[a-z]/)))
				out = out "-"
			out = out tolower(substr(name, i, 1))
		}
		return out
	}
	$1 == "BOTH" {
		name = long_name($2)
		argument = $3
		gsub(/\|/, " | ", argument)
		printf ".It Fl \\-%s Ar %s\n%s.\n", name, argument, $4
	}'
}

fields() {
	rows '#define FIELD(id, name, scopes, kind, unit, head, help) name @ #scopes @ help $' \
		operatorstat/fields.def | awk -F '\t' '{
		where = ""
		if ($2 ~ /O/)
			where = where ", operators"
		if ($2 ~ /C/)
			where = where ", controllers"
		if ($2 ~ /M/)
			where = where ", methods"
		if ($2 ~ /W/)
			where = where ", webhooks"
		printf ".It Li %s\n%s (%s)\n", $1, $3, substr(where, 3)
	}'
}

rules() {
	rows '#define RULE(id, name, scopes, field, sense, unit, warning, critical, seconds, sentence, remedy) name @ warning @ critical @ sentence @ remedy $' \
		operatorstat/rules.def | awk -F '\t' '
	function limit(number) {
		return number ~ /INF|inf/ ? "\\(em" : number
	}
	{
		printf ".It Li %s No ( %s / %s )\n%s.\nTo try: %s.\n", $1, limit($2), limit($3), $4, $5
	}'
}

figures() {
	rows '#define COUNTED(name, head, scope, ...) name @ head @ scope $
#define TIMED(name, head, ...) name @ head @ CONTROLLER $' operatorstat/compare.def |
		awk -F '\t' '{
			printf ".It Li %s\n%s, of %s %s\n", $1, $2, \
				$3 == "OPERATOR" ? "an" : "a", tolower($3)
		}'
}

thresholds() {
	rows '#define THRESHOLD(name, scope, figure, type, before, behind, side, warning, failure, hysteresis, seconds, interesting, text) type @ before @ #scope @ behind @ side @ warning @ failure @ seconds @ text $' \
		operatorstat/thresholds.def | awk -F '\t' '
	function limit(side, number) {
		return number == "" ? "\\(em" : (side == "Max" ? "> " : "< ") number
	}
	{
		subject = $3 == "OPERATOR" ? "" : $3 == "WEBHOOK" ? "PATH" : "CONTROLLER"
		printf ".It Li %s-%s%s%s No ( %s / %s , %s )\n%s\n", $1, $2, subject, $4, \
			limit($5, $6), limit($5, $7), $8, $9
	}'
}

while IFS= read -r line; do
	case $line in
	@KEYS@) keys ;;
	@TOP@) top_options ;;
	@ENDPOINT@) endpoint_options ;;
	@FIELDS@) fields ;;
	@RULES@) rules ;;
	@FIGURES@) figures ;;
	@THRESHOLDS@) thresholds ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$1"
