// Tar archives (POSIX ustar and pax; GNU's long names and large numbers are read too). Names are bytes. The writer and the
// reader hold one entry at a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "failure.h"
#include "tar_sparse.h"
#include "xattrs.h"

#define TAR_BLOCK 512
#define TAR_BUFFER 65536
#define TAR_MAX_NAME 65536
#define TAR_MAX_EXTENDED (1u << 20)

enum tar_type {
	TAR_FILE = '0',
	TAR_HARD_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHARACTER_DEVICE = '3',
	TAR_BLOCK_DEVICE = '4',
	TAR_DIRECTORY = '5',
	TAR_FIFO = '6',
	TAR_CONTIGUOUS = '7',
};

struct tar_entry {
	enum tar_type type;
	const char *name;
	const char *link;	// target of a link, else ""
	uint32_t mode;		// permission bits
	uint64_t uid;
	uint64_t gid;
	uint64_t size;		// of a file, else 0
	bool is_sparse;		// only some of it is stored
	struct timespec mtime;
	uint32_t major;
	uint32_t minor;
	struct xattrs *xattrs;	// NULL: none
};

struct tar_writer {
	int fd;
	size_t used;
	uint8_t buffer[TAR_BUFFER];
};

// The header; the content of a file, exactly its size, follows with tar_write_content. 0 or -errno.
int tar_write_header(struct tar_writer *writer, const struct tar_entry *entry);

// The SIZE bytes of FILE; one that has become shorter is filled up with zeros. 0 or -errno.
int tar_write_content(struct tar_writer *writer, int file, uint64_t size);

// Bytes outside of an archive. 0 or -errno.
int tar_write_bytes(struct tar_writer *writer, const void *bytes, size_t length);

// The end of the archive.
int tar_write_end(struct tar_writer *writer);

// All that is still in the buffer goes out.
int tar_flush(struct tar_writer *writer);

struct tar_reader {
	// As read(2), on what OWNER is.
	ssize_t (*read)(void *owner, void *buffer, size_t length);
	void *owner;
	size_t start;
	size_t end;
	uint64_t left;		// of the entry's content
	unsigned padding;	// behind it
	bool ended;
	char *name;		// of the entry, when it came in an extension
	char *link;
	struct xattrs *xattrs;
	struct tar_sparse sparse;
	bool is_directory;	// what it stores is passed over
	bool is_sparse;
	size_t segment;		// of a sparse file, being read
	uint64_t position;	// in the segment, or in the file
	uint8_t buffer[TAR_BUFFER];
};

// A zeroed reader with READ and OWNER set begins an archive.
void tar_reader_free(struct tar_reader *reader);

// The next entry, passing over what is left of the one before: 1, or 0 at the end of the archive, or -1 with FAILURE
// (invalid request). ENTRY is valid until the next call.
int tar_read_next(struct tar_reader *reader, struct tar_entry *entry, struct failure *failure);

// Some of the entry's stored content, in the reader's buffer, and where it belongs in the file: bytes, 0 at its end, -1 with
// FAILURE. It comes in order; what is left out of a sparse file is zeros.
ssize_t tar_read_content(struct tar_reader *reader, uint64_t *ret_offset, const uint8_t **ret, struct failure *failure);
