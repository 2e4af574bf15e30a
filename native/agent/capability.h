// Capability sets, as Docker gives them to a container's process.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Drops everything outside MASK from the bounding set. Before the identity changes. 0 or -errno.
int capability_bound(uint64_t mask);

// Sets permitted and effective to MASK for root and to nothing for other users; inheritable and ambient are empty
// (what execve would give them). 0 or -errno.
int capability_apply(uint64_t mask, bool root);
