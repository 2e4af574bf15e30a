#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

int processes_init(struct processes *processes, struct loop *loop, int self,
	const struct process_events *events, void *owner)
{
	*processes = (struct processes){
		.loop = loop,
		.events = *events,
		.owner = owner,
		.cgroup = {-1, -1},
		.init_pidfd = -1,
		.null = -1,
		.self = self,
		.own_pidfd = -1,
	};
	processes->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return processes->null < 0 ? -errno : 0;
}

struct process *process_find(const struct processes *processes, uint32_t number)
{
	struct process *process = processes->first;

	while (process && (process->forgotten || process->number != number))
		process = process->next;
	return process;
}

struct process *process_find_output(const struct processes *processes, uint32_t stream, struct output **ret)
{
	for (struct process *process = processes->first; stream && process; process = process->next)
		for (size_t i = 0; i < ARRAY_SIZE(process->outputs); i++)
			if (!process->forgotten && process->outputs[i].stream == stream) {
				*ret = &process->outputs[i];
				return process;
			}
	return NULL;
}

struct process *process_find_input(const struct processes *processes, uint32_t stream, struct input **ret)
{
	for (struct process *process = processes->first; stream && process; process = process->next)
		if (!process->forgotten && process->input.stream == stream) {
			*ret = &process->input;
			return process;
		}
	return NULL;
}

int process_signal(const struct process *process, int signal)
{
	if (process->state != PROCESS_RUNNING && process->state != PROCESS_STARTING)
		return -ESRCH;
	return kill(process->pid, signal) < 0 ? -errno : 0;
}

unsigned process_exit_status(const struct process *process)
{
	if (WIFSIGNALED(process->status))
		return 128U + (unsigned)WTERMSIG(process->status);
	return (unsigned)WEXITSTATUS(process->status);
}

static void close_all(struct process *process)
{
	loop_close(&process->report);
	input_close(&process->input);
	for (size_t i = 0; i < ARRAY_SIZE(process->outputs); i++)
		output_close(&process->outputs[i]);
	close_fd(&process->terminal_slave);
	close_fd(&process->terminal);
}

void process_forget(struct process *process)
{
	close_all(process);
	process->forgotten = true;
}

void processes_sweep(struct processes *processes)
{
	struct process **link = &processes->first;

	while (*link) {
		struct process *process = *link;
		bool unreaped = process->state != PROCESS_ENDED;

		if (process->forgotten && !unreaped) {
			*link = process->next;
			processes->count--;
			free(process);
		} else {
			link = &process->next;
		}
	}
}

static bool has_work(const struct output *output)
{
	return output->discard && output->readable && output->source.fd >= 0;
}

bool processes_have_work(const struct processes *processes)
{
	for (const struct process *process = processes->first; process; process = process->next)
		if (has_work(&process->outputs[0]))
			return true;
	return false;
}

void processes_work(struct processes *processes)
{
	for (struct process *process = processes->first; process; process = process->next)
		if (has_work(&process->outputs[0]))
			output_fill(&process->outputs[0]);
}

void processes_detach(struct processes *processes)
{
	for (struct process *process = processes->first; process; process = process->next) {
		process->exit_told = false;
		for (size_t i = 0; i < ARRAY_SIZE(process->outputs); i++)
			output_detach(&process->outputs[i]);
	}
}

void processes_attach(struct processes *processes)
{
	for (struct process *process = processes->first; process; process = process->next)
		input_attach(&process->input);
}

bool processes_alive(const struct processes *processes)
{
	for (const struct process *process = processes->first; process; process = process->next)
		if (process->state != PROCESS_ENDED)
			return true;
	return false;
}

static void no_init(struct processes *processes)
{
	processes->init = NULL;
	close_fd(&processes->init_pidfd);
}

// As a shell tells why it could not run a program.
static int status_of_failure(const struct failure *failure)
{
	return failure->kind == FAIL_NOT_FOUND ? 127 : 126;
}

