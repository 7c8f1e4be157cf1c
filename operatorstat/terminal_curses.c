#include "operatorstat/terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "operatorstat/input.h"

/* Sequences that give a terminal back take some 30 bytes. */
#define RESTORE_BYTES 256

/* Signal handlers take no argument: what they must reach is here. */
static struct {
	bool is_open;
	SCREEN *screen; /* owned */
	FILE *keys;     /* owned where it is /dev/tty */
	bool owns_keys;
	int keys_fd;
	bool has_color;
	enum glyphs glyphs;
	struct termios modes; /* before we came */
	char restore[RESTORE_BYTES];
	size_t restore_len;
	volatile sig_atomic_t signal;
} terminal;

static const int fatal_signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/* ncurses restores nothing on these. Only what may be called in a signal handler. */
static void on_fatal(int signal)
{
	if (terminal.is_open) {
		ssize_t written =
			write(STDOUT_FILENO, terminal.restore, terminal.restore_len);

		(void)written;
		tcsetattr(terminal.keys_fd, TCSANOW, &terminal.modes);
	}
	raise(signal); /* SA_RESETHAND: the second time it kills */
}

static void on_ending(int signal)
{
	terminal.signal = signal;
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

static void handle_signals(void)
{
	for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		handle(fatal_signals[i], on_fatal, (int)SA_RESETHAND | SA_NODEFER);
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		handle(ending_signals[i], on_ending, 0);
}

static void ignore_no_signals(void)
{
	for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		handle(fatal_signals[i], SIG_DFL, 0);
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		handle(ending_signals[i], SIG_DFL, 0);
}

static int keep_byte(int byte)
{
	if (terminal.restore_len < RESTORE_BYTES)
		terminal.restore[terminal.restore_len++] = (char)byte;
	return byte;
}

static void keep_sequence(const char *capability)
{
	const char *sequence = tigetstr(capability);

	/* (char *)-1 is how terminfo says that there is no such string */
	if (sequence != NULL && sequence != (const char *)-1)
		tputs(sequence, 1, keep_byte);
}

static void prepare_restore(bool with_mouse)
{
	terminal.restore_len = 0;
	if (with_mouse)
		for (const char *off = "\033[?1006l\033[?1000l"; *off != '\0'; off++)
			keep_byte(*off);
	keep_sequence("sgr0");
	keep_sequence("rmcup");
	keep_sequence("cnorm");
}

/* Colours that can be read on dark and light backgrounds alike: yellow cannot. Red and
 * green never differ by colour alone (bold; the marker in the text). */
static const struct {
	short color; /* -1: the terminal's own */
	attr_t with_color, without;
} looks[STYLES] = {
	[STYLE_PLAIN] = {-1, A_NORMAL, A_NORMAL},
	[STYLE_DIM] = {-1, A_DIM, A_DIM},
	[STYLE_TITLE] = {-1, A_BOLD, A_BOLD},
	[STYLE_HEADING] = {-1, A_REVERSE, A_REVERSE},
	[STYLE_GOOD] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
	[STYLE_WARNING] = {COLOR_MAGENTA, A_BOLD, A_UNDERLINE},
	[STYLE_FAILURE] = {COLOR_RED, A_BOLD, A_BOLD | A_UNDERLINE},
	[STYLE_BAR] = {COLOR_CYAN, A_NORMAL, A_NORMAL},
	[STYLE_KEY] = {COLOR_BLUE, A_BOLD, A_BOLD},
};

static bool wants_color(enum terminal_color color)
{
	const char *no_color = getenv("NO_COLOR");

	switch (color) {
	case TERMINAL_COLOR_ALWAYS:
		return true;
	case TERMINAL_COLOR_NEVER:
		return false;
	case TERMINAL_COLOR_AUTO:
		break;
	}
	return no_color == NULL || no_color[0] == '\0';
}

static void start_colors(enum terminal_color color)
{
	terminal.has_color = wants_color(color) && has_colors() && start_color() == OK &&
			     use_default_colors() == OK;
	if (!terminal.has_color)
		return;
	for (int i = 0; i < STYLES; i++)
		init_pair((short)(i + 1), looks[i].color, -1);
}

static bool starts_with(const char *text, const char *prefix)
{
	return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Blocks are of ambiguous width in East Asia; the Linux console's font lacks eighths. */
static enum glyphs guess_glyphs(void)
{
	const char *term = getenv("TERM");

	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || starts_with(term, "vt") ||
		wcwidth(0x2588) != 1)
		return GLYPHS_ASCII;
	return starts_with(term, "linux") ? GLYPHS_HALF : GLYPHS_UNICODE;
}

/* Asks terminfo before ncurses does, which would print and exit. */
static bool can_draw(struct err *e)
{
	const char *term = getenv("TERM");
	int status = 0;

	if (term == NULL || term[0] == '\0')
		return err_set(e, ERR_USAGE,
			"TERM is not set; try TERM=xterm, or `operatorstat once`");
	if (setupterm(term, STDOUT_FILENO, &status) != OK)
		return err_set(e, ERR_USAGE,
			"terminal `%s` is not known here; try TERM=xterm, or "
			"`operatorstat once`",
			term);
	const char *cup = tigetstr("cup");
	bool has_cup = cup != NULL && cup != (const char *)-1;
	del_curterm(cur_term);
	if (!has_cup)
		return err_set(e, ERR_USAGE,
			"terminal `%s` cannot place the cursor; use `operatorstat once` "
			"or `operatorstat watch` there",
			term);
	return true;
}

static bool open_keys(struct err *e)
{
	terminal.owns_keys = isatty(STDIN_FILENO) == 0;
	terminal.keys = terminal.owns_keys ? fopen("/dev/tty", "r") : stdin;
	if (terminal.keys == NULL)
		return err_set(e, ERR_USAGE, "there is no terminal to read keys from");
	terminal.keys_fd = fileno(terminal.keys);
	return true;
}

static void close_keys(void)
{
	if (terminal.owns_keys && terminal.keys != NULL)
		fclose(terminal.keys);
	terminal.keys = NULL;
}

static void set_modes(void)
{
	raw(); /* ^C, ^Z, ^S and ^\ are keys too */
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
}

bool terminal_open(const struct terminal_options *options, struct err *e)
{
	if (isatty(STDOUT_FILENO) == 0)
		return err_set(e, ERR_USAGE,
			"standard output is no terminal; use `operatorstat once` or "
			"`operatorstat watch`");
	if (!can_draw(e) || !open_keys(e))
		return false;
	tcgetattr(terminal.keys_fd, &terminal.modes);
	terminal.screen = newterm(NULL, stdout, terminal.keys);
	if (terminal.screen == NULL) {
		close_keys();
		return err_set(e, ERR_USAGE, "the terminal cannot be used");
	}
	set_modes();
	start_colors(options->color);
	if (options->with_mouse)
		mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED |
				  BUTTON5_PRESSED,
			NULL);
	mouseinterval(0);
	terminal.glyphs = options->has_glyphs ? options->glyphs : guess_glyphs();
	terminal.signal = 0;
	prepare_restore(options->with_mouse);
	terminal.is_open = true;
	handle_signals();
	return true;
}

