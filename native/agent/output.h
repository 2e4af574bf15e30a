// One output stream of a process: a pipe or terminal that is read into a ring, which is sent and kept until the host
// has acknowledged it. The ring is as large as the window: when it is full nothing is read, and the writer in the
// guest blocks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "loop.h"
#include "ring.h"

struct output {
	uint32_t stream;	// its number, 0: not used
	bool terminal;		// the source is a terminal's master
	bool attached;		// the current connection has taken this stream up
	bool readable;		// the source may have more
	bool ended;		// the source has ended
	bool end_sent;
	bool discard;		// the host wants no more
	uint64_t base;		// offset of the oldest byte kept: all below are acknowledged
	uint64_t sent;		// offset of the next byte to send
	struct ring ring;
	struct source source;
};

// A stream that takes FD (non-blocking) over, with WINDOW bytes of ring, attached. 0 or -ENOMEM (FD is not taken).
int output_init(struct output *output, uint32_t stream, int fd, bool terminal, size_t window);

// Stops watching, drops all. Idempotent.
void output_close(struct output *output);

// Reads what is there and fits. Call when the source became ready and when room was made.
void output_fill(struct output *output);

// The next bytes to send: at most MAX, and at most WINDOW unacknowledged in all. Returns the count, with their OFFSET
// and where they are, and counts them as sent; 0 when there is nothing to send now.
size_t output_take(struct output *output, size_t window, size_t max, uint64_t *offset, struct iovec segments[2]);

// True once, when everything was sent and the source has ended: End is due.
bool output_take_end(struct output *output);

// The host has everything below OFFSET. The first Ack on a new connection attaches the stream there: sending goes on
// at OFFSET. -EPROTO when it is beyond what was sent.
int output_acknowledge(struct output *output, uint64_t offset);

// The connection is gone: nothing is sent until an Ack.
void output_detach(struct output *output);

// The host wants no more. A pipe is closed, so that its writer meets that; a terminal is read and dropped.
void output_stop(struct output *output);
