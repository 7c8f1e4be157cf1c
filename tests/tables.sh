#!/bin/sh
# tables.sh [--write]: are the tables of the manual and of conf/operator.conf what the tables of
# the code say: every option of engine/options.def, every family of engine/families.def that is
# sent? --write makes them so.
set -eu

srcdir=${srcdir:-.}
manual=$srcdir/plugin/collectd-operator.5
example=$srcdir/conf/operator.conf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# rows MACRO FILE: one line for each use of the macro in the file, as the preprocessor expands
# it: fields parted by ` @ `, ended by `$`; here parted by tabs and without their quotes.
rows() {
	printf '#define %s\n#include "%s"\n' "$1" "$2" |
		${CC:-cc} -E -P -I "$srcdir" -x c - | tr '\n' ' ' | tr '$' '\n' | awk -F ' @ ' -v OFS='\t' '
		NF > 1 {
			for (i = 1; i <= NF; i++) {
				gsub(/^ +| +$/, "", $i)
				if ($i ~ /^"/)
					$i = substr($i, 2, length($i) - 2)
				gsub(/[^\\]" +"/, "&\001", $i)
				gsub(/" +"\001/, "", $i)
				gsub(/\\"/, "\"", $i)
			}
			$1 = $1
			print
		}'
}

# kind, name, scope, default, argument, help
option_rows() {
	rows 'OPTION(kind, field, name, scope, standard, low, high, argument, help) #kind @ name @ #scope @ standard @ argument @ help $' engine/options.def
}

# name, kind, what is sent
family_rows() {
	rows 'FAMILY(name, kind, unit, labels, since, until, ...) name @ #kind @ __VA_ARGS__ $' engine/families.def
}

# The manual's list of identifiers.
identifiers_for_manual() {
	awk -F '\t' '
	function field(key, rest) {
		if (!match($3, "\\." key " = \"[^\"]*\""))
			return ""
		rest = substr($3, RSTART, RLENGTH)
		sub(/^[^"]*"/, "", rest)
		sub(/"$/, "", rest)
		return rest
	}
	field("type") != "" {
		identifier = field("type") "-" field("what")
		if (field("subject") != "")
			identifier = identifier "-" toupper(field("subject"))
		if (field("detail") != "")
			identifier = identifier "-" toupper(field("detail"))
		if ($3 ~ /FAMILY_MEAN/)
			identifier = identifier ($3 ~ /FAMILY_QUANTILES/ ? "-HIST" : "-average")
		else if ($3 ~ /FAMILY_QUANTILES/)
			identifier = identifier "-percentile_50, _90, _99"
		mark = $2 == "COUNTER" ? " No d" : $2 == "GAUGE" ? "" : " No i"
		printf ".It Li %s%s\n%s", identifier, mark, $1
		if (field("subject_else") != "")
			printf ", %s or %s", field("subject"), field("subject_else")
		if (field("detail_else") != "")
			printf ", %s or %s", field("detail"), field("detail_else")
		if (field("instead_of") != "")
			printf ", where there is no %s", field("instead_of")
		if ($3 ~ /\.scale = /)
			printf ", in ms"
		print ""
		if ($3 ~ /FAMILY_COUNT/)
			printf ".It Li total_operations-gc No d\n%s\n", $1 "_count"
	}'
}

# The manual's list of the options of these scopes.
options_for_manual() {
	awk -F '\t' -v scopes="$1" '$3 ~ scopes {
		argument = $5
		gsub(/"/, "\\(dq", argument)
		printf ".It Cm %s Ar %s\n%s.\n", $2, argument, $6
		if ($4 != "")
			printf "Default: %s.\n", $4
		if ($3 == "PLUGIN")
			print "Outside of endpoints only."
		if ($3 == "ENDPOINT")
			print "Inside of an endpoint only" ($2 == "URL" ? ", and needed there." : ".")
		if ($3 == "DISCOVER")
			print "Inside of a Discover block only."
	}'
}

# The example: each option commented out, with its default, else with its argument.
for_example() {
	awk -F '\t' -v scope="$1" -v indent="$2" '
	function wrapped(text, words, n, i, line) {
		n = split(text, words, " ")
		line = "#" indent "#"
		for (i = 1; i <= n; i++) {
			if (length(line) + 1 + length(words[i]) > 78) {
				print line
				line = "#" indent "#"
			}
			line = line " " words[i]
		}
		print line
	}
	scope == ($3 == "BOTH" ? "PLUGIN" : $3) {
		wrapped($6 ".")
		value = $4 == "" ? $5 : $4
		if ($1 ~ /^(TEXT|SECRET|URL|RULES|FORMAT|TEXTS|SERVER)$/)
			gsub(/"/, "\\\"", value)
		if ($1 ~ /^(TEXT|SECRET|URL|RULES|FORMAT|TEXTS|SERVER|BYTES)$/)
			value = "\"" value "\""
		printf "#%s%s %s\n", indent, $2, value
	}'
}

# Copies $1 with what stands between its two marks replaced by the file $2.
replaced() {
	awk -v with="$2" -v mark="$3" '
	index($0, mark ": begin") { print; while ((getline line < with) > 0) print line; inside = 1 }
	index($0, mark ": end") { inside = 0 }
	!inside && !index($0, mark ": begin") { print }' "$1"
}

option_rows >"$work/table"
family_rows >"$work/families"
options_for_manual '^(PLUGIN|ENDPOINT|DISCOVER|BOTH)$' <"$work/table" >"$work/options"
options_for_manual '^ATTACHMENT$' <"$work/table" >"$work/attachment_options"
options_for_manual '^KUBERNETES$' <"$work/table" >"$work/kubernetes_options"
identifiers_for_manual <"$work/families" >"$work/identifiers"
for_example PLUGIN '  ' <"$work/table" >"$work/defaults"
for_example ENDPOINT '    ' <"$work/table" >"$work/endpoint"
for_example DISCOVER '    ' <"$work/table" >"$work/discover"
for_example ATTACHMENT '    ' <"$work/table" >"$work/attachment"
for_example KUBERNETES '      ' <"$work/table" >"$work/kubernetes"

replaced "$manual" "$work/options" options.def >"$work/step"
replaced "$work/step" "$work/attachment_options" 'attachment options' >"$work/step2"
replaced "$work/step2" "$work/kubernetes_options" 'kubernetes options' >"$work/step"
replaced "$work/step" "$work/identifiers" families.def >"$work/collectd-operator.5"
replaced "$example" "$work/defaults" 'of all endpoints' >"$work/step"
replaced "$work/step" "$work/endpoint" 'of one endpoint' >"$work/step2"
replaced "$work/step2" "$work/attachment" 'of an attachment' >"$work/step"
replaced "$work/step" "$work/kubernetes" 'of an API server' >"$work/step2"
replaced "$work/step2" "$work/discover" 'of what is to be found' >"$work/operator.conf"

if [ "${1-}" = --write ]; then
	cat "$work/collectd-operator.5" >"$manual"
	cat "$work/operator.conf" >"$example"
fi

failed=0
diff -u "$manual" "$work/collectd-operator.5" || failed=$((failed + 1))
diff -u "$example" "$work/operator.conf" || failed=$((failed + 1))
if [ $failed != 0 ]; then
	echo "tables have changed: run tests/tables.sh --write, and look at the difference"
fi
for count in "$(wc -l <"$work/table")" "$(wc -l <"$work/families")"; do
	if [ "$count" -lt 30 ]; then
		echo "only $count rows of a table could be read"
		failed=$((failed + 1))
	fi
done
echo "$((4 - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
