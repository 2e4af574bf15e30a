// What the host is told of the container's use of the VM: the kernel's own files, and the processes. The agent makes no
// sense of either: that is the host's business, which trusts neither.
#pragma once

#include <stdint.h>

#include "cgroup.h"
#include "connection.h"
#include "failure.h"

// Sends a Measurement as the answer to request ID; files that can't be read are left out. 0 or -ENOMEM.
int observe_measure(struct connection *connection, uint32_t id, const struct cgroup *cgroup);

// Sends a ProcessList: those above pid AFTER, as many as fit into one frame. 0 or -ENOMEM.
int observe_processes(struct connection *connection, uint32_t id, uint32_t after);

// Sets the clock and the limits that are given. 0, or -1 with the FAILURE.
int observe_adjust(const struct msg_adjust *adjust, const struct cgroup *cgroup, struct failure *failure);
