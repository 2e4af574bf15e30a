#include <errno.h>
#include <string.h>

#include "tar.h"
#include "tar_header.h"

#define XATTR_PREFIX "SCHILY.xattr."
#define MAX_SIZE (1ULL << 60)

void tar_reader_free(struct tar_reader *reader)
{
	free(reader->name);
	free(reader->link);
	free(reader->xattrs);
	reader->name = reader->link = NULL;
	reader->xattrs = NULL;
}

static int invalid(struct failure *failure, const char *what)
{
	return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "archive/tar: %s", what);
}

static int truncated(struct failure *failure)
{
	return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "unexpected EOF");
}

// Bytes in the buffer, more read only when it is empty: 0 at the end of the input, -1 with FAILURE.
static ssize_t fill(struct tar_reader *reader, struct failure *failure)
{
	while (reader->start == reader->end) {
		ssize_t n = reader->read(reader->owner, reader->buffer, sizeof(reader->buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(failure, FAIL_INTERNAL, errno, "read archive: %s", error_text(errno));
		if (n == 0)
			return 0;
		reader->start = 0;
		reader->end = (size_t)n;
	}
	return (ssize_t)(reader->end - reader->start);
}

// Up to LENGTH bytes, fewer only at the end of the input.
static ssize_t take(struct tar_reader *reader, void *ret, size_t length, struct failure *failure)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = fill(reader, failure);
		size_t part;

		if (n <= 0)
			return n < 0 ? -1 : (ssize_t)done;
		part = min_size((size_t)n, length - done);
		memcpy((char *)ret + done, reader->buffer + reader->start, part);
		reader->start += part;
		done += part;
	}
	return (ssize_t)done;
}

// Bytes that were passed over: fewer than COUNT only at the end of the input. -1 with FAILURE.
static int64_t skip(struct tar_reader *reader, uint64_t count, struct failure *failure)
{
	uint64_t left = count;

	while (left > 0) {
		ssize_t n = fill(reader, failure);
		size_t part;

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		part = (size_t)min_u64((uint64_t)n, left);
		reader->start += part;
		left -= part;
	}
	return (int64_t)(count - left);
}

static int parse_octal(const char *field, size_t size, uint64_t *ret)
{
	size_t i = 0;
	uint64_t value = 0;

	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] && field[i] != ' '; i++) {
		unsigned digit = (unsigned)(field[i] - '0');

		if (digit > 7 || value >> 60)
			return -EINVAL;
		value = value << 3 | digit;
	}
	*ret = value;
	return 0;
}

// GNU's base 256: what does not fit an int64 is malformed.
static int parse_binary(const char *field, size_t size, int64_t *ret)
{
	const unsigned char *bytes = (const unsigned char *)field;
	unsigned char sign = bytes[0] & 0x40 ? 0xff : 0;
	uint64_t value = sign ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = i ? bytes[i] : (unsigned char)(sign ? bytes[0] | 0x80 : bytes[0] & 0x7f);

		// The bits that are pushed out, and the sign's own, must all be sign.
		if (value >> 55 != (sign ? 0x1ffU : 0))
			return -EINVAL;
		value = value << 8 | byte;
	}
	*ret = (int64_t)value;
	return 0;
}

static int parse_number(const char *field, size_t size, int64_t *ret)
{
	uint64_t value;
	int r;

	if (field[0] & (char)0x80)
		return parse_binary(field, size, ret);
	r = parse_octal(field, size, &value);
	*ret = r < 0 ? 0 : (int64_t)value;
	return r;
}

// What an archive says of an entry before its own header.
struct extension {
	bool has_uid, has_gid, has_size, has_mtime;
	uint64_t uid, gid, size;
	struct timespec mtime;
};

static int keep_text(char **field, const char *text, size_t length)
{
	char *copy = length < TAR_MAX_NAME && !memchr(text, '\0', length) ? strndup(text, length) : NULL;

	if (!copy)
		return -EINVAL;
	free(*field);
	*field = copy;
	return 0;
}

static int parse_time(const char *text, const char *end, struct timespec *ret)
{
	bool negative = text < end && *text == '-';
	const char *point = memchr(text, '.', (size_t)(end - text));
	uint64_t seconds;
	long nanoseconds = 0;
	long unit = 100000000;

	if (parse_decimal(text + negative, point ? point : end, INT64_MAX / 2, &seconds) < 0)
		return -EINVAL;
	for (const char *p = point ? point + 1 : end; p < end; p++, unit /= 10) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		nanoseconds += (*p - '0') * unit;
	}
	ret->tv_sec = negative ? -(time_t)seconds - (nanoseconds > 0) : (time_t)seconds;
	ret->tv_nsec = negative && nanoseconds ? 1000000000 - nanoseconds : nanoseconds;
	return 0;
}

static bool key_is(const char *key, size_t length, const char *name)
{
	return length == strlen(name) && memcmp(key, name, length) == 0;
}

