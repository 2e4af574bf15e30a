#include "connection.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "util.h"

#define LENGTH_SIZE 4
// virtio_console sends at most this much with one write(2): a frame within it is never half sent to a host that goes.
#define SERIAL_CHUNK 32768
#define SOCKET_CHUNK (MSG_MAX_DATA + 64)
#define HELLO_LIMIT 1024
#define READ_SIZE 65536
// Reads in a row, before others get their turn.
#define MAX_READS 16
// Replies that wait because the host does not read: then nothing more is taken from it.
#define OUT_LIMIT (256 * 1024)
// Where a Hello's token must be, counted from its preamble.
#define TOKEN_REACH 256

static void start_anew(struct connection *connection)
{
	connection->state = CONNECTION_PREAMBLE;
	connection->frame_limit = HELLO_LIMIT;
	connection->blocked = false;
	buffer_free(&connection->out);
}

static void ready(struct source *source, uint32_t events)
{
	struct connection *connection = CONTAINER_OF(source, struct connection, source);

	if (events & EPOLLOUT)
		connection->blocked = false;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		connection->readable = true;
	if (connection->serial && (events & EPOLLHUP) && connection->state != CONNECTION_PREAMBLE) {
		buffer_free(&connection->in);
		start_anew(connection);
		connection->events.lost(connection->owner, connection);
	}
	connection_receive(connection);
	connection_flush(connection);
}

int connection_open(struct connection *connection, struct loop *loop, int fd, bool serial,
	const struct connection_events *events, void *owner)
{
	int r;

	*connection = (struct connection){
		.source = {.fd = fd, .ready = ready},
		.serial = serial,
		.chunk = serial ? SERIAL_CHUNK : SOCKET_CHUNK,
		.events = *events,
		.owner = owner,
	};
	start_anew(connection);
	r = loop_add(loop, &connection->source);
	if (r < 0)
		connection_end(connection);
	return r;
}

void connection_end(struct connection *connection)
{
	connection_flush(connection);
	buffer_free(&connection->in);
	start_anew(connection);
	if (connection->serial && connection->source.fd >= 0)
		return;
	// A child that is about to execve holds a copy of the socket: closing alone would not tell the peer.
	if (connection->source.fd >= 0)
		(void)shutdown(connection->source.fd, SHUT_RDWR);
	loop_close(&connection->source);
	connection->state = CONNECTION_CLOSED;
}

void connection_authenticated(struct connection *connection)
{
	connection->state = CONNECTION_OPEN;
	connection->frame_limit = MSG_MAX_FRAME_TO_GUEST;
}

static void lose(struct connection *connection)
{
	connection_end(connection);
	connection->events.lost(connection->owner, connection);
}

// A whole preamble starts at BYTES.
static bool is_preamble(const uint8_t *bytes, size_t length)
{
	uint64_t magic;

	if (length < MSG_PREAMBLE_SIZE)
		return false;
	memcpy(&magic, bytes, sizeof(magic));
	return be64toh(magic) == MSG_PREAMBLE_MAGIC;
}

// A serial port joins what different hosts have sent: one that went in the middle of a frame must not take the next
// one's Hello with it. What arrives together starts together, and nobody else knows the token.
static void find_new_peer(struct connection *connection, size_t count)
{
	const uint8_t *bytes = buffer_bytes(&connection->in) + connection->in.length - count;

	if (connection->state == CONNECTION_PREAMBLE || !is_preamble(bytes, count))
		return;
	if (!connection->events.knows(connection->owner, bytes, min_size(count, TOKEN_REACH)))
		return;
	buffer_consume(&connection->in, connection->in.length - count);
	start_anew(connection);
	connection->events.lost(connection->owner, connection);
}

// Bytes that the frame at the front still needs, at least 1.
static size_t missing(const struct connection *connection)
{
	uint32_t size;

	if (connection->in.length < LENGTH_SIZE)
		return 1;
	memcpy(&size, buffer_bytes(&connection->in), sizeof(size));
	size = be32toh(size);
	if (size > connection->frame_limit || LENGTH_SIZE + (size_t)size <= connection->in.length)
		return 1;
	return LENGTH_SIZE + (size_t)size - connection->in.length;
}

// One read. False when there is nothing more for now, or the peer is gone.
static bool read_some(struct connection *connection)
{
	size_t size = missing(connection);
	uint8_t *space;
	ssize_t n;

	if (size < READ_SIZE)
		size = READ_SIZE;
	space = buffer_reserve(&connection->in, size);
	if (!space) {
		lose(connection);
		return false;
	}
	n = read(connection->source.fd, space, size);
	if (n > 0) {
		buffer_commit(&connection->in, (size_t)n);
		if (connection->serial)
			find_new_peer(connection, (size_t)n);
		return true;
	}
	if (n < 0 && errno == EINTR)
		return true;
	connection->readable = false;
	// A port without a host reads as its end.
	if (!connection->serial && (n == 0 || errno != EAGAIN))
		lose(connection);
	return false;
}

