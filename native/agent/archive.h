// Putting files of a tree into an archive.
#pragma once

#include "links.h"
#include "tar.h"
#include "tree.h"

struct archive {
	struct tar_writer writer;
	const char *prefix;	// of every name
	struct links links;
	struct xattrs xattrs;	// of the file that is being added
};

// An archive that is written to FD; NULL when out of memory.
struct archive *archive_new(int fd, const char *prefix);

// Adds a file under NAME (a directory's ends with a slash), content and attributes included; changes the working directory.
// One that has vanished, and a socket, is left out. 0 or -errno.
int archive_add(struct archive *archive, const char *name, const struct tree_entry *file);

// Ends the archive if RESULT, which is how it went so far, is 0, and frees it. 0 or -errno.
int archive_finish(struct archive *archive, int result);
