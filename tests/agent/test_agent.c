// Sessions: the test is the host at the other end of a socket pair. Nothing here sets a container up or shuts down:
// those would do it to this machine.
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "test.h"
#include "util.h"

static const uint8_t token[TOKEN_SIZE] = "0123456789abcdef0123456789abcdef";
static struct agent *agent;
static struct mp_arena arena;

struct host {
	int fd;
	size_t length;
	uint8_t bytes[1 << 16];
	struct msg message;	// the last that arrived
};

static void begin(void)
{
	agent = calloc(1, sizeof(*agent));
	arena = (struct mp_arena){.data = malloc(MSG_ARENA_SIZE), .size = MSG_ARENA_SIZE};
	CHECK_INT(agent_init(agent, -1), 0);
	memcpy(agent->token, token, TOKEN_SIZE);
	agent->token_known = true;
}

static void end(void)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		connection_end(&agent->connections[i]);
	loop_close(&agent->signals);
	loop_close(&agent->transport.timer);
	loop_close(&agent->transport.events);
	close_fd(&agent->processes.null);
	close_fd(&agent->loop.epoll);
	free(agent);
	free(arena.data);
}

static struct host *connect_host(void)
{
	struct host *host = calloc(1, sizeof(*host));
	int ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	host->fd = ends[1];
	agent->transport.opened(agent->transport.owner, ends[0], false);
	return host;
}

static void leave(struct host *host)
{
	close_fd(&host->fd);
	free(host);
}

static void send_message(struct host *host, const struct msg *message)
{
	static uint8_t bytes[1 << 16];
	ssize_t length = msg_encode(message, bytes + 4, sizeof(bytes) - 4);
	uint32_t size = htobe32((uint32_t)length);

	CHECK(length > 0);
	memcpy(bytes, &size, sizeof(size));
	CHECK_INT(send(host->fd, bytes, 4 + (size_t)length, MSG_NOSIGNAL), 4 + length);
}

static void send_hello(struct host *host, const uint8_t *with)
{
	static const uint8_t preamble[MSG_PREAMBLE_SIZE] = "\xff\x6d\x76\x6d\x0d\x0a\x1a\x00nonce";

	CHECK_INT(send(host->fd, preamble, sizeof(preamble), MSG_NOSIGNAL), sizeof(preamble));
	send_message(host, &(struct msg){
		.type = MSG_HELLO,
		.id = 1,
		.hello = {.min_version = 1, .max_version = 3, .token = {with, TOKEN_SIZE}, .window = 4096},
	});
}

// Lets the agent work until a message has come; returns its type, 0 at the end of the connection, -1 when none comes.
static int receive(struct host *host)
{
	for (int i = 0; i < 50; i++) {
		uint32_t size;
		ssize_t n;

		if (host->length >= 4) {
			memcpy(&size, host->bytes, sizeof(size));
			size = be32toh(size);
			if (host->length >= 4 + (size_t)size) {
				static uint8_t payload[1 << 16];

				memcpy(payload, host->bytes + 4, size);
				host->length -= 4 + (size_t)size;
				memmove(host->bytes, host->bytes + 4 + size, host->length);
				arena.used = 0;
				CHECK_INT(msg_decode(payload, size, false, &arena, &host->message), 0);
				return (int)host->message.type;
			}
		}
		// Never waits: the timer of the missing device ticks.
		agent_step(agent);
		n = recv(host->fd, host->bytes + host->length, sizeof(host->bytes) - host->length, 0);
		if (n == 0)
			return 0;
		if (n > 0)
			host->length += (size_t)n;
	}
	return -1;
}

static void greet(struct host *host)
{
	send_hello(host, token);
	for (int i = 0; i < 50 && host->length < MSG_PREAMBLE_SIZE; i++) {
		ssize_t n;

		agent_step(agent);
		n = recv(host->fd, host->bytes, MSG_PREAMBLE_SIZE, 0);
		host->length = n > 0 ? (size_t)n : 0;
	}
	CHECK(memcmp(host->bytes + 8, "nonce", 5) == 0);
	host->length = 0;
	CHECK_INT(receive(host), MSG_HELLO_REPLY);
}

static void answers_hello(void)
{
	struct host *host;

	begin();
	host = connect_host();
	greet(host);
	CHECK_INT(host->message.id, 1);
	CHECK_INT(host->message.hello_reply.version, 1);
	CHECK_INT(host->message.hello_reply.is_set_up, false);
	CHECK_INT(host->message.hello_reply.processes_count, 0);
	CHECK_INT(host->message.hello_reply.token.length, TOKEN_SIZE);
	CHECK(memcmp(host->message.hello_reply.token.data, token, TOKEN_SIZE) == 0);
	CHECK(host->message.hello_reply.memory_total > host->message.hello_reply.memory_available);
	leave(host);
	end();
}

