# Shell functions of the tests with a real collectd; sourced by tests/daemon_*.sh.
# shellcheck shell=bash disable=SC2154

. "${srcdir:-.}/tests/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
module_folder=${MODULE_FOLDER:-$PWD/.libs}

# header NAME: first lines of a configuration.
header() {
	mkdir -p "$work/$1"
	cat <<-END
		BaseDir "$work/$1"
		PIDFile "$work/$1/pid"
		TypesDB "/usr/share/collectd/types.db"
		Hostname "host.example"
		FQDNLookup false
		Interval 1
		WriteThreads 1
		PluginDir "$(collectd -h | sed -n 's/^ *Plugin directory *//p')"
		LoadPlugin logfile
		<Plugin logfile>
		  File "$work/$1/log"
		</Plugin>
	END
}

# load_plugin: the lines that load ours, behind all others. The folder of the machine is not ours.
load_plugin() {
	printf 'PluginDir "%s"\nLoadPlugin operator\n' "$module_folder"
	printf '<Plugin operator>\n  StateDir "%s"\n</Plugin>\n' "$work/state"
}

# csv_lines FOLDER IDENTIFIER: what the csv writer has of it, over midnight too.
csv_lines() {
	cat "$1/host.example/$2"-[0-9]*-[0-9]*-[0-9]* 2>/dev/null | grep -v '^epoch'
}

need collectd collectd-core
need python3 python3
