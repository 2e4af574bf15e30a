// The device nodes of a container's /dev.
#pragma once

#include <stdbool.h>

// Fills the empty directory DEV with Docker's standard nodes and links, and ALL those of the VM for a privileged
// container. 0 or -errno.
int devices_make(int dev, bool all);