// What the host hears when it begins with MESSAGE.
static const char *refusal(const struct msg *message)
{
	static char reason[256];
	static const uint8_t preamble[MSG_PREAMBLE_SIZE] = "\xff\x6d\x76\x6d\x0d\x0a\x1a\x00";
	struct host *host;

	begin();
	host = connect_host();
	(void)send(host->fd, preamble, sizeof(preamble), MSG_NOSIGNAL);
	send_message(host, message);
	for (int i = 0; i < 50 && host->length < MSG_PREAMBLE_SIZE; i++) {
		ssize_t n;

		agent_step(agent);
		n = recv(host->fd, host->bytes, MSG_PREAMBLE_SIZE, 0);
		host->length = n > 0 ? (size_t)n : 0;
	}
	host->length = 0;
	CHECK_INT(receive(host), MSG_GOODBYE);
	(void)snprintf(reason, sizeof(reason), "%s", host->message.goodbye.reason);
	CHECK_INT(receive(host), 0);
	CHECK(agent->current == NULL);
	leave(host);
	end();
	return reason;
}

static void refuses_strangers(void)
{
	static const uint8_t other[TOKEN_SIZE] = "0123456789abcdef0123456789abcdeX";
	struct msg hello = {
		.type = MSG_HELLO,
		.hello = {.min_version = 1, .max_version = 1, .token = {other, TOKEN_SIZE}, .window = 4096},
	};

	CHECK_TEXT(refusal(&hello), "wrong token");
	hello.hello.token = (struct mp_bytes){token, TOKEN_SIZE - 1};
	CHECK_TEXT(refusal(&hello), "wrong token");
	hello.hello.token.length = TOKEN_SIZE;
	hello.hello.min_version = hello.hello.max_version = 2;
	CHECK_TEXT(refusal(&hello), "no common protocol version: this agent speaks 1");
	hello.hello.min_version = 1;
	hello.hello.window = 1;
	CHECK_TEXT(refusal(&hello), "window out of range");
	CHECK_TEXT(refusal(&(struct msg){.type = MSG_SHUTDOWN}), "the first message is not Hello");
}

static void replies_in_order(void)
{
	static const char *const arguments[] = {"true", NULL};
	static const char *const none[] = {NULL};
	struct msg start = {
		.type = MSG_START,
		.id = 5,
		.start = {.process = 1, .init = true, .arguments = (const char **)(uintptr_t)arguments, .arguments_count = 1,
			.environment = (const char **)(uintptr_t)none, .groups = (const char **)(uintptr_t)none,
			.working_directory = "", .user = ""},
	};
	struct host *host;

	begin();
	host = connect_host();
	greet(host);
	send_message(host, &start);
	send_message(host, &(struct msg){.type = MSG_KILL, .id = 6, .kill = {.process = 1, .signal = 9}});
	send_message(host, &(struct msg){.type = MSG_RESIZE, .id = 7, .resize = {.process = 1}});
	CHECK_INT(receive(host), MSG_FAILURE);
	CHECK_INT(host->message.id, 5);
	CHECK_INT(host->message.failure.kind, FAIL_INVALID_REQUEST);
	CHECK_TEXT(host->message.failure.message, "the container is not set up");
	CHECK_INT(receive(host), MSG_FAILURE);
	CHECK_INT(host->message.id, 6);
	CHECK_INT(host->message.failure.kind, FAIL_NO_SUCH_PROCESS);
	CHECK_INT(receive(host), MSG_FAILURE);
	CHECK_INT(host->message.id, 7);
	leave(host);
	end();
}

static void ignores_streams_it_does_not_know(void)
{
	struct host *host;

	begin();
	host = connect_host();
	greet(host);
	send_message(host, &(struct msg){.type = MSG_DATA, .data = {.stream = 9, .bytes = {token, 5}}});
	send_message(host, &(struct msg){.type = MSG_ACK, .ack = {.stream = 9, .offset = 77}});
	send_message(host, &(struct msg){.type = MSG_END, .end = {.stream = 9, .offset = 77}});
	send_message(host, &(struct msg){.type = MSG_STOP, .stop = {.stream = 9}});
	send_message(host, &(struct msg){.type = MSG_FORGET, .forget = {.process = 9}});
	send_message(host, &(struct msg){.type = MSG_KILL, .id = 8});
	CHECK_INT(receive(host), MSG_FAILURE);
	CHECK_INT(host->message.id, 8);
	leave(host);
	end();
}

