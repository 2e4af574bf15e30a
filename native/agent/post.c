#include "post.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "build.h"
#include "guest.h"

#define SMALL_SIZE 1100
// What a Data message has around its bytes, at most.
#define DATA_OVERHEAD 32
// Less than this is not worth a frame while the transport still has to take what came before.
#define SMALLEST_DATA 1024
// Largest encoded ProcessState: six numbers of 5 bytes, four of 9, a boolean, the head.
#define STATE_SIZE 72
#define HELLO_REPLY_SIZE 512

int post(struct connection *connection, const struct msg *message, size_t size)
{
	uint8_t *payload = connection_begin(connection, size);
	ssize_t n;

	if (!payload)
		return -ENOMEM;
	n = msg_encode(message, payload, size);
	if (n < 0)
		return -ENOMEM;
	connection_commit(connection, (size_t)n);
	return 0;
}

int post_small(struct connection *connection, const struct msg *message)
{
	return post(connection, message, SMALL_SIZE);
}

static struct msg_process_state describe(const struct process *process)
{
	const struct input *input = &process->input;
	const struct output *outputs = process->outputs;

	return (struct msg_process_state){
		.process = process->number,
		.pid = process->state == PROCESS_ENDED ? 0 : (uint32_t)process->pid,
		.stdin = input->stopped ? 0 : input->stream,
		.stdout = outputs[0].discard ? 0 : outputs[0].stream,
		.stderr = outputs[1].discard ? 0 : outputs[1].stream,
		.stdin_received = input->received,
		.stdin_acked = input->acknowledged,
		.stdin_ended = input->ended,
		.stdout_acked = outputs[0].base,
		.stderr_acked = outputs[1].base,
	};
}

static size_t describe_all(const struct processes *processes, struct msg_process_state *states)
{
	size_t count = 0;

	for (const struct process *process = processes->first; process; process = process->next)
		if (!process->forgotten && count < MSG_MAX_PROCESSES)
			states[count++] = describe(process);
	return count;
}

int post_hello_reply(struct connection *connection, uint32_t id, const uint8_t *token, bool is_set_up,
	const struct processes *processes)
{
	CLEANUP_FREE struct msg_process_state *states = calloc(processes->count + 1, sizeof(*states));
	struct msg message = {.type = MSG_HELLO_REPLY, .id = id};
	struct msg_hello_reply *reply = &message.hello_reply;
	struct utsname kernel;

	if (!states)
		return -ENOMEM;
	(void)uname(&kernel);
	reply->version = MSG_VERSION;
	reply->token = (struct mp_bytes){token, TOKEN_SIZE};
	reply->agent_build = AGENT_BUILD;
	reply->kernel_release = kernel.release;
	guest_memory(&reply->memory_total, &reply->memory_available);
	reply->uptime = guest_uptime();
	reply->is_set_up = is_set_up;
	reply->processes = states;
	reply->processes_count = describe_all(processes, states);
	return post(connection, &message, HELLO_REPLY_SIZE + reply->processes_count * STATE_SIZE);
}

int post_exited(struct connection *connection, const struct process *process)
{
	return post_small(connection, &(struct msg){
		.type = MSG_EXITED,
		.exited = {
			.process = process->number,
			.status = process_exit_status(process),
			.signal = WIFSIGNALED(process->status) ? (uint32_t)WTERMSIG(process->status) : 0,
			.out_of_memory = process->out_of_memory,
		},
	});
}

ssize_t post_data(struct connection *connection, struct output *output, size_t window)
{
	struct msg message = {.type = MSG_DATA, .data.stream = output->stream};
	size_t room = connection_room(connection);
	struct iovec segments[2] = {{0}};
	uint8_t *payload;
	size_t count;
	ssize_t head;

	if (room < DATA_OVERHEAD + SMALLEST_DATA)
		return 0;
	// Before the bytes are counted as sent.
	payload = connection_begin(connection, room);
	if (!payload)
		return -ENOMEM;
	count = output_take(output, window, min_size(room - DATA_OVERHEAD, MSG_MAX_DATA), &message.data.offset, segments);
	if (count == 0)
		return 0;
	message.data.bytes.length = count;
	head = msg_encode_data_head(&message, payload, DATA_OVERHEAD);
	if (head < 0)
		return -ENOMEM;
	memcpy(payload + head, segments[0].iov_base, segments[0].iov_len);
	if (segments[1].iov_len > 0)
		memcpy(payload + head + segments[0].iov_len, segments[1].iov_base, segments[1].iov_len);
	connection_commit(connection, (size_t)head + count);
	return (ssize_t)count;
}
