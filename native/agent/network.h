// Network interfaces, configured over rtnetlink (rtnetlink(7)).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "failure.h"

struct network_interface {
	unsigned slot;
	const char *name;
	const char *const *addresses;	// with prefix length: 10.0.2.15/24
	size_t address_count;
	const char *const *gateways;
	size_t gateway_count;
	uint32_t mtu;			// 0: the device's own
	const uint8_t *mac;		// six bytes, or NULL: the device's own
};

// Sets the loopback interface up. 0 or -1 with FAILURE.
int network_loopback_up(struct failure *failure);

// Renames the interface of a slot, gives it its addresses and default routes and sets it up. Without an IPv6 address
// IPv6 is switched off on it, as Docker does. 0 or -1 with FAILURE.
int network_configure(const struct network_interface *interface, struct failure *failure);