// Answers a preamble with its echo. False when there is none at the front.
static bool take_preamble(struct connection *connection)
{
	uint8_t *echo;

	if (!is_preamble(buffer_bytes(&connection->in), connection->in.length))
		return false;
	echo = buffer_reserve(&connection->out, MSG_PREAMBLE_SIZE);
	if (!echo)
		return false;
	memcpy(echo, buffer_bytes(&connection->in), MSG_PREAMBLE_SIZE);
	buffer_commit(&connection->out, MSG_PREAMBLE_SIZE);
	buffer_consume(&connection->in, MSG_PREAMBLE_SIZE);
	connection->state = CONNECTION_HELLO;
	return true;
}

// Takes the preamble, or drops what can't be one: leftovers of an earlier host on a serial port. True on progress.
static bool expect_preamble(struct connection *connection)
{
	const uint64_t magic = htobe64(MSG_PREAMBLE_MAGIC);

	if (take_preamble(connection))
		return true;
	if (memcmp(buffer_bytes(&connection->in), &magic, min_size(connection->in.length, sizeof(magic))) == 0)
		return false;
	if (connection->serial)
		buffer_consume(&connection->in, connection->in.length);
	else
		lose(connection);
	return false;
}

// Hands out the frame at the front. True on progress.
static bool take_frame(struct connection *connection)
{
	uint8_t *bytes = buffer_bytes(&connection->in);
	uint32_t size;

	if (connection->in.length < LENGTH_SIZE)
		return false;
	memcpy(&size, bytes, sizeof(size));
	size = be32toh(size);
	// The peer of a serial port may begin anew between two frames.
	if (connection->serial && is_preamble(bytes, connection->in.length)) {
		start_anew(connection);
		connection->events.lost(connection->owner, connection);
		return true;
	}
	if (size > connection->frame_limit) {
		// No message can say so: the owner hears of an empty frame, which is malformed too.
		connection->events.frame(connection->owner, connection, bytes, 0);
		return false;
	}
	if (connection->in.length < LENGTH_SIZE + (size_t)size)
		return false;
	connection->events.frame(connection->owner, connection, bytes + LENGTH_SIZE, size);
	// The owner may have ended the connection, and its buffer with it.
	if (connection->in.length > 0)
		buffer_consume(&connection->in, LENGTH_SIZE + (size_t)size);
	return true;
}

static bool parse_some(struct connection *connection)
{
	if (connection->in.length == 0 || connection->out.length > OUT_LIMIT)
		return false;
	return connection->state == CONNECTION_PREAMBLE ? expect_preamble(connection) : take_frame(connection);
}

void connection_receive(struct connection *connection)
{
	for (int reads = 0; reads < MAX_READS; reads++) {
		while (connection->state != CONNECTION_CLOSED && parse_some(connection))
			;
		if (connection->out.length > OUT_LIMIT || !connection->readable || connection->source.fd < 0)
			break;
		if (!read_some(connection))
			break;
	}
	buffer_trim(&connection->in, 4 * READ_SIZE);
}

bool connection_has_work(const struct connection *connection)
{
	return connection->readable && connection->source.fd >= 0 && connection->out.length <= OUT_LIMIT;
}

uint8_t *connection_begin(struct connection *connection, size_t size)
{
	uint8_t *space = buffer_reserve(&connection->out, LENGTH_SIZE + size);

	return space ? space + LENGTH_SIZE : NULL;
}

void connection_commit(struct connection *connection, size_t size)
{
	uint32_t length = htobe32((uint32_t)size);

	memcpy(buffer_bytes(&connection->out) + connection->out.length, &length, sizeof(length));
	buffer_commit(&connection->out, LENGTH_SIZE + size);
}

void connection_flush(struct connection *connection)
{
	while (connection->out.length > 0 && !connection->blocked && connection->source.fd >= 0) {
		size_t size = min_size(connection->out.length, connection->chunk);
		ssize_t n = write(connection->source.fd, buffer_bytes(&connection->out), size);

		if (n > 0)
			buffer_consume(&connection->out, (size_t)n);
		else if (n < 0 && errno != EINTR)
			connection->blocked = true;	// for good, if the peer is gone: reading finds that out
	}
	if (connection->out.length == 0)
		buffer_trim(&connection->out, 2 * SOCKET_CHUNK);
}

size_t connection_room(const struct connection *connection)
{
	if (connection->blocked || connection->out.length + LENGTH_SIZE >= connection->chunk)
		return 0;
	return connection->chunk - connection->out.length - LENGTH_SIZE;
}

void connection_drain(struct connection *connection)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 1};
	int fd = connection->source.fd;

	// A blocking write to a port returns when the host has taken the bytes; closing a socket that lingers does, when
	// the host has read them.
	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return;
	connection->blocked = false;
	connection_flush(connection);
	if (!connection->serial) {
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		loop_close(&connection->source);
	}
}
