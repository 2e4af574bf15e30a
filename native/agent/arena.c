#include "arena.h"

#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) unsigned char bytes[];
};

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block;
	size_t total;

	if (__builtin_mul_overflow(count, size, &total) || __builtin_add_overflow(total, sizeof(*block), &total))
		return NULL;
	block = calloc(1, total);
	if (!block)
		return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->bytes;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