enum glyphs terminal_glyphs(void)
{
	return terminal.glyphs;
}

void terminal_size(int *rows, int *cols)
{
	getmaxyx(stdscr, *rows, *cols);
}

int terminal_fd(void)
{
	return terminal.keys_fd;
}

static attr_t attributes_of(unsigned int style)
{
	unsigned int meaning = style & 0xfu;
	bool has_color = terminal.has_color && (style & STYLE_STALE) == 0;
	attr_t attributes =
		has_color ? looks[meaning].with_color : looks[meaning].without;

	if ((style & STYLE_STALE) != 0)
		attributes = (attributes & ~(attr_t)A_BOLD) | A_DIM;
	if ((style & STYLE_CURSOR) != 0)
		attributes |= A_REVERSE;
	return attributes;
}

static void show_row(struct canvas *c, int y)
{
	unsigned int style = 0;
	struct str text;
	int begin = 0;

	for (int x = 0; canvas_run(c, y, &x, &style, &text); begin = x) {
		bool has_color = terminal.has_color && (style & STYLE_STALE) == 0;

		attr_set(attributes_of(style),
			has_color ? (short)((style & 0xfu) + 1) : 0, NULL);
		mvaddnstr(y, begin, text.at, (int)text.len);
	}
}

void terminal_show(struct canvas *c, bool whole, int y, int x)
{
	if (whole)
		clearok(stdscr, TRUE);
	for (int row = 0; row < canvas_rows(c); row++)
		show_row(c, row);
	curs_set(y >= 0 ? 1 : 0);
	if (y >= 0)
		move(y, x);
	refresh();
}

