// libFuzzer target: an archive through the reader. What it takes, the writer writes, and the reader reads the same again.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tar.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static ssize_t read_input(void *owner, void *buffer, size_t length)
{
	struct input *input = owner;
	size_t part = min_size(min_size(length, input->left), 1000);

	memcpy(buffer, input->data, part);
	input->data += part;
	input->left -= part;
	return (ssize_t)part;
}

static ssize_t read_descriptor(void *owner, void *buffer, size_t length)
{
	return read(*(int *)owner, buffer, length);
}

static void check_same(const struct tar_entry *a, const struct tar_entry *b)
{
	size_t count = a->xattrs ? a->xattrs->count : 0;

	if (strcmp(a->name, b->name) != 0 || strcmp(a->link, b->link) != 0 || a->uid != b->uid || a->gid != b->gid)
		abort();
	if (a->size != b->size || a->mode != b->mode || count != (b->xattrs ? b->xattrs->count : 0))
		abort();
	if (a->mtime.tv_sec != b->mtime.tv_sec || a->mtime.tv_nsec != b->mtime.tv_nsec)
		abort();
}

static void check_round_trip(const struct tar_entry *entry)
{
	static struct tar_writer writer;
	static struct tar_reader reader;
	static int fd = -1;
	struct tar_entry again;
	struct failure failure;

	if (fd < 0)
		fd = memfd_create("archive", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	writer = (struct tar_writer){.fd = fd};
	if (tar_write_header(&writer, entry) < 0)
		return;	// more than an extended header holds
	if (tar_flush(&writer) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	reader.start = reader.end = 0;
	reader.left = reader.padding = 0;
	reader.ended = false;
	reader.read = read_descriptor;
	reader.owner = &fd;
	if (tar_read_next(&reader, &again, &failure) != 1)
		abort();
	check_same(entry, &again);
	tar_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tar_reader reader;
	struct input input = {data, size};
	struct failure failure;
	struct tar_entry entry;

	memset(&reader, 0, sizeof(reader));
	reader.read = read_input;
	reader.owner = &input;
	while (tar_read_next(&reader, &entry, &failure) > 0) {
		const uint8_t *bytes;
		uint64_t offset, end = 0;
		ssize_t n;

		while ((n = tar_read_content(&reader, &offset, &bytes, &failure)) > 0) {
			// In order, and within the file.
			if (offset < end || offset + (uint64_t)n > entry.size)
				abort();
			end = offset + (uint64_t)n;
		}
		check_round_trip(&entry);
	}
	tar_reader_free(&reader);
	return 0;
}
