// Network interfaces, configured over rtnetlink (rtnetlink(7)).
#pragma once

#include "failure.h"

// Sets the loopback interface up. 0 or -1 with FAILURE.
int network_loopback_up(struct failure *failure);

// Renames the interface of a slot, gives it its addresses and default routes and sets it up. Without an IPv6 address
// IPv6 is switched off on it, as Docker does. 0 or -1 with FAILURE.
int network_configure(const struct msg_network_interface *interface, struct failure *failure);
