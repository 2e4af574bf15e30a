// What each request of the host does.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "rootfs.h"
#include "terminal.h"
#include "wire.h"

static struct reply *reply_to(struct agent *agent, const struct wire_message *message)
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

static int set_up(struct agent *agent, const struct setup *setup, struct failure *failure)
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

static int check_start(const struct agent *agent, const struct program *program, struct failure *failure)
{
	if (agent->state != AGENT_SET_UP)
		return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "the container is not set up");
	if (agent->processes.count >= MAX_PROCESSES)
		return fail(failure, FAIL_INVALID_REQUEST, EAGAIN, "too many processes");
	if (program->argument_count == 0)
		return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "no command specified");
	if (program->init && agent->processes.init)
		return fail(failure, FAIL_INVALID_REQUEST, EALREADY, "the container is already running");
	if (!program->init && !agent->processes.init)
		return fail(failure, FAIL_NO_SUCH_PROCESS, ESRCH, "the container is not running");
	return 0;
}

static void start(struct agent *agent, struct wire_message *message)
{
	struct process_request *request = &message->start.request;
	struct reply *reply = reply_to(agent, message);
	struct process *process = process_find(&agent->processes, request->number);

	if (!reply)
		return;
	request->window = agent->window;
	request->view = &agent->setup.view;
	reply->kind = REPLY_FAILURE;
	if (request->number == 0 || process) {
		(void)fail(&reply->failure, FAIL_INVALID_REQUEST, EEXIST, "process %u exists", request->number);
		return;
	}
	if (check_start(agent, &message->start.program, &reply->failure) < 0)
		return;
	if (process_start(&agent->processes, &message->start.program, request, &process, &reply->failure) < 0)
		return;
	reply->kind = REPLY_PENDING;
	reply->owner = &process->reply;
	process->reply = reply;
}

void requests_started(struct agent *agent, struct process *process, const struct failure *failure)
{
	struct reply *reply = process->reply;

	(void)agent;
	if (!reply)
		return;	// the connection that asked is gone
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
}

static struct process *find_for_reply(struct agent *agent, uint32_t number, struct reply *reply)
{
	struct process *process = process_find(&agent->processes, number);

	if (!process)
		(void)fail(&reply->failure, FAIL_NO_SUCH_PROCESS, ESRCH, "no process %u", number);
	return process;
}

static void kill_process(struct agent *agent, const struct wire_message *message)
{
	struct reply *reply = reply_to(agent, message);
	struct process *process = reply ? find_for_reply(agent, message->process.process, reply) : NULL;
	int r = process ? process_signal(process, (int)message->process.signal) : -1;

	if (process && r == -ESRCH)
		(void)fail(&reply->failure, FAIL_NO_SUCH_PROCESS, ESRCH, "process already finished");
	else if (process && r < 0)
		(void)fail(&reply->failure, FAIL_INVALID_REQUEST, r, "signal %u: %s", message->process.signal, error_text(r));
	if (reply)
		decide(reply, r);
}

static void resize(struct agent *agent, const struct wire_message *message)
{
	struct reply *reply = reply_to(agent, message);
	struct process *process = reply ? find_for_reply(agent, message->process.process, reply) : NULL;
	int r = -1;

	if (process && process->terminal < 0)
		(void)fail(&reply->failure, FAIL_INVALID_REQUEST, ENOTTY, "process %u has no terminal", process->number);
	else if (process)
		r = terminal_resize(process->terminal, message->process.rows, message->process.columns);
	if (process && process->terminal >= 0 && r < 0)
		(void)fail(&reply->failure, FAIL_INTERNAL, r, "resize: %s", error_text(r));
	if (reply)
		decide(reply, r);
}

static void take_input(struct agent *agent, const struct wire_message *message)
{
	struct input *input;
	int r;

	// Unknown: its process could not be started, or has closed it.
	if (!process_find_input(&agent->processes, message->stream.stream, &input))
		return;
	if (message->type == WIRE_DATA)
		r = input_data(input, message->stream.offset, message->stream.bytes, message->stream.size);
	else
		r = input_end(input, message->stream.offset);
	if (r < 0)
		agent_refuse(agent, agent->current, "input that does not follow what came before, or is more than the window");
	else
		input_flush(input);
}

static void acknowledge(struct agent *agent, const struct wire_message *message)
{
	struct output *output;

	if (!process_find_output(&agent->processes, message->stream.stream, &output))
		return;
	if (output_acknowledge(output, message->stream.offset) < 0)
		agent_refuse(agent, agent->current, "acknowledgement of bytes that were not sent");
	else
		output_fill(output);
}

static void stop_output(struct agent *agent, const struct wire_message *message)
{
	struct output *output;

	if (process_find_output(&agent->processes, message->stream.stream, &output))
		output_stop(output);
}

static void forget(struct agent *agent, const struct wire_message *message)
{
	struct process *process = process_find(&agent->processes, message->process.process);

	if (process && process->state == PROCESS_ENDED)
		process_forget(process);
}

static void shut_down(struct agent *agent, const struct wire_message *message)
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

void requests_serve(struct agent *agent, struct wire_message *message)
{
	struct reply *reply;

	switch (message->type) {
	case WIRE_SETUP:
		reply = reply_to(agent, message);
		if (reply)
			decide(reply, set_up(agent, &message->setup, &reply->failure));
		break;
	case WIRE_START:
		start(agent, message);
		break;
	case WIRE_FORGET:
		forget(agent, message);
		break;
	case WIRE_KILL:
		kill_process(agent, message);
		break;
	case WIRE_RESIZE:
		resize(agent, message);
		break;
	case WIRE_SHUTDOWN:
		shut_down(agent, message);
		break;
	case WIRE_DATA:
	case WIRE_END:
		take_input(agent, message);
		break;
	case WIRE_ACK:
		acknowledge(agent, message);
		break;
	case WIRE_STOP:
		stop_output(agent, message);
		break;
	case WIRE_GOODBYE:
		break;	// it will hang up by itself
	case WIRE_HELLO:
		agent_refuse(agent, agent->current, "a second Hello");
		break;
	}
}
