#include "operatorstat/input.h"

#include <string.h>

static const struct action_info actions[] = {
#define ACTION(name, word, keys, group, where, help)                                     \
	[ACTION_##name] = {#name, word, keys, GROUP_##group, where, help},
#include "operatorstat/keys.def"
#undef ACTION
};

static const struct {
	const char *name;
	int key;
} names[] = {
	{"Up", INPUT_UP},
	{"Down", INPUT_DOWN},
	{"Left", INPUT_LEFT},
	{"Right", INPUT_RIGHT},
	{"Home", INPUT_HOME},
	{"End", INPUT_END},
	{"PgUp", INPUT_PAGE_UP},
	{"PgDn", INPUT_PAGE_DOWN},
	{"Backspace", INPUT_BACKSPACE},
	{"Delete", INPUT_DELETE},
	{"S-Tab", INPUT_BACK_TAB},
	{"Tab", INPUT_TAB},
	{"Enter", INPUT_ENTER},
	{"Esc", INPUT_ESC},
	{"Space", ' '},
};

const struct action_info *input_info(enum action a)
{
	return &actions[a];
}

const char *input_group_name(enum action_group g)
{
	static const char *const group_names[GROUPS] = {
		[GROUP_MOVE] = "Moving",
		[GROUP_GO] = "Screens",
		[GROUP_ROWS] = "Rows and columns",
		[GROUP_NUMBERS] = "Numbers",
		[GROUP_TIME] = "Time",
		[GROUP_OTHER] = "Other",
	};

	return group_names[g];
}

bool input_is_for(enum action a, enum view_id view)
{
	static const char letters[VIEWS] = {'O', 'C', 'D', 'A', 'N', 'E', 'R', 'H'};

	return strchr(actions[a].where, letters[view]) != NULL;
}

bool input_next_name(struct str *list, struct str *name)
{
	size_t len = 0;

	*list = str_trim(*list);
	while (len < list->len && list->at[len] != ' ')
		len++;
	*name = (struct str){list->at, len};
	*list = (struct str){list->at + len, list->len - len};
	return len > 0;
}

int input_key_named(struct str name)
{
	int64_t number = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, str_of(names[i].name)))
			return names[i].key;
	if (name.len == 1)
		return (unsigned char)name.at[0];
	if (name.len == 2 && name.at[0] == '^')
		return name.at[1] & 0x1f;
	if (name.at[0] == 'F' &&
		str_to_i64((struct str){name.at + 1, name.len - 1}, &number) &&
		number >= 1 && number <= 12)
		return INPUT_F1 + (int)number - 1;
	return INPUT_NONE;
}

static bool has_key(const char *keys, int key)
{
	struct str list = str_of(keys), name;

	while (input_next_name(&list, &name))
		if (input_key_named(name) == key)
			return true;
	return false;
}

enum action input_action(int key, enum view_id view)
{
	for (enum action a = 0; a < ACTIONS; a++)
		if (input_is_for(a, view) && has_key(actions[a].keys, key))
			return a;
	return ACTION_NONE;
}

enum action input_action_named(struct str word)
{
	for (enum action a = 0; a < ACTIONS; a++)
		if (str_eq(word, str_of(actions[a].word)))
			return a;
	return ACTION_NONE;
}
