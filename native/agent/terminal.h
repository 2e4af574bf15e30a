// Pseudo-terminals of the container (pty(7)), opened by the agent in its own mount of the container's devpts.
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct terminal {
	int master;	// non-blocking, for the agent's loop
	int slave;	// the child's; the agent keeps it until the program runs, so that it does not hang up before
	char name[16];	// its name in /dev/pts
};

// 0 or -errno.
int terminal_open(struct terminal *ret, uint32_t rows, uint32_t columns);

// Sets the window size; the foreground processes get SIGWINCH. 0 or -errno.
int terminal_resize(int master, uint32_t rows, uint32_t columns);

// In the child, inside the container's view: the slave as /dev/pts/NAME, so that ttyname(3) finds its path. Verified to
// be the same terminal; SLAVE itself when the image hides it. Not owned by the caller when it is SLAVE.
int terminal_reopen(int slave, const char *name);
