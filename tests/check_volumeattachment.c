#include "engine/volumeattachment.h"

#include <string.h>

#include "tests/suite.h"

/* Worked out by Kubernetes' own getAttachmentName() and by Python's hashlib. */
static const struct {
	const char *handle, *driver, *node, *name;
} vectors[] = {
	{"vol-0001", "csi.example.com", "node-a",
		"csi-6b3295eebd21a40caf7fc6f446fd82d06962e2cc4753a2d91342f8fd7d61f40e"},
	{"vol-0123456789abcdef0", "ebs.csi.aws.com", "ip-10-0-1-23.ec2.internal",
		"csi-880af19cc88681d68f80a4a11ffa3d31efb3ee865ea742d7701040e168882925"},
	{"0001-0009-rook-ceph-0000000000000002-8b5c1f7e", "rook-ceph.rbd.csi.ceph.com",
		"worker-2",
		"csi-06625975891ba6b0677de70a15dedb74b0a8cb5ed25fe94e5bd62fb818e7ffba"},
	{"Vol-0001", "csi.example.com", "node-a",
		"csi-a9493a1343bfbd7921e2e7a1340f002cd58be4ba914cb8976817c9522206dbc2"},
	{"vol-0001", "csi.example.com", "node-b",
		"csi-6ff2a138a0d36a3f0ba9b101e74949dee1d62d03d2c20718ed4866325a073af2"},
	{"vol-0001csi.", "example.com", "node-a",
		"csi-6b3295eebd21a40caf7fc6f446fd82d06962e2cc4753a2d91342f8fd7d61f40e"},
	{"vol \xc3\xbc \xe6\x97\xa5\xe6\x9c\xac", "hostpath.csi.k8s.io", "k3s-01",
		"csi-f301b567004c578e89b29aff3424896e1a9a4ea60613716fb007dc63896b9343"},
};

START_TEST(names_are_those_of_kubernetes)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct volumeattachment v = {str_of(vectors[i].driver),
			str_of(vectors[i].handle), str_of(vectors[i].node)};
		char name[VOLUMEATTACHMENT_NAME_SIZE];
		struct err e;

		ck_assert_msg(volumeattachment_name(&v, name, &e), "%s", e.text);
		ck_assert_str_eq(name, vectors[i].name);
	}
}
END_TEST

#define SPEC "\"spec\":{\"attacher\":\"csi.example.com\",\"nodeName\":\"node-a\"}"

START_TEST(an_object_in_words)
{
	static const struct {
		const char *object;
		enum volumeattachment_state state;
		const char *words;
	} rows[] = {
		{"{" SPEC ",\"status\":{\"attached\":true}}", VOLUMEATTACHMENT_ATTACHED,
			"attached"},
		{"{" SPEC ",\"status\":{\"attached\":false}}", VOLUMEATTACHMENT_ATTACHING,
			"attaching"},
		{"{" SPEC "}", VOLUMEATTACHMENT_ATTACHING, "attaching"},
		{"{" SPEC ",\"status\":{\"attached\":false,\"attachError\":{\"time\":"
		 "\"2026-11-23T23:00:00Z\",\"message\":\"rpc error: max attach "
		 "limit\"}}}",
			VOLUMEATTACHMENT_ATTACHING,
			"attaching: rpc error: max attach limit"},
		{"{" SPEC ",\"status\":{\"attached\":true,\"attachError\":{\"message\":"
		 "\"old\"}}}",
			VOLUMEATTACHMENT_ATTACHED, "attached"},
		{"{\"metadata\":{\"deletionTimestamp\":\"2026-11-23T23:00:00Z\"}," SPEC
		 ",\"status\":{\"attached\":true}}",
			VOLUMEATTACHMENT_DETACHING, "detaching"},
		{"{\"metadata\":{\"deletionTimestamp\":\"2026-11-23T23:00:00Z\"}," SPEC
		 ",\"status\":{\"attached\":true,\"detachError\":{\"message\":\"two\\n"
		 "lines\"}}}",
			VOLUMEATTACHMENT_DETACHING, "detaching: two\\x0alines"},
		{"{\"spec\":{\"attacher\":\"other\",\"nodeName\":\"node-a\"}}",
			VOLUMEATTACHMENT_UNKNOWN,
			"unknown: collision: the object of this name attaches by driver "
			"\"other\" to node \"node-a\""},
		{"{\"spec\":{\"attacher\":\"csi.example.com\",\"nodeName\":\"node-b\"}}",
			VOLUMEATTACHMENT_UNKNOWN,
			"unknown: collision: the object of this name attaches by driver "
			"\"csi.example.com\" to node \"node-b\""},
		{"{}", VOLUMEATTACHMENT_UNKNOWN,
			"unknown: collision: the object of this name attaches by driver "
			"\"\" to node \"\""},
	};
	const struct volumeattachment v = {
		STR("csi.example.com"), STR("vol-0001"), STR("node-a")};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *object = json_loads(rows[i].object, 0, NULL);
		char words[512];
		struct err none;

		err_ok(&none);
		ck_assert_ptr_nonnull(object);
		ck_assert_msg(volumeattachment_read(&v, object, &none, words,
				      sizeof(words)) == rows[i].state,
			"row %zu: %s", i, words);
		ck_assert_str_eq(words, rows[i].words);
		json_decref(object);
	}
}
END_TEST

START_TEST(not_attached_is_not_found_alone)
{
	const struct volumeattachment v = {STR("d"), STR("h"), STR("n")};
	char words[512];
	struct err e;

	err_set(&e, ERR_NOT_FOUND, "no such object");
	ck_assert_int_eq(volumeattachment_read(&v, NULL, &e, words, sizeof(words)),
		VOLUMEATTACHMENT_NONE);
	ck_assert_str_eq(words, "not attached");
	for (enum err_code code = ERR_USAGE; code <= ERR_NETWORK; code++) {
		err_set(&e, code, "a reason");
		if (code == ERR_NOT_FOUND)
			continue;
		ck_assert_int_eq(
			volumeattachment_read(&v, NULL, &e, words, sizeof(words)),
			VOLUMEATTACHMENT_UNKNOWN);
		ck_assert_str_eq(words, "unknown: a reason");
	}
}
END_TEST

SUITE("volumeattachment", names_are_those_of_kubernetes, an_object_in_words,
	not_attached_is_not_found_alone)
