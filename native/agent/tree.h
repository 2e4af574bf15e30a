// Walking a directory tree that somebody else may be changing: names in their order, symlinks never followed.
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

// Levels below the root; each holds a descriptor.
#define TREE_MAX_DEPTH 1000

struct tree_entry {
	const char *path;	// relative to the root: "usr/bin"
	const char *name;	// its last component
	int parent;		// directory that it is in
	struct stat st;		// not followed
};

// What the owner of a walk does with what it meets; each returns 0 or, to end the walk, -errno.
struct tree_visitor {
	// ENTRY, before what is in it. Clearing DESCEND leaves a directory's content out.
	int (*enter)(void *owner, const struct tree_entry *entry, bool *descend);
	// A directory that was descended into, after all that is in it. May be NULL.
	int (*leave)(void *owner, const struct tree_entry *entry);
};

// Visits all that is below the directory ROOT (which stays open). What vanishes meanwhile is passed over. 0, what a visit
// returned, or -errno: ELOOP for a tree that is too deep, ENAMETOOLONG for a path over PATH_MAX * 8 bytes.
int tree_walk(int root, const struct tree_visitor *visitor, void *owner);

// Removes NAME from PARENT, with all that is in it. 0 (also when there is none) or -errno.
int tree_remove(int parent, const char *name);
