// What happens between fork and execve: a child of the agent becomes a program of the container.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "failure.h"
#include "mounts.h"

struct limit {
	uint32_t resource;
	uint64_t soft;
	uint64_t hard;	// UINT64_MAX: unlimited
};

struct program {
	bool init;				// PID 1 of the container
	bool reaper;				// runs below an init of the agent's own
	bool no_new_privileges;
	bool terminal;
	char *const *arguments;			// at least one; NULL-terminated
	size_t argument_count;
	char *const *environment;		// NULL-terminated
	size_t environment_count;
	const char *directory;
	const char *user;
	const char *const *groups;
	size_t group_count;
	const struct limit *limits;
	size_t limit_count;
	uint64_t capabilities;
	int oom_score_adjust;
};

// Descriptors that the child inherits, and where it goes. All are above 2.
struct child {
	int stdio[3];			// stdin, stdout, stderr
	const char *terminal;		// the terminal's name, where stdio is one
	int report;			// socket on which a struct failure goes back; closed by a successful execve
	int self;			// the agent's own executable
	int container;			// pidfd of the container's PID 1; -1 for PID 1 itself
	const struct view *view;	// for PID 1
};

// Never returns: runs the program or reports why not and exits.
void child_run(const struct child *child, const struct program *program) __attribute__((noreturn));

// Sends the failure on the report socket and exits.
void child_give_up(int report, const struct failure *failure) __attribute__((noreturn));
