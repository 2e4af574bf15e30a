// What stands before an entry: pax records, and the names that are too long for a header.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "tar.h"

// What an archive says of an entry before its own header.
struct tar_extension {
	bool has_uid, has_gid, has_size, has_mtime;
	uint64_t uid, gid, size;
	struct timespec mtime;
};

// Replaces a name of the reader's. 0 or -EINVAL.
int tar_keep_text(char **field, const char *text, size_t length);

// "LENGTH KEY=VALUE\n", again and again. 0, -EINVAL or -ENOMEM.
int tar_parse_records(struct tar_reader *reader, struct tar_extension *extension, const char *text, size_t size);
