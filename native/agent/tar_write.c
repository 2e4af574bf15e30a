#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tar.h"
#include "tar_header.h"

#define XATTR_PREFIX "SCHILY.xattr."

int tar_flush(struct tar_writer *writer)
{
	int r = write_all(writer->fd, writer->buffer, writer->used);

	writer->used = 0;
	return r;
}

int tar_write_bytes(struct tar_writer *writer, const void *bytes, size_t length)
{
	const uint8_t *p = bytes;

	while (length > 0) {
		size_t part = min_size(length, sizeof(writer->buffer) - writer->used);
		int r;

		memcpy(writer->buffer + writer->used, p, part);
		writer->used += part;
		p += part;
		length -= part;
		r = writer->used == sizeof(writer->buffer) ? tar_flush(writer) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_zeros(struct tar_writer *writer, uint64_t count)
{
	static const uint8_t zeros[4096];
	int r = 0;

	while (r == 0 && count > 0) {
		size_t part = (size_t)min_u64(count, sizeof(zeros));

		r = tar_write_bytes(writer, zeros, part);
		count -= part;
	}
	return r;
}

static int write_padding(struct tar_writer *writer, uint64_t size)
{
	return write_zeros(writer, -size & (TAR_BLOCK - 1));
}

int tar_write_end(struct tar_writer *writer)
{
	int r = write_zeros(writer, 2 * TAR_BLOCK);

	return r < 0 ? r : tar_flush(writer);
}

int tar_write_content(struct tar_writer *writer, int file, uint64_t size)
{
	uint64_t left = size;
	int r = 0;

	while (left > 0) {
		size_t room = sizeof(writer->buffer) - writer->used;
		ssize_t n = read(file, writer->buffer + writer->used, (size_t)min_u64(left, room));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		writer->used += (size_t)n;
		left -= (uint64_t)n;
		if (writer->used == sizeof(writer->buffer))
			r = tar_flush(writer);
		if (r < 0)
			return r;
	}
	r = write_zeros(writer, left);
	return r < 0 ? r : write_padding(writer, size);
}

// Octal digits and a NUL; what is larger is in the pax header, and 0 here.
static void put_number(char *field, size_t size, uint64_t value)
{
	char text[24];

	if (value >> (3 * (size - 1)))
		value = 0;
	(void)snprintf(text, sizeof(text), "%0*llo", (int)size - 1, (unsigned long long)value);
	memcpy(field, text, size);
}

// As much as fits; a reader takes the pax record where there is more.
static void put_text(char *field, size_t size, const char *text)
{
	memcpy(field, text, min_size(strlen(text), size));
}

static void fill_header(struct tar_header *header, const struct tar_entry *entry)
{
	memset(header, 0, sizeof(*header));
	put_text(header->name, sizeof(header->name), entry->name);
	put_number(header->mode, sizeof(header->mode), entry->mode);
	put_number(header->uid, sizeof(header->uid), entry->uid);
	put_number(header->gid, sizeof(header->gid), entry->gid);
	put_number(header->size, sizeof(header->size), entry->size);
	put_number(header->mtime, sizeof(header->mtime), entry->mtime.tv_sec < 0 ? 0 : (uint64_t)entry->mtime.tv_sec);
	header->type = (char)entry->type;
	put_text(header->link, sizeof(header->link), entry->link);
	memcpy(header->magic, "ustar", sizeof(header->magic));
	memcpy(header->version, "00", sizeof(header->version));
	put_number(header->major, sizeof(header->major), entry->major);
	put_number(header->minor, sizeof(header->minor), entry->minor);
	put_number(header->checksum, sizeof(header->checksum) - 1, tar_checksum(header));
	header->checksum[sizeof(header->checksum) - 1] = ' ';
}

// The records of a pax header as they are put together.
struct records {
	size_t length;
	size_t capacity;
	char *bytes;
};

// The length of a record counts its own digits.
static size_t record_length(size_t rest)
{
	size_t digits = 1;

	for (size_t limit = 10; rest + digits >= limit; limit *= 10)
		digits++;
	return rest + digits;
}

static int add_record(struct records *records, const char *prefix, const char *key, const void *value, size_t size)
{
	size_t length = record_length(strlen(prefix) + strlen(key) + size + 3);
	size_t needed = records->length + length + 1;

	if (needed > records->capacity) {
		char *bytes = realloc(records->bytes, needed * 2);

		if (!bytes)
			return -ENOMEM;
		records->bytes = bytes;
		records->capacity = needed * 2;
	}
	(void)snprintf(records->bytes + records->length, length + 1, "%zu %s%s=", length, prefix, key);
	memcpy(records->bytes + records->length + length - 1 - size, value, size);
	records->bytes[records->length + length - 1] = '\n';
	records->length += length;
	return 0;
}

static int add_text(struct records *records, const char *key, const char *text)
{
	return add_record(records, "", key, text, strlen(text));
}

static int add_number(struct records *records, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return add_text(records, key, text);
}

// Seconds with a fraction; before 1970 both count backwards.
static int add_time(struct records *records, struct timespec time)
{
	const char *sign = time.tv_sec < 0 ? "-" : "";
	char text[48];

	if (time.tv_sec < 0) {
		time.tv_sec = -time.tv_sec - (time.tv_nsec > 0);
		time.tv_nsec = time.tv_nsec > 0 ? 1000000000 - time.tv_nsec : 0;
	}
	if (time.tv_nsec)
		(void)snprintf(text, sizeof(text), "%s%lld.%09ld", sign, (long long)time.tv_sec, time.tv_nsec);
	else
		(void)snprintf(text, sizeof(text), "%s%lld", sign, (long long)time.tv_sec);
	return add_text(records, "mtime", text);
}

static int collect_records(struct records *records, const struct tar_entry *entry)
{
	int r = strlen(entry->name) > 100 ? add_text(records, "path", entry->name) : 0;

	if (r == 0 && strlen(entry->link) > 100)
		r = add_text(records, "linkpath", entry->link);
	if (r == 0 && entry->uid >> 21)
		r = add_number(records, "uid", entry->uid);
	if (r == 0 && entry->gid >> 21)
		r = add_number(records, "gid", entry->gid);
	if (r == 0 && entry->size >> 33)
		r = add_number(records, "size", entry->size);
	if (r == 0 && (entry->mtime.tv_nsec || entry->mtime.tv_sec < 0 || entry->mtime.tv_sec >> 33))
		r = add_time(records, entry->mtime);
	for (size_t i = 0; r == 0 && entry->xattrs && i < entry->xattrs->count; i++) {
		const struct xattr *xattr = &entry->xattrs->items[i];

		r = add_record(records, XATTR_PREFIX, xattr->name, xattr->value, xattr->length);
	}
	return r;
}

static int write_records(struct tar_writer *writer, const struct records *records)
{
	struct tar_entry extension = {.type = (enum tar_type)'x', .name = "PaxHeaders.0", .link = "", .mode = 0644, .size = records->length};
	struct tar_header header;
	int r;

	fill_header(&header, &extension);
	r = tar_write_bytes(writer, &header, sizeof(header));
	if (r == 0)
		r = tar_write_bytes(writer, records->bytes, records->length);
	return r < 0 ? r : write_padding(writer, records->length);
}

int tar_write_header(struct tar_writer *writer, const struct tar_entry *entry)
{
	struct records records = {.bytes = NULL};
	struct tar_header header;
	int r = collect_records(&records, entry);

	if (r == 0 && records.length > TAR_MAX_EXTENDED)
		r = -E2BIG;
	if (r == 0 && records.length > 0)
		r = write_records(writer, &records);
	free(records.bytes);
	if (r < 0)
		return r;
	fill_header(&header, entry);
	return tar_write_bytes(writer, &header, sizeof(header));
}
