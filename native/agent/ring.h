// A byte queue of fixed capacity. Its memory is mapped when first used, and reused from its start whenever it runs
// empty, so that a stream which keeps up touches few pages.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct ring {
	uint8_t *data;
	size_t capacity;
	size_t head;	// index of the oldest byte
	size_t length;	// bytes held
};

// Reserves CAPACITY bytes (> 0). 0 or -ENOMEM.
int ring_init(struct ring *ring, size_t capacity);

// Frees the memory; the ring then has no capacity. Idempotent.
void ring_free(struct ring *ring);

// The free space as up to two segments; returns how many (0: full).
int ring_space(const struct ring *ring, struct iovec segments[2]);

// COUNT bytes from OFFSET on (both within what is held) as up to two segments; returns how many.
int ring_slice(const struct ring *ring, size_t offset, size_t count, struct iovec segments[2]);

// COUNT bytes were put into the free space. COUNT is at most the space.
void ring_commit(struct ring *ring, size_t count);

// Drops the COUNT oldest bytes. COUNT is at most the length.
void ring_consume(struct ring *ring, size_t count);

// Appends as much of DATA as fits; returns how many bytes.
size_t ring_put(struct ring *ring, const void *data, size_t count);
