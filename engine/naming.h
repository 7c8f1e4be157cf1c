/* Identifiers: parts to names and back (the contract in collectd-operator(5), NAMES).
 *
 * HOST/operator-INSTANCE/TYPE-WHAT[-SUBJECT[-DETAIL]] */
#ifndef ENGINE_NAMING_H
#define ENGINE_NAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/attr.h"
#include "engine/buf.h"
#include "engine/err.h"
#include "engine/str.h"

/* Bytes that collectd keeps of each part of an identifier (DATA_MAX_NAME_LEN less NUL).
 */
#define NAME_LIMIT 127

/* A subject may have so many bytes before it is shortened. */
#define NAME_SUBJECT_LIMIT 90

struct name_parts {
	struct str host; /* may be empty on the way back, if the identifier had none */
	struct str instance; /* empty: no plugin instance (VolumeAttachment blocks) */
	struct str type;
	struct str what;
	struct str subject; /* empty: none */
	struct str detail;  /* empty: none */
};

/* ---- parts to names; out needs room for the whole of raw, also where it is shortened
 * ---- */

/* Appends raw as an INSTANCE: bytes outside [A-Za-z0-9._:-] as `_`, an empty one as `_`,
 * more than 127 bytes as the first 118, `_` and the hash. */
void name_add_instance(struct buf *out, struct str raw);

/* Appends raw as a SUBJECT (over 90 bytes: the first 81, `_`, hash of the whole). */
void name_add_subject(struct buf *out, struct str raw);

/* Appends raw as a DETAIL: as a subject's bytes, and `-` as `_`; never shortened. */
void name_add_detail(struct buf *out, struct str raw);

/* Appends bytes escaped as in a subject, without a limit: for VALUES of a family, which
 * are escaped each alone and shortened together. */
void name_add_escaped(struct buf *out, struct str raw);

/* Shortens what was appended to out from position `from` on as a SUBJECT of finished,
 * escaped bytes. */
void name_limit_subject(struct buf *out, size_t from);

/* ---- names to parts, and to Graphite ---- */

/* Splits "[HOST/]operator-INSTANCE/TYPE-TYPE_INSTANCE"; the parts point into identifier.
 * All behind
 * WHAT is the subject here, since whether its last word is a DETAIL depends on TYPE and
 * WHAT: the catalogue knows (family.h). False: not one of ours; parts is untouched. */
bool name_parse(
	struct str identifier, struct name_parts *parts, struct err *e) MUST_CHECK;

/* Appends the Graphite path that collectd's write_graphite makes of it with its default
 * options: HOST.operator-INSTANCE.TYPE-TYPE_INSTANCE, escaped as format_graphite.c does.
 */
void name_add_graphite(struct buf *out, struct str host, struct str instance,
	struct str type, struct str type_instance);

#endif
