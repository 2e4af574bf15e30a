// The processes that the host has started: from fork to the end of their streams.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "failure.h"
#include "input.h"
#include "loop.h"
#include "output.h"

enum process_state {
	PROCESS_STARTING,	// forked; its report has not come yet
	PROCESS_RUNNING,	// execve has succeeded
	PROCESS_ENDED,		// reaped
	PROCESS_FAILED,		// never ran; not reaped yet
};

struct process;
struct reply;

// What the owner of the processes hears about them. Called from the event loop.
struct process_events {
	// The start has succeeded (FAILURE NULL) or failed. False when nobody could be told: a process that failed is then
	// kept as one that has ended, else it is forgotten by itself.
	bool (*started)(void *owner, struct process *process, const struct failure *failure);
};

struct process {
	struct process *next;
	struct processes *owner;
	uint32_t number;	// the host's
	bool init;
	bool forgotten;		// to be freed when no event can refer to it any more
	enum process_state state;
	pid_t pid;
	int status;		// wait status, once ended
	int failed_with;	// exit status of a start that failed and could not be answered; 0: none
	bool out_of_memory;
	bool exit_told;		// to the current connection
	bool freezes;		// the container stands still until this has ended
	struct reply *reply;	// the answer to Start, until it was sent
	uint64_t oom_kills;	// of the container, when this was started
	int terminal_slave;	// kept until the program runs; -1: none
	int terminal;		// its master, for resizing; -1: none
	struct source report;
	struct input input;
	struct output outputs[2];	// stdout, stderr
};

struct processes {
	struct loop *loop;
	struct process_events events;
	void *owner;
	struct process *first;
	size_t count;
	struct cgroup cgroup;
	struct process *init;	// the container's PID 1 while it lives
	int init_pidfd;		// -1: it does not live
	unsigned freezers;	// how many want the container to stand still
	bool is_held;		// the host is one of them
	int null;		// /dev/null
	int self;		// the agent's executable
	int own_pidfd;		// of the agent
};

// Opens what every start needs. SELF is the agent's executable. 0 or -errno.
int processes_init(struct processes *processes, struct loop *loop, int self, const struct process_events *events, void *owner);

// A process without descriptors, not yet among the others. NULL when out of memory.
struct process *process_new(struct processes *processes, uint32_t number, bool init);

// Closes and frees a process that is not among the others.
void process_free(struct process *process);

struct process *process_find(const struct processes *processes, uint32_t number);

// The process with this output or input stream, and the stream; NULL when there is none.
struct process *process_find_output(const struct processes *processes, uint32_t stream, struct output **ret);
struct process *process_find_input(const struct processes *processes, uint32_t stream, struct input **ret);

// 0, -ESRCH when it no longer runs, or another -errno of kill(2).
int process_signal(const struct process *process, int signal);

// Exit status as the host wants it: 0-255 or 128 + signal.
unsigned process_exit_status(const struct process *process);

// Closes the streams and takes the process out. One that still runs goes on without streams.
void process_forget(struct process *process);

// Stops the container's own processes until processes_thaw was called as often. 0 or -errno.
int processes_freeze(struct processes *processes);

// Lets them go on, as far as this process is concerned.
void processes_thaw(struct process *process);

// The host stops them, or lets them go on as far as it is concerned; the same again changes nothing. 0 or -errno.
int processes_hold(struct processes *processes, bool hold);

// Reaps every child that has ended. For SIGCHLD.
void processes_reap(struct processes *processes);

// True while something can be done without waiting for an event.
bool processes_have_work(const struct processes *processes);

// Does it.
void processes_work(struct processes *processes);

// The connection is gone: streams wait for the next one to take them up, and it will be told of what has ended.
void processes_detach(struct processes *processes);

// A new connection is about to be told of all processes.
void processes_attach(struct processes *processes);

// True while any child has not been reaped.
bool processes_alive(const struct processes *processes);

// Frees what was forgotten. After a loop_step, when no event can refer to it.
void processes_sweep(struct processes *processes);
