#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "input.h"
#include "test.h"
#include "util.h"

#define WINDOW 16

static struct input input;
static int reader;

static void begin(void)
{
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	reader = ends[0];
	input = (struct input){.source.fd = -1};
	CHECK_INT(input_init(&input, 5, ends[1], WINDOW), 0);
}

static void end(void)
{
	input_close(&input);
	close_fd(&reader);
}

static const char *heard(void)
{
	static char text[65537];
	ssize_t n = read(reader, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void fill_pipe(void)
{
	char block[4096] = {0};

	while (write(input.source.fd, block, sizeof(block)) > 0)
		;
}

static void empty_pipe(void)
{
	char block[65536];

	while (read(reader, block, sizeof(block)) > 0)
		;
}

static void passes_bytes_and_acknowledges(void)
{
	uint64_t offset = 99;

	begin();
	CHECK(!input_take_ack(&input, &offset));
	CHECK_INT(input_data(&input, 0, "hello", 5), 0);
	input_flush(&input);
	CHECK_TEXT(heard(), "hello");
	CHECK(input_take_ack(&input, &offset));
	CHECK_INT(offset, 5);
	CHECK(!input_take_ack(&input, &offset));
	end();
}

static void skips_what_it_has(void)
{
	begin();
	CHECK_INT(input_data(&input, 0, "abc", 3), 0);
	CHECK_INT(input_data(&input, 1, "bcd", 3), 0);
	CHECK_INT(input_data(&input, 0, "ab", 2), 0);
	input_flush(&input);
	CHECK_TEXT(heard(), "abcd");
	end();
}

static void refuses_gaps_and_more_than_the_window(void)
{
	begin();
	CHECK_INT(input_data(&input, 1, "x", 1), -EPROTO);
	CHECK_INT(input_data(&input, 0, "0123456789abcdefX", 17), -EPROTO);
	end();
	begin();
	CHECK_INT(input_data(&input, 0, "abc", 3), 0);
	CHECK_INT(input_end(&input, 2), -EPROTO);
	CHECK_INT(input_end(&input, 3), 0);
	CHECK_INT(input_data(&input, 3, "d", 1), -EPROTO);
	end();
}

static void closes_after_the_last_byte(void)
{
	char byte;

	begin();
	CHECK_INT(input_data(&input, 0, "abc", 3), 0);
	CHECK_INT(input_end(&input, 3), 0);
	input_flush(&input);
	CHECK_INT(input.source.fd, -1);
	CHECK_TEXT(heard(), "abc");
	CHECK_INT(read(reader, &byte, 1), 0);
	end();
}

static void holds_what_the_process_does_not_read(void)
{
	uint64_t offset = 99;

	begin();
	fill_pipe();
	CHECK_INT(input_data(&input, 0, "abc", 3), 0);
	input_flush(&input);
	CHECK(!input_take_ack(&input, &offset));
	CHECK_INT(input_end(&input, 3), 0);
	input_flush(&input);
	CHECK(input.source.fd >= 0);
	empty_pipe();
	input_flush(&input);
	CHECK_TEXT(heard(), "abc");
	CHECK_INT(input.source.fd, -1);
	end();
}

static void acknowledges_a_large_transfer_in_parts(void)
{
	uint64_t offset = 99;

	begin();
	CHECK_INT(input_data(&input, 0, "0123456789abcdef", 16), 0);
	ring_consume(&input.ring, 3);
	CHECK(!input_take_ack(&input, &offset));
	ring_consume(&input.ring, 1);
	CHECK(input_take_ack(&input, &offset));
	CHECK_INT(offset, 4);
	end();
}

static void stops_when_the_reader_goes(void)
{
	begin();
	close_fd(&reader);
	CHECK(!input_take_stop(&input));
	CHECK_INT(input_data(&input, 0, "abc", 3), 0);
	input_flush(&input);
	CHECK(input_take_stop(&input));
	CHECK(!input_take_stop(&input));
	CHECK_INT(input_data(&input, 3, "def", 3), 0);
	CHECK_INT(input_data(&input, 77, "x", 1), 0);
	CHECK_INT(input_end(&input, 1), 0);
	end();
	// A host that comes later is told by HelloReply.
	begin();
	close_fd(&reader);
	CHECK_INT(input_data(&input, 0, "abc", 3), 0);
	input_flush(&input);
	input_attach(&input);
	CHECK(!input_take_stop(&input));
	end();
}

void test_input(void)
{
	passes_bytes_and_acknowledges();
	skips_what_it_has();
	refuses_gaps_and_more_than_the_window();
	closes_after_the_last_byte();
	holds_what_the_process_does_not_read();
	acknowledges_a_large_transfer_in_parts();
	stops_when_the_reader_goes();
}
