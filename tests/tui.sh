#!/bin/sh
# tui.sh: the real program on an emulated terminal (tmux): every key of keys.def on every screen
# that knows it, sizes, kinds of terminals, signals, suspension. Skipped (77) without tmux.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd)
tool=$(pwd)/bin/operatorstat
command -v tmux >/dev/null || {
	echo "tmux is not installed"
	exit 77
}
work=$(mktemp -d)
socket=tui.$$
servers=0
export TZ=UTC LC_ALL=C.UTF-8
unset NO_COLOR TMUX

mux() {
	tmux -L "$socket" -f /dev/null "$@"
}
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	mux kill-server 2>/dev/null || :
	rm -rf "$work"
}
trap finish EXIT

fail() {
	echo "tui.sh: $*" >&2
	mux capture-pane -p -t t >&2 2>/dev/null || :
	exit 1
}

# begin COLS ROWS [NAME=VALUE...] [-- ARGUMENT...]: the tool in a shell that survives it.
begin() {
	cols=$1 rows=$2
	shift 2
	mux kill-server 2>/dev/null || :
	servers=$((servers + 1)) socket=tui.$$.$servers # the old one may still be going
	mux new-session -d -s t -x "$cols" -y "$rows" -c "$work" "env PS1='shell> ' sh -i"
	until_seen 'shell>'
	settings=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		settings="$settings $1"
		shift
	done
	[ $# -eq 0 ] || shift
	type_line "clear; stty -g >before; env$settings $tool --config /dev/null $*; echo ended \$?"
}

type_line() {
	mux send-keys -t t -l "$1"
	mux send-keys -t t Enter
}

screen() {
	mux capture-pane -p -t t
}

# Waits for a text on the screen: a minute, where the machine is busy.
until_seen() {
	tries=0
	until screen | grep -qF -- "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || fail "\`$1' never appears"
		sleep 0.05
	done
}

# tmux' name of a key of keys.def.
press() {
	case $1 in
	^*) mux send-keys -t t "C-$(printf %s "${1#^}" | tr '[:upper:]' '[:lower:]')" ;;
	Esc) mux send-keys -t t Escape ;;
	Backspace) mux send-keys -t t BSpace ;;
	S-Tab) mux send-keys -t t BTab ;;
	??*) mux send-keys -t t "$1" ;;
	*) mux send-keys -t t -l -- "$1" ;;
	esac
}

# What an answer to a key looks like cannot be told for all of them; that the tool is there and
# answers the next one can: `?' shows the help, wherever one is, and Esc goes back.
answers() {
	press Esc
	press Esc
	press '?'
	until_seen 'WHAT THEY DO'
	press q
}

quit() {
	press Q
	until_seen "ended $1"
	restored
}

restored() {
	[ "$(mux display-message -p -t t '#{alternate_on}#{cursor_flag}#{mouse_any_flag}')" = 010 ] ||
		fail "the terminal is not as it was"
	type_line "stty -g >after; cmp before after && echo th\"\"e same"
	until_seen 'the same'
}

# action, keys, screens
actions() {
	printf '%s\n#include "operatorstat/keys.def"\n' \
		'#define ACTION(name, word, keys, group, where, help) name @ keys @ where $' |
		${CC:-cc} -E -P -I "$srcdir" -x c - | tr '\n' ' ' | tr '$' '\n' |
		sed -n 's/^ *\([A-Z0-9_]*\) @ "\(.*\)" @ "\(.*\)" *$/\1	\2	\3/p' | sed 's/\\\\/\\/g'
}

key_of_screen() {
	case $1 in
	O) echo 1 ;;
	C) echo 2 ;;
	D) echo '2 j Enter' ;;
	A) echo 3 ;;
	N) echo 4 ;;
	E) echo 5 ;;
	R) echo 6 ;;
	H) echo '?' ;;
	esac
}

every_key() {
	begin 80 24 -- --demo
	until_seen controllers
	actions >"$work/actions"
	[ "$(wc -l <"$work/actions")" -gt 50 ] || fail "keys.def cannot be read"
	while IFS='	' read -r name keys screens; do
		case $name in
		QUIT | CLOSE | SUSPEND) continue ;;
		esac
		for letter in $(printf %s "$screens" | sed 's/./& /g'); do
			set -f
			for key in $keys; do
				for step in $(key_of_screen "$letter"); do
					press "$step"
				done
				press "$key"
			done
			set +f
		done
		answers || fail "$name"
		mux list-panes -t t -F '#{pane_dead}' | grep -q 0 || fail "$name ended it"
	done <"$work/actions"
	set -- "$work"/operatorstat-*.txt
	grep -q demo "$1" || fail "^S saved nothing"
	quit 0
}

