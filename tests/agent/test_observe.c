#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe.h"
#include "process.h"
#include "test.h"
#include "util.h"

static struct loop loop;
static struct connection connection;
static struct mp_arena arena;
static uint8_t frame[MSG_MAX_FRAME_TO_HOST];
static int host;

static void begin(void)
{
	static const struct connection_events none;
	int ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	host = ends[1];
	arena = (struct mp_arena){.data = malloc(MSG_ARENA_SIZE), .size = MSG_ARENA_SIZE};
	CHECK_INT(connection_open(&connection, &loop, ends[0], false, &none, NULL), 0);
}

static void end(void)
{
	connection_end(&connection);
	close_fd(&host);
	(void)close(loop.epoll);
	free(arena.data);
}

static void receive_all(void *buffer, size_t length)
{
	CHECK_INT(recv(host, buffer, length, MSG_WAITALL), length);
}

static struct msg receive(void)
{
	struct msg message = {0};
	uint32_t size;

	connection_flush(&connection);
	receive_all(&size, sizeof(size));
	size = be32toh(size);
	CHECK(size <= sizeof(frame));
	receive_all(frame, min_size(size, sizeof(frame)));
	arena.used = 0;
	CHECK_INT(msg_decode(frame, size, false, &arena, &message), 0);
	return message;
}

static bool contains(const struct mp_bytes *bytes, const char *text)
{
	return memmem(bytes->data, bytes->length, text, strlen(text)) != NULL;
}

// Every process of this machine, page by page; this one is among them, the kernel's and PID 1 are not.
static void test_processes(void)
{
	uint32_t after = 0;
	bool found = false;
	struct msg message;

	do {
		CHECK_INT(observe_processes(&connection, 5, after), 0);
		message = receive();
		CHECK_INT(message.type, MSG_PROCESS_LIST);
		CHECK_INT(message.id, 5);
		for (size_t i = 0; i < message.process_list.processes_count; i++) {
			const struct msg_process_info *process = &message.process_list.processes[i];

			CHECK(process->pid > after && process->pid > 1);
			after = process->pid;
			if (process->pid != (uint32_t)getpid())
				continue;
			found = true;
			CHECK_INT(process->uid, geteuid());
			CHECK(contains(&process->stat, "(agent-tests)"));
			CHECK(contains(&process->arguments, "agent-tests"));
		}
	} while (message.process_list.more && message.process_list.processes_count > 0);
	CHECK(found);
	CHECK_INT(observe_processes(&connection, 6, UINT32_MAX), 0);
	message = receive();
	CHECK_INT(message.process_list.processes_count, 0);
	CHECK(!message.process_list.more);
}

static void put(int directory, const char *name, const char *text)
{
	CLEANUP_FD int fd = openat(directory, name, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
}

static void test_measure(int directory)
{
	struct cgroup cgroup = {.directory = directory, .events = -1};
	bool found = false;
	struct msg message;

	put(directory, "pids.current", "7\n");
	CHECK_INT(observe_measure(&connection, 9, &cgroup), 0);
	message = receive();
	CHECK_INT(message.type, MSG_MEASUREMENT);
	CHECK(message.measurement.uptime > 0);
	for (size_t i = 0; i < message.measurement.files_count; i++) {
		const struct msg_kernel_file *file = &message.measurement.files[i];

		CHECK(strcmp(file->name, "memory.current") != 0);	// not there
		if (strcmp(file->name, "pids.current") == 0)
			found = file->content.length == 2 && memcmp(file->content.data, "7\n", 2) == 0;
	}
	CHECK(found);
}

static void check_file(int directory, const char *name, const char *expected)
{
	char text[64];

	CHECK(read_file(directory, name, text, sizeof(text)) >= 0);
	CHECK_TEXT(text, expected);
}

static void test_adjust(int directory)
{
	struct cgroup cgroup = {.directory = directory, .events = -1};
	struct failure failure = {0};

	put(directory, "memory.max", "");
	put(directory, "pids.max", "");
	CHECK_INT(observe_adjust(&(struct msg_adjust){.memory_limit = 4096, .process_limit = UINT64_MAX}, &cgroup, &failure), 0);
	check_file(directory, "memory.max", "4096");
	check_file(directory, "pids.max", "max");
	CHECK_INT(observe_adjust(&(struct msg_adjust){.process_limit = 0}, &cgroup, &failure), 0);
	check_file(directory, "pids.max", "max");
	cgroup.directory = -1;
	CHECK_INT(observe_adjust(&(struct msg_adjust){.process_limit = 8}, &cgroup, &failure), -1);
	CHECK_INT(failure.error, EBADF);
}

// The host and a tool each stop the container; it goes on when neither wants it to stand still.
static void test_hold(int directory)
{
	static struct processes processes;
	struct process tool = {.owner = &processes, .freezes = true};

	processes.cgroup.directory = directory;
	put(directory, "cgroup.freeze", "");
	CHECK_INT(processes_hold(&processes, false), 0);
	check_file(directory, "cgroup.freeze", "");
	CHECK_INT(processes_hold(&processes, true), 0);
	CHECK_INT(processes_hold(&processes, true), 0);
	check_file(directory, "cgroup.freeze", "1");
	CHECK_INT(processes_freeze(&processes), 0);
	processes_thaw(&tool);
	processes_thaw(&tool);
	check_file(directory, "cgroup.freeze", "1");
	CHECK_INT(processes_freeze(&processes), 0);
	tool.freezes = true;
	CHECK_INT(processes_hold(&processes, false), 0);
	CHECK_INT(processes_hold(&processes, false), 0);
	check_file(directory, "cgroup.freeze", "1");
	processes_thaw(&tool);
	check_file(directory, "cgroup.freeze", "0");
	processes.cgroup.directory = -1;
	CHECK_INT(processes_hold(&processes, true), -EBADF);
	CHECK(!processes.is_held);
}

void test_observe(void)
{
	char path[] = "/tmp/agent-observe-XXXXXX";
	int directory = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	CHECK_INT(loop_init(&loop), 0);
	begin();
	test_processes();
	test_measure(directory);
	test_adjust(directory);
	test_hold(directory);
	end();
	(void)unlinkat(directory, "cgroup.freeze", 0);
	(void)unlinkat(directory, "pids.current", 0);
	(void)unlinkat(directory, "memory.max", 0);
	(void)unlinkat(directory, "pids.max", 0);
	close_fd(&directory);
	CHECK_INT(rmdir(path), 0);
}
