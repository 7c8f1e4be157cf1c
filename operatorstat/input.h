/* Keys to actions, from the table in keys.def.
 *
 * A key is a number: a character's code point, 1..31 for Control with a letter, or one of
 * enum input_key. */
#ifndef OPERATORSTAT_INPUT_H
#define OPERATORSTAT_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/str.h"

/* The screens, in the order of their letters in keys.def. */
enum view_id {
	VIEW_OPERATORS,
	VIEW_CONTROLLERS,
	VIEW_DETAIL,
	VIEW_API,
	VIEW_RUNTIME,
	VIEW_EVENTS,
	VIEW_RAW,
	VIEW_HELP,
	VIEWS,
};

enum action {
#define ACTION(name, word, keys, group, where, help) ACTION_##name,
#include "operatorstat/keys.def"
#undef ACTION
	ACTIONS,
	ACTION_NONE,
};

enum action_group {
	GROUP_MOVE,
	GROUP_GO,
	GROUP_ROWS,
	GROUP_NUMBERS,
	GROUP_TIME,
	GROUP_OTHER,
	GROUPS,
};

/* Keys that are no characters; Unicode ends below. */
enum input_key {
	INPUT_NONE = 0,
	INPUT_TAB = 9,
	INPUT_ENTER = 13,
	INPUT_ESC = 27,
	INPUT_UP = 0x110000,
	INPUT_DOWN,
	INPUT_LEFT,
	INPUT_RIGHT,
	INPUT_HOME,
	INPUT_END,
	INPUT_PAGE_UP,
	INPUT_PAGE_DOWN,
	INPUT_BACKSPACE,
	INPUT_DELETE,
	INPUT_BACK_TAB,
	INPUT_F1, /* F2 to F12 follow */
	INPUT_F12 = INPUT_F1 + 11,
	INPUT_OTHER, /* none that we know, or the terminal has another size */
	INPUT_CLICK, /* of the mouse; the place comes along */
	INPUT_WHEEL_UP,
	INPUT_WHEEL_DOWN,
};

struct action_info {
	const char *name; /* as in keys.def, for tests */
	const char *word; /* for `:` */
	const char *keys;
	enum action_group group;
	const char *where;
	const char *help;
};

const struct action_info *input_info(enum action a);
const char *input_group_name(enum action_group g);

/* Does the screen know the action? */
bool input_is_for(enum action a, enum view_id view);

/* What key means on that screen; ACTION_NONE: nothing there. */
enum action input_action(int key, enum view_id view);

/* The action of that word; ACTION_NONE: no such word. */
enum action input_action_named(struct str word);

/* `j`, `^N`, `Down`, `S-Tab`, `F10` and so on as a key; INPUT_NONE: no such name. */
int input_key_named(struct str name);

/* Takes the next name from a blank-separated list; false at its end. */
bool input_next_name(struct str *list, struct str *name);

#endif
