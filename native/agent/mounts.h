// The container's own view of the file system: run once by its PID 1, in its new namespaces, before it becomes the
// program. Every target is resolved inside the container's root by the kernel and mounted through a descriptor.
#pragma once

#include "failure.h"

// Makes the view that SETUP asks for and enters it: "/" is then the container's root and nothing of the agent's is left. TERMINAL is the
// name of the terminal (in devpts) that becomes /dev/console, NULL for none. 0 or -1 with FAILURE.
int mounts_enter(const struct msg_setup *setup, const char *terminal, struct failure *failure);

// Binds the injected files over those in ROOT, which makes the ones that are missing there. 0 or -1 with FAILURE.
int mounts_bind_files(int root, const struct msg_setup *setup, struct failure *failure);

// Attaches what the host shares to ROOT, without what else is mounted there. 0 or -1 with FAILURE.
int mounts_attach_shares(int root, const struct msg_setup *setup, struct failure *failure);
