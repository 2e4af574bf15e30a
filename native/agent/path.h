// Paths inside a root that a hostile image has filled. Symlinks are resolved as if the root were "/", by the kernel
// (openat2, RESOLVE_IN_ROOT); nothing outside can be reached, no device or FIFO is opened.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// What path_make makes when the last component is missing.
enum path_kind {
	PATH_DIRECTORY,
	PATH_FILE,
};

// An O_PATH descriptor of PATH inside ROOT, last symlink followed. FLAGS may add O_DIRECTORY or O_NOFOLLOW. -errno.
int path_open(int root, const char *path, int flags);

// The relative PATH below ROOT, opened with FLAGS; no symlink is followed. A descriptor or -errno.
int path_open_beneath(int root, const char *path, int flags);

// Where PATH leads inside ROOT, all symlinks followed: an absolute path without any, into RET (CAPACITY bytes, at least
// PATH_MAX). What is missing at its end stays as it is written. 0 or -errno.
int path_resolve(int root, const char *path, char *ret, size_t capacity);

// As path_open, but makes what is missing: directories (0755, root), and at the end a directory or an empty file
// (0644), also where a symlink dangles. -errno: ENAMETOOLONG, ELOOP, ENOTDIR or EISDIR when PATH is of the other kind.
int path_make(int root, const char *path, enum path_kind kind);
