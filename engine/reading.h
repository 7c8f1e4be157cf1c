/* A page being read into a table of series: what the reader of text lines (series.c) and
 * the one of protobuf messages (series_proto.c) have in common. Nobody else's business.
 */
#ifndef ENGINE_READING_H
#define ENGINE_READING_H

#include <math.h>

#include "engine/expo.h"
#include "engine/index.h"
#include "engine/proto.h"
#include "engine/series.h"

/* One line of the page before, or what stands for it in protobuf. 16 bytes, since every
 * line of every page has one. */
struct line {
	uint64_t hash;   /* of the bytes of prefix, for which it stands */
	uint32_t prefix; /* so many bytes must be the same; 0: to be parsed each time; of
			    a sample of protobuf: what part of its metric it is */
	uint32_t use;    /* slot and COUNTS, UNWANTED or COMMENT */
};

/* What stands in line.use beside a slot. */
#define COUNTS    0x80000000u
#define NATIVE    0x40000000u /* a native histogram */
#define SLOT_MASK 0x0fffffffu
#define MESSAGE   0x0ffffffcu /* protobuf: what stands before a family's metrics */
#define METRIC    0x0ffffffdu /* protobuf: what stands before a metric's value */
#define UNWANTED  0x0ffffffeu /* a sample nobody wants */
#define COMMENT   0x0fffffffu
#define SLOTS_MAX 0x0ffffff0u

/* A wanted series, by slot. */
struct entry {
	uint64_t hash; /* of name and labels; stands for them */
	uint32_t page; /* number of the page it was last seen on; 0: the slot is free */
	uint32_t line : 28; /* where; of a free slot: the next free one */
	uint32_t type : 3;  /* enum expo_type that the page declared */
	uint32_t counts : 1;
};

/* What a TYPE and a UNIT line said of a family; it holds for the page and the next ones.
 */
struct declaration {
	uint64_t hash; /* of the name */
	enum expo_type type;
	bool is_seconds;
};

struct series {
	struct line *lines;
	size_t line_count;
	struct entry *entries;
	double *values;     /* of the entries; most pages change nothing else */
	size_t entry_count; /* free ones included */
	size_t entry_room;
	uint32_t free_slot; /* SLOT_MASK: none */
	size_t live;
	struct index index; /* of the slots in use */
	struct declaration *declarations;
	size_t declared_room;
	struct index declared; /* all of declarations */
	uint32_t page_number;  /* goes on with each page whose lines are not all those of
				  the page before */
	enum expo_format format;
};

enum { LABEL_NAMES = 8 };

/* In the page, by its place there; at NULL: none. */
struct known_name {
	const char *at;
	uint64_t hash;
};

/* One page being read. */
struct reading {
	struct series *s;
	const struct series_owner *owner;
	struct series_page *result;
	struct expo x;
	const char *at, *end;
	size_t old;        /* line of the page before that is expected next */
	size_t warm_count; /* lines before this one are of use: all, until a family is
			      declared anew or a series gives up its slot */
	struct str
		last_name; /* of the sample parsed last, its family, what was declared */
	uint64_t last_name_hash;
	struct str last_family;
	const struct declaration *last_declaration;
	struct known_name label_names[LABEL_NAMES]; /* of the sample parsed last */
	const char *counted; /* line numbers: so far they are counted */
	size_t counted_lines;
	struct line *next; /* lines of the new page, once they differ from the old ones */
	size_t next_count, next_room;
	size_t touched;       /* entries seen so far, once the lines differ */
	size_t moved;         /* samples that are new or stood somewhere else */
	struct index by_text; /* the lines of the page before, once it is shuffled */
	size_t message;       /* protobuf: number of the one at hand */
	bool no_memory;
	struct proto_native native; /* protobuf: the one being read */
};

/* From here on the new page's lines differ from the old ones: they go into an array of
 * their own, and each series is marked as seen. */
void reading_leave_old_lines(struct reading *r);

/* A line of the new page. */
void reading_add_line(struct reading *r, struct line line);

/* A line of those bytes, by which it will be known. */
static inline struct line reading_line(const char *at, size_t prefix, uint32_t use)
{
	return (struct line){str_hash_bytes(at, prefix), (uint32_t)prefix, use};
}

/* Do these bytes begin as the line does? */
static inline bool reading_begins(const char *at, size_t len, const struct line *line)
{
	return line->prefix > 0 && line->prefix <= len &&
	       str_hash_bytes(at, line->prefix) == line->hash;
}

/* The line number old of the page before is one of the new page. */
static inline void reading_keep_line(struct reading *r, size_t old)
{
	if (r->next != NULL)
		reading_add_line(r, r->s->lines[old]);
}

static inline bool reading_is_count(double value)
{
	return value >= 0 && value < (double)INFINITY;
}

/* Marks a series as seen on the line that comes next. False: it was seen before. */
static inline MUST_CHECK bool reading_see(struct reading *r, uint32_t slot)
{
	struct entry *e = &r->s->entries[slot];

	if (e->page == r->s->page_number)
		return false;
	e->page = r->s->page_number;
	e->line = (uint32_t)r->next_count & SLOT_MASK;
	r->touched++;
	return true;
}

/* Gives the series of a line its value. False: it has one already, or the value is none
 * for a counter: the parser has to look. */
static inline MUST_CHECK bool reading_put(struct reading *r, uint32_t use, double value)
{
	uint32_t slot = use & SLOT_MASK;

	if ((use & COUNTS) != 0 && !reading_is_count(value))
		return false;
	if (slot != UNWANTED) {
		/* lines that are all as before have no series twice */
		if (r->next != NULL && !reading_see(r, slot))
			return false;
		r->s->values[slot] = value;
	}
	return true;
}

/* A sample or native histogram that was parsed. line is what will be remembered of it:
 * prefix 0, nothing; of protobuf 1, for the caller to replace. *was_at is the line where
 * it stood on the page before, if it did. False: no memory. */
bool reading_sample(struct reading *r, struct expo_entry *e, struct line *line,
	size_t *was_at) MUST_CHECK;

/* A TYPE or UNIT line; other comments declare nothing. False: no memory. */
bool reading_declaration(struct reading *r, const struct expo_entry *e) MUST_CHECK;

/* Something that could not be used. */
void reading_bad(struct reading *r, const struct expo_entry *e);

/* Reads the line at r->at by the parser. False: no memory. */
bool reading_parsed(struct reading *r) MUST_CHECK;

/* Have so many lines moved that it pays to look for more than one at once? Then
 * that reads some. False: no memory. */
bool reading_is_shuffled(const struct reading *r);
bool reading_shuffled(struct reading *r) MUST_CHECK;

/* Reads the message at r->at. False: no memory. */
bool reading_message(struct reading *r) MUST_CHECK;

#endif
