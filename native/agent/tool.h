// The agent's own tools on the container's file system (StartTool): each a child of the agent that never executes anything.
#pragma once

#include "failure.h"

// Descriptors that a tool has besides its standard streams; -1: none.
struct tool {
	const struct msg_start_tool *request;
	const struct msg_setup *setup;
	int root;	// the container's root, which is the process's own, too
	int lower;	// the image's part of it
	int upper;	// what the container has written
};

// Never returns: makes the view that the tool needs, closes REPORT (or sends a failure on it) and runs it on STDIO. CGROUP is
// the container's.
void tool_run(const struct msg_start_tool *request, const struct msg_setup *setup, const int stdio[3], int report, int cgroup)
	__attribute__((noreturn));

// Fills FAILURE for what stands in the way of PATH: not found, or another request. -1.
int tool_fail_path(struct failure *failure, int error, const char *operation, const char *path);

// The tools. 0 or -1 with FAILURE.
int tool_stat(const struct tool *tool, struct failure *failure);
int tool_archive(const struct tool *tool, struct failure *failure);
int tool_export(const struct tool *tool, struct failure *failure);
int tool_extract(const struct tool *tool, struct failure *failure);
int tool_changes(const struct tool *tool, struct failure *failure);
int tool_layer(const struct tool *tool, struct failure *failure);
