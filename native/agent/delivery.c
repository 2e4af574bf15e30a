// What goes to the host on its own: output, acknowledgements, ends.
#include "agent.h"
#include "post.h"

static int send_ack(struct connection *connection, struct input *input)
{
	struct msg message = {.type = MSG_ACK, .ack.stream = input->stream};

	return input_take_ack(input, &message.ack.offset) ? post_small(connection, &message) : 0;
}

static int send_stop(struct connection *connection, struct input *input)
{
	const struct msg message = {.type = MSG_STOP, .stop.stream = input->stream};

	return input_take_stop(input) ? post_small(connection, &message) : 0;
}

static int send_end(struct connection *connection, struct output *output)
{
	const struct msg message = {.type = MSG_END, .end = {.stream = output->stream, .offset = output->sent}};

	return output_take_end(output) ? post_small(connection, &message) : 0;
}

static int send_stream_news(struct connection *connection, struct process *process)
{
	int r = send_ack(connection, &process->input);

	if (r == 0)
		r = send_stop(connection, &process->input);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(process->outputs); i++)
		r = send_end(connection, &process->outputs[i]);
	return r;
}

static int send_exit(struct connection *connection, struct process *process)
{
	if (process->state != PROCESS_ENDED || process->exit_told)
		return 0;
	process->exit_told = true;
	return post_exited(connection, process);
}

// The host hears of a process only after it was told that the process runs.
static bool is_speaking(const struct process *process)
{
	return !process->forgotten && !process->reply &&
		(process->state == PROCESS_RUNNING || process->state == PROCESS_ENDED);
}

static int send_news(struct agent *agent)
{
	int r = replies_send(&agent->replies, agent->current);

	for (struct process *process = agent->processes.first; r == 0 && process; process = process->next) {
		if (!is_speaking(process))
			continue;
		r = send_stream_news(agent->current, process);
		if (r == 0)
			r = send_exit(agent->current, process);
	}
	return r;
}

// One frame of a process's output. Returns 1 if there was any, 0, or -errno.
static int send_output(struct agent *agent, struct process *process)
{
	for (size_t i = 0; i < ARRAY_SIZE(process->outputs); i++) {
		ssize_t n = post_data(agent->current, &process->outputs[i], agent->window);

		if (n != 0)
			return n < 0 ? (int)n : 1;
	}
	return 0;
}

// One frame of the process whose turn it is: the first with output behind the one served last. Returns as send_output.
static int send_next_output(struct agent *agent)
{
	struct process *start = process_find(&agent->processes, agent->turn);
	struct process *process = start ? start : agent->processes.first;

	for (size_t i = 0; process && i <= agent->processes.count; i++) {
		int r;

		process = process->next ? process->next : agent->processes.first;
		r = is_speaking(process) ? send_output(agent, process) : 0;
		if (r != 0) {
			agent->turn = process->number;
			return r;
		}
	}
	return 0;
}

void delivery_run(struct agent *agent)
{
	int r = agent->current ? send_news(agent) : 0;

	while (agent->current && r >= 0) {
		connection_flush(agent->current);
		r = connection_room(agent->current) > 0 ? send_next_output(agent) : 0;
		if (r == 0)
			break;
		// The last bytes of a stream may have gone: its End is due.
		if (r > 0)
			r = send_news(agent);
	}
	if (r < 0)
		agent_refuse(agent, agent->current, "out of memory");
}
