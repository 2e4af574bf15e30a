#include "ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "util.h"

int ring_init(struct ring *ring, size_t capacity)
{
	void *data = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return -ENOMEM;
	*ring = (struct ring){.data = data, .capacity = capacity};
	return 0;
}

void ring_free(struct ring *ring)
{
	if (ring->data)
		(void)munmap(ring->data, ring->capacity);
	*ring = (struct ring){0};
}

// COUNT bytes starting at index START, wrapping, as segments.
static int segments_at(const struct ring *ring, size_t start, size_t count, struct iovec segments[2])
{
	size_t first;

	if (count == 0)
		return 0;
	if (start >= ring->capacity)
		start -= ring->capacity;
	first = min_size(count, ring->capacity - start);
	segments[0] = (struct iovec){ring->data + start, first};
	if (first == count)
		return 1;
	segments[1] = (struct iovec){ring->data, count - first};
	return 2;
}

int ring_space(const struct ring *ring, struct iovec segments[2])
{
	return segments_at(ring, ring->head + ring->length, ring->capacity - ring->length, segments);
}

int ring_slice(const struct ring *ring, size_t offset, size_t count, struct iovec segments[2])
{
	return segments_at(ring, ring->head + offset, count, segments);
}

void ring_commit(struct ring *ring, size_t count)
{
	ring->length += count;
}

void ring_consume(struct ring *ring, size_t count)
{
	ring->length -= count;
	ring->head += count;
	if (ring->length == 0)
		ring->head = 0;
	else if (ring->head >= ring->capacity)
		ring->head -= ring->capacity;
}

size_t ring_put(struct ring *ring, const void *data, size_t count)
{
	struct iovec segments[2];
	int n = ring_space(ring, segments);
	size_t done = 0;

	for (int i = 0; i < n && done < count; i++) {
		size_t part = min_size(count - done, segments[i].iov_len);

		memcpy(segments[i].iov_base, (const uint8_t *)data + done, part);
		done += part;
	}
	ring_commit(ring, done);
	return done;
}
