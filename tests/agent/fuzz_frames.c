// libFuzzer target: the bytes of one host, from the preamble on, through the connection and the decoder, in reads of
// sizes that the input chooses. What is decoded is encoded again and must decode to the same bytes.
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mp_arena arena;
static struct connection connection;
static struct loop loop;

// Every payload that decodes has one shortest form, which is stable.
static void check_round_trip(const struct msg *message)
{
	static uint8_t first[1 << 17];
	static uint8_t second[1 << 17];
	static struct mp_arena other;
	struct msg again;
	ssize_t length = msg_encode(message, first, sizeof(first));
	uint8_t *copy;

	if (length < 0)
		return;
	if (!other.data)
		other = (struct mp_arena){.data = malloc(MSG_ARENA_SIZE), .size = MSG_ARENA_SIZE};
	other.used = 0;
	copy = malloc((size_t)length);
	memcpy(copy, first, (size_t)length);
	if (msg_decode(copy, (size_t)length, true, &other, &again) != 0)
		abort();
	if (msg_encode(&again, second, sizeof(second)) != length || memcmp(first, second, (size_t)length) != 0)
		abort();
	free(copy);
}

static void take_frame(void *owner, struct connection *from, uint8_t *payload, size_t size)
{
	// A copy of its exact size, so that ASan sees the first byte too many.
	uint8_t *copy = malloc(size ? size : 1);
	struct msg message;

	(void)owner;
	memcpy(copy, payload, size);
	arena.used = 0;
	if (msg_decode(copy, size, true, &arena, &message) < 0)
		connection_end(from);
	else
		check_round_trip(&message);
	if (from->state == CONNECTION_HELLO)
		connection_authenticated(from);
	free(copy);
}

static void ignore_lost(void *owner, struct connection *from)
{
	(void)owner;
	(void)from;
}

static bool knows_all(void *owner, const uint8_t *bytes, size_t length)
{
	(void)owner;
	return length > MSG_PREAMBLE_SIZE && bytes[MSG_PREAMBLE_SIZE] == 0;
}

static void run(bool serial, const uint8_t *data, size_t size, size_t chunk)
{
	static const struct connection_events events = {take_frame, ignore_lost, knows_all};
	int ends[2];

	if (socketpair(AF_UNIX, (serial ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	if (connection_open(&connection, &loop, ends[0], serial, &events, NULL) < 0)
		abort();
	while (size > 0 && connection.source.fd >= 0) {
		size_t part = min_size(chunk, size);

		if (send(ends[1], data, part, MSG_NOSIGNAL) != (ssize_t)part)
			break;
		connection.readable = true;
		connection_receive(&connection);
		data += part;
		size -= part;
	}
	connection.serial = false;
	connection_end(&connection);
	(void)close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t preamble[MSG_PREAMBLE_SIZE] = "\xff\x6d\x76\x6d\x0d\x0a\x1a\x00";
	uint8_t *bytes;

	if (!arena.data) {
		arena = (struct mp_arena){.data = malloc(MSG_ARENA_SIZE), .size = MSG_ARENA_SIZE};
		if (loop_init(&loop) < 0)
			abort();
	}
	if (size < 2)
		return 0;
	bytes = malloc(sizeof(preamble) + size);
	memcpy(bytes, preamble, sizeof(preamble));
	memcpy(bytes + sizeof(preamble), data + 2, size - 2);
	run(data[0] & 1, bytes, sizeof(preamble) + size - 2, 1 + (size_t)data[1] * 64);
	free(bytes);
	return 0;
}
