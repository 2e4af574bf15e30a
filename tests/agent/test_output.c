#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "output.h"
#include "test.h"
#include "util.h"

#define WINDOW 16

static struct output output;
static int writer;

static void begin(void)
{
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	writer = ends[1];
	output = (struct output){.source.fd = -1};
	CHECK_INT(output_init(&output, 5, ends[0], false, WINDOW), 0);
}

static void end(void)
{
	output_close(&output);
	close_fd(&writer);
}

static void say(const char *text)
{
	CHECK_INT(write(writer, text, strlen(text)), strlen(text));
	output.readable = true;
	output_fill(&output);
}

// What is sent next, as "offset:bytes"; "" for nothing.
static const char *sent(size_t window, size_t max)
{
	static char text[64];
	struct iovec segments[2];
	uint64_t offset = 0;
	size_t count = output_take(&output, window, max, &offset, segments);
	size_t first = count ? min_size(segments[0].iov_len, count) : 0;

	text[0] = '\0';
	if (count)
		(void)snprintf(text, sizeof(text), "%llu:%.*s%.*s", (unsigned long long)offset, (int)first,
			(const char *)segments[0].iov_base, (int)(count - first),
			count > first ? (const char *)segments[1].iov_base : "");
	return text;
}

static void sends_in_order_and_waits_for_the_window(void)
{
	begin();
	say("0123456789abcdefXYZ");
	CHECK_TEXT(sent(WINDOW, 10), "0:0123456789");
	CHECK_TEXT(sent(12, 10), "10:ab");
	CHECK_TEXT(sent(12, 10), "");
	CHECK_TEXT(sent(WINDOW, 10), "12:cdef");
	CHECK_TEXT(sent(WINDOW, 10), "");
	CHECK_INT(output_acknowledge(&output, 4), 0);
	output_fill(&output);
	CHECK_TEXT(sent(WINDOW, 10), "16:XYZ");
	CHECK(!output_take_end(&output));
	end();
}

static void blocks_the_writer_when_full(void)
{
	char block[4096];
	int written = 0;

	begin();
	memset(block, 'x', sizeof(block));
	while (write(writer, block, sizeof(block)) > 0) {
		written++;
		output.readable = true;
		output_fill(&output);
	}
	CHECK_INT(errno, EAGAIN);
	CHECK(written > 0);
	CHECK_INT(output.ring.length, WINDOW);
	end();
}

static void ends_after_the_last_byte(void)
{
	begin();
	say("bye");
	close_fd(&writer);
	output.readable = true;
	output_fill(&output);
	CHECK(!output_take_end(&output));
	CHECK_TEXT(sent(WINDOW, 10), "0:bye");
	CHECK(output_take_end(&output));
	CHECK(!output_take_end(&output));
	CHECK_INT(output.sent, 3);
	end();
}

static void resumes_where_the_host_says(void)
{
	begin();
	say("0123456789");
	CHECK_TEXT(sent(WINDOW, 8), "0:01234567");
	CHECK_INT(output_acknowledge(&output, 2), 0);
	output_detach(&output);
	CHECK_TEXT(sent(WINDOW, 10), "");
	say("ab");
	CHECK_TEXT(sent(WINDOW, 10), "");
	CHECK_INT(output_acknowledge(&output, 5), 0);
	CHECK_TEXT(sent(WINDOW, 20), "5:56789ab");
	close_fd(&writer);
	output.readable = true;
	output_fill(&output);
	CHECK(output_take_end(&output));
	output_detach(&output);
	CHECK(!output_take_end(&output));
	CHECK_INT(output_acknowledge(&output, 12), 0);
	CHECK(output_take_end(&output));
	end();
}

static void refuses_impossible_acks(void)
{
	begin();
	say("0123");
	CHECK_TEXT(sent(WINDOW, 2), "0:01");
	CHECK_INT(output_acknowledge(&output, 3), -EPROTO);
	CHECK_INT(output_acknowledge(&output, 2), 0);
	CHECK_INT(output_acknowledge(&output, 1), 0);
	CHECK_INT(output.base, 2);
	output_detach(&output);
	CHECK_INT(output_acknowledge(&output, 5), -EPROTO);
	CHECK_INT(output_acknowledge(&output, UINT64_MAX), -EPROTO);
	end();
}

static void stops(void)
{
	begin();
	say("0123");
	output_stop(&output);
	CHECK_TEXT(sent(WINDOW, 2), "");
	CHECK(!output_take_end(&output));
	CHECK(write(writer, "x", 1) < 0 && errno == EPIPE);
	CHECK_INT(output_acknowledge(&output, 100), 0);
	end();
}

static void drains_a_stopped_terminal(void)
{
	begin();
	output.terminal = true;
	output_stop(&output);
	for (int i = 0; i < 100; i++)
		say("0123456789");
	CHECK_INT(output.ring.length, 0);
	CHECK(output.source.fd >= 0);
	end();
}

void test_output(void)
{
	sends_in_order_and_waits_for_the_window();
	blocks_the_writer_when_full();
	ends_after_the_last_byte();
	resumes_where_the_host_says();
	refuses_impossible_acks();
	stops();
	drains_a_stopped_terminal();
}
