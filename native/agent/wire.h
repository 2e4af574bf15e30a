// Between the generated messages and the agent: requests in the form that the rest works with (C strings, vectors
// that end with NULL), and the messages that the agent sends.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "connection.h"
#include "setup.h"
#include "spawn.h"

enum wire_type {
	WIRE_HELLO = 1,
	WIRE_SETUP = 5,
	WIRE_START = 6,
	WIRE_FORGET = 9,
	WIRE_KILL = 10,
	WIRE_RESIZE = 11,
	WIRE_SHUTDOWN = 12,
	WIRE_DATA = 16,
	WIRE_ACK = 17,
	WIRE_END = 18,
	WIRE_STOP = 19,
	WIRE_GOODBYE = 20,
};

struct wire_message {
	enum wire_type type;
	uint32_t id;
	union {
		struct {
			uint32_t min_version, max_version;
			const uint8_t *token;
			size_t token_size;
			uint64_t wall_clock;
			uint32_t window;
			const uint8_t *seed;
			size_t seed_size;
		} hello;
		struct setup setup;
		struct {
			struct program program;
			struct process_request request;
		} start;
		struct {
			uint32_t process;
			uint32_t signal;	// Kill
			uint32_t rows, columns;	// Resize
		} process;
		struct {
			uint32_t stream;
			uint64_t offset;
			const uint8_t *bytes;	// Data
			size_t size;
		} stream;
	};
};

// The type of the message in a frame, or 0 when it can't be told.
unsigned wire_type(const uint8_t *payload, size_t size);

// Takes a frame apart. Texts and bytes in RET point into PAYLOAD, which is changed: texts are terminated in place, the
// last one behind its end. Vectors are in ARENA. 0, -EBADMSG for what is malformed, -ENOMEM.
int wire_decode(uint8_t *payload, size_t size, struct arena *arena, struct wire_message *ret);

// Each queues one message on CONNECTION. 0 or -ENOMEM.
int wire_send_hello_reply(struct connection *connection, uint32_t id, const uint8_t *token, bool is_set_up,
	const struct processes *processes);
int wire_send_ok(struct connection *connection, uint32_t id);
int wire_send_started(struct connection *connection, uint32_t id, pid_t pid);
int wire_send_failure(struct connection *connection, uint32_t id, const struct failure *failure);
int wire_send_exited(struct connection *connection, const struct process *process);
int wire_send_ack(struct connection *connection, uint32_t stream, uint64_t offset);
int wire_send_end(struct connection *connection, uint32_t stream, uint64_t offset);
int wire_send_stop(struct connection *connection, uint32_t stream);
// The next bytes of a stream, as many as one write and the window take. Returns how many, or -ENOMEM.
ssize_t wire_send_data(struct connection *connection, struct output *output, size_t window);
int wire_send_goodbye(struct connection *connection, const char *reason);
