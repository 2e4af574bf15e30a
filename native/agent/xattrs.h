// Extended attributes of a file, as an archive carries them.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Names and values of one file that are read or written, bytes together.
#define XATTRS_MAX_SIZE (256u << 10)
#define XATTRS_MAX_COUNT 256

struct xattr {
	const char *name;	// with its namespace: user.x
	const void *value;
	size_t length;
};

struct xattrs {
	size_t count;
	struct xattr items[XATTRS_MAX_COUNT];
	size_t used;
	char bytes[XATTRS_MAX_SIZE];
};

// Those of NAME in the working directory, symlinks not followed, without overlayfs' own. A file system without any has
// none. 0 or -errno; E2BIG for more than fit.
int xattrs_read(const char *name, struct xattrs *ret);

// The value of one, or NULL.
const struct xattr *xattrs_find(const struct xattrs *xattrs, const char *name);

// Adds a copy of one. 0 or -E2BIG.
int xattrs_add(struct xattrs *xattrs, const char *name, size_t name_length, const void *value, size_t length);

// Sets them on NAME in the working directory; what the file system does not take is left out, as Docker does. 0 or -errno.
int xattrs_write(const char *name, const struct xattrs *xattrs);
