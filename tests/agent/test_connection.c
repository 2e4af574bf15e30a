#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "test.h"
#include "util.h"

static const uint8_t preamble[MSG_PREAMBLE_SIZE] = "\xff\x6d\x76\x6d\x0d\x0a\x1a\x00" "0123456789abcdef";
static const char token[] = "the-token";

static struct loop loop;
static struct connection connection;
static int host;
static int lost;
static char frames[4096];	// what was handed out, each followed by '|'

static void take_frame(void *owner, struct connection *from, uint8_t *payload, size_t size)
{
	size_t length = strlen(frames);

	(void)owner;
	CHECK(from == &connection);
	(void)snprintf(frames + length, sizeof(frames) - length, "%.*s|", (int)size, (const char *)payload);
	if (size == 4 && memcmp(payload, "quit", 4) == 0)
		connection_end(from);
	if (size == 5 && memcmp(payload, "hello", 5) == 0)
		connection_authenticated(from);
}

static void count_lost(void *owner, struct connection *from)
{
	(void)owner;
	(void)from;
	lost++;
}

static bool knows_token(void *owner, const uint8_t *bytes, size_t length)
{
	(void)owner;
	return memmem(bytes, length, token, strlen(token)) != NULL;
}

static const struct connection_events events = {take_frame, count_lost, knows_token};