every_way_out() {
	for key in Q ^C F10 q; do
		begin 80 24 -- --demo
		until_seen controllers
		press "$key"
		until_seen 'ended 0'
		restored
	done
	for signal in HUP QUIT ABRT TERM SEGV; do
		begin 80 24 -- --demo --mouse
		until_seen controllers
		kill "-$signal" "$(ps -o pid= --ppid "$(mux display-message -p -t t '#{pane_pid}')")"
		until_seen 'ended 1' # 128 and the signal's number
		restored
	done
}

suspended() {
	begin 80 24 -- --demo
	until_seen controllers
	press ^Z
	until_seen Stopped
	restored
	type_line fg
	until_seen 'window 1m'
	press 3
	until_seen 'API requests'
	press Q
	type_line 'clear; echo th""ere again' # the shell went on with its list at the stop
	until_seen 'there again'
	restored
}

resized() {
	begin 80 24 -- --demo
	until_seen controllers
	for size in 200x50 20x5 132x43 10x3 300x90 40x12 1x1 80x24; do
		mux resize-window -t t -x "${size%x*}" -y "${size#*x}"
	done
	until_seen 'q quit'
	mux resize-window -t t -x 200 -y 50
	until_seen 'recent events'
	quit 0
}

# kinds of terminals: TERM, LC_ALL, what must be there
terminals() {
	for term in xterm xterm-256color screen tmux linux vt100; do
		infocmp "$term" >/dev/null 2>&1 || continue
		begin 80 24 "TERM=$term" -- --demo
		until_seen controllers
		until_seen shop-operator
		case $term in
		vt100) screen | LC_ALL=C grep -q '[^ -~]' && fail "$term shows more than ASCII" ;;
		esac
		press 2
		press j
		press Enter
		until_seen 'Reconcile time'
		quit 0
	done
	for term in dumb '' nonsense; do
		begin 200 24 "TERM=$term" -- --demo
		until_seen 'operatorstat once'
		until_seen 'ended 64'
	done
	begin 80 24 LC_ALL=C -- --demo
	until_seen controllers
	screen | LC_ALL=C grep -q '[^ -~]' && fail "LC_ALL=C shows more than ASCII"
	quit 0
}

# Colours are there, and not where they are not wanted.
colours() {
	begin 80 24 -- --demo
	until_seen shop-operator
	mux capture-pane -p -e -t t | grep -q "$(printf '\033')\[[0-9;]*3[0-7]m" || fail "no colours"
	quit 0
	for how in 'NO_COLOR=1 --' '-- --color never'; do
		# shellcheck disable=SC2086 # two words
		begin 80 24 $how --demo
		until_seen shop-operator
		mux capture-pane -p -e -t t | grep -q "$(printf '\033')\[[0-9;]*3[0-7]m" &&
			fail "colours with $how"
		quit 0
	done
}

# written SECONDS: bytes that come in so many.
written() {
	mux pipe-pane -t t "cat >$work/written"
	sleep "$1"
	mux pipe-pane -t t
	wc -c <"$work/written"
}

# is_calm SECONDS MOST: so many bytes at most; what was drawn before may still be coming.
is_calm() {
	tries=0
	until bytes=$(written "$1") && [ "$bytes" -le "$2" ]; do
		tries=$((tries + 1))
		[ $tries -lt 5 ] || fail "$bytes bytes in $1 s of what does not change"
	done
}

# recording FOLDER: two pages of one operator, ten seconds apart.
recording() {
	mkdir -p "$1/op"
	for i in 0 1; do
		printf '%s\n' '# TYPE workqueue_depth gauge' \
			"workqueue_depth{controller=\"kept\",name=\"kept\"} 1$i" \
			>"$1/op/17000000${i}0000.txt"
	done
}

# Nothing is written while nothing changes: of a recording that has ended not a byte, of what is
# live but paused its age.
quiet() {
	recording "$work/kept"
	begin 80 24 -- --speed 0 "$work/kept"
	until_seen kept
	is_calm 2 0
	quit 0
	begin 80 24 -- --demo
	until_seen controllers
	press z
	until_seen PAUSED
	is_calm 3 150
	quit 0
}

serve() {
	rm -f "$work/server"
	"$srcdir/tests/page_server.py" "$work/pages" ${1:+"$1"} >"$work/server" 2>&1 &
	server=$!
	tries=0
	until [ -s "$work/server" ]; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || fail "no server: $(cat "$work/server")"
		sleep 0.1
	done
	port=$(head -n 1 "$work/server")
}

