// From src/MicroVm.Protocol/Messages/Messages.cs by native/agent/generate. Not to be edited.
//
// A payload is decoded in place: texts become C strings within it, arrays lie in the arena. Both must outlive the
// message. Texts with a NUL byte are refused.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../msgpack.h"

#define MSG_VERSION 1u
#define MSG_MAX_FRAME_TO_GUEST 4194304u
#define MSG_MAX_FRAME_TO_HOST 131072u
#define MSG_MAX_DATA 65536u
#define MSG_MAX_DEPTH 8u
#define MSG_MAX_PROCESSES 1024u
#define MSG_MAX_PROCESS_TEXT 1024u
#define MSG_MIN_WINDOW 4096u
#define MSG_MAX_WINDOW 1048576u
#define MSG_PREAMBLE_SIZE 24u
#define MSG_PREAMBLE_MAGIC 0xFF6D766D0D0A1A00ull
#define MSG_VSOCK_PORT 1023u
#define MSG_SERIAL_PORT "mvm.agent"
#define MSG_SHARE_TAG "mvm"
#define MSG_TOKEN_FILE "opt/mvm/token"
// Room that the arrays of any one message need.
#define MSG_ARENA_SIZE 131088u

enum msg_failure_kind {
	MSG_FAILURE_KIND_INTERNAL = 0,
	MSG_FAILURE_KIND_NOT_FOUND = 1,
	MSG_FAILURE_KIND_NOT_EXECUTABLE = 2,
	MSG_FAILURE_KIND_UNKNOWN_USER = 3,
	MSG_FAILURE_KIND_INVALID_REQUEST = 4,
	MSG_FAILURE_KIND_NO_SUCH_PROCESS = 5,
	MSG_FAILURE_KIND_WORKING_DIRECTORY = 6,
	MSG_FAILURE_KIND_MOUNT = 7,
};

enum msg_stillness {
	MSG_STILLNESS_LEAVE = 0,
	MSG_STILLNESS_HOLD = 1,
	MSG_STILLNESS_RELEASE = 2,
};

enum msg_tool_kind {
	MSG_TOOL_KIND_STAT = 0,
	MSG_TOOL_KIND_ARCHIVE = 1,
	MSG_TOOL_KIND_EXPORT = 2,
	MSG_TOOL_KIND_EXTRACT = 3,
	MSG_TOOL_KIND_CHANGES = 4,
	MSG_TOOL_KIND_LAYER = 5,
};

enum msg_type {
	MSG_HELLO = 1,
	MSG_HELLO_REPLY = 2,
	MSG_OK = 3,
	MSG_FAILURE = 4,
	MSG_SETUP = 5,
	MSG_START = 6,
	MSG_STARTED = 7,
	MSG_EXITED = 8,
	MSG_FORGET = 9,
	MSG_KILL = 10,
	MSG_RESIZE = 11,
	MSG_SHUTDOWN = 12,
	MSG_MEASURE = 13,
	MSG_MEASUREMENT = 14,
	MSG_LIST_PROCESSES = 15,
	MSG_DATA = 16,
	MSG_ACK = 17,
	MSG_END = 18,
	MSG_STOP = 19,
	MSG_GOODBYE = 20,
	MSG_PROCESS_LIST = 21,
	MSG_ADJUST = 22,
	MSG_START_TOOL = 23,
};

struct msg_process_state {
	uint32_t process;
	uint32_t pid;
	uint32_t stdin;
	uint32_t stdout;
	uint32_t stderr;
	uint64_t stdin_received;
	uint64_t stdin_acked;
	bool stdin_ended;
	uint64_t stdout_acked;
	uint64_t stderr_acked;
};

struct msg_root_file_system {
	uint32_t root_slot;
	uint32_t scratch_slot;
	bool read_only;
};

struct msg_mount {
	const char *type;
	const char *source;
	const char *target;
	uint64_t flags;
	const char *data;
	bool populate;
};

struct msg_injected_file {
	const char *path;
	uint32_t mode;
	struct mp_bytes content;
};

struct msg_network_interface {
	uint32_t slot;
	const char *name;
	const char **addresses;	// NULL-terminated
	size_t addresses_count;
	const char **gateways;	// NULL-terminated
	size_t gateways_count;
	uint32_t mtu;
	struct mp_bytes mac_address;
};

struct msg_sysctl {
	const char *name;
	const char *value;
};

struct msg_resource_limit {
	uint32_t resource;
	uint64_t soft;
	uint64_t hard;
};

struct msg_kernel_file {
	const char *name;
	struct mp_bytes content;
};

struct msg_process_info {
	uint32_t pid;
	uint32_t uid;
	struct mp_bytes stat;
	struct mp_bytes arguments;
};

