// Setup: the parts of the container that exist once in the VM.
#pragma once

#include "cgroup.h"
#include "failure.h"

// Mounts the disks, makes the cgroup, keeps the injected files and configures the network. 0 or -1 with FAILURE.
int setup_run(const struct msg_setup *setup, struct cgroup *cgroup, struct failure *failure);
