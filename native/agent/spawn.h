// Starting a process: its pipes or terminal, and the fork into the container.
#pragma once

#include "process.h"

// Forks the process that START asks for, with WINDOW bytes of ring for each stream; SETUP is the view that PID 1 makes.
// The start is under way when this returns 0: events.started tells how it went. -1 with FAILURE.
int process_start(struct processes *processes, const struct msg_start *start, const struct msg_setup *setup, size_t window,
	struct process **ret, struct failure *failure);

// Forks the tool that REQUEST asks for; otherwise as process_start.
int process_start_tool(struct processes *processes, const struct msg_start_tool *request, const struct msg_setup *setup,
	size_t window, struct process **ret, struct failure *failure);
