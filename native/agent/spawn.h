// Starting a process: its pipes or terminal, and the fork into the container.
#pragma once

#include "process.h"

// What a start needs beside the program.
struct process_request {
	uint32_t number;
	uint32_t input, output, error;	// stream numbers, 0: none
	uint32_t rows, columns;
	size_t window;
	const struct view *view;	// for PID 1
};

// Forks the process. Its start is under way when this returns 0: events.started tells how it went. -1 with FAILURE.
int process_start(struct processes *processes, const struct program *program, const struct process_request *request,
	struct process **ret, struct failure *failure);
