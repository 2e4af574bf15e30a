// What the host shares with the container: volumes and bind mounts. One virtiofs device carries all of them; each is a
// directory or a file of its root, named by a number.
#pragma once

#include "failure.h"
#include "generated/messages.h"

#define SHARES_PATH "/container/shares"

// Mounts the device in the agent's own mount namespace, if SETUP has a mount that asks for it. 0 or -1 with FAILURE.
int shares_mount(const struct msg_setup *setup, struct failure *failure);

bool shares_is_share(const struct msg_mount *mount);

// Puts a share at its target in the container's ROOT, both resolved there and not outside; a share that is to be populated
// and is empty gets what ROOT has at the target first. The caller has a mount namespace of its own. 0 or -1 with FAILURE.
int shares_attach(int root, const struct msg_mount *share, struct failure *failure);

// Lets go of the device, with everything written. Nothing of the container may be running.
void shares_unmount(void);
