// Users and groups as the image's own /etc/passwd and /etc/group name them, with Docker's rules.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "failure.h"

#define MAX_GROUPS 1024

// The text of a database file, NUL-terminated and cut into lines by the parser; NULL when the image has none.
struct user_database {
	char *passwd;
	char *group;
};

struct identity {
	uid_t uid;
	gid_t gid;
	char home[4096];		// never empty
	size_t group_count;
	gid_t groups[MAX_GROUPS];	// supplementary, the primary one first
};

// Reads /etc/passwd and /etc/group below the process's root. A missing file is no error; one that is not regular or
// larger than 4 MiB counts as missing. 0, or -ENOMEM.
int user_database_read(struct user_database *database);
void user_database_free(struct user_database *database);

// Looks SPEC up: "", "name", "uid", each optionally ":group" or ":gid". EXTRA are more groups, names or numbers.
// Numbers without an entry are taken as they are. 0, or -1 with FAILURE (UnknownUser) filled.
int user_resolve(const struct user_database *database, const char *spec, const char *const *extra, size_t extra_count,
	struct identity *ret, struct failure *failure);
