// How the host reaches the agent: AF_VSOCK where the VM has such a device in slot 0, else a virtio-serial port. A slot
// that is still empty (a template that waits to be restored) is looked at again.
#pragma once

#include <stdbool.h>

#include "loop.h"

// The owner gets each new channel: a socket that was accepted, or (once) the serial port.
struct transport {
	struct source listener;	// vsock
	struct source timer, events;	// until there is a device: time passing, the kernel telling of devices
	uint64_t waited;		// milliseconds
	struct loop *loop;
	void (*opened)(void *owner, int fd, bool serial);
	void *owner;
};

// Looks for the device and goes on looking from the loop until there is one. 0 or -errno.
int transport_start(struct transport *transport, struct loop *loop, void (*opened)(void *, int, bool), void *owner);
