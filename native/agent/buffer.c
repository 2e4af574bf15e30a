#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST 4096

uint8_t *buffer_reserve(struct buffer *buffer, size_t count)
{
	size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;
	uint8_t *data;

	if (buffer->head > 0 && buffer->capacity - buffer->head - buffer->length < count) {
		memmove(buffer->data, buffer->data + buffer->head, buffer->length);
		buffer->head = 0;
	}
	if (buffer->capacity - buffer->head - buffer->length < count) {
		while (capacity - buffer->length < count)
			if (__builtin_mul_overflow(capacity, 2, &capacity))
				return NULL;
		data = realloc(buffer->data, capacity);
		if (!data)
			return NULL;
		buffer->data = data;
		buffer->capacity = capacity;
	}
	return buffer->data + buffer->head + buffer->length;
}

void buffer_commit(struct buffer *buffer, size_t count)
{
	buffer->length += count;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
	buffer->length -= count;
	buffer->head = buffer->length ? buffer->head + count : 0;
}

void buffer_trim(struct buffer *buffer, size_t keep)
{
	if (buffer->length == 0 && buffer->capacity > keep)
		buffer_free(buffer);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}
