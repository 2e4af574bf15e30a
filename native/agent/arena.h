// Memory for the parts of one request, freed as a whole.
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

// COUNT zeroed elements of SIZE bytes, aligned for any type. NULL when out of memory.
void *arena_array(struct arena *arena, size_t count, size_t size);

void arena_free(struct arena *arena);