static int key_of(int code)
{
	switch (code) {
	case KEY_UP:
		return INPUT_UP;
	case KEY_DOWN:
		return INPUT_DOWN;
	case KEY_LEFT:
		return INPUT_LEFT;
	case KEY_RIGHT:
		return INPUT_RIGHT;
	case KEY_HOME:
		return INPUT_HOME;
	case KEY_END:
		return INPUT_END;
	case KEY_PPAGE:
		return INPUT_PAGE_UP;
	case KEY_NPAGE:
		return INPUT_PAGE_DOWN;
	case KEY_BACKSPACE:
		return INPUT_BACKSPACE;
	case KEY_DC:
		return INPUT_DELETE;
	case KEY_BTAB:
		return INPUT_BACK_TAB;
	case KEY_ENTER:
		return INPUT_ENTER;
	default:
		break;
	}
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return INPUT_F1 + code - KEY_F(1);
	return INPUT_OTHER;
}

static struct terminal_event mouse_event(void)
{
	MEVENT mouse;

	if (getmouse(&mouse) != OK)
		return (struct terminal_event){INPUT_OTHER, 0, 0};
	int key = (mouse.bstate & BUTTON4_PRESSED) != 0   ? INPUT_WHEEL_UP
		  : (mouse.bstate & BUTTON5_PRESSED) != 0 ? INPUT_WHEEL_DOWN
							  : INPUT_CLICK;
	return (struct terminal_event){key, mouse.y, mouse.x};
}

struct terminal_event terminal_key(void)
{
	wint_t code = 0;
	int kind = get_wch(&code);

	if (kind == ERR)
		return (struct terminal_event){INPUT_NONE, 0, 0};
	if (kind == KEY_CODE_YES && code == KEY_MOUSE)
		return mouse_event();
	if (kind == KEY_CODE_YES)
		return (struct terminal_event){key_of((int)code), 0, 0};
	if (code == 0x7f || code == '\b')
		return (struct terminal_event){INPUT_BACKSPACE, 0, 0};
	if (code == '\n')
		return (struct terminal_event){INPUT_ENTER, 0, 0};
	return (struct terminal_event){(int)code, 0, 0};
}

int terminal_signal(void)
{
	return terminal.signal;
}

void terminal_suspend(void)
{
	endwin();
	/* all of our group, as the terminal's own ^Z does, or a shell function would hang
	 */
	kill(0, SIGTSTP);
	refresh();
}

void terminal_copy(struct str text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_add(&out, STR("\033]52;c;"));
	for (size_t i = 0; i < text.len; i += 3) {
		unsigned int bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 |
			       (i + k < text.len ? (unsigned char)text.at[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_addc(&out, i + k > text.len
					       ? '='
					       : digits[bits >> (18 - 6 * k) & 63]);
	}
	buf_addc(&out, '\a');
	if (buf_ok(&out)) {
		fwrite(out.at, 1, out.len, stdout);
		fflush(stdout);
	}
	buf_free(&out);
}

const char *terminal_library(void)
{
	return curses_version();
}

void terminal_close(void)
{
	if (!terminal.is_open)
		return;
	terminal.is_open = false;
	ignore_no_signals();
	endwin();
	delscreen(terminal.screen);
	close_keys();
}
