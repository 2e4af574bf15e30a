// The answers that the current connection is owed. They go out in the order of the requests, though a Start is answered
// only when its program runs.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "connection.h"
#include "failure.h"

enum reply_kind {
	REPLY_PENDING,
	REPLY_OK,
	REPLY_STARTED,
	REPLY_MEASUREMENT,	// taken when it is sent, as the next
	REPLY_PROCESSES,
	REPLY_FAILURE,
};

struct reply {
	struct reply *next;
	enum reply_kind kind;
	uint32_t id;
	pid_t pid;			// Started
	struct reply **owner;		// set to NULL when the reply has gone
	uint32_t after;			// pid, for the list of processes
	struct failure failure;
};

struct replies {
	struct reply *first;
	struct reply **end;
	const struct cgroup *cgroup;
};

// CGROUP is measured.
void replies_init(struct replies *replies, const struct cgroup *cgroup);

// A place for the answer to request ID, behind those before. NULL when out of memory.
struct reply *replies_add(struct replies *replies, uint32_t id);

// Sends what is decided, up to the first that is pending. 0 or -ENOMEM.
int replies_send(struct replies *replies, struct connection *connection);

// The connection is gone: nobody waits any more.
void replies_clear(struct replies *replies);
