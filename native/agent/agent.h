// The agent's state, and how its parts call each other: sessions (agent.c) hand requests to requests.c; delivery.c
// brings what the processes have to say to the host.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "guest.h"
#include "loop.h"
#include "process.h"
#include "generated/messages.h"
#include "replies.h"
#include "setup.h"
#include "transport.h"

// Before the first Hello.
#define DEFAULT_WINDOW 65536

// The host's, one that is about to replace it, and one of which late events may still be told.
#define CONNECTIONS 3

enum agent_state {
	AGENT_EMPTY,		// no container yet
	AGENT_SET_UP,
	AGENT_SETUP_FAILED,	// half a container: only Shutdown helps
	AGENT_STOPPING,		// Shutdown was asked for
};

struct agent {
	struct loop loop;
	struct transport transport;
	struct connection connections[CONNECTIONS];
	struct connection *current;	// the authenticated one, or NULL
	struct processes processes;
	struct replies replies;
	struct reply *shutdown;		// the answer that Shutdown's sender waits for
	struct source signals;
	enum agent_state state;
	struct msg_setup setup;		// what PID 1 of the container makes its view of
	struct mp_arena arena;		// of the message being served
	// Part of the agent: pages are taken when touched, and nothing has to be mapped on the way to the first process.
	_Alignas(max_align_t) uint8_t arena_memory[MSG_ARENA_SIZE];
	_Alignas(max_align_t) uint8_t setup_memory[MSG_ARENA_SIZE];
	bool token_known;
	uint8_t token[TOKEN_SIZE];
	size_t window;
	uint32_t turn;			// number of the process that was served last
};

// Makes a zeroed agent ready and looks for the channel. SELF is the agent's executable. 0 or -errno.
int agent_init(struct agent *agent, int self);

// Waits for events and serves them once.
void agent_step(struct agent *agent);

// Ends a connection, telling the peer why.
void agent_refuse(struct agent *agent, struct connection *connection, const char *reason);

// Serves a message of the authenticated host, with the result of taking it apart. Setup's parts stay valid for ever,
// those of other messages until this returns.
void requests_serve(struct agent *agent, const struct msg *message);

// Answers a Start whose process has got going or failed.
bool requests_started(struct agent *agent, struct process *process, const struct failure *failure);

// Goes on with a Shutdown once the last process is gone.
void requests_continue_shutdown(struct agent *agent);

// Queues and sends all that the connection and the windows take.
void delivery_run(struct agent *agent);
