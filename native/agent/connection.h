// One connection to the host: bytes in, frames out, and the other way round. What the frames mean is its owner's
// business. The same for a vsock stream and for a virtio-serial port, which is never closed: there a lost host or a new
// preamble makes it new.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "generated/messages.h"
#include "loop.h"

enum connection_state {
	CONNECTION_PREAMBLE,	// nothing heard yet
	CONNECTION_HELLO,	// the peer must say Hello
	CONNECTION_OPEN,	// the peer is the host
	CONNECTION_CLOSED,
};

struct connection;

struct connection_events {
	// A whole frame. PAYLOAD may be changed.
	void (*frame)(void *owner, struct connection *connection, uint8_t *payload, size_t size);
	// The peer is gone, or was replaced by another that starts anew.
	void (*lost)(void *owner, struct connection *connection);
	// True if BYTES contain the VM's token.
	bool (*knows)(void *owner, const uint8_t *bytes, size_t length);
};

struct connection {
	struct source source;
	enum connection_state state;
	bool serial;
	bool readable;		// there may be more to read
	bool blocked;		// the transport takes no more for now
	size_t frame_limit;	// largest frame taken from the peer
	size_t chunk;		// bytes that one write takes at most
	struct buffer in;
	struct buffer out;
	struct connection_events events;
	void *owner;
};

// Takes FD over and watches it. 0 or -errno (FD is then closed).
int connection_open(struct connection *connection, struct loop *loop, int fd, bool serial,
	const struct connection_events *events, void *owner);

// Ends it from this side; what was written before is still sent as far as the transport takes it at once. A serial port
// is then ready for a new peer. Idempotent. Calls no event.
void connection_end(struct connection *connection);

// The peer is the host: frames of full size are taken from it.
void connection_authenticated(struct connection *connection);

// Reads and hands out frames, as long as not too much waits to be sent. Called by the loop; call it again when
// connection_has_work.
void connection_receive(struct connection *connection);

// True when connection_receive has stopped before it was done and can go on now.
bool connection_has_work(const struct connection *connection);

// Room for a payload of at most SIZE bytes, or NULL when out of memory.
uint8_t *connection_begin(struct connection *connection, size_t size);

// The payload is SIZE bytes long: the frame is queued.
void connection_commit(struct connection *connection, size_t size);

// Sends what is queued as far as the transport takes it.
void connection_flush(struct connection *connection);

// Bytes of another frame that still fit into one write together with what is queued; 0 when the transport is blocked.
size_t connection_room(const struct connection *connection);

// Sends all that is queued, waiting for the host to take it over, and closes. For the agent's last words: nothing of
// them may be left in a queue when the VM stops.
void connection_drain(struct connection *connection);
