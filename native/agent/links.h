// Files with several names: which name came first.
#pragma once

#include <stddef.h>
#include <sys/stat.h>

struct links {
	struct link *items;
	size_t count;
	size_t capacity;	// a power of two
};

// The name under which the file was met before, or NULL after noting NAME as its first. ENOMEM loses only the link: both
// names then have the content.
const char *links_find(struct links *links, const struct stat *st, const char *name);

void links_free(struct links *links);
