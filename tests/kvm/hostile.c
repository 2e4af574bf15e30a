// /init of a guest that has turned on its host: takes the daemon's connection as the agent does, then misbehaves as
// ATTACK says. Links the agent's own reader of fw_cfg: what the agent knows, an attacker in its place knows.
#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fwcfg.h"
#include "generated/messages.h"

#define TOKEN_SIZE 32

enum attack {
	noise,    // random bytes instead of an answer, without end
	silence,  // closes every connection at once
	giant,    // a frame of 2 GiB
	empty,    // a frame of nothing
	garble,   // a frame that is no message
	imposter, // HelloReply with a wrong token
	stranger, // HelloReply as it should be, then output of a stream that nobody has opened
	vanish,   // HelloReply as it should be, then the VM is gone
	turncoat, // all as it should be until the connection is lost; garbage on the next
};

static int accept_host(void)
{
	const struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = MSG_VSOCK_PORT};
	static int listener = -1;

	if (listener < 0) {
		listener = socket(AF_VSOCK, SOCK_STREAM, 0);
		if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 8) < 0)
			_exit(1);
	}
	return accept(listener, NULL, NULL);
}

static bool put(int fd, const void *bytes, size_t length)
{
	return send(fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool put_frame(int fd, uint32_t length, const void *payload, size_t size)
{
	length = htonl(length);
	return put(fd, &length, sizeof(length)) && put(fd, payload, size);
}

static void echo_preamble(int fd)
{
	uint8_t preamble[MSG_PREAMBLE_SIZE];

	(void)recv(fd, preamble, sizeof(preamble), MSG_WAITALL);
	(void)put(fd, preamble, sizeof(preamble));
}

// [type 2, id 1, version 1, token, "x", "x", 0, 0, 0, false, []]: the host numbers its requests from 1, Hello first.
static void greet(int fd, bool honest)
{
	uint8_t reply[6 + TOKEN_SIZE + 9] = {0x9b, 2, 1, 1, 0xc4, TOKEN_SIZE};
	const uint8_t rest[9] = {0xa1, 'x', 0xa1, 'x', 0, 0, 0, 0xc2, 0x90};

	if (honest)
		(void)fwcfg_read(MSG_TOKEN_FILE, reply + 6, TOKEN_SIZE);
	memcpy(reply + 6 + TOKEN_SIZE, rest, sizeof(rest));
	(void)put_frame(fd, sizeof(reply), reply, sizeof(reply));
}

// Reads the host's next message: an answer before its request would be an attack of another kind.
static void take_frame(int fd)
{
	uint32_t length = 0;
	uint8_t byte;

	(void)recv(fd, &length, sizeof(length), MSG_WAITALL);
	for (length = ntohl(length); length > 0 && recv(fd, &byte, 1, 0) == 1; length--)
		continue;
}

static void attack(int fd)
{
	static uint8_t bytes[65536];
	static int connections;

	(void)getrandom(bytes, sizeof(bytes), 0);
	if (ATTACK == silence)
		return;
	if (ATTACK == noise)
		while (put(fd, bytes, sizeof(bytes)))
			continue;
	echo_preamble(fd);
	if (ATTACK == giant)
		(void)put_frame(fd, 0x7fffffff, bytes, sizeof(bytes));
	if (ATTACK == empty)
		(void)put_frame(fd, 0, NULL, 0);
	if (ATTACK == garble)
		(void)put_frame(fd, 1000, bytes, 1000);
	if (ATTACK == turncoat && connections++ > 0)
		(void)put_frame(fd, 1000, bytes, 1000);
	else if (ATTACK >= imposter)
		greet(fd, ATTACK != imposter);
	if (ATTACK == stranger)
		(void)put_frame(fd, 8, "\x95\x10\x00\x07\x00\xc4\x01!", 8);
	if (ATTACK == turncoat && connections == 1) {
		for (int i = 0; i < 3; i++) // Hello, Setup, Start
			take_frame(fd);
		(void)(put_frame(fd, 3, "\x92\x03\x02", 3) && put_frame(fd, 4, "\x93\x07\x03\x01", 4)); // Ok, Started
	}
	if (ATTACK == vanish)
		(void)reboot(RB_AUTOBOOT);
}

int main(void)
{
	for (;;) {
		int fd = accept_host();

		attack(fd);
		while (ATTACK != silence && recv(fd, &(char){0}, 1, 0) == 1)
			continue;
		(void)close(fd);
	}
}
