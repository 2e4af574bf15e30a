// The small init that --init puts in front of the program: PID 1 of the container, forwards signals and reaps.
#pragma once

#include "failure.h"

// argv[0] under which the agent's executable is this init, as Docker's users know it.
#define REAPER_NAME "/sbin/docker-init"

// Replaces the process by the init, from the agent's executable SELF, and passes REPORT on. Returns only on failure.
int reaper_exec(int self, int report, const char *const *arguments, const char *const *environment, struct failure *failure);

// The init's main. Starts ARGUMENTS (program first), ends with its exit status, or 128 + signal.
int reaper_main(const char *const *arguments, const char *const *environment);
