// Why a request failed, in a form that crosses from a child process to the agent and on to the host.
#pragma once

#include <stdint.h>

#include "generated/messages.h"
#include "util.h"

enum failure_kind {
	FAIL_INTERNAL = MSG_FAILURE_KIND_INTERNAL,
	FAIL_NOT_FOUND = MSG_FAILURE_KIND_NOT_FOUND,
	FAIL_NOT_EXECUTABLE = MSG_FAILURE_KIND_NOT_EXECUTABLE,
	FAIL_UNKNOWN_USER = MSG_FAILURE_KIND_UNKNOWN_USER,
	FAIL_INVALID_REQUEST = MSG_FAILURE_KIND_INVALID_REQUEST,
	FAIL_NO_SUCH_PROCESS = MSG_FAILURE_KIND_NO_SUCH_PROCESS,
	FAIL_WORKING_DIRECTORY = MSG_FAILURE_KIND_WORKING_DIRECTORY,
	FAIL_MOUNT = MSG_FAILURE_KIND_MOUNT,
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
