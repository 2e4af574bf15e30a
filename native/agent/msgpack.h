// MessagePack (github.com/msgpack/msgpack, spec.md), the part the protocol needs. The reader's first error sticks: what is
// read after it is zero or empty, so that callers check once, at the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads DATA, and changes it: texts are made C strings in place.
struct mp_reader {
	uint8_t *data;
	size_t length;
	size_t position;
	int error;	// 0, -EPROTO or -ENOMEM
};

struct mp_bytes {
	const uint8_t *data;
	size_t length;
};

// Memory for arrays, handed out from the front; whoever owns it says when all of it is free again (used = 0).
struct mp_arena {
	uint8_t *data;	// aligned as malloc does
	size_t size;
	size_t used;
};

bool mp_read_bool(struct mp_reader *r);
uint32_t mp_read_u32(struct mp_reader *r);
uint64_t mp_read_u64(struct mp_reader *r);
int32_t mp_read_i32(struct mp_reader *r);

// At most LIMIT bytes, none of them NUL. Never NULL.
const char *mp_read_text(struct mp_reader *r, size_t limit);
struct mp_bytes mp_read_binary(struct mp_reader *r, size_t limit);

// Count of the elements that follow: at most LIMIT, and no more than there are bytes left.
size_t mp_read_array(struct mp_reader *r, size_t limit);

// An array of texts, NULL-terminated. Never NULL.
const char **mp_read_texts(struct mp_reader *r, struct mp_arena *arena, size_t limit, size_t text_limit, size_t *ret_count);

// An array that holds a record of KNOWN fields: how many fields of a later version follow them.
size_t mp_read_record(struct mp_reader *r, size_t known);
// The same for a record whose array has COUNT fields.
size_t mp_later(struct mp_reader *r, size_t count, size_t known);

// Skips COUNT values of any kind, nested no deeper than DEPTH.
void mp_skip(struct mp_reader *r, size_t count, size_t depth);

// COUNT elements of SIZE bytes, zeroed; NULL with -ENOMEM when the arena is used up.
void *mp_arena_get(struct mp_reader *r, struct mp_arena *arena, size_t count, size_t size);

// Writes into DATA, each value in its shortest format. What does not fit, or is over its LIMIT, sets OVERFLOW.
struct mp_writer {
	uint8_t *data;
	size_t size;
	size_t length;
	bool overflow;
};

void mp_write_bool(struct mp_writer *w, bool value);
void mp_write_uint(struct mp_writer *w, uint64_t value);
void mp_write_int(struct mp_writer *w, int32_t value);
void mp_write_text(struct mp_writer *w, const char *text, size_t limit);	// NULL is empty
void mp_write_texts(struct mp_writer *w, const char *const *texts, size_t count, size_t limit, size_t text_limit);
void mp_write_binary(struct mp_writer *w, struct mp_bytes bytes, size_t limit);
void mp_write_binary_head(struct mp_writer *w, size_t length, size_t limit);
void mp_write_array(struct mp_writer *w, size_t count);
void mp_write_list(struct mp_writer *w, size_t count, size_t limit);

// Head of a message: its array of FIELDS and two more, with type and id.
void mp_write_head(struct mp_writer *w, uint32_t type, uint32_t id, size_t fields);
