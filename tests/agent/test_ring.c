#include <sys/uio.h>

#include "buffer.h"
#include "ring.h"
#include "test.h"
#include "util.h"

static size_t take(struct ring *ring, char *text, size_t count)
{
	struct iovec segments[2];
	int n = ring_slice(ring, 0, min_size(count, ring->length), segments);
	size_t length = 0;

	for (int i = 0; i < n; i++) {
		memcpy(text + length, segments[i].iov_base, segments[i].iov_len);
		length += segments[i].iov_len;
	}
	text[length] = '\0';
	ring_consume(ring, length);
	return length;
}

static void keeps_order_across_the_wrap(void)
{
	struct ring ring;
	char text[64];

	CHECK_INT(ring_init(&ring, 8), 0);
	CHECK_INT(ring_put(&ring, "abcdef", 6), 6);
	CHECK_INT(take(&ring, text, 4), 4);
	CHECK_TEXT(text, "abcd");
	CHECK_INT(ring_put(&ring, "ghijkl", 6), 6);
	CHECK_INT(ring_put(&ring, "x", 1), 0);
	CHECK_INT(take(&ring, text, 8), 8);
	CHECK_TEXT(text, "efghijkl");
	CHECK_INT(ring.head, 0);
	ring_free(&ring);
}

static void has_no_space_when_full(void)
{
	struct iovec segments[2];
	struct ring ring;

	CHECK_INT(ring_init(&ring, 4), 0);
	CHECK_INT(ring_put(&ring, "abcdef", 6), 4);
	CHECK_INT(ring_space(&ring, segments), 0);
	ring_consume(&ring, 1);
	CHECK_INT(ring_space(&ring, segments), 1);
	CHECK_INT(segments[0].iov_len, 1);
	CHECK(segments[0].iov_base == ring.data);
	ring_free(&ring);
}

// Against a plain model: a counter of bytes in and out, every byte its own number.
static void agrees_with_a_counter(void)
{
	struct ring ring;
	unsigned in = 0;
	unsigned out = 0;
	unsigned seed = 1;

	CHECK_INT(ring_init(&ring, 37), 0);
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[64];
		struct iovec segments[2];
		size_t count = (seed = seed * 1103515245U + 12345U) >> 16 & 63;
		int n;

		for (size_t k = 0; k < count; k++)
			bytes[k] = (uint8_t)(in + k);
		in += (unsigned)ring_put(&ring, bytes, count);
		count = min_size(seed >> 24 & 63, ring.length);
		n = ring_slice(&ring, 0, count, segments);
		for (int s = 0; s < n; s++)
			for (size_t k = 0; k < segments[s].iov_len; k++)
				CHECK(((uint8_t *)segments[s].iov_base)[k] == (uint8_t)out++);
		ring_consume(&ring, count);
		CHECK_INT(in - out, ring.length);
	}
	ring_free(&ring);
}

void test_ring(void)
{
	keeps_order_across_the_wrap();
	has_no_space_when_full();
	agrees_with_a_counter();
}

void test_buffer(void)
{
	struct buffer buffer = {0};
	uint8_t *space = buffer_reserve(&buffer, 3);

	memcpy(space, "abc", 3);
	buffer_commit(&buffer, 3);
	buffer_consume(&buffer, 1);
	space = buffer_reserve(&buffer, 100000);
	CHECK(space != NULL);
	memset(space, 'x', 100000);
	buffer_commit(&buffer, 100000);
	CHECK_INT(buffer.length, 100002);
	CHECK(memcmp(buffer_bytes(&buffer), "bcxx", 4) == 0);
	CHECK(buffer_reserve(&buffer, SIZE_MAX - 10) == NULL);
	CHECK_INT(buffer.length, 100002);
	buffer_consume(&buffer, buffer.length);
	buffer_trim(&buffer, 4096);
	CHECK(buffer.data == NULL);
}
