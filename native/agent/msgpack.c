#include "msgpack.h"

#include <errno.h>
#include <string.h>

// An empty list of texts.
static const char *const no_texts[] = {NULL};

static void fault(struct mp_reader *r)
{
	if (!r->error)
		r->error = -EPROTO;
}

// The next COUNT bytes; NULL when there are fewer.
static uint8_t *take(struct mp_reader *r, size_t count)
{
	uint8_t *bytes = r->data + r->position;

	if (r->error || count > r->length - r->position) {
		fault(r);
		return NULL;
	}
	r->position += count;
	return bytes;
}

// An integer of COUNT bytes, most significant first.
static uint64_t number(struct mp_reader *r, size_t count)
{
	const uint8_t *bytes = take(r, count);
	uint64_t value = 0;

	for (size_t i = 0; bytes && i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint8_t next(struct mp_reader *r)
{
	return (uint8_t)number(r, 1);
}

bool mp_read_bool(struct mp_reader *r)
{
	uint8_t format = next(r);

	if (format != 0xc2 && format != 0xc3)
		fault(r);
	return !r->error && format == 0xc3;
}

static uint64_t unsigned_value(struct mp_reader *r, uint8_t format)
{
	uint64_t value = format;

	if (format >= 0xcc && format <= 0xcf)
		value = number(r, (size_t)1 << (format - 0xcc));
	else if (format > 0x7f)
		fault(r);
	return r->error ? 0 : value;
}

uint64_t mp_read_u64(struct mp_reader *r)
{
	return unsigned_value(r, next(r));
}

uint32_t mp_read_u32(struct mp_reader *r)
{
	uint64_t value = mp_read_u64(r);

	if (value > UINT32_MAX)
		fault(r);
	return r->error ? 0 : (uint32_t)value;
}

int32_t mp_read_i32(struct mp_reader *r)
{
	uint8_t format = next(r);
	uint64_t value;

	switch (format) {
	case 0xd0:
		return (int8_t)number(r, 1);
	case 0xd1:
		return (int16_t)number(r, 2);
	case 0xd2:
		return (int32_t)number(r, 4);
	default:
		if (format >= 0xe0)
			return (int8_t)format;
		value = unsigned_value(r, format);
		if (value > INT32_MAX)
			fault(r);
		return r->error ? 0 : (int32_t)value;
	}
}

// A length in 1, 2 or 4 bytes: FORMAT counts from BASE.
static size_t sized(struct mp_reader *r, uint8_t format, uint8_t base)
{
	return (size_t)number(r, (size_t)1 << (format - base));
}

const char *mp_read_text(struct mp_reader *r, size_t limit)
{
	uint8_t format = next(r);
	size_t length = 0;
	uint8_t *bytes;

	if (format >= 0xa0 && format <= 0xbf)
		length = format & 0x1f;
	else if (format >= 0xd9 && format <= 0xdb)
		length = sized(r, format, 0xd9);
	else
		fault(r);
	if (length > limit)
		fault(r);
	bytes = take(r, length);
	if (!bytes || memchr(bytes, '\0', length)) {
		fault(r);
		return "";
	}
	// Over the last byte of its own head, so that there is room for the NUL.
	memmove(bytes - 1, bytes, length);
	bytes[(ptrdiff_t)length - 1] = '\0';
	return (const char *)bytes - 1;
}

struct mp_bytes mp_read_binary(struct mp_reader *r, size_t limit)
{
	uint8_t format = next(r);
	size_t length = 0;
	uint8_t *bytes;

	if (format >= 0xc4 && format <= 0xc6)
		length = sized(r, format, 0xc4);
	else
		fault(r);
	if (length > limit)
		fault(r);
	bytes = take(r, length);
	return bytes ? (struct mp_bytes){bytes, length} : (struct mp_bytes){NULL, 0};
}

size_t mp_read_array(struct mp_reader *r, size_t limit)
{
	uint8_t format = next(r);
	size_t count = 0;

	if (format >= 0x90 && format <= 0x9f)
		count = format & 0x0f;
	else if (format == 0xdc || format == 0xdd)
		count = (size_t)number(r, format == 0xdc ? 2 : 4);
	else
		fault(r);
	if (count > limit || count > r->length - r->position)
		fault(r);
	return r->error ? 0 : count;
}

const char **mp_read_texts(struct mp_reader *r, struct mp_arena *arena, size_t limit, size_t text_limit, size_t *ret_count)
{
	size_t count = mp_read_array(r, limit);
	const char **texts = mp_arena_get(r, arena, count + 1, sizeof(*texts));

	*ret_count = 0;
	if (!texts)
		return (const char **)(uintptr_t)no_texts;
	for (size_t i = 0; i < count && !r->error; i++)
		texts[i] = mp_read_text(r, text_limit);
	*ret_count = r->error ? 0 : count;
	return texts;
}

size_t mp_later(struct mp_reader *r, size_t count, size_t known)
{
	if (count < known)
		fault(r);
	return r->error ? 0 : count - known;
}

size_t mp_read_record(struct mp_reader *r, size_t known)
{
	return mp_later(r, mp_read_array(r, SIZE_MAX), known);
}

// Bytes behind a FORMAT that is neither an array nor a map.
static size_t plain_size(struct mp_reader *r, uint8_t format)
{
	if (format <= 0x7f || format >= 0xe0 || format == 0xc0 || format == 0xc2 || format == 0xc3)
		return 0;
	if (format >= 0xa0 && format <= 0xbf)
		return format & 0x1f;
	if (format >= 0xc4 && format <= 0xc6)
		return sized(r, format, 0xc4);
	if (format >= 0xc7 && format <= 0xc9)
		return sized(r, format, 0xc7) + 1;
	if (format >= 0xca && format <= 0xcb)
		return (size_t)4 << (format - 0xca);
	if (format >= 0xcc && format <= 0xcf)
		return (size_t)1 << (format - 0xcc);
	if (format >= 0xd0 && format <= 0xd3)
		return (size_t)1 << (format - 0xd0);
	if (format >= 0xd4 && format <= 0xd8)
		return ((size_t)1 << (format - 0xd4)) + 1;
	if (format >= 0xd9 && format <= 0xdb)
		return sized(r, format, 0xd9);
	fault(r);
	return 0;
}

// Values inside a FORMAT; 0 with *RET_NESTED false when it is neither an array nor a map.
static size_t nested_count(struct mp_reader *r, uint8_t format, bool *ret_nested)
{
	size_t count = 0;

	*ret_nested = true;
	if (format >= 0x80 && format <= 0x8f)
		count = 2 * (size_t)(format & 0x0f);
	else if (format >= 0x90 && format <= 0x9f)
		count = format & 0x0f;
	else if (format == 0xdc || format == 0xdd)
		count = (size_t)number(r, format == 0xdc ? 2 : 4);
	else if (format == 0xde || format == 0xdf)
		count = 2 * (size_t)number(r, format == 0xde ? 2 : 4);
	else
		*ret_nested = false;
	if (count > r->length - r->position)
		fault(r);
	return r->error ? 0 : count;
}

void mp_skip(struct mp_reader *r, size_t count, size_t depth)
{
	size_t left[16] = {count};	// values to skip on each level
	size_t level = 0;

	if (depth > sizeof(left) / sizeof(left[0]))
		depth = sizeof(left) / sizeof(left[0]);
	if (count > 0 && depth == 0)
		fault(r);
	while (!r->error) {
		bool nested;
		uint8_t format;
		size_t inside;

		if (left[level] == 0) {
			if (level == 0)
				return;
			level--;
			continue;
		}
		left[level]--;
		format = next(r);
		inside = nested_count(r, format, &nested);
		if (!nested)
			(void)take(r, plain_size(r, format));
		else if (inside > 0 && level + 1 < depth)
			left[++level] = inside;
		else if (inside > 0)
			fault(r);
	}
}

void *mp_arena_get(struct mp_reader *r, struct mp_arena *arena, size_t count, size_t size)
{
	size_t start = (arena->used + 15) & ~(size_t)15;
	void *memory;

	if (r->error)
		return NULL;
	if (start > arena->size || count > (arena->size - start) / size) {
		r->error = -ENOMEM;
		return NULL;
	}
	memory = arena->data + start;
	memset(memory, 0, count * size);
	arena->used = start + count * size;
	return memory;
}

static void put(struct mp_writer *w, const void *bytes, size_t length)
{
	if (w->overflow || length > w->size - w->length) {
		w->overflow = true;
		return;
	}
	if (length > 0)
		memcpy(w->data + w->length, bytes, length);
	w->length += length;
}

// FORMAT and a VALUE of COUNT bytes, most significant first.
static void put_number(struct mp_writer *w, unsigned format, uint64_t value, size_t count)
{
	uint8_t bytes[9] = {(uint8_t)format};

	for (size_t i = 0; i < count; i++)
		bytes[1 + i] = (uint8_t)(value >> (8 * (count - 1 - i)));
	put(w, bytes, 1 + count);
}

void mp_write_bool(struct mp_writer *w, bool value)
{
	put_number(w, value ? 0xc3 : 0xc2, 0, 0);
}

void mp_write_uint(struct mp_writer *w, uint64_t value)
{
	if (value <= 0x7f)
		put_number(w, (unsigned)value, 0, 0);
	else if (value <= UINT8_MAX)
		put_number(w, 0xcc, value, 1);
	else if (value <= UINT16_MAX)
		put_number(w, 0xcd, value, 2);
	else if (value <= UINT32_MAX)
		put_number(w, 0xce, value, 4);
	else
		put_number(w, 0xcf, value, 8);
}

void mp_write_int(struct mp_writer *w, int32_t value)
{
	if (value >= 0)
		mp_write_uint(w, (uint64_t)value);
	else if (value >= -32)
		put_number(w, (uint8_t)value, 0, 0);
	else if (value >= INT8_MIN)
		put_number(w, 0xd0, (uint8_t)value, 1);
	else if (value >= INT16_MIN)
		put_number(w, 0xd1, (uint16_t)value, 2);
	else
		put_number(w, 0xd2, (uint32_t)value, 4);
}

// The head of a text or binary: FORMAT is the one with an 8-bit length.
static void put_length(struct mp_writer *w, unsigned format, size_t length)
{
	if (length <= UINT8_MAX)
		put_number(w, format, length, 1);
	else if (length <= UINT16_MAX)
		put_number(w, format + 1, length, 2);
	else
		put_number(w, format + 2, length, 4);
}

// False, and the message is lost, when LENGTH is over LIMIT.
static bool within(struct mp_writer *w, size_t length, size_t limit)
{
	if (length > limit)
		w->overflow = true;
	return length <= limit;
}

void mp_write_text(struct mp_writer *w, const char *text, size_t limit)
{
	size_t length = text ? strlen(text) : 0;

	if (!within(w, length, limit))
		return;
	if (length <= 31)
		put_number(w, 0xa0 | (unsigned)length, 0, 0);
	else
		put_length(w, 0xd9, length);
	put(w, text, length);
}

void mp_write_texts(struct mp_writer *w, const char *const *texts, size_t count, size_t limit, size_t text_limit)
{
	mp_write_list(w, count, limit);
	for (size_t i = 0; i < count && !w->overflow; i++)
		mp_write_text(w, texts[i], text_limit);
}

void mp_write_binary_head(struct mp_writer *w, size_t length, size_t limit)
{
	if (within(w, length, limit))
		put_length(w, 0xc4, length);
}

void mp_write_binary(struct mp_writer *w, struct mp_bytes bytes, size_t limit)
{
	mp_write_binary_head(w, bytes.length, limit);
	put(w, bytes.data, bytes.length);
}

void mp_write_list(struct mp_writer *w, size_t count, size_t limit)
{
	if (within(w, count, limit))
		mp_write_array(w, count);
}

void mp_write_array(struct mp_writer *w, size_t count)
{
	if (count <= 15)
		put_number(w, 0x90 | (unsigned)count, 0, 0);
	else if (count <= UINT16_MAX)
		put_number(w, 0xdc, count, 2);
	else
		put_number(w, 0xdd, count, 4);
}

void mp_write_head(struct mp_writer *w, uint32_t type, uint32_t id, size_t fields)
{
	mp_write_array(w, 2 + fields);
	mp_write_uint(w, type);
	mp_write_uint(w, id);
}