struct msg_hello {
	uint32_t min_version;
	uint32_t max_version;
	struct mp_bytes token;
	uint64_t wall_clock;
	uint32_t window;
	struct mp_bytes seed;
};

struct msg_hello_reply {
	uint32_t version;
	struct mp_bytes token;
	const char *agent_build;
	const char *kernel_release;
	uint64_t memory_total;
	uint64_t memory_available;
	uint64_t uptime;
	bool is_set_up;
	struct msg_process_state *processes;
	size_t processes_count;
};

struct msg_failure {
	uint32_t kind;
	uint32_t error_number;
	const char *message;
};

struct msg_setup {
	struct msg_root_file_system root;
	const char *hostname;
	const char *domainname;
	struct msg_mount *mounts;
	size_t mounts_count;
	struct msg_injected_file *files;
	size_t files_count;
	struct msg_network_interface *interfaces;
	size_t interfaces_count;
	struct msg_sysctl *sysctls;
	size_t sysctls_count;
	const char **masked_paths;	// NULL-terminated
	size_t masked_paths_count;
	const char **readonly_paths;	// NULL-terminated
	size_t readonly_paths_count;
	bool privileged;
	uint64_t shm_size;
};

struct msg_start {
	uint32_t process;
	bool init;
	const char **arguments;	// NULL-terminated
	size_t arguments_count;
	const char **environment;	// NULL-terminated
	size_t environment_count;
	const char *working_directory;
	const char *user;
	const char **groups;	// NULL-terminated
	size_t groups_count;
	uint64_t capabilities;
	bool no_new_privileges;
	struct msg_resource_limit *resource_limits;
	size_t resource_limits_count;
	bool terminal;
	uint32_t rows;
	uint32_t columns;
	uint32_t stdin;
	uint32_t stdout;
	uint32_t stderr;
	int32_t oom_score_adjust;
	bool reaper;
};

struct msg_started {
	uint32_t pid;
};

struct msg_exited {
	uint32_t process;
	uint32_t status;
	uint32_t signal;
	bool out_of_memory;
};

struct msg_forget {
	uint32_t process;
};

struct msg_kill {
	uint32_t process;
	uint32_t signal;
};

struct msg_resize {
	uint32_t process;
	uint32_t rows;
	uint32_t columns;
};

struct msg_measurement {
	uint64_t uptime;
	struct msg_kernel_file *files;
	size_t files_count;
};

struct msg_list_processes {
	uint32_t after;
};

struct msg_data {
	uint32_t stream;
	uint64_t offset;
	struct mp_bytes bytes;
};

struct msg_ack {
	uint32_t stream;
	uint64_t offset;
};

struct msg_end {
	uint32_t stream;
	uint64_t offset;
};

struct msg_stop {
	uint32_t stream;
};

struct msg_goodbye {
	const char *reason;
};

struct msg_process_list {
	uint64_t uptime;
	struct msg_process_info *processes;
	size_t processes_count;
	bool more;
};

struct msg_adjust {
	uint64_t wall_clock;
	uint64_t memory_limit;
	uint64_t process_limit;
	uint32_t stillness;
};

struct msg_start_tool {
	uint32_t process;
	uint32_t tool;
	const char *path;
	const char *name;
	const char *user;
	bool keep_kinds;
	bool sync;
	bool freeze;
	uint32_t stdin;
	uint32_t stdout;
	uint32_t stderr;
};

struct msg {
	uint32_t type;	// enum msg_type
	uint32_t id;
	union {
		struct msg_hello hello;
		struct msg_hello_reply hello_reply;
		struct msg_failure failure;
		struct msg_setup setup;
		struct msg_start start;
		struct msg_started started;
		struct msg_exited exited;
		struct msg_forget forget;
		struct msg_kill kill;
		struct msg_resize resize;
		struct msg_measurement measurement;
		struct msg_list_processes list_processes;
		struct msg_data data;
		struct msg_ack ack;
		struct msg_end end;
		struct msg_stop stop;
		struct msg_goodbye goodbye;
		struct msg_process_list process_list;
		struct msg_adjust adjust;
		struct msg_start_tool start_tool;
	};
};

// Decodes a frame's payload that the host (or, for tests, the guest) has sent. 0, -EPROTO for anything malformed or
// over a limit, -ENOMEM when the arena is too small.
int msg_decode(uint8_t *payload, size_t size, bool from_host, struct mp_arena *arena, struct msg *ret);

// Encodes a message as a frame's payload. Returns its length, or -ENOBUFS when the buffer is too small or
// a field over its limit.
ssize_t msg_encode(const struct msg *message, uint8_t *buffer, size_t size);

// The same for a Data message without its bytes, which must follow: Data.bytes.length of them.
ssize_t msg_encode_data_head(const struct msg *message, uint8_t *buffer, size_t size);
