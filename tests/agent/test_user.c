#include <stdlib.h>

#include "test.h"
#include "user.h"

static char passwd[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"# a comment: it has colons: 1\n"
	"\n"
	"bob:x:1000:1001:Bob:/home/bob:/bin/sh\n"
	"  spaced : x : 1002 : 1002 :: /home/spaced : \n"
	"bad\n"
	"nohome:x:1003:1003::\n"
	"huge:x:99999999999:1:::\n"
	"1234:x:1004:1004:::\n"
	"bob:x:2000:2000:second:/second:\n"
	"last:x:1005:1005::/last:/bin/false";
static char group[] =
	"root:x:0:\n"
	"bob:x:1001:\n"
	"staff:x:50:alice,bob\n"
	"wheel:x:10:bob\n"
	"bobs:x:11:bobby,xbob,bo\n"
	"dup:x:50:bob\n";

static struct failure failure;

static int resolve(const char *spec, const char *const *extra, size_t count, struct identity *ret)
{
	const struct user_database database = {passwd, group};

	memset(&failure, 0, sizeof(failure));
	return user_resolve(&database, spec, extra, count, ret, &failure);
}

static struct identity resolved(const char *spec)
{
	struct identity identity;

	CHECK_INT(resolve(spec, NULL, 0, &identity), 0);
	return identity;
}

static void finds_users(void)
{
	struct identity identity = resolved("");

	CHECK_INT(identity.uid, 0);
	CHECK_TEXT(identity.home, "/root");
	CHECK_INT(identity.group_count, 1);
	identity = resolved("bob");
	CHECK_INT(identity.uid, 1000);
	CHECK_INT(identity.gid, 1001);
	CHECK_TEXT(identity.home, "/home/bob");
	identity = resolved("spaced");
	CHECK_INT(identity.uid, 1002);
	CHECK_TEXT(identity.home, "/home/spaced");
	identity = resolved("nohome");
	CHECK_TEXT(identity.home, "/");
	identity = resolved("last");
	CHECK_TEXT(identity.home, "/last");
	// A number is an id, even where a user has it for a name.
	identity = resolved("1234");
	CHECK_INT(identity.uid, 1234);
	CHECK_INT(identity.gid, 0);
	identity = resolved("2000");
	CHECK_TEXT(identity.home, "/second");
}

static void gives_member_groups(void)
{
	struct identity identity = resolved("bob");

	CHECK_INT(identity.group_count, 3);
	CHECK_INT(identity.groups[0], 1001);
	CHECK_INT(identity.groups[1], 50);
	CHECK_INT(identity.groups[2], 10);
	identity = resolved("1000");
	CHECK_INT(identity.group_count, 3);
	identity = resolved("bob:staff");
	CHECK_INT(identity.gid, 50);
	CHECK_INT(identity.group_count, 1);
	identity = resolved("bob:77");
	CHECK_INT(identity.gid, 77);
	identity = resolved("4711:4712");
	CHECK_INT(identity.uid, 4711);
	CHECK_INT(identity.gid, 4712);
	CHECK_TEXT(identity.home, "/");
}

static void adds_groups(void)
{
	static const char *const extra[] = {"wheel", "4242", "50"};
	static const char *const unknown[] = {"nobody-knows"};
	struct identity identity;

	CHECK_INT(resolve("root", extra, 3, &identity), 0);
	CHECK_INT(identity.group_count, 4);
	CHECK_INT(identity.groups[2], 4242);
	CHECK_INT(resolve("root", unknown, 1, &identity), -1);
	CHECK_INT(failure.kind, FAIL_UNKNOWN_USER);
}

static void refuses_in_dockers_words(void)
{
	struct identity identity;

	CHECK_INT(resolve("carol", NULL, 0, &identity), -1);
	CHECK_TEXT(failure.text, "unable to find user carol: no matching entries in passwd file");
	CHECK_INT(resolve("bob:carols", NULL, 0, &identity), -1);
	CHECK_TEXT(failure.text, "unable to find group carols: no matching entries in group file");
	CHECK_INT(resolve("2147483648", NULL, 0, &identity), -1);
	CHECK_TEXT(failure.text, "uids and gids must be in range 0-2147483647");
	CHECK_INT(resolve("-1", NULL, 0, &identity), -1);
	CHECK_TEXT(failure.text, "unable to find user -1: no matching entries in passwd file");
}

static void manages_without_files(void)
{
	const struct user_database none = {NULL, NULL};
	struct identity identity;

	CHECK_INT(user_resolve(&none, "", NULL, 0, &identity, &failure), 0);
	CHECK_INT(identity.uid, 0);
	CHECK_INT(user_resolve(&none, "1000:1000", NULL, 0, &identity, &failure), 0);
	CHECK_INT(user_resolve(&none, "bob", NULL, 0, &identity, &failure), -1);
}

// Nothing in a database makes the parser read outside it: random text from its own alphabet, under ASan.
static void survives_garbage(void)
{
	static const char alphabet[] = "ab:,\n 019\t\r#";
	unsigned seed = 42;

	for (int round = 0; round < 3000; round++) {
		size_t length = (seed = seed * 1103515245U + 12345U) >> 16 & 255;
		char *text = malloc(length + 1);
		struct user_database database = {text, text};
		struct identity identity;

		for (size_t i = 0; i < length; i++)
			text[i] = alphabet[((seed = seed * 1103515245U + 12345U) >> 16) % (sizeof(alphabet) - 1)];
		text[length] = '\0';
		(void)user_resolve(&database, "a:b", NULL, 0, &identity, &failure);
		CHECK(identity.group_count <= MAX_GROUPS);
		(void)user_resolve(&database, "a", NULL, 0, &identity, &failure);
		free(text);
	}
}

void test_user(void)
{
	finds_users();
	gives_member_groups();
	adds_groups();
	refuses_in_dockers_words();
	manages_without_files();
	survives_garbage();
}
