// The agent's own first steps as /init of the initramfs.
#pragma once

// Makes a root that can be left again by pivot_root, with /proc, /sys and /dev. 0 or -errno.
int boot_mount(void);
