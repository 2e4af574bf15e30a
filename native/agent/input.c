#include "input.h"

#include <errno.h>
#include <unistd.h>

#include "util.h"

int input_init(struct input *input, uint32_t stream, int fd, size_t window)
{
	struct ring ring;
	int r = ring_init(&ring, window);

	if (r < 0)
		return r;
	input->stream = stream;
	input->ring = ring;
	input->source.fd = fd;
	return 0;
}

void input_close(struct input *input)
{
	loop_close(&input->source);
	ring_free(&input->ring);
}

int input_data(struct input *input, uint64_t offset, const void *data, size_t length)
{
	uint64_t known;

	if (input->stopped)
		return 0;	// it was under way when the reader went
	if (offset > input->received || input->ended)
		return -EPROTO;
	known = input->received - offset;
	if (known >= length)
		return 0;
	data = (const uint8_t *)data + known;
	length -= (size_t)known;
	if (ring_put(&input->ring, data, length) < length)
		return -EPROTO;
	input->received += length;
	return 0;
}

int input_end(struct input *input, uint64_t offset)
{
	if (input->stopped)
		return 0;
	if (offset != input->received)
		return -EPROTO;
	input->ended = true;
	return 0;
}

void input_flush(struct input *input)
{
	struct iovec segments[2];

	while (input->source.fd >= 0 && input->ring.length > 0) {
		int count = ring_slice(&input->ring, 0, input->ring.length, segments);
		ssize_t n = writev(input->source.fd, segments, count);

		if (n >= 0)
			ring_consume(&input->ring, (size_t)n);
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			input_stop(input);
	}
	if (input->ended && input->ring.length == 0)
		loop_close(&input->source);
}

void input_stop(struct input *input)
{
	if (input->source.fd < 0)
		return;
	input->stopped = true;
	input_close(input);
}

bool input_take_ack(struct input *input, uint64_t *offset)
{
	uint64_t taken = input->received - input->ring.length;
	uint64_t fresh = taken - input->acknowledged;

	if (!input->stream || input->stopped || fresh == 0)
		return false;
	// Not for every few bytes of a large transfer, but always when nothing is left.
	if (input->ring.length > 0 && fresh < input->ring.capacity / 4)
		return false;
	input->acknowledged = taken;
	*offset = taken;
	return true;
}

bool input_take_stop(struct input *input)
{
	if (!input->stream || !input->stopped || input->stop_sent)
		return false;
	input->stop_sent = true;
	return true;
}

void input_attach(struct input *input)
{
	input->stop_sent = input->stopped;
}
