// Finding and running the program, with the words that Docker's runtime has for what goes wrong.
#pragma once

#include "failure.h"

// The value of NAME in an environment, or NULL.
const char *environment_get(char *const *environment, const char *name);

// Resolves PROGRAM as exec.LookPath does: as it is when it has a slash, else along PATH of ENVIRONMENT. Uses the caller's
// identity and working directory. 0 with RET filled, or -1 with FAILURE.
int exec_find(const char *program, char *const *environment, char *ret, size_t capacity, struct failure *failure);

// Finds and runs ARGUMENTS[0]. Returns only on failure: -1 with FAILURE filled.
int exec_run(char *const *arguments, char *const *environment, struct failure *failure);
