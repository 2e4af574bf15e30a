// What each request of the host does.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "observe.h"
#include "rootfs.h"
#include "spawn.h"
#include "terminal.h"

static struct reply *reply_to(struct agent *agent, const struct msg *message)
{
	struct reply *reply = replies_add(&agent->replies, message->id);

	if (!reply)
		agent_refuse(agent, agent->current, "out of memory");
	return reply;
}

static void decide(struct reply *reply, int result)
{
	reply->kind = result < 0 ? REPLY_FAILURE : REPLY_OK;
}

static int run_setup(struct agent *agent, const struct msg_setup *setup, struct failure *failure)
{
	if (agent->state != AGENT_EMPTY)
		return fail(failure, FAIL_INVALID_REQUEST, EALREADY, "the container is already set up");
	agent->state = AGENT_SETUP_FAILED;
	agent->setup = *setup;
	if (setup_run(&agent->setup, &agent->processes.cgroup, failure) < 0)
		return -1;
	agent->state = AGENT_SET_UP;
	return 0;
}

static void set_up(struct agent *agent, const struct msg *message)
{
	struct reply *reply = reply_to(agent, message);

	if (reply)
		decide(reply, run_setup(agent, &message->setup, &reply->failure));
}

static int check_new(const struct agent *agent, uint32_t number, struct failure *failure)
{
	if (agent->state != AGENT_SET_UP)
		return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "the container is not set up");
	if (agent->processes.count >= MSG_MAX_PROCESSES)
		return fail(failure, FAIL_INVALID_REQUEST, EAGAIN, "too many processes");
	if (number == 0 || process_find(&agent->processes, number))
		return fail(failure, FAIL_INVALID_REQUEST, EEXIST, "process %u exists", number);
	return 0;
}

static int check_start(const struct agent *agent, const struct msg_start *start, struct failure *failure)
{
	if (check_new(agent, start->process, failure) < 0)
		return -1;
	if (start->arguments_count == 0)
		return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "no command specified");
	if (start->init && agent->processes.init)
		return fail(failure, FAIL_INVALID_REQUEST, EALREADY, "the container is already running");
	if (!start->init && !agent->processes.init)
		return fail(failure, FAIL_NO_SUCH_PROCESS, ESRCH, "the container is not running");
	return 0;
}

// The answer is known when the process tells, or ends.
static void await_start(struct process *process, struct reply *reply)
{
	reply->kind = REPLY_PENDING;
	reply->owner = &process->reply;
	process->reply = reply;
}

static void start_process(struct agent *agent, const struct msg *message)
{
	const struct msg_start *start = &message->start;
	struct reply *reply = reply_to(agent, message);
	struct process *process;

	if (!reply)
		return;
	reply->kind = REPLY_FAILURE;
	if (check_start(agent, start, &reply->failure) < 0)
		return;
	if (process_start(&agent->processes, start, &agent->setup, agent->window, &process, &reply->failure) < 0)
		return;
	await_start(process, reply);
}

static void start_tool(struct agent *agent, const struct msg *message)
{
	const struct msg_start_tool *request = &message->start_tool;
	struct reply *reply = reply_to(agent, message);
	struct process *process;

	if (!reply)
		return;
	reply->kind = REPLY_FAILURE;
	if (check_new(agent, request->process, &reply->failure) < 0)
		return;
	if (request->tool > MSG_TOOL_KIND_LAYER) {
		(void)fail(&reply->failure, FAIL_INVALID_REQUEST, ENOSYS, "no tool %u", request->tool);
		return;
	}
	if (process_start_tool(&agent->processes, request, &agent->setup, agent->window, &process, &reply->failure) == 0)
		await_start(process, reply);
}

bool requests_started(struct agent *agent, struct process *process, const struct failure *failure)
{
	struct reply *reply = process->reply;

	(void)agent;
	if (!reply)
		return false;	// the connection that asked is gone
	if (failure) {
		reply->kind = REPLY_FAILURE;
		reply->failure = *failure;
		// The process is forgotten now, but its answer may have to wait for others.
		reply->owner = NULL;
		process->reply = NULL;
	} else {
		reply->kind = REPLY_STARTED;
		reply->pid = process->pid;
	}
	return true;
}

static struct process *find_for_reply(struct agent *agent, uint32_t number, struct reply *reply)
{
	struct process *process = process_find(&agent->processes, number);

	if (!process)
		(void)fail(&reply->failure, FAIL_NO_SUCH_PROCESS, ESRCH, "no process %u", number);
	return process;
}

static void kill_process(struct agent *agent, const struct msg *message)
{
	struct reply *reply = reply_to(agent, message);
	struct process *process = reply ? find_for_reply(agent, message->kill.process, reply) : NULL;
	int r = process ? process_signal(process, (int)message->kill.signal) : -1;

	if (process && r == -ESRCH)
		(void)fail(&reply->failure, FAIL_NO_SUCH_PROCESS, ESRCH, "process already finished");
	else if (process && r < 0)
		(void)fail(&reply->failure, FAIL_INVALID_REQUEST, r, "signal %u: %s", message->kill.signal, error_text(r));
	if (reply)
		decide(reply, r);
}

