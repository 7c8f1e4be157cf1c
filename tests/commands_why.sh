#!/bin/sh
# Of every recording of real operators, the findings that must be there and those that must
# not, worked out from what was done to the operators (the recordings' README and truth.json).
# Runs in the build folder; CORPUS is the folder that holds pages/.
set -u
tool=${OPERATORSTAT:-./bin/operatorstat}
corpus=${CORPUS:-${srcdir:-.}/../shared/corpus}
if [ ! -d "$corpus/pages" ]; then
	echo "no recordings in $corpus: set CORPUS"
	exit 77
fi
failed=0

# FOUND RECORDING must|never RULE OPERATOR CONTROLLER (a pattern of grep)
look() {
	if printf '%s\n' "$found" | grep -q \
		"\"rule\":\"$3\".*\"operator\":\"$4\",\"controller\":\"$5\""; then
		is=must
	else
		is=never
	fi
	if [ "$is" != "$2" ]; then
		echo "$1: $3 of $4/$5: $2 be found, and is not so"
		failed=1
	fi
}

last=
while read -r recording want rule operator controller; do
	case $recording in '' | '#'*) continue ;; esac
	if [ "$recording" != "$last" ]; then
		found=$("$tool" why -j "$corpus/pages/$recording" 2>/dev/null) || {
			echo "$recording: why failed"
			failed=1
		}
		last=$recording
	fi
	[ "$controller" = - ] && controller=
	look "$recording" "$want" "$rule" "$operator" "$controller"
done <<'TABLE'
# microseconds: times are not sent, so nothing may be said about them
cr-0.1-microseconds must hot_requeue memcached scaler
cr-0.1-microseconds must api_429 memcached -
cr-0.1-microseconds never slow_tail memcached .*
cr-0.1-microseconds never queue_wait memcached .*
cr-0.1-microseconds never hot_requeue memcached memcached
cr-0.2-first-use must error_percent memcached cert-manager.io-issuer
cr-0.2-first-use must hot_requeue memcached scaler
cr-0.2-first-use never stuck memcached .*
cr-0.8-plain must queue_deep memcached importer
cr-0.8-plain must workers_busy memcached importer
cr-0.8-plain must queue_wait memcached importer
cr-0.8-plain never workers_busy memcached memcached
cr-0.8-plain never queue_deep memcached memcached
cr-0.8-plain never standby memcached -
cr-0.14-url-as-host must slow_tail memcached ingress-class
cr-0.14-url-as-host never stuck memcached .*
cr-0.14-url-as-host never panics memcached .*
cr-0.15-terminal must terminal_errors memcached restore
cr-0.15-terminal must stuck memcached memcached
cr-0.15-terminal never stuck memcached ingress-class
cr-0.15-terminal never terminal_errors memcached memcached
cr-0.17-buckets must error_percent memcached backup
cr-0.17-buckets never workers_busy memcached rollout
cr-0.18-stuck must stuck memcached ingress-class
cr-0.18-stuck must workers_busy memcached ingress-class
cr-0.18-stuck must error_percent memcached cert-manager.io-issuer
cr-0.18-stuck never stuck memcached memcached
cr-0.18-stuck never workers_busy memcached memcached
cr-0.21-quick-restart must restarted memcached -
cr-0.21-quick-restart never down memcached -
cr-0.21-quick-restart never stuck memcached .*
cr-0.24-restart must down memcached -
cr-0.24-restart must restarted memcached -
cr-0.24-restart must hot_requeue memcached late-arrival
cr-0.24-restart must error_percent memcached cert-manager.io-issuer
cr-0.24-restart never stuck memcached .*
# two healthy controllers and one that was never touched: nothing at all
cr-0.24-untouched never .* memcached .*
cr-0.25-everything must panics memcached backup
cr-0.25-everything must terminal_errors memcached restore
cr-0.25-everything must hot_requeue memcached scaler
cr-0.25-everything must timeouts memcached rollout
cr-0.25-everything must queue_deep memcached importer
cr-0.25-everything must workers_busy memcached importer
cr-0.25-everything must stuck memcached ingress-class
cr-0.25-everything must slow_tail memcached tenant
cr-0.25-everything must error_percent memcached cert-manager.io-issuer
cr-0.25-everything never panics memcached memcached
cr-0.25-everything never stuck memcached memcached
cr-0.25-everything never hot_requeue memcached lease-keeper
cr-0.25-everything never restarted memcached -
cr-0.25-openmetrics must conflicts memcached -
cr-0.25-openmetrics never stuck memcached .*
cr-0.25-openmetrics never down memcached -
cr-0.25-secure must down memcached -
cr-0.25-secure never restarted memcached -
cr-0.25-secure never certificate memcached -
cr-0.25-size must hot_requeue ten scaler
cr-0.25-size must terminal_errors ten restore
cr-0.25-size never .* one memcached
cr-0.25-standby must standby replica-b -
cr-0.25-standby must standby replica-a -
cr-0.25-standby must down replica-a -
cr-0.25-standby never down replica-b -
cr-0.25-standby never restarted replica-b -
TABLE

# And what the operators counted themselves: every recording, every controller.
for recording in "$corpus"/pages/*/; do
	if ! said=$("$tool" why -j "$recording" 2>/dev/null |
		python3 "${srcdir:-.}/tests/why_truth.py" "$recording"); then
		echo "$recording: $said"
		failed=1
	fi
done
exit $failed
