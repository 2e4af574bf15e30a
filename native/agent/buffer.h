// A growable byte queue: appended at the end, taken from the front.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *data;
	size_t capacity;
	size_t head;	// first byte held
	size_t length;	// bytes held
};

// Room for COUNT more bytes behind those held, contiguous. NULL when out of memory; the content is then unchanged.
uint8_t *buffer_reserve(struct buffer *buffer, size_t count);

// COUNT bytes were written to what buffer_reserve returned.
void buffer_commit(struct buffer *buffer, size_t count);

// The bytes held.
static inline uint8_t *buffer_bytes(const struct buffer *buffer)
{
	return buffer->data + buffer->head;
}

// Drops COUNT bytes (at most the length) from the front.
void buffer_consume(struct buffer *buffer, size_t count);

// Gives memory beyond KEEP bytes back when nothing is held.
void buffer_trim(struct buffer *buffer, size_t keep);

void buffer_free(struct buffer *buffer);
