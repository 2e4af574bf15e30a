// What Setup asks for, and doing it: the parts of the container that exist once in the VM.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "failure.h"
#include "mounts.h"
#include "network.h"

struct injected_file {
	uint32_t mode;
	const void *content;
	size_t length;
};

struct setup {
	unsigned root_slot;
	unsigned scratch_slot;
	struct view view;	// its targets of injected files are in the order of FILES
	const struct injected_file *files;
	const struct network_interface *interfaces;
	size_t interface_count;
};

// Mounts the disks, makes the cgroup, keeps the injected files and configures the network. 0 or -1 with FAILURE.
int setup_run(const struct setup *setup, struct cgroup *cgroup, struct failure *failure);
