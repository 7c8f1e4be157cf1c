#!/bin/bash
# daemon_memory.sh: a real collectd with the plugin under valgrind, or, where this tree was
# built with sanitizers, with their run-time library. Good and bad endpoints, and a restart of
# collectd; not one error, not one leak.
. "${srcdir:-.}/tests/daemon_lib.sh"

mkdir -p "$work/pages"
start pages "$srcdir/tests/page_server.py" "$work/pages"
port=$(port_of pages)
{
	header memory
	cat <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/memory/csv"
		</Plugin>
	END
	load_plugin
	cat <<-END
		<Plugin operator>
		  ScrapeDetails true
		  Notifications true
		  Buckets true
		  Family "*"
		  Colour "blue"
		  <Endpoint "good">
		    URL "http://127.0.0.1:$port/good/good"
		  </Endpoint>
	END
	for path in 404 html binary truncated one-bad-line huge-line missing-inf hang; do
		printf '  <Endpoint "%s">\n    URL "http://127.0.0.1:%s/%s"\n  </Endpoint>\n' "$path" "$port" "$path"
	done
	echo '</Plugin>'
} >"$work/memory.conf"

# The one leak of collectd's own: the name of each plugin, 9 bytes for ours.
cat >"$work/valgrind.supp" <<'END'
{
   collectd keeps a plugin's name
   Memcheck:Leak
   match-leak-kinds: definite
   fun:malloc
   fun:strdup
   obj:*/sbin/collectd
   fun:cf_read
   fun:init_config
   fun:main
}
END
echo 'leak:cf_read' >"$work/lsan.supp"

run=(env)
needs=$(ldd "$module_folder/operator.so")
if grep -q libasan <<<"$needs"; then
	run+=("ASAN_OPTIONS=detect_leaks=1:fast_unwind_on_malloc=0:log_path=$work/report"
		"LSAN_OPTIONS=suppressions=$work/lsan.supp:print_suppressions=0"
		"UBSAN_OPTIONS=print_stacktrace=1:log_path=$work/report"
		"LD_PRELOAD=$(${CC:-gcc} -print-file-name=libasan.so)")
elif grep -q libtsan <<<"$needs"; then
	run+=("TSAN_OPTIONS=log_path=$work/report:halt_on_error=0"
		"LD_PRELOAD=$(${CC:-gcc} -print-file-name=libtsan.so)")
else
	need valgrind valgrind
	run+=(valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99
		"--suppressions=$work/valgrind.supp" "--log-file=$work/report.%p")
fi

pages_of() {
	csv_lines "$work/memory/csv" operator-good/bytes-page | wc -l
}

has_pages() {
	[ "$(pages_of)" -ge "$1" ]
}

reports() {
	! cat "$work"/report* 2>/dev/null | grep .
}

for life in first second; do
	start memory "${run[@]}" collectd -f -C "$work/memory.conf"
	before=$(pages_of)
	check "$life life: pages come" until_true 60 has_pages $((before + 5))
	check_stop memory
	check "$life life: nothing is reported" reports
done
done_all