static int keep_xattr(struct tar_reader *reader, const char *name, size_t name_length, const char *value, size_t length)
{
	if (!reader->xattrs)
		reader->xattrs = calloc(1, sizeof(*reader->xattrs));
	if (!reader->xattrs)
		return -ENOMEM;
	if (name_length == 0 || name_length > 255 || memchr(name, '\0', name_length))
		return -EINVAL;
	return xattrs_add(reader->xattrs, name, name_length, value, length);
}

static int keep_record(struct tar_reader *reader, struct extension *extension, const char *key, size_t key_length,
	const char *value, size_t length)
{
	static const size_t prefix = sizeof(XATTR_PREFIX) - 1;

	if (key_is(key, key_length, "path"))
		return keep_text(&reader->name, value, length);
	if (key_is(key, key_length, "linkpath"))
		return keep_text(&reader->link, value, length);
	if (key_is(key, key_length, "uid"))
		return (extension->has_uid = true), parse_decimal(value, value + length, UINT32_MAX - 1, &extension->uid);
	if (key_is(key, key_length, "gid"))
		return (extension->has_gid = true), parse_decimal(value, value + length, UINT32_MAX - 1, &extension->gid);
	if (key_is(key, key_length, "size"))
		return (extension->has_size = true), parse_decimal(value, value + length, MAX_SIZE, &extension->size);
	if (key_is(key, key_length, "mtime"))
		return (extension->has_mtime = true), parse_time(value, value + length, &extension->mtime);
	if (key_length > prefix && memcmp(key, XATTR_PREFIX, prefix) == 0)
		return keep_xattr(reader, key + prefix, key_length - prefix, value, length);
	// A sparse file's content is not what the header says; nobody reads it as if it were.
	return key_length > 11 && memcmp(key, "GNU.sparse.", 11) == 0 ? -ENOTSUP : 0;
}

// "LENGTH KEY=VALUE\n", again and again.
static int parse_records(struct tar_reader *reader, struct extension *extension, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end && *text) {
		const char *space = memchr(text, ' ', (size_t)(end - text));
		const char *equals;
		uint64_t length;
		int r;

		if (!space || parse_decimal(text, space, size, &length) < 0)
			return -EINVAL;
		if (length > (size_t)(end - text) || length < (size_t)(space - text) + 4 || text[length - 1] != '\n')
			return -EINVAL;
		equals = memchr(space + 1, '=', (size_t)(text + length - 1 - (space + 1)));
		if (!equals)
			return -EINVAL;
		r = keep_record(reader, extension, space + 1, (size_t)(equals - space - 1), equals + 1,
			(size_t)(text + length - 1 - (equals + 1)));
		if (r < 0)
			return r;
		text += length;
	}
	return 0;
}

// The content of an extension's entry, with a NUL behind it.
static char *read_extension(struct tar_reader *reader, struct failure *failure)
{
	size_t size = (size_t)reader->left;
	char *bytes;

	if (reader->left > TAR_MAX_EXTENDED) {
		(void)invalid(failure, "header field too long");
		return NULL;
	}
	bytes = calloc(1, size + 1);
	if (!bytes) {
		(void)fail(failure, FAIL_INTERNAL, ENOMEM, "read archive: %s", error_text(ENOMEM));
		return NULL;
	}
	if (take(reader, bytes, size, failure) == (ssize_t)size) {
		reader->left = 0;
		return bytes;
	}
	if (!*failure->text)
		(void)truncated(failure);
	free(bytes);
	return NULL;
}

static int take_extension(struct tar_reader *reader, char type, struct extension *extension, struct failure *failure)
{
	size_t size = (size_t)reader->left;
	CLEANUP_FREE char *bytes = read_extension(reader, failure);
	int r = 0;

	if (!bytes)
		return -1;
	if (type == 'L')
		r = keep_text(&reader->name, bytes, strlen(bytes));
	else if (type == 'K')
		r = keep_text(&reader->link, bytes, strlen(bytes));
	else if (type == 'x' || type == 'X')
		r = parse_records(reader, extension, bytes, size);
	if (r == -ENOTSUP)
		return invalid(failure, "sparse files are not supported");
	return r < 0 ? invalid(failure, "invalid tar header") : 0;
}

static bool is_zero(const struct tar_header *header)
{
	const char *bytes = (const char *)header;

	return bytes[0] == '\0' && memcmp(bytes, bytes + 1, sizeof(*header) - 1) == 0;
}

// The next header block: 1, or 0 at the end of the archive, or -1.
static int next_header(struct tar_reader *reader, struct tar_header *header, struct failure *failure)
{
	uint64_t sum;
	int64_t skipped = skip(reader, reader->left, failure);
	ssize_t n;

	if (skipped < 0 || (uint64_t)skipped < reader->left)
		return skipped < 0 ? -1 : truncated(failure);
	if (skip(reader, reader->padding, failure) < 0)
		return -1;
	reader->left = reader->padding = 0;
	n = take(reader, header, sizeof(*header), failure);
	if (n <= 0)
		return (int)n;
	if ((size_t)n < sizeof(*header))
		return truncated(failure);
	if (is_zero(header))
		return 0;
	if (parse_octal(header->checksum, sizeof(header->checksum), &sum) < 0 || sum != tar_checksum(header))
		return invalid(failure, "invalid tar header");
	return 1;
}

