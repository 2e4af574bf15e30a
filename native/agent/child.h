// What happens between fork and execve: a child of the agent becomes a program of the container.
#pragma once

#include "failure.h"

// Descriptors that the child inherits, and where it goes. All are above 2.
struct child {
	int stdio[3];			// stdin, stdout, stderr
	const char *terminal;		// the terminal's name, where stdio is one
	int report;			// socket on which a struct failure goes back; closed by a successful execve
	int self;			// the agent's own executable
	int container;			// pidfd of the container's PID 1; -1 for PID 1 itself
	const struct msg_setup *setup;	// for PID 1
};

// Never returns: runs the program that START asks for or reports why not and exits.
void child_run(const struct child *child, const struct msg_start *start) __attribute__((noreturn));

// Sends the failure on the report socket and exits.
void child_give_up(int report, const struct failure *failure) __attribute__((noreturn));
