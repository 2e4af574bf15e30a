// Finding and running the program, with the words that Docker's runtime has for what goes wrong.
#pragma once

#include "failure.h"

// The value of NAME in an environment, or NULL.
const char *environment_get(const char *const *environment, const char *name);

// execve(2) changes nothing, but its prototype is older than const.
static inline char *const *exec_vector(const char *const *texts)
{
	return (char *const *)(uintptr_t)texts;
}

// Resolves PROGRAM as exec.LookPath does: as it is when it has a slash, else along PATH of ENVIRONMENT. Uses the caller's
// identity and working directory. 0 with RET filled, or -1 with FAILURE.
int exec_find(const char *program, const char *const *environment, char *ret, size_t capacity, struct failure *failure);

// Finds and runs ARGUMENTS[0]. Returns only on failure: -1 with FAILURE filled.
int exec_run(const char *const *arguments, const char *const *environment, struct failure *failure);
