// What a container has written, held against the image below it: overlayfs' upper directory.
#pragma once

#include <limits.h>

#include "tool.h"
#include "tree.h"

enum change {
	CHANGE_NONE,
	CHANGE_MODIFIED,
	CHANGE_ADDED,
	CHANGE_DELETED,	// a whiteout
};

struct upper {
	int upper;
	int lower;
	char **made;		// paths that the agent made in order to mount something there, "etc/hosts"
	size_t made_count;
};

// Collects what the walk needs to know. 0 or -1 with FAILURE.
int upper_init(struct upper *upper, const struct tool *tool, struct failure *failure);

// How ENTRY of the upper tree differs from the image's file of the same path. LOWER gets that file's state when there is
// one (CHANGE_ADDED: there is none).
enum change upper_compare(const struct upper *upper, const struct tree_entry *entry, struct stat *lower);

// Whether a directory hides all that the image has in it. 0, 1 or -errno.
int upper_is_opaque(const struct tree_entry *entry);

// Made by the agent, and nothing but a place to mount on: neither the image nor the container knows of it. Directories
// that merely lead to one are UPPER_PARENT.
enum upper_made {
	UPPER_NOT_MADE,
	UPPER_MADE,
	UPPER_PARENT,
};
enum upper_made upper_made(const struct upper *upper, const struct tree_entry *entry);
