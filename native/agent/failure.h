// Why a request failed, in a form that crosses from a child process to the agent and on to the host.
#pragma once

#include <stdint.h>

#include "util.h"

// The numbers of the protocol's FailureKind; failure.c checks that they are.
enum failure_kind {
	FAIL_INTERNAL = 0,
	FAIL_NOT_FOUND = 1,
	FAIL_NOT_EXECUTABLE = 2,
	FAIL_UNKNOWN_USER = 3,
	FAIL_INVALID_REQUEST = 4,
	FAIL_NO_SUCH_PROCESS = 5,
	FAIL_WORKING_DIRECTORY = 6,
	FAIL_MOUNT = 7,
};

struct failure {
	uint32_t kind;
	uint32_t error;		// errno, 0 where none applies
	char text[1000];	// one line, in the words of Docker's runtime
};

// Fills FAILURE; ERROR may be an errno or its negative. Returns -1, so that callers can `return fail(…)`.
int fail(struct failure *failure, enum failure_kind kind, int error, const char *format, ...) PRINTF_LIKE(4, 5);

// Go's text of an errno, which is what Docker's users see ("no such file or directory").
const char *error_text(int error);