static void begin(bool serial)
{
	int ends[2];

	// A serial port keeps no message boundaries, but one read never joins two writes: SOCK_SEQPACKET is as it is.
	CHECK_INT(socketpair(AF_UNIX, (serial ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	host = ends[1];
	lost = 0;
	frames[0] = '\0';
	CHECK_INT(connection_open(&connection, &loop, ends[0], serial, &events, NULL), 0);
}

static void end(void)
{
	connection.serial = false;
	connection_end(&connection);
	close_fd(&host);
}

static void run(void)
{
	for (int i = 0; i < 50; i++) {
		CHECK_INT(loop_step(&loop, 0), 0);
		if (connection.state != CONNECTION_CLOSED && connection_has_work(&connection))
			connection_receive(&connection);
	}
}

static void send_bytes(const void *bytes, size_t length)
{
	CHECK_INT(send(host, bytes, length, MSG_NOSIGNAL), length);
	run();
}

static size_t put_frame(uint8_t *to, const char *text)
{
	uint32_t length = htobe32((uint32_t)strlen(text));

	memcpy(to, &length, 4);
	memcpy(to + 4, text, strlen(text));
	return 4 + strlen(text);
}

static void send_frame(const char *text)
{
	uint8_t bytes[256];

	send_bytes(bytes, put_frame(bytes, text));
}

static void greet(void)
{
	uint8_t echo[MSG_PREAMBLE_SIZE];

	send_bytes(preamble, sizeof(preamble));
	send_frame("hello");
	CHECK_INT(recv(host, echo, sizeof(echo), 0), sizeof(echo));
	CHECK(memcmp(echo, preamble, sizeof(echo)) == 0);
	CHECK_INT(connection.state, CONNECTION_OPEN);
}

static void splits_the_stream_into_frames(void)
{
	uint8_t bytes[256];
	size_t length = 0;

	begin(false);
	greet();
	length += put_frame(bytes + length, "one");
	length += put_frame(bytes + length, "");
	length += put_frame(bytes + length, "three");
	for (size_t i = 0; i < length; i++)
		send_bytes(bytes + i, 1);
	send_bytes(bytes, length);
	CHECK_TEXT(frames, "hello|one||three|one||three|");
	end();
}

static void takes_large_frames(void)
{
	uint32_t length = htobe32(90000);
	char *text = malloc(90000);

	begin(false);
	greet();
	memset(text, 'a', 90000);
	send_bytes(&length, 4);
	for (int i = 0; i < 9; i++)
		send_bytes(text + i * 10000, 10000);
	CHECK_INT(strlen(frames), sizeof(frames) - 1);
	frames[0] = '\0';
	send_frame("next");
	CHECK_TEXT(frames, "next|");
	free(text);
	end();
}

static void refuses_what_is_not_a_preamble(void)
{
	begin(false);
	send_bytes("GET / HTTP/1.0\r\n\r\n", 18);
	CHECK_INT(connection.state, CONNECTION_CLOSED);
	CHECK_INT(lost, 1);
	CHECK_TEXT(frames, "");
	end();
}

static void reports_a_frame_over_the_limit_as_empty(void)
{
	uint32_t length = htobe32(2000);

	begin(false);
	send_bytes(preamble, sizeof(preamble));
	send_bytes(&length, 4);
	CHECK_TEXT(frames, "|");
	end();
}

static void survives_an_end_inside_a_frame_event(void)
{
	uint8_t bytes[256];
	size_t length;

	begin(false);
	greet();
	length = put_frame(bytes, "quit");
	length += put_frame(bytes + length, "after");
	send_bytes(bytes, length);
	CHECK_TEXT(frames, "hello|quit|");
	CHECK_INT(connection.state, CONNECTION_CLOSED);
	CHECK_INT(lost, 0);
	end();
}

static void notices_a_lost_peer(void)
{
	begin(false);
	greet();
	close_fd(&host);
	run();
	CHECK_INT(lost, 1);
	CHECK_INT(connection.state, CONNECTION_CLOSED);
	end();
}

// The host died in the middle of a frame; the next one's first bytes are no part of it.
static void a_serial_peer_can_be_replaced_inside_a_frame(void)
{
	uint8_t bytes[256];
	uint32_t length = htobe32(1000);
	char echo[64];
	size_t size;

	begin(true);
	greet();
	send_bytes(&length, 4);
	send_bytes("half", 4);
	memcpy(bytes, preamble, sizeof(preamble));
	size = sizeof(preamble);
	size += put_frame(bytes + size, "hello");
	size += put_frame(bytes + size, token);
	send_bytes(bytes, size);
	CHECK_INT(lost, 1);
	CHECK_TEXT(frames, "hello|hello|the-token|");
	CHECK_INT(recv(host, echo, sizeof(echo), 0), MSG_PREAMBLE_SIZE);
	end();
}

static void a_preamble_without_the_token_is_data(void)
{
	uint32_t length = htobe32(sizeof(preamble));

	begin(true);
	greet();
	send_bytes(&length, 4);
	send_bytes(preamble, sizeof(preamble));
	CHECK_INT(lost, 0);
	CHECK(strncmp(frames, "hello|\xff", 7) == 0);
	end();
}

static void a_serial_peer_can_begin_anew_between_frames(void)
{
	begin(true);
	greet();
	send_bytes(preamble, sizeof(preamble));
	send_frame("hello");
	CHECK_INT(lost, 1);
	CHECK_INT(connection.state, CONNECTION_OPEN);
	end();
}

static void drops_what_a_gone_serial_peer_left(void)
{
	begin(true);
	send_bytes("leftovers of an earlier one", 27);
	greet();
	CHECK_TEXT(frames, "hello|");
	end();
}

static void sends_frames_as_the_transport_takes_them(void)
{
	size_t frames_sent = 0;
	size_t received = 0;
	char buffer[65536];
	ssize_t n;

	begin(false);
	greet();
	while (connection_room(&connection) >= 5000) {
		uint8_t *space = connection_begin(&connection, 5000);

		memset(space, 'x', 5000);
		connection_commit(&connection, 5000);
		connection_flush(&connection);
		frames_sent++;
	}
	CHECK(connection.blocked);
	for (int i = 0; i < 1000 && received < frames_sent * 5004; i++) {
		while ((n = recv(host, buffer, sizeof(buffer), 0)) > 0)
			received += (size_t)n;
		run();
	}
	CHECK_INT(received, frames_sent * 5004);
	CHECK_INT(connection.out.length, 0);
	end();
}

// Replies nobody reads: the agent stops taking requests instead of growing.
static void stops_reading_when_replies_pile_up(void)
{
	const size_t size = 1000000;
	char buffer[65536];
	uint8_t *space;

	begin(false);
	greet();
	space = connection_begin(&connection, size);
	memset(space, 'x', size);
	connection_commit(&connection, size);
	connection_flush(&connection);
	send_frame("later");
	CHECK_TEXT(frames, "hello|");
	for (int i = 0; i < 100; i++) {
		while (recv(host, buffer, sizeof(buffer), 0) > 0)
			;
		run();
	}
	CHECK_TEXT(frames, "hello|later|");
	end();
}

void test_connection(void)
{
	CHECK_INT(loop_init(&loop), 0);
	splits_the_stream_into_frames();
	takes_large_frames();
	refuses_what_is_not_a_preamble();
	reports_a_frame_over_the_limit_as_empty();
	survives_an_end_inside_a_frame_event();
	notices_a_lost_peer();
	a_serial_peer_can_be_replaced_inside_a_frame();
	a_preamble_without_the_token_is_data();
	a_serial_peer_can_begin_anew_between_frames();
	drops_what_a_gone_serial_peer_left();
	sends_frames_as_the_transport_takes_them();
	stops_reading_when_replies_pile_up();
	(void)close(loop.epoll);
}
