#include <errno.h>
#include <string.h>

#include "tar.h"
#include "tar_header.h"
#include "tar_number.h"
#include "tar_pax.h"

void tar_reader_free(struct tar_reader *reader)
{
	free(reader->name);
	free(reader->link);
	free(reader->xattrs);
	tar_sparse_free(&reader->sparse);
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

static int take_extension(struct tar_reader *reader, char type, struct tar_extension *extension, struct failure *failure)
{
	size_t size = (size_t)reader->left;
	CLEANUP_FREE char *bytes = read_extension(reader, failure);
	int r = 0;

	if (!bytes)
		return -1;
	if (type == 'L')
		r = tar_keep_text(&reader->name, bytes, strlen(bytes));
	else if (type == 'K')
		r = tar_keep_text(&reader->link, bytes, strlen(bytes));
	else if (type == 'x' || type == 'X')
		r = tar_parse_records(reader, extension, bytes, size);
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
	if (tar_parse_octal(header->checksum, sizeof(header->checksum), &sum) < 0 || sum != tar_checksum(header))
		return invalid(failure, "invalid tar header");
	return 1;
}

static bool has_content(char type)
{
	return type < TAR_HARD_LINK || type > TAR_FIFO;
}

static int take_size(struct tar_reader *reader, const struct tar_header *header, const struct tar_extension *extension,
	struct failure *failure)
{
	int64_t size;

	if (tar_parse_number(header->size, sizeof(header->size), &size) < 0)
		return invalid(failure, "invalid tar header");
	if (extension && extension->has_size)
		size = (int64_t)extension->size;
	if (size < 0 || (uint64_t)size > TAR_MAX_SIZE)
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

	return r < 0 ? r : tar_keep_text(&reader->name, text, (size_t)r);
}

static int keep_names(struct tar_reader *reader, const struct tar_header *header)
{
	int r = reader->name ? 0 : header_name(reader, header);

	if (r == 0 && !reader->link)
		r = tar_keep_text(&reader->link, header->link, strnlen(header->link, sizeof(header->link)));
	return r;
}

static int take_numbers(const struct tar_header *header, const struct tar_extension *extension, struct tar_entry *entry)
{
	int64_t mode, uid, gid, mtime, major, minor;

	if (tar_parse_number(header->mode, sizeof(header->mode), &mode) < 0 || tar_parse_number(header->uid, sizeof(header->uid), &uid) < 0 ||
		tar_parse_number(header->gid, sizeof(header->gid), &gid) < 0 ||
		tar_parse_number(header->mtime, sizeof(header->mtime), &mtime) < 0 ||
		tar_parse_number(header->major, sizeof(header->major), &major) < 0 ||
		tar_parse_number(header->minor, sizeof(header->minor), &minor) < 0)
		return -EINVAL;
	entry->mode = (uint32_t)mode & 07777;
	entry->uid = extension->has_uid ? extension->uid : (uint64_t)uid;
	entry->gid = extension->has_gid ? extension->gid : (uint64_t)gid;
	entry->mtime = extension->has_mtime ? extension->mtime : (struct timespec){.tv_sec = (time_t)mtime};
	entry->major = (uint32_t)major;
	entry->minor = (uint32_t)minor;
	return entry->uid >= UINT32_MAX || entry->gid >= UINT32_MAX ? -EINVAL : 0;
}

static int malformed_map(struct failure *failure)
{
	return invalid(failure, "malformed map of a sparse file");
}

// Four pairs in the header; the rest, 21 each, in blocks that follow it.
static int take_old_map(struct tar_reader *reader, const struct tar_header *header, struct failure *failure)
{
	char block[TAR_BLOCK];
	const struct tar_old_sparse *old = (const struct tar_old_sparse *)header;
	bool continues = old->continues;
	int64_t size;

	if (memcmp(header->magic, "ustar ", sizeof(header->magic)) != 0 || tar_parse_number(old->size, sizeof(old->size), &size) < 0 ||
		size < 0 || tar_sparse_old_pairs(&reader->sparse, old->pairs, TAR_OLD_PAIRS) < 0)
		return malformed_map(failure);
	reader->sparse.size = (struct tar_optional){true, (uint64_t)size};
	while (continues) {
		ssize_t n = take(reader, block, sizeof(block), failure);

		if (n < (ssize_t)sizeof(block))
			return n < 0 ? -1 : truncated(failure);
		if (tar_sparse_old_pairs(&reader->sparse, block, TAR_OLD_MORE_PAIRS) < 0)
			return malformed_map(failure);
		continues = block[TAR_OLD_MORE_PAIRS * TAR_OLD_PAIR];
	}
	return 0;
}

static int take_content_map(struct tar_reader *reader, struct failure *failure)
{
	char block[TAR_BLOCK];
	int r = 0;

	while (r == 0) {
		ssize_t n = reader->left < sizeof(block) ? 0 : take(reader, block, sizeof(block), failure);

		if (n < (ssize_t)sizeof(block))
			return n < 0 ? -1 : truncated(failure);
		reader->left -= sizeof(block);
		r = tar_sparse_feed(&reader->sparse, block, sizeof(block));
	}
	return r < 0 ? malformed_map(failure) : 0;
}

// 1 for a sparse file, 0 for none, -1 with FAILURE.
static int take_map(struct tar_reader *reader, const struct tar_header *header, struct failure *failure)
{
	struct tar_sparse *sparse = &reader->sparse;
	uint64_t size = reader->left;
	int r = 0;

	if (header->type == TAR_OLD_SPARSE)
		r = take_old_map(reader, header, failure);
	else if (tar_sparse_is_in_content(sparse))
		r = take_content_map(reader, failure);
	else if (!tar_sparse_is_in_records(sparse))
		return 0;
	if (r < 0)
		return r;
	size = sparse->size.given ? sparse->size.value : sparse->real_size.given ? sparse->real_size.value : size;
	sparse->size = (struct tar_optional){true, size};
	if (tar_sparse_check(sparse, size, reader->left) < 0 || (header->type && !strchr("07S", header->type)))
		return malformed_map(failure);
	return 1;
}

static bool ends_with_slash(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && name[length - 1] == '/';
}

// Version 7 has no type for directories: a file whose name ends so is one. What it stores is passed over.
static void make_directory(struct tar_reader *reader, struct tar_entry *entry)
{
	reader->is_directory = true;
	entry->type = TAR_DIRECTORY;
	entry->size = 0;
	entry->is_sparse = false;
}

static int take_entry(struct tar_reader *reader, const struct tar_header *header, const struct tar_extension *extension,
	struct tar_entry *entry, struct failure *failure)
{
	int sparse = take_map(reader, header, failure);

	if (sparse < 0)
		return sparse;
	reader->is_sparse = sparse;
	reader->is_directory = false;
	reader->segment = 0;
	reader->position = 0;
	*entry = (struct tar_entry){
		.type = (enum tar_type)header->type,
		.size = sparse ? reader->sparse.size.value : reader->left,
		.is_sparse = sparse,
		.xattrs = reader->xattrs,
	};
	if (keep_names(reader, header) < 0 || take_numbers(header, extension, entry) < 0)
		return invalid(failure, "invalid tar header");
	entry->name = sparse && reader->sparse.name ? reader->sparse.name : reader->name;
	entry->link = reader->link;
	if (header->type == '\0' || header->type == TAR_CONTIGUOUS || sparse)
		entry->type = TAR_FILE;
	if (entry->type == TAR_FILE && ends_with_slash(entry->name))
		make_directory(reader, entry);
	if (entry->type < TAR_FILE || entry->type > TAR_FIFO)
		return fail(failure, FAIL_INVALID_REQUEST, EINVAL, "unhandled tar header type %d", header->type);
	return 1;
}

int tar_read_next(struct tar_reader *reader, struct tar_entry *entry, struct failure *failure)
{
	struct tar_extension extension = {.has_uid = false};
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

// How much of the content lies together from where the reader is, and where that is in the file.
static uint64_t next_run(struct tar_reader *reader, uint64_t *ret_offset)
{
	const struct tar_segment *segment;

	if (!reader->is_sparse) {
		*ret_offset = reader->position;
		return reader->left;
	}
	segment = reader->sparse.segments + reader->segment;
	// What is left is in one of them: the map has been checked.
	for (; reader->position == segment->length; reader->position = 0, reader->segment++)
		segment++;
	*ret_offset = segment->offset + reader->position;
	return segment->length - reader->position;
}

ssize_t tar_read_content(struct tar_reader *reader, uint64_t *ret_offset, const uint8_t **ret, struct failure *failure)
{
	ssize_t n;

	if (reader->left == 0 || reader->is_directory)
		return 0;
	n = fill(reader, failure);
	if (n <= 0)
		return n == 0 ? truncated(failure) : n;
	n = (ssize_t)min_u64((uint64_t)n, next_run(reader, ret_offset));
	*ret = reader->buffer + reader->start;
	reader->start += (size_t)n;
	reader->left -= (uint64_t)n;
	reader->position += (uint64_t)n;
	return n;
}