// The start is decided: by FAILURE, or well.
static void settle(struct process *process, const struct failure *failure)
{
	bool told;

	loop_close(&process->report);
	close_fd(&process->terminal_slave);
	process->state = failure ? PROCESS_FAILED : PROCESS_RUNNING;
	told = process->owner->events.started(process->owner->owner, process, failure);
	if (!failure)
		return;
	if (process->owner->init == process)
		no_init(process->owner);
	// A host that comes back would wait for ever for a process that nobody knows.
	if (told)
		process_forget(process);
	else
		process->failed_with = status_of_failure(failure);
}

// The report: a failure, or the end of file that a successful execve (or a death before it) leaves.
static void read_report(struct process *process)
{
	struct failure failure;
	ssize_t n = recv(process->report.fd, &failure, sizeof(failure), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	failure.text[sizeof(failure.text) - 1] = '\0';
	settle(process, n == sizeof(failure) ? &failure : NULL);
}

static void report_ready(struct source *source, uint32_t events)
{
	(void)events;
	read_report(CONTAINER_OF(source, struct process, report));
}

static void input_ready(struct source *source, uint32_t events)
{
	struct process *process = CONTAINER_OF(source, struct process, input.source);

	// A pipe whose reader is gone: EPOLLERR; a terminal without slaves: EPOLLHUP.
	if (events & (EPOLLERR | EPOLLHUP))
		input_stop(&process->input);
	else
		input_flush(&process->input);
}

static void output_ready(struct output *output, uint32_t events)
{
	// A terminal's master can also be written: that alone means nothing here.
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)))
		return;
	output->readable = true;
	output_fill(output);
}

static void stdout_ready(struct source *source, uint32_t events)
{
	struct process *process = CONTAINER_OF(source, struct process, outputs[0].source);

	output_ready(&process->outputs[0], events);
}

static void stderr_ready(struct source *source, uint32_t events)
{
	struct process *process = CONTAINER_OF(source, struct process, outputs[1].source);

	output_ready(&process->outputs[1], events);
}

struct process *process_new(struct processes *processes, uint32_t number, bool init)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->owner = processes;
	process->number = number;
	process->init = init;
	process->terminal = process->terminal_slave = -1;
	process->report = (struct source){.fd = -1, .ready = report_ready};
	process->input.source = (struct source){.fd = -1, .ready = input_ready};
	process->outputs[0].source = (struct source){.fd = -1, .ready = stdout_ready};
	process->outputs[1].source = (struct source){.fd = -1, .ready = stderr_ready};
	return process;
}

void process_free(struct process *process)
{
	close_all(process);
	free(process);
}

int processes_freeze(struct processes *processes)
{
	int r = processes->freezers ? 0 : cgroup_freeze(&processes->cgroup, true);

	if (r == 0)
		processes->freezers++;
	return r;
}

static int release(struct processes *processes)
{
	int r = processes->freezers > 1 ? 0 : cgroup_freeze(&processes->cgroup, false);

	processes->freezers--;
	return r;
}

void processes_thaw(struct process *process)
{
	int r = process->freezes ? release(process->owner) : 0;

	process->freezes = false;
	if (r < 0)
		log_line("thaw the container: %s", strerror(-r));
}

int processes_hold(struct processes *processes, bool hold)
{
	int r;

	if (hold == processes->is_held)
		return 0;
	r = hold ? processes_freeze(processes) : release(processes);
	if (r == 0 || !hold)
		processes->is_held = hold;
	return r;
}

static void reaped(struct processes *processes, struct process *process, int status)
{
	// What it has reported before it ended counts first.
	if (process->state == PROCESS_STARTING)
		read_report(process);
	if (process->state == PROCESS_STARTING)
		settle(process, NULL);
	process->status = process->failed_with ? process->failed_with << 8 : status;
	process->out_of_memory = cgroup_oom_kills(&processes->cgroup) > process->oom_kills;
	process->state = PROCESS_ENDED;
	processes_thaw(process);
	if (processes->init == process)
		no_init(processes);
}

void processes_reap(struct processes *processes)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (struct process *process = processes->first; process; process = process->next)
			if (process->pid == pid && process->state != PROCESS_ENDED) {
				reaped(processes, process, status);
				break;
			}
}
