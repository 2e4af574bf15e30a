#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "post.h"

static void drop_current(struct agent *agent)
{
	agent->current = NULL;
	replies_clear(&agent->replies);
	processes_detach(&agent->processes);
}

void agent_refuse(struct agent *agent, struct connection *connection, const char *reason)
{
	(void)post_small(connection, &(struct msg){.type = MSG_GOODBYE, .goodbye.reason = reason});
	connection_end(connection);
	if (connection == agent->current)
		drop_current(agent);
}

static bool is_own_token(struct agent *agent, struct mp_bytes token)
{
	// Read when first needed: a template waits here without one, and finds that of its restored self.
	if (!agent->token_known) {
		int r = guest_read_token(agent->token);

		if (r < 0) {
			log_line("token: %s", strerror(-r));
			return false;
		}
		agent->token_known = true;
	}
	return token.length == TOKEN_SIZE && guest_same_token(token.data, agent->token);
}

// Why a Hello is not good enough, or NULL.
static const char *find_fault(struct agent *agent, const struct msg *message)
{
	if (message->type != MSG_HELLO)
		return "the first message is not Hello";
	if (!is_own_token(agent, message->hello.token))
		return "wrong token";
	if (message->hello.min_version > MSG_VERSION || message->hello.max_version < MSG_VERSION)
		return "no common protocol version: this agent speaks 1";
	if (message->hello.window < MSG_MIN_WINDOW || message->hello.window > MSG_MAX_WINDOW)
		return "window out of range";
	return NULL;
}

static void welcome(struct agent *agent, struct connection *connection, const struct msg *message)
{
	const char *fault = find_fault(agent, message);

	if (fault) {
		agent_refuse(agent, connection, fault);
		return;
	}
	if (agent->current && agent->current != connection)
		agent_refuse(agent, agent->current, "replaced by a new connection");
	guest_set_clock(message->hello.wall_clock);
	guest_seed(message->hello.seed.data, message->hello.seed.length);
	agent->window = message->hello.window;
	agent->current = connection;
	connection_authenticated(connection);
	processes_attach(&agent->processes);
	if (post_hello_reply(connection, message->id, agent->token, agent->state != AGENT_EMPTY, &agent->processes) < 0)
		agent_refuse(agent, connection, "out of memory");
}

// Setup's parts are needed for as long as the VM lives (PID 1 of the container makes its view of them), so they lie in
// memory of their own. Once: a second Setup is refused.
static int decode_setup(struct agent *agent, const uint8_t *payload, size_t size, struct msg *ret)
{
	struct mp_arena arena = {.data = agent->setup_memory, .size = sizeof(agent->setup_memory)};
	uint8_t *copy = malloc(size);
	int r;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, payload, size);
	r = msg_decode(copy, size, true, &arena, ret);
	if (r < 0)
		free(copy);
	return r;
}

static int decode(struct agent *agent, const struct connection *connection, uint8_t *payload, size_t size,
	struct msg *ret)
{
	struct mp_reader peek = {.data = payload, .length = size};

	(void)mp_read_array(&peek, size);
	if (mp_read_u32(&peek) == MSG_SETUP && agent->state == AGENT_EMPTY && connection->state == CONNECTION_OPEN)
		return decode_setup(agent, payload, size, ret);
	agent->arena.used = 0;
	return msg_decode(payload, size, true, &agent->arena, ret);
}

static void frame(void *owner, struct connection *connection, uint8_t *payload, size_t size)
{
	struct agent *agent = owner;
	struct msg message;
	int r = decode(agent, connection, payload, size, &message);

	if (r < 0)
		agent_refuse(agent, connection, r == -ENOMEM ? "out of memory" : "malformed message");
	else if (connection->state == CONNECTION_HELLO)
		welcome(agent, connection, &message);
	else if (connection == agent->current)
		requests_serve(agent, &message);
}

static void lost(void *owner, struct connection *connection)
{
	struct agent *agent = owner;

	if (connection == agent->current)
		drop_current(agent);
}

static bool knows(void *owner, const uint8_t *bytes, size_t length)
{
	const struct agent *agent = owner;

	return agent->token_known && memmem(bytes, length, agent->token, TOKEN_SIZE);
}

// A place for a new connection: a free one, else one whose peer has not said Hello.
static struct connection *find_place(struct agent *agent)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (agent->connections[i].source.fd < 0)
			return &agent->connections[i];
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (&agent->connections[i] != agent->current) {
			connection_end(&agent->connections[i]);
			return &agent->connections[i];
		}
	return NULL;
}

static void opened(void *owner, int fd, bool serial)
{
	static const struct connection_events events = {frame, lost, knows};
	struct agent *agent = owner;
	struct connection *connection = find_place(agent);

	if (!connection)
		(void)close(fd);
	else if (connection_open(connection, &agent->loop, fd, serial, &events, agent) < 0)
		log_line("watch agent channel: %s", strerror(errno));
}

static bool started(void *owner, struct process *process, const struct failure *failure)
{
	return requests_started(owner, process, failure);
}

static void child_ended(struct source *source, uint32_t events)
{
	struct agent *agent = CONTAINER_OF(source, struct agent, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) > 0)
		;
	processes_reap(&agent->processes);
}

static int watch_signals(struct agent *agent)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	agent->signals = (struct source){
		.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.ready = child_ended,
	};
	return agent->signals.fd < 0 ? -errno : loop_add(&agent->loop, &agent->signals);
}

int agent_init(struct agent *agent, int self)
{
	static const struct process_events events = {.started = started};
	int r = loop_init(&agent->loop);

	agent->window = DEFAULT_WINDOW;
	agent->arena = (struct mp_arena){.data = agent->arena_memory, .size = sizeof(agent->arena_memory)};
	replies_init(&agent->replies, &agent->processes.cgroup);
	for (size_t i = 0; i < CONNECTIONS; i++)
		agent->connections[i].source.fd = -1;
	if (r == 0)
		r = processes_init(&agent->processes, &agent->loop, self, &events, agent);
	if (r == 0)
		r = watch_signals(agent);
	if (r == 0)
		r = transport_start(&agent->transport, &agent->loop, opened, agent);
	return r;
}

static bool has_work(const struct agent *agent)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (connection_has_work(&agent->connections[i]))
			return true;
	return processes_have_work(&agent->processes);
}

static void do_work(struct agent *agent)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (connection_has_work(&agent->connections[i]))
			connection_receive(&agent->connections[i]);
	processes_work(&agent->processes);
}

void agent_step(struct agent *agent)
{
	int r = loop_step(&agent->loop, has_work(agent) ? 0 : -1);

	if (r < 0)
		log_line("epoll_wait: %s", strerror(-r));
	do_work(agent);
	requests_continue_shutdown(agent);
	delivery_run(agent);
	processes_sweep(&agent->processes);
}
