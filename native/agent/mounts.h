// The container's own view of the file system: run once by its PID 1, in its new namespaces, before it becomes the
// program. Every target is resolved inside the container's root by the kernel and mounted through a descriptor.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

struct extra_mount {
	const char *type;
	const char *source;
	const char *target;
	unsigned long flags;
	const char *data;
};

struct setting {
	const char *name;
	const char *value;
};

// What Setup asked for.
struct view {
	bool read_only;
	bool privileged;
	uint64_t shm_size;
	const char *hostname;
	const char *domainname;
	const struct extra_mount *mounts;
	size_t mount_count;
	const char *const *files;	// targets of the injected files, in the order of rootfs_write_file
	size_t file_count;
	const struct setting *sysctls;
	size_t sysctl_count;
	const char *const *masked;
	size_t masked_count;
	const char *const *read_only_paths;
	size_t read_only_count;
};

// Makes the view and enters it: "/" is then the container's root and nothing of the agent's is left. TERMINAL is the
// name of the terminal (in devpts) that becomes /dev/console, NULL for none. 0 or -1 with FAILURE.
int mounts_enter(const struct view *view, const char *terminal, struct failure *failure);
