// QEMU's fw_cfg device (QEMU docs/specs/fw_cfg), read by the kernel's driver where it is at work, else by port I/O.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// Reads the fw_cfg file NAME into BUFFER. Returns its size, at most CAPACITY, or -errno: ENOENT when there is no such
// file, ENODEV when there is no such device, EFBIG when it is larger than CAPACITY.
ssize_t fwcfg_read(const char *name, void *buffer, size_t capacity);