# The operator goes, and comes back: a banner says why and what happens next, what was there
# stays, dimmed, with its age.
disconnected() {
	command -v python3 >/dev/null || {
		echo "skipped: no python3, so nothing that goes away"
		return
	}
	mkdir -p "$work/pages"
	serve ''
	begin 80 24 -- "gone=http://127.0.0.1:$port/plain/gone"
	until_seen plain
	until_seen '1/1 up'
	kill "$server"
	wait "$server" 2>/dev/null || :
	until_seen "DISCONNECTED  nothing listens at 127.0.0.1:$port"
	until_seen 'next try'
	until_seen 'frozen below, not live'
	until_seen 'no update for'
	mux capture-pane -p -e -t t | grep 'plain' | grep -q "$(printf '\033')\[[0-9;]*2m" ||
		fail "what is old is not dimmed"
	serve "$port"
	until_seen '1/1 up'
	screen | grep -q DISCONNECTED && fail "the banner stays"
	press 5
	until_seen 'answers again'
	quit 0
	kill "$server"
	server=
}

# at COLUMN ROW BUTTON: pressed and let go, as xterm tells it; 65 is the wheel.
at() {
	mux send-keys -t t -l "$(printf '\033[<%d;%d;%dM' "$3" "$1" "$2")"
	[ "$3" = 65 ] || mux send-keys -t t -l "$(printf '\033[<%d;%d;%dm' "$3" "$1" "$2")"
}

# A page of a million series: it says what it leaves out, and memory stays bounded.
huge() {
	command -v python3 >/dev/null || return 0
	serve ''
	begin 80 24 -- "huge=http://127.0.0.1:$port/million"
	until_seen '1/1 up'
	press 6
	until_seen '900000 more left out'
	pid=$(ps -o pid= --ppid "$(mux display-message -p -t t '#{pane_pid}')")
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$((pid))/status")
	[ "$peak" -lt 400000 ] || fail "$peak kB for a page of a million series"
	quit 0
	kill "$server"
	server=
}

mouse() {
	infocmp -1 xterm-256color 2>/dev/null | grep -q 'kmous=.E\[<' || {
		echo "skipped: no terminal here whose mouse could be played"
		return
	}
	begin 80 24 TERM=xterm-256color -- --demo --mouse
	until_seen payment
	press z # rows stay where they are
	until_seen PAUSED
	row=$(screen | grep -n payment | cut -d: -f1)
	below=$(screen | sed -n "$((row + 1))s/^   \([a-z]*\) .*/\1/p")
	at 5 "$row" 0
	until_seen '>  payment'
	at 5 "$row" 65
	until_seen ">  $below"
	line=$(screen | grep -n 'ERR%' | head -n 1)
	before=${line%%ERR%*}
	before=${before#*:}
	at $((${#before} + 2)) "${line%%:*}" 0
	until_seen 'sort ERR% desc'
	row=$(screen | grep -n '   payment' | cut -d: -f1)
	at 5 "$row" 0
	until_seen '>  payment'
	at 5 "$row" 0
	until_seen 'Reconcile time'
	quit 0
}

# What keys and `:` write: the screen, all figures, the options.
saved() {
	begin 80 24 -- --demo --plain --set window=5m
	until_seen 'window 5m'
	until_seen shop-operator
	[ "$(mux display-message -p -t t '#{cursor_x} #{cursor_y} #{cursor_flag}')" = '0 5 1' ] ||
		fail "--plain leaves the cursor elsewhere"
	screen | LC_ALL=C grep -q '[^ -~]' && fail "--plain draws"
	press ^S
	until_seen 'saved as'
	for file in "$work"/operatorstat-*.json; do
		grep -q '"operators"' "$file" || fail "^S saved no figures"
	done
	printf '# mine\nwindow 10s\n' >"$work/options"
	press :
	mux send-keys -t t -l "save-options $work/options"
	press Enter
	until_seen 'options saved'
	grep -q '^# mine' "$work/options" || fail ":save-options lost a comment"
	[ "$(grep '^window' "$work/options")" = 'window "5m"' ] || fail ":save-options"
	quit 0
}

# A recording that is paused from the start has no clock that would draw it.
paused() {
	mkdir -p "$work/rec/op"
	for time in 1700000000000 1700000010000 1700000020000; do
		printf 'workqueue_depth{name="paused-here"} 3\n' >"$work/rec/op/$time.txt"
	done
	begin 80 24 -- --at -10s "$work/rec"
	until_seen PAUSED
	until_seen paused-here
	quit 0
	begin 80 24 -- --speed -1 "$work/rec"
	until_seen 'ended 64'
	begin 80 24 -- --demo "$work/rec"
	until_seen 'ended 64'
}

every_key
every_way_out
suspended
resized
terminals
colours
quiet
disconnected
huge
mouse
saved
paused
