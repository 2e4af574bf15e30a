// Where the content of a sparse file belongs: GNU's old format, and its pax forms 0.0 (a record for each number), 0.1 (one
// record with all) and 1.0 (the map stands before the content). GNU tar manual, "Sparse Formats".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_MAX_SIZE (1ULL << 60)
#define TAR_MAX_SEGMENTS (1u << 20)

struct tar_segment {
	uint64_t offset;
	uint64_t length;
};

// A number that an archive may leave out.
struct tar_optional {
	bool given;
	uint64_t value;
};

struct tar_sparse {
	struct tar_segment *segments;
	size_t count;
	size_t capacity;
	char *name;		// the true one; NULL: that of the entry
	bool has_map;
	bool has_offset;	// the last segment's length is missing
	struct tar_optional major, minor, blocks, size, real_size;
	// Of a map in the content: the number that is being read, and how many came before it.
	uint64_t number;
	unsigned digits;
	uint64_t numbers;
};

void tar_sparse_free(struct tar_sparse *sparse);

// A record "GNU.sparse.KEY". 0, -EINVAL or -ENOMEM.
int tar_sparse_record(struct tar_sparse *sparse, const char *key, size_t key_length, const char *value, size_t length);

// COUNT pairs of numbers, as the old format has them, up to the first empty one. 0, -EINVAL or -ENOMEM.
int tar_sparse_old_pairs(struct tar_sparse *sparse, const char *pairs, size_t count);

// Form 1.0.
bool tar_sparse_is_in_content(const struct tar_sparse *sparse);

// Form 0.0 or 0.1, complete as far as one can see without the content's size.
bool tar_sparse_is_in_records(const struct tar_sparse *sparse);

// More of a map in the content: 1 when that was all, 0 when there is more, -EINVAL or -ENOMEM.
int tar_sparse_feed(struct tar_sparse *sparse, const char *bytes, size_t length);

// Whether the segments lie within a file of SIZE bytes, in order, and are STORED bytes together. 0 or -EINVAL.
int tar_sparse_check(const struct tar_sparse *sparse, uint64_t size, uint64_t stored);