static bool has_content(char type)
{
	return type < TAR_HARD_LINK || type > TAR_FIFO;
}

static int take_size(struct tar_reader *reader, const struct tar_header *header, const struct extension *extension,
	struct failure *failure)
{
	int64_t size;

	if (parse_number(header->size, sizeof(header->size), &size) < 0)
		return invalid(failure, "invalid tar header");
	if (extension && extension->has_size)
		size = (int64_t)extension->size;
	if (size < 0 || (uint64_t)size > MAX_SIZE)
		return invalid(failure, "invalid tar header");
	reader->left = has_content(header->type) ? (uint64_t)size : 0;
	reader->padding = (unsigned)(-reader->left & (TAR_BLOCK - 1));
	return 0;
}

// The name in the header itself: ustar divides a long one.
static int header_name(struct tar_reader *reader, const struct tar_header *header)
{
	char text[sizeof(header->prefix) + sizeof(header->name) + 2];
	bool divided = memcmp(header->magic, "ustar\0", 6) == 0 && header->prefix[0];
	int r = divided
		? format_string(text, sizeof(text), "%.*s/%.*s", (int)sizeof(header->prefix), header->prefix, (int)sizeof(header->name),
			header->name)
		: format_string(text, sizeof(text), "%.*s", (int)sizeof(header->name), header->name);

	return r < 0 ? r : keep_text(&reader->name, text, (size_t)r);
}

static int keep_names(struct tar_reader *reader, const struct tar_header *header)
{
	int r = reader->name ? 0 : header_name(reader, header);

	if (r == 0 && !reader->link)
		r = keep_text(&reader->link, header->link, strnlen(header->link, sizeof(header->link)));
	return r;
}

static int take_numbers(const struct tar_header *header, const struct extension *extension, struct tar_entry *entry)
{
	int64_t mode, uid, gid, mtime, major, minor;

	if (parse_number(header->mode, sizeof(header->mode), &mode) < 0 || parse_number(header->uid, sizeof(header->uid), &uid) < 0 ||
		parse_number(header->gid, sizeof(header->gid), &gid) < 0 ||
		parse_number(header->mtime, sizeof(header->mtime), &mtime) < 0 ||
		parse_number(header->major, sizeof(header->major), &major) < 0 ||
		parse_number(header->minor, sizeof(header->minor), &minor) < 0)
		return -EINVAL;
	entry->mode = (uint32_t)mode & 07777;
	entry->uid = extension->has_uid ? extension->uid : (uint64_t)uid;
	entry->gid = extension->has_gid ? extension->gid : (uint64_t)gid;
	entry->mtime = extension->has_mtime ? extension->mtime : (struct timespec){.tv_sec = (time_t)mtime};
	entry->major = (uint32_t)major;
	entry->minor = (uint32_t)minor;
	return entry->uid >= UINT32_MAX || entry->gid >= UINT32_MAX ? -EINVAL : 0;
}

static int take_entry(struct tar_reader *reader, const struct tar_header *header, const struct extension *extension,
	struct tar_entry *entry, struct failure *failure)
{
	size_t length;

	*entry = (struct tar_entry){.type = (enum tar_type)header->type, .size = reader->left, .xattrs = reader->xattrs};
	if (keep_names(reader, header) < 0 || take_numbers(header, extension, entry) < 0)
		return invalid(failure, "invalid tar header");
	entry->name = reader->name;
	entry->link = reader->link;
	if (header->type == '\0' || header->type == TAR_CONTIGUOUS)
		entry->type = TAR_FILE;
	// Version 7 has no type for directories.
	length = strlen(entry->name);
	if (entry->type == TAR_FILE && length > 0 && entry->name[length - 1] == '/')
		entry->type = TAR_DIRECTORY;
	if (entry->type < TAR_FILE || entry->type > TAR_FIFO)
		return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "unhandled tar header type %d", header->type);
	return 1;
}

int tar_read_next(struct tar_reader *reader, struct tar_entry *entry, struct failure *failure)
{
	struct extension extension = {.has_uid = false};
	struct tar_header header;

	failure->text[0] = '\0';
	tar_reader_free(reader);
	while (!reader->ended) {
		int r = next_header(reader, &header, failure);

		if (r <= 0) {
			reader->ended = true;
			return r;
		}
		if (strchr("xXgLK", header.type) && header.type) {
			r = take_size(reader, &header, NULL, failure);
			if (r == 0)
				r = take_extension(reader, header.type, &extension, failure);
		} else {
			r = take_size(reader, &header, &extension, failure);
			return r < 0 ? r : take_entry(reader, &header, &extension, entry, failure);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

ssize_t tar_read_content(struct tar_reader *reader, const uint8_t **ret, struct failure *failure)
{
	ssize_t n = reader->left > 0 ? fill(reader, failure) : 0;

	if (n <= 0)
		return n == 0 && reader->left > 0 ? truncated(failure) : n;
	n = (ssize_t)min_u64((uint64_t)n, reader->left);
	*ret = reader->buffer + reader->start;
	reader->start += (size_t)n;
	reader->left -= (uint64_t)n;
	return n;
}
