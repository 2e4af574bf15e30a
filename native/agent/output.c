#include "output.h"

#include <errno.h>
#include <unistd.h>

#include "util.h"

// Reads of a terminal nobody looks at, before others get their turn.
#define MAX_DISCARDS 16

int output_init(struct output *output, uint32_t stream, int fd, bool terminal, size_t window)
{
	struct ring ring;
	int r = ring_init(&ring, window);

	if (r < 0)
		return r;
	output->stream = stream;
	output->terminal = terminal;
	output->attached = true;
	output->ring = ring;
	output->source.fd = fd;
	return 0;
}

void output_close(struct output *output)
{
	loop_close(&output->source);
	ring_free(&output->ring);
	output->ended = true;
	output->readable = false;
}

static void end_source(struct output *output)
{
	loop_close(&output->source);
	output->ended = true;
	output->readable = false;
}

// True when the read brought something.
static bool read_some(struct output *output, const struct iovec *segments, int count)
{
	ssize_t n = readv(output->source.fd, segments, count);

	if (n > 0) {
		ring_commit(&output->ring, (size_t)n);
		return true;
	}
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		output->readable = false;
	else
		end_source(output);	// end of file; EIO: the last slave of a terminal is closed
	return false;
}

static void discard_some(struct output *output)
{
	struct iovec segments[2];

	for (int i = 0; i < MAX_DISCARDS && output->readable; i++) {
		int count = ring_space(&output->ring, segments);

		(void)read_some(output, segments, count);
		output->base += output->ring.length;
		output->sent = output->base;
		ring_consume(&output->ring, output->ring.length);
	}
}

void output_fill(struct output *output)
{
	struct iovec segments[2];

	if (output->discard) {
		discard_some(output);
		return;
	}
	while (output->readable) {
		int count = ring_space(&output->ring, segments);

		if (count == 0 || !read_some(output, segments, count))
			break;
	}
}

size_t output_take(struct output *output, size_t window, size_t max, uint64_t *offset, struct iovec segments[2])
{
	size_t held = (size_t)(output->sent - output->base);
	size_t count = min_size(output->ring.length - held, max);

	if (!output->attached || output->discard || held >= window)
		return 0;
	count = min_size(count, window - held);
	(void)ring_slice(&output->ring, held, count, segments);
	*offset = output->sent;
	output->sent += count;
	return count;
}

bool output_take_end(struct output *output)
{
	if (!output->stream || !output->attached || !output->ended || output->end_sent || output->discard)
		return false;
	if (output->sent != output->base + output->ring.length)
		return false;
	output->end_sent = true;
	return true;
}

int output_acknowledge(struct output *output, uint64_t offset)
{
	uint64_t end = output->base + output->ring.length;

	if (output->discard)
		return 0;
	if (offset > (output->attached ? output->sent : end))
		return -EPROTO;
	if (offset > output->base) {
		ring_consume(&output->ring, (size_t)(offset - output->base));
		output->base = offset;
	}
	if (!output->attached) {
		// What an earlier Ack has released is gone; the host learns from the offset of the next Data.
		output->attached = true;
		output->sent = output->base;
		output->end_sent = false;
	}
	return 0;
}

void output_detach(struct output *output)
{
	output->attached = false;
}

void output_stop(struct output *output)
{
	if (output->discard)
		return;
	output->discard = true;
	output->base += output->ring.length;
	output->sent = output->base;
	ring_consume(&output->ring, output->ring.length);
	if (!output->terminal)
		output_close(output);
}
