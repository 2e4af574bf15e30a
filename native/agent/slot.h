// The devices in the VM's virtio-mmio slots, found through sysfs. A slot whose device appeared after the boot (a
// restored VM) is bound to its driver first.
#pragma once

#include <stddef.h>

#define SLOT_COUNT 8

// virtio device types (virtio 1.2, section 5).
#define VIRTIO_TYPE_CONSOLE 3
#define VIRTIO_TYPE_VSOCK 19

// The virtio device type in SLOT, or -errno: ENODEV when the slot is empty.
int slot_device_type(unsigned slot);

// The name of the block device in SLOT (vda) or -errno.
int slot_block_device(unsigned slot, char *name, size_t capacity);

// The name of the network interface in SLOT (eth0) or -errno.
int slot_network_interface(unsigned slot, char *name, size_t capacity);

// The name of the device node (vport0p1) of the virtio-serial port called PORT in SLOT, or -errno: ENOENT when the
// host has not announced it (yet).
int slot_serial_port(unsigned slot, const char *port, char *name, size_t capacity);
