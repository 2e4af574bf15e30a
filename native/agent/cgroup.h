// The container's cgroup (version 2).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup {
	int directory;	// -1: not made
	int events;	// memory.events
};

// Mounts the hierarchy, hands the controllers down and makes the container's cgroup. Unless PRIVILEGED, it has only the
// controllers that are looked up, and only Docker's usual devices can be used. 0 or -errno.
int cgroup_make(struct cgroup *ret, bool privileged);

// The cgroup of a process of the container, where a new one can join when the container has divided its own among
// children (then the kernel refuses processes in the container's cgroup itself). A descriptor or -errno.
int cgroup_of_process(pid_t pid);

// How many processes of the container the OOM killer has ended so far.
uint64_t cgroup_oom_kills(const struct cgroup *cgroup);

// Stops all processes of the container where they are, or lets them go on. 0 or -errno.
int cgroup_freeze(const struct cgroup *cgroup, bool freeze);

// Waits until all have stopped; gives up after two seconds on those that the kernel holds. DIRECTORY: the cgroup's.
void cgroup_wait_frozen(int directory);
