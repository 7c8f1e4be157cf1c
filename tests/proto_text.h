/* Protobuf pages in writing, for tables of tests: messages in braces, each put on the
 *page with its length before it.
 *
 *	{1:'a' 3:1 4:{1:{1:'b' 2:'c'} 2:{1:<5.5>}}}
 *
 * A field is NUMBER:VALUE, a value one of
 *	12 -3      a varint (negative ones as 64 bits)
 *	s-3        a zigzag varint
 *	<1.5>      a double; <nan>, <inf>
 *	'text'     bytes; \' and \\ are escapes
 *	{...}      a message
 *	[s1 s2]    packed numbers, [<1> <2>] packed doubles
 * and x0aff, between fields, in a message or between messages, bytes as they are. */
#ifndef TESTS_PROTO_TEXT_H
#define TESTS_PROTO_TEXT_H

#include "engine/buf.h"

/* Ends the test if the text cannot be read. */
void proto_text_add(struct buf *page, const char *text);

#endif
