// Which devices an unprivileged container may use: Docker's default list, enforced by a program on its cgroup. A node
// can be made for any device, but only those listed can be opened.
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#define DEVICE_FILTER_SIZE 64

// Writes the program: of the kernel's struct bpf_cgroup_dev_ctx it makes 1 (allow) or 0. Returns its length.
size_t device_filter_build(struct bpf_insn program[DEVICE_FILTER_SIZE]);

// Loads and attaches the program. CGROUP is a directory descriptor. 0 or -errno.
int device_filter_attach(int cgroup);
