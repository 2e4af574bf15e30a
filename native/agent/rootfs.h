// The part of the container's file system that exists once in the VM, in the agent's own mount namespace. Each
// container process sees a copy of it (mounts.h).
#pragma once

#include <stddef.h>

#include "failure.h"

// Where the agent keeps it, in its own root.
#define ROOTFS_PATH "/container/root"
#define ROOTFS_LOWER_PATH "/container/lower"
#define ROOTFS_UPPER_PATH "/container/scratch/upper"
#define ROOTFS_PTS_PATH "/container/pts"
#define ROOTFS_FILES_PATH "/container/files"

// Mounts the disks of two slots as the container's root: EROFS below, ext4 above, overlaid. 0 or -1 with FAILURE.
int rootfs_mount(unsigned root_slot, unsigned scratch_slot, struct failure *failure);

// Mounts the container's instance of devpts: the agent opens terminals here, out of the image's reach. 0 or -1.
int rootfs_mount_terminals(struct failure *failure);

// Keeps the content of injected file number INDEX. 0 or -1 with FAILURE.
int rootfs_write_file(size_t index, unsigned mode, struct mp_bytes content, struct failure *failure);

// Unmounts all again, so that the scratch disk is clean. Nothing of the container may be running. 0 or -errno.
int rootfs_unmount(void);
