// The mount system calls that work on descriptors, which musl does not wrap. Each returns what the system call
// returns, or -errno.
#pragma once

#include <stdint.h>

struct mount_attr_bits {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns;
};

// A detached copy of the mount that FD (any O_PATH descriptor) is on, rooted at FD. The copy can be changed and moved
// elsewhere without touching the original.
int mount_clone(int fd, int recursive);

// Attaches a detached mount at TARGET, which may be a directory or a file.
int mount_attach(int mount, int target);

// Sets MOUNT_ATTR_* bits on the mount at FD, with RECURSIVE on all below it.
int mount_set(int fd, uint64_t attributes, int recursive);

// A new mount of a file system without options, detached.
int mount_new(const char *type, uint64_t attributes);

// mount(2) on a directory given by descriptor: no path is resolved, so nothing can be redirected. Changes the working
// directory.
int mount_over(int target, const char *type, const char *source, unsigned long flags, const char *data);