static void resize(struct agent *agent, const struct msg *message)
{
	struct reply *reply = reply_to(agent, message);
	struct process *process = reply ? find_for_reply(agent, message->resize.process, reply) : NULL;
	int r = -1;

	if (process && process->terminal < 0)
		(void)fail(&reply->failure, FAIL_INVALID_REQUEST, ENOTTY, "process %u has no terminal", process->number);
	else if (process)
		r = terminal_resize(process->terminal, message->resize.rows, message->resize.columns);
	if (process && process->terminal >= 0 && r < 0)
		(void)fail(&reply->failure, FAIL_INTERNAL, r, "resize: %s", error_text(r));
	if (reply)
		decide(reply, r);
}

// An unknown stream is no fault: its process could not be started, or was forgotten meanwhile.
static void take_data(struct agent *agent, const struct msg_data *data)
{
	struct input *input;

	if (!process_find_input(&agent->processes, data->stream, &input))
		return;
	if (input_data(input, data->offset, data->bytes.data, data->bytes.length) < 0)
		agent_refuse(agent, agent->current, "input that does not follow what came before, or is more than the window");
	else
		input_flush(input);
}

static void take_end(struct agent *agent, const struct msg_end *end)
{
	struct input *input;

	if (!process_find_input(&agent->processes, end->stream, &input))
		return;
	if (input_end(input, end->offset) < 0)
		agent_refuse(agent, agent->current, "end of an input that is not where its bytes end");
	else
		input_flush(input);
}

static void take_ack(struct agent *agent, const struct msg_ack *ack)
{
	struct output *output;

	if (!process_find_output(&agent->processes, ack->stream, &output))
		return;
	if (output_acknowledge(output, ack->offset) < 0)
		agent_refuse(agent, agent->current, "acknowledgement of bytes that were not sent");
	else
		output_fill(output);
}

static void take_stop(struct agent *agent, const struct msg_stop *stop)
{
	struct output *output;

	if (process_find_output(&agent->processes, stop->stream, &output))
		output_stop(output);
}

static void forget(struct agent *agent, const struct msg *message)
{
	struct process *process = process_find(&agent->processes, message->forget.process);

	if (process && process->state == PROCESS_ENDED)
		process_forget(process);
}

static void observe(struct agent *agent, const struct msg *message)
{
	struct reply *reply = reply_to(agent, message);

	if (!reply)
		return;
	reply->kind = message->type == MSG_MEASURE ? REPLY_MEASUREMENT : REPLY_PROCESSES;
	reply->after = message->type == MSG_MEASURE ? 0 : message->list_processes.after;
}

static int hold(struct processes *processes, uint32_t stillness, struct failure *failure)
{
	int r = 0;

	if (stillness == MSG_STILLNESS_HOLD || stillness == MSG_STILLNESS_RELEASE)
		r = processes_hold(processes, stillness == MSG_STILLNESS_HOLD);
	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "freeze the container: %s", error_text(r)) : 0;
}

static void adjust(struct agent *agent, const struct msg *message)
{
	struct reply *reply = reply_to(agent, message);
	int r;

	if (!reply)
		return;
	r = observe_adjust(&message->adjust, &agent->processes.cgroup, &reply->failure);
	decide(reply, r < 0 ? r : hold(&agent->processes, message->adjust.stillness, &reply->failure));
}

static void shut_down(struct agent *agent, const struct msg *message)
{
	struct reply *reply = reply_to(agent, message);

	if (!reply)
		return;
	agent->state = AGENT_STOPPING;
	agent->shutdown = reply;
	reply->owner = &agent->shutdown;
	// PID 1 takes all others of its namespace with it.
	for (const struct process *process = agent->processes.first; process; process = process->next)
		(void)process_signal(process, SIGKILL);
	requests_continue_shutdown(agent);
}

void requests_continue_shutdown(struct agent *agent)
{
	int r;

	if (agent->state != AGENT_STOPPING || processes_alive(&agent->processes))
		return;
	r = rootfs_unmount();
	sync();
	if (r < 0)
		log_line("unmount scratch disk: %s", strerror(-r));
	if (agent->shutdown)
		agent->shutdown->kind = REPLY_OK;
	if (agent->current) {
		(void)replies_send(&agent->replies, agent->current);
		connection_drain(agent->current);
	}
	guest_stop();
}

void requests_serve(struct agent *agent, const struct msg *message)
{
	switch (message->type) {
	case MSG_SETUP:
		set_up(agent, message);
		break;
	case MSG_START:
		start_process(agent, message);
		break;
	case MSG_START_TOOL:
		start_tool(agent, message);
		break;
	case MSG_FORGET:
		forget(agent, message);
		break;
	case MSG_KILL:
		kill_process(agent, message);
		break;
	case MSG_RESIZE:
		resize(agent, message);
		break;
	case MSG_MEASURE:
	case MSG_LIST_PROCESSES:
		observe(agent, message);
		break;
	case MSG_ADJUST:
		adjust(agent, message);
		break;
	case MSG_SHUTDOWN:
		shut_down(agent, message);
		break;
	case MSG_DATA:
		take_data(agent, &message->data);
		break;
	case MSG_END:
		take_end(agent, &message->end);
		break;
	case MSG_ACK:
		take_ack(agent, &message->ack);
		break;
	case MSG_STOP:
		take_stop(agent, &message->stop);
		break;
	case MSG_GOODBYE:
		break;	// the host will hang up by itself
	default:
		agent_refuse(agent, agent->current, "a message that is out of place here");
		break;
	}
}