static void a_new_host_replaces_the_old(void)
{
	struct host *first;
	struct host *second;

	begin();
	first = connect_host();
	greet(first);
	second = connect_host();
	greet(second);
	CHECK_INT(receive(first), MSG_GOODBYE);
	CHECK_TEXT(first->message.goodbye.reason, "replaced by a new connection");
	CHECK_INT(receive(first), 0);
	send_message(second, &(struct msg){.type = MSG_KILL, .id = 2});
	CHECK_INT(receive(second), MSG_FAILURE);
	leave(first);
	leave(second);
	end();
}

// Whoever says nothing holds no place against the host.
static void silent_peers_do_not_keep_the_host_out(void)
{
	struct host *silent[10];
	struct host *host;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		silent[i] = connect_host();
	host = connect_host();
	greet(host);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		struct host *more = connect_host();

		leave(more);
		leave(silent[i]);
	}
	send_message(host, &(struct msg){.type = MSG_KILL, .id = 2});
	CHECK_INT(receive(host), MSG_FAILURE);
	leave(host);
	end();
}

static void survives_malformed_frames(void)
{
	static const uint8_t frame[] = {0, 0, 0, 3, 0x93, 0xc1, 0xff};
	struct host *host;

	begin();
	host = connect_host();
	greet(host);
	CHECK_INT(send(host->fd, frame, sizeof(frame), MSG_NOSIGNAL), sizeof(frame));
	CHECK_INT(receive(host), MSG_GOODBYE);
	CHECK_TEXT(host->message.goodbye.reason, "malformed message");
	CHECK_INT(receive(host), 0);
	leave(host);
	host = connect_host();
	greet(host);
	leave(host);
	end();
}

// A child whose program does not exist: it says so, then ends, once something comes from GO. It must not keep HOST open.
static pid_t fork_failing_child(const struct host *host, int report, int go)
{
	static const struct failure failure = {.kind = FAIL_NOT_FOUND, .error = ENOENT, .text = "not found"};
	pid_t pid = fork();
	char byte;

	if (pid == 0) {
		(void)close(host->fd);
		(void)!read(go, &byte, 1);
		(void)send(report, &failure, sizeof(failure), MSG_NOSIGNAL);
		_exit(125);
	}
	return pid;
}

// Its Start is unanswered when HOST goes.
static void fail_behind_the_back_of(struct host *host)
{
	struct process *process = process_new(&agent->processes, 1, true);
	int report[2], go[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report), 0);
	CHECK_INT(pipe2(go, O_CLOEXEC), 0);
	process->pid = fork_failing_child(host, report[1], go[0]);
	process->report.fd = report[0];
	CHECK_INT(loop_add(&agent->loop, &process->report), 0);
	process->state = PROCESS_STARTING;
	process->reply = replies_add(&agent->replies, 5);
	process->reply->owner = &process->reply;
	agent->processes.first = agent->processes.init = process;
	agent->processes.count = 1;
	leave(host);
	while (agent->current)
		agent_step(agent);
	CHECK_INT(write(go[1], "", 1), 1);
	(void)close(report[1]);
	(void)close(go[0]);
	(void)close(go[1]);
}

static void a_start_that_failed_unheard_is_told_later(void)
{
	struct host *host;

	begin();
	host = connect_host();
	greet(host);
	fail_behind_the_back_of(host);
	while (processes_alive(&agent->processes))
		agent_step(agent);
	for (int connection = 0; connection < 2; connection++) {
		host = connect_host();
		greet(host);
		CHECK_INT(host->message.hello_reply.processes_count, 1);
		CHECK_INT(receive(host), MSG_EXITED);
		CHECK_INT(host->message.exited.process, 1);
		CHECK_INT(host->message.exited.status, 127);
		CHECK_INT(host->message.exited.signal, 0);
		if (connection == 1)
			send_message(host, &(struct msg){.type = MSG_FORGET, .forget = {.process = 1}});
		send_message(host, &(struct msg){.type = MSG_KILL, .id = 8});
		CHECK_INT(receive(host), MSG_FAILURE);
		leave(host);
	}
	CHECK_INT(agent->processes.count, 0);
	CHECK(agent->processes.init == NULL);
	end();
}

void test_agent(void)
{
	answers_hello();
	refuses_strangers();
	replies_in_order();
	ignores_streams_it_does_not_know();
	a_new_host_replaces_the_old();
	silent_peers_do_not_keep_the_host_out();
	survives_malformed_frames();
	a_start_that_failed_unheard_is_told_later();
}
