#include <errno.h>
#include <string.h>

#include "tar_header.h"
#include "tar_number.h"
#include "tar_sparse.h"
#include "util.h"

#define OLD_NUMBER (TAR_OLD_PAIR / 2)

void tar_sparse_free(struct tar_sparse *sparse)
{
	free(sparse->segments);
	free(sparse->name);
	*sparse = (struct tar_sparse){.segments = NULL};
}

static int grow(struct tar_sparse *sparse)
{
	size_t capacity = sparse->capacity ? 2 * sparse->capacity : 16;
	struct tar_segment *larger;

	if (sparse->count < sparse->capacity)
		return 0;
	if (sparse->count >= TAR_MAX_SEGMENTS)
		return -EINVAL;
	larger = realloc(sparse->segments, capacity * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	sparse->segments = larger;
	sparse->capacity = capacity;
	return 0;
}

// Offsets and lengths come in turn.
static int add_number(struct tar_sparse *sparse, bool is_offset, uint64_t number)
{
	int r;

	if (is_offset == sparse->has_offset || number > TAR_MAX_SIZE)
		return -EINVAL;
	if (!is_offset) {
		sparse->segments[sparse->count - 1].length = number;
		sparse->has_offset = false;
		return 0;
	}
	r = grow(sparse);
	if (r < 0)
		return r;
	sparse->segments[sparse->count++] = (struct tar_segment){.offset = number};
	sparse->has_offset = true;
	return 0;
}

static int add_text(struct tar_sparse *sparse, bool is_offset, const char *text, size_t length)
{
	uint64_t number;
	int r = parse_decimal(text, text + length, TAR_MAX_SIZE, &number);

	return r < 0 ? r : add_number(sparse, is_offset, number);
}

// "OFFSET,LENGTH,OFFSET,LENGTH": replaces what came before.
static int set_map(struct tar_sparse *sparse, const char *text, size_t length)
{
	const char *end = text + length;

	sparse->count = 0;
	sparse->has_offset = false;
	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		int r = add_text(sparse, !sparse->has_offset, text, (size_t)(stop - text));

		if (r < 0)
			return r;
		if (comma && comma + 1 == end)
			return -EINVAL;
		text = comma ? comma + 1 : end;
	}
	return 0;
}

static int set_name(struct tar_sparse *sparse, const char *text, size_t length)
{
	char *name = memchr(text, '\0', length) ? NULL : strndup(text, length);

	if (!name)
		return -EINVAL;
	free(sparse->name);
	sparse->name = name;
	return 0;
}

static int set_number(struct tar_optional *field, const char *text, size_t length)
{
	field->given = true;
	return parse_decimal(text, text + length, TAR_MAX_SIZE, &field->value);
}

int tar_sparse_record(struct tar_sparse *sparse, const char *key, size_t key_length, const char *value, size_t length)
{
	const struct {
		const char *key;
		struct tar_optional *field;
	} numbers[] = {
		{"major", &sparse->major}, {"minor", &sparse->minor}, {"numblocks", &sparse->blocks},
		{"size", &sparse->size}, {"realsize", &sparse->real_size},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strlen(numbers[i].key) == key_length && memcmp(numbers[i].key, key, key_length) == 0)
			return set_number(numbers[i].field, value, length);
	if (key_length == 4 && memcmp(key, "name", 4) == 0)
		return length ? set_name(sparse, value, length) : 0;
	if (key_length == 3 && memcmp(key, "map", 3) == 0)
		return (sparse->has_map = true), set_map(sparse, value, length);
	if (key_length == 6 && memcmp(key, "offset", 6) == 0)
		return (sparse->has_map = true), add_text(sparse, true, value, length);
	if (key_length == 8 && memcmp(key, "numbytes", 8) == 0)
		return (sparse->has_map = true), add_text(sparse, false, value, length);
	return 0;
}

int tar_sparse_old_pairs(struct tar_sparse *sparse, const char *pairs, size_t count)
{
	for (size_t i = 0; i < count && pairs[i * TAR_OLD_PAIR]; i++) {
		const char *pair = pairs + i * TAR_OLD_PAIR;
		int64_t offset, length;
		int r;

		if (tar_parse_number(pair, OLD_NUMBER, &offset) < 0 || tar_parse_number(pair + OLD_NUMBER, OLD_NUMBER, &length) < 0 ||
			offset < 0 || length < 0)
			return -EINVAL;
		r = add_number(sparse, true, (uint64_t)offset);
		if (r == 0)
			r = add_number(sparse, false, (uint64_t)length);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_version(const struct tar_sparse *sparse, uint64_t major, uint64_t minor)
{
	return sparse->major.given && sparse->minor.given && sparse->major.value == major && sparse->minor.value == minor;
}

bool tar_sparse_is_in_content(const struct tar_sparse *sparse)
{
	return is_version(sparse, 1, 0);
}

bool tar_sparse_is_in_records(const struct tar_sparse *sparse)
{
	bool unversioned = !sparse->major.given && !sparse->minor.given;

	return sparse->has_map && (unversioned || is_version(sparse, 0, 0) || is_version(sparse, 0, 1));
}

// The first number says how many pairs there are. 1: that was the last one.
static int end_number(struct tar_sparse *sparse)
{
	uint64_t number = sparse->number;
	int r = 0;

	if (sparse->digits == 0)
		return -EINVAL;
	sparse->number = sparse->digits = 0;
	if (sparse->numbers++ > 0)
		r = add_number(sparse, !sparse->has_offset, number);
	else if (number > TAR_MAX_SEGMENTS)
		return -EINVAL;
	else
		sparse->blocks = (struct tar_optional){true, number};
	if (r < 0)
		return r;
	return sparse->count == sparse->blocks.value && !sparse->has_offset;
}

static int feed_byte(struct tar_sparse *sparse, char byte)
{
	unsigned digit = (unsigned)(byte - '0');

	if (byte == '\n')
		return end_number(sparse);
	if (digit > 9 || sparse->number > TAR_MAX_SIZE)
		return -EINVAL;
	sparse->number = sparse->number * 10 + digit;
	sparse->digits++;
	return sparse->digits > 20 ? -EINVAL : 0;
}

int tar_sparse_feed(struct tar_sparse *sparse, const char *bytes, size_t length)
{
	// What records said is no map of this form.
	if (sparse->numbers == 0 && sparse->digits == 0) {
		sparse->count = 0;
		sparse->has_offset = false;
	}
	for (size_t i = 0; i < length; i++) {
		int r = feed_byte(sparse, bytes[i]);

		if (r != 0)
			return r;
	}
	return 0;
}

int tar_sparse_check(const struct tar_sparse *sparse, uint64_t size, uint64_t stored)
{
	uint64_t end = 0;
	uint64_t sum = 0;

	if (sparse->has_offset || size > TAR_MAX_SIZE || (sparse->blocks.given ? sparse->blocks.value : sparse->count) != sparse->count)
		return -EINVAL;
	for (size_t i = 0; i < sparse->count; i++) {
		const struct tar_segment *segment = sparse->segments + i;

		if (segment->offset < end || segment->offset > size || segment->length > size - segment->offset)
			return -EINVAL;
		end = segment->offset + segment->length;
		sum += segment->length;
	}
	return sum == stored ? 0 : -EINVAL;
}
