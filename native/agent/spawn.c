#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "child.h"
#include "terminal.h"
#include "tool.h"

// clone3(2)'s flag needs a kernel header that clashes with sched.h's.
#define INTO_CGROUP 0x200000000ULL
#define INIT_NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)

// The child's ends of its streams; closed here once it is forked.
struct ends {
	int stdio[3];
	int report;
	bool terminal;
	char name[16];
};

static void cleanup_ends(struct ends *ends)
{
	for (int i = 0; i < 3; i++)
		close_fd(&ends->stdio[i]);
	close_fd(&ends->report);
}

static void cleanup_process(struct process **process)
{
	if (*process)
		process_free(*process);
}

// A pipe whose end MINE (0: read, 1: write) is the agent's, hence non-blocking.
static int make_pipe(int mine, int *agent, int *child)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*agent = ends[mine];
	*child = ends[!mine];
	return fcntl(*agent, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int open_output(struct output *output, uint32_t stream, size_t window, int *child)
{
	CLEANUP_FD int fd = -1;
	int r = stream ? make_pipe(0, &fd, child) : 0;

	if (r == 0 && stream)
		r = output_init(output, stream, fd, false, window);
	if (r == 0)
		(void)steal_fd(&fd);
	return r;
}

static int open_input(struct input *input, uint32_t stream, size_t window, int *child)
{
	CLEANUP_FD int fd = -1;
	int r = stream ? make_pipe(1, &fd, child) : 0;

	if (r == 0 && stream)
		r = input_init(input, stream, fd, window);
	if (r == 0)
		(void)steal_fd(&fd);
	return r;
}

static int open_pipes(struct process *process, const struct msg_start *start, size_t window, struct ends *ends)
{
	int r = open_input(&process->input, start->stdin, window, &ends->stdio[0]);

	if (r == 0)
		r = open_output(&process->outputs[0], start->stdout, window, &ends->stdio[1]);
	if (r == 0)
		r = open_output(&process->outputs[1], start->stderr, window, &ends->stdio[2]);
	return r;
}

// Each direction of a terminal gets a descriptor of its own, so that it can be watched and closed alone.
static int open_terminal(struct process *process, const struct msg_start *start, size_t window, struct ends *ends)
{
	CLEANUP_FD int out = -1;
	CLEANUP_FD int in = -1;
	struct terminal terminal;
	int r = terminal_open(&terminal, start->rows, start->columns);

	if (r < 0)
		return r;
	process->terminal = terminal.master;
	process->terminal_slave = terminal.slave;
	memcpy(ends->name, terminal.name, sizeof(ends->name));
	ends->terminal = true;
	out = fcntl(terminal.master, F_DUPFD_CLOEXEC, 3);
	in = fcntl(terminal.master, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		if ((ends->stdio[i] = fcntl(terminal.slave, F_DUPFD_CLOEXEC, 3)) < 0)
			return -errno;
	if (out < 0 || in < 0)
		return -EMFILE;
	r = output_init(&process->outputs[0], start->stdout, out, true, window);
	if (r < 0)
		return r;
	(void)steal_fd(&out);
	if (!start->stdout)
		output_stop(&process->outputs[0]);
	if (!start->stdin)
		return 0;
	r = input_init(&process->input, start->stdin, in, window);
	if (r == 0)
		(void)steal_fd(&in);
	return r;
}

static int watch(struct loop *loop, struct process *process)
{
	struct source *sources[] = {
		&process->report, &process->input.source, &process->outputs[0].source, &process->outputs[1].source,
	};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int r = sources[i]->fd >= 0 ? loop_add(loop, sources[i]) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int open_streams(struct process *process, const struct msg_start *start, size_t window, struct ends *ends)
{
	int sockets[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	process->report.fd = sockets[0];
	ends->report = sockets[1];
	r = start->terminal ? open_terminal(process, start, window, ends) : open_pipes(process, start, window, ends);
	return r < 0 ? r : watch(process->owner->loop, process);
}

static pid_t fork_into(int cgroup, uint64_t namespaces)
{
	struct clone_args args = {
		.flags = INTO_CGROUP | namespaces,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	return pid < 0 ? -errno : (pid_t)pid;
}

// The cgroup root of a container that has divided itself up takes no processes: then to where its PID 1 is.
static pid_t fork_beside_init(const struct processes *processes)
{
	CLEANUP_FD int cgroup = -1;
	pid_t pid = fork_into(processes->cgroup.directory, 0);

	if (pid != -EBUSY)
		return pid;
	cgroup = cgroup_of_process(processes->init->pid);
	return cgroup < 0 ? cgroup : fork_into(cgroup, 0);
}

// Forks a process into the container's pid namespace, which setns(2) only sets for children. Being its parent, the
// agent reaps it itself.
static pid_t fork_member(const struct processes *processes)
{
	pid_t pid;

	if (setns(processes->init_pidfd, CLONE_NEWPID) < 0)
		return -errno;
	pid = fork_beside_init(processes);
	if (pid != 0 && setns(processes->own_pidfd, CLONE_NEWPID) < 0)
		log_line("setns: %s", strerror(errno));
	return pid;
}

static pid_t fork_init(struct processes *processes)
{
	pid_t pid = fork_into(processes->cgroup.directory, INIT_NAMESPACES);

	if (pid > 0)
		processes->init_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return pid;
}

// What needs to be there for other processes to be started; opened when the first is.
static int open_own_pidfd(struct processes *processes)
{
	if (processes->own_pidfd < 0)
		processes->own_pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	return processes->own_pidfd < 0 ? -errno : 0;
}

static pid_t fork_process(struct processes *processes, const struct msg_start *start, const struct msg_setup *setup,
	const struct ends *ends)
{
	struct child child = {
		.report = ends->report,
		.self = processes->self,
		.container = start->init ? -1 : processes->init_pidfd,
		.terminal = ends->terminal ? ends->name : NULL,
		.setup = setup,
	};
	pid_t pid = start->init ? 0 : open_own_pidfd(processes);

	if (pid < 0)
		return pid;
	for (int i = 0; i < 3; i++)
		child.stdio[i] = ends->stdio[i] >= 0 ? ends->stdio[i] : processes->null;
	pid = start->init ? fork_init(processes) : fork_member(processes);
	if (pid == 0)
		child_run(&child, start);
	return pid;
}

static void add_process(struct processes *processes, struct process *process, pid_t pid)
{
	process->pid = pid;
	process->state = PROCESS_STARTING;
	process->next = processes->first;
	processes->first = process;
	processes->count++;
	if (process->init)
		processes->init = process;
}

// A process with its streams open, not forked yet.
static struct process *prepare(struct processes *processes, const struct msg_start *start, size_t window, struct ends *ends,
	struct failure *failure)
{
	__attribute__((cleanup(cleanup_process))) struct process *process = process_new(processes, start->process, start->init);
	struct process *result = process;
	int r = process ? open_streams(process, start, window, ends) : -ENOMEM;

	if (r < 0) {
		(void)fail(failure, FAIL_INTERNAL, r, "streams of the process: %s", error_text(r));
		return NULL;
	}
	process->oom_kills = cgroup_oom_kills(&processes->cgroup);
	process = NULL;
	return result;
}

int process_start(struct processes *processes, const struct msg_start *start, const struct msg_setup *setup, size_t window,
	struct process **ret, struct failure *failure)
{
	__attribute__((cleanup(cleanup_ends))) struct ends ends = {.stdio = {-1, -1, -1}, .report = -1};
	__attribute__((cleanup(cleanup_process))) struct process *process = prepare(processes, start, window, &ends, failure);
	int r;

	if (!process)
		return -1;
	r = fork_process(processes, start, setup, &ends);
	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "fork: %s", error_text(r));
	add_process(processes, process, r);
	*ret = process;
	process = NULL;
	return 0;
}

// Outside of the container's namespaces and cgroup: a tool can neither be seen nor starved by what runs there.
static pid_t fork_tool(const struct processes *processes, const struct msg_start_tool *request, const struct msg_setup *setup,
	const struct ends *ends)
{
	int stdio[3];
	pid_t pid;

	for (int i = 0; i < 3; i++)
		stdio[i] = ends->stdio[i] >= 0 ? ends->stdio[i] : processes->null;
	pid = fork();
	if (pid == 0)
		tool_run(request, setup, stdio, ends->report, processes->cgroup.directory);
	return pid < 0 ? -errno : pid;
}

int process_start_tool(struct processes *processes, const struct msg_start_tool *request, const struct msg_setup *setup,
	size_t window, struct process **ret, struct failure *failure)
{
	const struct msg_start start = {
		.process = request->process, .stdin = request->stdin, .stdout = request->stdout, .stderr = request->stderr,
	};
	__attribute__((cleanup(cleanup_ends))) struct ends ends = {.stdio = {-1, -1, -1}, .report = -1};
	__attribute__((cleanup(cleanup_process))) struct process *process = prepare(processes, &start, window, &ends, failure);
	int r;

	if (!process)
		return -1;
	r = request->freeze ? processes_freeze(processes) : 0;
	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "freeze the container: %s", error_text(r));
	process->freezes = request->freeze;
	r = fork_tool(processes, request, setup, &ends);
	if (r < 0) {
		processes_thaw(process);
		return fail(failure, FAIL_INTERNAL, r, "fork: %s", error_text(r));
	}
	add_process(processes, process, r);
	*ret = process;
	process = NULL;
	return 0;
}
