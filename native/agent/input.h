// The input stream of a process: bytes from the host wait in a ring of the window's size until the pipe or terminal
// takes them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "ring.h"

struct input {
	uint32_t stream;	// its number, 0: not used
	bool ended;		// the host has sent End
	bool stopped;		// the process takes no more
	bool stop_sent;
	uint64_t received;	// offset behind the last byte taken from the host
	uint64_t acknowledged;	// last offset told to the host
	struct ring ring;
	struct source source;
};

// A stream that takes FD (non-blocking, write end) over, with WINDOW bytes of ring. 0 or -ENOMEM (FD is not taken).
int input_init(struct input *input, uint32_t stream, int fd, size_t window);

// Stops watching, drops all. Idempotent.
void input_close(struct input *input);

// Bytes from the host. What was received before is skipped. -EPROTO on a gap or more than the window.
int input_data(struct input *input, uint64_t offset, const void *data, size_t length);

// The stream ends at OFFSET: closed once all is written. A terminal stays as it is, as with Docker. -EPROTO when it is
// not the end of what was received.
int input_end(struct input *input, uint64_t offset);

// Writes what the process takes. Call when the descriptor became ready and after input_data and input_end.
void input_flush(struct input *input);

// The reader is gone: drops everything; Stop is then due.
void input_stop(struct input *input);

// True when an Ack is due, with its OFFSET.
bool input_take_ack(struct input *input, uint64_t *offset);

// True once, when Stop is due.
bool input_take_stop(struct input *input);

// A new connection's host is told by HelloReply how the stream is: what that says needs no message.
void input_attach(struct input *input);
